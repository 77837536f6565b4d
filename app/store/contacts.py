"""Contact events as rows, and the contacts folded from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from app.store.schema import UtcDateTime
from app.store.tables import contact_events, handover_contacts
from routing.call import Ending
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
from routing.intervals import Interval
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
    folded = {contact: fold(events) for contact, events in events_of(connection, ids).items()}
    return tuple(contact for i in ids if (contact := folded.get(i)) is not None)


def events_of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[ContactEvent]]:
    """Everything that is told of each of *ids* of which anything is."""
    e = contact_events.c
    found: dict[str, list[ContactEvent]] = {}
    for first in range(0, len(ids), _AT_A_TIME):
        some = ids[first : first + _AT_A_TIME]
        rows = connection.execute(
            sa.select(contact_events).where(e.contact.in_(some)).order_by(e.contact)
        )
        for contact, events in groupby(map(_event, rows), key=lambda event: event.contact):
            found[contact] = list(events)
    return found


def without_an_end(
    connection: sa.Connection, line: LineId, span: Interval
) -> tuple[ContactId, ...]:
    """The calls of *line* that began in *span* and of which nothing says that they are over."""
    received, later = contact_events.alias(), contact_events.alias()
    ends = later.c.kind.in_([Kind.ENDED, Kind.HUNG_UP])
    query = sa.select(received.c.contact).where(
        received.c.kind == sa.literal_column("'received'"),  # so its index is seen
        received.c.line == line,
        received.c.at >= span.start,
        received.c.at < span.end,
        received.c.channel == Channel.VOICE,
        ~sa.exists().where(later.c.contact == received.c.contact, ends),
    )
    return tuple(map(ContactId, connection.scalars(query.order_by(received.c.contact))))


def received_between(
    connection: sa.Connection, line: LineId, start: datetime, end: datetime
) -> tuple[Contact, ...]:
    """Every contact of *line* received from *start* up to *end*, in order."""
    return received_on(connection, [line], start, end)


def received_on(
    connection: sa.Connection, lines: Collection[LineId], start: datetime, end: datetime
) -> tuple[Contact, ...]:
    """As `received_between`, of all of *lines* together."""
    asked = {"lines": list(lines), "start": start, "end": end}
    return of_ids(connection, connection.scalars(_RECEIVED, asked).all())


def _received() -> sa.Select[str]:
    e = contact_events.c
    start, end = (sa.bindparam(name, type_=UtcDateTime()) for name in ("start", "end"))
    return (
        sa.select(e.contact)
        .where(
            e.kind == sa.literal_column("'received'"),  # so its index is seen
            e.line.in_(sa.bindparam("lines", expanding=True)),
            e.at >= start,
            e.at < end,
        )
        .order_by(e.at, e.contact)
    )


_RECEIVED = _received()  # made once, as `_BUSY`


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
    is_accepted = accepted.c.kind == sa.literal_column("'accepted'")
    since = sa.bindparam("since", type_=UtcDateTime())
    return sa.select(accepted.c.target).where(is_accepted, accepted.c.at > since, ~over)


_BUSY = _busy()  # made once: every process asks each second, and making it costs more than asking


def in_call(connection: sa.Connection, now: datetime) -> frozenset[TherapistId]:
    """Who accepted a call that nothing says is over; no call lasts longer than four hours."""
    since = now - LONGEST_CALL - timedelta(minutes=1)
    found = connection.scalars(_BUSY, {"since": since})
    return frozenset(TherapistId(target) for target in found if target)


def is_over(connection: sa.Connection, contact: ContactId) -> bool:
    """Whether the caller of *contact* has left, or was told that nobody more is tried."""
    e = contact_events.c
    # A worker that failed after the carrier had asked another says so, and nobody heard it.
    told = sa.and_(e.kind == Kind.ENDED, e.result.is_distinct_from(Ending.RESCUED))
    ends = sa.or_(e.kind == Kind.HUNG_UP, told)
    return bool(connection.scalar(sa.select(sa.exists().where(e.contact == contact, ends))))


def has_left(connection: sa.Connection, contact: ContactId, now: datetime) -> bool:
    """Whether the carrier says that the caller of *contact* has left, or nobody stays so long."""
    e = contact_events.c
    longest = now - LONGEST_CALL - timedelta(minutes=5)
    ends = sa.or_(e.kind == Kind.HUNG_UP, sa.and_(e.kind == Kind.RECEIVED, e.at < longest))
    return bool(connection.scalar(sa.select(sa.exists().where(e.contact == contact, ends))))


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
