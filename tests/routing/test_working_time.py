"""Working times that follow one another, and the periods of rest where they change."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.finding import Severity
from routing.hours import Window
from routing.rest import changed_periods, findings
from routing.weekdays import DAY_NAMES
from routing.work import Work, days, weeks
from routing.working_time import STANDARD_TERMS, STANDARD_WORKING_TIME, Schedule, Terms, WeekBreak
from tests.examples import at, span
from tests.routing.weeks import T2, hours, told

CHANGE = date(2026, 3, 4)


def changed(on: date = CHANGE, **new: object) -> Terms:
    """The standard working time, and something else from a date on."""
    after = replace(STANDARD_WORKING_TIME, **new)  # type: ignore[arg-type]
    return Terms(STANDARD_WORKING_TIME, ((on, after),))


def test_each_day_has_what_was_in_force_then() -> None:
    terms = changed(weekly_rest=hours(47))

    assert terms.on(date(2026, 3, 3)).weekly_rest == hours(36)
    assert terms.on(CHANGE).weekly_rest == hours(47)
    assert terms.at(at("2026-03-03T23:59")).weekly_rest == hours(36)
    assert terms.at(at("2026-03-04T00:00")).weekly_rest == hours(47)


def test_ordinary_hours_change_with_the_date() -> None:
    later = replace(
        STANDARD_WORKING_TIME.ordinary,
        windows=(replace(STANDARD_WORKING_TIME.ordinary.windows[0], opens=time(10)),),
    )

    found = changed(ordinary=later).ordinary_within(span("2026-03-03T00:00", "2026-03-05T00:00"))

    assert found == (
        span("2026-03-03T08:00", "2026-03-03T17:00"),
        span("2026-03-04T10:00", "2026-03-04T17:00"),
    )


def test_of_several_changes_the_last_one_counts() -> None:
    later = [
        (day, replace(STANDARD_WORKING_TIME, weekly_rest=hours(rest)))
        for day, rest in ((CHANGE, 40), (date(2026, 4, 1), 47))
    ]
    terms = Terms(STANDARD_WORKING_TIME, tuple(later))

    found = [terms.on(date(2026, month, 4)).weekly_rest for month in (2, 3, 4)]

    assert found == [hours(36), hours(40), hours(47)]


def test_hours_over_midnight_belong_to_the_day_they_began_on() -> None:
    (window,) = STANDARD_WORKING_TIME.ordinary.windows
    night = replace(window, opens=time(20), closes=time(6))
    nights = replace(
        STANDARD_WORKING_TIME, ordinary=replace(STANDARD_WORKING_TIME.ordinary, windows=(night,))
    )
    dawn = replace(window, opens=time(6), closes=time(9))
    dawns = replace(nights, ordinary=replace(nights.ordinary, windows=(dawn,)))

    found = Terms(nights, ((CHANGE, dawns),)).ordinary_within(
        span("2026-03-03T12:00", "2026-03-04T12:00")
    )

    assert found == (span("2026-03-03T20:00", "2026-03-04T09:00"),)


def test_a_schedule_begins_every_so_many_weeks() -> None:
    schedule = Schedule(date(2026, 3, 2), 2)

    begins = [day for day in range(1, 32) if schedule.begins_on(date(2026, 3, day))]

    assert begins == [2, 16, 30]


@pytest.mark.parametrize(
    ("day_break", "expected"),
    [
        (time(6), [("03-02T08:00", "03-03T08:00"), ("03-03T08:00", "03-04T08:00"),
                   ("03-04T06:00", "03-05T06:00"), ("03-05T06:00", "03-06T06:00")]),
        (time(10), [("03-02T08:00", "03-03T08:00"), ("03-03T08:00", "03-04T08:00"),
                    ("03-04T08:00", "03-05T08:00"), ("03-04T10:00", "03-05T10:00"),
                    ("03-05T10:00", "03-06T10:00")]),
    ],
    ids=["an earlier day break", "a later day break"],
)  # fmt: skip
def test_where_the_day_break_moves_no_hour_is_in_no_period(
    day_break: time, expected: list[tuple[str, str]]
) -> None:
    work = Work(T2, changed(day_break=day_break))

    found = days(work, span("2026-03-02T09:00", "2026-03-05T11:00"))

    assert list(found) == [span(f"2026-{start}", f"2026-{end}") for start, end in expected]


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(0, 6),
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_every_hour_is_in_some_day_and_in_some_week_whatever_changes(
    on: date, weekday: int, day_break: int, at_hour: int
) -> None:
    terms = changed(on, day_break=time(day_break), week_break=WeekBreak(weekday, time(at_hour)))
    around = at(f"{on}T12:00")
    judged = span(
        (around - timedelta(days=9)).isoformat(), (around + timedelta(days=9)).isoformat()
    )

    for periods in (days(Work(T2, terms), judged), weeks(Work(T2, terms), judged)):
        covered_to = judged.start
        for period in sorted(periods):
            assert period.start <= covered_to
            covered_to = max(covered_to, period.end)
        assert covered_to >= judged.end


def test_a_rule_is_judged_by_what_was_in_force_on_its_day() -> None:
    sundays = (span("2026-03-08T10:00", "2026-03-08T22:00"),)
    strict = changed(date(2026, 3, 2), weekly_rest=hours(42))

    loose = findings(Work(T2, changed(date(2026, 3, 9), weekly_rest=hours(42)), sundays), WEEK)

    assert told(loose) == [("R7", "info", hours(41))]
    assert told(findings(Work(T2, strict, sundays), WEEK)) == [("R6", "error", hours(41))]


WEEK = span("2026-03-02T08:00", "2026-03-09T08:00")


@pytest.mark.parametrize(
    ("schedule", "new", "is_told"),
    [
        (Schedule(date(2026, 3, 2), 4), {"day_break": time(7)}, True),
        (Schedule(date(2026, 3, 2), 4), {"week_break": WeekBreak(6, time(8))}, True),
        (Schedule(date(2026, 3, 2), 4), {"weekly_rest": hours(47)}, False),
        (Schedule(date(2026, 3, 4), 4), {"day_break": time(7)}, False),
        (Schedule(date(2026, 2, 4), 4), {"day_break": time(7)}, False),
        (None, {"day_break": time(7)}, False),
    ],
)
def test_the_breaks_move_only_when_a_schedule_begins(
    schedule: Schedule | None, new: dict[str, object], is_told: bool
) -> None:
    before = replace(STANDARD_WORKING_TIME, schedule=schedule)
    terms = Terms(before, ((CHANGE, replace(before, **new)),))  # type: ignore[arg-type]

    found = [(f.rule, f.severity) for f in changed_periods(Work(T2, terms), WEEK)]

    assert found == ([("R22", Severity.ERROR)] if is_told else [])


def test_hours_over_midnight_are_kept_where_the_terms_change_at_it() -> None:
    nights = replace(
        STANDARD_WORKING_TIME.ordinary,
        windows=(Window(frozenset({"tue"}), time(22), time(6)),),
    )
    before = replace(STANDARD_WORKING_TIME, ordinary=nights)
    terms = Terms(before, ((CHANGE, STANDARD_WORKING_TIME),))

    found = terms.ordinary_within(span("2026-03-04T01:00", "2026-03-04T12:00"))

    assert found == (
        span("2026-03-04T01:00", "2026-03-04T06:00"),
        span("2026-03-04T08:00", "2026-03-04T12:00"),
    )


def test_a_week_with_jour_alone_is_judged_too() -> None:
    nights = [span(f"2026-03-{day:02}T17:00", f"2026-03-{day + 1:02}T08:00") for day in (6, 7, 8)]

    found = findings(Work(T2, STANDARD_TERMS, jour=tuple(nights)), WEEK)

    assert ("R6", "error") in [(f.rule, str(f.severity)) for f in found]


def test_a_week_of_ordinary_hours_alone_is_the_schedule_s_own_affair() -> None:
    every_day = replace(
        STANDARD_WORKING_TIME.ordinary,
        windows=(Window(frozenset(DAY_NAMES), time(8), time(17)),),
        weekdays_only=False,
    )
    terms = Terms(replace(STANDARD_WORKING_TIME, ordinary=every_day))
    elsewhere = (span("2026-03-16T18:00", "2026-03-16T20:00"),)

    assert findings(Work(T2, terms, jour=elsewhere), WEEK) == ()
