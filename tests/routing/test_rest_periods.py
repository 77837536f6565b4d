"""Every day's and every week's longest rest: week 10 of 2026, ordinary hours Mon to Fri 08-17."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from routing.absence import Absence, AbsenceKind
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rest_periods import daily_rests, tightest, weekly_rests
from routing.work import Work
from routing.working_time import STANDARD_TERMS, STANDARD_WORKING_TIME, Terms
from tests.examples import span

T2 = TherapistId("t2")
WEEK = span("2026-03-02T08:00", "2026-03-09T08:00")
SATURDAY = span("2026-03-07T10:00", "2026-03-07T22:00")


def work(
    *standby: Interval, callouts: tuple[Interval, ...] = (), off: tuple[Interval, ...] = ()
) -> Work:
    absences = tuple(Absence(time, T2, AbsenceKind.COMPENSATION) for time in off)
    return Work(T2, STANDARD_TERMS, standby, callouts, absences)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def test_a_working_day_leaves_fifteen_hours_and_a_free_one_twenty_four() -> None:
    found = tuple(daily_rests(work(), WEEK))

    assert [one.length for one in found] == [hours(15)] * 5 + [hours(24)] * 2
    assert [one.margin for one in found] == [hours(4)] * 5 + [hours(13)] * 2
    assert found[0].rest == span("2026-03-02T17:00", "2026-03-03T08:00")


def test_standby_leaves_the_day_whole_and_a_call_out_does_not() -> None:
    evening = span("2026-03-03T17:00", "2026-03-03T22:00")
    late = span("2026-03-03T21:30", "2026-03-03T22:10")

    tuesday = tuple(daily_rests(work(evening, callouts=(late,)), WEEK))[1]

    assert (tuesday.planned, tuesday.length) == (hours(15), timedelta(hours=9, minutes=50))
    assert tuesday.margin == -timedelta(hours=1, minutes=10)


@pytest.mark.parametrize(
    ("done", "longest", "margin"),
    [
        (work(), 63, 27),
        (work(SATURDAY), 34, -2),
        (work(SATURDAY, off=(span("2026-03-06", "2026-03-07"),)), 41, 5),
    ],
    ids=["no standby", "a Saturday", "a Saturday and the Friday off"],
)
def test_the_weekly_rest_and_its_margin(done: Work, longest: float, margin: float) -> None:
    (week,) = weekly_rests(done, WEEK)

    assert (week.length, week.required, week.margin) == (hours(longest), hours(36), hours(margin))


def test_a_week_that_only_a_call_out_has_broken_says_what_was_planned() -> None:
    sunday = span("2026-03-08T10:00", "2026-03-08T22:00")
    at_night = span("2026-03-07T02:00", "2026-03-07T03:00")  # as a correction may say

    (week,) = weekly_rests(work(sunday, callouts=(at_night,)), WEEK)

    assert (week.planned, week.length) == (hours(41), hours(31))


def test_with_an_agreement_standby_leaves_the_week_whole() -> None:
    agreed = replace(
        STANDARD_WORKING_TIME, standby_breaks_weekly_rest=False, agreement="LOK 2026/4"
    )

    (week,) = weekly_rests(replace(work(SATURDAY), terms=Terms(agreed)), WEEK)

    assert (week.length, week.terms.agreement) == (hours(63), "LOK 2026/4")


def test_a_weekend_on_which_the_clocks_go_forward_is_an_hour_shorter() -> None:
    friday, sunday = (span(f"2026-03-{d}T17:00", f"2026-03-{d}T22:00") for d in (27, 29))
    clocks = span("2026-03-23T08:00", "2026-03-30T08:00")

    (week,) = weekly_rests(work(friday, sunday), clocks)
    saturday = tuple(daily_rests(work(), clocks))[5]

    assert week.length == hours(42)  # 43 on the wall
    assert (saturday.period.length, saturday.length) == (hours(23), hours(23))


def test_each_period_is_judged_by_what_was_in_force_when_it_began() -> None:
    stricter = replace(STANDARD_WORKING_TIME, daily_rest=hours(12), reference="Samverkan 2026/7")
    changed = Terms(STANDARD_WORKING_TIME, ((date(2026, 3, 5), stricter),))

    found = tuple(daily_rests(replace(work(), terms=changed), WEEK))

    assert [one.required for one in found] == [hours(11)] * 3 + [hours(12)] * 4
    assert [one.terms.reference for one in found][2:4] == [None, "Samverkan 2026/7"]


def test_the_tightest_is_the_first_with_the_smallest_margin() -> None:
    found = tuple(daily_rests(work(), WEEK))

    assert tightest(found) is found[0]
    assert tightest(()) is None
