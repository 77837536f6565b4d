"""What becomes of a handover: opened, acknowledged, transferred, closed; and chased until it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.duty.follow_up_handover import duty_ended, follow_ups_for
from app.duty.gate import Gate, Item, NotAllowed
from app.duty.handover import Desk, told_of
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import contacts, handovers, readings
from app.store.database import reading
from app.store.handovers import Handover
from app.store.outbox import By, Letter
from app.store.readings import Reading
from app.store.rights import Lift, lifted
from routing.access import Act, Denial, Matter, denied
from routing.contact import Outcome
from routing.errors import Conflict, NotFound
from routing.follow_up import FollowUp
from routing.handover import DONE, HandoverState
from routing.ids import HandoverId
from routing.note import Urgency, without_note
from routing.organisation import Line, Organisation

log = structlog.get_logger()

REMINDED, ESCALATED = "reminded", "escalated"
_REMIND_AFTER, _ESCALATE_AFTER = timedelta(minutes=30), timedelta(minutes=60)
_LOOK_BACK = timedelta(days=7)  # an older one is history, from before anybody was reminded

_NOBODY_TOOK = frozenset(
    {Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED, Outcome.UNDELIVERED}
)


@dataclass(frozen=True, slots=True)
class Agenda:
    """One handover as it is read at the meeting: what is urgent first."""

    handover: Handover
    items: tuple[Item, ...]
    without_note: frozenset[str]  # the contacts whose therapist has not written yet
    follow_ups: tuple[FollowUp, ...] = ()  # of that duty, in the order of their windows


def agenda(gate: Gate, handover: HandoverId) -> Agenda:
    """
    *handover*, for a therapist of its district; opening it is a state, and stands in the log.

    Raises:
        NotFound: there is no such handover.
        NotAllowed: it is another district's.
    """
    found = allowed(gate, handover, Act.READ)
    facts = contacts.of_ids(gate.connection, found.contacts)
    items, _ = gate.items(facts, Act.READ, handover)
    handovers.advance(gate.connection, handover, HandoverState.OPENED, gate.viewer.id, gate.now)
    lacking = without_note(facts, {item.contact for item in items if item.note is not None})
    ids = frozenset(contact.id for contact in lacking)
    return Agenda(
        _again(gate, handover),
        tuple(sorted(items, key=lambda item: _order(item, gate.now))),
        ids,
        _follow_ups(gate, found),
    )


def reach(gate: Gate, handover: HandoverId, state: HandoverState) -> bool:
    """
    Let *handover* be acknowledged, transferred or closed by the viewer; false if it was before.

    Source: docs/architecture.md, promise 5: acknowledged by a named person of that district.

    Raises:
        NotFound, NotAllowed: as `agenda`.
        Conflict: it cannot come there yet, or nobody of the district has read all of it.
    """
    found = allowed(gate, handover, Act.ACKNOWLEDGE)
    if state is HandoverState.ACKNOWLEDGED and found.state not in DONE:
        seen = readings.seen_in(gate.connection, handover)
        unseen = len(set(found.contacts) - seen)
        if unseen:
            raise Conflict(f"{unseen} of its contacts have not been read: open it first")
    return handovers.advance(gate.connection, handover, state, gate.viewer.id, gate.now)


def chase_handovers(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Remind of handovers that nobody has acknowledged, and then tell the managers; how many were.

    Half an hour after they were due, and an hour after.  Each is claimed by a row that only one
    clock can add, and the letters are rows of the same transaction.
    """
    with reading(desk.engine) as connection:
        late = handovers.unacknowledged(connection, now - _LOOK_BACK, now - _REMIND_AFTER)
        done = handovers.happened(connection, [handover.id for handover in late])
    chased = 0
    for handover in late:
        line = organisation.lines.get(handover.line)
        if line is None:
            continue
        steps = [(REMINDED, _reminders)]
        if now >= handover.due_at + _ESCALATE_AFTER:
            steps.append((ESCALATED, _to_managers))
        for event, letters in steps:
            if (handover.id, event) in done:
                continue
            with desk.engine.begin() as connection:
                if handovers.claim_event(connection, handover.id, event, None, now):
                    post(connection, desk, letters(desk, organisation, line, handover, now), now)
                    ids = list(handover.contacts)
                    log.warning("handover.late", handover=handover.id, told=event, contacts=ids)
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
    district = organisation.current(handover.district, today)
    for manager in organisation.managers:
        if organisation.current(manager.district, today) != district:
            continue
        key = f"handover/{handover.id}/{ESCALATED}/{manager.id}"
        if manager.phone is not None:
            yield Letter(key, By.TEXT, line.id, manager.phone.e164, body)
        elif manager.email is not None and desk.mails:
            yield Letter(key, By.MAIL, line.id, manager.email, body)


def allowed(gate: Gate, handover: HandoverId, act: Act) -> Handover:
    """
    *handover*, where the viewer may do *act* with it; asked for, and so in the reading log.

    Raises:
        NotFound: there is no such handover.
        NotAllowed: it is another district's, or for another office.
    """
    found, hidden = handovers.one(gate.connection, handover), None
    if found is None:
        # What the database holds back is judged all the same: that somebody tried is to be seen.
        with lifted(gate.connection, Lift.JUDGED):
            found, hidden = handovers.one(gate.connection, handover), Denial.NOT_YOUR_DISTRICT
    line = gate.organisation.lines.get(found.line) if found is not None else None
    if found is None or line is None:
        raise NotFound("there is no such handover")
    matter = Matter(line, home=found.district, handover=found.state)
    why = denied(gate.viewer, act, matter, gate.organisation, gate.now) or hidden
    made = Reading(gate.viewer, act, gate.now, found.district, None, handover, why)
    readings.add(gate.connection, [made])
    if why is not None:
        raise NotAllowed(why)
    return found


def _follow_ups(gate: Gate, handover: Handover) -> tuple[FollowUp, ...]:
    """Those of the duty, which its first part tells of."""
    line = gate.organisation.lines.get(handover.line)
    district = gate.organisation.districts.get(handover.district)
    if handover.part or line is None or district is None:
        return ()
    duty = duty_ended(gate.connection, line.id, handover.duty_ended_at)
    return follow_ups_for(gate.connection, gate.cipher, line, district, duty, gate.now)


def _again(gate: Gate, handover: HandoverId) -> Handover:
    found = handovers.one(gate.connection, handover)
    if found is None:
        raise NotFound("there is no such handover")
    return found


def _order(item: Item, now: datetime) -> tuple[int, bool, bool, datetime, str]:
    """Urgent first, then broken agreements, then what nobody took, then by time."""
    note, facts = item.note, item.facts
    ranks = {Urgency.AT_ONCE: 0, Urgency.URGENT: 1, Urgency.NORMAL: 2}
    urgency = ranks[note.urgency] if note is not None else ranks[Urgency.NORMAL]
    is_broken = note is not None and note.broken_agreement
    was_missed = facts.outcome_at(now) in _NOBODY_TOOK
    return urgency, not is_broken, not was_missed, facts.received_at, facts.id
