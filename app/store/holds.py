"""Legal holds: what is not removed although its time has come, by whom, and why."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from app.store.fields import FieldCipher
from app.store.tables import contact_events, holds
from routing.errors import NotFound
from routing.ids import ContactId, DistrictId
from routing.retention import Holds

_REASON = "holds.reason"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold: of *contact*, or else of all that concerns *client* of *district*."""

    id: int
    contact: ContactId | None
    district: DistrictId | None
    client: str | None = field(repr=False)
    reason: str = field(repr=False)
    author: str
    since: datetime
    lifted_at: datetime | None


def of_contact(
    connection: sa.Connection,
    cipher: FieldCipher,
    contact: ContactId,
    reason: str,
    author: str,
    now: datetime,
) -> int:
    """
    Hold *contact*; the hold's number.  The caller commits.

    Raises:
        NotFound: there is no such contact, or no more.
    """
    number = _add(connection, cipher, {"contact": contact}, reason, author, now)
    # Asked after the hold stands, so that no purge can come in between.
    known = sa.select(sa.exists().where(contact_events.c.contact == contact))
    if not connection.scalar(known):
        raise NotFound("there is no such contact, or no more")
    return number


def of_client(
    connection: sa.Connection,
    cipher: FieldCipher,
    district: DistrictId,
    client: str,
    reason: str,
    author: str,
    now: datetime,
) -> int:
    """Hold all that concerns *client*, also what is still to come.  The caller commits."""
    whose = {"district": district, "client": client}
    return _add(connection, cipher, whose, reason, author, now)


def lift(connection: sa.Connection, number: int, now: datetime) -> Hold:
    """
    End a hold, and say which it was, without its reason.  The caller commits.

    Raises:
        NotFound: there is none such in force.
    """
    h = holds.c
    lifted = holds.update().where(h.id == number, h.lifted_at.is_(None)).values(lifted_at=now)
    if connection.execute(lifted).rowcount != 1:
        raise NotFound("there is no such hold in force")
    return _hold(connection.execute(sa.select(holds).where(h.id == number)).one(), "")


def in_force(connection: sa.Connection, *, lock: bool = False) -> Holds:
    """
    All holds in force.

    Args:
        lock: nobody adds one before the caller commits; SQLite lets one write at a time anyway.
    """
    if lock and connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE holds IN SHARE MODE"))
    h = holds.c
    rows = connection.execute(
        sa.select(h.contact, h.district, h.client).where(h.lifted_at.is_(None))
    ).all()
    return Holds(
        frozenset(row.contact for row in rows if row.contact is not None),
        frozenset((DistrictId(row.district), row.client) for row in rows if row.client is not None),
    )


def listed(connection: sa.Connection, cipher: FieldCipher) -> tuple[Hold, ...]:
    """Every hold that is kept, those in force first."""
    h = holds.c
    query = sa.select(holds).order_by(h.lifted_at.is_not(None), h.since, h.id)
    return tuple(_hold(row, cipher.open(row.reason, _REASON)) for row in connection.execute(query))


def _add(
    connection: sa.Connection,
    cipher: FieldCipher,
    whose: dict[str, str],
    reason: str,
    author: str,
    now: datetime,
) -> int:
    row = {"contact": None, "district": None, "client": None, **whose}
    values = {**row, "reason": cipher.seal(reason, _REASON), "author": author, "since": now}
    insert = holds.insert().returning(holds.c.id)
    return int(connection.execute(insert, values).scalar_one())


def _hold(row: sa.Row[tuple[object, ...]], reason: str) -> Hold:
    return Hold(
        row.id,
        row.contact and ContactId(row.contact),
        row.district and DistrictId(row.district),
        row.client,
        reason,
        row.author,
        row.since,
        row.lifted_at,
    )
