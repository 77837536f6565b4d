"""How many texts came shortly before one: by sender, by line, and from one of the staff."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.tables import contact_events, texts
from routing.contact import Channel, Direction
from routing.ids import ContactId, LineId, TherapistId

# How app.telephony.exchange labels whoever stands in no register, or in two districts'.
STRANGERS = ("unknown-", "withheld-")


@dataclass(frozen=True, slots=True)
class Before:
    """What came after *since* and before the text *contact*, which came at *at*."""

    contact: ContactId
    since: datetime
    at: datetime

    def holds(self, at: sa.Column[datetime], contact: sa.Column[str]) -> sa.ColumnElement[bool]:
        """Of texts that came at the very same moment, one has to be the first."""
        same = sa.and_(at == self.at, contact < self.contact)
        return sa.and_(at > self.since, sa.or_(at < self.at, same))


def of_sender(connection: sa.Connection, line: LineId, key: bytes | None, before: Before) -> int:
    """The texts to *line* from the number with *key*."""
    if key is None:
        return 0
    return _count(connection, line, before, contact_events.c.caller_key == key)


def of_strangers(connection: sa.Connection, line: LineId, before: Before) -> int:
    """The texts to *line* from whoever stands in no register."""
    caller = contact_events.c.caller
    whose = sa.or_(*map(caller.startswith, STRANGERS))
    return _count(connection, line, before, whose)


def of_staff(connection: sa.Connection, staff: TherapistId, before: Before) -> int:
    """The texts from the number of *staff*."""
    t = texts.c
    wanted = (t.staff == staff, before.holds(t.received_at, t.contact))
    return connection.scalar(sa.select(sa.func.count()).where(*wanted)) or 0


def is_answered(connection: sa.Connection, line: LineId, key: bytes, since: datetime) -> bool:
    """Whether a therapist has written to the number with *key* after *since*."""
    e = contact_events.c
    written = sa.exists().where(
        _is_received(),
        e.line == line,
        e.at > since,
        e.channel == Channel.TEXT,
        e.direction == Direction.OUTBOUND,
        e.caller_key == key,
    )
    return bool(connection.scalar(sa.select(written)))


def _count(
    connection: sa.Connection, line: LineId, before: Before, whose: sa.ColumnElement[bool]
) -> int:
    e = contact_events.c
    query = sa.select(sa.func.count()).where(
        _is_received(),
        e.line == line,
        before.holds(e.at, e.contact),
        e.channel == Channel.TEXT,
        e.direction == Direction.INBOUND,
        whose,
    )
    return connection.scalar(query) or 0


def _is_received() -> sa.ColumnElement[bool]:
    # The kind stands in the query itself, so that the planner sees the partial index.
    return contact_events.c.kind == sa.literal_column("'received'")
