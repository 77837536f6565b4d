"""The rota answers for any moment: as a scan of all its shifts would, only faster."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rota import Rota, Shift
from tests.examples import EFTERVARD, at, shift, span

_READ_AT = at("2026-03-01T00:00")
# The night on which the clocks are put back, so that shifts meet an hour that comes twice.
_MIDNIGHT = datetime(2026, 10, 24, 22, tzinfo=UTC)


def _rota(*shifts: Shift) -> Rota:
    return Rota(EFTERVARD, shifts, source="test", read_at=_READ_AT)


def _hours(start: int, length: int, position: int, therapist: str) -> Shift:
    start_at = _MIDNIGHT + timedelta(hours=start)
    time = Interval(start_at, start_at + timedelta(hours=length))
    return Shift(time, position, TherapistId(therapist))


_shifts = st.lists(
    st.builds(
        _hours,
        st.integers(0, 12),
        st.integers(1, 8),
        st.integers(1, 3),
        st.sampled_from(["t1", "t2", "t4"]),
    ),
    max_size=10,
)
_MOMENTS = [_MIDNIGHT + timedelta(minutes=30 * n) for n in range(-2, 46)]


def test_nobody_on_standby_is_an_empty_answer() -> None:
    assert _rota().on_call(at("2026-03-03T19:00")) == ()


def test_a_shift_is_in_force_from_its_start_until_just_before_its_end() -> None:
    tuesday = shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")
    rota = _rota(tuesday)

    assert rota.on_call(at("2026-03-03T16:59:59")) == ()
    assert rota.on_call(at("2026-03-03T17:00")) == (tuesday,)
    assert rota.on_call(at("2026-03-03T21:59:59")) == (tuesday,)
    assert rota.on_call(at("2026-03-03T22:00")) == ()


def test_those_on_standby_come_in_the_order_they_are_rung() -> None:
    backup = shift("t1", "2026-03-03T10:00", "2026-03-03T22:00", position=2)
    first = shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")

    assert _rota(backup, first).on_call(at("2026-03-03T19:00")) == (first, backup)


def test_both_readings_of_an_hour_that_comes_twice_are_covered() -> None:
    night = shift("t1", "2026-10-24T22:00", "2026-10-25T08:00")

    assert night.time.length == timedelta(hours=11)
    assert _rota(night).on_call(at("2026-10-25T02:30+02:00")) == (night,)
    assert _rota(night).on_call(at("2026-10-25T02:30+01:00")) == (night,)


@given(_shifts)
def test_on_call_is_what_a_scan_of_every_shift_would_find(shifts: list[Shift]) -> None:
    rota = _rota(*shifts)

    for moment in _MOMENTS:
        found = rota.on_call(moment)
        assert sorted(found) == sorted(s for s in shifts if moment in s.time)
        assert [s.position for s in found] == sorted(s.position for s in found)


def test_shifts_that_are_no_neighbours_may_overlap() -> None:
    long = shift("t1", "2026-03-03T17:00", "2026-03-04T22:00")
    short = shift("t2", "2026-03-03T18:00", "2026-03-03T19:00")
    late = shift("t4", "2026-03-04T17:00", "2026-03-04T23:00")

    assert _rota(long, short, late).overlaps() == (
        (long, short, span("2026-03-03T18:00", "2026-03-03T19:00")),
        (long, late, span("2026-03-04T17:00", "2026-03-04T22:00")),
    )


def test_shifts_that_touch_or_hold_different_positions_do_not_overlap() -> None:
    assert (
        _rota(
            shift("t1", "2026-03-03T17:00", "2026-03-03T20:00"),
            shift("t2", "2026-03-03T20:00", "2026-03-03T22:00"),
            shift("t4", "2026-03-03T17:00", "2026-03-03T22:00", position=2),
        ).overlaps()
        == ()
    )


@given(_shifts)
def test_overlaps_are_every_pair_that_a_scan_would_find(shifts: list[Shift]) -> None:
    rota = _rota(*shifts)
    expected = [
        (one, other, common)
        for n, one in enumerate(rota.shifts)
        for other in rota.shifts[n + 1 :]
        if one.position == other.position and (common := one.time.overlap(other.time))
    ]

    found = rota.overlaps()

    assert sorted(found) == sorted(expected)
    assert all(one.time.start <= other.time.start for one, other, _ in found)


def test_an_empty_rota_leaves_all_that_is_wanted_open() -> None:
    wanted = span("2026-03-03T17:00", "2026-03-03T22:00")

    assert _rota().gaps([wanted], 1) == (wanted,)


def test_a_gap_is_one_positions_own() -> None:
    rota = _rota(
        shift("t1", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t2", "2026-03-03T17:00", "2026-03-03T22:00", position=2),
    )
    wanted = [span("2026-03-03T17:00", "2026-03-03T22:00")]

    assert rota.gaps(wanted, 1) == (span("2026-03-03T20:00", "2026-03-03T22:00"),)
    assert rota.gaps(wanted, 2) == ()


def test_a_duty_is_one_therapists_stretch_in_position_one() -> None:
    rota = _rota(
        shift("t1", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t1", "2026-03-03T20:00", "2026-03-03T22:00"),
        shift("t2", "2026-03-03T22:00", "2026-03-04T08:00"),
        shift("t2", "2026-03-04T17:00", "2026-03-04T22:00"),
        shift("t4", "2026-03-03T17:00", "2026-03-05T22:00", position=2),
    )

    assert rota.duties() == (
        span("2026-03-03T17:00", "2026-03-03T22:00"),
        span("2026-03-03T22:00", "2026-03-04T08:00"),
        span("2026-03-04T17:00", "2026-03-04T22:00"),
    )


def test_while_two_hold_position_one_the_duty_is_one_of_theirs() -> None:
    rota = _rota(
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00"),
        shift("t2", "2026-03-03T18:00", "2026-03-03T19:00"),
        shift("t4", "2026-03-03T21:00", "2026-03-03T23:00"),
    )

    assert rota.duties() == (
        span("2026-03-03T17:00", "2026-03-03T22:00"),
        span("2026-03-03T22:00", "2026-03-03T23:00"),
    )


@given(_shifts)
def test_duties_are_in_order_and_cover_position_one_without_overlapping(
    shifts: list[Shift],
) -> None:
    duties = _rota(*shifts).duties()

    assert all(one.end <= other.start for one, other in pairwise(duties))
    for moment in _MOMENTS:
        is_held = any(moment in s.time for s in shifts if s.position == 1)
        assert any(moment in duty for duty in duties) == is_held
