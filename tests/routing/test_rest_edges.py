"""The rest rules at their edges: to the minute, in which order, and with every number they tell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from datetime import time as wall_time

import pytest

from routing.absence import Absence, AbsenceKind
from routing.finding import Severity
from routing.intervals import Interval
from routing.rest import (
    changed_periods,
    daily_rest,
    findings,
    night_work,
    overlaps,
    standby_hours,
    weekly_rest,
)
from routing.work import LIMITS, RestFinding, Work
from routing.working_time import STANDARD_WORKING_TIME, Schedule, Terms, WeekBreak
from tests.examples import at, span
from tests.routing.weeks import (
    FRI,
    MON,
    NEXT_MON,
    NIGHT,
    SAT,
    SUN,
    T2,
    THU,
    TUE,
    TUESDAY,
    WED,
    WEEK,
    WEEKEND,
    hours,
    time,
    told,
    work,
)

STANDARD = STANDARD_WORKING_TIME
MARCH = span("2026-03-01T00:00", "2026-04-01T00:00")
TUESDAY_S_PERIOD = time(TUE, "08:00", "08:00", WED)


def terms_from(day: str, **new: object) -> Terms:
    """The standard working time until that day, and something else from then on."""
    return Terms(STANDARD, ((date.fromisoformat(day), replace(STANDARD, **new)),))  # type: ignore[arg-type]


def saturdays() -> Terms:
    """A schedule with Saturday from eight to four: its weekly rest is forty hours."""
    (weekday,) = STANDARD.ordinary.windows
    saturday = replace(weekday, days=frozenset({"sat"}), closes=wall_time(16))
    ordinary = replace(STANDARD.ordinary, windows=(weekday, saturday), weekdays_only=False)
    return Terms(replace(STANDARD, ordinary=ordinary))


def test_the_findings_of_a_week_come_in_the_order_of_their_time() -> None:
    schedule = Schedule(date(2026, 3, 2), 4)
    first = replace(STANDARD, schedule=schedule)
    moved = replace(first, day_break=wall_time(7))
    done = work(
        [time(WED, "16:00", "22:00"), WEEKEND, Interval(MARCH.end - hours(80), MARCH.end)],
        jour=[time(TUE, "20:00", "03:00", WED)],
        terms=Terms(first, ((date(2026, 3, 6), moved),)),
    )

    found = findings(done, WEEK)

    assert [(f.rule, f.period) for f in found] == [
        ("R19", MARCH),
        ("R6", WEEK),
        ("R1", time(TUE, "08:00", "08:00", WED)),
        ("R5", time(WED, "00:00", "03:00")),
        ("R9", time(WED, "16:00", "17:00")),
        ("R22", time(FRI, "00:00", "00:00", SAT)),
    ]


def test_of_the_same_time_they_come_in_the_order_of_the_rules() -> None:
    away = Absence(MARCH, T2, AbsenceKind.LEAVE)
    found = findings(replace(work([MARCH]), absences=(away,)), MARCH)

    assert [f.rule for f in found if f.period == MARCH] == ["R19", "R9"]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("21:00", []),
        (
            "21:01",
            [
                RestFinding(
                    "R1",
                    Severity.ERROR,
                    T2,
                    TUESDAY_S_PERIOD,
                    {"longest": hours(10, 59), "required": hours(11)},
                )
            ],
        ),
    ],
)
def test_eleven_hours_to_the_minute_are_enough(until: str, expected: list[RestFinding]) -> None:
    done = work([], jour=[time(TUE, "17:00", until)])

    assert [*daily_rest(done, WEEK)] == expected


def test_a_broken_day_says_how_much_was_taken() -> None:
    found = daily_rest(work([TUESDAY], [time(TUE, "21:30", "22:10")]), WEEK)

    numbers = {"longest": hours(9, 50), "required": hours(11), "deficit": hours(1, 10)}
    assert [*found] == [RestFinding("R2", Severity.WARNING, T2, TUESDAY_S_PERIOD, numbers)]


def test_a_day_is_judged_by_what_was_in_force_when_it_began() -> None:
    evenings = [time(TUE, "17:00", "20:30"), time(WED, "17:00", "20:30")]
    done = work([], jour=evenings, terms=terms_from(WED, daily_rest=hours(12)))

    (found,) = daily_rest(done, WEEK)

    assert found.period == time(WED, "08:00", "08:00", THU)
    assert found.numbers == {"longest": hours(11, 30), "required": hours(12)}


NIGHT_JOUR = time(TUE, "23:00", "06:00", WED)
DARK = time(WED, "00:00", "05:00")


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (WEEK, [DARK]),
        (time(WED, "00:00", "08:00"), [DARK]),
        (time(TUE, "08:00", "00:01", WED), [DARK]),
        (time(TUE, "08:00", "00:00", WED), []),
        (time(WED, "04:59", "05:00"), [DARK]),
        (time(WED, "05:00", "12:00"), []),
    ],
)
def test_planned_work_from_midnight_to_five_is_night_work(
    judged: Interval, expected: list[Interval]
) -> None:
    found = night_work(work([NIGHT], [NIGHT], jour=[NIGHT_JOUR]), judged)

    assert [*found] == [RestFinding("R5", Severity.ERROR, T2, period) for period in expected]


def test_standby_and_call_outs_at_night_are_no_planned_night_work() -> None:
    assert [*night_work(work([NIGHT], [DARK]), WEEK)] == []


def test_a_night_that_begins_in_an_hour_that_comes_twice_is_as_long_as_it_can_be() -> None:
    limits = replace(LIMITS, night_from=wall_time(2), night_to=wall_time(2, 30))
    done = work([], jour=[span("2026-10-25T00:00", "2026-10-25T05:00")])

    (found,) = night_work(done, span("2026-10-24T08:00", "2026-10-25T08:00"), limits)

    assert found.period == span("2026-10-25T02:00+02:00", "2026-10-25T02:30+01:00")


def weekly(done: Work, judged: Interval = WEEK) -> list[tuple[str, str, object]]:
    return told([*weekly_rest(done, judged)])


def test_a_week_without_standby_and_call_outs_is_the_schedule_s_own() -> None:
    terms = saturdays()
    next_week = span("2026-03-11T17:00", "2026-03-11T22:00")
    judged = span(f"{MON}T08:00", "2026-03-16T08:00")

    assert weekly(work([], terms=terms)) == []
    assert weekly(work([TUESDAY], terms=terms)) == [("R7", "info", hours(40))]
    assert weekly(work([], [time(TUE, "17:00", "17:30")], terms=terms)) == [
        ("R7", "info", hours(40))
    ]
    assert [f.period for f in weekly_rest(work([next_week], terms=terms), judged)] == [
        span(f"{NEXT_MON}T08:00", "2026-03-16T08:00")
    ]


def test_a_short_week_says_what_was_planned_and_which_rest_was_left() -> None:
    friday, sunday = time(FRI, "17:00", "22:00"), time(SUN, "10:00", "22:00")
    done = work([friday, sunday], [time(FRI, "21:50", "22:30")])

    assert [*weekly_rest(done, WEEK)] == [
        RestFinding(
            "R6",
            Severity.ERROR,
            T2,
            WEEK,
            {
                "longest": hours(35, 30),
                "required": hours(36),
                "rest": time(FRI, "22:30", "10:00", SUN),
                "planned": hours(36),
                "day_off": date(2026, 3, 3),
                "then": time(MON, "17:00", "08:00", WED),
            },
        )
    ]


def test_a_week_that_was_too_short_as_planned_does_not_blame_a_call_out() -> None:
    (found,) = weekly_rest(work([WEEKEND], [time(SAT, "12:00", "13:00")]), WEEK)

    assert "planned" not in found.numbers


def test_what_keeps_the_margin_and_the_full_rest_is_told_with_its_numbers() -> None:
    (small,) = weekly_rest(work([TUESDAY, time(SUN, "05:30", "22:00")]), WEEK)
    (short,) = weekly_rest(work([time(SUN, "10:00", "22:00")]), WEEK)

    rest = time(FRI, "17:00", "05:30", SUN)
    assert small.numbers == {"longest": hours(36, 30), "required": hours(36), "rest": rest}
    assert short.numbers == {
        "longest": hours(41),
        "required": hours(36),
        "rest": time(FRI, "17:00", "10:00", SUN),
        "full": hours(47),
    }


@pytest.mark.parametrize(
    ("standby", "jour", "expected"),
    [
        pytest.param(
            [time(SUN, "05:30", "22:00")], [], [("R8", "warning", hours(36, 30))], id="after it"
        ),
        pytest.param(
            [time(FRI, "17:00", "22:00")],
            [time(SUN, "10:30", "22:00")],
            [("R8", "warning", hours(36, 30))],
            id="before it",
        ),
        pytest.param(
            [],
            [time(SUN, "05:30", "22:00")],
            [("R7", "info", hours(36, 30))],
            id="work on both sides",
        ),
        pytest.param(
            [time(SUN, "06:00", "22:00")], [], [("R7", "info", hours(37))], id="a whole hour more"
        ),
        pytest.param([time(SUN, "16:00", "22:00")], [], [], id="as long as both rests together"),
        pytest.param(
            [time(SUN, "15:59", "22:00")], [], [("R7", "info", hours(46, 59))], id="a minute less"
        ),
    ],
)
def test_a_week_with_hardly_any_margin(
    standby: Sequence[Interval], jour: Sequence[Interval], expected: list[tuple[str, str, object]]
) -> None:
    assert weekly(work([TUESDAY, *standby], jour=jour)) == expected


def test_the_day_off_is_looked_for_among_days_that_were_worked() -> None:
    (found,) = weekly_rest(work([WEEKEND], [time(MON, "22:00", "23:00")]), WEEK)

    assert found.numbers["day_off"] == date(2026, 3, 4)
    assert found.numbers["then"] == time(TUE, "17:00", "08:00", THU)


@pytest.mark.parametrize(
    ("terms", "day_off"),
    [
        (Terms(replace(STANDARD, weekly_rest=hours(39))), date(2026, 3, 3)),
        (Terms(replace(STANDARD, weekly_rest=hours(39, 1))), None),
        (terms_from(NEXT_MON, weekly_rest=hours(42)), date(2026, 3, 3)),
    ],
    ids=["just enough", "a minute short", "more only from next week on"],
)
def test_a_day_off_is_told_only_if_it_mends_the_week(terms: Terms, day_off: date | None) -> None:
    (found,) = weekly_rest(work([WEEKEND], terms=terms), WEEK)

    assert found.numbers["day_off"] == day_off
    assert (found.numbers["then"] is None) == (day_off is None)


def test_standby_during_work_or_absence_is_told_where_it_is_judged() -> None:
    done = work([time(WED, "16:00", "22:00"), time(FRI, "17:00", "22:00")], off=[FRI])

    found = [*overlaps(done, WEEK)]

    friday = time(FRI, "17:00", "22:00")
    away = {"away": time(FRI, "00:00", "23:59")}
    assert found == [
        RestFinding("R9", Severity.ERROR, T2, time(WED, "16:00", "17:00")),
        RestFinding("R9", Severity.ERROR, T2, friday, away),
    ]
    assert [*overlaps(done, time(THU, "08:00", "08:00", FRI))] == []
    assert [*overlaps(done, time(FRI, "21:00", "22:00"))] == found[1:]


@pytest.mark.parametrize(
    ("standby", "expected"),
    [
        (Interval(MARCH.start, MARCH.start + hours(130)), None),
        (Interval(MARCH.start, MARCH.start + hours(130, 1)), hours(130, 1)),
        (Interval(MARCH.start - hours(2), MARCH.start + hours(129)), None),
    ],
)
def test_more_than_130_hours_of_standby_in_a_month(
    standby: Interval, expected: timedelta | None
) -> None:
    found = [*standby_hours(work([standby]), MARCH)]

    numbers = {"total": expected, "required": hours(130)}
    assert found == ([RestFinding("R19", Severity.INFO, T2, MARCH, numbers)] if expected else [])


def test_each_change_of_the_breaks_is_judged_by_the_one_before_it() -> None:
    first = replace(STANDARD, schedule=Schedule(date(2026, 3, 3), 4))
    at_seven = replace(first, day_break=wall_time(7))
    then = replace(at_seven, weekly_rest=hours(40), week_break=WeekBreak(0, wall_time(8)))
    begun = Terms(first, ((date(2026, 3, 3), at_seven), (date(2026, 3, 5), then)))
    back = Terms(first, ((date(2026, 3, 3), at_seven), (date(2026, 3, 5), first)))

    assert [*changed_periods(Work(T2, begun), WEEK)] == []
    thursday = time(THU, "00:00", "00:00", FRI)
    since = {"since": date(2026, 3, 5)}
    assert [*changed_periods(Work(T2, back), WEEK)] == [
        RestFinding("R22", Severity.ERROR, T2, thursday, since)
    ]
    assert [*changed_periods(Work(T2, back), time(FRI, "00:00", "12:00"))] == []
    assert [*changed_periods(Work(T2, back), time(THU, "23:59", "12:00", FRI))] != []
    assert at(f"{THU}T00:00") == thursday.start
