"""Handovers and the contacts in them, and every state that each has reached."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from app.store.database import add_once, insert_once
from app.store.tables import contact_events, handover_contacts, handover_events, handovers
from routing.contact import Kind
from routing.errors import Conflict
from routing.handover import DONE, HandoverState, reached_from
from routing.ids import ContactId, DistrictId, HandoverId, LineId

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Handover:
    """
    What one district is told of one duty, and how far that has come.

    *part* counts from nought; a later part holds what came to light when the one before it had
    been acknowledged.
    """

    id: HandoverId
    line: LineId
    district: DistrictId
    duty_ended_at: datetime
    due_at: datetime
    state: HandoverState
    contacts: tuple[ContactId, ...] = ()
    part: int = 0


@dataclass(frozen=True, slots=True)
class Owed:
    """A contact that is in no handover yet, and since when its home district is known."""

    contact: ContactId
    line: LineId
    district: DistrictId
    received_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that became of a handover: a state, or that somebody was reminded of it."""

    event: str
    at: datetime
    actor: str | None  # None is the clock


def owed(connection: sa.Connection, since: datetime, until: datetime) -> tuple[Owed, ...]:
    """The contacts with a home district, received in that time, that are in no handover."""
    named, received = contact_events.alias(), contact_events.alias()
    n = named.c
    query = (
        sa.select(n.contact, n.line, n.home_district, n.kind, n.at.label("known_at"), received.c.at)
        .join(received, sa.and_(received.c.contact == n.contact, received.c.key == "received"))
        .where(
            # Said when it was received, or when the caller named it, or by whoever took it.
            n.home_district.is_not(None),
            n.at >= since,
            n.at <= until,
            received.c.at <= until,
            ~sa.exists().where(handover_contacts.c.contact == n.contact),
        )
        .order_by(received.c.at, n.contact, n.at, n.key)
    )
    found = []
    for contact, rows in groupby(connection.execute(query), key=lambda row: row.contact):
        every = list(rows)
        assigned = [row for row in every if row.kind == Kind.ASSIGNED]
        last = assigned[-1] if assigned else every[0]
        # What the carrier's list told of afterwards was not known before.
        afterwards = [row.known_at for row in every if row.kind == Kind.RECONCILED]
        known_at = max([last.known_at, *afterwards])
        district = DistrictId(last.home_district)
        found.append(Owed(ContactId(contact), LineId(last.line), district, last.at, known_at))
    return tuple(found)


def of_duty(
    connection: sa.Connection, line: LineId, district: DistrictId, duty_ended_at: datetime
) -> tuple[Handover, ...]:
    """The parts of one duty's handover to one district, the first first."""
    h = handovers.c
    where = (h.line == line, h.district == district, h.duty_ended_at == duty_ended_at)
    return tuple(sorted(_found(connection, *where), key=lambda handover: handover.part))


def ended_since(
    connection: sa.Connection, lines: Collection[LineId], since: datetime
) -> frozenset[tuple[LineId, DistrictId, datetime]]:
    """The duties that ended after *since* of which there is a handover: line, district and end."""
    h = handovers.c
    query = sa.select(h.line, h.district, h.duty_ended_at).where(
        h.line.in_(lines), h.duty_ended_at > since
    )
    return frozenset(
        (LineId(line), DistrictId(district), ended)
        for line, district, ended in connection.execute(query)
    )


def add(connection: sa.Connection, handover: Handover, now: datetime) -> bool:
    """
    Keep *handover* and put its contacts into it; those in another one stay there.

    Running twice, in one process or two, changes nothing.  False where it has been acknowledged
    meanwhile, and takes nothing more.  The caller commits.
    """
    row = {
        "id": handover.id,
        "line": handover.line,
        "district": handover.district,
        "duty_ended_at": handover.duty_ended_at,
        "due_at": handover.due_at,
        "state": HandoverState.BUILT,
        "built_at": now,
        "part": handover.part,
    }
    add_once(connection, handovers, [row])
    state = connection.scalar(
        sa.select(handovers.c.state).where(handovers.c.id == handover.id).with_for_update()
    )
    if state in set(DONE):
        return False
    claim_event(connection, handover.id, HandoverState.BUILT, None, now)
    links = [{"contact": contact, "handover": handover.id} for contact in handover.contacts]
    add_once(connection, handover_contacts, links)
    return True


def still_owed(
    connection: sa.Connection, district: DistrictId, some: Sequence[Owed]
) -> tuple[ContactId, ...]:
    """Those of *some*, in their order, that are *district*'s now, whoever has said so meanwhile."""
    e = contact_events.c
    said: dict[str, str] = {}
    for first in range(0, len(some), _AT_A_TIME):
        ids = [one.contact for one in some[first : first + _AT_A_TIME]]
        query = (
            sa.select(e.contact, e.home_district)
            .where(e.contact.in_(ids), e.kind == Kind.ASSIGNED)
            .order_by(e.at, e.key)
        )
        said.update({row.contact: row.home_district for row in connection.execute(query)})
    return tuple(one.contact for one in some if said.get(one.contact, district) == district)


def lock(connection: sa.Connection, contacts: Iterable[ContactId]) -> None:
    """
    Let nobody else say whose *contacts* are, or put them into a handover, before this commits.

    SQLite lets one write at a time anyway.
    """
    e = contact_events.c
    # In order, so that two who lock several do not wait for each other.
    query = sa.select(e.contact).where(e.contact.in_(list(contacts)), e.key == "received")
    connection.execute(query.order_by(e.contact).with_for_update()).all()


def take_out(connection: sa.Connection, contact: ContactId) -> None:
    """Take *contact* out of the handover it is in, since it is another district's."""
    link = handover_contacts.c
    connection.execute(handover_contacts.delete().where(link.contact == contact))


def advance(
    connection: sa.Connection,
    handover: HandoverId,
    state: HandoverState,
    actor: str | None,
    now: datetime,
) -> bool:
    """
    Let *handover* be in *state*; false where it has been there before, so that it is done once.

    The caller commits.

    Raises:
        Conflict: it cannot come there from where it is.
    """
    moved = connection.execute(
        handovers.update()
        .where(handovers.c.id == handover, handovers.c.state.in_(reached_from(state)))
        .values(state=state)
    )
    if moved.rowcount:
        claim_event(connection, handover, state, actor, now)
        return True
    if any(event.event == state for event in history(connection, handover)):
        return False
    if state in {HandoverState.OPENED, HandoverState.NOTIFIED}:
        return False  # it is further than that already
    raise Conflict(f"the handover cannot be {state.value} yet")


def claim_event(
    connection: sa.Connection, handover: HandoverId, event: str, actor: str | None, now: datetime
) -> bool:
    """
    Whether this is the first time that *event* becomes of *handover*; only one caller is told.

    The caller commits.
    """
    row = {"handover": handover, "event": str(event), "actor": actor, "at": now}
    # Otherwise nobody counts what PostgreSQL has inserted, and no clock is ever the first.
    insert = insert_once(connection, handover_events).execution_options(preserve_rowcount=True)
    return bool(connection.execute(insert, row).rowcount == 1)


def happened(
    connection: sa.Connection, some: Iterable[HandoverId]
) -> frozenset[tuple[HandoverId, str]]:
    """What has become of each of *some*: the handover and the event."""
    e = handover_events.c
    query = sa.select(e.handover, e.event).where(e.handover.in_(list(some)))
    return frozenset((HandoverId(id_), event) for id_, event in connection.execute(query))


def history(connection: sa.Connection, handover: HandoverId) -> tuple[Event, ...]:
    """What has become of *handover*, in order."""
    e = handover_events.c
    query = sa.select(e.event, e.at, e.actor).where(e.handover == handover)
    ranks = {state.value: rank for rank, state in enumerate(HandoverState)}

    def order(event: Event) -> tuple[datetime, int, str]:
        # Two things may become of it at one moment.
        return event.at, ranks.get(event.event, len(ranks)), event.event

    return tuple(sorted((Event(*row) for row in connection.execute(query)), key=order))


def one(connection: sa.Connection, handover: HandoverId) -> Handover | None:
    """The handover with that id; None where there is none."""
    return next(iter(_found(connection, handovers.c.id == handover)), None)


def to_notify(connection: sa.Connection) -> tuple[Handover, ...]:
    """Handovers that nobody has been told of."""
    return _found(connection, handovers.c.state == HandoverState.BUILT)


def claim_notice(connection: sa.Connection, handover: HandoverId, now: datetime) -> bool:
    """Whether this process is the one that tells of *handover*; only one ever is."""
    told = connection.execute(
        handovers.update()
        .where(handovers.c.id == handover, handovers.c.state == HandoverState.BUILT)
        .values(state=HandoverState.NOTIFIED, notified_at=now)
    )
    if told.rowcount:
        claim_event(connection, handover, HandoverState.NOTIFIED, None, now)
    return told.rowcount == 1


def unacknowledged(
    connection: sa.Connection, since: datetime, until: datetime
) -> tuple[Handover, ...]:
    """Handovers due in that time, both ends included, that nobody has acknowledged."""
    h = handovers.c
    # Named one by one, so that the index on state and time is used.
    waiting = [state for state in HandoverState if state not in DONE]
    return _found(connection, h.state.in_(waiting), h.due_at >= since, h.due_at <= until)


def listed(
    connection: sa.Connection,
    district: DistrictId | None,
    due_before: datetime | None,
    due_from: datetime | None = None,
) -> tuple[Handover, ...]:
    """Handovers, by the time they are due, with their contacts."""
    wanted: list[sa.ColumnElement[bool]] = []
    if district is not None:
        wanted.append(handovers.c.district == district)
    if due_before is not None:
        wanted.append(handovers.c.due_at < due_before)
    if due_from is not None:
        wanted.append(handovers.c.due_at >= due_from)
    return _found(connection, *wanted)


def state_of(
    connection: sa.Connection, contacts: Sequence[ContactId]
) -> Mapping[ContactId, HandoverState]:
    """How far the handover of each of *contacts* has come that is in one."""
    found: dict[ContactId, HandoverState] = {}
    for first in range(0, len(contacts), _AT_A_TIME):
        some = contacts[first : first + _AT_A_TIME]
        query = (
            sa.select(handover_contacts.c.contact, handovers.c.state)
            .join(handovers, handovers.c.id == handover_contacts.c.handover)
            .where(handover_contacts.c.contact.in_(some))
        )
        for contact, state in connection.execute(query):
            found[ContactId(contact)] = HandoverState(state)
    return found


def _found(connection: sa.Connection, *wanted: sa.ColumnElement[bool]) -> tuple[Handover, ...]:
    h = handovers.c
    rows = connection.execute(
        sa.select(handovers).where(*wanted).order_by(h.due_at, h.duty_ended_at, h.district, h.part)
    ).all()
    contacts = _contacts(connection, [row.id for row in rows])
    return tuple(
        Handover(
            HandoverId(row.id),
            LineId(row.line),
            DistrictId(row.district),
            row.duty_ended_at,
            row.due_at,
            HandoverState(row.state),
            tuple(contacts.get(row.id, ())),
            row.part,
        )
        for row in rows
    )


def _contacts(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[ContactId]]:
    link, event = handover_contacts.c, contact_events.c
    rows = connection.execute(
        sa.select(link.handover, link.contact)
        .join(contact_events, sa.and_(event.contact == link.contact, event.key == "received"))
        .where(link.handover.in_(ids))
        .order_by(event.at, link.contact)
    )
    found: dict[str, list[ContactId]] = {}
    for row in rows:
        found.setdefault(row.handover, []).append(ContactId(row.contact))
    return found
