"""A row that no driver takes, or of another version, costs nobody else anything."""

from pathlib import Path

import sqlalchemy as sa

from app.store.contacts import row_of
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher
from app.store.journal import Journal, Kept
from app.store.patience import PROMPT
from app.store.spool import Entry, Spool
from app.store.tables import contact_events, texts
from routing import record
from routing.contact import Caller, Channel
from routing.ids import ContactId
from tests.examples import EFTERVARD, at

EVENING = at("2026-03-03 19:04")
CIPHER = FieldCipher([bytes(32)])
TOO_LARGE = 1 << 63  # for a column of either engine


def received(name: str, **more: object) -> Entry:
    event = record.received(ContactId(name), EFTERVARD, Channel.TEXT, Caller("unknown-1"), EVENING)
    return "contact_events", {**row_of(event), **more}


def text(name: str) -> Entry:
    row = {"contact": name, "body": b"sealed", "line": EFTERVARD, "received_at": EVENING}
    return "texts", row


def kept(engine: sa.Engine, table: sa.Table = contact_events) -> set[str]:
    with reading(engine) as connection:
        return set(connection.scalars(sa.select(table.c.contact)))


def test_a_number_too_large_is_set_aside_and_leaves_nobody_locked_out(
    database_url: str, tmp_path: Path
) -> None:
    engine, other = make_engine(database_url, PROMPT), make_engine(database_url, PROMPT)
    journal = Journal(engine, Spool(tmp_path, CIPHER))

    told = journal.write([text("SM1"), received("SM1", seconds=TOO_LARGE)])

    assert told is Kept.ELSEWHERE
    with other.begin() as connection:  # whoever else writes
        connection.execute(texts.insert(), text("SM2")[1])
    assert journal.write([received("SM3")]) is Kept.NEW
    journal.drain()
    assert (kept(engine), kept(engine, texts)) == ({"SM3"}, {"SM2"})
    assert (tmp_path / "refused.log").exists()
    assert journal.spool.is_empty
    engine.dispose()
    other.dispose()


def test_what_a_later_version_left_in_the_spool_is_set_aside_and_holds_up_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = make_engine(sqlite_url, PROMPT)
    journal = Journal(engine, Spool(tmp_path, CIPHER))
    for batch in (
        [received("SM1")],
        [received("SM2", mood="unknown to us")],
        [("moods", {"contact": "SM3"})],
        [received("SM4")],
    ):
        journal.spool.append(batch)
    journal.breaker.trip(OSError())

    journal.mend()

    assert not journal.breaker.is_open
    assert journal.spool.is_empty
    assert kept(engine) == {"SM1", "SM4"}
    assert len((tmp_path / "refused.log").read_bytes().split()) == 2
    engine.dispose()
