"""
The rest that the law owes one person, judged over ordinary hours, standby, call-outs and absence.

Pure: everything is an argument, and every length is elapsed time, so that a night on which the
clocks change is as long as it is.  Standby is no work and leaves the daily rest whole; a call-out
is work.  Standby can never be weekly rest, unless a local agreement says so.

What was called out and is owed back stands in `routing.rest_debts`, and what adds up over weeks
and months in `routing.rest_load`.

Source: arbetstidslagen (1982:673) 13 and 14 §§; Allmänna bestämmelser (AB) 13 and 22 §§.
"""

from collections.abc import Iterator
from datetime import date

from routing.finding import Severity
from routing.hours import wall
from routing.intervals import Interval, gaps, inside
from routing.work import (
    A_DAY,
    LIMITS,
    Limits,
    Number,
    RestFinding,
    Work,
    dates,
    days,
    length,
    longest,
    midnight,
    months,
    total,
    weeks,
)


def findings(work: Work, span: Interval, limits: Limits = LIMITS) -> tuple[RestFinding, ...]:
    """Everything about the rest of *work* in the days and weeks that *span* touches, in order."""
    found = (
        *daily_rest(work, span),
        *night_work(work, span, limits),
        *weekly_rest(work, span, limits),
        *overlaps(work, span),
        *standby_hours(work, span, limits),
        *changed_periods(work, span),
    )
    return tuple(sorted(found, key=lambda f: (f.period, f.rule)))


def daily_rest(work: Work, span: Interval) -> Iterator[RestFinding]:
    """
    R1, rest that was never planned, and R2, planned rest that a call-out has broken.

    In every period from one day break to the next there are eleven hours off in a row.  What a
    call-out takes of them is owed back.

    Source: ATL 13 §; AB 13 §, mom. 5.
    """
    for period in days(work, span):
        owed = work.terms.at(period.start).daily_rest
        planned = length(longest(work.planned(period), period))
        if planned < owed:
            numbers: dict[str, Number] = {"longest": planned, "required": owed}
            yield RestFinding("R1", Severity.ERROR, work.therapist, period, numbers)
        elif work.called(period):
            actual = length(longest(work.worked(period), period))
            if actual < owed:
                numbers = {"longest": actual, "required": owed, "deficit": owed - actual}
                yield RestFinding("R2", Severity.WARNING, work.therapist, period, numbers)


def night_work(work: Work, span: Interval, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """R5: work planned between midnight and five; standby may lie there.  Source: ATL 13 §."""
    first = span.start.astimezone(work.zone).date() - A_DAY
    for day in dates(first, span.end.astimezone(work.zone).date()):
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
    for week in weeks(work, span):
        terms = work.terms.at(week.start)
        owed = terms.weekly_rest
        standby = inside(work.standby, week) if terms.standby_breaks_weekly_rest else ()
        if not (standby or work.called(week) or inside(work.jour, week)):
            continue  # an ordinary week is the schedule's own affair
        planned = longest((*work.planned(week), *standby), week)
        actual = longest((*work.worked(week), *standby), week)
        numbers: dict[str, Number]
        numbers = {"longest": length(actual), "required": owed, "rest": actual}
        if length(actual) < owed:
            if length(planned) >= owed:
                numbers["planned"] = length(planned)
            numbers["day_off"], numbers["then"] = _day_off(work, week, standby)
            yield RestFinding("R6", Severity.ERROR, work.therapist, week, numbers)
            continue
        touches = actual is not None and any(
            s.end == actual.start or s.start == actual.end for s in standby
        )
        if length(actual) < owed + limits.margin and touches:
            yield RestFinding("R8", Severity.WARNING, work.therapist, week, numbers)
        elif length(actual) < terms.full_weekly_rest:
            numbers["full"] = terms.full_weekly_rest
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
                numbers: dict[str, Number] = {"away": absence.time}
                yield RestFinding("R9", Severity.ERROR, work.therapist, common, numbers)


def standby_hours(work: Work, span: Interval, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """R19: more standby in a calendar month than the lower pay step covers.  Source: AB 22 §."""
    for month in months(span, work.zone):
        found = total(inside(work.standby, month))
        if found > limits.standby_a_month:
            numbers: dict[str, Number] = {"total": found, "required": limits.standby_a_month}
            yield RestFinding("R19", Severity.INFO, work.therapist, month, numbers)


def changed_periods(work: Work, span: Interval) -> Iterator[RestFinding]:
    """
    R22: the day break or the week break moves in the middle of a schedule.

    Source: ATL 13 §, the 24-hour period is fixed, and changes only when the schedule does.
    """
    before = work.terms.first
    for since, after in work.terms.later:
        moved = (before.day_break, before.week_break) != (after.day_break, after.week_break)
        laid = before.schedule
        on_the_day = Interval(midnight(since, work.zone), midnight(since + A_DAY, work.zone))
        if (
            moved
            and laid is not None
            and not laid.begins_on(since)
            and on_the_day.overlap(span) is not None
        ):
            numbers: dict[str, Number] = {"since": since}
            yield RestFinding("R22", Severity.ERROR, work.therapist, on_the_day, numbers)
        before = after


def _day_off(
    work: Work, week: Interval, standby: tuple[Interval, ...]
) -> tuple[date | None, Interval | None]:
    """The day that would make the week's rest whole if it were free, and the rest it would give."""
    owed = work.terms.at(week.start).weekly_rest
    best: tuple[date | None, Interval | None] = (None, None)
    first, last = (edge.astimezone(work.zone).date() for edge in (week.start, week.end))
    worked = work.worked(week)
    for day in dates(first, last):
        free = Interval(midnight(day, work.zone), midnight(day + A_DAY, work.zone))
        kept = gaps([free], worked)
        rest = longest((*kept, *standby), week)
        if length(rest) >= owed and length(rest) > length(best[1]):
            best = (day, rest)
    return best
