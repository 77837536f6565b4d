"""Drafts of a rota at a desk: made, changed, looked through, published or thrown away."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.duty.gate import Gate
from app.duty.ledger import besides
from app.duty.publishing import Published, publish_draft
from app.duty.rota_desk import (
    Calendar,
    Change,
    Day,
    Piece,
    changes,
    days_of,
    for_viewer,
    line_for,
    marked,
    whole_days,
)
from app.store import drafts, texts
from app.store import rota as stored_rota
from app.store.drafts import Draft
from app.store.rota import Signed
from rota_adapter.findings import check, in_order
from rota_adapter.rest_findings import AROUND, check_notice, check_rest
from routing.errors import Conflict, InvalidInput, Place
from routing.feed import FeedKind
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval, gaps
from routing.organisation import Line, Organisation
from routing.override import overlaid
from routing.rota import Rota, Shift
from routing.rota_rights import RotaAct
from routing.swap import Slot
from routing.work import A_DAY, A_WEEK

_LONGEST = 53 * A_WEEK
_FROM_A_SOURCE = frozenset(map(str, FeedKind))


class DraftMoved(Conflict):
    """Somebody else has changed the draft since it was looked at; nothing was changed."""

    code = "draft_moved"


@dataclass(frozen=True, slots=True)
class Lay:
    """Let *therapist* have *slot* in a draft, whoever had it; None leaves it to nobody."""

    slot: Slot
    therapist: TherapistId | None


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """
    A draft to look through: its calendar, what it would change, and what would be wrong then.

    *seen* names this state of it, so that nobody changes or publishes what somebody else has
    changed meanwhile.
    """

    draft: Draft
    calendar: Calendar
    changes: tuple[Change, ...]
    seen: str

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.calendar.findings if f.severity is Severity.ERROR)

    @property
    def is_of_a_source(self) -> bool:
        """Whether the next reading of a source replaces it, so that nobody changes it here."""
        return is_of_a_source(self.draft)


def is_of_a_source(draft: Draft) -> bool:
    """Whether a feed made it and will make it anew."""
    return draft.signed.author in _FROM_A_SOURCE


def listed(gate: Gate, line: Line) -> tuple[Draft, ...]:
    """The drafts of *line*, the oldest first."""
    return drafts.of_line(gate.connection, line.id)


def make(gate: Gate, line_id: str, first: date, last: date, note: str) -> int:
    """
    A new draft of what is in force from *first* to *last*, both included; returns its number.

    Raises:
        NotFound, NotAllowed: as `line_for`.
        InvalidInput: the dates are in the wrong order, or more than a year apart.
    """
    line = line_for(gate, line_id, RotaAct.CHANGE)
    if last < first:
        raise InvalidInput("is before the first", Place("last"))
    span = whole_days(line, first, last)
    if span.length > _LONGEST:
        raise InvalidInput("is more than a year after the first", Place("last"))
    shifts = stored_rota.in_force(gate.connection, line.id, span)
    signed = Signed(gate.viewer.id, note, gate.now)
    return drafts.keep(gate.connection, line.id, span, shifts, signed)


def open_draft(gate: Gate, line_id: str, number: int) -> OpenDraft:
    """
    The draft with that number, as it would be in force.

    Raises:
        NotFound: there is no such line or draft.
        NotAllowed: it is not the viewer's to see.
    """
    line = line_for(gate, line_id)
    draft = drafts.one(gate.connection, line.id, number)
    span = _days_of(line, draft.span)
    before = stored_rota.in_force(gate.connection, line.id, span)
    after = _after(gate, line, draft, span)
    made = changes(before, after, draft.span)
    days = marked(gate.connection, line, days_of(line, after, span), span, draft.shifts)
    days = tuple(_changed(day, made) for day in days)
    found = for_viewer(gate, findings(gate, line, draft))
    return OpenDraft(draft, Calendar(line, span, days, found), made, seen(draft))


def findings(gate: Gate, line: Line, draft: Draft) -> tuple[Finding, ...]:
    """What would be wrong with the rota of *line* in the draft's time, were it published now."""
    connection, organisation = gate.connection, gate.organisation
    around = Interval(draft.span.start - AROUND, draft.span.end + AROUND)
    shifts = _after(gate, line, draft, around)
    rota = Rota(line.id, shifts, source=stored_rota.KEPT_HERE, read_at=gate.now)
    others = besides(connection, organisation, line.id, around, gate.now)
    lying = set(stored_rota.published(connection, line.id, draft.span))
    coming = (shift for shift in draft.shifts if shift not in lying)
    found = (
        *check(organisation, line, rota, draft.span, texts.opted_out_staff(connection)),
        *check_rest(organisation, line, rota, draft.span, others),
        *check_notice(coming, gate.now),
    )
    return in_order(found, draft.span)


def change(
    gate: Gate, line_id: str, number: int, state: str, made: Sequence[Lay], note: str | None = None
) -> Draft:
    """
    Lay each of *made* in a draft, in order.

    Args:
        state: which state of the draft was looked at, as `OpenDraft.seen`.
        note: what the draft is to be called from now on; as before where None.

    Raises:
        NotFound, NotAllowed: as `open_draft`.
        DraftMoved: somebody else has changed it meanwhile.
        InvalidInput: somebody unknown, a position that there is not, a time outside the draft, or
            a draft that a source makes anew.
    """
    line, draft = _to_change(gate, line_id, number, state)
    if is_of_a_source(draft):
        raise InvalidInput("the next reading of the source replaces it", Place("draft"))
    for one in made:
        _check(line, gate.organisation, draft, one)
    shifts = draft.shifts
    for one in made:
        shifts = laid(shifts, one)
    signed = Signed(gate.viewer.id, draft.signed.note if note is None else note, gate.now)
    drafts.change(gate.connection, line.id, number, shifts, signed)
    return replace(draft, shifts=shifts, signed=signed)


def publish(
    gate: Gate, line_id: str, number: int, state: str, note: str, reason: str
) -> tuple[Draft, Published]:
    """
    Put the draft with that number in force.

    Raises:
        NotFound, NotAllowed: as `open_draft`.
        DraftMoved: somebody else has changed it since it was looked at.
        InvalidInput: it speaks of the past only.
        BreaksARule: a finding is an error and there is no *reason*; nothing may be committed.
    """
    line, _ = _to_change(gate, line_id, number, state)
    signed = Signed(gate.viewer.id, note.strip(), gate.now)
    why = reason.strip() or None
    return publish_draft(gate.connection, gate.organisation, line, number, signed, reason=why)


def discard(gate: Gate, line_id: str, number: int) -> None:
    """
    Throw the draft with that number away; nobody went by it.

    Raises:
        NotFound, NotAllowed: as `open_draft`.
    """
    line = line_for(gate, line_id, RotaAct.CHANGE)
    drafts.discard(gate.connection, line.id, number)


def a_week(line: Line, draft: Draft, monday: date, position: int) -> tuple[Slot, ...]:
    """The open hours of the week from *monday* in one position, as far as the draft reaches."""
    week = whole_days(line, monday, monday + A_WEEK - A_DAY).overlap(draft.span)
    return () if week is None else tuple(Slot(t, position) for t in line.hours.within(week))


def laid(shifts: Iterable[Shift], one: Lay) -> tuple[Shift, ...]:
    """*shifts* with what *one* says instead of whatever lay there."""
    slot = one.slot
    left = [
        replace(shift, time=time)
        for shift in shifts
        for time in (
            (shift.time,) if shift.position != slot.position else gaps([slot.time], [shift.time])
        )
    ]
    if one.therapist is not None:
        left.append(Shift(slot.time, slot.position, one.therapist))
    return tuple(sorted(left))


def seen(draft: Draft) -> str:
    """A name of what the draft says, the same for the same shifts."""
    lines = (
        f"{s.time.start.isoformat()} {s.time.end.isoformat()} {s.position} {s.therapist}\n"
        for s in sorted(draft.shifts)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def team(gate: Gate, line: Line, span: Interval) -> tuple[TherapistId, ...]:
    """Whom a position may be given to: the line's own people who are active at some time of it."""
    last = line.today(span.end)
    homes = {gate.organisation.current(d, last) for d in line.districts}
    first = max(line.today(span.start), line.today(gate.now)) if span.end > gate.now else last
    return tuple(
        t.id
        for t in sorted(gate.organisation.therapists.values(), key=lambda one: one.name)
        if gate.organisation.current(t.district, last) in homes
        and (first in t.active or last in t.active)
    )


def _to_change(gate: Gate, line_id: str, number: int, state: str) -> tuple[Line, Draft]:
    line = line_for(gate, line_id, RotaAct.CHANGE)
    stored_rota.lock(gate.connection, line.id)
    draft = drafts.one(gate.connection, line.id, number)
    if seen(draft) != state:
        raise DraftMoved("somebody else has changed the draft since it was looked at")
    return line, draft


def _check(line: Line, organisation: Organisation, draft: Draft, one: Lay) -> None:
    if one.therapist is not None and one.therapist not in organisation.therapists:
        raise InvalidInput("there is no such therapist", Place("therapist"))
    if not 1 <= one.slot.position <= line.positions:
        raise InvalidInput("there is no such position", Place("position"))
    if draft.span.overlap(one.slot.time) != one.slot.time:
        raise InvalidInput("lies outside the draft", Place("time"))


def _after(gate: Gate, line: Line, draft: Draft, around: Interval) -> tuple[Shift, ...]:
    """Who would be on standby in *around* if the draft were published: overrides stay on top."""
    outside = [
        replace(shift, time=time)
        for shift in stored_rota.published(gate.connection, line.id, around)
        for time in gaps([draft.span], [shift.time])
    ]
    inside = [
        replace(shift, time=time)
        for shift in draft.shifts
        if (time := shift.time.overlap(draft.span)) is not None
    ]
    laid_on = stored_rota.overrides_of(gate.connection, line.id, around)
    return overlaid((*outside, *inside), laid_on)


def _days_of(line: Line, span: Interval) -> Interval:
    return whole_days(line, line.today(span.start), line.today(span.end - timedelta.resolution))


def _changed(day: Day, made: Iterable[Change]) -> Day:
    pieces = tuple(_change_of(piece, made) for piece in day.pieces)
    return replace(day, pieces=pieces)


def _change_of(piece: Piece, made: Iterable[Change]) -> Piece:
    touching = [one for one in made if one.slot.overlaps(piece.slot)]
    if not touching:
        return piece
    was = dict.fromkeys(who for one in touching for who in one.before)
    return replace(piece, is_changed=True, was=tuple(was))
