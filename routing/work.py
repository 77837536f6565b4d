"""What one person does in some stretch of time, and the periods in which rest is counted."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from routing.absence import Absence
from routing.finding import Severity
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval, gaps, inside, union
from routing.working_time import Terms, WorkingTime

A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)

Number = timedelta | datetime | date | Interval | int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The lengths and shares that no agreement of one's own moves, and how near them one warns."""

    margin: timedelta = timedelta(hours=1)  # less than this, and one late call breaks the rest
    night_from: time = time(0)
    night_to: time = time(5)  # ATL 13 § second paragraph
    standby_a_month: timedelta = timedelta(hours=130)  # AB 22 §: above it standby costs more
    series: timedelta = timedelta(hours=24)
    overtime_in_four_weeks: timedelta = timedelta(hours=48)  # ATL 8 §; so are those of jour, 6 §
    overtime_a_month: timedelta = timedelta(hours=50)
    overtime_a_year: timedelta = timedelta(hours=200)
    overtime_told_at: float = 0.8
    work_a_week: timedelta = timedelta(hours=48)  # ATL 10 b §, on average over four months
    # Nothing but experience sets those below: when a night was too much, and standby is not rest.
    disturbed_from: time = time(22)
    disturbed_to: time = time(6)
    disturbed_for: timedelta = timedelta(hours=3)
    disturbed_times: int = 3
    broken_share: float = 0.5
    looked_back: timedelta = timedelta(weeks=12)
    callouts_a_duty: float = 3
    on_site: timedelta = timedelta(minutes=20)  # C-580/19 Stadt Offenbach
    answer: timedelta = timedelta(minutes=10)


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Work:
    """
    What one person does in some stretch, and is away from.

    *standby* and *callouts* must reach a week beyond whatever is judged, at both ends; *jour* is
    standby at the workplace, which counts as work.
    """

    therapist: TherapistId
    terms: Terms
    standby: tuple[Interval, ...] = ()
    callouts: tuple[Interval, ...] = ()
    absences: tuple[Absence, ...] = ()
    jour: tuple[Interval, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return self.terms.zone

    def planned(self, span: Interval) -> tuple[Interval, ...]:
        """The ordinary hours that nobody is away from, and jour."""
        ordinary = self.terms.ordinary_within(span)
        if not self.absences and not self.jour:
            return ordinary
        away = (a.time for a in self.absences)
        return union((*gaps(away, ordinary), *inside(self.jour, span)))

    def called(self, span: Interval) -> tuple[Interval, ...]:
        """The call-outs that count: all, unless an agreement leaves the shortest out."""
        counted = (c for c in self.callouts if c.length >= self.terms.at(c.start).shortest_callout)
        return inside(counted, span)

    def worked(self, span: Interval) -> tuple[Interval, ...]:
        """What was planned, and the call-outs that count."""
        planned, called = self.planned(span), self.called(span)
        return union((*planned, *called)) if called else planned


@dataclass(frozen=True, slots=True)
class RestFinding:
    """
    One breach, or one thing to know, of one person's rest.

    *numbers* are what the sentence about it is made of: lengths, moments and dates.
    """

    rule: str
    severity: Severity
    therapist: TherapistId
    period: Interval
    numbers: Mapping[str, Number] = field(default_factory=dict)


def days(work: Work, span: Interval) -> tuple[Interval, ...]:
    """
    The periods from one day break to the next that *span* touches: 23, 24 or 25 hours.

    Where the day break moves, the old periods go on until the first new one has begun: two may
    overlap, and no hour is in none.
    """

    def day_break(day: date, terms: WorkingTime) -> datetime:
        return wall(day, terms.day_break, work.zone, last=False)

    return _periods(work, span, A_DAY, day_break)


def weeks(work: Work, span: Interval) -> tuple[Interval, ...]:
    """The periods from one week break to the next that *span* touches, as `days`."""

    def week_break(day: date, terms: WorkingTime) -> datetime | None:
        if day.weekday() != terms.week_break.weekday:
            return None
        return wall(day, terms.week_break.at, work.zone, last=False)

    return _periods(work, span, A_WEEK, week_break)


def longest(blocked: Iterable[Interval], period: Interval) -> Interval | None:
    """The longest stretch of *period* that nothing of *blocked* touches; the first of two."""
    free = gaps(blocked, [period])
    return max(free, key=lambda stretch: stretch.length, default=None)


def length(stretch: Interval | None) -> timedelta:
    """How long *stretch* is; nothing where there is none."""
    return timedelta() if stretch is None else stretch.length


def total(times: Iterable[Interval]) -> timedelta:
    """How long *times* are together."""
    return sum((stretch.length for stretch in times), timedelta())


def dates(first: date, last: date) -> Iterator[date]:
    """Every date from *first* to *last*, both included."""
    while first <= last:
        yield first
        first += A_DAY


def dates_around(span: Interval, zone: ZoneInfo, around: timedelta) -> tuple[date, ...]:
    """The dates of *span* and those *around* it."""
    first, last = (edge.astimezone(zone).date() for edge in (span.start, span.end))
    return tuple(dates(first - around, last + around))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment *day* begins in *zone*."""
    return wall(day, time(0), zone, last=False)


def months(span: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    """The calendar months that *span* touches."""
    day = span.start.astimezone(zone).date().replace(day=1)
    while midnight(day, zone) < span.end:
        after = (day + timedelta(days=32)).replace(day=1)
        yield Interval(midnight(day, zone), midnight(after, zone))
        day = after


def _periods(
    work: Work,
    span: Interval,
    around: timedelta,
    edge: Callable[[date, WorkingTime], datetime | None],
) -> tuple[Interval, ...]:
    found: list[Interval] = []
    begun: datetime | None = None
    around_it = dates_around(span, work.zone, around)
    for start, _, terms in reversed(tuple(work.terms.stretches())):
        edges = [e for day in around_it if day >= start if (e := edge(day, terms)) is not None]
        periods = [Interval(*both) for both in pairwise(edges)]
        found = [p for p in periods if begun is None or p.start < begun] + found
        if start > date.min:  # the first new period begins here, however far from *span*
            first = (edge(day, terms) for day in dates(start, start + around))
            begun = min(e for e in (*first, begun) if e is not None)
    return tuple(period for period in found if period.overlap(span) is not None)
