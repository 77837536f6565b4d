"""What standby and call-outs add up to over weeks and months."""

from dataclasses import replace
from datetime import timedelta

import pytest

from routing.intervals import Interval
from routing.rest_load import load_findings
from routing.work import Work
from tests.examples import at, span
from tests.routing.weeks import hours, work

NOW = at("2026-06-01T08:00")


def evenings(count: int, before: str = "2026-06-01") -> list[Interval]:
    """Standby 17 to 22 on so many of the evenings before that day."""
    day = at(f"{before}T00:00")
    return [
        Interval(start := day - timedelta(days=n) + hours(17), start + hours(5))
        for n in range(1, count + 1)
    ]


def called(count: int, length: timedelta, duties: list[Interval]) -> list[Interval]:
    """A call-out of that length at the beginning of each of the first *count* duties."""
    return [Interval(duty.start, duty.start + length) for duty in duties[:count]]


def rules(done: Work) -> list[tuple[str, str]]:
    return [(f.rule, str(f.severity)) for f in load_findings(done, NOW)]


def test_nothing_to_say_of_quiet_standby() -> None:
    assert rules(work(evenings(20))) == []
    assert rules(work([])) == []


@pytest.mark.parametrize(("broken", "is_told"), [(10, False), (11, True)])
def test_standby_that_is_broken_more_often_than_not(broken: int, is_told: bool) -> None:
    duties = evenings(20)

    found = rules(work(duties, called(broken, hours(0, 10), duties)))

    assert (("R11", "warning") in found) is is_told


def test_what_was_twelve_weeks_ago_is_forgotten() -> None:
    long_ago = evenings(5, "2026-03-09")

    assert rules(work(long_ago, called(5, hours(0, 10), long_ago))) == []


@pytest.mark.parametrize(
    ("asked", "is_told"),
    [
        ({"on_site_within": hours(0, 20)}, True),
        ({"on_site_within": hours(0, 21)}, False),
        ({"answer_within": hours(0, 9)}, True),
        ({"answer_within": hours(0, 10)}, False),
    ],
)
def test_too_little_time_to_answer_may_be_working_time(
    asked: dict[str, timedelta], is_told: bool
) -> None:
    done = work(evenings(3))
    terms = replace(done.terms, first=replace(done.terms.first, **asked))  # type: ignore[arg-type]

    assert (("R12", "warning") in rules(replace(done, terms=terms))) is is_told


@pytest.mark.parametrize(("calls", "is_told"), [(3, False), (4, True)])
def test_more_than_three_call_outs_a_duty_may_be_working_time(calls: int, is_told: bool) -> None:
    (duty,) = evenings(1)
    each = [Interval(duty.start + hours(n), duty.start + hours(n, 5)) for n in range(calls)]

    assert (("R12", "warning") in rules(work([duty], each))) is is_told


@pytest.mark.parametrize(
    ("length", "severity"),
    [
        (hours(38), None),
        (hours(39), "warning"),
        (hours(48), "warning"),
        (hours(49), "error"),
    ],
)
def test_call_outs_in_four_weeks_are_overtime(length: timedelta, severity: str | None) -> None:
    done = work([], [Interval(NOW - timedelta(days=20), NOW - timedelta(days=20) + length)])
    found = load_findings(done, NOW)
    four_weeks = [f for f in found if f.rule == "R13" and f.period.length == timedelta(weeks=4)]

    assert [str(f.severity) for f in four_weeks] == ([severity] if severity else [])


def test_call_outs_of_a_calendar_month_and_of_a_year_are_overtime_too() -> None:
    of_may = [span("2026-05-02T08:00", "2026-05-04T11:00")]  # 51 hours, four weeks ago and more
    of_the_year = [
        span(f"2026-0{month}-05T08:00", f"2026-0{month}-07T01:00") for month in range(1, 6)
    ]  # 41 hours each, 205 together

    assert [f.period for f in load_findings(work([], of_may), at("2026-05-31T08:00"))] == [
        span("2026-05-01T00:00", "2026-06-01T00:00"),
    ]
    by_year = [
        f for f in load_findings(work([], of_the_year), NOW) if f.period.length > hours(8000)
    ]
    assert [(f.rule, str(f.severity)) for f in by_year] == [("R13", "error")]


@pytest.mark.parametrize(("more", "is_told"), [(hours(7), False), (hours(9), True)])
def test_more_than_48_hours_of_work_a_week_on_average(more: timedelta, is_told: bool) -> None:
    """Ordinary hours are forty a week; holidays of four months leave a little less."""
    mondays = [at("2026-02-02T17:00") + timedelta(weeks=n) for n in range(17)]
    away = work([], [Interval(monday, monday + more + hours(2)) for monday in mondays])

    assert (("R14", "error") in rules(away)) is is_told


@pytest.mark.parametrize(("length", "is_told"), [(48, False), (49, True)])
def test_jour_has_a_limit(length: int, is_told: bool) -> None:
    start = NOW - timedelta(days=10)
    done = work([], jour=[Interval(start, start + hours(length))])

    assert (("R15", "error") in rules(done)) is is_told
