"""
What a therapist sees first, at night: who is on standby, and what still has to be done.

Nothing that was said is opened here, so it can be shown again and again.  Each contact in the lists
stands in the reading log, once in a quarter of an hour (`app.duty.gate`).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from app.duty import call_back, conversation
from app.duty import tonight_drafts as drafts
from app.duty.call_back import Ringing
from app.duty.conversation import Waiting
from app.duty.gate import Gate
from app.duty.sign_off import missing_notes
from app.duty.tonight_standby import LineNow, lines_of
from app.store import contacts, follow_ups, register
from app.store.rights import Lift, lifted
from app.store.tables import notes as notes_table
from routing.access import GRACE, Act
from routing.contact import Channel, Contact, Direction, Outcome
from routing.follow_up import GOING_ON, FollowUp, may_carry_out
from routing.ids import ClientId, ContactId, TherapistId
from routing.intervals import Interval
from routing.note import reaction_due
from routing.organisation import Line

_LOOK_BACK = timedelta(days=14)  # over holidays and closed days, as `app.duty.sign_off`
_FOLLOW_UPS_BACK, _FOLLOW_UPS_AHEAD = timedelta(hours=16), timedelta(hours=24)


class Need(StrEnum):
    """What a contact still needs, the most pressing first."""

    LOST = "lost"  # an answer of hers that did not get through
    ASSIGN = "assign"  # nobody has said whose the caller is
    NOTE = "note"
    REACT = "react"  # a broken agreement that nobody has met


_ORDER = tuple(Need)


@dataclass(frozen=True, slots=True)
class Row:
    """One contact of hers; *has_draft* where she has begun to write of it."""

    facts: Contact
    needs: tuple[Need, ...]
    react_by: datetime | None
    is_late: bool  # to react
    has_draft: bool
    protected: bool


@dataclass(frozen=True, slots=True)
class ToCall:
    """Somebody who waits to be called back, and what has become of her asking to be connected."""

    facts: Contact
    ringing: Ringing | None


@dataclass(frozen=True, slots=True)
class DueFollowUp:
    """A follow-up of this evening, and nothing of whom it is about."""

    task: FollowUp
    is_open: bool
    is_over: bool  # what came of it is still to be said


@dataclass(frozen=True, slots=True)
class Tonight:
    """Everything on the page."""

    lines: tuple[LineNow, ...]
    to_call: tuple[ToCall, ...]
    threads: tuple[Waiting, ...]
    follow_ups: tuple[DueFollowUp, ...]
    to_do: tuple[Row, ...]
    done: tuple[Row, ...]

    @property
    def left(self) -> int:
        """How many things wait for her."""
        unanswered = sum(thread.since is not None for thread in self.threads)
        due = sum(one.is_open for one in self.follow_ups)
        return len(self.to_call) + unanswered + due + len(self.to_do)

    @property
    def going_on(self) -> bool:
        """Whether something is under way or comes later, and waits for nobody now."""
        is_answered = any(thread.since is None for thread in self.threads)
        return is_answered or any(not one.is_open for one in self.follow_ups)

    def version(self, *more: object) -> str:
        """The same as long as nothing on the page has changed."""
        return hashlib.sha256(repr((self, more)).encode()).hexdigest()[:16]


def tonight(gate: Gate) -> Tonight:
    """The page of the viewer, who is a therapist, at the gate's moment."""
    lines = lines_of(gate)
    asked = call_back.ringing(gate)
    rows = _rows(gate, lines)
    return Tonight(
        lines=lines,
        to_call=tuple(
            ToCall(contact, asked.get(contact.id))
            for one in lines
            for contact in call_back.waiting_for(gate, one.line)
        ),
        threads=tuple(t for one in lines for t in conversation.waiting(gate, one.line.id)),
        follow_ups=tuple(f for one in lines for f in _follow_ups(gate, one)),
        to_do=tuple(row for row in rows if row.needs),
        done=tuple(row for row in rows if not row.needs),
    )


def is_protected(gate: Gate, found: Contact) -> bool:
    """Whether the register protects the one who sought help: then no reference is shown."""
    clients = () if found.caller.home is None else found.caller.label.split("/")
    with lifted(gate.connection, Lift.PROTECTED):
        return any(
            entry.protected
            for client in clients
            for entry in register.of_client(gate.connection, gate.cipher, ClientId(client))
        )


def _rows(gate: Gate, lines: Iterable[LineNow]) -> tuple[Row, ...]:
    """The contacts of her duty, and older ones that still need something; what needs more first."""
    me, now = TherapistId(gate.viewer.id), gate.now
    needs: dict[ContactId, list[Need]] = {}
    found: dict[ContactId, Contact] = {}
    for one in lines:
        recent = contacts.received_between(gate.connection, one.line.id, now - _LOOK_BACK, now)
        of_duty, asked = _since(one, now), set[str]()
        for contact in (one for one in recent if one.therapist == me):
            if contact.caller.home is None and contact.caller.label not in asked:
                # Once for each caller: `app.duty.contact_card` assigns the rest with it.
                asked.add(contact.caller.label)
                needs.setdefault(contact.id, []).append(Need.ASSIGN)
            if _was_lost(contact, now):
                needs.setdefault(contact.id, []).append(Need.LOST)
            if contact.id in needs or contact.received_at >= of_duty:
                found[contact.id] = contact
        for contact in missing_notes(gate.connection, one.line, me, now):
            needs.setdefault(contact.id, []).append(Need.NOTE)
            found[contact.id] = contact
        for contact in _unmet(gate, one.line):
            needs.setdefault(contact.id, []).append(Need.REACT)
            found[contact.id] = contact
    seen = gate.within_reach(tuple(found.values()), Act.LOG)
    gate.items(seen, Act.LOG, again=True)
    rows = [_row(gate, contact, needs.get(contact.id, [])) for contact in seen]
    return tuple(sorted(rows, key=lambda row: (_pressing(row), row.facts.received_at)))


def _row(gate: Gate, contact: Contact, needs: Iterable[Need]) -> Row:
    wanted = tuple(sorted(set(needs), key=_ORDER.index))
    line = gate.organisation.lines[contact.line]
    react_by = reaction_due(contact.received_at, line) if Need.REACT in wanted else None
    return Row(
        contact,
        wanted,
        react_by,
        react_by is not None and react_by < gate.now,
        Need.NOTE in wanted and drafts.draft(gate, f"note:{contact.id}") is not None,
        is_protected(gate, contact),
    )


def _pressing(row: Row) -> int:
    """What is late comes straight after what did not arrive, whatever else it needs."""
    if row.is_late and Need.LOST not in row.needs:
        return _ORDER.index(Need.LOST) + 1
    return 2 * _ORDER.index(row.needs[0]) if row.needs else 2 * len(_ORDER)


def _since(one: LineNow, now: datetime) -> datetime:
    """When the duty began whose contacts are listed; this moment where there is none."""
    is_begun = one.duty is not None and one.duty.time.start <= now
    return one.duty.time.start if one.duty is not None and is_begun else now


def _was_lost(contact: Contact, now: datetime) -> bool:
    is_answer = contact.channel is Channel.TEXT and contact.direction is Direction.OUTBOUND
    return (
        is_answer
        and contact.outcome is Outcome.UNDELIVERED
        and now - contact.received_at < timedelta(hours=16)
    )


def _unmet(gate: Gate, line: Line) -> tuple[Contact, ...]:
    """Broken agreements of the viewer's own district that nobody has met."""
    n = notes_table.c
    query = (
        sa.select(n.contact)
        .where(
            n.line == line.id,
            n.district.is_not(None),
            n.broken_agreement,
            n.reacted_at.is_(None),
            n.written_at > gate.now - _LOOK_BACK,
        )
        .order_by(n.written_at)
    )
    found = contacts.of_ids(gate.connection, gate.connection.scalars(query).all())
    return gate.within_reach(found, Act.ACKNOWLEDGE)


def _follow_ups(gate: Gate, one: LineNow) -> tuple[DueFollowUp, ...]:
    """Those that she may carry out now or later in this duty, or has still to tell of."""
    therapist = gate.organisation.therapists[TherapistId(gate.viewer.id)]
    now = gate.now
    span = Interval(now - _FOLLOW_UPS_BACK, now + _FOLLOW_UPS_AHEAD)
    found = []
    for task in follow_ups.ending_in(gate.connection, span, now, line=one.line.id):
        if not _concerns(gate, one, task):
            continue
        if may_carry_out(gate.organisation, therapist, task, now):
            time = task.window.time
            is_over = time.end <= now or not task.attempts_left
            found.append(DueFollowUp(task, time.start <= now, is_over))
    return tuple(found)


def _concerns(gate: Gate, one: LineNow, task: FollowUp) -> bool:
    time, now = task.window.time, gate.now
    tried_by_her = any(attempt.therapist == gate.viewer.id for attempt in task.attempts)
    if task.report is None and tried_by_her and time.start <= now:
        return True  # somebody must say what came of it
    today = one.line.today(now)
    home = gate.organisation.current(task.order.district, today)
    is_own = home == gate.organisation.current(gate.viewer.district, today)
    if task.state not in GOING_ON or one.duty is None or one.duty.time.overlap(time) is None:
        return False
    is_hers = one.duty.time.start <= now < one.duty.time.end + GRACE
    # Another district's is told of when its time has come, and not before.
    return is_hers and (is_own or time.start <= now)
