"""To which duty a contact belongs, and when its home district is told; promise 5."""

from dataclasses import replace
from datetime import date, time

import pytest

from routing.handover import due_at, duty_end
from routing.intervals import Interval
from tests.examples import JARVA, at, line, organisation, span

_JARVA = organisation().districts[JARVA]
_TUESDAY = span("2026-03-03T17:00", "2026-03-03T22:00")
_WEDNESDAY = span("2026-03-04T17:00", "2026-03-04T22:00")
_FRIDAY = span("2026-03-06T17:00", "2026-03-06T22:00")
_SATURDAY = span("2026-03-07T10:00", "2026-03-07T22:00")
_DUTIES = (_TUESDAY, _WEDNESDAY, _FRIDAY, _SATURDAY)


def test_a_district_meets_at_its_own_hour_on_the_next_weekday() -> None:
    early = replace(_JARVA, handover_at=time(8))

    assert due_at(_TUESDAY.end, early, line()) == at("2026-03-04T08:00")
    assert due_at(_FRIDAY.end, _JARVA, line()) == at("2026-03-09T08:30")


def test_a_district_does_not_meet_on_a_closed_day() -> None:
    closed = line(closed_days=frozenset({date(2026, 3, 4)}))

    assert due_at(_TUESDAY.end, _JARVA, closed) == at("2026-03-05T08:30")


@pytest.mark.parametrize(
    ("received_at", "ended_at"),
    [
        ("2026-03-03T17:00", "2026-03-03T22:00"),  # the duty going on, from its first moment
        ("2026-03-03T21:59:59", "2026-03-03T22:00"),
        ("2026-03-03T22:00", "2026-03-03T22:00"),  # after it, before its meeting
        ("2026-03-04T08:29", "2026-03-03T22:00"),
        ("2026-03-04T08:30", "2026-03-04T08:30"),  # at its meeting: told of there, by itself
        ("2026-03-04T08:31", "2026-03-04T22:00"),  # too late for that one: the next duty's
        ("2026-03-04T12:00", "2026-03-04T22:00"),
        ("2026-03-07T08:00", "2026-03-06T22:00"),  # one meeting on Monday for both
        ("2026-03-07T10:00", "2026-03-07T22:00"),
        ("2026-03-08T12:00", "2026-03-07T22:00"),
        ("2026-03-03T12:00", "2026-03-03T22:00"),  # before the first: told of at its meeting
        ("2026-03-09T09:00", "2026-03-09T09:00"),  # no duty after: it stands alone
        ("2026-03-02T08:00", "2026-03-02T08:00"),  # a meeting before the first duty: alone
    ],
)
def test_the_duty_that_answers_for_a_contact(received_at: str, ended_at: str) -> None:
    assert duty_end(at(received_at), _DUTIES, _JARVA, line()) == at(ended_at)


def test_without_any_duty_a_contact_stands_alone() -> None:
    moment = at("2026-03-03T19:00")

    assert duty_end(moment, (), _JARVA, line()) == moment


def test_where_two_duties_meet_the_later_answers() -> None:
    first = span("2026-03-03T17:00", "2026-03-03T20:00")
    second = span("2026-03-03T20:00", "2026-03-03T22:00")

    assert duty_end(at("2026-03-03T20:00"), (first, second), _JARVA, line()) == second.end


def test_a_contact_outside_any_duty_is_told_of_at_the_first_meeting_after_it() -> None:
    duties: tuple[Interval, ...] = _DUTIES
    for hour in range(24 * 7):
        moment = at(f"2026-03-{1 + hour // 24:02}T{hour % 24:02}:15")
        told_at = due_at(duty_end(moment, duties, _JARVA, line()), _JARVA, line())
        in_duty = any(moment in duty for duty in duties)
        assert told_at >= moment
        assert in_duty or told_at == due_at(moment, _JARVA, line())
