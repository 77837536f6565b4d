"""What standby and call-outs add up to over weeks and months, and when that is too much."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from routing.finding import Severity
from routing.intervals import Interval, inside, union
from routing.work import (
    A_DAY,
    A_WEEK,
    LIMITS,
    Limits,
    Number,
    RestFinding,
    Work,
    midnight,
    months,
    total,
)

LOOKED_BACK = timedelta(days=366)  # how far back the work must reach for a whole calendar year
_FOUR_WEEKS, _FOUR_MONTHS = 4 * A_WEEK, 4
_LONG_STRETCH = timedelta(hours=5)  # ATL 15 §: work for longer has a break in it


def load_findings(work: Work, at: datetime, limits: Limits = LIMITS) -> tuple[RestFinding, ...]:
    """R11 to R15 as they stand at *at*; the work must reach `LOOKED_BACK` before it."""
    found = (
        *regularly_broken(work, at, limits),
        *too_tight(work, at, limits),
        *overtime(work, at, limits),
        *average_week(work, at, limits),
        *jour(work, at, limits),
    )
    return tuple(sorted(found, key=lambda f: (f.period, f.rule)))


def regularly_broken(work: Work, at: datetime, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """
    R11: most duties of the last twelve weeks had a call-out.

    Source: the central parties on standby for several days, 2023: consider jour or ordinary time.
    """
    span = Interval(at - limits.looked_back, at)
    duties = inside(union(work.standby), span)
    called = work.called(span)
    broken = [duty for duty in duties if inside(called, duty)]
    if len(broken) > limits.broken_share * len(duties):
        numbers: dict[str, Number] = {"times": len(broken), "duties": len(duties)}
        yield RestFinding("R11", Severity.WARNING, work.therapist, span, numbers)


def too_tight(work: Work, at: datetime, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """
    R12: so little time to answer, or so many calls, that standby may be working time.

    Source: CJEU C-344/19 RTV Slovenija and C-580/19 Stadt Offenbach; ECLI:EU:C:2021:182, 183.
    """
    span = Interval(at - limits.looked_back, at)
    duties = inside(union(work.standby), span)
    if not duties:
        return
    terms, called = work.terms.at(at), work.called(span)
    numbers: dict[str, Number] = {"times": len(called), "duties": len(duties)}
    asked = (
        (terms.on_site_within, limits.on_site + timedelta.resolution),
        (terms.answer_within, limits.answer),
    )
    is_tight = any(given is not None and given < least for given, least in asked)
    if is_tight or len(called) > limits.callouts_a_duty * len(duties):
        yield RestFinding("R12", Severity.WARNING, work.therapist, span, numbers)


def overtime(work: Work, at: datetime, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """R13: call-outs near or over what the law lets overtime be.  Source: ATL 8 §."""
    for span, most in (
        (Interval(at - _FOUR_WEEKS, at), limits.overtime_in_four_weeks),
        (_month(work, at), limits.overtime_a_month),
        (_year(work, at), limits.overtime_a_year),
    ):
        found = total(work.called(span))
        numbers: dict[str, Number] = {"total": found, "required": most}
        if found > most:
            yield RestFinding("R13", Severity.ERROR, work.therapist, span, numbers)
        elif found >= limits.overtime_told_at * most:
            yield RestFinding("R13", Severity.WARNING, work.therapist, span, numbers)


def average_week(work: Work, at: datetime, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """
    R14: more than 48 hours of work a week on average over four months; standby is no work.

    Source: ATL 10 b §; breaks are no working time, ATL 15 §.
    """
    day = at.astimezone(work.zone).date()
    year, month = divmod(day.year * 12 + day.month - 1 - _FOUR_MONTHS, 12)
    first = day.replace(year=year, month=month + 1, day=min(day.day, 28))
    span = Interval(midnight(first, work.zone), at)
    meals = sum(
        (
            work.terms.at(stretch.start).meal_break
            for stretch in work.planned(span)
            if stretch.length > _LONG_STRETCH
        ),
        timedelta(),
    )
    found = (total(work.worked(span)) - meals) / (span.length / A_WEEK)
    if found > limits.work_a_week:
        numbers: dict[str, Number] = {"total": found, "required": limits.work_a_week}
        yield RestFinding("R14", Severity.ERROR, work.therapist, span, numbers)


def jour(work: Work, at: datetime, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """R15: more jour than the law allows.  Source: ATL 6 §."""
    for span, most in (
        (Interval(at - _FOUR_WEEKS, at), limits.overtime_in_four_weeks),
        (_month(work, at), limits.overtime_a_month),
    ):
        found = total(inside(union(work.jour), span))
        if found > most:
            numbers: dict[str, Number] = {"total": found, "required": most}
            yield RestFinding("R15", Severity.ERROR, work.therapist, span, numbers)


def _month(work: Work, at: datetime) -> Interval:
    """The calendar month that *at* lies in, or has just ended."""
    return next(months(Interval(at - timedelta.resolution, at), work.zone))


def _year(work: Work, at: datetime) -> Interval:
    day = (at - timedelta.resolution).astimezone(work.zone).date()
    first = day.replace(month=1, day=1)
    after = (first + 366 * A_DAY).replace(month=1, day=1)
    return Interval(midnight(first, work.zone), midnight(after, work.zone))
