"""
The rest that the law owes one person, judged over ordinary hours, standby, call-outs and absence.

Pure: everything is an argument, and every length is elapsed time, so that a night on which the
clocks change is as long as it is.  Standby is no work and leaves the daily rest whole; a call-out
is work.  Standby can never be weekly rest, unless a local agreement says so.

Source: arbetstidslagen (1982:673) 13 and 14 §§; Allmänna bestämmelser (AB) 13 and 22 §§.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from routing.absence import Absence
from routing.finding import Severity
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval, gaps, inside, union
from routing.organisation import WorkingTime

_A_DAY, _A_WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Limits:
    """The lengths that the law and the agreements set besides those of `WorkingTime`."""

    full_weekly_rest: timedelta = timedelta(hours=47)  # AB 13 §: weekly and daily rest together
    margin: timedelta = timedelta(hours=1)  # less than this, and one late call breaks the rest
    night_from: time = time(0)
    night_to: time = time(5)  # ATL 13 § second paragraph
    repaid_within: timedelta = timedelta(days=14)  # AB 13 §
    standby_a_month: timedelta = timedelta(hours=130)  # AB 22 §: above it standby costs more
    series: timedelta = timedelta(hours=24)


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Work:
    """
    What one person does in some stretch, and is away from.

    *standby* and *callouts* must reach a week beyond whatever is judged, at both ends; *jour* is
    standby at the workplace, which counts as work.
    """

    therapist: TherapistId
    terms: WorkingTime
    standby: tuple[Interval, ...] = ()
    callouts: tuple[Interval, ...] = ()
    absences: tuple[Absence, ...] = ()
    jour: tuple[Interval, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return self.terms.ordinary.zone

    def planned(self, span: Interval) -> tuple[Interval, ...]:
        """The ordinary hours that nobody is away from, and jour."""
        away = union(a.time for a in self.absences)
        return union((*gaps(away, self.terms.ordinary.within(span)), *inside(self.jour, span)))

    def worked(self, span: Interval) -> tuple[Interval, ...]:
        """What was planned, and the call-outs."""
        return union((*self.planned(span), *inside(self.callouts, span)))


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
    numbers: Mapping[str, timedelta | datetime | date | Interval | None] = field(
        default_factory=dict
    )


def findings(work: Work, span: Interval, limits: Limits = LIMITS) -> tuple[RestFinding, ...]:
    """Everything about the rest of *work* in the days and weeks that *span* touches, in order."""
    found = (
        *daily_rest(work, span),
        *night_work(work, span, limits),
        *weekly_rest(work, span, limits),
        *overlaps(work, span),
        *standby_hours(work, span, limits),
    )
    return tuple(sorted(found, key=lambda f: (f.period, f.rule)))


def daily_rest(work: Work, span: Interval) -> Iterator[RestFinding]:
    """
    R1, rest that was never planned, and R2, planned rest that a call-out has broken.

    In every period from one day break to the next there are eleven hours off in a row.  What a
    call-out takes of them is owed back.

    Source: ATL 13 §; AB 13 §, mom. 5.
    """
    owed = work.terms.daily_rest
    for period in days(work, span):
        planned = longest(work.planned(period), period)
        actual = longest(work.worked(period), period)
        if _length(planned) < owed:
            numbers = {"longest": _length(planned), "required": owed}
            yield RestFinding("R1", Severity.ERROR, work.therapist, period, numbers)
        elif _length(actual) < owed:
            lacking = owed - _length(actual)
            numbers = {"longest": _length(actual), "required": owed, "deficit": lacking}
            yield RestFinding("R2", Severity.WARNING, work.therapist, period, numbers)


def night_work(work: Work, span: Interval, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """R5: work planned between midnight and five; standby may lie there.  Source: ATL 13 §."""
    first = span.start.astimezone(work.zone).date() - _A_DAY
    for day in _dates(first, span.end.astimezone(work.zone).date()):
        night = Interval(
            wall(day, limits.night_from, work.zone, last=False),
            wall(day, limits.night_to, work.zone, last=True),
        )
        for stretch in work.planned(night):
            if stretch.overlap(span) is not None:
                yield RestFinding("R5", Severity.ERROR, work.therapist, stretch)


def weekly_rest(work: Work, span: Interval, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """
    R6, fewer than 36 hours off in a row in a week; R7, fewer than 47; R8, hardly more than 36.

    Standby is not rest here, unless the agreement named in the terms says so.  Where only a
    call-out has broken the rest, the finding says what was planned.

    Source: ATL 14 §; AB 13 §, mom. 7.
    """
    owed = work.terms.weekly_rest
    for week in weeks(work, span):
        standby = inside(work.standby, week) if work.terms.standby_breaks_weekly_rest else ()
        if not standby and not inside(work.callouts, week):
            continue  # an ordinary week is the schedule's own affair
        planned = longest((*work.planned(week), *standby), week)
        actual = longest((*work.worked(week), *standby), week)
        numbers: dict[str, timedelta | datetime | date | Interval | None]
        numbers = {"longest": _length(actual), "required": owed, "rest": actual}
        if _length(actual) < owed:
            if _length(planned) >= owed:
                numbers["planned"] = _length(planned)
            numbers["day_off"], numbers["then"] = _day_off(work, week, standby)
            yield RestFinding("R6", Severity.ERROR, work.therapist, week, numbers)
            continue
        touches = actual is not None and any(
            s.end == actual.start or s.start == actual.end for s in standby
        )
        if _length(actual) < owed + limits.margin and touches:
            yield RestFinding("R8", Severity.WARNING, work.therapist, week, numbers)
        elif _length(actual) < limits.full_weekly_rest:
            yield RestFinding("R7", Severity.INFO, work.therapist, week, numbers)


def overlaps(work: Work, span: Interval) -> Iterator[RestFinding]:
    """
    R9: standby while at work, or while away.

    Source: AB 22 §, standby lies beyond ordinary hours; arbetstidslagen 14 §.
    """
    for standby in work.standby:
        if standby.overlap(span) is None:
            continue
        for ordinary in work.planned(standby):
            yield RestFinding("R9", Severity.ERROR, work.therapist, ordinary)
        for absence in work.absences:
            common = absence.time.overlap(standby)
            if common is not None:
                numbers: dict[str, timedelta | datetime | date | Interval | None]
                numbers = {"away": absence.time}
                yield RestFinding("R9", Severity.ERROR, work.therapist, common, numbers)


def standby_hours(work: Work, span: Interval, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """R19: more standby in a calendar month than the lower pay step covers.  Source: AB 22 §."""
    day = span.start.astimezone(work.zone).date().replace(day=1)
    while wall(day, time(0), work.zone, last=False) < span.end:
        after = (day + timedelta(days=32)).replace(day=1)
        month = Interval(*(wall(d, time(0), work.zone, last=False) for d in (day, after)))
        total = sum((s.length for s in inside(work.standby, month)), timedelta())
        if total > limits.standby_a_month:
            numbers = {"total": total, "required": limits.standby_a_month}
            yield RestFinding("R19", Severity.INFO, work.therapist, month, numbers)
        day = after


@dataclass(frozen=True, slots=True)
class Debt:
    """Rest that a call-out took in *period*: how much, and the rest that gives it back."""

    period: Interval
    deficit: timedelta
    repaid_by: Interval | None  # None while no rest long enough has come
    restart_at: datetime  # the earliest time to begin the next work after eleven hours off


def debts(work: Work, span: Interval, limits: Limits = LIMITS) -> tuple[Debt, ...]:
    """
    What each broken daily rest in *span* owes, R2 to R4.

    It is repaid by the first whole rest that runs on after the period and is as long as a day's
    rest and the deficit together, within fourteen days.  Of a series of duties with only work
    between them, the debt falls due when the series is over.

    Source: AB 13 §, mom. 8 and 9; the central parties on standby for several days, 2023.
    """
    found = []
    for broken in daily_rest(work, span):
        deficit = broken.numbers.get("deficit")
        if broken.rule != "R2" or not isinstance(deficit, timedelta):
            continue
        latest = max(c.end for c in inside(work.callouts, broken.period))
        due = _series_end(work, broken.period.end, limits)
        window = Interval(broken.period.start, due + limits.repaid_within)
        long_enough = (
            rest
            for rest in gaps(work.worked(window), [window])
            if rest.end > broken.period.end and rest.length >= work.terms.daily_rest + deficit
        )
        restart_at = latest + work.terms.daily_rest
        found.append(Debt(broken.period, deficit, next(long_enough, None), restart_at))
    return tuple(found)


def days(work: Work, span: Interval) -> tuple[Interval, ...]:
    """The periods from one day break to the next that *span* touches: 23, 24 or 25 hours."""
    first = span.start.astimezone(work.zone).date() - _A_DAY
    last = span.end.astimezone(work.zone).date() + _A_DAY
    edges = [wall(d, work.terms.day_break, work.zone, last=False) for d in _dates(first, last)]
    return _touching(edges, span)


def weeks(work: Work, span: Interval) -> tuple[Interval, ...]:
    """The periods from one week break to the next that *span* touches."""
    at = work.terms.week_break
    first = span.start.astimezone(work.zone).date() - _A_WEEK
    last = span.end.astimezone(work.zone).date() + _A_WEEK
    breaks = (d for d in _dates(first, last) if d.weekday() == at.weekday)
    return _touching([wall(d, at.at, work.zone, last=False) for d in breaks], span)


def longest(blocked: Iterable[Interval], period: Interval) -> Interval | None:
    """The longest stretch of *period* that nothing of *blocked* touches; the first of two."""
    free = gaps(blocked, [period])
    return max(free, key=lambda stretch: stretch.length, default=None)


def _length(stretch: Interval | None) -> timedelta:
    return timedelta() if stretch is None else stretch.length


def _day_off(
    work: Work, week: Interval, standby: tuple[Interval, ...]
) -> tuple[date | None, Interval | None]:
    """The day that would make the week's rest whole if it were free, and the rest it would give."""
    best: tuple[date | None, Interval | None] = (None, None)
    first, last = (edge.astimezone(work.zone).date() for edge in (week.start, week.end))
    for day in _dates(first, last):
        free = Interval(*(wall(d, time(0), work.zone, last=False) for d in (day, day + _A_DAY)))
        kept = gaps([free], work.worked(week))
        rest = longest((*kept, *standby), week)
        if _length(rest) >= work.terms.weekly_rest and _length(rest) > _length(best[1]):
            best = (day, rest)
    return best


def _series_end(work: Work, after: datetime, limits: Limits) -> datetime:
    """When the series of duties is over that is going on at *after*; itself when none is."""
    horizon = Interval(after, after + limits.repaid_within)
    end = after
    for standby in union(inside(work.standby, horizon)):
        between = Interval(end, standby.start) if end < standby.start else None
        rests = gaps(work.worked(between), [between]) if between is not None else ()
        if any(rest.length >= limits.series for rest in rests):
            break
        end = standby.end
    return end


def _dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _A_DAY


def _touching(edges: Iterable[datetime], span: Interval) -> tuple[Interval, ...]:
    periods = (Interval(start, end) for start, end in pairwise(edges))
    return tuple(period for period in periods if period.overlap(span) is not None)
