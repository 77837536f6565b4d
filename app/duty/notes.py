"""Writing a note, adding to it, saying whose the caller is, and signing off."""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from app.duty.gate import Gate, Item
from app.store import contacts, handovers, notes
from app.store.contacts import row_of
from app.store.database import add_once
from app.store.tables import contact_events
from app.store.tables import notes as notes_table
from routing import record
from routing.access import Act
from routing.errors import Conflict, InvalidInput, Place
from routing.ids import ContactId, DistrictId, TherapistId
from routing.note import LONGEST, Addendum, Content, Escalation, Note, Urgency, checked
from routing.role import Role


def write(
    gate: Gate,
    contact: ContactId,
    content: Content,
    *,
    role: Role | None = None,
    broken_agreement: bool = False,
    urgency: Urgency = Urgency.NORMAL,
    escalation: Escalation | None = None,
) -> Note:
    """
    The note of *contact*, by the viewer, at the gate's moment; it belongs to the home district.

    Raises:
        NotFound: there is no such contact.
        NotAllowed: the viewer may not write of it.
        InvalidInput: naming the field.
        Conflict: there is a note already.
    """
    item = gate.item(contact, Act.WRITE)
    note = checked(
        Note(
            contact,
            item.facts.caller.home,
            TherapistId(gate.viewer.id),
            gate.now,
            role if role is not None else item.facts.caller.role,
            content,
            broken_agreement,
            urgency,
            escalation,
        )
    )
    notes.add(gate.connection, gate.cipher, item.facts.line, note)
    return note


def amend(gate: Gate, contact: ContactId, text: str) -> Addendum:
    """
    An addendum to the note of *contact*, by the viewer; the note stays as it was written.

    Raises:
        NotFound, NotAllowed: as `write`.
        InvalidInput: there is no text, or too much.
        Conflict: there is no note to add to.
    """
    item = gate.item(contact, Act.WRITE)
    if not text.strip():
        raise InvalidInput("is empty", Place("addendum", field="text"))
    if len(text) > LONGEST:
        raise InvalidInput(f"longer than {LONGEST} characters", Place("addendum", field="text"))
    if item.note is None:
        raise Conflict("there is no note of this contact yet")
    addendum = Addendum(TherapistId(gate.viewer.id), gate.now, text)
    notes.amend(gate.connection, gate.cipher, contact, addendum)
    return addendum


def assign(gate: Gate, contact: ContactId, home: DistrictId, client: str | None = None) -> Item:
    """
    Say whose the caller of *contact* is; contact and note are that district's from now on.

    Until the handover is acknowledged it may be said anew; the contact then leaves the handover it
    was in.  *client* is the opaque reference of the register, where it is known.

    Raises:
        NotFound, NotAllowed: as `write`; only whoever took the contact may.
        InvalidInput: the line does not serve that district.
    """
    handovers.lock(gate.connection, [contact])  # a sweep may be putting it into a handover
    item = gate.item(contact, Act.ASSIGN)
    line = gate.organisation.lines[item.facts.line]
    today = line.today(gate.now)
    if home not in {gate.organisation.current(district, today) for district in line.districts}:
        raise InvalidInput("the line does not serve that district", Place("assign", field="home"))
    before = item.facts.caller
    caller = replace(before, home=home, label=client or before.label)
    event = record.assigned(contact, line.id, caller, TherapistId(gate.viewer.id), gate.now)
    add_once(gate.connection, contact_events, [row_of(event)])
    notes.move(gate.connection, contact, home)
    if before.home != home:
        handovers.take_out(gate.connection, contact)
    (moved,) = contacts.of_ids(gate.connection, [contact])
    return Item(contact, moved, item.note and replace(item.note, district=home))


def react(gate: Gate, contact: ContactId) -> bool:
    """
    Say that the broken agreement told of in the note has been met; false if it had been before.

    Raises:
        NotFound, NotAllowed: as `write`; a therapist of the home district may.
        Conflict: the note tells of none.
    """
    gate.item(contact, Act.ACKNOWLEDGE)
    n = notes_table.c
    where = sa.and_(n.contact == contact, n.broken_agreement)
    if not gate.connection.scalar(sa.select(sa.exists().where(where))):
        raise Conflict("no broken agreement is told of")
    done = gate.connection.execute(
        notes_table.update()
        .where(where, n.reacted_at.is_(None))
        .values(reacted_at=gate.now, reacted_by=gate.viewer.id)
    )
    return done.rowcount == 1


def unassigned(gate: Gate, since: datetime) -> int:
    """How many contacts nobody has said whose they are: all that anybody else may know of them."""
    return sum(
        contact.caller.home is None
        for line in gate.organisation.lines
        for contact in contacts.received_between(gate.connection, line, since, gate.now)
    )
