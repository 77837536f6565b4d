"""One contact: what happened, what was written of it, and who has read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.duty import notes
from app.duty import tonight_drafts as drafts
from app.duty.conversation import Said, said_by
from app.duty.gate import Gate
from app.duty.tonight import is_protected
from app.store import contacts, texts
from app.store import notes as stored_notes
from app.store.notes import Reaction
from app.store.readings import Reading
from app.store.tables import readings
from app.store.writings import Writing
from routing.access import Act, Denial, Office
from routing.contact import Channel, Contact
from routing.ids import ContactId, DistrictId, ThreadId
from routing.note import Note, needs_note, reaction_due
from routing.organisation import Line

_SAME_CALLER = timedelta(days=3)
_MOST_READERS = 200


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who has read it or been turned away, when first and last, and how often."""

    person: str
    district: DistrictId
    office: Office
    act: Act
    denied: Denial | None
    first: datetime
    last: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Card:
    """
    What the viewer may see of a contact.

    *words_denied* is why she is not shown what was said; None where she is.
    """

    facts: Contact
    line: Line
    note: Note | None
    words_denied: Denial | None
    may: frozenset[Act]
    needs_note: bool
    reaction: Reaction | None
    react_by: datetime | None  # of a broken agreement that nobody has met
    readers: tuple[Reader, ...] | None  # None where she may not know
    thread: ThreadId | None  # that she may open
    said: tuple[Said, ...]
    protected: bool
    districts: tuple[DistrictId, ...]  # that the line serves today
    note_draft: Writing | None
    addendum_draft: Writing | None

    @property
    def may_write(self) -> bool:
        """Whether the note is still to be written, and by her."""
        return Act.WRITE in self.may and self.note is None

    @property
    def may_amend(self) -> bool:
        return Act.WRITE in self.may and self.note is not None

    @property
    def may_react(self) -> bool:
        return Act.ACKNOWLEDGE in self.may and self.react_by is not None

    @property
    def homes(self) -> tuple[DistrictId, ...]:
        """The districts that it could be, where she may say so, or say so anew."""
        return self.districts if Act.ASSIGN in self.may else ()


def card(gate: Gate, contact: ContactId) -> Card:
    """
    *contact* as the viewer may see it.

    A manager is shown that there was a contact, and no word of it.  Who has read it is shown to
    the home district: to its managers (Act.REVIEW), and to its therapists, who are those that may
    acknowledge it (Act.ACKNOWLEDGE).  A therapist of the other district is not told whom else it
    has concerned.

    Raises:
        NotFound: there is no such contact.
        NotAllowed: the viewer may not know of it.
    """
    facts = gate.item(contact, Act.LOG).facts
    line = gate.organisation.lines[facts.line]
    today = line.today(gate.now)
    is_therapist = gate.viewer.office is Office.THERAPIST
    may = gate.may(facts, *_ASKED) if is_therapist else frozenset()
    note, words_denied = _words(gate, facts)
    thread, said = _texts(gate, facts) if words_denied is None else (None, ())
    reaction = stored_notes.reactions(gate.connection, [contact]).get(contact)
    is_unmet = note is not None and note.broken_agreement and reaction is None
    return Card(
        facts=facts,
        line=line,
        note=note,
        words_denied=words_denied,
        may=may,
        needs_note=needs_note(facts),
        reaction=reaction if words_denied is None else None,
        react_by=reaction_due(facts.received_at, line) if is_unmet else None,
        readers=_readers(gate, facts, may),
        thread=thread,
        said=said,
        protected=is_protected(gate, facts),
        districts=tuple(dict.fromkeys(gate.organisation.current(d, today) for d in line.districts)),
        note_draft=drafts.draft(gate, f"note:{contact}") if Act.WRITE in may else None,
        addendum_draft=drafts.draft(gate, f"addendum:{contact}") if Act.WRITE in may else None,
    )


def assign(gate: Gate, contact: ContactId, home: DistrictId) -> int:
    """
    Say whose the caller of *contact* is, also in the viewer's other contacts with the same caller.

    Returns how many contacts that were.  A child who wrote five texts is one child: nobody should
    have to say it five times.

    Raises:
        NotFound, NotAllowed, InvalidInput: as `app.duty.notes.assign`.
    """
    facts = notes.assign(gate, contact, home).facts
    before, after = facts.received_at - _SAME_CALLER, facts.received_at + _SAME_CALLER
    near = contacts.received_between(gate.connection, facts.line, before, after)
    same = [
        one
        for one in near
        if one.id != contact
        and one.caller.home is None
        and one.therapist == gate.viewer.id
        and _is_same_caller(one, facts)
    ]
    for one in same:
        notes.assign(gate, one.id, home)
    return 1 + len(same)


_ASKED = (Act.WRITE, Act.ASSIGN, Act.ACKNOWLEDGE)


def _is_same_caller(one: Contact, other: Contact) -> bool:
    return one.caller.key is not None and one.caller.key == other.caller.key


def _words(gate: Gate, facts: Contact) -> tuple[Note | None, Denial | None]:
    """The note, for whoever may read it; a manager does not even try."""
    if gate.viewer.office is not Office.THERAPIST:
        return None, Denial.NOT_YOUR_OFFICE
    items, refused = gate.items([facts], Act.READ)
    return (items[0].note, None) if items else (None, refused[facts.id])


def _texts(gate: Gate, facts: Contact) -> tuple[ThreadId | None, tuple[Said, ...]]:
    """The text that the contact is, and the rest of its thread for whoever may read that."""
    if facts.channel is not Channel.TEXT:
        return None, ()
    text, thread = texts.kept(gate.connection, gate.cipher, facts.id)
    if text is None or thread is None:
        return None, ()
    if gate.may_read_thread(thread.id):
        found = gate.conversation(thread.id)
        return thread.id, said_by(gate, found.thread, found.texts)
    return None, said_by(gate, thread, [text])


def _readers(gate: Gate, facts: Contact, may: frozenset[Act]) -> tuple[Reader, ...] | None:
    if gate.viewer.office is Office.THERAPIST:
        if Act.ACKNOWLEDGE not in may:
            return None
    elif gate.within_reach([facts], Act.REVIEW):
        made = Reading(gate.viewer, Act.REVIEW, gate.now, facts.caller.home, facts.id)
        gate.write_down([made])
    else:
        return None
    return _read_by(gate, facts)


def _read_by(gate: Gate, facts: Contact) -> tuple[Reader, ...]:
    """Who has read or done what, each once for what she did, the latest first."""
    r = readings.c
    # It came after the contact, with the district of which it was said to be then: so the log's
    # index is of use, however long the log has become.
    homes = {facts.caller.home, *gate.organisation.districts} - {None}
    districts = sa.or_(r.district.in_(list(homes)), r.district.is_(None))
    rows = gate.connection.execute(
        sa.select(
            r.viewer,
            r.viewer_district,
            r.office,
            r.act,
            r.denied,
            sa.func.min(r.at).label("first"),
            sa.func.max(r.at).label("last"),
            sa.func.count().label("times"),
        )
        .where(districts, r.at >= facts.received_at, r.contact == facts.id, r.act.in_(_TELLING))
        .group_by(r.viewer, r.viewer_district, r.office, r.act, r.denied)
        .order_by(sa.desc("last"), r.viewer, r.act)
        .limit(_MOST_READERS)
    )
    return tuple(
        Reader(
            row.viewer,
            DistrictId(row.viewer_district),
            Office(row.office),
            Act(row.act),
            row.denied and Denial(row.denied),
            row.first,
            row.last,
            row.times,
        )
        for row in rows
    )


# Who has seen the words or changed something; that somebody saw the list is no reading of it.
_TELLING: Sequence[str] = [
    str(act) for act in (Act.CARD, Act.READ, Act.WRITE, Act.ASSIGN, Act.ACKNOWLEDGE, Act.EXPORT)
]
