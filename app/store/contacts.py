"""Contact events as rows, and the contacts folded from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from app.store.database import reading
from app.store.schema import UtcDateTime
from app.store.tables import contact_events, handover_contacts
from routing.contact import (
    LONGEST_CALL,
    Caller,
    Channel,
    Contact,
    ContactEvent,
    Direction,
    Kind,
    fold,
)
from routing.ids import ContactId, DistrictId, LineId, TherapistId
from routing.role import Role

# How long after a contact somebody may still say whose the caller is.
ASSIGNED_WITHIN = timedelta(days=30)
NUMBER_PURPOSE = "contact_events.caller_number"
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class SealedNumber:
    """A caller's number as it is stored: a keyed index to find it by, and the number, sealed."""

    key: bytes
    sealed: bytes


def row_of(event: ContactEvent, number: SealedNumber | None = None) -> dict[str, object]:
    """*event* as a row of contact_events; *number* belongs to the event of being received."""
    caller = event.caller
    return {
        "contact": event.contact,
        "key": event.key,
        "at": event.at,
        "kind": str(event.kind),
        "line": event.line,
        "target": event.target,
        "result": event.result,
        "seconds": event.seconds,
        "channel": event.channel,
        "direction": event.direction,
        "caller": caller and caller.label,
        "home_district": caller and caller.home,
        "role": caller and caller.role,
        "language": caller and caller.language,
        "caller_key": number and number.key,
        "caller_number": number and number.sealed,
    }


def of_district(
    connection: sa.Connection, district: DistrictId, start: datetime | None, end: datetime | None
) -> tuple[Contact, ...]:
    """The contacts of one district received from *start* up to *end*, in order."""
    named, received = contact_events.alias(), contact_events.alias()
    wanted = (
        sa.select(received.c.contact)
        .join(named, named.c.contact == received.c.contact)
        .where(received.c.key == "received", named.c.home_district == district)
        .distinct()
        .add_columns(received.c.at)
        .order_by(received.c.at, received.c.contact)
    )
    if start is not None:
        # The district is named when the call comes in, or by whoever took it afterwards.
        wanted = wanted.where(received.c.at >= start, named.c.at >= start)
    if end is not None:
        wanted = wanted.where(received.c.at < end, named.c.at < end + ASSIGNED_WITHIN)
    found = of_ids(connection, connection.scalars(wanted).all())
    return tuple(contact for contact in found if contact.caller.home == district)


def of_ids(connection: sa.Connection, ids: Sequence[str]) -> tuple[Contact, ...]:
    """The contacts with these *ids*, in the same order; one without its beginning is left out."""
    e = contact_events.c
    found: dict[str, Contact] = {}
    for first in range(0, len(ids), _AT_A_TIME):
        some = ids[first : first + _AT_A_TIME]
        rows = connection.execute(
            sa.select(contact_events).where(e.contact.in_(some)).order_by(e.contact)
        )
        for contact, events in groupby(map(_event, rows), key=lambda event: event.contact):
            folded = fold(events)
            if folded is not None:
                found[contact] = folded
    return tuple(found[i] for i in ids if i in found)


def received_between(
    connection: sa.Connection, line: LineId, start: datetime, end: datetime
) -> tuple[Contact, ...]:
    """Every contact of *line* received from *start* up to *end*, in order."""
    e = contact_events.c
    wanted = (
        sa.select(e.contact)
        .where(
            e.kind == sa.literal("received", literal_execute=True),  # so its index is seen
            e.line == line,
            e.at >= start,
            e.at < end,
        )
        .order_by(e.at, e.contact)
    )
    return of_ids(connection, connection.scalars(wanted).all())


def sealed_number(connection: sa.Connection, contact: ContactId) -> bytes | None:
    """The number that *contact* came from, sealed; None when it was withheld."""
    e = contact_events.c
    query = sa.select(e.caller_number).where(e.contact == contact, e.key == "received")
    return connection.scalar(query)


def handover_of(connection: sa.Connection, ids: Iterable[ContactId]) -> Mapping[str, str]:
    """The handover of each of *ids* that has one."""
    h = handover_contacts.c
    wanted = list(ids)
    found: dict[str, str] = {}
    for first in range(0, len(wanted), _AT_A_TIME):
        some = wanted[first : first + _AT_A_TIME]
        rows = connection.execute(sa.select(h.contact, h.handover).where(h.contact.in_(some)))
        found.update({row.contact: row.handover for row in rows})
    return found


def _busy() -> sa.Select[str]:
    accepted, later = contact_events.alias(), contact_events.alias()
    over = sa.exists().where(
        later.c.contact == accepted.c.contact,
        sa.or_(
            sa.and_(later.c.kind == Kind.ATTEMPT_ENDED, later.c.target == accepted.c.target),
            later.c.kind.in_([Kind.ENDED, Kind.HUNG_UP]),
        ),
    )
    # The kind stands in the query itself, so that the planner sees the partial index.
    is_accepted = accepted.c.kind == sa.literal("accepted", literal_execute=True)
    since = sa.bindparam("since", type_=UtcDateTime())
    return sa.select(accepted.c.target).where(is_accepted, accepted.c.at > since, ~over)


_BUSY = _busy()  # made once: every process asks each second, and making it costs more than asking


def in_call(connection: sa.Connection, now: datetime) -> frozenset[TherapistId]:
    """Who accepted a call that nothing says is over; no call lasts longer than four hours."""
    since = now - LONGEST_CALL - timedelta(minutes=1)
    found = connection.scalars(_BUSY, {"since": since})
    return frozenset(TherapistId(target) for target in found if target)


def is_over(engine: sa.Engine, contact: ContactId) -> bool:
    """Whether the caller of *contact* has left; nobody is said to have while nobody can look."""
    e = contact_events.c
    ends = e.kind.in_([Kind.ENDED, Kind.HUNG_UP])
    query = sa.select(sa.exists().where(e.contact == contact, ends))
    try:
        with reading(engine) as connection:
            return bool(connection.scalar(query))
    except sa.exc.SQLAlchemyError:
        return False


def _event(row: sa.Row[tuple[object, ...]]) -> ContactEvent:
    caller = None
    if row.caller is not None:
        caller = Caller(
            label=row.caller,
            home=row.home_district and DistrictId(row.home_district),
            role=row.role and Role(row.role),
            language=row.language,
            key=row.caller_key and bytes(row.caller_key),
        )
    return ContactEvent(
        contact=ContactId(row.contact),
        key=row.key,
        at=row.at,
        kind=Kind(row.kind),
        line=LineId(row.line),
        target=row.target,
        result=row.result,
        seconds=row.seconds,
        channel=row.channel and Channel(row.channel),
        direction=row.direction and Direction(row.direction),
        caller=caller,
    )
