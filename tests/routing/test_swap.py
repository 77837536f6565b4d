"""Swaps by plain values: whose duty it is, what is laid on the rota, and what may still be done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import InvalidInput
from routing.ids import SwapId, TherapistId
from routing.intervals import Interval
from routing.override import Override, overlaid
from routing.rota import Shift
from routing.swap import (
    Kind,
    Slot,
    State,
    Step,
    Swap,
    SwapRefused,
    Terms,
    Why,
    check_acceptance,
    check_held,
    check_undo,
    duty_at,
    next_step,
    on_top,
    part_of,
)
from tests.examples import EFTERVARD, at, shift, span

T1, T4, T5, T6 = (TherapistId(f"t{n}") for n in (1, 4, 5, 6))
TUESDAY = span("2026-03-03T17:00", "2026-03-03T22:00")
WEDNESDAY = span("2026-03-04T17:00", "2026-03-04T22:00")
ROTA = (
    Shift(TUESDAY, 1, T4),
    Shift(TUESDAY, 2, T1),
    Shift(WEDNESDAY, 1, T5),
    Shift(WEDNESDAY, 2, T1),
)
GIVEN = Terms(T4, Slot(TUESDAY, 1))
EXCHANGED = Terms(T4, Slot(TUESDAY, 1), Slot(WEDNESDAY, 1))
BEFORE = at("2026-03-01T12:00")


def offered(terms: Terms = GIVEN, asked: Sequence[TherapistId] = (T5, T6), number: int = 1) -> Swap:
    return Swap(SwapId(number), EFTERVARD, terms, State.PROPOSED, tuple(asked))


def accepted(terms: Terms = GIVEN, taker: TherapistId = T5, number: int = 1) -> Swap:
    return replace(offered(terms, [taker], number), state=State.ACCEPTED, taker=taker)


def who(shifts: Sequence[Shift], moment: str, position: int = 1) -> list[str]:
    return [s.therapist for s in shifts if s.position == position and at(moment) in s.time]


def why(call: object) -> Why:
    with pytest.raises(SwapRefused) as refused:
        call()  # type: ignore[operator] # a function of nothing
    assert refused.value.code == f"swap_{refused.value.why}"
    return refused.value.why


# --- what a swap does to the rota ----------------------------------------------------------------


def test_giving_away_puts_the_taker_where_the_giver_was() -> None:
    after = overlaid(ROTA, GIVEN.effect(T5))

    assert GIVEN.kind is Kind.GIVE
    assert [who(after, "2026-03-03T19:00", p) for p in (1, 2)] == [["t5"], ["t1"]]
    assert who(after, "2026-03-04T19:00") == ["t5"]


def test_an_exchange_puts_each_where_the_other_was_and_undoing_puts_them_back() -> None:
    after = overlaid(ROTA, EXCHANGED.effect(T5))

    assert EXCHANGED.kind is Kind.EXCHANGE
    assert (who(after, "2026-03-03T19:00"), who(after, "2026-03-04T19:00")) == (["t5"], ["t4"])
    assert overlaid(after, EXCHANGED.undoing(T5)) == overlaid(ROTA, [])


def test_the_first_and_the_backup_may_change_places_on_one_evening() -> None:
    terms = Terms(T4, Slot(TUESDAY, 1), Slot(TUESDAY, 2))

    after = overlaid(ROTA, terms.effect(T1))

    assert [who(after, "2026-03-03T19:00", p) for p in (1, 2)] == [["t1"], ["t4"]]


def test_of_a_part_only_the_part_changes_hands() -> None:
    part = part_of(Slot(TUESDAY, 1), at("2026-03-03T18:30"), at("2026-03-03T20:00"))

    after = overlaid(ROTA, Terms(T4, part).effect(T5))

    times = ("2026-03-03T18:29", "2026-03-03T18:30", "2026-03-03T19:59", "2026-03-03T20:00")
    assert [who(after, moment) for moment in times] == [["t4"], ["t5"], ["t5"], ["t4"]]


def test_an_exchange_across_the_clock_change_is_in_elapsed_time() -> None:
    night = span("2026-03-28T22:00", "2026-03-29T08:00")  # nine hours
    evening = span("2026-03-30T17:00", "2026-03-30T22:00")
    rota = (Shift(night, 1, T4), Shift(evening, 1, T5))

    after = overlaid(rota, Terms(T4, Slot(night, 1), Slot(evening, 1)).effect(T5))

    assert night.length == timedelta(hours=9)
    assert [(s.therapist, s.time) for s in after] == [("t5", night), ("t4", evening)]


# --- whose duty it is ----------------------------------------------------------------------------


def test_a_duty_is_the_stretch_that_one_person_holds_without_a_break() -> None:
    shifts = (
        shift("t4", "2026-03-03T17:00", "2026-03-03T19:00"),
        shift("t4", "2026-03-03T19:00", "2026-03-03T22:00"),
        shift("t4", "2026-03-04T17:00", "2026-03-04T22:00"),
    )

    assert duty_at(shifts, T4, at("2026-03-03T20:00")) == Slot(TUESDAY, 1)
    assert why(lambda: duty_at(shifts, T4, at("2026-03-03T22:00"))) is Why.NOT_HELD
    assert why(lambda: duty_at(shifts, T5, at("2026-03-03T20:00"))) is Why.NOT_HELD


def test_who_holds_two_positions_says_which() -> None:
    both = (*ROTA, Shift(TUESDAY, 2, T4))

    with pytest.raises(InvalidInput, match="position"):
        duty_at(both, T4, at("2026-03-03T20:00"))
    assert duty_at(both, T4, at("2026-03-03T20:00"), position=2) == Slot(TUESDAY, 2)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("2026-03-03T16:59", None, "from"),
        (None, "2026-03-03T22:01", "until"),
        ("2026-03-03T19:00", "2026-03-03T19:00", "until"),
        ("2026-03-03T20:00", "2026-03-03T19:00", "until"),
        ("2026-03-04T18:00", None, "from"),
    ],
)
def test_both_edges_of_a_part_lie_inside_the_duty(
    start: str | None, end: str | None, field: str
) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: "):
        part_of(Slot(TUESDAY, 1), at(start) if start else None, at(end) if end else None)


def test_two_who_share_a_position_cannot_swap_one_of_them_away() -> None:
    shared = (*ROTA, shift("t6", "2026-03-03T20:00", "2026-03-03T21:00"))

    assert why(lambda: check_held(Slot(TUESDAY, 1), T4, shared)) is Why.SHARED
    check_held(part_of(Slot(TUESDAY, 1), None, at("2026-03-03T20:00")), T4, shared)


# --- what may still be done ----------------------------------------------------------------------


def test_only_who_was_asked_may_answer() -> None:
    assert why(lambda: check_acceptance(offered(), T1, ROTA, BEFORE)) is Why.NOT_ASKED
    check_acceptance(offered(), T5, ROTA, BEFORE)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.ACCEPTED, Why.TAKEN),
        (State.DECLINED, Why.OVER),
        (State.WITHDRAWN, Why.OVER),
        (State.EXPIRED, Why.OVER),
        (State.UNDONE, Why.OVER),
    ],
)
def test_what_is_over_is_not_accepted(state: State, expected: Why) -> None:
    swap = replace(offered(), state=state, taker=T6)

    assert why(lambda: check_acceptance(swap, T5, ROTA, BEFORE)) is expected


def test_the_moment_it_begins_is_too_late() -> None:
    start = TUESDAY.start

    check_acceptance(offered(), T5, ROTA, start - timedelta(microseconds=1))
    assert why(lambda: check_acceptance(offered(), T5, ROTA, start)) is Why.BEGUN
    assert why(lambda: check_undo(accepted(), [], _after(accepted()), start)) is Why.BEGUN


def test_of_an_exchange_the_first_that_begins_ends_it() -> None:
    terms = Terms(T5, Slot(WEDNESDAY, 1), Slot(TUESDAY, 1))
    swap = offered(terms, [T4])

    assert why(lambda: check_acceptance(swap, T4, ROTA, at("2026-03-03T18:00"))) is Why.BEGUN


def test_what_the_giver_or_the_taker_no_longer_has_is_not_changed_about() -> None:
    moved = (Shift(TUESDAY, 1, T6), *ROTA[1:])
    gone = ROTA[:2]

    assert why(lambda: check_acceptance(offered(), T5, moved, BEFORE)) is Why.NOT_HELD
    assert why(lambda: check_acceptance(offered(), T5, (), BEFORE)) is Why.NOT_HELD
    exchange = offered(EXCHANGED, [T5])
    assert why(lambda: check_acceptance(exchange, T5, gone, BEFORE)) is Why.NOT_HELD


def test_what_was_never_in_force_is_not_undone() -> None:
    for state in set(State) - {State.ACCEPTED}:
        swap = replace(offered(), state=state)
        assert why(lambda swap=swap: check_undo(swap, [], ROTA, BEFORE)) is Why.NOT_IN_FORCE


def test_of_a_chain_only_the_last_is_undone() -> None:
    first, second = accepted(), accepted(Terms(T5, Slot(TUESDAY, 1)), T6, number=2)
    chained = _after(first, second)

    assert on_top(first, [first, second]) == second
    assert why(lambda: check_undo(first, [first, second], chained, BEFORE)) is Why.ON_TOP
    assert check_undo(second, [first, second], chained, BEFORE) == T6
    assert check_undo(first, [first], _after(first), BEFORE) == T5


def test_a_part_that_went_on_is_enough_to_keep_what_is_below() -> None:
    part = part_of(Slot(TUESDAY, 1), at("2026-03-03T21:00"), None)
    first, second = accepted(), accepted(Terms(T5, part), T6, number=2)
    other = accepted(Terms(T1, Slot(TUESDAY, 2)), T6, number=3)

    assert on_top(first, [first, other, second]) == second
    assert on_top(first, [second, first, other]) is None


def test_what_somebody_took_over_meanwhile_is_not_undone_under_her() -> None:
    shifts = overlaid(_after(accepted()), [Override(TUESDAY, 1, T6)])

    assert why(lambda: check_undo(accepted(), [accepted()], shifts, BEFORE)) is Why.NOT_HELD


def _after(*swaps: Swap) -> tuple[Shift, ...]:
    made = (one for swap in swaps for one in swap.terms.effect(swap.taker or T1))
    return overlaid(ROTA, made)


# --- what the clock does -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02T16:59", None),
        ("2026-03-02T17:00", Step.REMIND),
        ("2026-03-03T16:59", Step.REMIND),
        ("2026-03-03T17:00", Step.EXPIRE),
        ("2026-03-05T17:00", Step.EXPIRE),
    ],
)
def test_an_offer_is_spoken_of_once_more_a_day_before_and_ends_when_it_begins(
    moment: str, expected: Step | None
) -> None:
    now = at(moment)

    assert next_step(offered(), reminded=False, is_there=True, now=now) is expected
    again = next_step(offered(), reminded=True, is_there=True, now=now)
    assert again is (expected if expected is Step.EXPIRE else None)


def test_an_offer_of_what_is_no_longer_there_ends_at_once() -> None:
    step = next_step(offered(), reminded=False, is_there=False, now=BEFORE)

    assert step is Step.OVERTAKEN
    for state in set(State) - {State.PROPOSED}:
        swap = replace(offered(), state=state)
        assert next_step(swap, reminded=False, is_there=False, now=TUESDAY.end) is None


# --- whatever is done, one person is on standby --------------------------------------------------

_PEOPLE = tuple(TherapistId(f"t{n}") for n in range(1, 7))
_HOURS = [TUESDAY.start + timedelta(hours=n) for n in range(6)]
_SLOTS = [
    Slot(Interval(_HOURS[a], _HOURS[b]), position)
    for position in (1, 2)
    for a in range(5)
    for b in range(a + 1, 6)
]


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["give", "exchange", "undo"]),
            st.sampled_from(_SLOTS),
            st.sampled_from(_SLOTS),
            st.sampled_from(_PEOPLE),
            st.integers(0, 9),
        ),
        max_size=25,
    )
)
@settings(max_examples=80, deadline=None)
def test_however_swaps_come_and_go_every_slot_is_held_by_the_one_the_last_step_says(
    steps: list[tuple[str, Slot, Slot, TherapistId, int]],
) -> None:
    laid: list[Override] = []
    standing: list[Swap] = []
    holder = {(hour, s.position): s.therapist for hour in _HOURS[:5] for s in ROTA[:2]}

    for number, (what, slot, back, taker, which) in enumerate(steps, start=1):
        now = overlaid(ROTA[:2], laid)
        try:
            if what == "undo":
                swap = standing[which % len(standing)] if standing else offered()
                swap = replace(swap, taker=check_undo(swap, standing, now, BEFORE))
                made, standing = swap.terms.undoing(swap.taker or T1), _without(standing, swap)
            else:
                giver = holder[slot.time.start, slot.position]
                terms = Terms(giver, slot, back if what == "exchange" else None)
                swap = offered(terms, [taker], number)
                check_acceptance(swap, taker, now, BEFORE)
                made = terms.effect(taker)
                standing = [*standing, replace(swap, state=State.ACCEPTED, taker=taker)]
        except SwapRefused:
            continue
        laid.extend(made)
        for one in made:
            for hour in _HOURS[:5]:
                if hour in one.time:
                    holder[hour, one.position] = one.therapist
        assert _held(overlaid(ROTA[:2], laid)) == {k: [who] for k, who in holder.items()}


def _held(shifts: Sequence[Shift]) -> dict[tuple[datetime, int], list[TherapistId]]:
    return {
        (hour, position): [s.therapist for s in shifts if s.position == position and hour in s.time]
        for hour in _HOURS[:5]
        for position in (1, 2)
    }


def _without(swaps: list[Swap], gone: Swap) -> list[Swap]:
    return [swap for swap in swaps if swap.id != gone.id]
