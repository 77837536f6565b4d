"""Swaps at a desk: what a viewer may do about each, and what taking a duty would do to her rest."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.duty import swap_offers, swaps
from app.duty.gate import Gate, NotAllowed
from app.duty.handover import Desk
from app.duty.rota_desk import duties, for_viewer, line_for, lines_for
from app.duty.swap_check import RotaNow, candidates, manager_among, undoing
from app.duty.swap_offers import Offered
from app.duty.swaps import Done
from app.store import rota as stored_rota
from app.store import swaps as stored
from app.store.swaps import Event
from routing.access import Denial, Office
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Shift
from routing.rota_rights import RotaAct
from routing.swap import Slot, State, Swap, Terms, duty_at, part_of
from routing.swap_rules import Candidate, Obstacle

_AHEAD = timedelta(days=180)
_BACK = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Seen:
    """A swap and what the viewer may do about it now."""

    line: Line
    swap: Swap
    may_answer: bool = False
    may_withdraw: bool = False
    may_undo: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """
    One swap with its history, and what it would meet: *taking* for whoever may take it.

    *undone* is what undoing it would meet.
    """

    seen: Seen
    told: tuple[Event, ...]
    taking: Candidate | None = None
    undone: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that may change hands."""

    line: Line
    shift: Shift


def listed(gate: Gate) -> tuple[Seen, ...]:
    """
    The swaps that are not over, and concern the viewer; all of a line for its managers.

    Raises:
        NotAllowed: neither therapist nor manager.
    """
    return tuple(
        _seen(gate, line, swap)
        for line in _lines(gate)
        for swap in stored.of_line(gate.connection, line.id, ending_after=gate.now - _BACK)
        if gate.viewer.office is Office.MANAGER or _concerns(swap, gate.viewer.id)
    )


def opened(gate: Gate, line_id: str, number: int) -> Opened:
    """
    One swap, and what it would do to the rest of everyone in it.

    Raises:
        NotFound: there is no such swap.
        NotAllowed: it does not concern the viewer.
    """
    line = _line(gate, line_id)
    swap = stored.one(gate.connection, line.id, number)
    if gate.viewer.office is not Office.MANAGER and not _concerns(swap, gate.viewer.id):
        raise NotAllowed(Denial.NOT_YOUR_CONTACT)
    seen = _seen(gate, line, swap)
    told = _told(gate, line, swap)
    taking = undone = None
    if seen.may_answer:
        (found,) = candidates(rota_now(gate, line), swap.terms, [TherapistId(gate.viewer.id)])
        taking = to_show(gate, found)
    if seen.may_undo and swap.taker is not None:
        undone = to_show(gate, undoing(rota_now(gate, line), swap.terms, swap.taker))
    return Opened(seen, told, taking, undone)


def duties_of(gate: Gate, therapist: TherapistId | None = None) -> tuple[Duty, ...]:
    """The coming duties of the viewer, or of one or all therapists for managers."""
    span = Interval(gate.now, gate.now + _AHEAD)
    found = (
        Duty(line, shift)
        for line in _lines(gate)
        for shift in duties(stored_rota.in_force(gate.connection, line.id, span), gate.now)
        if therapist is None or shift.therapist == therapist
    )
    return tuple(sorted(found, key=lambda duty: duty.shift))


def asking(
    gate: Gate,
    line_id: str,
    giver: str,
    at: datetime,
    position: int,
    part: tuple[datetime | None, datetime | None] = (None, None),
) -> tuple[Terms, tuple[Candidate, ...]]:
    """
    What giving a duty away would mean, and what it would meet with each colleague.

    Raises:
        NotFound, NotAllowed: no such line, or not the viewer's to offer.
        InvalidInput: the part lies outside the duty.
        SwapRefused: the giver has no duty then.
    """
    line = _line(gate, line_id)
    _check_giver(gate, giver)
    rota = rota_now(gate, line)
    terms = _terms(rota, giver, at, position, part)
    return terms, tuple(to_show(gate, one) for one in candidates(rota, terms))


def offer(
    gate: Gate,
    desk: Desk,
    line_id: str,
    at: datetime,
    position: int,
    part: tuple[datetime | None, datetime | None],
    to: str | None,
) -> Offered:
    """
    Offer the viewer's own duty, or a part of it, to one colleague or to everybody who may take it.

    Raises:
        NotFound, NotAllowed, InvalidInput, SwapRefused: as `asking` and `swap_offers.offer`.
    """
    line = _line(gate, line_id)
    if gate.viewer.office is not Office.THERAPIST:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    rota = rota_now(gate, line)
    terms = _terms(rota, gate.viewer.id, at, position, part)
    return swap_offers.offer(rota, desk, terms, TherapistId(to) if to else None)


def arrange(
    gate: Gate,
    desk: Desk,
    line_id: str,
    giver: str,
    at: datetime,
    position: int,
    part: tuple[datetime | None, datetime | None],
    taker: str,
    reason: str,
) -> Done:
    """
    Let a manager decide that *taker* has it from now on, for a *reason* that is kept.

    Raises:
        NotFound, NotAllowed, InvalidInput, SwapRefused: as `asking` and `swaps.arrange`.
    """
    line = line_for(gate, line_id, RotaAct.CHANGE)
    rota = rota_now(gate, line)
    terms = _terms(rota, giver, at, position, part)
    return swaps.arrange(rota, desk, terms, TherapistId(taker), gate.viewer.id, reason)


def accept(gate: Gate, desk: Desk, line_id: str, number: int) -> Done:
    """Take what was offered to the viewer; raises as `swaps.accept`."""
    rota = rota_now(gate, _line(gate, line_id))
    return swaps.accept(rota, desk, number, TherapistId(gate.viewer.id))


def decline(gate: Gate, desk: Desk, line_id: str, number: int) -> Swap:
    """Say no to what was offered to the viewer; raises as `swap_offers.decline`."""
    rota = rota_now(gate, _line(gate, line_id))
    return swap_offers.decline(rota, desk, number, TherapistId(gate.viewer.id))


def withdraw(gate: Gate, desk: Desk, line_id: str, number: int) -> Swap:
    """Take an offer back; raises as `swap_offers.withdraw`."""
    rota = rota_now(gate, _line(gate, line_id))
    return swap_offers.withdraw(rota, desk, number, gate.viewer.id)


def undo(gate: Gate, desk: Desk, line_id: str, number: int, reason: str) -> Done:
    """Let everybody have what she had before; raises as `swaps.undo`."""
    rota = rota_now(gate, _line(gate, line_id))
    return swaps.undo(rota, desk, number, gate.viewer.id, reason)


def rota_now(gate: Gate, line: Line) -> RotaNow:
    """The line's rota as the services of swaps see it."""
    return RotaNow(gate.connection, gate.organisation, line, gate.now)


def to_show(gate: Gate, one: Candidate) -> Candidate:
    """
    *one* as the viewer may see it: of a colleague's rest and leave a therapist learns nothing.

    That somebody stands in another position then is in the rota, which everybody sees.
    """
    if gate.viewer.office is Office.MANAGER:
        return one
    who = gate.viewer.id
    hindrances = tuple(
        h for h in one.hindrances if h.therapist == who or h.obstacle is Obstacle.ON_STANDBY
    )
    return replace(one, hindrances=hindrances, added=for_viewer(gate, one.added))


def _terms(
    rota: RotaNow,
    giver: str,
    at: datetime,
    position: int,
    part: tuple[datetime | None, datetime | None],
) -> Terms:
    who = TherapistId(giver)
    duty: Slot = duty_at(rota.near(at), who, at, position)
    return Terms(who, part_of(duty, *part))


def _seen(gate: Gate, line: Line, swap: Swap) -> Seen:
    viewer, is_open = gate.viewer, swap.state is State.PROPOSED
    has_begun = swap.terms.begins_at <= gate.now
    is_giver = viewer.office is Office.THERAPIST and swap.terms.giver == viewer.id
    people = [who for who in (swap.terms.giver, swap.taker) if who is not None]
    manages = viewer.office is Office.MANAGER
    rota = rota_now(gate, line)
    is_givers = manages and manager_among(rota, viewer.id, [swap.terms.giver]) is not None
    is_eithers = manages and manager_among(rota, viewer.id, people) is not None
    takes_back = is_giver and swap.terms.back is None
    return Seen(
        line,
        swap,
        may_answer=is_open
        and not has_begun
        and viewer.office is Office.THERAPIST
        and viewer.id in swap.waiting_for,
        may_withdraw=is_open and (is_giver or is_givers),
        may_undo=swap.state is State.ACCEPTED and not has_begun and (takes_back or is_eithers),
    )


def _told(gate: Gate, line: Line, swap: Swap) -> tuple[Event, ...]:
    """What was done about it; a reason may say that somebody is ill, and is for her manager."""
    told = stored.history(gate.connection, gate.cipher, [swap.id]).get(swap.id, ())
    people = [who for who in (swap.terms.giver, swap.taker) if who is not None]
    is_theirs = (
        gate.viewer.office is Office.MANAGER
        and manager_among(rota_now(gate, line), gate.viewer.id, people) is not None
    )
    return told if is_theirs else tuple(replace(event, reason=None) for event in told)


def _concerns(swap: Swap, who: str) -> bool:
    return who in {swap.terms.giver, swap.taker, *swap.asked}


def _check_giver(gate: Gate, giver: str) -> None:
    if gate.viewer.office is Office.THERAPIST and giver != gate.viewer.id:
        raise NotAllowed(Denial.NOT_YOUR_CONTACT)


def _line(gate: Gate, line_id: str) -> Line:
    line = line_for(gate, line_id)
    _check_office(gate)
    return line


def _lines(gate: Gate) -> Iterable[Line]:
    _check_office(gate)
    return lines_for(gate)


def _check_office(gate: Gate) -> None:
    if gate.viewer.office not in {Office.THERAPIST, Office.MANAGER}:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
