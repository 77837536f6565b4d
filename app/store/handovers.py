"""Handovers and the contacts in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.database import add_once
from app.store.tables import contact_events, handover_contacts, handovers
from routing.handover import HandoverState
from routing.ids import ContactId, DistrictId, HandoverId, LineId


@dataclass(frozen=True, slots=True)
class Handover:
    """What one district is told of one duty, and how far that has come."""

    id: HandoverId
    line: LineId
    district: DistrictId
    duty_ended_at: datetime
    due_at: datetime
    state: HandoverState
    contacts: tuple[ContactId, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """A contact that is in no handover yet."""

    contact: ContactId
    line: LineId
    district: DistrictId
    received_at: datetime


def owed(connection: sa.Connection, since: datetime, until: datetime) -> tuple[Owed, ...]:
    """The contacts with a home district, received in that time, that are in no handover."""
    e = contact_events.c
    query = (
        sa.select(e.contact, e.line, e.home_district, e.at)
        .where(
            e.home_district.is_not(None),  # said when it was received, or when the caller named it
            e.at >= since,
            e.at <= until,
            ~sa.exists().where(handover_contacts.c.contact == e.contact),
        )
        .order_by(e.at)
    )
    return tuple(
        Owed(ContactId(row.contact), LineId(row.line), DistrictId(row.home_district), row.at)
        for row in connection.execute(query)
    )


def add(connection: sa.Connection, handover: Handover, now: datetime) -> None:
    """
    Keep *handover* and put its contacts into it; those in another one stay there.

    Running twice, in one process or two, changes nothing.  The caller commits.
    """
    row = {
        "id": handover.id,
        "line": handover.line,
        "district": handover.district,
        "duty_ended_at": handover.duty_ended_at,
        "due_at": handover.due_at,
        "state": HandoverState.BUILT,
        "built_at": now,
    }
    add_once(connection, handovers, [row])
    links = [{"contact": contact, "handover": handover.id} for contact in handover.contacts]
    add_once(connection, handover_contacts, links)


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
    return told.rowcount == 1


def listed(
    connection: sa.Connection, district: DistrictId | None, due_before: datetime | None
) -> tuple[Handover, ...]:
    """Handovers, by the time they are due, with their contacts."""
    wanted: list[sa.ColumnElement[bool]] = []
    if district is not None:
        wanted.append(handovers.c.district == district)
    if due_before is not None:
        wanted.append(handovers.c.due_at < due_before)
    return _found(connection, *wanted)


def _found(connection: sa.Connection, *wanted: sa.ColumnElement[bool]) -> tuple[Handover, ...]:
    h = handovers.c
    rows = connection.execute(
        sa.select(handovers).where(*wanted).order_by(h.due_at, h.duty_ended_at, h.district)
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
