"""Everybody's rest as a version of the rota left it, for inspection."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.duty.ledger import Owed, besides
from app.store import ledger, rota_versions
from app.store import rota as stored_rota
from app.store.rota_history import Version
from rota_adapter.rest_findings import AROUND, Besides, works
from routing.absence import AbsenceKind
from routing.fairness import is_away
from routing.ids import TherapistId
from routing.intervals import Interval, inside
from routing.organisation import Line, Organisation, Validity
from routing.rest import findings
from routing.rest_debts import Standing, debt_findings, debts
from routing.rest_periods import RestPeriod, daily_rests, tightest, weekly_rests
from routing.rota import Shift
from routing.work import RestFinding, Work, dates
from routing.working_time import WorkingTime

# A debt falls due when the series of duties is over, and fourteen days later at the latest.
_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PersonsRest:
    """One person's *days* and *weeks*, what is wrong with them, and the days off in return."""

    therapist: TherapistId
    days: tuple[RestPeriod, ...]
    weeks: tuple[RestPeriod, ...]
    findings: tuple[RestFinding, ...]
    owed: tuple[Owed, ...]
    compensation_taken: int
    compensation_planned: int

    @property
    def tightest_day(self) -> RestPeriod | None:
        return tightest(self.days)

    @property
    def tightest_week(self) -> RestPeriod | None:
        return tightest(self.weeks)

    @property
    def still_owed(self) -> timedelta:
        """The rest that has not been given back, together."""
        open_ = (o.debt.deficit for o in self.owed if o.standing is not Standing.REPAID)
        return sum(open_, timedelta())


@dataclass(frozen=True, slots=True)
class RestReport:
    """
    The rest of everyone with a duty or a call-out in *span*, as it was known at *made_at*.

    *version* is the one whose rota is judged, None for the rota in force now; *versions* brought
    its shifts, the newest first, and *overrides* take-overs lie on top of them.
    """

    line: Line
    span: Interval
    version: Version | None
    versions: tuple[Version, ...]
    overrides: int
    people: tuple[PersonsRest, ...]
    made_at: datetime

    @property
    def terms(self) -> tuple[WorkingTime, ...]:
        """Everything that a day or a week was judged by, in the order it is met."""
        met = (p.terms for person in self.people for p in (*person.days, *person.weeks))
        return tuple(dict.fromkeys(met))

    @property
    def by_rule(self) -> Mapping[str, int]:
        """How many findings there are of each rule, R1 first."""
        found = Counter(f.rule for person in self.people for f in person.findings)
        return dict(sorted(found.items(), key=lambda item: int(item[0].removeprefix("R"))))


def of_version(
    connection: sa.Connection, organisation: Organisation, line: Line, number: int, now: datetime
) -> RestReport:
    """
    The rest under the rota as the version with that *number* published it, in the time it is about.

    Absences and call-outs are those known *now*, whatever was known then.

    Raises:
        NotFound: the line has no such version.
    """
    version = rota_versions.one(connection, line.id, number)
    span = rota_versions.span_of(connection, number)
    return _report(connection, organisation, line, span, version, now)


def of_span(
    connection: sa.Connection, organisation: Organisation, line: Line, span: Interval, now: datetime
) -> RestReport:
    """The rest under the rota in force now, in the days and weeks that *span* touches."""
    return _report(connection, organisation, line, span, None, now)


def _report(
    connection: sa.Connection,
    organisation: Organisation,
    line: Line,
    span: Interval,
    version: Version | None,
    now: datetime,
) -> RestReport:
    around = Interval(span.start - AROUND, span.end + _AFTER)
    as_of = None if version is None else version.signed.at
    shifts = stored_rota.in_force(connection, line.id, around, as_of)
    others = besides(connection, organisation, line.id, around, now)
    reasons = ledger.reasons(connection, around.start)
    return RestReport(
        line,
        span,
        version,
        rota_versions.made_by(connection, line.id, span, version),
        len(stored_rota.overrides_of(connection, line.id, span, as_of)),
        tuple(
            _rest_of(
                organisation, work, span, now, {s for who, s in reasons if who == work.therapist}
            )
            for work in works(organisation, _people(shifts, others, span), shifts, others)
        ),
        now,
    )


def _people(shifts: Collection[Shift], others: Besides, span: Interval) -> set[TherapistId]:
    on_duty = {shift.therapist for shift in shifts if shift.time.overlap(span) is not None}
    return on_duty | {who for who, times in others.callouts.items() if inside(times, span)}


def _rest_of(
    organisation: Organisation,
    work: Work,
    span: Interval,
    now: datetime,
    with_reason: Collection[datetime],
) -> PersonsRest:
    found, owed = list(findings(work, span)), []
    past = Interval(span.start, min(span.end, now)) if span.start < now else None
    if past is not None:
        found.extend(debt_findings(work, past, now, with_reason))
        for debt in debts(work, past):
            has_reason = debt.period.start in with_reason
            owed.append(Owed(debt, debt.standing(now, has_reason=has_reason), has_reason))
    days_off = tuple(_days_off(work, span))
    taken = sum(day < now.astimezone(work.zone).date() for day in days_off)
    return PersonsRest(
        work.therapist,
        tuple(_employed(organisation, work, daily_rests(work, span))),
        tuple(_employed(organisation, work, weekly_rests(work, span))),
        tuple(sorted(found, key=lambda f: (f.period, f.rule))),
        tuple(owed),
        taken,
        len(days_off) - taken,
    )


def _days_off(work: Work, span: Interval) -> Iterator[date]:
    times = [a.time for a in work.absences if a.kind is AbsenceKind.COMPENSATION]
    first, last = (edge.astimezone(work.zone).date() for edge in (span.start, span.end))
    return (day for day in dates(first, last) if is_away(times, day, work.zone))


def _employed(
    organisation: Organisation, work: Work, periods: Iterator[RestPeriod]
) -> Iterator[RestPeriod]:
    """The periods in which somebody is there at all; of somebody unknown, every one."""
    known = organisation.therapists.get(work.therapist)
    for one in periods:
        edges = (one.period.start, one.period.end - timedelta.resolution)
        on = Validity(*(edge.astimezone(work.zone).date() for edge in edges))
        if known is None or known.active.overlaps(on):
            yield one
