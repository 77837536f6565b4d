"""When people work besides their duties and how much rest they are owed, from which date on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from routing.hours import Hours, Window
from routing.intervals import Interval, inside, union
from routing.weekdays import DAY_NAMES

HOME_ZONE = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True, slots=True)
class WeekBreak:
    """When the seven-day period of weekly rest begins; *weekday* 0 is Monday."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True)
class Schedule:
    """The periods that the working schedule is laid for: so many weeks each, from *first* on."""

    first: date
    weeks: int

    def begins_on(self, day: date) -> bool:
        return (day - self.first).days % (7 * self.weeks) == 0


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """
    When somebody works besides the duties, and how much rest is owed.

    *day_break* and *week_break* begin the periods in which daily and weekly rest are counted.
    Standby breaks the weekly rest unless the collective *agreement* named here says otherwise.
    *reference* says where these figures are decided.

    Source: Arbetstidslagen (1982:673) 13 and 14 §§; Allmänna bestämmelser (AB) 13 §.
    """

    ordinary: Hours
    day_break: time = time(8)
    week_break: WeekBreak = WeekBreak(0, time(8))
    daily_rest: timedelta = timedelta(hours=11)
    weekly_rest: timedelta = timedelta(hours=36)
    standby_breaks_weekly_rest: bool = True
    agreement: str | None = None
    full_weekly_rest: timedelta = timedelta(hours=47)  # AB 13 §: weekly and daily rest together
    repaid_within: timedelta = timedelta(days=14)  # AB 13 §, mom. 8
    shortest_callout: timedelta = timedelta()  # every minute counts, unless an agreement says else
    joined_within: timedelta = timedelta(
        minutes=10
    )  # between two call-outs this close nobody rests
    meal_break: timedelta = timedelta(hours=1)  # of an ordinary day; ATL 15 §, no working time
    answer_within: timedelta | None = None  # what is asked of whoever is on standby
    on_site_within: timedelta | None = None
    schedule: Schedule | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """
    Working times that follow one another: *first*, and *later* each from a date on, in order.

    A rule is judged by what was in force on its day, whatever has been decided since.
    """

    first: WorkingTime
    later: tuple[tuple[date, WorkingTime], ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return self.first.ordinary.zone

    def on(self, day: date) -> WorkingTime:
        """What is in force on *day*."""
        return next((terms for since, terms in reversed(self.later) if since <= day), self.first)

    def at(self, moment: datetime) -> WorkingTime:
        """What is in force at *moment*, by the date there."""
        return self.on(moment.astimezone(self.zone).date())

    def stretches(self) -> Iterator[tuple[date, date, WorkingTime]]:
        """Each working time, from its first date up to the first date of the next."""
        edges = (date.min, *(since for since, _ in self.later), date.max)
        every = (self.first, *(terms for _, terms in self.later))
        for (start, end), terms in zip(pairwise(edges), every, strict=True):
            yield start, end, terms

    def ordinary_within(self, span: Interval) -> tuple[Interval, ...]:
        """The ordinary hours inside *span*, joined and in order."""
        if not self.later:
            return self.first.ordinary.within(span)
        # What began the evening before may run into the span, by the terms of that evening.
        wider = Interval(span.start - timedelta(days=1), span.end)
        found = (
            stretch
            for start, end, terms in self.stretches()
            for stretch in terms.ordinary.within(wider)
            if start <= stretch.start.astimezone(self.zone).date() < end
        )
        return union(inside(found, span))


ORDINARY_HOURS = Hours(
    (Window(frozenset(DAY_NAMES[:5]), time(8), time(17)),), HOME_ZONE, weekdays_only=True
)
STANDARD_WORKING_TIME = WorkingTime(ORDINARY_HOURS)
STANDARD_TERMS = Terms(STANDARD_WORKING_TIME)
