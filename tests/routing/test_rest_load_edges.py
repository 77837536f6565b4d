"""What adds up over weeks and months, at the edges: to the minute, and with every number."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from routing.finding import Severity
from routing.intervals import Interval
from routing.rest_load import (
    LOOKED_BACK,
    average_week,
    jour,
    load_findings,
    overtime,
    regularly_broken,
    too_tight,
)
from routing.work import LIMITS, RestFinding, Work
from routing.working_time import ORDINARY_HOURS, STANDARD_WORKING_TIME, Terms
from tests.examples import at, span
from tests.routing.weeks import T2, hours, time, work

NOW = at("2026-06-01T08:00")
FOUR_WEEKS = span("2026-05-04T08:00", "2026-06-01T08:00")

YEAR = span("2026-01-01T00:00", "2027-01-01T00:00")
TWELVE_WEEKS = span("2026-03-09T08:00", "2026-06-01T08:00")
MINUTE = timedelta(minutes=1)


def evening(day: int) -> Interval:
    return time(f"2026-05-{day:02}", "17:00", "22:00")


def of(start: str, length: timedelta) -> list[Interval]:
    return [Interval(at(start), at(start) + length)]


def test_a_whole_leap_year_is_looked_back_on() -> None:
    assert timedelta(days=366) == LOOKED_BACK


def test_what_adds_up_comes_in_the_order_of_its_time() -> None:
    may = span("2026-05-05T00:00", "2026-05-30T00:00")
    done = work([may], [may], jour=[may])

    assert [(f.rule, f.period) for f in load_findings(done, at("2026-06-01T00:00"))] == [
        ("R13", YEAR),
        ("R14", span("2026-02-01T00:00", "2026-06-01T00:00")),
        ("R11", span("2026-03-09T00:00", "2026-06-01T00:00")),
        ("R13", span("2026-05-01T00:00", "2026-06-01T00:00")),
        ("R15", span("2026-05-01T00:00", "2026-06-01T00:00")),
        ("R13", span("2026-05-04T00:00", "2026-06-01T00:00")),
        ("R15", span("2026-05-04T00:00", "2026-06-01T00:00")),
    ]


def test_broken_duties_are_counted_in_twelve_weeks_and_each_once() -> None:
    before = span("2026-03-08T17:00", "2026-03-08T22:00")
    halves = [time("2026-05-05", "17:00", "19:00"), time("2026-05-05", "19:00", "22:00")]
    done = work([before, *halves, evening(6), evening(7)], [halves[0], halves[1], evening(6)])

    numbers = {"times": 2, "duties": 3}
    assert [*regularly_broken(done, NOW)] == [
        RestFinding("R11", Severity.WARNING, T2, TWELVE_WEEKS, numbers)
    ]
    assert [*regularly_broken(work(done.standby, [evening(6)]), NOW)] == []
    assert [*regularly_broken(work([], [evening(6)]), NOW)] == []


@pytest.mark.parametrize(("calls", "is_told"), [(6, False), (7, True)])
def test_more_than_three_call_outs_for_each_of_two_duties(calls: int, is_told: bool) -> None:
    before = span("2026-03-08T17:00", "2026-03-08T22:00")
    halves = [time("2026-05-05", "17:00", "19:00"), time("2026-05-05", "19:00", "22:00")]
    each = [
        Interval(evening(6).start + n * hours(0, 9), evening(6).start + n * hours(0, 9) + MINUTE)
        for n in range(calls)
    ]

    found = [*too_tight(work([before, *halves, evening(6)], [before, *each]), NOW)]

    numbers = {"times": 7, "duties": 2}
    told = RestFinding("R12", Severity.WARNING, T2, TWELVE_WEEKS, numbers)
    assert found == ([told] if is_told else [])


def test_whoever_has_no_duty_is_asked_for_nothing() -> None:
    done = work([], [evening(6)])
    asked = replace(done.terms.first, answer_within=hours(0, 5))

    assert [*too_tight(replace(done, terms=replace(done.terms, first=asked)), NOW)] == []


@pytest.mark.parametrize(
    ("called", "now", "expected"),
    [
        pytest.param(of("2026-05-05T08:00", hours(38, 23)), NOW, [], id="nearly four fifths"),
        pytest.param(
            of("2026-05-05T08:00", hours(38, 24)),
            NOW,
            [("warning", FOUR_WEEKS, hours(38, 24), hours(48))],
            id="four fifths of 48 hours",
        ),
        pytest.param(
            of("2026-05-05T08:00", hours(48)),
            NOW,
            [("warning", FOUR_WEEKS, hours(48), hours(48))],
            id="48 hours",
        ),
        pytest.param(
            of("2026-05-05T08:00", hours(48, 1)),
            NOW,
            [("error", FOUR_WEEKS, hours(48, 1), hours(48))],
            id="more than 48 hours",
        ),
        pytest.param(
            of("2026-05-01T08:00", hours(50)),
            at("2026-06-01T00:00"),
            [("warning", span("2026-05-01T00:00", "2026-06-01T00:00"), hours(50), hours(50))],
            id="50 hours of the month that has just ended",
        ),
        pytest.param(
            of("2026-05-01T08:00", hours(50, 1)),
            at("2026-05-31T23:00"),
            [("error", span("2026-05-01T00:00", "2026-06-01T00:00"), hours(50, 1), hours(50))],
            id="more than 50 hours of the month",
        ),
        pytest.param(of("2026-05-01T08:00", hours(50, 1)), NOW, [], id="of the month before"),
        pytest.param(
            of("2026-01-10T08:00", hours(160)),
            NOW,
            [("warning", YEAR, hours(160), hours(200))],
            id="four fifths of 200 hours",
        ),
        pytest.param(
            of("2026-01-10T08:00", hours(200)),
            NOW,
            [("warning", YEAR, hours(200), hours(200))],
            id="200 hours of the year",
        ),
        pytest.param(
            of("2026-01-10T08:00", hours(200, 1)),
            NOW,
            [("error", YEAR, hours(200, 1), hours(200))],
            id="more than 200 hours of the year",
        ),
        pytest.param(
            of("2025-12-30T00:00", hours(24 * 3)),
            at("2026-03-01T08:00"),
            [],
            id="a day of this year and two of the last",
        ),
        pytest.param(
            of("2028-02-01T08:00", hours(160)),
            at("2029-01-01T00:00"),
            [("warning", span("2028-01-01T00:00", "2029-01-01T00:00"), hours(160), hours(200))],
            id="the leap year that has just ended",
        ),
    ],
)
def test_call_outs_are_overtime(
    called: Sequence[Interval],
    now: datetime,
    expected: list[tuple[str, Interval, timedelta, timedelta]],
) -> None:
    found = [*overtime(work([], called), now)]

    assert {f.rule for f in found} <= {"R13"}
    assert [
        (str(f.severity), f.period, f.numbers["total"], f.numbers["required"]) for f in found
    ] == expected


def average(done: Work, now: str, most: timedelta = timedelta()) -> RestFinding:
    (found,) = average_week(done, at(now), replace(LIMITS, work_a_week=most))
    return found


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-06-15T08:00", "2026-02-15T00:00"),
        ("2026-05-31T08:00", "2026-01-28T00:00"),
        ("2026-05-27T08:00", "2026-01-27T00:00"),
        ("2026-04-28T08:00", "2025-12-28T00:00"),
        ("2026-01-02T08:00", "2025-09-02T00:00"),
        ("2026-12-01T00:30", "2026-08-01T00:00"),
    ],
)
def test_the_average_is_of_four_months(now: str, since: str) -> None:
    found = average(work([]), now)

    assert (found.rule, found.severity) == ("R14", Severity.ERROR)
    assert found.period == span(since, now)


def test_the_average_is_work_without_the_breaks_of_long_days() -> None:
    """From 2 March to 2 July without summer time's hour: here nothing but jour is worked."""
    away = work([])
    free = replace(away.terms.first, ordinary=replace(away.terms.first.ordinary, windows=()))
    terms = replace(away.terms, first=free)
    weeks = (at("2026-07-02T00:00") - at("2026-03-02T00:00") - hours(1)) / timedelta(weeks=1)
    short = work([], [time("2026-05-05", "12:30", "13:30")], jour=[evening(5)], terms=terms)
    long = work([], jour=[Interval(evening(5).start, evening(5).end + MINUTE)], terms=terms)

    assert average(short, "2026-07-02T00:00").numbers["total"] == hours(6) / weeks
    assert average(long, "2026-07-02T00:00").numbers["total"] == hours(4, 1) / weeks


def test_a_long_call_out_has_no_break_and_a_night_that_of_the_day_it_began() -> None:
    first = replace(STANDARD_WORKING_TIME, ordinary=replace(ORDINARY_HOURS, windows=()))
    shorter = replace(first, meal_break=hours(0, 30))
    terms = Terms(first, ((date(2026, 5, 6), shorter),))
    weeks = (at("2026-07-02T00:00") - at("2026-03-02T00:00") - hours(1)) / timedelta(weeks=1)
    night = [time("2026-05-05", "20:00", "03:00", "2026-05-06")]

    called = average(work([], night, terms=terms), "2026-07-02T00:00")
    planned = average(work([], jour=night, terms=terms), "2026-07-02T00:00")

    assert called.numbers["total"] == hours(7) / weeks
    assert planned.numbers["total"] == hours(6) / weeks


def test_48_hours_on_average_are_allowed() -> None:
    assert LIMITS.work_a_week == hours(48)
    done = work([])
    found = average(done, "2026-06-15T08:00")
    mean = found.numbers["total"]

    assert isinstance(mean, timedelta)
    assert [*average_week(done, at("2026-06-15T08:00"), replace(LIMITS, work_a_week=mean))] == []
    assert found.numbers["required"] == timedelta()


@pytest.mark.parametrize(
    ("start", "length", "now", "expected"),
    [
        ("2026-05-05T08:00", hours(48), NOW, None),
        ("2026-05-05T08:00", hours(48, 1), NOW, (FOUR_WEEKS, hours(48))),
        ("2026-05-01T08:00", hours(50), at("2026-05-31T23:00"), None),
        (
            "2026-05-01T08:00",
            hours(50, 1),
            at("2026-05-31T23:00"),
            (span("2026-05-01T00:00", "2026-06-01T00:00"), hours(50)),
        ),
    ],
)
def test_jour_is_limited(
    start: str, length: timedelta, now: datetime, expected: tuple[Interval, timedelta] | None
) -> None:
    twice = [*of(start, length) * 2, *of("2026-03-05T08:00", hours(60))]  # two lines at once

    found = [*jour(work([], jour=twice), now)]

    if expected is None:
        assert found == []
        return
    period, most = expected
    numbers = {"total": length, "required": most}
    assert found == [RestFinding("R15", Severity.ERROR, T2, period, numbers)]
