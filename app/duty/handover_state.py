"""What becomes of a handover: opened, acknowledged, transferred, closed; and chased until it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.duty.gate import Gate, Item, NotAllowed
from app.duty.handover import Desk, told_of
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import contacts, handovers, readings
from app.store.database import reading
from app.store.handovers import Handover
from app.store.outbox import By, Letter
from app.store.readings import Reading
from routing.access import Act, Matter, denied
from routing.contact import Outcome
from routing.errors import NotFound
from routing.handover import HandoverState
from routing.ids import HandoverId
from routing.note import Urgency, without_note
from routing.organisation import Line, Organisation

log = structlog.get_logger()

REMINDED, ESCALATED = "reminded", "escalated"
_REMIND_AFTER, _ESCALATE_AFTER = timedelta(minutes=30), timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Agenda:
    """One handover as it is read at the meeting: what is urgent first."""

    handover: Handover
    items: tuple[Item, ...]
    without_note: frozenset[str]  # the contacts whose therapist has not written yet


def agenda(gate: Gate, handover: HandoverId) -> Agenda:
    """
    *handover*, for a therapist of its district; opening it is a state, and stands in the log.

    Raises:
        NotFound: there is no such handover.
        NotAllowed: it is another district's.
    """
    found = _allowed(gate, handover, Act.READ)
    facts = contacts.of_ids(gate.connection, found.contacts)
    items, _ = gate.items(facts, Act.READ, handover)
    handovers.advance(gate.connection, handover, HandoverState.OPENED, gate.viewer.id, gate.now)
    lacking = without_note(facts, {item.contact for item in items if item.note is not None})
    ids = frozenset(contact.id for contact in lacking)
    return Agenda(_again(gate, handover), tuple(sorted(items, key=_order)), ids)


def reach(gate: Gate, handover: HandoverId, state: HandoverState) -> bool:
    """
    Let *handover* be acknowledged, transferred or closed by the viewer; false if it was before.

    Source: docs/architecture.md, promise 5: acknowledged by a named person of that district.

    Raises:
        NotFound, NotAllowed: as `agenda`.
        Conflict: it cannot come there yet.
    """
    _allowed(gate, handover, Act.ACKNOWLEDGE)
    return handovers.advance(gate.connection, handover, state, gate.viewer.id, gate.now)


def chase_handovers(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Remind of handovers that nobody has acknowledged, and then tell the managers; how many were.

    Half an hour after they were due, and an hour after.  Each is claimed by a row that only one
    clock can add, and the letters are rows of the same transaction.
    """
    with reading(desk.engine) as connection:
        late = handovers.unacknowledged(connection, now - _REMIND_AFTER)
    chased = 0
    for handover in late:
        line = organisation.lines.get(handover.line)
        if line is None:
            continue
        steps = [(REMINDED, _reminders)]
        if now >= handover.due_at + _ESCALATE_AFTER:
            steps.append((ESCALATED, _to_managers))
        for event, letters in steps:
            with desk.engine.begin() as connection:
                if handovers.claim_event(connection, handover.id, event, None, now):
                    post(connection, desk, letters(desk, organisation, line, handover, now), now)
                    log.warning("handover.late", handover=handover.id, told=event)
                    chased += 1
    return chased


def _reminders(
    desk: Desk, organisation: Organisation, line: Line, handover: Handover, now: datetime
) -> Iterator[Letter]:
    body = phrases(FIRST).written["handover_reminder"].format(address=f"{desk.public_url}/")
    for therapist in told_of(organisation, line, handover.district, now):
        if therapist.phone is not None:  # it is day by now, and a text is read sooner
            key = f"handover/{handover.id}/{REMINDED}/{therapist.id}"
            yield Letter(key, By.TEXT, line.id, therapist.phone.e164, body)


def _to_managers(
    desk: Desk, organisation: Organisation, line: Line, handover: Handover, now: datetime
) -> Iterator[Letter]:
    body = phrases(FIRST).written["handover_late"].format(address=f"{desk.public_url}/")
    today = line.today(now)
    for manager in organisation.managers:
        if organisation.current(manager.district, today) != handover.district:
            continue
        key = f"handover/{handover.id}/{ESCALATED}/{manager.id}"
        if manager.phone is not None:
            yield Letter(key, By.TEXT, line.id, manager.phone.e164, body)
        elif manager.email is not None and desk.mails:
            yield Letter(key, By.MAIL, line.id, manager.email, body)


def _allowed(gate: Gate, handover: HandoverId, act: Act) -> Handover:
    found = handovers.one(gate.connection, handover)
    line = gate.organisation.lines.get(found.line) if found is not None else None
    if found is None or line is None:
        raise NotFound("there is no such handover")
    matter = Matter(line, home=found.district, handover=found.state)
    why = denied(gate.viewer, act, matter, gate.organisation, gate.now)
    made = Reading(gate.viewer, act, gate.now, found.district, None, handover, why)
    readings.add(gate.connection, [made])
    if why is not None:
        raise NotAllowed(why)
    return found


def _again(gate: Gate, handover: HandoverId) -> Handover:
    found = handovers.one(gate.connection, handover)
    if found is None:
        raise NotFound("there is no such handover")
    return found


def _order(item: Item) -> tuple[int, bool, bool, datetime, str]:
    """Urgent first, then broken agreements, then calls that nobody took, then by time."""
    note, facts = item.note, item.facts
    ranks = {Urgency.AT_ONCE: 0, Urgency.URGENT: 1, Urgency.NORMAL: 2}
    urgency = ranks[note.urgency] if note is not None else ranks[Urgency.NORMAL]
    is_broken = note is not None and note.broken_agreement
    was_missed = facts.outcome in {Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED}
    return urgency, not is_broken, not was_missed, facts.received_at, facts.id
