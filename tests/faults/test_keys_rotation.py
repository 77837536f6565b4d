"""A new key: everything gets under it while the service runs, and nothing is lost on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.demo.stage import Stage
from app.settings import Settings
from app.store import key_use, reencrypt, staff, state_files
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher, UnreadableField, key_of
from app.store.sealed_columns import INDEXES, NEITHER, SEALED
from app.store.spool import Spool
from app.store.tables import blocks, metadata, optouts
from app.store.tables import texts as texts_table
from routing.ids import ContactId, TherapistId
from routing.numbers import PhoneNumber
from tests.app.conftest import StageAt
from tests.app.world import (
    REGISTER,
    STRANGER,
    T4,
    YOUTH,
    contact_of,
    reached,
    rows,
    told,
)
from tests.faults.every_table import everything, fill, number

OLD, NEW, STRANGE = (bytes([n]) * 32 for n in (1, 2, 3))
BEFORE, ROTATING, AFTER = FieldCipher([OLD]), FieldCipher([NEW, OLD]), FieldCipher([NEW])
NOW = datetime(2026, 3, 3, 18, tzinfo=UTC)


def test_every_column_of_bytes_is_sealed_or_has_a_reason() -> None:
    known = {one.name for one in (*SEALED, *INDEXES)}
    asked = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary | sa.JSON)
    }

    assert asked - known == NEITHER.keys()
    assert known - asked == set()


def test_everything_gets_under_the_newest_key_and_reads_as_before(database_url: str) -> None:
    engine = make_engine(database_url)
    fill(engine, BEFORE)
    before = everything(engine, BEFORE)

    done = reencrypt.renew(engine, ROTATING)

    after = everything(engine, AFTER)  # with the old key gone
    for index in INDEXES:
        table, column = str(index.column.table.name), index.column.name
        found = {row.pop(column) for row in after[table]}
        assert found == {AFTER.index(number(n)) for n in (1, 2, 3)}, index.name
        for row in before[table]:
            row.pop(column)
    after["optouts"].sort(key=lambda row: row["since"])  # the entry itself was their order
    before["optouts"].sort(key=lambda row: row["since"])
    assert after == before
    assert done.unreadable == 0
    assert reencrypt.renew(engine, ROTATING).rows == 0  # nothing is left to do


def test_what_no_key_opens_stays_as_it_was_and_is_counted(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    fill(engine, BEFORE)
    before = rows(engine, "notes")

    done = reencrypt.renew(engine, FieldCipher([NEW, STRANGE]))

    assert rows(engine, "notes") == before
    assert (done.rows, done.unreadable) == (0, 3 * len(SEALED))


class Meddling(FieldCipher):
    """Lets somebody in between reading and writing."""

    def __init__(self, keys: list[bytes], meddle: Callable[[], None]) -> None:
        super().__init__(keys)
        self._meddle: list[Callable[[], None]] = [meddle]

    def seal(self, text: str | bytes, purpose: str) -> bytes:
        if self._meddle and purpose == "texts.body":
            self._meddle.pop()()
        return super().seal(text, purpose)


def test_what_the_service_writes_meanwhile_is_not_overwritten(database_url: str) -> None:
    engine, other = make_engine(database_url), make_engine(database_url)
    fill(engine, BEFORE)

    def meddle() -> None:
        t = texts_table.c
        new = BEFORE.seal("Nya ord", "texts.body")
        with other.begin() as connection:
            connection.execute(
                texts_table.update().where(t.contact == "contact 2").values(body=new)
            )
            connection.execute(texts_table.delete().where(t.contact == "contact 3"))

    reencrypt.renew(engine, Meddling([NEW, OLD], meddle))

    kept = {row["contact"]: row["body"] for row in rows(engine, "texts")}
    assert {c: ROTATING.open(b, "texts.body") for c, b in kept.items()} == {  # type: ignore[arg-type]
        "contact 1": "Räksmörgås 🙂 1",
        "contact 2": "Nya ord",
    }
    reencrypt.renew(engine, ROTATING)  # and is found the next time
    assert {key_of(row["body"]) for row in rows(engine, "texts")} == set(AFTER.key_ids)  # type: ignore[arg-type]


class Broken(FieldCipher):
    """Ends the process after so many seals, as a power cut does."""

    left = 7

    def seal(self, text: str | bytes, purpose: str) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().seal(text, purpose)


def test_it_goes_on_where_it_was_broken_off(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencrypt, "_AT_A_TIME", 2)
    engine = make_engine(sqlite_url)
    fill(engine, BEFORE)
    before = everything(engine, BEFORE)["outbox"]

    with pytest.raises(KeyboardInterrupt):
        reencrypt.renew(engine, Broken([NEW, OLD]))
    half = everything(engine, ROTATING)["outbox"]
    reencrypt.renew(engine, ROTATING)

    assert half == before == everything(engine, AFTER)["outbox"]


def test_an_entry_without_its_number_is_found_by_a_number_kept_elsewhere(sqlite_url: str) -> None:
    """Rows of before there was a column for it; the sender of a STOP is in the log all the same."""
    engine = make_engine(sqlite_url)
    fill(engine, BEFORE)
    with engine.begin() as connection:
        for table in (optouts, blocks):
            connection.execute(table.update().values(number=None))

    reencrypt.renew(engine, ROTATING)

    assert [row["number_key"] for row in rows(engine, "optouts")] == sorted(
        AFTER.index(number(n)) for n in (1, 2, 3)
    )
    opened = [AFTER.open(row["number"], "blocks.number") for row in rows(engine, "blocks")]  # type: ignore[arg-type]
    assert opened == [number(n).e164 for n in (1, 2, 3)]


def test_an_entry_whose_number_nobody_knows_holds_the_old_key_back(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    lost = {"number_key": BEFORE.index(PhoneNumber(STRANGER)), "since": NOW}
    with engine.begin() as connection:
        connection.execute(optouts.insert(), lost)
    reencrypt.renew(engine, ROTATING)

    with reading(engine) as connection:
        without = key_use.key_use(connection, ROTATING, NOW)
        known = key_use.key_use(connection, ROTATING, NOW, [PhoneNumber(STRANGER)])

    assert without.entries[None] == {"optouts.number_key": 1}
    assert without.is_needed(ROTATING.key_ids[1])
    assert known.entries == {ROTATING.key_ids[1]: {"optouts.number_key": 1}}


def test_one_knows_when_an_old_key_may_go(database_url: str) -> None:
    engine = make_engine(database_url)
    fill(engine, BEFORE)
    new, old = ROTATING.key_ids

    def use() -> key_use.KeyUse:
        with reading(engine) as connection:
            return key_use.key_use(connection, ROTATING, NOW)

    before = use()
    reencrypt.renew(engine, ROTATING)
    after = use()
    with engine.begin() as connection:
        for therapist in ("therapist 1", "therapist 2", "therapist 3"):
            staff.set_pin(connection, ROTATING, TherapistId(therapist), "654321", NOW)
    at_last = use()

    assert sum(before.values[old].values()) == 3 * len(SEALED)
    assert new not in before.values
    assert old not in after.values
    assert old not in after.entries
    assert len(after.codes[old]) == 3
    assert [one.is_needed(old) for one in (before, after, at_last)] == [True, True, False]


def test_a_code_says_which_key_it_hangs_on_and_codes_of_before_still_work() -> None:
    digest = BEFORE.code_digest("t1", "123456")

    assert ROTATING.is_code("t1", "123456", digest)
    assert ROTATING.is_code("t1", "123456", digest[4:])  # as it was stored before
    assert not ROTATING.is_code("t1", "123457", digest)
    assert not ROTATING.is_code("t2", "123456", digest)
    assert not AFTER.is_code("t1", "123456", digest)


def test_files_get_under_the_newest_key_too(tmp_path: Path) -> None:
    spool = Spool(tmp_path, BEFORE)
    spool.append([("texts", {"contact": "CA1", "body": b"x"})])
    (tmp_path / "spool.log").rename(tmp_path / "refused.log")
    with (tmp_path / "refused.log").open("ab") as file:
        file.write(b"\ntorn by a power cut")

    renewed = state_files.renew(tmp_path, ROTATING)

    assert renewed == 1
    assert state_files.keys_of(tmp_path)[AFTER.key_ids[0]] == {"refused.log": 1}
    assert (tmp_path / "refused.log").read_bytes().endswith(b"\ntorn by a power cut")
    assert (tmp_path / "refused.log").stat().st_mode & 0o077 == 0


def rotated(stage: Stage, moment: datetime, seed: int = 2) -> Stage:
    """The same service after a restart, with a new key before the old one."""
    keys = (NEW, *stage.parts.settings.data_keys)
    return Stage(replace(stage.parts.settings, data_keys=keys), moment, seed=seed)


def later(stage: Stage, minutes: int) -> datetime:
    return stage.carrier.now() + timedelta(minutes=minutes)


def writes(stage: Stage, frm: str, *bodies: str) -> None:
    for body in bodies:
        stage.text(frm, body)
        for _ in range(3):
            stage.sweep(("texts.handle", "texts.follow", "outbox.send"))


def test_who_has_said_stop_is_not_written_to_under_a_new_key(engine_stage_at: StageAt) -> None:
    old = engine_stage_at("2026-03-03T23:00")
    writes(old, YOUTH, "STOPP")

    new = rotated(old, later(old, 61))
    writes(new, YOUTH, "Hallå?", "STOPP")

    assert told(new) == []
    assert len(rows(new.parts.engine, "optouts")) == 1  # the second STOP is no second row
    writes(new, YOUTH, "START")
    assert rows(new.parts.engine, "optouts") == []
    new.close()


def test_a_conversation_goes_on_under_a_new_key(engine_stage_at: StageAt) -> None:
    old = engine_stage_at("2026-03-03T19:00")
    writes(old, YOUTH, "Hej")

    new = rotated(old, later(old, 1))
    writes(new, YOUTH, "Är du där?")

    assert len(rows(new.parts.engine, "threads")) == 1
    writes(new, T4, "Ja, jag är här")
    assert told(new) == [("t4", "Är du där?"), ("youth", "Ja, jag är här")]
    new.close()


def test_a_blocked_number_stays_blocked_and_a_family_known_under_a_new_key(
    engine_stage_at: StageAt,
) -> None:
    old = engine_stage_at("2026-03-03T19:00")
    first = old.call(STRANGER)
    with old.parts.engine.begin() as connection:
        until, why = later(old, 600), "ringer och är tyst"
        staff.block(
            connection, old.parts.cipher, ContactId(first.sid), until, why, old.carrier.now()
        )

    for renewed in (False, True):
        new = rotated(old, later(old, 2), seed=2 + renewed)
        if renewed:
            reencrypt.renew(new.parts.engine, new.parts.cipher)
            new.parts.mirror.refresh()
        refused, known = new.call(STRANGER), new.call(YOUTH)

        assert reached(refused) is None
        assert contact_of(new, refused.sid).outcome == "blocked"
        assert reached(known) == "t4"
        assert contact_of(new, known.sid).caller.label == REGISTER[0].client
        new.close()


def test_a_key_stands_in_no_log_no_error_and_no_repr(
    sqlite_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = [
        repr(sqlite_settings), str(sqlite_settings), repr(ROTATING), str(vars(ROTATING)["key_ids"]),
        repr(Spool(sqlite_settings.state_dir, ROTATING)),
    ]  # fmt: skip
    for sealed, cipher in ((BEFORE.seal("x", "p"), AFTER), (b"\x01" + bytes(60), BEFORE)):
        with pytest.raises(UnreadableField) as caught:
            cipher.open(sealed, "p")
        shown.append(f"{caught.value} {caught.value!r}")
    said = " ".join(shown)

    def leaks(text: str) -> list[str]:
        forms = (
            [str(k) for k in (OLD, NEW)] + [k.hex() for k in (OLD, NEW)] + ["AQEBAQEB", "AgICAgIC"]
        )
        return [form for form in forms if form in text]

    assert leaks(said) == []
    assert leaks(f"{said} {NEW.hex()}") == [NEW.hex()]  # a leak would be seen
