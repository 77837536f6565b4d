"""The one way to what was said: it asks for leave, and writes down who has read what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import contacts, handovers, notes, readings
from app.store import rota as stored_rota
from app.store.fields import FieldCipher
from app.store.readings import Reading
from routing.access import Act, Denial, Matter, Viewer, denied
from routing.contact import Contact
from routing.errors import BeredskapError, NotFound
from routing.ids import ContactId, HandoverId, LineId, TherapistId
from routing.intervals import Interval, union
from routing.note import Note
from routing.organisation import Organisation

# What else is done with a contact needs none of its words: its log, its card, the reading log.
_WITH_WORDS = frozenset({Act.READ, Act.WRITE, Act.ASSIGN, Act.EXPORT})
_LONGEST_DUTY = timedelta(days=14)


class NotAllowed(BeredskapError):
    """The viewer may not; the message says why, and nothing about what it is."""

    code = "not_allowed"

    def __init__(self, why: Denial) -> None:
        super().__init__(why.value.replace("_", " "))
        self.why = why


@dataclass(frozen=True, slots=True)
class Item:
    """A contact, and its note if there is one."""

    contact: ContactId
    facts: Contact
    note: Note | None


@dataclass(frozen=True, slots=True)
class Gate:
    """
    What *viewer* may see at *now*.  Whatever is asked for stands in the reading log afterwards.

    The caller commits, also where it is denied: that somebody was turned away is to be seen.
    """

    connection: sa.Connection
    cipher: FieldCipher
    organisation: Organisation
    viewer: Viewer
    now: datetime

    def item(self, contact: ContactId, act: Act = Act.READ) -> Item:
        """
        One contact, for *act*.

        Raises:
            NotFound: there is no such contact.
            NotAllowed: the viewer may not.
        """
        found = contacts.of_ids(self.connection, [contact])
        if not found:
            raise NotFound("there is no such contact")
        items, refused = self.items(found, act)
        if refused:
            raise NotAllowed(refused[contact])
        return items[0]

    def items(
        self,
        found: Sequence[Contact],
        act: Act = Act.READ,
        handover: HandoverId | None = None,
    ) -> tuple[tuple[Item, ...], Mapping[ContactId, Denial]]:
        """
        Those of *found* that the viewer may see, and why not the others.

        With their notes where *act* is about words.
        """
        matters = self._matters(found)
        refused: dict[ContactId, Denial] = {}
        made: list[Reading] = []
        for contact in found:
            matter = matters.get(contact.id)
            why: Denial | None = Denial.NO_CONTACT  # of a line that is no more
            if matter is not None:
                why = denied(self.viewer, act, matter, self.organisation, self.now)
            if why is not None:
                refused[contact.id] = why
            home = contact.caller.home
            made.append(Reading(self.viewer, act, self.now, home, contact.id, handover, why))
        readings.add(self.connection, made)
        seen = tuple(contact for contact in found if contact.id not in refused)
        wanted = [contact.id for contact in seen] if act in _WITH_WORDS else []
        told = notes.of_contacts(self.connection, self.cipher, wanted)
        return tuple(Item(c.id, c, told.get(c.id)) for c in seen), refused

    def _matters(self, found: Sequence[Contact]) -> Mapping[ContactId, Matter]:
        states = handovers.state_of(self.connection, [contact.id for contact in found])
        duties = duties_of(self.connection, found)
        return {
            contact.id: Matter(
                line=line,
                home=contact.caller.home,
                taken_by=contact.therapist or _rung_for_nobody(contact),
                received_at=contact.received_at,
                duty=duties.get(contact.id),
                handover=states.get(contact.id),
            )
            for contact in found
            if (line := self.organisation.lines.get(contact.line)) is not None
        }


def _rung_for_nobody(contact: Contact) -> TherapistId | None:
    """Who was rung last, where nobody took it and nobody's it is: somebody must say whose it is."""
    if contact.caller.home is not None:
        return None
    rung = (TherapistId(a.target) for a in reversed(contact.attempts) if not a.is_fallback)
    return next(rung, None)


def _taken_at(contact: Contact) -> datetime:
    """When she had it: a call may come in one duty and be taken in the next."""
    taken = (a.accepted_at for a in contact.attempts if a.target == contact.therapist)
    return next((at for at in taken if at is not None), contact.received_at)


def duties_of(connection: sa.Connection, found: Iterable[Contact]) -> Mapping[ContactId, Interval]:
    """The duty during which each contact's therapist had it, in whatever position."""
    by_line: dict[LineId, list[Contact]] = {}
    for contact in found:
        if contact.therapist is not None:
            by_line.setdefault(contact.line, []).append(contact)
    duties: dict[ContactId, Interval] = {}
    for line, some in by_line.items():
        times = [_taken_at(contact) for contact in some]
        # A duty is as long as its shifts together, whichever of them the contacts came in.
        window = Interval(min(times) - _LONGEST_DUTY, max(times) + _LONGEST_DUTY)
        shifts = stored_rota.in_force(connection, line, window)
        held: dict[TherapistId, list[Interval]] = {}
        for shift in shifts:
            held.setdefault(shift.therapist, []).append(shift.time)
        joined = {therapist: union(times_) for therapist, times_ in held.items()}
        for contact in some:
            for duty in joined.get(contact.therapist or TherapistId(""), ()):
                if _taken_at(contact) in duty:
                    duties[contact.id] = duty
    return duties
