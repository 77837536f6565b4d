"""Notes and their addenda, their words sealed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from app.store.database import insert_once
from app.store.fields import FieldCipher
from app.store.tables import addenda, notes
from routing.errors import Conflict
from routing.ids import ContactId, DistrictId, LineId, TherapistId
from routing.note import (
    Addendum,
    Content,
    EscalatedTo,
    Escalation,
    Note,
    Reason,
    Urgency,
)
from routing.role import Role

_CONTENT, _ADDENDUM = "notes.content", "addenda.content"
_AT_A_TIME = 500


class _Sealed(msgspec.Struct, frozen=True):
    """What of a note says something of somebody: the words, and why others were called in."""

    content: Content
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """When a broken agreement was met, and by whom."""

    at: datetime
    by: TherapistId


def add(connection: sa.Connection, cipher: FieldCipher, line: LineId, note: Note) -> None:
    """
    Keep *note*.  The caller commits.

    Raises:
        Conflict: there is a note of that contact already; corrections are addenda.
    """
    escalation = note.escalation
    reason = escalation.reason if escalation is not None else None
    row = {
        "contact": note.contact,
        "line": line,
        "district": note.district,
        "author": note.author,
        "written_at": note.at,
        "role": note.role and str(note.role),
        "broken_agreement": note.broken_agreement,
        "urgency": str(note.urgency),
        "escalated_to": escalation and str(escalation.to),
        "escalated_at": escalation and escalation.at,
        "content": cipher.seal(msgspec.json.encode(_Sealed(note.content, reason)), _CONTENT),
    }
    # Otherwise nobody counts what PostgreSQL has inserted.
    insert = insert_once(connection, notes).execution_options(preserve_rowcount=True)
    if connection.execute(insert, row).rowcount != 1:
        raise Conflict("there is a note of this contact; write an addendum to it")


def amend(
    connection: sa.Connection, cipher: FieldCipher, contact: ContactId, addendum: Addendum
) -> None:
    """Add to the note of *contact*, which stays as it was written.  The caller commits."""
    row = {
        "contact": contact,
        "author": addendum.author,
        "written_at": addendum.at,
        "content": cipher.seal(addendum.text, _ADDENDUM),
    }
    connection.execute(addenda.insert(), row)


def move(connection: sa.Connection, contact: ContactId, district: DistrictId) -> None:
    """Let the note of *contact*, if there is one, belong to *district*.  The caller commits."""
    where = notes.c.contact == contact
    connection.execute(notes.update().where(where).values(district=district))


def noted(connection: sa.Connection, contacts: Collection[ContactId]) -> frozenset[ContactId]:
    """Those of *contacts* that have a note."""
    wanted, found = list(contacts), set[ContactId]()
    for first in range(0, len(wanted), _AT_A_TIME):
        some = wanted[first : first + _AT_A_TIME]
        query = sa.select(notes.c.contact).where(notes.c.contact.in_(some))
        found.update(ContactId(contact) for contact in connection.scalars(query))
    return frozenset(found)


def of_contacts(
    connection: sa.Connection, cipher: FieldCipher, contacts: Sequence[ContactId]
) -> Mapping[ContactId, Note]:
    """The notes of *contacts*, opened; ask `app.duty.gate` for leave first."""
    found: dict[ContactId, Note] = {}
    for first in range(0, len(contacts), _AT_A_TIME):
        some = contacts[first : first + _AT_A_TIME]
        added = _addenda(connection, cipher, some)
        for row in connection.execute(sa.select(notes).where(notes.c.contact.in_(some))):
            contact = ContactId(row.contact)
            found[contact] = _note(row, cipher, added.get(contact, ()))
    return found


def reactions(
    connection: sa.Connection, contacts: Sequence[ContactId]
) -> Mapping[ContactId, Reaction]:
    """What was done about the broken agreements of *contacts*, where it has been."""
    n, found = notes.c, dict[ContactId, Reaction]()
    for first in range(0, len(contacts), _AT_A_TIME):
        some = contacts[first : first + _AT_A_TIME]
        query = sa.select(n.contact, n.reacted_at, n.reacted_by).where(
            n.contact.in_(some), n.reacted_at.is_not(None)
        )
        for contact, at, by in connection.execute(query):
            found[ContactId(contact)] = Reaction(at, TherapistId(by))
    return found


def waiting(
    connection: sa.Connection, urgency: Urgency, since: datetime
) -> tuple[tuple[ContactId, LineId, DistrictId, datetime], ...]:
    """The notes of that urgency written since then that have a district, the earliest first."""
    n = notes.c
    query = (
        sa.select(n.contact, n.line, n.district, n.written_at)
        .where(n.urgency == urgency, n.written_at >= since, n.district.is_not(None))
        .order_by(n.written_at, n.contact)
    )
    return tuple(
        (ContactId(contact), LineId(line), DistrictId(district), at)
        for contact, line, district, at in connection.execute(query)
    )


def _addenda(
    connection: sa.Connection, cipher: FieldCipher, contacts: Sequence[ContactId]
) -> Mapping[ContactId, tuple[Addendum, ...]]:
    found: dict[ContactId, tuple[Addendum, ...]] = {}
    query = sa.select(addenda).where(addenda.c.contact.in_(contacts)).order_by(addenda.c.id)
    for row in connection.execute(query):
        text = cipher.open(row.content, _ADDENDUM)
        one = Addendum(TherapistId(row.author), row.written_at, text)
        contact = ContactId(row.contact)
        found[contact] = (*found.get(contact, ()), one)
    return found


def _note(
    row: sa.Row[tuple[object, ...]], cipher: FieldCipher, added: tuple[Addendum, ...]
) -> Note:
    sealed = msgspec.json.decode(cipher.open(row.content, _CONTENT), type=_Sealed)
    escalation = None
    if row.escalated_to is not None and sealed.reason is not None:
        escalation = Escalation(EscalatedTo(row.escalated_to), row.escalated_at, sealed.reason)
    return Note(
        ContactId(row.contact),
        row.district and DistrictId(row.district),
        TherapistId(row.author),
        row.written_at,
        row.role and Role(row.role),
        sealed.content,
        row.broken_agreement,
        Urgency(row.urgency),
        escalation,
        added,
    )
