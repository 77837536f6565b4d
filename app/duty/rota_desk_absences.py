"""Absences at a desk: each therapist's own, and a manager's for the staff of the own district."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.duty.gate import Gate, NotAllowed
from app.duty.rota_desk import is_own_staff
from app.intake.absence_file import absences_in
from app.store import absences
from app.store import rota as stored_rota
from app.store.absences import Change
from routing.absence import Absence, AbsenceKind
from routing.access import Denial, Office
from routing.errors import Conflict, InvalidInput, NotFound, Place
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Shift

_SEEN = timedelta(days=550)
_LONGEST = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file says: the absences in it, each fault, and which duties it would collide with."""

    absences: tuple[Absence, ...]
    faults: tuple[InvalidInput, ...]
    collisions: tuple[tuple[Line, Shift], ...] = ()


def shown(gate: Gate, since: datetime) -> tuple[Absence, ...]:
    """
    The absences that last beyond *since*: one's own, or those of a manager's own district's staff.

    Raises:
        NotAllowed: neither therapist nor manager.
    """
    mine = _mine(gate)
    found = absences.within(gate.connection, Interval(since, gate.now + _SEEN))
    return tuple(a for a in found if a.therapist in mine)


def staff(gate: Gate) -> tuple[TherapistId, ...]:
    """Whose absences the viewer keeps, by name."""
    mine = _mine(gate)
    known = gate.organisation.therapists
    return tuple(sorted(mine, key=lambda who: known[who].name))


def add(
    gate: Gate, line: Line, who: str, time: Interval, kind: str
) -> tuple[tuple[Line, Shift], ...]:
    """
    Keep that somebody is away; returns the duties that this collides with, on every line.

    Args:
        line: whose clocks the time was read by.

    Raises:
        NotAllowed: it is nobody whose absences the viewer keeps.
        InvalidInput: no such reason, or longer than two years, or over already.
        Conflict: it is kept already, or overlaps one that is.
    """
    therapist = TherapistId(who)
    if therapist not in _mine(gate):
        raise NotAllowed(Denial.NOT_YOUR_DISTRICT)
    if kind not in set(AbsenceKind):
        raise InvalidInput(f"must be one of {', '.join(AbsenceKind)}", Place("kind"))
    if time.length > _LONGEST:
        raise InvalidInput("is more than two years", Place("ends"))
    if gate.viewer.office is Office.THERAPIST and line.today(time.start) < line.today(gate.now):
        raise InvalidInput("is past: a manager keeps what has been", Place("starts"))
    there = absences.within(gate.connection, time)
    if any(a.therapist == therapist for a in there):
        raise Conflict("there is an absence for some of it already")
    new = Absence(time, therapist, AbsenceKind(kind))
    absences.add(gate.connection, [new])
    return collisions(gate, [new])


def remove(gate: Gate, gone: Absence) -> None:
    """
    Drop an absence; what has begun, only a manager does.

    Raises:
        NotAllowed: it is nobody whose absences the viewer keeps.
        Conflict: it has begun, and the viewer is no manager.
        NotFound: there is none such.
    """
    if gone.therapist not in _mine(gate):
        raise NotAllowed(Denial.NOT_YOUR_DISTRICT)
    if gate.viewer.office is Office.THERAPIST and gone.time.start <= gate.now:
        raise Conflict("it has begun: a manager removes it")
    if not absences.remove(gate.connection, gone):
        raise NotFound("there is no such absence")


def preview(gate: Gate, file: str, content: bytes) -> Preview:
    """
    What *content* would bring, and every fault in it; nothing is kept.

    Raises:
        NotAllowed: only managers bring files.
        InvalidInput: it is no such table at all.
    """
    if gate.viewer.office is not Office.MANAGER:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    found, faults = absences_in(file, content, _mine(gate), _zone(gate).zone)
    return Preview(found, faults, collisions(gate, found))


def bring(gate: Gate, file: str, content: bytes) -> Change:
    """
    Let a file be the truth for the people it names, from its first start to its last end.

    Raises:
        NotAllowed, InvalidInput: as `preview`; and for the first fault, since it is all or none.
    """
    read = preview(gate, file, content)
    if read.faults:
        raise read.faults[0]
    return absences.replace_span(gate.connection, read.absences)


def add_days_off(gate: Gate, days: Sequence[Absence]) -> int:
    """
    Keep the days off that a proposal needs, of the viewer's own staff; how many were new.

    Raises:
        NotAllowed: only managers do.
    """
    if gate.viewer.office is not Office.MANAGER:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    mine = _mine(gate)
    return absences.add(gate.connection, [day for day in days if day.therapist in mine])


def collisions(gate: Gate, new: Sequence[Absence]) -> tuple[tuple[Line, Shift], ...]:
    """The duties still to come that *new* absences lie on, R9."""
    coming = [a for a in new if a.time.end > gate.now]
    if not coming:
        return ()
    span = Interval(min(a.time.start for a in coming), max(a.time.end for a in coming))
    return tuple(
        (line, shift)
        for line in gate.organisation.lines.values()
        for shift in stored_rota.in_force(gate.connection, line.id, span)
        if shift.time.end > gate.now
        and any(
            a.therapist == shift.therapist and a.time.overlap(shift.time) is not None
            for a in coming
        )
    )


def _mine(gate: Gate) -> frozenset[TherapistId]:
    viewer, known = gate.viewer, gate.organisation.therapists
    match viewer.office:
        case Office.THERAPIST:
            return frozenset({TherapistId(viewer.id)} & known.keys())
        case Office.MANAGER:
            return frozenset(t.id for t in known.values() if is_own_staff(gate, t))
        case _:
            raise NotAllowed(Denial.NOT_YOUR_OFFICE)


def _zone(gate: Gate) -> Line:
    return next(iter(gate.organisation.lines.values()))
