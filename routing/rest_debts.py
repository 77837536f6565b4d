"""The rest that call-outs have taken: what is owed back, by when, and when to begin work again."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from routing.finding import Severity
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval, gaps, inside, union
from routing.rest import daily_rest
from routing.work import (
    A_DAY,
    LIMITS,
    Limits,
    Number,
    RestFinding,
    Work,
    dates_around,
    days,
    total,
)


class Standing(StrEnum):
    """How a debt stands at some moment."""

    OWED = "owed"
    REPAID = "repaid"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Debt:
    """
    Rest that call-outs took from *therapist* in *period*, and the rest that gives it back.

    *due* is the 24-hour period whose rest is to be longer for it; *latest* is when the time is out
    even where there was a reason to wait.  *given_back* is the first whole rest that is long
    enough; None while none such is in sight.
    """

    therapist: TherapistId
    period: Interval
    deficit: timedelta
    required: timedelta  # a day's rest and the deficit together
    due: Interval
    latest: datetime
    given_back: Interval | None
    restart_at: datetime  # the earliest time to begin the next work after a day's rest
    next_work: datetime | None  # when it is planned to begin, where that is too early

    @property
    def is_postponed(self) -> bool:
        """Whether a series of duties puts off when it falls due."""
        return self.due.start > self.period.end

    def standing(self, now: datetime, *, has_reason: bool = False) -> Standing:
        """
        Repaid once a rest long enough has passed; overdue once the rest it was due with has not.

        With an objective reason on record it may wait for fourteen days.  Source: AB 13 §, mom. 8.
        """
        if self.given_back is not None and self.given_back.start + self.required <= now:
            return Standing.REPAID
        # The rest that is due begins in its period, and may run on after it.
        is_resting = self.given_back is not None and self.given_back.start < self.due.end <= now
        until = self.latest if has_reason else self.due.end
        return Standing.OWED if now < until or is_resting else Standing.OVERDUE


def debts(work: Work, span: Interval, limits: Limits = LIMITS) -> tuple[Debt, ...]:
    """
    What each broken daily rest in *span* owes, R2 to R4.

    It is repaid by the first whole rest that runs on after the period and is as long as a day's
    rest and the deficit together, within fourteen days.  Of a series of duties with only work
    between them, the debt falls due when the series is over.

    Source: AB 13 §, mom. 8 and 9; the central parties on standby for several days, 2023.
    """
    return tuple(
        _debt(work, broken, limits) for broken in daily_rest(work, span) if broken.rule == "R2"
    )


def debt_findings(
    work: Work,
    span: Interval,
    now: datetime,
    with_reason: Collection[datetime] = (),
    limits: Limits = LIMITS,
) -> tuple[RestFinding, ...]:
    """
    R3, rest that is owed or overdue; R4, work planned too early after a call-out; R10.

    Args:
        with_reason: the beginnings of the periods whose debt has an objective reason to wait.
    """
    found: list[RestFinding] = [*disturbed_nights(work, span, limits)]
    for debt in debts(work, span, limits):
        numbers: dict[str, Number] = {
            "deficit": debt.deficit,
            "required": debt.required,
            "restart_at": debt.restart_at,
            "due": debt.due.end,
            "latest": debt.latest,
        }
        who, standing = (
            work.therapist,
            debt.standing(now, has_reason=debt.period.start in with_reason),
        )
        if standing is not Standing.REPAID:
            severity = Severity.ERROR if standing is Standing.OVERDUE else Severity.WARNING
            found.append(RestFinding("R3", severity, who, debt.period, numbers))
        if debt.next_work is not None and now < debt.restart_at:
            numbers = {**numbers, "next_work": debt.next_work}
            found.append(RestFinding("R4", Severity.INFO, who, debt.period, numbers))
        if debt.is_postponed and standing is Standing.OWED:
            found.append(RestFinding("R10", Severity.INFO, who, debt.period, numbers))
    return tuple(sorted(found, key=lambda f: (f.period, f.rule)))


def disturbed_nights(work: Work, span: Interval, limits: Limits = LIMITS) -> Iterator[RestFinding]:
    """
    R10: a night so disturbed that the rest may have to come before the series of duties ends.

    Source: the central parties on standby for several days, 2023; the lengths are our own.
    """
    for day in dates_around(span, work.zone, A_DAY):
        night = Interval(
            wall(day, limits.disturbed_from, work.zone, last=False),
            wall(day + A_DAY, limits.disturbed_to, work.zone, last=True),
        )
        called = union(work.called(night))
        if night.overlap(span) is None:
            continue
        if total(called) > limits.disturbed_for or len(called) >= limits.disturbed_times:
            numbers: dict[str, Number] = {"total": total(called), "times": len(called)}
            yield RestFinding("R10", Severity.WARNING, work.therapist, night, numbers)


def _debt(work: Work, broken: RestFinding, limits: Limits) -> Debt:
    terms = work.terms.at(broken.period.start)
    deficit = broken.numbers["deficit"]
    assert isinstance(deficit, timedelta)  # noqa: S101 - R2 always says it
    required = terms.daily_rest + deficit
    over = max(_series_end(work, broken.period.start, limits), broken.period.end)
    # Where the day break moves, a period that holds that moment may have begun too soon.
    coming = days(work, Interval(over, over + A_DAY))
    due = next(period for period in coming if period.start >= broken.period.end)
    latest = due.start + terms.repaid_within
    window = Interval(broken.period.start, latest)
    rests = gaps(work.worked(window), [window])
    # One that began in the period counts to its end, though that may lie in the next.
    last_end = max(c.end for c in work.called(window) if c.start < broken.period.end)
    restart_at = last_end + terms.daily_rest
    ahead = work.planned(Interval(last_end, restart_at))
    return Debt(
        work.therapist,
        broken.period,
        deficit,
        required,
        due,
        latest,
        next((r for r in rests if r.length >= required), None),  # none in the period is so long
        restart_at,
        next((planned.start for planned in ahead), None),
    )


def _series_end(work: Work, after: datetime, limits: Limits) -> datetime:
    """When the series of duties is over that is going on at *after*; itself when none is."""
    horizon = Interval(after, after + work.terms.at(after).repaid_within)
    end = after
    for standby in union(inside(work.standby, horizon)):
        between = Interval(end, standby.start) if end < standby.start else None
        rests = gaps(work.worked(between), [between]) if between is not None else ()
        if any(rest.length >= limits.series for rest in rests):
            break
        end = standby.end
    return end
