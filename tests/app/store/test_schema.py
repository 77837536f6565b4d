"""The database's history leads to the tables in the code, on either engine."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.store.database import announce, insert_once, make_engine, reading
from app.store.migrate import alembic_config, migrate
from app.store.tables import changes, contact_events, metadata, organisations

ROOT = Path(__file__).parents[3]


def test_the_history_has_one_end(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)

    with engine.connect() as connection:
        heads = ScriptDirectory.from_config(alembic_config(connection)).get_heads()
    engine.dispose()

    assert len(heads) == 1


def test_the_history_leads_to_the_tables_in_the_code(unmigrated_url: str) -> None:
    migrate(unmigrated_url)

    engine = make_engine(unmigrated_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_migrating_twice_changes_nothing_and_keeps_the_rows(unmigrated_url: str) -> None:
    migrate(unmigrated_url)
    engine = make_engine(unmigrated_url)
    with engine.begin() as connection:
        announce(connection, changes, "rota")

    migrate(unmigrated_url)

    with reading(engine) as connection:
        assert connection.scalar(sa.select(changes.c.version)) == 1
    engine.dispose()


def test_an_older_database_keeps_its_handovers_and_what_is_in_them(unmigrated_url: str) -> None:
    engine = make_engine(unmigrated_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0007")
        for statement in (
            (
                "INSERT INTO handovers (id, line, district, duty_ended_at, due_at, state, built_at)"
                " VALUES ('h', 'l', 'd', '2026-01-01 00:00:00', '2026-01-02 00:00:00', 'notified',"
                " '2026-01-01 00:00:00')"
            ),
            "INSERT INTO handover_contacts (contact, handover) VALUES ('c', 'h')",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()

    migrate(unmigrated_url)

    with reading(engine) as connection:
        kept = connection.execute(sa.text("SELECT id, state, part FROM handovers")).all()
        inside = connection.execute(sa.text("SELECT contact, handover FROM handover_contacts"))
        assert (list(map(tuple, kept)), list(map(tuple, inside))) == (
            [("h", "notified", 0)],
            [("c", "h")],
        )
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO handover_contacts VALUES ('e', 'none')"))
    engine.dispose()


def test_processes_that_migrate_at_once_do_not_disturb_each_other(unmigrated_url: str) -> None:
    code = "import sys; from app.store.migrate import migrate; migrate(sys.argv[1])"
    migrating = [sys.executable, "-c", code, unmigrated_url]

    started = [
        subprocess.Popen(migrating, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    errors = [process.communicate(timeout=60)[1] for process in started]

    assert [process.returncode for process in started] == [0, 0, 0], errors


def test_a_moment_comes_back_in_utc(database_url: str) -> None:
    engine = make_engine(database_url)
    eastwards = datetime(2026, 3, 29, 3, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))

    with engine.begin() as connection:
        row = {"loaded_at": eastwards, "document": b""}
        connection.execute(organisations.insert(), row)
        found = connection.scalar(sa.select(organisations.c.loaded_at))
    engine.dispose()

    assert found == eastwards
    assert found is not None
    assert found.tzinfo is UTC


def test_a_moment_without_an_offset_is_refused(database_url: str) -> None:
    engine = make_engine(database_url)
    row = {"loaded_at": datetime(2026, 3, 3, 19, 4), "document": b""}  # noqa: DTZ001 - the point

    with engine.connect() as connection, pytest.raises(sa.exc.StatementError, match="offset"):
        connection.execute(organisations.insert(), row)
    engine.dispose()


def test_moments_compare_as_moments(database_url: str) -> None:
    engine = make_engine(database_url)
    first = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    again = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1)))

    with engine.begin() as connection:
        for moment in (first, again):
            connection.execute(organisations.insert(), {"loaded_at": moment, "document": b""})
        later = sa.select(organisations.c.loaded_at).where(organisations.c.loaded_at > first)
        found = connection.scalars(later).all()
    engine.dispose()

    assert found == [again]


def test_what_is_there_already_stays_as_it_was(database_url: str) -> None:
    engine = make_engine(database_url)

    with engine.begin() as connection:
        for version in (1, 2):
            row = {"topic": "rota", "version": version}
            connection.execute(insert_once(connection, changes), [row])
        found = connection.scalar(sa.select(changes.c.version))
    engine.dispose()

    assert found == 1


def test_values_are_in_no_exception(database_url: str) -> None:
    engine = make_engine(database_url)
    row = {"contact": "CA1", "key": "received", "caller": "K-1001", "at": None}

    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.execute(contact_events.insert(), row)
    engine.dispose()

    assert "K-1001" not in str(caught.value).replace("DETAIL", "").split("Failing row")[0]


def test_foreign_keys_are_kept_on_either_engine(database_url: str) -> None:
    engine = make_engine(database_url)
    row = {"contact": "CA1", "handover": "no such handover"}

    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(metadata.tables["handover_contacts"].insert(), row)
    engine.dispose()


def test_dates_are_dates_on_either_engine(database_url: str) -> None:
    engine = make_engine(database_url)

    with engine.connect() as connection:
        found = connection.scalar(sa.select(sa.literal(date(2026, 3, 29), sa.Date())))
    engine.dispose()

    assert found == date(2026, 3, 29)
