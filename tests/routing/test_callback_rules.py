"""Who waits to be called back, and which therapist may do it; docs/architecture.md, promise 2."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.callback import may_call_back, waiting
from routing.contact import LONGEST_CALL, Channel, Contact, Direction, Outcome
from routing.ids import DistrictId
from routing.organisation import Validity
from tests.examples import (
    HASSELBY_VALLINGBY,
    JARVA,
    at,
    mandate,
    organisation,
    shift,
    therapist,
)
from tests.routing.contacts import contact

_AT = at("2026-03-03T19:04")
_NOW = _AT + timedelta(hours=1)
_NOT_HELPED = (
    Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED, Outcome.UNDELIVERED,
)  # fmt: skip
_HELPED = (Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED, Outcome.RELAYED)
_SHIFTS = [
    shift("t4", "2026-03-03T17:00", "2026-03-03T22:00", 1),
    shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2),
]


def _minutes(number: float) -> datetime:
    return _AT + timedelta(minutes=number)


@pytest.mark.parametrize("outcome", _NOT_HELPED)
def test_a_caller_whom_nobody_helped_is_waiting(outcome: Outcome) -> None:
    missed = contact(_AT, outcome)

    assert waiting([missed], _NOW) == (missed,)


@pytest.mark.parametrize("outcome", [None, *(o for o in Outcome if o not in _NOT_HELPED)])
def test_no_other_is(outcome: Outcome | None) -> None:
    assert waiting([contact(_AT, outcome)], _NOW) == ()


def test_a_call_that_lost_its_end_waits_once_it_cannot_go_on() -> None:
    lost = contact(_AT, None)

    assert waiting([lost], _AT + LONGEST_CALL) == ()
    assert waiting([lost], _AT + LONGEST_CALL + timedelta(seconds=1)) == (lost,)


def test_nobody_can_be_called_whose_number_was_withheld() -> None:
    assert waiting([contact(_AT, Outcome.MISSED, key=None)], _NOW) == ()


def test_a_text_that_reached_nobody_is_a_call_to_make() -> None:
    text = contact(_AT, Outcome.UNDELIVERED, channel=Channel.TEXT)

    assert waiting([text], _NOW) == (text,)


def test_a_text_that_is_still_under_way_helps_nobody_yet() -> None:
    missed = contact(_AT, Outcome.MISSED)
    text = contact(_minutes(10), None, channel=Channel.TEXT)

    assert waiting([missed, text], _NOW) == (missed,)


@pytest.mark.parametrize("outcome", [*_HELPED, None])
@pytest.mark.parametrize("direction", Direction)
def test_whoever_was_helped_later_or_is_being_so_is_not_waiting(
    outcome: Outcome | None, direction: Direction
) -> None:
    later = contact(_minutes(10), outcome, direction=direction)

    assert waiting([contact(_AT, Outcome.MISSED), later], _NOW) == ()


@pytest.mark.parametrize("outcome", [Outcome.CLOSED, Outcome.BLOCKED])
def test_a_later_call_that_got_only_words_leaves_the_caller_waiting(outcome: Outcome) -> None:
    missed = contact(_AT, Outcome.MISSED)

    assert waiting([missed, contact(_minutes(10), outcome)], _NOW) == (missed,)


def test_a_call_back_that_nobody_took_leaves_the_caller_waiting() -> None:
    missed = contact(_AT, Outcome.MISSED)
    back = contact(_minutes(10), Outcome.MISSED, direction=Direction.OUTBOUND)

    assert waiting([missed, back], _NOW) == (missed,)


def test_each_person_waits_once_by_the_latest_call() -> None:
    first, again = contact(_AT, Outcome.ABANDONED), contact(_minutes(3), Outcome.MISSED)
    other = contact(_minutes(1), Outcome.MISSED, key=b"another")

    assert waiting([first, other, again], _NOW) == (again, other)


def test_a_caller_waits_for_two_days_and_then_belongs_to_the_handover() -> None:
    missed, two_days = contact(_AT, Outcome.MISSED), timedelta(hours=48)

    assert waiting([missed], _AT + two_days - timedelta(seconds=1)) == (missed,)
    assert waiting([missed], _AT + two_days) == ()


_calls = st.lists(
    st.builds(
        contact,
        st.integers(0, 50).map(_minutes),
        st.sampled_from([None, *Outcome]),
        key=st.sampled_from([b"a", b"b", None]),
        direction=st.sampled_from(Direction),
        channel=st.sampled_from(Channel),
    ),
    max_size=5,
    unique_by=lambda c: c.received_at,
)


@given(_calls)
def test_whoever_waits_was_not_helped_since_and_waits_once(calls: Sequence[Contact]) -> None:
    found = waiting(calls, _NOW)

    keys = [c.caller.key for c in found]
    assert len(keys) == len(set(keys))
    for one in found:
        assert one.caller.key is not None
        assert one.direction is Direction.INBOUND
        assert one.outcome in _NOT_HELPED
        later = [c for c in calls if c.caller.key == one.caller.key]
        assert not any(c.received_at > one.received_at and c.outcome in _HELPED for c in later)
    assert {waiting(order, _NOW) for order in permutations(calls)} == {found}


@given(_calls)
def test_whoever_calls_in_vain_last_of_all_is_waiting(calls: Sequence[Contact]) -> None:
    last = contact(_minutes(55), Outcome.ABANDONED)

    assert last in waiting([*calls, last], _NOW)


def _may(
    number: int,
    home: DistrictId | None,
    *,
    received: str = "2026-03-03T19:04",
    mandates: bool = True,
    now: str = "2026-03-03T20:00",
) -> bool:
    who = organisation() if mandates else organisation(mandates=())
    called = contact(at(received), Outcome.MISSED, home=home)
    return may_call_back(who, therapist(number), called, _SHIFTS, at(now))


def test_a_therapist_may_call_a_family_of_her_own_district_whoever_was_on_duty() -> None:
    assert _may(6, JARVA)
    assert _may(6, JARVA, mandates=False)
    assert _may(6, JARVA, received="2026-03-02T19:04")


def test_she_may_call_another_district_s_only_from_her_own_duty() -> None:
    assert _may(1, JARVA)
    assert not _may(2, JARVA)
    assert not _may(1, JARVA, received="2026-03-03T16:59:59")
    assert not _may(1, JARVA, received="2026-03-03T22:00")


def test_and_only_under_a_mandate_in_force() -> None:
    assert not _may(1, JARVA, mandates=False)
    assert _may(4, HASSELBY_VALLINGBY)
    assert not _may(4, HASSELBY_VALLINGBY, mandates=False)


def test_the_mandate_is_judged_when_she_calls_and_not_when_the_caller_did() -> None:
    ends = mandate(JARVA, HASSELBY_VALLINGBY, valid=Validity(None, date(2026, 3, 3)))
    who, called = organisation(mandates=(ends,)), contact(_AT, Outcome.MISSED)

    answers = [
        may_call_back(who, therapist(1), called, _SHIFTS, at(now))
        for now in ("2026-03-03T23:59", "2026-03-04T00:00")
    ]

    assert answers == [True, False]


def test_an_unassigned_caller_may_be_called_by_those_on_duty_then() -> None:
    assert _may(1, None, mandates=False)
    assert _may(4, None)
    assert not _may(2, None)


def test_somebody_who_has_left_may_call_nobody() -> None:
    gone = replace(therapist(4), active=Validity(None, date(2026, 3, 2)))

    assert not may_call_back(organisation(), gone, contact(_AT, Outcome.MISSED), _SHIFTS, _NOW)
