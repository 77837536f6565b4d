"""Counts what became of callers: each contact once, whichever clock sees first that it is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.measures import ANSWERED_AFTER, CONTACTS, RUNGS
from app.store import contacts, measures
from app.store.database import reading
from app.store.measures import Added
from routing.contact import Channel, Contact, ContactEvent, Direction, fold
from routing.intervals import Interval
from routing.organisation import Organisation

# Longer than any outage that somebody would call a night; what is older is in the log.
LOOK_BACK = timedelta(days=2)
# What is counted is never taken back, so it waits until nothing more is told of a contact: the
# carrier's last words of a call come within seconds, and a text is passed on within minutes.
_SETTLES: Mapping[Channel, timedelta] = {
    Channel.VOICE: timedelta(minutes=1),
    Channel.TEXT: timedelta(minutes=10),
}


def count_contacts(engine: sa.Engine, organisation: Organisation, now: datetime) -> int:
    """
    Count the contacts that are over; how many there were.

    That one is counted stands in the transaction that adds to the sums, so two clocks count it
    once, and a sum never grows smaller when contacts go.
    """
    span = Interval(now - LOOK_BACK, now)
    over: list[Contact] = []
    with reading(engine) as connection:
        waiting = measures.uncounted(connection, organisation.lines.keys(), span)
        for events in contacts.events_of(connection, waiting).values():
            contact = _settled(events, now)
            if contact is not None:
                over.append(contact)
    if not over:
        return 0
    with engine.begin() as connection:
        mine = measures.claim(connection, [contact.id for contact in over], now)
        added = Added()
        for contact in over:
            if contact.id in mine:
                _count(added, contact, now)
        measures.add(connection, added)
    return len(mine)


def _settled(events: Sequence[ContactEvent], now: datetime) -> Contact | None:
    """The contact, when it has an outcome and nothing has been told of it for a while."""
    contact = fold(events)
    if contact is None or contact.outcome_at(now) is None:
        return None
    last = max(event.at for event in events)
    return contact if now - last >= _SETTLES[contact.channel] else None


def _count(added: Added, contact: Contact, now: datetime) -> None:
    outcome = contact.outcome_at(now)
    kind = (str(contact.channel), str(contact.direction), str(outcome))
    added.add(CONTACTS, (contact.line, *kind))
    if contact.channel is not Channel.VOICE or contact.direction is not Direction.INBOUND:
        return
    added.observe(RUNGS, (contact.line,), len(contact.attempts))
    taken = next((attempt for attempt in contact.attempts if attempt.reached), None)
    if taken is not None and contact.wait is not None:
        by = "fallback" if taken.is_fallback else "therapist"
        added.observe(ANSWERED_AFTER, (contact.line, by), contact.wait.total_seconds())
