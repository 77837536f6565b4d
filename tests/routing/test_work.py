"""What one person does, and the days, weeks and months in which it is judged."""

from dataclasses import replace
from datetime import date, timedelta
from datetime import time as wall_time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.absence import Absence, AbsenceKind
from routing.intervals import Interval
from routing.work import Work, days, midnight, months, weeks
from routing.working_time import STANDARD_WORKING_TIME, Terms, WeekBreak
from tests.examples import STOCKHOLM, at, span
from tests.routing.weeks import MON, T2, TUE, WED, WEEK, hours, time, work

STANDARD = STANDARD_WORKING_TIME
TUESDAY = time(TUE, "08:00", "08:00", WED)
CHANGE = date(2026, 3, 4)


def changed(**new: object) -> Terms:
    return Terms(STANDARD, ((CHANGE, replace(STANDARD, **new)),))  # type: ignore[arg-type]


def test_what_is_planned_is_told_once_and_without_what_one_is_away_from() -> None:
    away = tuple(
        Absence(time(TUE, start, end), T2, AbsenceKind.LEAVE)
        for start, end in (("10:00", "12:00"), ("11:00", "13:00"))
    )
    jour = [time(TUE, "17:00", "19:00"), time(TUE, "18:00", "20:00")]
    done = replace(work([], jour=jour), absences=away)

    assert done.planned(TUESDAY) == (time(TUE, "08:00", "10:00"), time(TUE, "13:00", "20:00"))


def test_a_call_out_in_working_hours_is_worked_once() -> None:
    done = work([], [time(TUE, "16:00", "18:00")])

    assert done.worked(TUESDAY) == (time(TUE, "08:00", "18:00"),)


def test_a_call_out_counts_by_what_was_agreed_when_it_began() -> None:
    over_midnight = time(TUE, "23:58", "00:03", WED)
    later = changed(shortest_callout=hours(0, 6))
    before = Terms(
        replace(STANDARD, shortest_callout=hours(0, 5)), ((CHANGE, replace(later.on(CHANGE))),)
    )

    assert work([], [over_midnight], terms=before).called(WEEK) == (over_midnight,)
    shorter = time(TUE, "23:58", "00:02", WED)
    assert work([], [shorter], terms=before).called(WEEK) == ()


def test_a_break_in_an_hour_that_comes_twice_is_at_the_first() -> None:
    terms = Terms(
        replace(STANDARD, day_break=wall_time(2, 30), week_break=WeekBreak(6, wall_time(2, 30)))
    )
    first = at("2026-10-25T02:30+02:00")

    (day,) = days(Work(T2, terms), span("2026-10-25T12:00", "2026-10-25T13:00"))
    (week,) = weeks(Work(T2, terms), span("2026-10-25T12:00", "2026-10-25T13:00"))

    assert (day.start, week.start) == (first, first)


def test_a_day_that_begins_twice_begins_at_the_first() -> None:
    azores = ZoneInfo("Atlantic/Azores")  # there the clocks go back at one, to midnight

    assert midnight(date(2026, 10, 25), azores) == at("2026-10-25T00:00+00:00")


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (span("2026-01-31T12:00", "2026-03-01T00:00"), ["2026-01", "2026-02"]),
        (span("2026-01-31T12:00", "2026-03-01T00:01"), ["2026-01", "2026-02", "2026-03"]),
        (span("2026-12-01T00:00", "2027-01-01T00:00"), ["2026-12"]),
    ],
)
def test_the_months_that_are_touched(judged: Interval, expected: list[str]) -> None:
    found = [*months(judged, STOCKHOLM)]

    assert [f"{m.start.astimezone(STOCKHOLM):%Y-%m}" for m in found] == expected
    assert all(a.end == b.start for a, b in pairwise(found))
    assert found[0].start <= judged.start < judged.end <= found[-1].end


def test_long_after_a_change_only_the_new_periods_are_left() -> None:
    early = Work(T2, Terms(replace(STANDARD, day_break=wall_time(6)), ((CHANGE, STANDARD),)))

    assert days(early, span("2026-03-20T05:00", "2026-03-20T06:00")) == (
        span("2026-03-19T08:00", "2026-03-20T08:00"),
    )


def test_the_last_of_the_old_periods_is_found_from_its_end_too() -> None:
    later = Work(T2, changed(day_break=wall_time(10), week_break=WeekBreak(1, wall_time(8))))
    old_day, old_week = span("2026-03-04T08:00", "2026-03-05T08:00"), WEEK.start

    assert days(later, span("2026-03-05T07:00", "2026-03-05T08:00")) == (
        old_day,
        span("2026-03-04T10:00", "2026-03-05T10:00"),
    )
    assert weeks(later, span("2026-03-15T12:00", "2026-03-15T13:00")) == (
        span("2026-03-09T08:00", "2026-03-16T08:00"),
        span("2026-03-10T08:00", "2026-03-17T08:00"),
    )
    assert old_week == at(f"{MON}T08:00")


def test_terms_that_no_week_begins_in_change_nothing() -> None:
    tuesdays = replace(STANDARD, week_break=WeekBreak(1, wall_time(8)))
    fridays = replace(STANDARD, week_break=WeekBreak(4, wall_time(8)))
    terms = Terms(STANDARD, ((CHANGE, tuesdays), (date(2026, 3, 5), fridays)))

    assert weeks(Work(T2, terms), span("2026-03-05T00:00", "2026-03-14T00:00")) == (
        span("2026-03-02T08:00", "2026-03-09T08:00"),
        span("2026-03-06T08:00", "2026-03-13T08:00"),
        span("2026-03-13T08:00", "2026-03-20T08:00"),
    )


def test_days_may_begin_at_midnight() -> None:
    terms = Terms(replace(STANDARD, day_break=wall_time(0)))

    assert days(Work(T2, terms), span("2026-03-05T07:00", "2026-03-05T08:00")) == (
        span("2026-03-05T00:00", "2026-03-06T00:00"),
    )


MOVES = st.tuples(st.integers(0, 6), st.integers(0, 23))


@settings(deadline=None)
@given(MOVES, MOVES, st.integers(1, 15), st.integers(0, 24 * 28))
def test_the_periods_are_the_same_from_wherever_one_looks(
    one: tuple[int, int], two: tuple[int, int], apart: int, hour: int
) -> None:
    later = tuple(
        (day, replace(STANDARD, day_break=wall_time(at_), week_break=WeekBreak(on, wall_time(at_))))
        for day, (on, at_) in ((CHANGE, one), (CHANGE + timedelta(days=apart), two))
    )
    done = Work(T2, Terms(STANDARD, later))
    start = at("2026-03-03T00:00") + hours(hour)
    near, far = Interval(start, start + hours(1)), span("2026-02-01T00:00", "2026-05-01T00:00")

    for periods in (days, weeks):
        assert periods(done, near) == tuple(
            period for period in periods(done, far) if period.overlap(near)
        )
