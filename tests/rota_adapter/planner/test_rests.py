"""The ways to have a weekly rest are those that the rules of rest accept, and no others."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from rota_adapter.planner.blocks import Weekend, blocks
from rota_adapter.planner.rests import rest_weeks
from routing.absence import Absence, AbsenceKind
from routing.finding import Severity
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rest import weekly_rest
from routing.work import Work, dates, midnight
from routing.working_time import STANDARD_TERMS, STANDARD_WORKING_TIME, Terms
from tests.examples import STOCKHOLM, line, span

T1 = TherapistId("t1")
WORK = Work(T1, STANDARD_TERMS)
MONDAYS = [date(2027, 1, 11), date(2027, 3, 22), date(2027, 10, 25)]  # the last two: clocks change


def day_off(day: date) -> Absence:
    whole = Interval(midnight(day, STOCKHOLM), midnight(day + timedelta(days=1), STOCKHOLM))
    return Absence(whole, T1, AbsenceKind.COMPENSATION)


@settings(max_examples=60, deadline=None)
@given(
    monday=st.sampled_from(MONDAYS),
    weekend=st.sampled_from(Weekend),
    held=st.sets(st.integers(0, 6)),
    off=st.sets(st.integers(0, 4), max_size=2),
)
def test_a_week_is_lawful_just_when_one_of_the_ways_is_taken(
    monday: date, weekend: Weekend, held: set[int], off: set[int]
) -> None:
    days = tuple(dates(monday, monday + timedelta(days=6)))
    every = dict(enumerate(blocks(line(), days[0], days[-1] + timedelta(days=1), [WORK], weekend)))
    given_off = {days[n] for n in off}
    found = rest_weeks(WORK, every, days)
    week = next(w for w in found if w.period.start.astimezone(STOCKHOLM).date() == monday)
    mine = held & every.keys()

    allows = any(way.days_off <= given_off and not way.without & mine for way in week.ways)

    work = replace(
        WORK,
        standby=tuple(time for place in sorted(mine) for time in every[place].times),
        absences=tuple(map(day_off, sorted(given_off))),
    )
    broken = [f for f in weekly_rest(work, week.period) if f.severity is Severity.ERROR]
    assert allows == (not broken)


def test_no_way_asks_for_all_that_another_does_and_more() -> None:
    days = tuple(dates(MONDAYS[0], MONDAYS[0] + timedelta(days=6)))
    every = dict(enumerate(blocks(line(), days[0], date(2027, 1, 18), [WORK], Weekend.WHOLE)))

    ways = next(iter(rest_weeks(WORK, every, days))).ways

    for one, other in chain(combinations(ways, 2), combinations(ways[::-1], 2)):
        assert not (
            one.days_off <= other.days_off
            and one.without <= other.without
            and one.is_tight <= other.is_tight
        )


def test_where_an_agreement_lets_standby_be_rest_no_week_is_bound() -> None:
    agreed = replace(STANDARD_WORKING_TIME, standby_breaks_weekly_rest=False, agreement="2027/1")
    work = replace(WORK, terms=Terms(agreed))
    every = dict(enumerate(blocks(line(), MONDAYS[0], date(2027, 1, 18), [work], Weekend.WHOLE)))

    assert list(rest_weeks(work, every, ())) == []


def test_what_stands_already_is_never_rest() -> None:
    days = tuple(dates(MONDAYS[0], MONDAYS[0] + timedelta(days=6)))
    sunday = span("2027-01-17T10:00", "2027-01-17T22:00")
    evenings = dict(enumerate(blocks(line(), days[0], date(2027, 1, 16), [WORK], Weekend.WHOLE)))

    week = next(iter(rest_weeks(replace(WORK, standby=(sunday,)), evenings, days)))

    for way in week.ways:
        work = replace(
            WORK,
            standby=(
                *(t for p, b in evenings.items() if p not in way.without for t in b.times),
                sunday,
            ),
            absences=tuple(map(day_off, sorted(way.days_off))),
        )
        assert not [f for f in weekly_rest(work, week.period) if f.severity is Severity.ERROR]
