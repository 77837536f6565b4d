"""Therapists' codes, and the numbers that managers have blocked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.contacts import NUMBER_PURPOSE, sealed_number
from app.store.database import announce
from app.store.fields import FieldCipher
from app.store.tables import blocks as blocks_table
from app.store.tables import changes
from app.store.tables import pins as pins_table
from routing.errors import NotFound
from routing.ids import ContactId, TherapistId
from routing.numbers import PhoneNumber

TOPIC = "staff"
_REASON, _NUMBER = "blocks.reason", "blocks.number"


@dataclass(frozen=True, slots=True)
class Block:
    """A number that is refused, known by the contact it was blocked for."""

    id: int
    until: datetime
    reason: str
    blocked_at: datetime


def set_pin(
    connection: sa.Connection,
    cipher: FieldCipher,
    therapist: TherapistId,
    pin: str,
    now: datetime,
) -> None:
    """Give *therapist* a code in place of any earlier one.  The caller commits."""
    connection.execute(pins_table.delete().where(pins_table.c.therapist == therapist))
    row = {"therapist": therapist, "digest": cipher.code_digest(therapist, pin), "set_at": now}
    connection.execute(pins_table.insert(), row)
    announce(connection, changes, TOPIC)


def pins(connection: sa.Connection) -> Mapping[TherapistId, bytes]:
    """The digest of each code."""
    rows = connection.execute(sa.select(pins_table.c.therapist, pins_table.c.digest))
    return {TherapistId(row.therapist): bytes(row.digest) for row in rows}


def block(
    connection: sa.Connection,
    cipher: FieldCipher,
    contact: ContactId,
    until: datetime,
    reason: str,
    now: datetime,
) -> int:
    """
    Refuse the number that *contact* came from *until* then; the block's id.  The caller commits.

    Raises:
        NotFound: there is no such contact, or its number was withheld.
    """
    sealed = sealed_number(connection, contact)
    if sealed is None:
        raise NotFound("there is no such contact, or its number was withheld")
    number = PhoneNumber(cipher.open(sealed, NUMBER_PURPOSE))
    return block_number(connection, cipher, number, until, reason, now)


def block_number(
    connection: sa.Connection,
    cipher: FieldCipher,
    number: PhoneNumber,
    until: datetime,
    reason: str,
    now: datetime,
) -> int:
    """As `block`, for a number that somebody has said."""
    row = {
        "caller_key": cipher.index(number),
        "until": until,
        "reason": cipher.seal(reason, _REASON),
        "blocked_at": now,
        "number": cipher.seal(number.e164, _NUMBER),
    }
    (made,) = connection.execute(blocks_table.insert(), row).inserted_primary_key or (0,)
    announce(connection, changes, TOPIC)
    return int(made)


def lift(connection: sa.Connection, block_id: int, now: datetime) -> None:
    """End a block early; raises NotFound where there is none in force.  The caller commits."""
    b = blocks_table.c
    ended = connection.execute(
        blocks_table.update()
        .where(b.id == block_id, b.lifted_at.is_(None), b.until > now)
        .values(lifted_at=now)
    )
    if ended.rowcount == 0:
        raise NotFound("there is no such block in force")
    announce(connection, changes, TOPIC)


def blocks(connection: sa.Connection, now: datetime) -> Mapping[bytes, datetime]:
    """Each blocked number by its keyed index, and until when."""
    b = blocks_table.c
    rows = connection.execute(
        sa.select(b.caller_key, b.until)
        .where(b.lifted_at.is_(None), b.until > now)
        .order_by(b.until)
    )
    return {bytes(row.caller_key): row.until for row in rows}


def blocks_in_force(
    connection: sa.Connection, cipher: FieldCipher, now: datetime
) -> tuple[Block, ...]:
    """The blocks, for a manager to read."""
    b = blocks_table.c
    rows = connection.execute(
        sa.select(blocks_table).where(b.lifted_at.is_(None), b.until > now).order_by(b.until)
    )
    return tuple(
        Block(row.id, row.until, cipher.open(row.reason, _REASON), row.blocked_at) for row in rows
    )
