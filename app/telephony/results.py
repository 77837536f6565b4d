"""What the carrier's parameters say of an attempt, read with the care they need."""

from app.telephony.webhook import Form
from routing.call import CallState, Person, Result

# Any of these on a request about the caller's own leg means that there is nobody left to help.
_CALLER_GONE = frozenset({"completed", "canceled", "no-answer", "busy", "failed"})
_RESULTS = {
    "no-answer": Result.NO_ANSWER,
    "busy": Result.BUSY,
    "failed": Result.FAILED,
    "canceled": Result.CALLER_GONE,
    "completed": Result.UNACCEPTED,
    "answered": Result.UNACCEPTED,
}


def caller_gone(form: Form) -> bool:
    """Whether the caller's own leg is over."""
    return form.get("CallStatus") in _CALLER_GONE


def result_of(form: Form, state: CallState) -> Result:
    """
    How an attempt ended; any parameter may be missing.

    A therapist's voicemail gives ``completed`` too: only a bridge counts.  A fallback has no key
    to press, so there a completed call is a bridge where the carrier does not say otherwise.

    Source: Twilio docs, "TwiML Voice: Dial", the action request.
    """
    target = state.targets[state.rung] if state.rung < len(state.targets) else None
    return dial_result(form, needs_key=isinstance(target, Person))


def dial_result(form: Form, *, needs_key: bool) -> Result:
    """As `result_of`, for any Dial; *needs_key* where whoever answers must press one."""
    status, bridged = form.get("DialCallStatus", ""), form.get("DialBridged")
    if bridged == "true":
        return Result.BRIDGED
    if bridged is None and status == "completed" and not needs_key:
        return Result.BRIDGED
    if caller_gone(form):
        return Result.CALLER_GONE
    return _RESULTS.get(status, Result.FAILED)


def seconds(form: Form, name: str) -> int | None:
    """A number of seconds, where there is one."""
    given = form.get(name, "")
    return int(given) if given.isdecimal() else None
