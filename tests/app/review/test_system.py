"""What an administrator sees of the service itself: counts and ages, and nothing of anybody."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from app.bootstrap import Parts, assemble
from app.demo.stage import Stage
from app.review.system import Failed, Known, System, examine, head
from app.settings import Settings
from app.store import feeds
from app.store.database import add_once
from app.store.feeds import FeedState
from app.store.migrate import alembic_config
from app.store.outbox import By, Letter, State, entry
from app.store.tables import outbox
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import manned
from tests.app.world import NOWHERE, T4, changed, settings_for
from tests.examples import EFTERVARD, at, span

NOW = "2026-03-03T19:04"
FEED = changed(
    (
        'rota = { source = "database" }',
        'rota = { source = "csv", url = "https://rota.example.invalid/rota.csv" }',
    )
)


def system_of(parts: Parts, now: datetime | None = None) -> System:
    return examine(parts.engine, parts.cipher, parts.settings.state_dir, now or parts.clock())


def known_of(stage: Stage) -> Known:
    known = system_of(stage.parts).known
    assert known is not None
    return known


def put(parts: Parts, *letters: dict[str, object]) -> None:
    """Letters as the clock would have left them."""
    with parts.engine.begin() as connection:
        for n, changed_ in enumerate(letters):
            letter = Letter(f"one/{n}/t4", By.TEXT, EFTERVARD, T4, "Hemliga ord")
            _, row = entry(parts.cipher, letter, parts.clock())
            add_once(connection, outbox, [{**row, **changed_}])


def test_letters_are_counted_by_how_they_travel_and_how_far(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(NOW)
    now = stage.parts.clock()
    ago = now - timedelta(minutes=20)
    put(
        stage.parts,
        {"created_at": ago, "due_at": ago + timedelta(minutes=1)},
        {"state": State.SENDING},
        {"channel": By.MAIL, "state": State.SENT},
        {"state": State.FAILED, "error": "30007", "created_at": ago},
        {"state": State.SENT, "delivery": "undelivered", "error": "30007"},
        {"state": State.FAILED, "error": "Hemliga ord till +46701740608"},
        {"state": State.FAILED, "created_at": now - timedelta(days=8), "error": "30003"},
    )

    found = known_of(stage).outbox

    assert found.counts == {
        ("text", "pending"): 1,
        ("text", "sending"): 1,
        ("mail", "sent"): 1,
        ("text", "failed"): 2,
        ("text", "sent"): 1,
    }
    assert found.owed == 2
    assert (found.oldest, found.overdue) == (ago, ago + timedelta(minutes=1))
    assert [(f.channel, f.code, f.count) for f in found.failed] == [
        ("text", "30007", 2),
        ("text", "other", 1),
    ]
    assert isinstance(found.failed[0], Failed)
    assert "Hemliga" not in repr(found)


def test_an_old_letter_that_is_still_owed_is_never_out_of_sight(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(NOW)
    put(stage.parts, {"created_at": stage.parts.clock() - timedelta(days=30)})

    assert known_of(stage).outbox.owed == 1


def test_nothing_owed_has_no_age(engine_stage_at: StageAt) -> None:
    found = known_of(engine_stage_at(NOW)).outbox

    assert (found.owed, found.oldest, found.overdue, found.failed) == (0, None, None, ())


def test_the_coming_fortnight_is_looked_at(engine_stage_at: StageAt) -> None:
    shifts = [s for s in manned() if s.time.start < at("2026-03-10T12:00")]
    stage = engine_stage_at(NOW, shifts=shifts)

    (coverage,) = known_of(stage).coverage

    first = [f for f in coverage.findings if "position 1" in f.message]
    assert first[0].starts_at == at("2026-03-10T17:00")
    assert len(first) == 8
    assert (first[-1].starts_at, first[-1].ends_at) == (
        at("2026-03-17T17:00"),
        at("2026-03-17T19:04"),
    )


def test_a_rota_that_is_read_elsewhere_says_how_old_it_is(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(NOW, toml=FEED)
    now = stage.parts.clock()
    assert known_of(stage).feeds == ()
    with stage.parts.engine.begin() as connection:
        feeds.claim(connection, EFTERVARD, "csv", timedelta(minutes=5), now)
        feeds.settle(connection, EFTERVARD, FeedState.READ, None, now)

    (feed,) = known_of(stage).feeds

    assert (feed.line, feed.source, feed.status.read_at) == (EFTERVARD, "csv", now)


def test_heartbeats_and_files_are_told_of(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(NOW)
    stage.sweep(("clock.heartbeat",))
    stage.parts.spool.append([("contact_events", {"contact": "CA1", "key": "received"})])

    found = system_of(stage.parts)

    assert found.known is not None
    assert found.known.beats.clock == stage.parts.clock()
    assert found.files.spooled > 0
    assert found.files.refused == 0
    assert found.files.snapshot_at is not None
    assert datetime.now(UTC) - found.files.snapshot_at < timedelta(minutes=5)  # noqa: TID251


def test_a_database_that_is_away_is_told_of_without_its_address(tmp_path: Path) -> None:
    parts = assemble(settings_for(NOWHERE, tmp_path))

    found = system_of(parts)

    assert (found.database.engine, found.known) == ("postgresql", None)
    assert found.database.error == "OperationalError"
    assert found.files.snapshot_at is None


def test_a_database_without_tables_is_told_of(unmigrated_url: str, tmp_path: Path) -> None:
    parts = assemble(settings_for(unmigrated_url, tmp_path))

    found = system_of(parts).database
    parts.engine.dispose()

    assert (found.error, found.version, found.is_current) == (None, None, False)


def test_a_database_of_an_older_version_is_not_read_further(
    unmigrated_url: str, tmp_path: Path
) -> None:
    parts = assemble(settings_for(unmigrated_url, tmp_path))
    with parts.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0001')"))

    found = system_of(parts)
    parts.engine.dispose()

    assert (found.database.version, found.database.is_current, found.known) == ("0001", False, None)


def test_the_newest_version_is_that_of_the_migrations(settings: Settings) -> None:
    parts = assemble(settings)
    with parts.engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))

        assert head() == script.get_current_head()
    assert system_of(parts).database.is_current
    parts.engine.dispose()


def test_without_an_organisation_there_is_none(settings: Settings) -> None:
    parts = assemble(settings)
    known = system_of(parts).known
    parts.engine.dispose()

    assert known is not None
    assert (known.organisation, known.coverage, known.feeds) == (None, (), ())


@pytest.mark.parametrize("letters", [20_000])
def test_it_answers_in_a_third_of_a_second(engine_stage_at: StageAt, letters: int) -> None:
    stage = engine_stage_at(NOW, shifts=manned())
    parts, now = stage.parts, stage.parts.clock()
    _, row = entry(parts.cipher, Letter("k", By.TEXT, EFTERVARD, T4, "x"), now)
    many = [
        {
            **row,
            "key": f"k{n}",
            "state": State.SENT,
            "created_at": now - n * timedelta(minutes=1),
        }
        for n in range(letters)
    ]
    with parts.engine.begin() as connection:
        connection.execute(outbox.insert(), many)
    system_of(parts)

    began = time.perf_counter()
    system_of(parts)

    assert time.perf_counter() - began < 0.3
    assert span(NOW, "2026-03-04").start == now
