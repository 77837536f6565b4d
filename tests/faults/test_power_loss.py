"""
The machine loses power: what was answered is there when it comes back, on SQLite as it is set up.

With a write-ahead log and full synchronisation a commit is on disk when it returns: what a power
cut leaves is the log as it was after some commit, and any part of what was being written then.
"""

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.demo.stage import Stage
from app.lab.transport import HttpReply, HttpRequest, Transport
from app.settings import Settings
from app.store.database import reading
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    NOWHERE,
    SILENT,
    YOUTH,
    load_world,
    logged,
    reached,
    rows,
    settings_for,
)
from tests.examples import at, shift

EVENING = "2026-03-03T19:04"
_HEADER, _FRAME = 32, 24 + 4096
_Row = tuple[str, str]


class _Noting:
    """The way to the service; notes what the log on disk was when each webhook was answered."""

    def __init__(self, service: Transport, database: Path) -> None:
        self._service, self._database = service, database
        self.answered: list[tuple[int, frozenset[_Row]]] = []

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        reply = self._service.send(request, patience=patience)
        self.answered.append((_log_of(self._database).stat().st_size, _kept(self._database)))
        return reply


def _log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


def _kept(database: Path) -> frozenset[_Row]:
    with closing(sqlite3.connect(database)) as connection:
        found = frozenset(connection.execute("SELECT contact, key FROM contact_events"))
        texts = connection.execute("SELECT contact, 'text' FROM texts")
        return found | frozenset(texts)


def test_what_was_answered_survives_a_power_cut_wherever_the_log_ends(
    sqlite_stage_at: StageAt, tmp_path: Path
) -> None:
    stage = sqlite_stage_at(EVENING)
    database = Path(str(stage.parts.engine.url.database))
    noting = _Noting(stage.carrier.transport, database)
    stage.carrier.transport = noting
    stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS})
    stage.text(GUARDIAN, "Hej")
    log = _log_of(database).read_bytes()
    first = noting.answered[0][0]
    assert (len(log) - _HEADER) % _FRAME == 0
    assert noting.answered[-1][0] == len(log)
    chance = random.Random(7)
    ends = {_HEADER + _FRAME * n for n in range((len(log) - _HEADER) // _FRAME + 1)}
    ends |= {chance.randrange(first, len(log)) for _ in range(40)}

    for end in sorted(end for end in ends if end >= first):
        torn = chance.choice([b"", bytes(500), chance.randbytes(_FRAME)])
        after = _after_the_cut(database, log[:end] + torn, tmp_path)
        promised = max((each for each in noting.answered if each[0] <= end), key=lambda e: e[0])[1]

        assert promised <= _kept(after)
        with closing(sqlite3.connect(after)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_page_of_the_log_that_was_written_wrongly_takes_only_what_came_after_it(
    sqlite_stage_at: StageAt, tmp_path: Path
) -> None:
    stage = sqlite_stage_at(EVENING)
    database = Path(str(stage.parts.engine.url.database))
    noting = _Noting(stage.carrier.transport, database)
    stage.carrier.transport = noting
    stage.call(YOUTH, phones={"t4": ANSWERS})
    size, promised = noting.answered[1]
    spoilt = bytearray(_log_of(database).read_bytes())
    spoilt[size + 100] ^= 0xFF  # in the first frame that the second answer did not wait for

    assert promised == _kept(_after_the_cut(database, bytes(spoilt), tmp_path))


def _after_the_cut(database: Path, log: bytes, folder: Path) -> Path:
    """The files as they are found when the machine is on again; the log's index is gone."""
    found = folder / "found.db"
    for path in folder.glob("found.db*"):
        path.unlink()
    shutil.copyfile(database, found)
    _log_of(found).write_bytes(log)
    return found


def test_every_connection_waits_for_the_disk(sqlite_stage_at: StageAt) -> None:
    engine = sqlite_stage_at(EVENING).parts.engine

    with reading(engine) as connection, engine.connect() as another:
        for own in (connection, another):
            assert own.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert own.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


# --- what lies beside the database ----------------------------------------------------------------


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    settings = settings_for(sqlite_url, tmp_path)
    load_world(settings, shifts=[shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")])
    return settings


def _stage(settings: Settings) -> Stage:
    return Stage(settings, at(EVENING).astimezone(UTC))


def test_a_state_directory_that_is_not_there_is_made(settings: Settings, tmp_path: Path) -> None:
    stage = _stage(replace(settings, state_dir=tmp_path / "not" / "there"))

    call = stage.call(YOUTH, phones={"t4": ANSWERS})

    assert reached(call) == "t4"
    assert logged(stage, call.sid)["outcome"] == "answered"
    assert (tmp_path / "not" / "there" / "last-good").exists()
    stage.close()


def test_a_state_directory_that_cannot_be_made_costs_no_call(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    stage = _stage(replace(settings, state_dir=tmp_path / "taken"))

    call = stage.call(YOUTH, phones={"t4": ANSWERS})

    assert reached(call) == "t4"
    assert logged(stage, call.sid)["outcome"] == "answered"
    stage.close()


@pytest.mark.parametrize("left", [0, 1, 20, -1])
def test_a_torn_last_good_picture_is_as_none_and_is_written_anew(
    left: int, settings: Settings, tmp_path: Path
) -> None:
    assemble(settings).mirror.refresh()
    kept = tmp_path / "last-good"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:left])

    away = assemble(replace(settings, database_url=NOWHERE))
    away.mirror.refresh()
    assert away.mirror.degraded
    stage = _stage(settings)
    call = stage.call(YOUTH, phones={"t4": ANSWERS})

    assert reached(call) == "t4"
    again = assemble(replace(settings, database_url=NOWHERE))
    again.mirror.refresh()
    assert again.mirror.picture.organisation.lines
    assert len(rows(stage.parts.engine, "contact_events")) > 0
    stage.close()
