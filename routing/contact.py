"""A contact, folded from the events that tell of it: in any order, however often each came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from routing.call import Ending, Result
from routing.ids import ContactId, DistrictId, LineId, TherapistId
from routing.role import Role

# The carrier ends every call after four hours, so a contact without an end by then has lost it.
LONGEST_CALL = timedelta(hours=4)
_LATEST_OFFER = timedelta(minutes=15)  # after a call's end, by machines whose clocks differ

OFFICE = "office"  # the target that is a district's own number
CLIENT = "client"  # the target of a call that a therapist makes as the line


class Channel(StrEnum):
    VOICE = "voice"
    TEXT = "text"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Kind(StrEnum):
    """What happened; stored as written, so never renamed."""

    RECEIVED = "received"
    IDENTIFIED = "identified"  # the caller named the home district
    ASSIGNED = "assigned"  # a therapist said whose the caller is; the last word counts
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ATTEMPT_ENDED = "attempt_ended"
    ENDED = "ended"  # the service's own last step
    HUNG_UP = "hung_up"  # the carrier's word that the call is over
    RELAYED = "relayed"
    UNDELIVERED = "undelivered"
    RECONCILED = "reconciled"  # something of it was found afterwards, in the carrier's own list


class Outcome(StrEnum):
    """What became of a contact; an export column, so never renamed."""

    ANSWERED = "answered"
    MISSED = "missed"
    ABANDONED = "abandoned"
    FALLBACK_ANSWERED = "fallback_answered"
    FALLBACK_FAILED = "fallback_failed"
    RELAYED = "relayed"
    UNDELIVERED = "undelivered"
    CLOSED = "closed"
    BLOCKED = "blocked"


_OUTCOMES: dict[str | None, Outcome] = {
    Ending.CLOSED: Outcome.CLOSED,
    Ending.BLOCKED: Outcome.BLOCKED,
    Ending.RESCUED: Outcome.MISSED,  # nobody knows whom the caller reached, so somebody must look
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sought help, as far as the register knows; *label* is never a telephone number."""

    label: str
    home: DistrictId | None = None
    role: Role | None = None
    language: str | None = None
    key: bytes | None = None  # tells two callers apart without a number; None when withheld


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """
    One thing that happened; *key* is unique within the contact, so a repeat has the same.

    *target* is whom it concerns: a therapist's id, ``office`` or ``fallback-1`` and on.
    """

    contact: ContactId
    key: str
    at: datetime
    kind: Kind
    line: LineId
    target: str | None = None
    result: str | None = None  # a Result for an attempt, an Ending for the call
    seconds: int | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to reach somebody; *result* is None while it goes on."""

    target: str
    offered_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    result: str | None
    talked: int | None  # seconds the far end was connected, by the carrier's count

    @property
    def seconds(self) -> int | None:
        """How long it took until it was taken or given up."""
        until = self.accepted_at or self.ended_at
        if until is None:
            return None
        talked = self.talked or 0 if self.reached and self.accepted_at is None else 0
        return max(0, round((until - self.offered_at).total_seconds()) - talked)

    @property
    def is_fallback(self) -> bool:
        """Whether it was a number outside the team, such as the office or a fallback."""
        return self.target == OFFICE or self.target.startswith("fallback-")

    @property
    def reached(self) -> bool:
        """
        Whether a person took the call.

        A therapist has said so by a key; what a carrier calls completed may be a voicemail.
        """
        return self.result == "answered"


@dataclass(frozen=True, slots=True)
class Contact:
    """What is known of one call or text."""

    id: ContactId
    line: LineId
    channel: Channel
    direction: Direction
    received_at: datetime
    caller: Caller
    attempts: tuple[Attempt, ...]
    therapist: TherapistId | None
    escalated_to: str | None
    outcome: Outcome | None  # None while it goes on
    wait: timedelta | None
    talk: timedelta | None
    found_at: datetime | None = None  # when the carrier's list told of it, or of its end

    def outcome_at(self, now: datetime) -> Outcome | None:
        """The outcome; a contact that has lost its end counts as missed, so that somebody looks."""
        if self.outcome is None and now - self.received_at > LONGEST_CALL:
            return Outcome.MISSED
        return self.outcome


def fold(events: Iterable[ContactEvent]) -> Contact | None:
    """
    The contact that *events* tell of, whatever their order and however often each came.

    None when the event that it was received is not among them (yet).
    """
    told: dict[str, ContactEvent] = {}
    for event in sorted(events, key=lambda e: (e.at, e.key)):
        told.setdefault(event.key, event)
    kept = tuple(told.values())
    received = next((e for e in kept if e.kind is Kind.RECEIVED), None)
    if received is None or received.caller is None:
        return None
    assigned = next((e for e in reversed(kept) if e.kind is Kind.ASSIGNED), None)
    identified = assigned or next((e for e in kept if e.kind is Kind.IDENTIFIED), received)
    ended = next((e for e in kept if e.kind is Kind.ENDED), None)
    over = ended or next((e for e in kept if e.kind is Kind.HUNG_UP), None)
    offers = (e for e in kept if e.kind is Kind.OFFERED and not _came_again(e, kept, over))
    attempts = tuple(_attempt(e, kept, over) for e in offers)
    taken = next((a for a in attempts if a.reached), None)
    found = next((e for e in kept if e.kind is Kind.RECONCILED), None)
    is_text = received.channel is Channel.TEXT
    return Contact(
        id=received.contact,
        line=received.line,
        channel=received.channel or Channel.VOICE,
        direction=received.direction or Direction.INBOUND,
        received_at=received.at,
        caller=replace(identified.caller or received.caller, key=received.caller.key),
        attempts=attempts,
        therapist=_therapist(received, taken, kept),
        escalated_to=next((a.target for a in reversed(attempts) if a.is_fallback), None),
        outcome=_text_outcome(kept) if is_text else _call_outcome(attempts, ended, over, found),
        wait=None if is_text else _wait(received.at, taken, over),
        talk=_talk(taken, over),
        found_at=None if found is None else found.at,
    )


def _came_again(
    offered: ContactEvent, events: Iterable[ContactEvent], over: ContactEvent | None
) -> bool:
    """
    Whether it is of a request that came once more when the call was long over: it rang nobody.

    Clocks of several machines may differ by minutes, and what became of an attempt is proof of it.
    """
    if over is None or offered.at - over.at <= _LATEST_OFFER:
        return False
    return not any(e.target == offered.target and e is not offered for e in events)


def _attempt(
    offered: ContactEvent, events: Iterable[ContactEvent], over: ContactEvent | None
) -> Attempt:
    own = {e.kind: e for e in events if e.target == offered.target}
    accepted, ended = own.get(Kind.ACCEPTED), own.get(Kind.ATTEMPT_ENDED)
    target = offered.target or ""
    return Attempt(
        target=target,
        offered_at=offered.at,
        accepted_at=accepted.at if accepted else None,
        ended_at=ended.at if ended else None,
        result=_result(target, accepted, own.get(Kind.DECLINED), ended, over),
        talked=ended.seconds if ended else None,
    )


def _result(
    target: str,
    accepted: ContactEvent | None,
    declined: ContactEvent | None,
    ended: ContactEvent | None,
    over: ContactEvent | None,
) -> str | None:
    if accepted is not None and ended is not None and ended.result == Result.BRIDGED:
        return "answered"
    if accepted is not None and ended is None:
        # The caller may have hung up between the key and the bridge: then no bridge is told of.
        return "answered" if over is None or over.result == Ending.TALKED else "unconfirmed"
    if declined is not None:
        return "declined"
    if ended is None:
        return None
    if ended.result != Result.BRIDGED:
        return ended.result
    # Bridged: at a fallback whoever answers counts; from a therapist only the key does, and a
    # bridge without it is a fault that somebody must look at.
    needs_key = target not in {OFFICE, CLIENT} and not target.startswith("fallback-")
    return "unconfirmed" if needs_key else "answered"


def _therapist(
    received: ContactEvent, taken: Attempt | None, events: Iterable[ContactEvent]
) -> TherapistId | None:
    if received.direction is Direction.OUTBOUND:  # it names who called
        return TherapistId(received.target) if received.target else None
    if taken is not None:
        return None if taken.is_fallback else TherapistId(taken.target)
    relayed = [e.target for e in events if e.kind is Kind.RELAYED and e.target]
    return TherapistId(relayed[-1]) if relayed else None


def _call_outcome(
    attempts: tuple[Attempt, ...],
    ended: ContactEvent | None,
    over: ContactEvent | None,
    found: ContactEvent | None,
) -> Outcome | None:
    taken = next((a for a in attempts if a.reached), None)
    if taken is not None:
        return Outcome.FALLBACK_ANSWERED if taken.is_fallback else Outcome.ANSWERED
    if over is None:
        return None
    if ended is None and found is not None:
        return Outcome.MISSED  # the carrier's list does not tell who hung up: somebody must look
    if ended is None or ended.result == Ending.CALLER_LEFT:
        return Outcome.ABANDONED
    if ended.result in _OUTCOMES:
        return _OUTCOMES[ended.result]
    return Outcome.FALLBACK_FAILED if any(a.is_fallback for a in attempts) else Outcome.MISSED


def _text_outcome(events: Sequence[ContactEvent]) -> Outcome | None:
    kinds = {e.kind for e in events}
    # It is undelivered only when everyone has been tried, whatever was thought before.
    if Kind.UNDELIVERED in kinds:
        return Outcome.UNDELIVERED
    if Kind.RELAYED in kinds:
        return Outcome.RELAYED
    ended = next((e for e in events if e.kind is Kind.ENDED), None)
    if ended is None:
        return None
    return Outcome.BLOCKED if ended.result == Ending.BLOCKED else Outcome.CLOSED


def _wait(
    received_at: datetime, taken: Attempt | None, over: ContactEvent | None
) -> timedelta | None:
    """From the call coming in until a person had it, or until it was over."""
    if taken is not None and taken.accepted_at is not None:
        return taken.accepted_at - received_at
    if taken is not None and taken.ended_at is not None:
        return max(
            taken.ended_at - received_at - timedelta(seconds=taken.talked or 0), timedelta(0)
        )
    return None if over is None else over.at - received_at


def _talk(taken: Attempt | None, over: ContactEvent | None) -> timedelta | None:
    """From the key being pressed until the attempt ended; a fallback's by the carrier's count."""
    if taken is None:
        return None
    until = taken.ended_at or (over.at if over else None)
    if taken.accepted_at is not None:
        return None if until is None else until - taken.accepted_at
    return None if taken.talked is None else timedelta(seconds=taken.talked)
