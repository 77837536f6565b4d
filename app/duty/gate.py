"""
The one way to what was said: it asks for leave, and writes down who has read what.

A page that asks again by itself (*again*) writes one row for each contact, act and viewer in a
quarter of an hour: whoever lays her telephone down with the page open has not read it sixty times.
What somebody asks for by hand is written down each time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import contacts, handovers, notes, readings, texts
from app.store import rota as stored_rota
from app.store.fields import FieldCipher
from app.store.readings import Reading
from app.store.rights import Lift, lifted
from app.store.texts import Text
from routing.access import Act, Denial, Matter, Viewer, denied
from routing.contact import Contact, Direction
from routing.errors import BeredskapError, NotFound
from routing.ids import ContactId, HandoverId, LineId, TherapistId, ThreadId
from routing.intervals import Interval, union
from routing.note import Note
from routing.organisation import Organisation
from routing.text import Thread

# What else is done with a contact needs none of its words: its log, its card, the reading log.
_WITH_WORDS = frozenset({Act.READ, Act.WRITE, Act.ASSIGN, Act.EXPORT})
_LONGEST_DUTY = timedelta(days=14)
QUIET = timedelta(minutes=15)  # for which what a page shows again by itself is not a new reading


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
class Conversation:
    """A thread, its texts in order, and the contacts that they are."""

    thread: Thread
    texts: tuple[Text, ...]
    facts: tuple[Contact, ...]


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

    def item(self, contact: ContactId, act: Act = Act.READ, *, again: bool = False) -> Item:
        """
        One contact, for *act*; *again* where a page asks by itself.

        Raises:
            NotFound: there is no such contact.
            NotAllowed: the viewer may not.
        """
        found = contacts.of_ids(self.connection, [contact])
        if not found:
            raise self._turned_away(contact, act, again=again)
        items, refused = self.items(found, act, again=again)
        if refused:
            raise NotAllowed(refused[contact])
        return items[0]

    def may(self, found: Contact, *acts: Act) -> frozenset[Act]:
        """Those of *acts* that the viewer may do with *found*: so that no page offers the rest."""
        return frozenset(act for act in acts if self.within_reach([found], act))

    def within_reach(self, found: Sequence[Contact], act: Act) -> tuple[Contact, ...]:
        """
        Those of *found* with which the viewer may do *act*; nothing is written down.

        For lists that a page makes by itself: to leave something out is no denial.
        """
        matters = self._matters(found)
        return tuple(
            contact
            for contact in found
            if (matter := matters.get(contact.id)) is not None
            and denied(self.viewer, act, matter, self.organisation, self.now) is None
        )

    def conversation(self, thread: ThreadId, *, again: bool = False) -> Conversation:
        """
        What was written in a thread, to be read; each text of it is a contact in the reading log.

        Whoever holds the thread stands where the taker of a contact does, also for what came
        before she had it: she cannot answer half a conversation.  *again* as above.

        Raises:
            NotFound: there is no such thread.
            NotAllowed: the viewer may not.
        """
        kept, found, why = self._judged(thread)
        made = [
            Reading(self.viewer, Act.READ, self.now, one.caller.home, one.id, None, why)
            for one in found
        ]
        self.write_down(made, again=again)
        if why is not None:
            raise NotAllowed(why)
        return Conversation(*kept, found)

    def may_read_thread(self, thread: ThreadId) -> bool:
        """Whether `conversation` would show it; nothing is written down."""
        kept = texts.conversation(self.connection, self.cipher, thread)
        if kept is None or kept[0].line not in self.organisation.lines:
            return False
        found = contacts.of_ids(self.connection, [text.contact for text in kept[1]])
        return self._why_not(kept[0], found) is None

    def write_down(self, made: Sequence[Reading], *, again: bool = False) -> None:
        """Put *made* into the reading log; for what is judged by another rule than a contact's."""
        if again:
            made = readings.unlike(self.connection, made, self.now - QUIET)
        readings.add(self.connection, made)

    def _turned_away(self, contact: ContactId, act: Act, *, again: bool) -> NotAllowed:
        """
        For a contact that the database holds back: that somebody tried is to be seen all the same.

        Raises:
            NotFound: there is none.
        """
        with lifted(self.connection, Lift.JUDGED):
            found = contacts.of_ids(self.connection, [contact])
            matter = self._matters(found).get(contact)
        if not found:
            raise NotFound("there is no such contact")
        why = Denial.NO_CONTACT if matter is None else self._denied(act, matter)
        home = found[0].caller.home
        made = Reading(self.viewer, act, self.now, home, contact, None, why)
        self.write_down([made], again=again)
        return NotAllowed(why)

    def _judged(
        self, thread: ThreadId
    ) -> tuple[tuple[Thread, tuple[Text, ...]], tuple[Contact, ...], Denial | None]:
        """A thread, its contacts, and why the viewer may not read it; raises as `conversation`."""
        kept = texts.conversation(self.connection, self.cipher, thread)
        if kept is not None and kept[0].line in self.organisation.lines:
            found = contacts.of_ids(self.connection, [text.contact for text in kept[1]])
            return kept, found, self._why_not(kept[0], found)
        with lifted(self.connection, Lift.JUDGED):
            kept = texts.conversation(self.connection, self.cipher, thread)
            if kept is None or kept[0].line not in self.organisation.lines:
                raise NotFound("there is no such thread")
            found = contacts.of_ids(self.connection, [text.contact for text in kept[1]])
            why = self._why_not(kept[0], found)
        return kept, found, why or Denial.NOT_YOUR_DISTRICT

    def _denied(self, act: Act, matter: Matter) -> Denial:
        """Why the viewer may not; what the database holds back nobody may."""
        why = denied(self.viewer, act, matter, self.organisation, self.now)
        return why or Denial.NOT_YOUR_DISTRICT

    def _why_not(self, thread: Thread, found: Sequence[Contact]) -> Denial | None:
        """Why the viewer may not read *thread*, whose contacts are *found*."""
        came = [one for one in found if one.direction is Direction.INBOUND]
        last = came[-1] if came else None
        states = handovers.state_of(self.connection, [] if last is None else [last.id])
        # Somebody may have said since whose the sender is.
        homes = (one.caller.home for one in reversed(came))
        matter = Matter(
            line=self.organisation.lines[thread.line],
            home=next((home for home in homes if home is not None), thread.caller.home),
            taken_by=thread.holder,
            received_at=None if last is None else last.received_at,
            handover=None if last is None else states.get(last.id),
        )
        return denied(self.viewer, Act.READ, matter, self.organisation, self.now)

    def items(
        self,
        found: Sequence[Contact],
        act: Act = Act.READ,
        handover: HandoverId | None = None,
        *,
        again: bool = False,
    ) -> tuple[tuple[Item, ...], Mapping[ContactId, Denial]]:
        """
        Those of *found* that the viewer may see, and why not the others.

        With their notes where *act* is about words; *again* where a page asks by itself.
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
        self.write_down(made, again=again)
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


def _around(times: Iterable[datetime]) -> Interval:
    every = sorted(times)
    return Interval(every[0] - _LONGEST_DUTY, every[-1] + _LONGEST_DUTY)


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
    if not by_line:
        return duties
    # A duty is as long as its shifts together, whichever of them the contacts came in.
    windows = {line: _around(map(_taken_at, some)) for line, some in by_line.items()}
    whole = _around(at for some in by_line.values() for at in map(_taken_at, some))
    rotas = stored_rota.in_force_on(connection, by_line.keys(), whole)
    for line, some in by_line.items():
        shifts = (shift for shift in rotas[line] if shift.time.touches(windows[line]))
        held: dict[TherapistId, list[Interval]] = {}
        for shift in shifts:
            held.setdefault(shift.therapist, []).append(shift.time)
        joined = {therapist: union(times_) for therapist, times_ in held.items()}
        for contact in some:
            for duty in joined.get(contact.therapist or TherapistId(""), ()):
                if _taken_at(contact) in duty:
                    duties[contact.id] = duty
    return duties
