"""Missed calls: which of them a therapist is told of, and when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from routing.contact import Channel, Contact, Direction, Outcome

_UNANSWERED = frozenset({Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED})
# Or being helped just now.  Words that the line is closed help nobody who was missed before.
_HELPED = frozenset({Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED, None})
# Young people hang up and try again: a call that somebody took since needs no alert.
_TRIES_AGAIN_WITHIN = timedelta(minutes=10)
TOLD_AFTER = timedelta(seconds=30)


def deserves_alert(
    contact: Contact, others: Sequence[Contact], least_wait: timedelta, now: datetime
) -> bool:
    """
    Whether somebody is to be told that *contact* was not answered.

    Not of a call that ended before *least_wait*, unless it is the caller's second within ten
    minutes; not when the caller was answered since; and never before half a minute has passed, in
    which most try again.

    Args:
        others: the other contacts of the time around, in any order.
    """
    if contact.channel is not Channel.VOICE or contact.direction is not Direction.INBOUND:
        return False
    outcome, waited = contact.outcome_at(now), contact.wait or timedelta(0)
    if outcome not in _UNANSWERED or now < contact.received_at + waited + TOLD_AFTER:
        return False
    same = [c for c in others if c.id != contact.id and _same_caller(c, contact)]
    if any(_helped(c, now) and c.received_at > contact.received_at for c in same):
        return False
    if outcome is not Outcome.ABANDONED or waited >= least_wait:
        return True
    since = contact.received_at - _TRIES_AGAIN_WITHIN
    return any(since <= c.received_at < contact.received_at for c in same)


def _same_caller(one: Contact, other: Contact) -> bool:
    return one.caller.key is not None and one.caller.key == other.caller.key


def _helped(contact: Contact, now: datetime) -> bool:
    return contact.outcome_at(now) in _HELPED
