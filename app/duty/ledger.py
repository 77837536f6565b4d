"""What everybody does as the rules of rest see it: duties, call-outs, absences, corrected."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import sqlalchemy as sa

from app.store import absences, contacts
from app.store import ledger as stored
from app.store import rota as stored_rota
from app.store.rights import Lift, lifted
from rota_adapter.rest_findings import Besides, works
from routing.absence import Absence
from routing.contact import LONGEST_CALL
from routing.ids import LineId, TherapistId
from routing.intervals import Interval, inside
from routing.ledger import call_outs, corrected
from routing.organisation import Organisation
from routing.rest_debts import Debt, Standing, debts
from routing.rota import Shift
from routing.work import Work

# A debt falls due when the series of duties is over, and fourteen days later at the latest.
_BEFORE, _AFTER = timedelta(days=2), timedelta(days=30)


def called_out(
    connection: sa.Connection, organisation: Organisation, span: Interval, now: datetime
) -> Mapping[TherapistId, tuple[Interval, ...]]:
    """Each person's call-outs in *span*, as the contacts say and people corrected."""
    # A call that began before the span may last into it.
    began, until = span.start - LONGEST_CALL, min(span.end, now)
    with lifted(connection, Lift.LEDGER):
        received = contacts.received_on(connection, organisation.lines.keys(), began, until)
    joined_within = organisation.working_time.at(span.start).joined_within
    said = (correction for correction, _ in stored.corrections_in(connection, span))
    found = corrected(call_outs(received, now, joined_within), said)
    cut = {therapist: inside(times, span) for therapist, times in found.items()}
    return {therapist: times for therapist, times in cut.items() if times}


def besides(
    connection: sa.Connection,
    organisation: Organisation,
    line: LineId,
    span: Interval,
    now: datetime,
) -> Besides:
    """What people do in *span* besides their duties on *line*."""
    elsewhere = stored_rota.in_force_on(connection, organisation.lines.keys() - {line}, span)
    past = Interval(span.start, min(span.end, now)) if span.start < now else None
    return Besides(
        absences.within(connection, span),
        {} if past is None else called_out(connection, organisation, past, now),
        tuple(shift for shifts in elsewhere.values() for shift in shifts),
    )


@dataclass(frozen=True)
class Everywhere:
    """What everybody does, on every line: for those who judge one line after another."""

    absences: tuple[Absence, ...]
    callouts: Mapping[TherapistId, tuple[Interval, ...]]
    rotas: Mapping[LineId, tuple[Shift, ...]]

    def besides(self, line: LineId, people: Collection[TherapistId]) -> Besides:
        """What *people* do besides their duties on *line*."""
        duties = (duty for who in people for duty in self._duties.get(who, ()))
        return Besides(
            tuple(absence for absence in self.absences if absence.therapist in people),
            {who: self.callouts[who] for who in people if who in self.callouts},
            tuple(sorted(shift for other, shift in duties if other != line)),
        )

    @cached_property
    def _duties(self) -> Mapping[TherapistId, Sequence[tuple[LineId, Shift]]]:
        duties: defaultdict[TherapistId, list[tuple[LineId, Shift]]] = defaultdict(list)
        for line, shifts in self.rotas.items():
            for shift in shifts:
                duties[shift.therapist].append((line, shift))
        return duties


def everywhere(
    connection: sa.Connection, organisation: Organisation, span: Interval, now: datetime
) -> Everywhere:
    """What everybody does in *span*, all lines asked at once."""
    past = Interval(span.start, min(span.end, now)) if span.start < now else None
    return Everywhere(
        absences.within(connection, span),
        {} if past is None else called_out(connection, organisation, past, now),
        stored_rota.in_force_on(connection, organisation.lines.keys(), span),
    )


@dataclass(frozen=True, slots=True)
class Owed:
    """A debt, how it stands now, and whether a reason to wait is on record."""

    debt: Debt
    standing: Standing
    has_reason: bool


def owed(
    connection: sa.Connection, organisation: Organisation, span: Interval, now: datetime
) -> tuple[Owed, ...]:
    """What the broken daily rests of *span* owe, on every line, in the order they were broken."""
    around = Interval(span.start - _BEFORE, span.end + _AFTER)
    with_reason = stored.reasons(connection, around.start)
    found = []
    for work in works_of_called(connection, organisation, around, now):
        for debt in debts(work, span):
            has_reason = (work.therapist, debt.period.start) in with_reason
            standing = debt.standing(now, has_reason=has_reason)
            found.append(Owed(debt, standing, has_reason))
    return tuple(sorted(found, key=lambda one: (one.debt.period, one.debt.therapist)))


def works_of_all(
    connection: sa.Connection, organisation: Organisation, span: Interval, now: datetime
) -> tuple[Work, ...]:
    """What everybody with a duty or a call-out in *span* did and will do in it, on every line."""
    called = called_out(connection, organisation, span, now)
    return _works(connection, organisation, span, called, None)


def works_of_called(
    connection: sa.Connection, organisation: Organisation, span: Interval, now: datetime
) -> tuple[Work, ...]:
    """As `works_of_all`, of those who were called out: nobody else's rest can be owed back."""
    called = called_out(connection, organisation, span, now)
    return _works(connection, organisation, span, called, called.keys()) if called else ()


def _works(
    connection: sa.Connection,
    organisation: Organisation,
    span: Interval,
    called: Mapping[TherapistId, tuple[Interval, ...]],
    whose: Collection[TherapistId] | None,
) -> tuple[Work, ...]:
    rotas = stored_rota.in_force_on(connection, organisation.lines.keys(), span)
    duties = [shift for shifts in rotas.values() for shift in shifts]
    people = {*called, *(shift.therapist for shift in duties)} if whose is None else whose
    away = Besides(absences.within(connection, span), called)
    return tuple(works(organisation, people, duties, away))
