"""Contacts made for a test, without the events they would be folded from."""

from datetime import datetime, timedelta
from itertools import count

from routing.contact import Attempt, Caller, Channel, Contact, Direction, Outcome
from routing.ids import ContactId, DistrictId, TherapistId
from tests.examples import EFTERVARD, JARVA

_numbers = count(1)


def contact(
    received_at: datetime,
    outcome: Outcome | None,
    *,
    waited: int | None = None,
    key: bytes | None = b"a number's key",
    home: DistrictId | None = JARVA,
    channel: Channel = Channel.VOICE,
    direction: Direction = Direction.INBOUND,
    attempts: tuple[Attempt, ...] = (),
    therapist: TherapistId | None = None,
) -> Contact:
    """A contact of its own id; *key* tells callers apart, and is None for a withheld number."""
    return Contact(
        id=ContactId(f"CA{next(_numbers):032}"),
        line=EFTERVARD,
        channel=channel,
        direction=direction,
        received_at=received_at,
        caller=Caller("K-1001", home, key=key),
        attempts=attempts,
        therapist=therapist,
        escalated_to=None,
        outcome=outcome,
        wait=None if waited is None else timedelta(seconds=waited),
        talk=None,
    )


def attempt(
    target: str,
    offered_at: datetime,
    accepted_at: datetime | None,
    ended_at: datetime | None,
    result: str | None,
) -> Attempt:
    """One try to reach *target*."""
    return Attempt(target, offered_at, accepted_at, ended_at, result, talked=None)
