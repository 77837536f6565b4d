"""The longest rest of every day and every week, and how far it is from what is owed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from routing.intervals import Interval, inside
from routing.work import Work, days, length, longest, weeks
from routing.working_time import WorkingTime


@dataclass(frozen=True, slots=True)
class RestPeriod:
    """
    The longest *rest* in one *period* from a day break or week break to the next.

    *planned* is how long it would have been without call-outs.  All lengths are elapsed time;
    *required* and *terms* are what was in force when the period began.
    """

    period: Interval
    rest: Interval | None
    planned: timedelta
    required: timedelta
    terms: WorkingTime

    @property
    def length(self) -> timedelta:
        return length(self.rest)

    @property
    def margin(self) -> timedelta:
        """How much longer the rest is than what is owed; negative where it is too short."""
        return self.length - self.required


def daily_rests(work: Work, span: Interval) -> Iterator[RestPeriod]:
    """
    The daily rest of every 24-hour period that *span* touches; standby leaves it whole.

    Source: ATL 13 §; AB 13 §, mom. 5.
    """
    for period in days(work, span):
        terms = work.terms.at(period.start)
        planned = longest(work.planned(period), period)
        rest = longest(work.worked(period), period)
        yield RestPeriod(period, rest, length(planned), terms.daily_rest, terms)


def weekly_rests(work: Work, span: Interval) -> Iterator[RestPeriod]:
    """
    The weekly rest of every 7-day period that *span* touches.

    Standby is not rest here, unless the agreement named in the terms says so.

    Source: ATL 14 §; AB 13 §, mom. 7.
    """
    for period in weeks(work, span):
        terms = work.terms.at(period.start)
        standby = inside(work.standby, period) if terms.standby_breaks_weekly_rest else ()
        planned = longest((*work.planned(period), *standby), period)
        rest = longest((*work.worked(period), *standby), period)
        yield RestPeriod(period, rest, length(planned), terms.weekly_rest, terms)


def tightest(periods: Iterable[RestPeriod]) -> RestPeriod | None:
    """The first of those with the smallest margin; None where there are none."""
    return min(periods, key=lambda one: one.margin, default=None)
