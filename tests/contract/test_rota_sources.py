"""What every source of shifts promises; a new one joins by a line in SOURCES."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.store.database import make_engine
from app.store.rota import DatabaseRota
from rota_adapter.source import RotaSource
from routing.errors import RotaUnavailable
from routing.ids import LineId
from routing.rota import Shift
from tests.app.world import NOWHERE, publish, settings_for
from tests.examples import EFTERVARD, at, shift, span

READ_AT = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
Kept = Callable[[Sequence[Shift]], RotaSource]
Broken = Callable[[], RotaSource]


def in_a_database(url: str, folder: Path) -> Kept:
    def keep(shifts: Sequence[Shift]) -> RotaSource:
        parts = assemble(settings_for(url, folder))
        if shifts:
            publish(parts.engine, shifts)
        return DatabaseRota(parts.engine, lambda: READ_AT)

    return keep


# Each says where its shifts are kept: given a request, how to make a source that holds some
# shifts, and one that cannot be asked.
SOURCES = [
    pytest.param("sqlite", id="database, SQLite"),
    pytest.param("postgres", id="database, PostgreSQL", marks=pytest.mark.postgres),
]


@pytest.fixture(params=SOURCES)
def source_of(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """A source in which some shifts are kept."""
    return in_a_database(request.getfixturevalue(f"{request.param}_url"), tmp_path)


@pytest.fixture(params=["a database that is away", "a database without tables"])
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> RotaSource:
    """A source that cannot be asked."""
    url = NOWHERE if "away" in request.param else f"sqlite:///{tmp_path / 'empty.db'}"
    return DatabaseRota(make_engine(url), lambda: READ_AT)


EVENING = span("2026-03-03T17:00", "2026-03-03T22:00")
FIRST = shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")
BACKUP = shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2)


def test_what_is_kept_is_loaded(source_of: Kept) -> None:
    rota = source_of([FIRST, BACKUP]).load(EFTERVARD, EVENING)

    assert rota.shifts == (FIRST, BACKUP)
    assert (rota.line, rota.read_at) == (EFTERVARD, READ_AT)
    assert rota.source
    assert rota.on_call(at("2026-03-03T19:04")) == (FIRST, BACKUP)


def test_a_source_with_nobody_in_it_says_so_and_does_not_fail(source_of: Kept) -> None:
    rota = source_of([]).load(EFTERVARD, EVENING)

    assert rota.shifts == ()
    assert rota.on_call(at("2026-03-03T19:04")) == ()


def test_a_shift_that_reaches_into_the_window_is_loaded_whole(source_of: Kept) -> None:
    source = source_of([FIRST])

    for window in (
        span("2026-03-03T18:00", "2026-03-03T18:01"),
        span("2026-03-03T12:00", "2026-03-03T17:01"),
        span("2026-03-03T21:59", "2026-03-04T12:00"),
        span("2026-03-01T00:00", "2026-03-09T00:00"),
    ):
        assert source.load(EFTERVARD, window).shifts == (FIRST,)


def test_a_shift_that_only_touches_the_window_is_outside_it(source_of: Kept) -> None:
    source = source_of([FIRST])

    before = source.load(EFTERVARD, span("2026-03-03T12:00", "2026-03-03T17:00"))
    after = source.load(EFTERVARD, span("2026-03-03T22:00", "2026-03-04T12:00"))

    assert before.shifts == after.shifts == ()


def test_another_line_s_shifts_are_not_loaded(source_of: Kept) -> None:
    assert source_of([FIRST]).load(LineId("another"), EVENING).shifts == ()


@pytest.mark.parametrize(
    ("night", "hours"),
    [
        (shift("t4", "2026-03-28T22:00", "2026-03-29T08:00"), 9),
        (shift("t4", "2026-10-24T22:00", "2026-10-25T08:00"), 11),
        (shift("t4", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"), 1),
    ],
    ids=["the short night", "the long night", "the hour that comes twice"],
)
def test_a_night_when_the_clocks_change_keeps_its_length(
    night: Shift, hours: int, source_of: Kept
) -> None:
    rota = source_of([night]).load(EFTERVARD, span("2026-01-01T00:00", "2026-12-31T00:00"))

    (found,) = rota.shifts
    assert found == night
    assert found.time.length == timedelta(hours=hours)


def test_a_snapshot_does_not_change_with_its_source(source_of: Kept) -> None:
    rota = source_of([FIRST]).load(EFTERVARD, EVENING)

    source_of([shift("t5", "2026-03-03T17:00", "2026-03-03T22:00")])

    assert rota.on_call(at("2026-03-03T19:04")) == (FIRST,)


def test_loading_twice_gives_the_same(source_of: Kept) -> None:
    source = source_of([FIRST, BACKUP])

    assert source.load(EFTERVARD, EVENING).shifts == source.load(EFTERVARD, EVENING).shifts


def test_a_source_that_cannot_be_asked_says_so(broken: RotaSource) -> None:
    with pytest.raises(RotaUnavailable):
        broken.load(EFTERVARD, EVENING)
