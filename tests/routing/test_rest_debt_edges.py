"""What call-outs have taken, at the edges: to the minute, in order, and with every number."""

from dataclasses import replace
from datetime import date
from datetime import time as wall_time

import pytest

from routing.finding import Severity
from routing.intervals import Interval
from routing.rest_debts import Standing, debt_findings, debts, disturbed_nights
from routing.work import LIMITS, Number, RestFinding, Work
from routing.working_time import STANDARD_WORKING_TIME, Terms
from tests.examples import at, span
from tests.routing.weeks import (
    FRI,
    NIGHT,
    SAT,
    T2,
    THU,
    TUE,
    TUESDAY,
    WED,
    WEEK,
    hours,
    time,
    work,
)

AT_TWO = time(WED, "02:00", "03:30")
TUESDAY_S_PERIOD = time(TUE, "08:00", "08:00", WED)
WEDNESDAY_S_PERIOD = time(WED, "08:00", "08:00", THU)


def rules(done: Work, now: str) -> list[tuple[str, str]]:
    return [(f.rule, str(f.severity)) for f in debt_findings(done, WEEK, at(now))]


def test_a_standing_is_told_in_these_words() -> None:
    assert [str(one) for one in Standing] == ["owed", "repaid", "overdue"]


def test_a_rest_begun_in_time_may_run_on_after_the_period_it_was_due_in() -> None:
    late = time(WED, "20:30", "21:00")

    (debt,) = debts(work([NIGHT], [AT_TWO, late], off=[THU]), WEEK)

    assert debt.given_back == time(WED, "21:00", "08:00", FRI)
    assert debt.due == WEDNESDAY_S_PERIOD
    assert debt.standing(at(f"{THU}T08:00")) is Standing.OWED
    assert debt.standing(at(f"{THU}T09:59")) is Standing.OWED
    assert debt.standing(at(f"{THU}T10:00")) is Standing.REPAID


def test_a_rest_that_begins_in_the_broken_period_gives_back_when_it_runs_on() -> None:
    (debt,) = debts(work([NIGHT], [AT_TWO], off=[WED]), WEEK)

    assert debt.given_back == time(WED, "03:30", "08:00", THU)
    assert debt.standing(at(f"{WED}T16:29")) is Standing.OWED
    assert debt.standing(at(f"{WED}T16:30")) is Standing.REPAID


def test_rest_that_was_never_planned_is_no_debt() -> None:
    assert debts(work([], jour=[time(TUE, "17:00", "22:00")]), WEEK) == ()


def test_after_an_evening_it_falls_due_the_next_day() -> None:
    (debt,) = debts(work([TUESDAY], [time(TUE, "21:30", "22:10")]), WEEK)

    assert debt.due == WEDNESDAY_S_PERIOD
    assert not debt.is_postponed


def test_work_begins_again_after_the_last_call_out() -> None:
    (debt,) = debts(work([NIGHT], [time(TUE, "22:00", "23:00"), AT_TWO]), WEEK)

    assert debt.restart_at == at(f"{WED}T14:30")
    assert debt.next_work == at(f"{WED}T08:00")


def test_a_call_out_that_goes_on_over_the_day_break_counts_to_its_end() -> None:
    (debt,) = debts(work([NIGHT], [AT_TWO, time(WED, "07:00", "09:00")], off=[WED]), WEEK)

    assert debt.period == TUESDAY_S_PERIOD
    assert debt.restart_at == at(f"{WED}T20:00")


def test_a_call_out_from_the_day_break_on_belongs_to_the_next_period() -> None:
    (debt,) = debts(work([NIGHT], [AT_TWO, time(WED, "08:00", "08:30")], off=[WED]), WEEK)

    assert debt.restart_at == at(f"{WED}T14:30")


def test_a_rest_as_long_as_what_is_owed_to_the_minute_gives_it_back() -> None:
    done = work([NIGHT], [AT_TWO, time(WED, "18:30", "19:00")])

    assert debts(done, WEEK)[0].given_back == time(WED, "19:00", "08:00", THU)


def test_only_planned_work_can_begin_too_early() -> None:
    done = work([NIGHT], [AT_TWO, time(WED, "10:00", "10:30")], off=[WED])

    assert debts(done, WEEK)[0].next_work is None


def test_a_debt_is_counted_by_what_was_in_force_when_it_arose() -> None:
    longer = replace(STANDARD_WORKING_TIME, daily_rest=hours(12))
    terms = Terms(STANDARD_WORKING_TIME, ((date(2026, 3, 4), longer),))

    (debt,) = debts(work([NIGHT], [AT_TWO], terms=terms), time(TUE, "08:00", "08:00", WED))

    assert (debt.deficit, debt.required) == (hours(2), hours(13))
    assert debt.restart_at == at(f"{WED}T14:30")


@pytest.mark.parametrize(
    ("standby", "off", "called", "due"),
    [
        pytest.param(
            [time(THU, "17:00", "22:00"), time(WED, "17:00", "22:00")],
            [],
            [],
            time(THU, "08:00", "08:00", FRI),
            id="in whatever order they are told",
        ),
        pytest.param(
            [time(WED, "17:00", "08:00", FRI)],
            [THU],
            [],
            time(FRI, "08:00", "08:00", SAT),
            id="a duty of more than a day",
        ),
        pytest.param(
            [time(THU, "17:00", "22:00")],
            [],
            [],
            time(THU, "08:00", "08:00", FRI),
            id="a night of rest between two days of work does not end it",
        ),
        pytest.param(
            [time(THU, "17:00", "22:00")],
            [WED],
            [],
            WEDNESDAY_S_PERIOD,
            id="a day and a night of rest do",
        ),
        pytest.param(
            [time(THU, "17:00", "22:00")],
            [WED],
            [time(WED, "08:00", "08:01")],
            time(THU, "08:00", "08:00", FRI),
            id="unless a call-out breaks them",
        ),
    ],
)
def test_a_series_of_duties_goes_on_until_there_is_a_day_of_rest(
    standby: list[Interval], off: list[str], called: list[Interval], due: Interval
) -> None:
    done = work([NIGHT, *standby], [AT_TWO, *called], off)

    assert debts(done, WEEK)[0].due == due


def test_where_the_day_break_moves_it_falls_due_in_the_first_of_two_periods() -> None:
    later = replace(STANDARD_WORKING_TIME, day_break=wall_time(10))
    terms = Terms(STANDARD_WORKING_TIME, ((date(2026, 3, 4), later),))
    done = work([NIGHT, time(WED, "09:00", "12:00")], [AT_TWO], off=[WED], terms=terms)

    (debt,) = debts(done, WEEK)

    assert debt.due == WEDNESDAY_S_PERIOD


def test_the_findings_tell_every_number() -> None:
    found = debt_findings(work([NIGHT], [AT_TWO]), WEEK, at(f"{WED}T04:00"))

    numbers: dict[str, Number] = {
        "deficit": hours(2),
        "required": hours(13),
        "restart_at": at(f"{WED}T14:30"),
        "due": at(f"{THU}T08:00"),
        "latest": at("2026-03-18T08:00"),
    }
    early = {**numbers, "next_work": at(f"{WED}T08:00")}
    assert found == (
        RestFinding("R3", Severity.WARNING, T2, TUESDAY_S_PERIOD, numbers),
        RestFinding("R4", Severity.INFO, T2, TUESDAY_S_PERIOD, early),
    )
    assert rules(work([NIGHT], [AT_TWO]), f"{WED}T14:29") == [("R3", "warning"), ("R4", "info")]
    assert rules(work([NIGHT], [AT_TWO]), f"{WED}T14:30") == [("R3", "warning")]


def test_what_is_owed_comes_in_the_order_of_its_time() -> None:
    two = [NIGHT, time(WED, "17:00", "08:00", THU)]
    done = work(two, [time(TUE, "23:00", "03:30", WED), time(THU, "02:00", "03:30")])

    found = debt_findings(done, WEEK, at(f"{WED}T04:00"))

    night = time(TUE, "22:00", "06:00", WED)
    assert [(f.rule, f.period) for f in found] == [
        ("R10", TUESDAY_S_PERIOD),
        ("R3", TUESDAY_S_PERIOD),
        ("R4", TUESDAY_S_PERIOD),
        ("R10", night),
        ("R3", WEDNESDAY_S_PERIOD),
        ("R4", WEDNESDAY_S_PERIOD),
    ]
    assert found[3].numbers == {"total": hours(4, 30), "times": 1}


def test_a_debt_that_is_overdue_or_repaid_is_postponed_no_longer() -> None:
    two = [NIGHT, time(WED, "17:00", "08:00", THU)]
    busy = [AT_TWO, time(WED, "17:00", "20:30"), time(THU, "17:00", "20:30")]

    assert rules(work(two, [AT_TWO]), f"{FRI}T08:00") == []
    assert rules(work(two, busy), f"{FRI}T08:00")[:1] == [("R3", "error")]


@pytest.mark.parametrize(
    ("judged", "is_told"),
    [
        (time(WED, "08:00", "08:00", THU), False),
        (time(WED, "06:00", "08:00"), False),
        (time(WED, "05:59", "08:00"), True),
        (time(TUE, "08:00", "22:00"), False),
        (time(TUE, "08:00", "22:01"), True),
        (time(SAT, "08:00", "12:00"), False),
    ],
)
def test_a_disturbed_night_is_told_of_the_time_that_is_judged(
    judged: Interval, is_told: bool
) -> None:
    found = disturbed_nights(work([NIGHT], [time(TUE, "23:00", "03:30", WED)]), judged)

    assert [f.period for f in found] == ([time(TUE, "22:00", "06:00", WED)] if is_told else [])


def test_call_outs_at_the_same_time_are_one() -> None:
    at_once = [
        time(WED, "01:00", "03:00"),
        time(WED, "02:00", "04:00"),
        time(WED, "03:00", "03:30"),
    ]

    assert [*disturbed_nights(work([NIGHT], at_once), WEEK)] == []


def test_a_night_that_begins_or_ends_in_an_hour_that_comes_twice_is_the_longer_for_it() -> None:
    limits = replace(LIMITS, disturbed_from=wall_time(2), disturbed_to=wall_time(2, 30))
    call = span("2026-10-24T22:00", "2026-10-25T06:00")
    judged = span("2026-10-25T00:00", "2026-10-25T12:00")

    found = [*disturbed_nights(work([], [call]), judged, limits)]

    assert [(f.period, f.numbers["total"]) for f in found] == [
        (span("2026-10-24T02:00", "2026-10-25T02:30+01:00"), hours(5, 30)),
        (span("2026-10-25T02:00+02:00", "2026-10-26T02:30"), hours(5)),
    ]


def test_where_the_day_break_moves_later_it_falls_due_after_the_broken_period() -> None:
    later = replace(STANDARD_WORKING_TIME, day_break=wall_time(10))
    terms = Terms(STANDARD_WORKING_TIME, ((date(2026, 3, 4), later),))
    thursday_at_two = time(THU, "02:00", "03:30")
    done = work([time(WED, "17:00", "08:00", THU)], [thursday_at_two], terms=terms)

    due = {debt.period: debt.due for debt in debts(done, WEEK)}

    assert due[time(WED, "08:00", "08:00", THU)] == time(THU, "10:00", "10:00", FRI)
    assert all(later.start >= broken.end for broken, later in due.items())


def test_a_duty_that_begins_as_the_period_ends_goes_on_with_the_series() -> None:
    done = work([NIGHT, time(WED, "08:00", "12:00")], [AT_TWO], off=[WED])

    (debt,) = debts(done, WEEK)

    assert debt.due == WEDNESDAY_S_PERIOD


def test_of_a_free_morning_nothing_is_said_of_beginning_later() -> None:
    found = debt_findings(work([NIGHT], [AT_TWO], off=[WED]), WEEK, at(f"{WED}T04:00"))

    assert [f.rule for f in found] == ["R3"]


def test_a_free_day_between_two_duties_ends_the_series() -> None:
    evening, night = time(TUE, "17:00", "22:00"), time(THU, "00:00", "08:00")

    (debt, *_) = debts(work([evening, night], [time(TUE, "21:30", "22:10")], off=[WED]), WEEK)

    assert debt.due == WEDNESDAY_S_PERIOD


def test_without_any_standby_it_is_due_with_the_next_rest() -> None:
    (debt,) = debts(work([], [time(TUE, "21:30", "22:10")]), WEEK)

    assert debt.due == WEDNESDAY_S_PERIOD
    assert not debt.is_postponed


def test_standby_from_the_day_break_on_is_of_the_series_too() -> None:
    morning = time(TUE, "08:00", "12:00")
    called = [time(TUE, "18:00", "18:30"), time(TUE, "23:00", "01:00", WED)]

    (debt,) = debts(work([morning], called, off=[TUE]), WEEK)

    assert debt.due == WEDNESDAY_S_PERIOD


def test_duties_of_the_week_before_are_no_part_of_the_series() -> None:
    friday = time("2026-02-27", "17:00", "22:00")

    (debt,) = debts(work([friday, NIGHT, time(WED, "17:00", "08:00", THU)], [AT_TWO]), WEEK)

    assert debt.due == time(THU, "08:00", "08:00", FRI)
