"""What is written down of each step, as contact events whose keys make a repeat harmless."""

from datetime import datetime

from routing.call import AttemptEnded, CallState, Event, Farewell, Person, Ring, Step
from routing.contact import Caller, Channel, ContactEvent, Direction, Kind
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
        told.append(
            ContactEvent(
                contact,
                f"attempt_ended/{target}",
                at,
                Kind.ATTEMPT_ENDED,
                line,
                target=target,
                result=event.result,
                seconds=event.seconds,
            )
        )
    match step:
        case Ring():
            rung = str(step.target)
            told.append(
                ContactEvent(contact, f"offered/{rung}", at, Kind.OFFERED, line, target=rung)
            )
        case Farewell(ending):
            told.append(ContactEvent(contact, "ended", at, Kind.ENDED, line, result=ending))
    return tuple(told)


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


def of_text(
    contact: ContactId, line: LineId, kind: Kind, at: datetime, therapist: TherapistId | None = None
) -> ContactEvent:
    """What became of a text: relayed to *therapist*, undelivered, or ended with nobody there."""
    key = kind if therapist is None else f"{kind}/{therapist}"
    return ContactEvent(contact, key, at, kind, line, target=therapist)
