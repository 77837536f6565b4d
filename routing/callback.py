"""Calling back as the line: who is waiting for it, and which therapist may do it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.contact import Channel, Contact, Direction, Outcome
from routing.ids import ContactId, FollowUpId, LineId, TherapistId
from routing.organisation import Organisation, Therapist
from routing.rota import Shift

_NOT_HELPED = frozenset(
    {Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED, Outcome.UNDELIVERED}
)
_HELPED = frozenset({Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED, Outcome.RELAYED})
# Older ones belong to the handover, not to tonight.
_STILL_WAITING = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class CallbackState:
    """
    Where a therapist's call to call somebody back has got to; it travels signed, in opaque ids.

    *contact* is the therapist's own call; *waiting* are the contacts offered, in the order of
    their keys.  *follow_up* is what she calls about where nobody waits, since it was ordered.
    """

    contact: ContactId
    line: LineId
    therapist: TherapistId
    waiting: tuple[ContactId, ...] = ()
    chosen: ContactId | None = None
    follow_up: FollowUpId | None = None


def waiting(contacts: Sequence[Contact], now: datetime) -> tuple[Contact, ...]:
    """
    The callers whom nobody has helped yet, the first one first.

    Each person once, by the latest call or text; whoever was answered later is not waiting, and
    nobody whose number was withheld can be called.
    """
    latest: dict[bytes, Contact] = {}
    for contact in sorted(contacts, key=lambda c: c.received_at):
        if contact.caller.key is None:
            continue
        outcome = contact.outcome_at(now)
        # Words that the line is closed help nobody who was missed before.
        is_on_the_line = outcome is None and contact.channel is Channel.VOICE
        if outcome in _NOT_HELPED and contact.direction is Direction.INBOUND:
            latest[contact.caller.key] = contact
        elif outcome in _HELPED or is_on_the_line:
            latest.pop(contact.caller.key, None)
    return tuple(c for c in latest.values() if now - c.received_at < _STILL_WAITING)


def may_call_back(
    organisation: Organisation,
    therapist: Therapist,
    contact: Contact,
    shifts: Iterable[Shift],
    now: datetime,
) -> bool:
    """
    Whether *therapist* may call the caller of *contact* back.

    Only a contact of her own district, or one of her own duty that she might have answered.

    Args:
        shifts: the line's published shifts around then.

    Source: docs/architecture.md, promise 2.
    """
    line = organisation.lines[contact.line]
    today = line.today(now)
    if today not in therapist.active:
        return False
    home = contact.caller.home
    if home == therapist.district:
        return True
    on_duty = any(
        shift.therapist == therapist.id and contact.received_at in shift.time for shift in shifts
    )
    return on_duty and (home is None or organisation.may_answer(therapist, home, today))
