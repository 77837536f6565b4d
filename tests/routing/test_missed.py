"""Which unanswered calls are told of: no slips, none helped since, and never at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.contact import LONGEST_CALL, Channel, Contact, Direction, Outcome
from routing.missed import TOLD_AFTER, deserves_alert
from tests.examples import at
from tests.routing.contacts import contact

_AT = at("2026-03-03T19:04")
_LEAST = timedelta(seconds=5)
_MUCH_LATER = _AT + timedelta(hours=1)
_NOT_ANSWERED = (Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED)
_ANSWERED = (Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED)


def _minutes(number: float) -> datetime:
    return _AT + timedelta(minutes=number)


def _told(one: Contact, *others: Contact, now: datetime = _MUCH_LATER) -> bool:
    return deserves_alert(one, [one, *others], _LEAST, now)


@pytest.mark.parametrize("outcome", _NOT_ANSWERED)
def test_a_call_that_nobody_answered_is_told_of(outcome: Outcome) -> None:
    assert _told(contact(_AT, outcome, waited=40))


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in _NOT_ANSWERED])
def test_no_other_outcome_is(outcome: Outcome) -> None:
    assert not _told(contact(_AT, outcome, waited=40))


def test_neither_is_a_text_nor_a_call_of_our_own() -> None:
    assert not _told(contact(_AT, Outcome.MISSED, waited=40, channel=Channel.TEXT))
    assert not _told(contact(_AT, Outcome.MISSED, waited=40, direction=Direction.OUTBOUND))


@pytest.mark.parametrize(("waited", "told"), [(0, False), (4, False), (5, True), (6, True)])
def test_a_caller_who_hung_up_at_once_may_have_misdialled(waited: int, told: bool) -> None:
    assert _told(contact(_AT, Outcome.ABANDONED, waited=waited)) is told


@pytest.mark.parametrize("outcome", [Outcome.MISSED, Outcome.FALLBACK_FAILED])
def test_whoever_stayed_to_the_end_is_told_of_however_soon_that_was(outcome: Outcome) -> None:
    assert _told(contact(_AT, outcome, waited=0))


@pytest.mark.parametrize(("before", "told"), [(0.5, True), (10, True), (10.1, False)])
def test_a_second_short_call_within_ten_minutes_is_no_mistake(before: float, told: bool) -> None:
    first = contact(_minutes(-before), Outcome.ABANDONED, waited=2)
    second = contact(_AT, Outcome.ABANDONED, waited=2)

    assert _told(second, first) is told
    assert not _told(first, second)


def test_a_short_call_of_somebody_else_does_not_count() -> None:
    other = contact(_minutes(-1), Outcome.ABANDONED, waited=2, key=b"another")
    withheld = contact(_minutes(-1), Outcome.ABANDONED, waited=2, key=None)

    assert not _told(contact(_AT, Outcome.ABANDONED, waited=2), other, withheld)
    assert not _told(contact(_AT, Outcome.ABANDONED, waited=2, key=None), withheld)


@pytest.mark.parametrize("outcome", [*_ANSWERED, None])
def test_whoever_was_answered_since_or_is_calling_needs_no_alert(outcome: Outcome | None) -> None:
    later = contact(_minutes(2), outcome, waited=8)

    assert not _told(contact(_AT, Outcome.ABANDONED, waited=40), later, now=_minutes(3))


def test_nor_does_whoever_was_called_back() -> None:
    back = contact(_minutes(2), Outcome.ANSWERED, direction=Direction.OUTBOUND)

    assert not _told(contact(_AT, Outcome.MISSED, waited=40), back)


@pytest.mark.parametrize("outcome", [Outcome.CLOSED, Outcome.BLOCKED, Outcome.MISSED])
def test_a_later_call_that_did_not_help_takes_no_alert_away(outcome: Outcome) -> None:
    later = contact(_minutes(2), outcome, waited=8)

    assert _told(contact(_AT, Outcome.MISSED, waited=40), later)


def test_an_answer_before_the_missed_call_does_not_help_it() -> None:
    assert _told(contact(_AT, Outcome.MISSED, waited=40), contact(_minutes(-5), Outcome.ANSWERED))


def test_half_a_minute_passes_before_anybody_is_told() -> None:
    missed = contact(_AT, Outcome.ABANDONED, waited=40)
    due = _AT + timedelta(seconds=40) + TOLD_AFTER

    assert not _told(missed, now=due - timedelta(seconds=1))
    assert _told(missed, now=due)


def test_a_call_that_lost_its_end_is_told_of_in_the_end() -> None:
    lost = contact(_AT, None)

    assert not _told(lost, now=_AT + LONGEST_CALL)
    assert _told(lost, now=_AT + LONGEST_CALL + timedelta(minutes=1))


_calls = st.lists(
    st.builds(
        contact,
        st.integers(-15, 15).map(_minutes),
        st.sampled_from([None, *Outcome]),
        waited=st.integers(0, 90),
        key=st.sampled_from([b"a", b"b", None]),
        direction=st.sampled_from(Direction),
    ),
    max_size=4,
)


@given(_calls, st.integers(0, 90))
def test_the_order_of_the_others_is_nothing_to_go_by(
    others: Sequence[Contact], waited: int
) -> None:
    own = contact(_AT, Outcome.ABANDONED, waited=waited)

    answers = {
        deserves_alert(own, order, _LEAST, _MUCH_LATER) for order in permutations([own, *others])
    }

    assert len(answers) == 1


@given(_calls, st.integers(0, 3600), st.integers(0, 3600))
def test_an_alert_that_is_due_stays_due_while_nothing_else_happens(
    others: Sequence[Contact], now: int, more: int
) -> None:
    own = contact(_AT, Outcome.ABANDONED, waited=40)
    calm = [other for other in others if other.outcome is not None]
    first, later = _AT + timedelta(seconds=now), _AT + timedelta(seconds=now + more)

    assert not deserves_alert(own, calm, _LEAST, first) or deserves_alert(own, calm, _LEAST, later)
