"""What the database cannot take is kept on disk, sealed, and stored exactly once afterwards."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.settings import Settings
from app.store import outbox, texts
from app.store.contacts import SealedNumber, row_of
from app.store.fields import FieldCipher
from app.store.outbox import By, Letter
from app.store.spool import Entry, Spool, SpoolFull
from app.store.texts import Text
from routing import record
from routing.contact import Caller, Channel, ContactEvent, Kind
from routing.ids import ContactId
from routing.role import Role
from tests.app.world import NOWHERE, YOUTH, rows, table_away
from tests.examples import EFTERVARD, JARVA, at

CIPHER = FieldCipher([bytes([1]) * 32])
NOW = at("2026-03-03T19:04:00.123456").astimezone(UTC)
CALL = ContactId("CA" + "1" * 32)


def received(contact: str = CALL) -> ContactEvent:
    caller = Caller("K-1001", JARVA, Role.YOUTH, "sv")
    return record.received(ContactId(contact), EFTERVARD, Channel.VOICE, caller, NOW)


def batch(contact: str = CALL) -> list[Entry]:
    """A row of every kind that a webhook writes."""
    letter = Letter(
        "relay/1" + contact, By.TEXT, EFTERVARD, YOUTH, "Hemliga ord", ContactId(contact)
    )
    return [
        ("contact_events", row_of(received(contact), SealedNumber(b"key", b"\x00sealed\xff"))),
        ("contact_events", row_of(record.hung_up(ContactId(contact), EFTERVARD, 7, NOW))),
        texts.entry(CIPHER, Text(ContactId(contact), EFTERVARD, "Hemliga ord", NOW, None, 0)),
        outbox.entry(CIPHER, letter, NOW),
    ]


def test_a_spooled_batch_comes_back_as_it_was(tmp_path: Path) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    one, two = batch("CA1"), batch("CA2")
    spool.append(one)
    spool.append(two)

    assert spool.drain(stored.extend) == 2

    assert stored == [*one, *two]
    assert spool.is_empty
    assert spool.drain(stored.extend) == 0


def test_a_spool_shows_nothing_of_what_it_holds(tmp_path: Path) -> None:
    Spool(tmp_path, CIPHER).append(batch())

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"K-1001" not in kept
    assert b"jarva" not in kept
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.glob("*.log")} == {"0o600"}


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_line_torn_by_a_power_cut_is_skipped_and_takes_no_other_with_it(
    cut: int, tmp_path: Path
) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    spool.append(batch("CA1"))
    spool.append(batch("CA2"))
    file = tmp_path / "spool.log"
    file.write_bytes(file.read_bytes()[:-cut])  # the last line did not come whole
    spool.append(batch("CA3"))

    spool.drain(stored.extend)

    assert {row["contact"] for _, row in stored} == {"CA1", "CA3"}


def test_another_s_line_and_nonsense_are_skipped(tmp_path: Path) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    Spool(tmp_path, FieldCipher([bytes([9]) * 32])).append(batch("CA1"))
    with (tmp_path / "spool.log").open("ab") as file:
        file.write(b"nonsense\n\n\xff\xfe\n")
    spool.append(batch("CA2"))

    spool.drain(stored.extend)

    assert {row["contact"] for _, row in stored} == {"CA2"}


def test_a_store_that_fails_leaves_everything_in_the_spool(tmp_path: Path) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    for number in range(120):
        spool.append(batch(f"CA{number}"))

    def fails_on_the_way(entries: Sequence[Entry]) -> None:
        if stored:
            raise ConnectionError
        stored.extend(entries)

    with pytest.raises(ConnectionError):
        spool.drain(fails_on_the_way)
    spool.append(batch("CA120"))

    assert spool.drain(stored.extend) == 121
    assert {row["contact"] for _, row in stored} == {f"CA{number}" for number in range(121)}


def test_what_is_written_while_the_spool_is_drained_is_not_lost(tmp_path: Path) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    threads = [threading.Thread(target=spool.append, args=(batch(f"CA{n}"),)) for n in range(20)]

    for thread in threads:
        thread.start()
        spool.drain(stored.extend)
    for thread in threads:
        thread.join()
    spool.drain(stored.extend)

    assert {row["contact"] for _, row in stored} == {f"CA{n}" for n in range(20)}
    assert len(stored) == 20 * 4


def test_who_appends_does_not_wait_for_whoever_drains(tmp_path: Path) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    spool.append(batch("CA1"))

    def append_meanwhile(entries: Sequence[Entry]) -> None:
        if not stored:
            spool.append(batch("CA2"))  # which would wait for itself for ever
        stored.extend(entries)

    assert spool.drain(append_meanwhile) == 2
    assert [row["contact"] for _, row in stored[::4]] == ["CA1", "CA2"]


def test_what_somebody_else_drains_is_left_to_her(tmp_path: Path) -> None:
    spool, stored = Spool(tmp_path, CIPHER), list[Entry]()
    spool.append(batch("CA1"))

    def drain_meanwhile(entries: Sequence[Entry]) -> None:
        assert Spool(tmp_path, CIPHER).drain(stored.extend) == 0
        stored.extend(entries)

    assert spool.drain(drain_meanwhile) == 1
    assert len(stored) == 4


@pytest.mark.parametrize("stores_first", [False, True])
def test_whoever_dies_while_draining_leaves_it_to_the_next(
    stores_first: bool, settings: Settings
) -> None:
    parts = assemble(settings)
    spool, store = parts.spool, parts.exchange.journal.store
    spool.append(batch("CA1"))

    def dies(entries: Sequence[Entry]) -> None:
        if stores_first:
            store(entries)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spool.drain(dies)
    spool.append(batch("CA2"))
    is_kept = not spool.is_empty

    assert is_kept
    assert spool.drain(store) == 2
    assert len(rows(parts.engine, "contact_events")) == 4
    assert len(rows(parts.engine, "texts")) == len(rows(parts.engine, "outbox")) == 2
    parts.engine.dispose()


def test_a_spool_has_an_end_and_what_is_drained_counts_in_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, CIPHER)
    spool.append(batch("CA1"))
    small = replace(spool, limit=2 * spool.size + 1)
    stored: list[Entry] = []

    def fill_meanwhile(entries: Sequence[Entry]) -> None:
        if not stored:
            small.append(batch("CA2"))
            with pytest.raises(SpoolFull):
                small.append(batch("CA3"))
        stored.extend(entries)

    small.drain(fill_meanwhile)
    small.append(batch("CA4"))
    small.drain(stored.extend)

    assert [row["contact"] for _, row in stored[::4]] == ["CA1", "CA2", "CA4"]


def test_one_batch_that_is_refused_costs_none_of_those_that_are_stored_with_it(
    settings: Settings, tmp_path: Path
) -> None:
    parts = assemble(replace(settings, state_dir=tmp_path / "spool"))
    for contact in ("CA1", "CA2", "CA3"):
        broken = [(table, {**row, "line": None}) for table, row in batch(contact)]
        parts.spool.append(broken if contact == "CA2" else batch(contact))

    assert parts.exchange.journal.drain() == 3

    assert {row["contact"] for row in rows(parts.engine, "contact_events")} == {"CA1", "CA3"}
    assert (tmp_path / "spool" / "refused.log").stat().st_size > 0
    assert parts.spool.is_empty
    parts.engine.dispose()


def test_the_same_batch_twice_is_kept_once(settings: Settings) -> None:
    parts = assemble(settings)

    for _ in range(2):
        parts.exchange.journal.write(batch())

    assert len(rows(parts.engine, "contact_events")) == 2
    assert len(rows(parts.engine, "texts")) == 1
    assert len(rows(parts.engine, "outbox")) == 1
    parts.engine.dispose()


def test_a_repeat_leaves_what_is_there_as_it_was(settings: Settings) -> None:
    parts = assemble(settings)
    later = replace(received(), at=datetime(2027, 1, 1, tzinfo=UTC), kind=Kind.ENDED)
    parts.exchange.journal.write([("contact_events", row_of(received()))])

    parts.exchange.journal.write([("contact_events", row_of(later))])

    (row,) = rows(parts.engine, "contact_events")
    assert (row["at"], row["kind"]) == (NOW, "received")
    parts.engine.dispose()


def test_what_was_written_while_the_database_was_away_is_stored_once_when_it_is_back(
    settings: Settings,
) -> None:
    away, back = assemble(replace(settings, database_url=NOWHERE)), assemble(settings)
    for contact in ("CA1", "CA2", "CA1"):
        away.exchange.journal.write(batch(contact))

    drained = back.spool.drain(back.exchange.journal.store)
    again = back.spool.drain(back.exchange.journal.store)

    assert (drained, again) == (3, 0)
    assert {row["contact"] for row in rows(back.engine, "contact_events")} == {"CA1", "CA2"}
    assert len(rows(back.engine, "contact_events")) == 4
    assert len(rows(back.engine, "texts")) == len(rows(back.engine, "outbox")) == 2
    back.engine.dispose()


def test_a_batch_is_stored_whole_or_not_at_all(settings: Settings) -> None:
    parts = assemble(settings)

    with table_away(parts.engine, "texts"):
        parts.exchange.journal.write(batch())

    assert rows(parts.engine, "contact_events") == []
    assert not parts.spool.is_empty
    parts.engine.dispose()


def test_a_journal_that_can_write_nowhere_does_not_raise(
    tmp_path: Path, sqlite_settings: Settings
) -> None:
    file = tmp_path / "no folder"
    file.write_text("")
    parts = assemble(replace(sqlite_settings, database_url=NOWHERE, state_dir=file))

    parts.exchange.journal.write(batch())

    assert file.read_text() == ""
