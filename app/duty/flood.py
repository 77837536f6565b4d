"""
Floods: what strangers, or whoever forges a colleague's number, may cost a therapist's telephone.

A family in the register is never held up, and a sender whom a therapist has answered is not either:
that is a conversation, however many texts it has.  What is held up is kept like any other text, and
stands where its thread is read.  See docs/adr/0035-floods-are-held-up.md.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.duty.standby import Standby
from app.store import carried, flood
from app.store.flood import Before
from app.store.outbox import By, Letter
from app.store.texts import Text
from routing.contact import Contact
from routing.ids import TherapistId
from routing.text import OPEN_FOR, Thread

_WITHIN = timedelta(minutes=10)
_AN_HOUR = timedelta(hours=1)
# More than anybody writes before there has been an answer; and more than all who are strange write.
MOST_OF_ONE, MOST_OF_ALL = 12, 40
# While nobody is on standby each text is told of to many people.
MOST_TOLD_OF_ONE, MOST_TOLD_OF_ALL = 3, 10
MOST_OF_STAFF = 40
MOST_ALERTS_OF_ONE, MOST_ALERTS_OF_ALL = 3, 10


def is_held(
    connection: sa.Connection, contact: Contact, received_at: datetime, *, is_told: bool = False
) -> bool:
    """
    Whether the text *contact* of a stranger is one too many within ten minutes.

    Args:
        is_told: nobody is on standby, so that it would be told of rather than sent on.
    """
    key, line = contact.caller.key, contact.line
    before = Before(contact.id, received_at - _WITHIN, received_at)
    of_one, of_all = (MOST_TOLD_OF_ONE, MOST_TOLD_OF_ALL) if is_told else (MOST_OF_ONE, MOST_OF_ALL)
    if (
        flood.of_sender(connection, line, key, before) < of_one
        and flood.of_strangers(connection, line, before) < of_all
    ):
        return False
    return key is None or not flood.is_answered(connection, line, key, received_at - OPEN_FOR)


def letter_about(
    connection: sa.Connection, on: Standby, thread: Thread, holder: TherapistId, said: str
) -> Iterable[Letter]:
    """One letter an hour to *holder*, that there is more in *thread* than she is sent."""
    key = f"held/{on.line.id}/{holder}/"
    phone = on.organisation.therapists[holder].phone
    if phone is not None and not carried.posted_since(connection, key, on.now - _AN_HOUR):
        own = f"{key}{thread.id}/{on.now:%Y%m%dT%H%M}"  # a thread is open for longer than an hour
        yield Letter(own, By.TEXT, on.line.id, phone.e164, said)


def is_staff_flood(connection: sa.Connection, text: Text, staff: TherapistId) -> bool:
    """Whether more texts have come from her number than one person writes in ten minutes."""
    before = Before(text.contact, text.received_at - _WITHIN, text.received_at)
    return flood.of_staff(connection, staff, before) >= MOST_OF_STAFF


def are_alerts_enough(contact: Contact, told: Sequence[Contact]) -> bool:
    """
    Whether enough has been said of strangers' missed calls like *contact* within ten minutes.

    *told* are the other calls that somebody has been told of.
    """
    if not contact.caller.label.startswith(flood.STRANGERS):
        return False
    near = [c for c in told if abs(c.received_at - contact.received_at) < _WITHIN]
    same = [c for c in near if c.caller.key is not None and c.caller.key == contact.caller.key]
    return len(same) >= MOST_ALERTS_OF_ONE or len(near) >= MOST_ALERTS_OF_ALL
