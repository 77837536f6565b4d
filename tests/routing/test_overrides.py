"""Overrides lie on top of a rota: the later one wins, and nothing else changes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.ids import TherapistId
from routing.intervals import Interval
from routing.override import Override, overlaid
from routing.rota import Rota, Shift
from tests.examples import EFTERVARD, at, shift, span

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
# 01:00 on the night when the clocks are put back, so that an hour of these comes twice.
START = datetime(2026, 10, 24, 23, tzinfo=UTC)
LENGTH = 240  # minutes
PEOPLE = ("t1", "t2", "t4", "t5")

Held = tuple[tuple[int, str], ...]


def _stretch(first: int, length: int) -> Interval:
    start = START + first * MINUTE
    return Interval(start, start + length * MINUTE)


_stretches = st.builds(_stretch, st.integers(0, LENGTH - 61), st.integers(1, 60))
_positions = st.integers(1, 3)
_therapists = st.sampled_from(PEOPLE).map(TherapistId)
_shifts = st.lists(st.builds(Shift, _stretches, _positions, _therapists), max_size=8)
_overrides = st.lists(st.builds(Override, _stretches, _positions, _therapists), max_size=6)


def override(therapist: str, start: str, end: str, position: int = 1) -> Override:
    return Override(span(start, end), position, TherapistId(therapist))


def held(shifts: tuple[Shift, ...], moment: datetime) -> Held:
    """Who holds which position at *moment*, by a scan."""
    return tuple(sorted((s.position, s.therapist) for s in shifts if moment in s.time))


def by_minute(shifts: list[Shift], overrides: list[Override], moment: datetime) -> Held:
    """What `overlaid` promises, for one moment: the last override of a position is all of it."""
    on: dict[int, list[str]] = {}
    for one in shifts:
        if moment in one.time:
            on.setdefault(one.position, []).append(one.therapist)
    for laid in overrides:
        if moment in laid.time:
            on[laid.position] = [laid.therapist]
    return tuple(sorted((position, who) for position, many in on.items() for who in many))


@settings(deadline=None)
@given(_shifts, _overrides)
def test_every_minute_is_as_a_model_of_minutes_says(
    shifts: list[Shift], overrides: list[Override]
) -> None:
    found = overlaid(shifts, overrides)

    for minute in range(-1, LENGTH + 1):
        moment = START + minute * MINUTE
        assert held(found, moment) == by_minute(shifts, overrides, moment)
        last = moment - MOMENT
        assert held(found, last) == by_minute(shifts, overrides, last)


@settings(deadline=None)
@given(_shifts, _overrides)
def test_outside_the_time_of_the_overrides_nothing_changes(
    shifts: list[Shift], overrides: list[Override]
) -> None:
    found = overlaid(shifts, overrides)

    for minute in range(-1, LENGTH + 1):
        moment = START + minute * MINUTE
        for position in (1, 2, 3):
            if not any(moment in o.time for o in overrides if o.position == position):
                before = [
                    s.therapist for s in shifts if s.position == position and moment in s.time
                ]
                after = [s.therapist for s in found if s.position == position and moment in s.time]
                assert sorted(after) == sorted(before)


@settings(deadline=None)
@given(_shifts, _overrides)
def test_laying_the_same_overrides_twice_is_laying_them_once(
    shifts: list[Shift], overrides: list[Override]
) -> None:
    once = overlaid(shifts, overrides)

    again = overlaid(once, overrides)

    for minute in range(-1, LENGTH + 1):
        moment = START + minute * MINUTE
        assert held(again, moment) == held(once, moment)


def test_without_overrides_the_rota_is_as_it_was() -> None:
    shifts = (shift("t4", "2026-03-03T17:00", "2026-03-03T22:00"),)

    assert overlaid(shifts, ()) == shifts


def test_an_override_cuts_out_its_time_and_leaves_the_rest() -> None:
    lying = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T22:00"),
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2),
    ]

    found = overlaid(lying, [override("t5", "2026-03-03T18:00", "2026-03-03T19:00")])

    assert found == (
        shift("t4", "2026-03-03T17:00", "2026-03-03T18:00"),
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2),
        shift("t5", "2026-03-03T18:00", "2026-03-03T19:00"),
        shift("t4", "2026-03-03T19:00", "2026-03-03T22:00"),
    )


def test_a_chain_of_swaps_ends_with_the_last_who_took_the_duty() -> None:
    lying = [shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")]
    chain = [
        override("t2", "2026-03-03T17:00", "2026-03-03T22:00"),
        override("t4", "2026-03-03T17:00", "2026-03-03T22:00"),
    ]

    assert overlaid(lying, chain) == (shift("t4", "2026-03-03T17:00", "2026-03-03T22:00"),)
    assert overlaid(lying, chain[::-1]) == (shift("t2", "2026-03-03T17:00", "2026-03-03T22:00"),)


def test_an_override_of_a_part_leaves_the_earlier_one_its_rest() -> None:
    lying = [shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")]
    chain = [
        override("t2", "2026-03-03T18:00", "2026-03-03T22:00"),
        override("t4", "2026-03-03T20:00", "2026-03-03T21:00"),
    ]

    assert overlaid(lying, chain) == (
        shift("t1", "2026-03-03T17:00", "2026-03-03T18:00"),
        shift("t2", "2026-03-03T18:00", "2026-03-03T20:00"),
        shift("t4", "2026-03-03T20:00", "2026-03-03T21:00"),
        shift("t2", "2026-03-03T21:00", "2026-03-03T22:00"),
    )


def test_an_override_stands_where_the_rota_underneath_has_nobody() -> None:
    made = override("t5", "2026-03-03T17:00", "2026-03-03T22:00")

    assert overlaid([], [made]) == (made.shift,)
    assert overlaid([shift("t4", "2026-03-05T17:00", "2026-03-05T22:00")], [made])[0] == made.shift


def test_of_two_who_hold_a_position_at_once_an_override_leaves_neither() -> None:
    lying = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T22:00"),
        shift("t1", "2026-03-03T16:00", "2026-03-03T21:00"),
    ]

    found = overlaid(lying, [override("t5", "2026-03-03T18:00", "2026-03-03T22:00")])

    assert held(found, at("2026-03-03T17:59")) == ((1, "t1"), (1, "t4"))
    assert held(found, at("2026-03-03T18:00")) == ((1, "t5"),)
    assert held(found, at("2026-03-03T22:00")) == ()


# Each night from ten to eight, handed over where the clocks change and at a plain hour besides,
# with an override laid over the change.
NIGHTS = {
    "to summer time": (
        "2026-03-28T22:00", ["2026-03-29T01:59", "2026-03-29T03:00", "2026-03-29T05:00"],
        "2026-03-29T08:00", 9, ("2026-03-29T01:30", "2026-03-29T03:30"),
    ),
    "to winter time": (
        "2026-10-24T22:00", ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00",
        "2026-10-25T05:00"], "2026-10-25T08:00", 11,
        ("2026-10-25T02:45+02:00", "2026-10-25T02:15+01:00"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("night", NIGHTS.values(), ids=NIGHTS)
@pytest.mark.parametrize("is_swapped", [False, True], ids=["as planned", "with a swap"])
def test_on_a_night_when_the_clocks_change_exactly_one_is_on_at_every_minute(
    night: tuple[str, list[str], str, int, tuple[str, str]], *, is_swapped: bool
) -> None:
    starts, changes, ends, hours, swap = night
    edges = [starts, *changes, ends]
    people = ("t1", "t2", "t4", "t5")
    planned = [
        shift(who, one, other)
        for who, one, other in zip(people, edges[:-1], edges[1:], strict=True)
    ]
    swaps = [override("t6", *swap)] if is_swapped else []
    rota = Rota(EFTERVARD, overlaid(planned, swaps), source="a test", read_at=at(starts))
    begin, end = at(starts).astimezone(UTC), at(ends).astimezone(UTC)
    assert end - begin == timedelta(hours=hours)

    minutes = [begin + n * MINUTE for n in range(hours * 60)]
    around = [
        at(edge).astimezone(UTC) + step
        for edge in (*edges[1:-1], *swap)
        for step in (-MOMENT, timedelta(0), MOMENT)
    ]

    for moment in [*minutes, *around, begin, end - MOMENT]:
        (first,) = rota.on_call(moment)
        expected = next(s.therapist for s in planned if moment in s.time)
        assert first.therapist == ("t6" if is_swapped and moment in span(*swap) else expected)
    assert rota.on_call(begin - MOMENT) == rota.on_call(end) == ()
