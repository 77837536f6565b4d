"""Batches are kept whole and once, together with those of other threads, or else in the spool."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from app.store.breaker import DatabaseAway
from app.store.contacts import SealedNumber, row_of
from app.store.database import add_once, make_engine
from app.store.fields import FieldCipher
from app.store.journal import Journal, Kept
from app.store.patience import PROMPT
from app.store.spool import Entry, Spool
from app.store.tables import contact_events, texts
from routing.contact import Caller, Channel, ContactEvent, Direction, Kind
from routing.errors import RowsRefused
from routing.ids import ContactId
from tests.examples import EFTERVARD, JARVA, at

EVENING = at("2026-03-03 19:04")
CIPHER = FieldCipher([bytes(32)])
TEXT = {"contact": "SM1", "body": b"sealed", "line": "eftervard", "received_at": EVENING}
_ALL = sa.select(contact_events).order_by(contact_events.c.contact, contact_events.c.key)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def journal(engine: sa.Engine, tmp_path: Path) -> Journal:
    return Journal(engine, Spool(tmp_path, CIPHER))


def test_rows_are_the_same_as_those_that_sqlalchemy_writes(
    journal: Journal, engine: sa.Engine
) -> None:
    calls = [_call("CA1"), _call("CA2")]
    with engine.begin() as connection:
        add_once(connection, contact_events, [row for _, row in calls[0]])

    journal.store(calls[1])

    with engine.begin() as connection:
        theirs = connection.execute(_ALL.where(contact_events.c.contact == "CA1")).all()
        ours = connection.execute(_ALL.where(contact_events.c.contact == "CA2")).all()
        stored = connection.exec_driver_sql("SELECT DISTINCT at FROM contact_events").all()
    assert [row[1:] for row in ours] == [row[1:] for row in theirs]
    assert len(stored) == 1, "the same moment is stored in two ways"


def test_a_row_that_is_there_stays_as_it_was(journal: Journal, engine: sa.Engine) -> None:
    journal.store(_call("CA1"))
    before = _rows(engine)

    journal.store([*_call("CA1", later=timedelta(minutes=1)), _received("CA1", timedelta(hours=1))])

    assert _rows(engine) == before


def test_rows_of_several_tables_are_kept_together(journal: Journal, engine: sa.Engine) -> None:
    journal.store([_received("SM1"), ("texts", TEXT)])

    with engine.begin() as connection:
        (kept,) = connection.execute(sa.select(texts)).mappings().all()
    assert {name: kept[name] for name in TEXT} == TEXT
    assert kept["media"] == 0, "what a row does not say takes its default"
    assert [row.contact for row in _rows(engine)] == ["SM1"]


def test_of_a_batch_that_cannot_be_kept_whole_nothing_is_kept(
    journal: Journal, engine: sa.Engine
) -> None:
    with pytest.raises(RowsRefused):
        journal.store([_received("SM1"), ("texts", TEXT | {"body": None})])
    journal.store(_call("CA1"))

    assert {row.contact for row in _rows(engine)} == {"CA1"}


def test_many_threads_keep_each_batch_once(journal: Journal, engine: sa.Engine) -> None:
    names = [f"CA{n:02}" for n in range(48)]

    def store(first: int) -> None:
        for name in names[first::6]:
            journal.store(_call(name))

    # Two of the threads repeat what others say.
    threads = [threading.Thread(target=store, args=(n % 6,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(row.contact, row.key) for row in _rows(engine)] == [
        (name, key) for name in names for key in ("offered/t1", "received")
    ]


def test_a_batch_goes_to_the_spool_when_nothing_can_be_inserted(
    journal: Journal, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE contact_events RENAME TO away"))

    journal.write(_call("CA1"))

    assert not journal.spool.is_empty
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO contact_events"))
    assert journal.spool.drain(journal.store) == 1
    assert len(_rows(engine)) == 2


@pytest.mark.postgres
def test_a_server_that_was_started_anew_is_written_to_at_once(
    postgres_url: str, tmp_path: Path
) -> None:
    engine = make_engine(postgres_url)
    journal = Journal(engine, Spool(tmp_path, CIPHER))
    journal.write(_call("CA1"))
    _end_connections(postgres_url)

    journal.write(_call("CA2"))

    assert journal.spool.is_empty
    engine.dispose()


def test_after_the_first_who_was_failed_nobody_asks_the_database_until_it_took_that_batch(
    journal: Journal, engine: sa.Engine
) -> None:
    asked: list[str] = []
    sa.event.listen(engine, "checkout", lambda *_: asked.append("a connection"))
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE contact_events RENAME TO away"))
    kept = [journal.write(_call("CA1"))]
    asked.clear()
    kept += [journal.write(_call(name)) for name in ("CA2", "CA3")]
    journal.mend()  # the database answers, and still does not take it
    while_away, asked_by_callers = journal.breaker.is_open, asked[:-1]
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO contact_events"))

    journal.mend()

    assert kept == [Kept.ELSEWHERE] * 3
    assert while_away
    assert asked_by_callers == []
    assert not journal.breaker.is_open
    assert journal.spool.is_empty
    assert len(_rows(engine)) == 6


def test_where_nothing_can_be_spooled_what_failed_is_tried_again_all_the_same(
    engine: sa.Engine, tmp_path: Path
) -> None:
    no_folder = tmp_path / "a file and no folder"
    no_folder.write_text("")
    lost: list[int] = []
    journal = Journal(engine, Spool(no_folder, CIPHER), tell_of_loss=lost.append)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE contact_events RENAME TO away"))
    journal.write(_call("CA1"))
    journal.mend()
    is_open = journal.breaker.is_open
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO contact_events"))
    journal.mend()

    assert is_open
    assert not journal.breaker.is_open
    assert (lost, journal.lost) == ([2], 2)
    assert len(_rows(engine)) == 2


def test_a_batch_that_is_refused_for_good_is_set_aside_and_holds_up_no_other(
    journal: Journal, engine: sa.Engine, tmp_path: Path
) -> None:
    journal.write([_received("SM1"), ("texts", TEXT | {"body": None})])
    journal.spool.append(_call("CA1"))

    journal.drain()

    assert not journal.breaker.is_open
    assert {row.contact for row in _rows(engine)} == {"CA1"}
    assert (tmp_path / "refused.log").stat().st_size > 0


def test_what_is_asked_for_a_caller_is_not_asked_while_the_database_is_away(
    journal: Journal,
) -> None:
    with pytest.raises(DatabaseAway), journal.reading() as connection:
        connection.execute(sa.text("SELECT * FROM nothing"))
    with pytest.raises(DatabaseAway), journal.reading():
        pytest.fail("it is known to be away")
    journal.mend()

    with journal.reading() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1


@pytest.mark.postgres
def test_a_statement_without_an_answer_is_waited_for_no_longer_than_is_said(
    postgres_url: str,
) -> None:
    engine = make_engine(postgres_url, replace(PROMPT, statement_ms=0, lock_ms=0))
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))  # which costs a little of it
        began = time.monotonic()
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT pg_sleep(5)"))
        waited = time.monotonic() - began
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1, "the next has a connection of its own"
    engine.dispose()

    assert 0.2 < waited < 1.0


def _call(name: str, later: timedelta = timedelta(0)) -> list[Entry]:
    offered = ContactEvent(
        ContactId(name), "offered/t1", EVENING + later, Kind.OFFERED, EFTERVARD, target="t1"
    )
    return [_received(name, later), ("contact_events", row_of(offered))]


def _received(name: str, later: timedelta = timedelta(0)) -> Entry:
    event = ContactEvent(
        ContactId(name),
        "received",
        EVENING + later,
        Kind.RECEIVED,
        EFTERVARD,
        channel=Channel.VOICE,
        direction=Direction.INBOUND,
        caller=Caller("K-1001", JARVA, None, "sv"),
    )
    return "contact_events", row_of(event, SealedNumber(b"key", b"sealed"))


def _rows(engine: sa.Engine) -> list[sa.Row[tuple[object, ...]]]:
    with engine.begin() as connection:
        return list(connection.execute(_ALL).all())


def _end_connections(url: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
