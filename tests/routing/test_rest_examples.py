"""The rest rules on worked examples: week 10 of 2026, ordinary hours Monday to Friday 08-17."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from routing.intervals import Interval
from routing.rest import daily_rest, findings
from routing.rest_debts import debts
from routing.rest_words import in_words
from routing.work import Work, days
from routing.working_time import STANDARD_WORKING_TIME, Terms
from tests.examples import STOCKHOLM, at, span
from tests.routing.weeks import (
    FRI,
    NIGHT,
    SAT,
    SUN,
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


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        pytest.param(work([TUESDAY]), [], id="X1 no call"),
        pytest.param(work([TUESDAY], [time(TUE, "20:00", "20:45")]), [], id="X2 an early call"),
        pytest.param(work([TUESDAY], [time(TUE, "20:00", "21:00")]), [], id="X2b until nine"),
        pytest.param(
            work([TUESDAY], [time(TUE, "20:00", "21:01")]),
            [("R2", "warning", hours(10, 59))],
            id="X2b a minute past nine",
        ),
        pytest.param(
            work([TUESDAY], [time(TUE, "21:30", "22:10")]),
            [("R2", "warning", hours(9, 50))],
            id="X3 a late call",
        ),
        pytest.param(
            work([NIGHT], [time(WED, "02:00", "03:30")]),
            [("R2", "warning", hours(9))],
            id="X4 called at two",
        ),
        pytest.param(
            work([NIGHT], [time(TUE, "17:30", "18:00"), time(WED, "05:10", "05:30")]),
            [],
            id="X6 early and at dawn",
        ),
        pytest.param(
            work([], jour=[time(TUE, "12:00", "22:00")]),
            [("R1", "error", hours(10))],
            id="X7 planned until ten",
        ),
        pytest.param(work([WEEKEND]), [("R6", "error", hours(15))], id="X9 a weekend"),
        pytest.param(
            work([WEEKEND], off=[TUE]), [("R7", "info", hours(39))], id="X10 with Tuesday off"
        ),
        pytest.param(
            work([WEEKEND], off=[THU]), [("R7", "info", hours(39))], id="X10 with Thursday off"
        ),
        pytest.param(
            work([time(SAT, "10:00", "22:00"), time(SUN, "10:00", "22:00")]),
            [("R6", "error", hours(17))],
            id="X11 both days",
        ),
        pytest.param(
            work([time(SAT, "10:00", "22:00")]), [("R6", "error", hours(34))], id="X12 Saturday"
        ),
        pytest.param(
            work([time(SUN, "10:00", "22:00")]), [("R7", "info", hours(41))], id="X13 Sunday"
        ),
        pytest.param(
            work([time(FRI, "17:00", "22:00"), time(SUN, "10:00", "22:00")]),
            [("R8", "warning", hours(36))],
            id="X14 Friday and Sunday",
        ),
        pytest.param(
            work([time(WED, "16:00", "22:00")]),
            [("R9", "error", None)],
            id="R9 standby before work is over",
        ),
        pytest.param(
            work([time(WED, "17:00", "22:00")], off=[WED]),
            [("R9", "error", None)],
            id="R9 standby while away",
        ),
    ],
)
def test_the_examples(done: Work, expected: list[tuple[str, str, object]]) -> None:
    assert told(findings(done, WEEK)) == expected


def test_in_spring_the_same_weekend_is_an_hour_short() -> None:
    """X15: Friday 22 to Sunday 10 is 36 hours on the wall and 35 in fact."""
    friday, sunday = (
        span("2026-03-27T17:00", "2026-03-27T22:00"),
        span("2026-03-29T10:00", "2026-03-29T22:00"),
    )

    found = findings(work([friday, sunday]), span("2026-03-23T08:00", "2026-03-30T08:00"))

    assert told(found) == [("R6", "error", hours(35))]


@pytest.mark.parametrize(
    ("day", "length", "rest"),
    [("2026-03-28", hours(23), hours(10)), ("2026-10-24", hours(25), hours(12))],
    ids=["clocks forward", "clocks back"],
)
def test_a_night_on_which_the_clocks_change_is_as_long_as_it_is(
    day: str, length: timedelta, rest: timedelta
) -> None:
    """X18: from a call that ends at nine to the day break at eight."""
    one = work([], [span(f"{day}T08:00", f"{day}T21:00")])
    judged = span(f"{day}T12:00", f"{day}T13:00")

    (period,) = days(one, judged)

    assert period.length == length
    broken = [("R2", "warning", rest)] if rest < hours(11) else []
    assert told(tuple(daily_rest(one, judged))) == broken


@pytest.mark.parametrize(
    ("callout", "deficit", "repaid_by", "restart_at"),
    [
        pytest.param(
            time(TUE, "21:30", "22:10"),
            hours(1, 10),
            time(WED, "17:00", "08:00", THU),
            f"{WED}T09:10",
            id="X3",
        ),
        pytest.param(
            time(WED, "02:00", "03:30"),
            hours(2),
            time(WED, "17:00", "08:00", THU),
            f"{WED}T14:30",
            id="X4",
        ),
    ],
)
def test_what_a_broken_night_owes_and_when_it_is_repaid(
    callout: Interval, deficit: timedelta, repaid_by: Interval, restart_at: str
) -> None:
    (debt,) = debts(work([NIGHT], [callout]), WEEK)

    assert debt.deficit == deficit
    assert debt.given_back == repaid_by
    assert debt.restart_at == at(restart_at)


def test_a_week_that_is_short_says_which_day_off_would_mend_it() -> None:
    (found,) = findings(work([WEEKEND]), WEEK)

    english, swedish = in_words(found, STOCKHOLM), in_words(found, STOCKHOLM, "sv")

    assert found.numbers["day_off"] == date(2026, 3, 3)
    assert english.message == (
        "t2 has 15 h of weekly rest without work and standby, and must have 36 h (ATL 14 §)"
    )
    assert english.remedy == "give Tue 2026-03-03 off: then 39 h are free"
    assert swedish.message == (
        "t2 har 15 h veckovila fri från arbete och beredskap och ska ha 36 h (ATL 14 §)"
    )
    assert swedish.remedy == "ge ledigt tis 2026-03-03: då blir 39 h fria"


def test_with_a_local_agreement_standby_leaves_the_weekly_rest_whole() -> None:
    agreed = replace(
        STANDARD_WORKING_TIME, standby_breaks_weekly_rest=False, agreement="LOK 2026/4"
    )

    assert findings(replace(work([WEEKEND]), terms=Terms(agreed)), WEEK) == ()
