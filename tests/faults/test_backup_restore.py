"""A backup holds all of one moment; it goes back whole, into either engine, or not at all."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from app.demo.stage import TEXTS, Stage
from app.store import audit_verify, backup, sealed_file
from app.store.backup import Backup
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher, UnreadableField
from app.store.tables import feedback, metadata, pulses, swaps
from routing.errors import Conflict, InvalidInput
from tests.app.conftest import StageAt
from tests.app.texts.talk import later
from tests.app.world import GUARDIAN, YOUTH, received_by, rows
from tests.databases import Databases
from tests.faults.every_table import everything, fill

OLD, NEW = (bytes([n]) * 32 for n in (1, 2))
CIPHER = FieldCipher([OLD])
NOW = datetime(2026, 3, 3, 23, 30, 0, 5, UTC)


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that has rows in every table, and two backups of it: made once."""
    folder = tmp_path_factory.mktemp("filled")
    url = databases.sqlite(folder / "full.db")
    engine = make_engine(url)
    fill(engine, CIPHER)
    engine.dispose()
    for name in ("evening.backup", "other"):
        backup.make(url, CIPHER, folder / name, NOW)
    return folder


@pytest.fixture
def full_url(filled: Path, tmp_path: Path) -> str:
    """A database with rows in every table."""
    shutil.copyfile(filled / "full.db", tmp_path / "full.db")
    return f"sqlite:///{tmp_path / 'full.db'}"


@pytest.fixture
def kept(filled: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    return Path(shutil.copy(filled / "evening.backup", tmp_path))


@pytest.fixture
def empty_url(databases: Databases, tmp_path: Path) -> str:
    """A database that was just migrated, beside any other."""
    return databases.sqlite(tmp_path / "empty.db")


def held(url: str) -> object:
    """Everything in a database; letters as they are before anybody has doubts about them."""
    found = everything(make_engine(url), CIPHER)
    return {name: some for name, some in found.items() if name != "outbox"}


def test_every_row_goes_from_sqlite_into_either_engine(
    full_url: str, kept: Path, unmigrated_url: str
) -> None:
    found = backup.restore(unmigrated_url, CIPHER, kept)

    assert held(unmigrated_url) == held(full_url)
    assert found.counts == dict.fromkeys(metadata.tables, 3)
    assert (found.made_at, found.engine) == (NOW, "sqlite")


def test_and_from_postgresql_into_sqlite(postgres_url: str, empty_url: str, tmp_path: Path) -> None:
    fill(make_engine(postgres_url), CIPHER)
    made, size = backup.make(postgres_url, CIPHER, tmp_path / "a", NOW)

    backup.restore(empty_url, CIPHER, tmp_path / "a")

    assert held(empty_url) == held(postgres_url)
    assert (made.rows, made.engine) == (3 * len(metadata.tables), "postgresql")
    assert size == (tmp_path / "a").stat().st_size


def test_a_number_that_was_given_out_never_means_another_row(
    full_url: str, tmp_path: Path, database_url: str
) -> None:
    """Also not where the row that had it was gone when the backup was made."""
    engine = make_engine(full_url)
    with engine.begin() as connection:
        tables = ("swap_answers", "swap_events")
        for table in (*(metadata.tables[name] for name in tables), swaps):
            connection.execute(table.delete())
    backup.make(full_url, CIPHER, tmp_path / "a", NOW)

    backup.restore(database_url, CIPHER, tmp_path / "a")

    values = {
        column.name: rows_of(engine, "takeovers").get(column.name, NOW)
        for column in swaps.columns
        if not column.nullable and column.name != "id"
    }
    values |= {"giver": "t1", "position": 1, "state": "open", "line": "eftervard"}
    with make_engine(database_url).begin() as connection:
        made = connection.execute(swaps.insert().values(values)).inserted_primary_key
        said = connection.execute(feedback.insert().values(page="", body=b"", sent_at=NOW))
    assert made == (4,)
    assert said.inserted_primary_key == (4,)


def rows_of(engine: sa.Engine, table: str) -> dict[str, object]:
    return dict(rows(engine, table)[0]) if rows(engine, table) else {}


def test_it_is_all_of_one_moment_whatever_is_written_meanwhile(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(database_url)
    fill(engine, CIPHER)
    portions = backup._portions  # noqa: SLF001 - somebody writes between two of its tables

    def write_between(connection: sa.Connection, table: sa.Table) -> object:
        with engine.begin() as other:
            row = {"name": f"written while {table.name} is read", "at": NOW, "count": 1}
            other.execute(pulses.insert(), row)
        return portions(connection, table)

    monkeypatch.setattr(backup, "_portions", write_between)
    made, _ = backup.make(database_url, CIPHER, tmp_path / "a", NOW)

    assert len(rows(engine, "pulses")) == 3 + len(metadata.tables)  # nobody had to wait
    assert made.counts["pulses"] == 3


def whole(path: Path) -> Backup:
    return backup.check(CIPHER, path)


def chunks_of(data: bytes) -> tuple[bytes, list[bytes]]:
    """The beginning of a file, and each of its chunks."""
    start, rest = data[:32], data[32:]
    found: list[bytes] = []
    while rest:
        end = 5 + int.from_bytes(rest[1:5])
        found.append(rest[:end])
        rest = rest[end:]
    return start, found


SPOILT: dict[str, Callable[[bytes, bytes], bytes]] = {
    "cut in its beginning": lambda data, _: data[:20],
    "cut in a chunk": lambda data, _: data[:-7],
    "without its end": lambda data, _: data[:32] + b"".join(chunks_of(data)[1][:-1]),
    "without a chunk": lambda data, _: data[:32] + b"".join(chunks_of(data)[1][1:]),
    "without one in the middle": lambda data, _: (
        data[:32] + b"".join([*chunks_of(data)[1][:5], *chunks_of(data)[1][6:]])
    ),
    "with two exchanged": lambda data, _: (
        data[:32] + b"".join([(c := chunks_of(data)[1])[0], c[2], c[1], *c[3:]])
    ),
    "with one twice": lambda data, _: data[:32] + b"".join([(c := chunks_of(data)[1])[0], *c]),
    "ended early": lambda data, _: (
        data[:32] + b"".join([*(c := chunks_of(data)[1])[:4], b"\x01" + c[4][1:]])
    ),
    "with a chunk of another": lambda data, other: (
        data[:32] + b"".join([*(c := chunks_of(data)[1])[:3], chunks_of(other)[1][3], *c[4:]])
    ),
    "with another's beginning": lambda data, other: other[:32] + data[32:],
    "with something after it": lambda data, _: data + b"\x00",
    "with one bit changed": lambda data, _: data[:500] + bytes([data[500] ^ 4]) + data[501:],
    "with a length that is none": lambda data, _: data[:33] + b"\xff\xff\xff\xff" + data[37:],
    "empty": lambda _, __: b"",
    "another file": lambda _, __: b"SQLite format 3\x00" + bytes(4096),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_is_torn_or_was_altered_is_refused_before_anything_is_written(
    how: str, kept: Path, filled: Path, tmp_path: Path
) -> None:
    kept.write_bytes(SPOILT[how](kept.read_bytes(), (filled / "other").read_bytes()))
    target = tmp_path / "target.db"

    with pytest.raises(InvalidInput, match=r"evening\.backup is (torn|not a)"):
        backup.restore(f"sqlite:///{target}", CIPHER, kept)

    assert not target.exists()


def test_what_is_whole_is_whole(kept: Path) -> None:
    """So that what is refused above is refused for what was done to it."""
    assert whole(kept).rows == 3 * len(metadata.tables)
    assert len(chunks_of(kept.read_bytes())[1]) > 50


def test_nobody_reads_it_without_a_key(kept: Path) -> None:
    with pytest.raises(UnreadableField, match="DATA_KEYS"):
        backup.check(FieldCipher([NEW]), kept)

    data = kept.read_bytes()
    assert not [word for word in ("therapist", "contact", "alembic") if word.encode() in data]
    assert backup.check(FieldCipher([NEW, OLD]), kept).rows > 0


def test_a_value_that_no_key_opens_is_told_of_before_anything_is_written(
    full_url: str, tmp_path: Path
) -> None:
    """The file itself can be read, and the family's words in it could not."""
    backup.make(full_url, FieldCipher([NEW, OLD]), tmp_path / "a", NOW)

    with pytest.raises(UnreadableField, match=r"sealed with a key"):
        backup.restore(f"sqlite:///{tmp_path / 'b.db'}", FieldCipher([NEW]), tmp_path / "a")


def test_nothing_is_written_over(kept: Path, full_url: str) -> None:
    before = kept.read_bytes()

    with pytest.raises(InvalidInput, match="there already"):
        backup.make(full_url, CIPHER, kept, NOW)

    assert kept.read_bytes() == before
    assert not [one for one in kept.parent.iterdir() if one.name.startswith(".")]


def test_what_is_broken_off_leaves_no_file(
    full_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: sa.Connection) -> dict[str, int]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_numbers", full)
    folder = tmp_path / "backups"
    folder.mkdir()

    with pytest.raises(OSError, match="space"):
        backup.make(full_url, CIPHER, folder / "a", NOW)

    assert list(folder.iterdir()) == []


def test_it_goes_into_no_database_that_holds_something(kept: Path, database_url: str) -> None:
    with make_engine(database_url).begin() as connection:
        connection.execute(pulses.insert(), {"name": "clock", "at": NOW, "count": 1})

    with pytest.raises(Conflict, match="pulses"):
        backup.restore(database_url, CIPHER, kept)

    assert len(rows(make_engine(database_url), "pulses")) == 1
    assert rows(make_engine(database_url), "organisations") == []


def test_what_fails_half_way_leaves_the_database_as_it_was(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f"sqlite:///{tmp_path / 'target.db'}"

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(backup, "_ask_about_texts", fail)
    with pytest.raises(OSError, match="Input"):
        backup.restore(target, CIPHER, kept)

    assert sa.inspect(make_engine(target)).get_table_names() == []


def made_by(path: Path, revision: str) -> Path:
    """A backup as the service of that revision made it, of one table."""
    row = ["clock", NOW, 7]
    head = backup._Head(1, revision, NOW, "sqlite", {"pulses": ["name", "at", "count"]})  # noqa: SLF001
    some = backup._Some("pulses", [row])  # noqa: SLF001
    first, second = map(msgspec.msgpack.encode, (head, some))
    digest = hashlib.sha256(first + second).digest()
    tail = msgspec.msgpack.encode(backup._Tail({"pulses": 1}, {}, digest))  # noqa: SLF001
    sealed_file.write(path, CIPHER, [first, second, tail])
    return path


def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path: Path, empty_url: str) -> None:
    path, target = made_by(tmp_path / "older", "0011"), f"sqlite:///{tmp_path / 'target.db'}"

    backup.restore(target, CIPHER, path)

    engine = make_engine(target)
    assert rows(engine, "pulses") == [{"name": "clock", "at": NOW, "count": 7}]
    assert rows(engine, "audit_links") == []  # the tables are today's
    with pytest.raises(Conflict, match="without tables"):
        backup.restore(empty_url, CIPHER, path)


def test_a_backup_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = made_by(tmp_path / "later", "9999")

    with pytest.raises(InvalidInput, match="later version"):
        backup.restore(f"sqlite:///{tmp_path / 'b.db'}", CIPHER, path)


def moved(stage: Stage, url: str) -> None:
    """The service starts again over another database; the carrier remembers what it has done."""
    stage.parts = replace(stage.parts, settings=replace(stage.parts.settings, database_url=url))
    stage.restart()


def test_an_evening_goes_on_after_a_restore(
    engine_stage_at: StageAt, empty_url: str, tmp_path: Path
) -> None:
    stage = engine_stage_at("2026-03-03T19:00")
    stage.call(GUARDIAN)
    stage.text(YOUTH, "Hej")
    stage.sweep(("texts.handle", "audit.seal"))  # the letter waits
    cipher, url = stage.parts.cipher, stage.parts.settings.database_url
    backup.make(url, cipher, tmp_path / "a", stage.carrier.now())
    stage.sweep(("outbox.send",))
    assert received_by(stage, "Hej") == ["t4"]

    backup.restore(empty_url, cipher, tmp_path / "a")
    moved(stage, empty_url)
    later(stage, minutes=5, sweeps=10)

    assert received_by(stage, "Hej") == ["t4"]  # the carrier was asked, and had it
    (letter,) = (row for row in rows(stage.parts.engine, "outbox") if row["carrier_id"])
    assert letter["state"] == "sent"
    stage.carrier.run_until(datetime(2026, 3, 4, 7, 45, tzinfo=UTC))
    stage.sweep()
    districts = {row["district"]: row["due_at"] for row in rows(stage.parts.engine, "handovers")}
    assert {*districts} == {"jarva", "hasselby-vallingby"}
    assert {due.date() for due in districts.values()} == {datetime(2026, 3, 4, tzinfo=UTC).date()}  # type: ignore[attr-defined]
    with reading(stage.parts.engine) as connection:
        verdict = audit_verify.verify(connection, cipher, stage.carrier.now())
    assert verdict.is_whole


def test_a_text_that_was_not_sent_before_is_sent_after_a_restore(
    sqlite_stage_at: StageAt, empty_url: str, tmp_path: Path
) -> None:
    stage = sqlite_stage_at("2026-03-03T19:00")
    stage.text(YOUTH, "Hej")
    stage.sweep(("texts.handle",))
    backup.make(stage.parts.settings.database_url, stage.parts.cipher, tmp_path / "a", NOW)

    backup.restore(empty_url, stage.parts.cipher, tmp_path / "a")
    moved(stage, empty_url)
    stage.sweep(TEXTS)

    assert received_by(stage, "Hej") == ["t4"]
