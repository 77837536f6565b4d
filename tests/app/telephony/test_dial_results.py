"""Every way the carrier may put how an attempt ended, for a therapist and for a fallback."""

from itertools import product

import pytest

from app.telephony.results import caller_gone, result_of, seconds
from routing.call import (
    AttemptEnded,
    CallState,
    Ending,
    Facts,
    FallbackNumber,
    Farewell,
    OfficeNumber,
    Person,
    Result,
    Ring,
    Target,
    next_step,
)
from routing.ids import ContactId, TherapistId
from tests.examples import EFTERVARD, JARVA

THERAPIST, FALLBACK, OFFICE = Person(TherapistId("t4")), FallbackNumber(0), OfficeNumber(JARVA)
NEXT = FallbackNumber(1)
STATUSES = ("completed", "answered", "busy", "no-answer", "failed", "canceled", "of tomorrow", None)
BRIDGED = ("true", "false", None)
OVER = ("completed", "busy", "failed", "no-answer", "canceled")
CALL_STATUSES = ("ringing", "in-progress", *OVER, None)
DURATIONS = ("0", "7", "", "seven", None)


def _form(
    status: str | None, bridged: str | None, call: str | None, lasted: str | None
) -> dict[str, str]:
    told = {
        "DialCallStatus": status,
        "DialBridged": bridged,
        "CallStatus": call,
        "DialCallDuration": lasted,
    }
    return {name: value for name, value in told.items() if value is not None}


def _ringing(target: Target) -> CallState:
    return CallState(ContactId("CA1"), EFTERVARD, "sv", JARVA, targets=(target, NEXT))


@pytest.mark.parametrize("target", [THERAPIST, FALLBACK, OFFICE], ids=str)
def test_whatever_the_carrier_says_the_call_goes_on_or_is_over(target: Target) -> None:
    every = list(product(STATUSES, BRIDGED, CALL_STATUSES, DURATIONS))
    for told in every:
        form, state = _form(*told), _ringing(target)

        result = result_of(form, state)
        event = AttemptEnded(result, seconds(form, "DialCallDuration"))
        step = next_step(state, event, Facts())

        status, bridged, call, _ = told
        takes_no_key = bridged is None and status == "completed" and target != THERAPIST
        if bridged == "true" or takes_no_key:
            assert isinstance(step, Farewell), told
            assert step.ending is Ending.TALKED
        elif call in OVER or status == "canceled":
            assert isinstance(step, Farewell), told
            assert step.ending is Ending.CALLER_LEFT
        else:
            assert isinstance(step, Ring), told
            assert step.target == NEXT
        assert caller_gone(form) == (call in OVER)
    assert len(every) == 960


@pytest.mark.parametrize("target", [THERAPIST, FALLBACK], ids=str)
@pytest.mark.parametrize("lasted", DURATIONS)
def test_how_long_it_lasted_says_nothing_of_how_it_ended(target: Target, lasted: str) -> None:
    for told in product(STATUSES, BRIDGED, CALL_STATUSES):
        state = _ringing(target)

        assert result_of(_form(*told, lasted), state) is result_of(_form(*told, None), state)


@pytest.mark.parametrize(
    ("status", "bridged", "of_therapist", "of_fallback"),
    [
        ("completed", "true", Result.BRIDGED, Result.BRIDGED),
        ("completed", "false", Result.UNACCEPTED, Result.UNACCEPTED),  # a voicemail
        ("completed", None, Result.UNACCEPTED, Result.BRIDGED),
        ("no-answer", "false", Result.NO_ANSWER, Result.NO_ANSWER),  # or the same voicemail
        ("busy", "false", Result.BUSY, Result.BUSY),
        ("failed", None, Result.FAILED, Result.FAILED),
        ("canceled", "false", Result.CALLER_GONE, Result.CALLER_GONE),
        (None, None, Result.FAILED, Result.FAILED),
    ],
)
def test_both_documented_readings_of_an_attempt_are_understood(
    status: str | None, bridged: str | None, of_therapist: Result, of_fallback: Result
) -> None:
    form = _form(status, bridged, "in-progress", None)

    assert result_of(form, _ringing(THERAPIST)) is of_therapist
    assert result_of(form, _ringing(FALLBACK)) is of_fallback


@pytest.mark.parametrize(
    ("given", "read"), [("62", 62), ("0", 0), ("", None), ("-1", None), ("1.5", None)]
)
def test_seconds_are_read_where_there_are_any(given: str, read: int | None) -> None:
    assert seconds({"DialCallDuration": given}, "DialCallDuration") == read
    assert seconds({}, "DialCallDuration") is None


def test_an_address_beyond_the_last_target_is_no_therapist_s() -> None:
    past = CallState(ContactId("CA1"), EFTERVARD, "sv", targets=(THERAPIST,), rung=1)

    assert result_of({"DialCallStatus": "completed"}, past) is Result.BRIDGED
