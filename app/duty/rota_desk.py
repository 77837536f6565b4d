"""A line's rota as people look at it: day by day, with what has changed hands and what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa

from app.duty.gate import Gate, NotAllowed
from app.duty.rota_findings import rota_findings
from app.store import rota as stored_rota
from app.store import rota_history, rota_versions, swaps, watched
from app.store.rota_history import Version
from routing.access import Office
from routing.errors import NotFound
from routing.finding import Finding
from routing.ids import LineId, SwapId, TherapistId
from routing.intervals import Interval, gaps
from routing.organisation import Line, Therapist
from routing.override import Override
from routing.rota import Shift
from routing.rota_rights import RotaAct, rota_denied
from routing.swap import Slot, Swap
from routing.work import A_DAY, dates, midnight

_LATEST = 40  # versions in the list
_A_MOMENT = timedelta.resolution


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A stretch of one position on one day; *therapist* is None for nobody while the line is open.

    What *is_on_top* was taken over or swapped: *instead_of* is who has it by what is published,
    and *swap* the swap that put it there.  *offered* is the swap in which it is offered to others.
    *was* is who has it today, where a draft would change that.
    """

    slot: Slot
    therapist: TherapistId | None
    instead_of: TherapistId | None = None
    swap: SwapId | None = None
    offered: SwapId | None = None
    is_on_top: bool = False
    is_changed: bool = False
    was: tuple[TherapistId, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """One date on the line's own calendar: when it is open, and who has what."""

    day: date
    open: tuple[Interval, ...]
    pieces: tuple[Piece, ...]

    def of(self, position: int) -> tuple[Piece, ...]:
        """What lies in one position, in order."""
        return tuple(piece for piece in self.pieces if piece.slot.position == position)

    @property
    def has_gap(self) -> bool:
        return any(piece.therapist is None for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The rota of *line* in *span*, and what is wrong with it there."""

    line: Line
    span: Interval
    days: tuple[Day, ...]
    findings: tuple[Finding, ...]

    def findings_on(self, day: date) -> tuple[Finding, ...]:
        """What is wrong on that date, or in a time that holds it."""
        whole = whole_days(self.line, day, day)
        return tuple(
            f
            for f in self.findings
            if f.starts_at is not None and f.ends_at is not None and _touch(f, whole)
        )


def line_for(gate: Gate, line_id: str, act: RotaAct = RotaAct.SEE) -> Line:
    """
    The line with that id, for *act*.

    Raises:
        NotFound: there is no such line.
        NotAllowed: it is not the viewer's to do.
    """
    line = gate.organisation.lines.get(LineId(line_id))
    if line is None:
        raise NotFound("there is no such line")
    why = rota_denied(gate.viewer, act, line, gate.organisation, gate.now)
    if why is not None:
        raise NotAllowed(why)
    return line


def lines_for(gate: Gate, act: RotaAct = RotaAct.SEE) -> tuple[Line, ...]:
    """The lines whose rota the viewer may see, or do *act* with."""
    return tuple(
        line
        for line in gate.organisation.lines.values()
        if rota_denied(gate.viewer, act, line, gate.organisation, gate.now) is None
    )


def may(gate: Gate, line: Line, act: RotaAct) -> bool:
    """Whether the viewer may do *act* with the rota of *line*."""
    return rota_denied(gate.viewer, act, line, gate.organisation, gate.now) is None


def is_own_staff(gate: Gate, therapist: Therapist | None) -> bool:
    """Whether the viewer's own district employs *therapist*, as districts are today."""
    lines = gate.organisation.lines.values()
    if therapist is None or not lines:
        return False
    today = next(iter(lines)).today(gate.now)
    current = gate.organisation.current
    return current(therapist.district, today) == current(gate.viewer.district, today)


def whole_days(line: Line, first: date, last: date) -> Interval:
    """The time of all dates from *first* to *last*, both included."""
    return Interval(midnight(first, line.zone), midnight(last + A_DAY, line.zone))


def calendar(gate: Gate, line: Line, span: Interval) -> Calendar:
    """What is in force in *span*, which is of whole days."""
    connection = gate.connection
    shifts = stored_rota.in_force(connection, line.id, span)
    days = days_of(line, shifts, span)
    found = rota_findings(connection, gate.organisation, line, span, gate.now)
    lying = stored_rota.published(connection, line.id, span)
    days = marked(connection, line, days, span, lying)
    return Calendar(line, span, days, for_viewer(gate, found))


def days_of(line: Line, shifts: Iterable[Shift], span: Interval) -> tuple[Day, ...]:
    """*shifts* laid out on the dates of *span*, with a piece for each gap in the open hours."""
    held = tuple(shifts)
    found = []
    for day in _dates(line, span):
        whole = whole_days(line, day, day)
        opened = line.hours.within(whole)
        pieces = [
            Piece(Slot(time, shift.position), shift.therapist)
            for shift in held
            if (time := shift.time.overlap(whole)) is not None
        ]
        for position in range(1, line.positions + 1):
            there = [s.time for s in held if s.position == position]
            pieces.extend(Piece(Slot(gap, position), None) for gap in gaps(there, opened))
        ordered = sorted(pieces, key=lambda p: (p.slot.position, p.slot.time, p.therapist or ""))
        found.append(Day(day, opened, tuple(ordered)))
    return tuple(found)


def for_viewer(gate: Gate, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those of *found* that are the viewer's to know: a therapist's own, and what is nobody's."""
    if gate.viewer.office is Office.MANAGER:
        return tuple(found)
    return tuple(f for f in found if f.therapist is None or f.therapist == gate.viewer.id)


def source_findings(gate: Gate, line: Line) -> tuple[Finding, ...]:
    """What is wrong with the place that the rota is read from, as the clock last saw it."""
    kept = watched.still_open(gate.connection, line.id)
    return tuple(one.finding for one in kept if one.finding.starts_at is None)


@dataclass(frozen=True, slots=True)
class Told:
    """A version, the time it is about, and what it changed of what was published before."""

    version: Version
    span: Interval
    changes: tuple["Change", ...]


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A stretch of one position that goes from some people to others; none is nobody."""

    slot: Slot
    before: tuple[TherapistId, ...]
    after: tuple[TherapistId, ...]


def versions(gate: Gate, line: Line) -> tuple[Version, ...]:
    """The latest changes that were published, the newest first."""
    return rota_history.versions(gate.connection, line.id, _LATEST)


def version(gate: Gate, line: Line, number: int) -> Told:
    """
    What the version with that number changed.

    Raises:
        NotFound: the line has no such version.
    """
    connection = gate.connection
    one = rota_versions.one(connection, line.id, number)
    span = rota_versions.span_of(connection, number)
    at = one.signed.at
    before = stored_rota.published(connection, line.id, span, at - _A_MOMENT)
    after = stored_rota.published(connection, line.id, span, at)
    return Told(one, span, changes(before, after, span))


def changes(before: Iterable[Shift], after: Iterable[Shift], span: Interval) -> tuple[Change, ...]:
    """What is different in *span*, each stretch as long as it can be, in order."""
    old, new = tuple(before), tuple(after)
    found: list[Change] = []
    for position in sorted({shift.position for shift in (*old, *new)}):
        here = [s for s in (*old, *new) if s.position == position]
        edges = {edge for s in here for edge in (s.time.start, s.time.end)}
        cuts = sorted({span.start, span.end, *(e for e in edges if e in span)})
        for start, end in pairwise(cuts):
            one = _change(Slot(Interval(start, end), position), old, new)
            if one.before == one.after:
                continue
            last = found[-1] if found else None
            if last is not None and _continues(last, one):
                time = Interval(last.slot.time.start, end)
                found[-1] = replace(one, slot=Slot(time, position))
            else:
                found.append(one)
    return tuple(sorted(found))


def duties(shifts: Iterable[Shift], after: datetime) -> tuple[Shift, ...]:
    """The shifts that end after a moment, those of one person in one position joined that touch."""
    joined: list[Shift] = []
    by_place = sorted(shifts, key=lambda s: (s.position, s.therapist, s.time))
    for shift in by_place:
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.position, last.therapist) == (shift.position, shift.therapist)
            and shift.time.start <= last.time.end
        ):
            end = max(last.time.end, shift.time.end)
            joined[-1] = replace(last, time=Interval(last.time.start, end))
        else:
            joined.append(shift)
    return tuple(sorted(shift for shift in joined if shift.time.end > after))


def _change(slot: Slot, old: Sequence[Shift], new: Sequence[Shift]) -> Change:
    def there(shifts: Sequence[Shift]) -> tuple[TherapistId, ...]:
        at = slot.time.start
        held = {s.therapist for s in shifts if s.position == slot.position and at in s.time}
        return tuple(sorted(held))

    return Change(slot, there(old), there(new))


def _continues(last: Change, one: Change) -> bool:
    same = (last.before, last.after, last.slot.position)
    touches = last.slot.time.end == one.slot.time.start
    return touches and same == (one.before, one.after, one.slot.position)


def marked(
    connection: sa.Connection,
    line: Line,
    days: Iterable[Day],
    span: Interval,
    lying: Sequence[Shift],
) -> tuple[Day, ...]:
    """*days*, with what lies on top of *lying*, and what is offered to others."""
    laid = stored_rota.overrides_of(connection, line.id, span)
    standing = swaps.standing(connection, line.id, span.start)
    offered = [kept.swap for kept in swaps.open_ones(connection, line.id)]
    return tuple(
        replace(day, pieces=tuple(_mark(p, lying, laid, standing, offered) for p in day.pieces))
        for day in days
    )


def _mark(
    piece: Piece,
    lying: Iterable[Shift],
    laid: Iterable[Override],
    standing: Iterable[Swap],
    offered: Iterable[Swap],
) -> Piece:
    slot, who = piece.slot, piece.therapist
    asks = next(
        (s.id for s in offered if s.terms.giver == who and s.terms.slot.overlaps(slot)), None
    )
    on_top = [o for o in laid if o.therapist == who and Slot(o.time, o.position).overlaps(slot)]
    if not on_top:
        return replace(piece, offered=asks)
    there = [s.therapist for s in lying if Slot(s.time, s.position).overlaps(slot)]
    if who in there:
        return replace(piece, offered=asks)  # she has it by what is published, too
    swap = next(
        (s.id for s in reversed(tuple(standing)) if who is not None and _put(s, who, slot)), None
    )
    before = there[0] if there else None
    return replace(piece, instead_of=before, swap=swap, offered=asks, is_on_top=True)


def _put(swap: Swap, who: TherapistId, slot: Slot) -> bool:
    """Whether *swap* is why *who* has *slot*."""
    made = swap.terms.effect(swap.taker or TherapistId(""))
    return any(o.therapist == who and Slot(o.time, o.position).overlaps(slot) for o in made)


def _dates(line: Line, span: Interval) -> Iterable[date]:
    return dates(line.today(span.start), line.today(span.end - _A_MOMENT))


def _touch(finding: Finding, whole: Interval) -> bool:
    return bool(
        finding.starts_at is not None
        and finding.ends_at is not None
        and finding.starts_at < whole.end
        and whole.start < finding.ends_at
    )
