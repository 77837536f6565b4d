"""What is written down of each step, as contact events whose keys make a repeat harmless."""

from datetime import datetime

from routing.call import (
    AskDistrict,
    AttemptEnded,
    CallState,
    Ending,
    Event,
    Farewell,
    Person,
    Result,
    Ring,
    Step,
)
from routing.contact import CLIENT, Caller, Channel, ContactEvent, Direction, Kind
from routing.ids import ContactId, LineId, TherapistId


def received(
    contact: ContactId, line: LineId, channel: Channel, caller: Caller, at: datetime
) -> ContactEvent:
    """That somebody called or wrote."""
    return ContactEvent(
        contact,
        "received",
        at,
        Kind.RECEIVED,
        line,
        channel=channel,
        direction=Direction.INBOUND,
        caller=caller,
    )


def identified(contact: ContactId, line: LineId, caller: Caller, at: datetime) -> ContactEvent:
    """That the caller has named the home district; the first word counts."""
    return ContactEvent(contact, "identified", at, Kind.IDENTIFIED, line, caller=caller)


def assigned(
    contact: ContactId, line: LineId, caller: Caller, therapist: TherapistId, at: datetime
) -> ContactEvent:
    """That *therapist* has said whose the caller is; the last word counts."""
    key = f"assigned/{at.isoformat()}"
    return ContactEvent(contact, key, at, Kind.ASSIGNED, line, target=therapist, caller=caller)


def of_step(state: CallState, event: Event, step: Step, at: datetime) -> tuple[ContactEvent, ...]:
    """
    What *event* and the *step* it led to add to the contact.

    Keys name the target and not the rung: two copies of one webhook may have laid the call out
    differently, and nobody is tried twice.
    """
    told: list[ContactEvent] = []
    contact, line = state.contact, state.line
    if isinstance(event, AttemptEnded) and state.rung < len(state.targets):
        target = str(state.targets[state.rung])
        told.append(attempt_ended(contact, line, target, event.result, event.seconds, at))
    match step:
        case Ring():
            told.append(offered(contact, line, str(step.target), at))
        case Farewell(ending):
            told.append(ContactEvent(contact, "ended", at, Kind.ENDED, line, result=ending))
        case AskDistrict():
            pass  # the answer will be told, not the question
    return tuple(told)


def offered(contact: ContactId, line: LineId, target: str, at: datetime) -> ContactEvent:
    """That *target* was rung."""
    return ContactEvent(contact, f"offered/{target}", at, Kind.OFFERED, line, target=target)


def attempt_ended(
    contact: ContactId, line: LineId, target: str, result: Result, seconds: int | None, at: datetime
) -> ContactEvent:
    """How the attempt to reach *target* ended; *seconds* is how long the far end was connected."""
    key, kind = f"attempt_ended/{target}", Kind.ATTEMPT_ENDED
    return ContactEvent(contact, key, at, kind, line, target=target, result=result, seconds=seconds)


def rescued(contact: ContactId, line: LineId, at: datetime) -> ContactEvent:
    """That our own code failed, and the call was left to the carrier and the fallback."""
    ending = Ending.RESCUED
    return ContactEvent(contact, "ended", at, Kind.ENDED, line, result=ending)


def blocked(contact: ContactId, line: LineId, at: datetime) -> ContactEvent:
    """That a text came from a number which a manager has blocked, and went to nobody."""
    ending = Ending.BLOCKED
    return ContactEvent(contact, "ended", at, Kind.ENDED, line, result=ending)


def talked(contact: ContactId, line: LineId, at: datetime) -> ContactEvent:
    """That the carrier says the two were put through, where our own code failed to look closer."""
    return ContactEvent(contact, "ended", at, Kind.ENDED, line, result=Ending.TALKED)


def took_up(contact: ContactId, line: LineId, therapist: TherapistId, at: datetime) -> ContactEvent:
    """That a therapist is busy with a call of her own to the line, so that she is not rung."""
    key = f"accepted/{therapist}"
    return ContactEvent(contact, key, at, Kind.ACCEPTED, line, target=therapist)


def put_down(contact: ContactId, line: LineId, at: datetime) -> ContactEvent:
    """That such a call of hers is over without anybody called back."""
    ending = Ending.CALLER_LEFT
    return ContactEvent(contact, "ended", at, Kind.ENDED, line, result=ending)


def calls_back(
    contact: ContactId, line: LineId, therapist: TherapistId, client: Caller, at: datetime
) -> tuple[ContactEvent, ContactEvent]:
    """That *therapist* calls *client* as the line: an outgoing contact, and its one attempt."""
    began = _begun(contact, line, therapist, Channel.VOICE, client, at)
    return began, offered(contact, line, CLIENT, at)


def called_back(
    contact: ContactId, line: LineId, result: Result, talked: int | None, at: datetime
) -> tuple[ContactEvent, ContactEvent]:
    """How such a call ended."""
    attempt = attempt_ended(contact, line, CLIENT, result, talked, at)
    ending = Ending.TALKED if result is Result.BRIDGED else Ending.NOBODY
    return attempt, ContactEvent(contact, "ended", at, Kind.ENDED, line, result=ending)


def of_key(state: CallState, *, accepted: bool, at: datetime) -> ContactEvent | None:
    """That the therapist being rung accepted or declined; None when no therapist is."""
    target = state.targets[state.rung] if state.rung < len(state.targets) else None
    if not isinstance(target, Person):
        return None
    kind = Kind.ACCEPTED if accepted else Kind.DECLINED
    key = f"{kind}/{target}"
    return ContactEvent(state.contact, key, at, kind, state.line, target=target.therapist)


def hung_up(contact: ContactId, line: LineId, seconds: int | None, at: datetime) -> ContactEvent:
    """That the carrier says the call is over."""
    return ContactEvent(contact, "hung_up", at, Kind.HUNG_UP, line, seconds=seconds)


def reconciled(
    contact: ContactId, line: LineId, at: datetime, caller: Caller | None = None
) -> ContactEvent:
    """
    That something of the contact was found afterwards, *at* that moment, in the carrier's list.

    With the *caller* where the log had nothing of it, so that a handover tells of it from then.
    """
    return ContactEvent(contact, "reconciled", at, Kind.RECONCILED, line, caller=caller)


def answered(
    contact: ContactId, line: LineId, therapist: TherapistId, client: Caller, at: datetime
) -> ContactEvent:
    """That *therapist* has written to *client* as the line."""
    return _begun(contact, line, therapist, Channel.TEXT, client, at)


def _begun(
    contact: ContactId,
    line: LineId,
    therapist: TherapistId,
    channel: Channel,
    client: Caller,
    at: datetime,
) -> ContactEvent:
    """That *therapist* turned to *client*, the other way round from `received`."""
    return ContactEvent(
        contact,
        "received",
        at,
        Kind.RECEIVED,
        line,
        target=therapist,
        channel=channel,
        direction=Direction.OUTBOUND,
        caller=client,
    )


def of_text(
    contact: ContactId, line: LineId, kind: Kind, at: datetime, therapist: TherapistId | None = None
) -> ContactEvent:
    """What became of a text: relayed to *therapist*, undelivered, or ended with nobody there."""
    key = kind if therapist is None else f"{kind}/{therapist}"
    return ContactEvent(contact, key, at, kind, line, target=therapist)
