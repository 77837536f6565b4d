"""Addresses of calendars that people subscribe to; of the secret part only a digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.tables import calendar_links
from routing.errors import NotFound
from routing.ids import LineId, TherapistId

_BYTES = 24  # 192 random bits: nobody guesses an address


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """What an address shows: one therapist's own shifts, or a whole line's."""

    id: int
    line: LineId
    therapist: TherapistId | None
    made_at: datetime
    seen_at: datetime | None  # when a calendar last fetched it


def make(
    connection: sa.Connection, line: LineId, therapist: TherapistId | None, now: datetime
) -> str:
    """
    A new link to the shifts of *therapist*, or of everybody; returns the secret of its address.

    It is shown this once.  The caller commits.
    """
    token = secrets.token_urlsafe(_BYTES)
    row = {"digest": _digest(token), "line": line, "therapist": therapist, "made_at": now}
    connection.execute(calendar_links.insert(), row)
    return token


def links(connection: sa.Connection) -> tuple[CalendarLink, ...]:
    """The links in force, the oldest first."""
    c = calendar_links.c
    query = sa.select(calendar_links).where(c.revoked_at.is_(None)).order_by(c.id)
    return tuple(_link(row) for row in connection.execute(query))


def revoke(connection: sa.Connection, link: int, now: datetime) -> None:
    """End a link at once; raises NotFound where there is none in force.  The caller commits."""
    c = calendar_links.c
    where = sa.and_(c.id == link, c.revoked_at.is_(None))
    if (
        connection.execute(calendar_links.update().where(where).values(revoked_at=now)).rowcount
        == 0
    ):
        raise NotFound("there is no such calendar link in force")


def use(connection: sa.Connection, token: str, now: datetime) -> CalendarLink:
    """The link behind *token*, fetched *now*; raises NotFound where there is none in force."""
    c = calendar_links.c
    where = sa.and_(c.digest == _digest(token), c.revoked_at.is_(None))
    row = connection.execute(sa.select(calendar_links).where(where)).one_or_none()
    if row is None:
        raise NotFound("there is no such calendar")
    connection.execute(calendar_links.update().where(c.id == row.id).values(seen_at=now))
    return _link(row)


def _digest(token: str) -> bytes:
    # Random enough that a plain digest cannot be guessed from.
    return hashlib.sha256(token.encode()).digest()


def _link(row: sa.Row[tuple[object, ...]]) -> CalendarLink:
    return CalendarLink(
        row.id,
        LineId(row.line),
        row.therapist and TherapistId(row.therapist),
        row.made_at,
        row.seen_at,
    )
