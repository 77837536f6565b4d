"""A migration waits for a table in use, and nobody who comes after it waits for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from app.store import migrate
from app.store.database import make_engine
from app.store.patience import PROMPT
from routing.ids import ContactId
from tests.databases import Databases

pytestmark = [pytest.mark.postgres, pytest.mark.prompt]  # about how long a caller waits
_WRITTEN = sa.text(
    "INSERT INTO contact_events (contact, key, at, kind, line) "
    "VALUES (:contact, 'received', now(), 'received', 'eftervard')"
)


@pytest.fixture
def older_url(databases: Databases) -> Iterator[str]:
    """A database as an older version left it; the next one alters the table of every call."""
    with databases.unmigrated_postgres() as url:
        with migrate.migrating(url) as connection:
            migrate.upgrade(connection, "0011")
        yield url


@contextmanager
def long_export(engine: sa.Engine) -> Iterator[None]:
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT count(*) FROM contact_events"))
        yield


def write(engine: sa.Engine, contact: ContactId) -> None:
    with engine.begin() as connection:
        connection.execute(_WRITTEN, {"contact": contact})


def test_calls_are_written_down_while_a_migration_waits_for_their_table(older_url: str) -> None:
    exports, calls = make_engine(older_url), make_engine(older_url, PROMPT)
    write(calls, ContactId("CA0"))  # connected
    migrating = threading.Thread(target=migrate.migrate, args=(older_url,))
    with long_export(exports):
        migrating.start()
        for turn in range(1, 60):
            write(calls, ContactId(f"CA{turn}"))  # raises when it has to wait too long
            threading.Event().wait(0.02)
        assert migrating.is_alive()
    migrating.join()

    assert sa.inspect(exports).has_table("audit_links")
    with exports.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM contact_events")) == 60
    exports.dispose()
    calls.dispose()


def test_a_table_that_is_never_free_is_told_of(
    older_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_TRIES", 2)
    monkeypatch.setattr(migrate, "_BETWEEN_TRIES", 0.01)
    engine = make_engine(older_url)

    with long_export(engine), pytest.raises(sa.exc.OperationalError, match="lock timeout"):
        migrate.migrate(older_url)

    assert not sa.inspect(engine).has_table("audit_links")  # nothing is half done
    engine.dispose()
