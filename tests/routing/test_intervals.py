"""Half-open stretches of elapsed time."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.intervals import Interval, gaps, union
from tests.examples import STOCKHOLM, at, span

_NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def _minutes(start: int, end: int) -> Interval:
    return Interval(_NOON + timedelta(minutes=start), _NOON + timedelta(minutes=end))


_stretches = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda t: _minutes(t[0], t[0] + t[1])),
    max_size=8,
)
_MOMENTS = [_NOON + timedelta(seconds=30 * n) for n in range(-2, 170)]


def test_the_end_is_not_part_of_an_interval() -> None:
    stretch = span("2026-03-03T17:00", "2026-03-03T22:00")

    assert at("2026-03-03T17:00") in stretch
    assert at("2026-03-03T21:59:59") in stretch
    assert at("2026-03-03T22:00") not in stretch


def test_a_night_with_a_clock_change_has_its_elapsed_length() -> None:
    spring = Interval(
        datetime(2026, 3, 28, 22, tzinfo=STOCKHOLM), datetime(2026, 3, 29, 8, tzinfo=STOCKHOLM)
    )
    autumn = Interval(
        datetime(2026, 10, 24, 22, tzinfo=STOCKHOLM), datetime(2026, 10, 25, 8, tzinfo=STOCKHOLM)
    )

    assert (spring.length, autumn.length) == (timedelta(hours=9), timedelta(hours=11))


def test_moments_of_any_offset_become_utc() -> None:
    stretch = Interval(_NOON.astimezone(timezone(timedelta(hours=5))), _NOON + timedelta(hours=1))

    assert stretch == Interval(_NOON, _NOON + timedelta(hours=1))
    assert stretch.start.tzinfo is UTC


@pytest.mark.parametrize("minutes", [0, -1])
def test_an_interval_that_does_not_end_after_it_starts_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        _minutes(0, minutes)


def test_a_moment_without_an_offset_is_refused() -> None:
    naive = _NOON.replace(tzinfo=None)

    with pytest.raises(ValueError, match="offset"):
        Interval(naive, _NOON)
    with pytest.raises(ValueError, match="offset"):
        Interval(_NOON - timedelta(hours=1), naive)


def test_intervals_that_only_touch_have_nothing_in_common() -> None:
    assert _minutes(0, 10).overlap(_minutes(10, 20)) is None
    assert _minutes(0, 11).overlap(_minutes(10, 20)) == _minutes(10, 11)


def test_union_joins_what_touches_and_what_overlaps() -> None:
    assert union([_minutes(10, 20), _minutes(0, 10), _minutes(15, 18), _minutes(30, 31)]) == (
        _minutes(0, 20),
        _minutes(30, 31),
    )


def test_with_nothing_covered_all_that_is_wanted_is_a_gap() -> None:
    assert gaps([], [_minutes(0, 5), _minutes(8, 9)]) == (_minutes(0, 5), _minutes(8, 9))


@given(_stretches)
def test_union_holds_the_same_moments_in_order_and_apart(stretches: list[Interval]) -> None:
    joined = union(stretches)

    assert all(one.end < other.start for one, other in pairwise(joined))
    for moment in _MOMENTS:
        assert any(moment in s for s in joined) == any(moment in s for s in stretches)


@given(_stretches, _stretches)
def test_a_gap_is_what_is_wanted_and_not_covered(
    covered: list[Interval], wanted: list[Interval]
) -> None:
    holes = gaps(covered, wanted)

    for moment in _MOMENTS:
        is_hole = any(moment in s for s in wanted) and not any(moment in s for s in covered)
        assert any(moment in hole for hole in holes) == is_hole
