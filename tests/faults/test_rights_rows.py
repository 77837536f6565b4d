"""
The second wall, on PostgreSQL: a query that asks for everything gets what is the viewer's.

Both districts have rows in every table that holds some back; the statements are deliberately those
of somebody who forgot to say whose.
"""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.store.database import make_engine
from app.store.rights import GUARDED, NOBODY, VIEWER, Lift, Scope, lifted, narrowed, wall
from app.store.tables import metadata
from routing.ids import DistrictId, TherapistId
from tests.databases import Databases
from tests.faults.rights_rows import HV, JARVA, NOBODYS, SECOND, Rows, events, keys_of, of, write

pytestmark = pytest.mark.postgres
MANAGER = Scope(frozenset({DistrictId(JARVA)}), f"writer-{JARVA}")
REVIEWER = Scope(frozenset({DistrictId(JARVA)}), "r2")
ADMINISTRATOR = Scope(viewer="a1")
OWED_BY_NAME = frozenset({"outbox"})  # what is sent may be about anybody
TABLES = sorted(GUARDED)


def therapist(name: str) -> Scope:
    return Scope(frozenset({DistrictId(JARVA)}), name, TherapistId(name))


@pytest.fixture
def engine(databases: Databases) -> Iterator[sa.Engine]:
    """A database in which both districts have something in every table."""
    made = make_engine(databases.postgres())
    with made.begin() as connection:
        for district in (JARVA, HV):
            write(connection, of(district))
        write(connection, {"contact_events": events(NOBODYS, None)})
    yield made
    made.dispose()


def keys(connection: sa.Connection, table: str) -> list[tuple[object, ...]]:
    """What a statement without any condition finds in *table*."""
    rows = connection.execute(sa.select(metadata.tables[table])).mappings()
    return keys_of(table, [dict(row) for row in rows])


def seen_by(engine: sa.Engine, scope: Scope, table: str) -> list[tuple[object, ...]]:
    with narrowed(engine, lambda: scope).begin() as connection:
        return keys(connection, table)


def of_both(table: str) -> list[tuple[object, ...]]:
    nobodys: Rows = {"contact_events": events(NOBODYS, None)}
    rows = [row for made in (of(JARVA), of(HV), nobodys) for row in made.get(table, [])]
    return keys_of(table, rows)


def test_who_asks_for_everything_gets_the_own_districts(engine: sa.Engine) -> None:
    for table in TABLES:
        own = of(JARVA)[table]
        if table == "contact_events":
            own += events(NOBODYS, None)  # until somebody says whose she is
        assert seen_by(engine, MANAGER, table) == keys_of(table, own), table
        with engine.begin() as connection:
            assert keys(connection, table) == of_both(table), f"{table}: the owner's own look"


@pytest.mark.parametrize("scope", [NOBODY, ADMINISTRATOR], ids=["nobody", "administrator"])
def test_who_has_no_business_with_callers_gets_nothing(engine: sa.Engine, scope: Scope) -> None:
    assert {table: seen_by(engine, scope, table) for table in TABLES} == {t: [] for t in TABLES}


def test_what_one_is_writing_is_shown_to_nobody_else(engine: sa.Engine) -> None:
    assert seen_by(engine, REVIEWER, "writings") == []
    with engine.begin() as connection:
        plan = {**of(HV)["writings"][0], "person": "line:eftervard"}
        write(connection, {"writings": [plan]})  # of a rota, which all who plan it see
    assert seen_by(engine, REVIEWER, "writings") == [("line:eftervard", "note:x")]
    assert seen_by(engine, NOBODY, "writings") == []


def test_who_changes_everything_changes_nothing_of_the_others(engine: sa.Engine) -> None:
    own = narrowed(engine, lambda: MANAGER)
    for table in TABLES:
        known = metadata.tables[table]
        column = next(iter(known.primary_key))
        for statement in (known.update().values({column.name: column}), known.delete()):
            with own.connect() as connection, connection.begin() as transaction:
                visible = len(keys(connection, table))
                try:
                    changed = connection.execute(statement).rowcount
                except sa.exc.DBAPIError:
                    changed = 0  # not allowed at all, or something hangs on it
                assert changed <= visible, table
                transaction.rollback()
    for table in TABLES:
        with engine.begin() as connection:
            assert keys(connection, table) == of_both(table)


def test_what_is_kept_for_good_is_not_changed_even_among_ones_own(engine: sa.Engine) -> None:
    own = narrowed(engine, lambda: MANAGER)
    for table in ("contact_events", "readings", "alterations", "addenda", "handover_events"):
        known = metadata.tables[table]
        column = next(iter(known.primary_key))
        for statement in (known.update().values({column.name: column}), known.delete()):
            with pytest.raises(sa.exc.ProgrammingError), own.begin() as connection:
                connection.execute(statement)
    with own.begin() as connection:  # to lock is not to change
        c = metadata.tables["contact_events"].c
        locked = sa.select(c.contact).where(c.key == "received").with_for_update()
        assert len(connection.scalars(locked).all()) == 2


def test_who_adds_a_row_of_the_others_is_refused(engine: sa.Engine) -> None:
    own = narrowed(engine, lambda: MANAGER)
    for table in sorted(GUARDED - OWED_BY_NAME):
        row = {**of(HV)[table][0], **SECOND[table]}
        with pytest.raises(sa.exc.ProgrammingError), own.begin() as connection:
            connection.execute(metadata.tables[table].insert().inline(), [row])
        with pytest.raises(sa.exc.ProgrammingError), own.begin() as connection:
            connection.execute(metadata.tables[table].update(), row)  # its own, made another's


def test_nobody_writes_into_the_logs_in_anothers_name(engine: sa.Engine) -> None:
    own = narrowed(engine, lambda: MANAGER)
    for table, name in (("readings", "viewer"), ("alterations", "author")):
        row = {**of(JARVA)[table][0], "id": 50}
        insert = metadata.tables[table].insert().inline()
        with own.begin() as connection:
            connection.execute(insert, [{**row, name: MANAGER.viewer}])
        with pytest.raises(sa.exc.ProgrammingError), own.begin() as connection:
            connection.execute(insert, [{**row, "id": 51, name: "m9"}])


def test_a_contact_is_seen_whole_or_not_at_all(engine: sa.Engine) -> None:
    def assigned(contact: str, home: str) -> dict[str, object]:
        return {**events(contact, home)[0], "key": "assigned/1", "kind": "assigned"}

    with engine.begin() as connection:
        write(
            connection,
            {
                # Taken for Järva's first, and Hässelby-Vällingby's in truth.
                "contact_events": [
                    *events("moved", JARVA),
                    assigned("moved", HV),
                    *events("said", None),
                    assigned("said", HV),
                ],
            },
        )
    for home, contact, number in (
        (JARVA, "moved", 4), (HV, "moved", 4), (JARVA, "said", 0), (HV, "said", 4),
    ):  # fmt: skip
        scope = Scope(frozenset({DistrictId(home)}), "m")
        seen = [key for key in seen_by(engine, scope, "contact_events") if key[0] == contact]
        assert len(seen) == number, f"{contact}, for {home}"


def test_who_took_a_contact_sees_it_and_that_it_is_handed_over(engine: sa.Engine) -> None:
    both = (f"call-{HV}",), (f"call-{JARVA}",)
    assert tuple(seen_by(engine, therapist("t9"), "notes")) == both  # she took each of them
    assert (f"handover-{HV}",) in seen_by(engine, therapist("t9"), "handovers")
    assert seen_by(engine, therapist("t8"), "notes") == [(f"call-{JARVA}",)]
    assert seen_by(engine, therapist("t8"), "handovers") == [(f"handover-{JARVA}",)]
    # A manager who has a therapist's name is none.
    assert seen_by(engine, Scope(MANAGER.districts, "t9"), "notes") == [(f"call-{JARVA}",)]


def test_who_holds_a_thread_sees_all_of_it(engine: sa.Engine) -> None:
    threads = metadata.tables["threads"]
    assert seen_by(engine, therapist("t8"), "texts") == [(f"call-{JARVA}",)]
    with engine.begin() as connection:
        connection.execute(threads.update().values(holder="t8"))
    assert seen_by(engine, therapist("t8"), "threads") == of_both("threads")
    assert seen_by(engine, therapist("t8"), "texts") == of_both("texts")
    assert (f"call-{HV}", "received") in seen_by(engine, therapist("t8"), "contact_events")


def test_a_lift_ends_with_its_block_and_says_nothing_afterwards(engine: sa.Engine) -> None:
    own = narrowed(engine, lambda: MANAGER)
    few, every = keys_of("notes", of(JARVA)["notes"]), of_both("notes")
    with own.begin() as connection:
        with lifted(connection, Lift.LEDGER):
            with lifted(connection, Lift.FIGURES):
                assert keys(connection, "notes") == every
            assert keys(connection, "notes") == every
        assert keys(connection, "notes") == few
        with pytest.raises(KeyError), lifted(connection, Lift.LEDGER):
            raise KeyError
        assert keys(connection, "notes") == few
        with (
            pytest.raises(sa.exc.ProgrammingError),
            lifted(connection, Lift.LEDGER),
            connection.begin_nested(),
        ):
            connection.execute(sa.text("SELECT nothing"))
        assert keys(connection, "notes") == few


def test_the_service_itself_keeps_its_own_sight_on_the_same_connections(engine: sa.Engine) -> None:
    own = narrowed(engine, lambda: MANAGER)
    for _ in range(3):
        with pytest.raises(sa.exc.ProgrammingError), own.begin() as connection:
            connection.execute(sa.text("SELECT nothing"))
        with own.begin() as connection:
            assert connection.scalar(sa.text("SELECT current_user")) == VIEWER
        with engine.begin() as connection, lifted(connection, Lift.LEDGER):
            assert connection.scalar(sa.text("SELECT current_user")) != VIEWER
        with engine.begin() as connection:
            assert keys(connection, "notes") == of_both("notes")
    assert engine.pool is own.pool


def test_each_transaction_asks_anew_for_whom_it_is(engine: sa.Engine) -> None:
    now = [MANAGER]
    with narrowed(engine, lambda: now[0]).connect() as connection:
        with connection.begin():
            assert len(keys(connection, "notes")) == 1
        now[0] = NOBODY
        with connection.begin():
            assert keys(connection, "notes") == []


def test_the_wall_stands_and_it_is_seen_where_it_does_not(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        found = wall(connection)
        assert found is not None
        assert found.stands
    with engine.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql("ALTER TABLE notes DISABLE ROW LEVEL SECURITY")
        found = wall(connection)
        transaction.rollback()
    assert found is not None
    assert (found.open, found.stands) == (("notes",), False)
    with engine.connect() as connection, connection.begin() as transaction:
        # As whoever reads the tables and does not own them.
        connection.exec_driver_sql(f"SET LOCAL ROLE {VIEWER}")
        found = wall(connection)
        transaction.rollback()
    assert found is not None
    assert set(found.shut) == GUARDED
