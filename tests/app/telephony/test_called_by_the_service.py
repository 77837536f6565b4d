"""A call back that begins in the service: her phone rings, key 1, and the line calls the family."""

import pytest

from app.demo.stage import Stage
from app.telephony.callback import start_callback
from app.telephony.carrier import TwilioCarrier
from routing.contact import Contact, Direction, Outcome
from routing.errors import NotFound
from routing.ids import ContactId, TherapistId
from tests.app.conftest import StageAt
from tests.app.world import T4, YOUTH, contact_of, exported

EVENING = "2026-03-03T19:04"


def _ask(stage: Stage, therapist: str, contact: str) -> None:
    """What the console's button will do, through Twilio's own client."""
    account = stage.parts.settings
    with stage.rest_face() as address:
        dialler = TwilioCarrier(account.twilio_account_sid, account.twilio_auth_tokens[0], address)
        start_callback(stage.parts.exchange, dialler, TherapistId(therapist), ContactId(contact))


def _missed(stage: Stage) -> str:
    missed = stage.call(YOUTH, phones={"t4": "no answer"}, caller="hang up after 12")
    return missed.sid


def _called_back(stage: Stage) -> list[Contact]:
    known = (contact_of(stage, sid) for sid in exported(stage, "jarva"))
    return [contact for contact in known if contact.direction is Direction.OUTBOUND]


def test_key_1_connects_her_as_the_line_with_whoever_waits(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    contact = _missed(stage)
    stage.carrier.set_phones({T4: "answer 3, press 1", YOUTH: "answer 4, talk 30"})

    _ask(stage, "t4", contact)
    stage.carrier.run()

    (called,) = _called_back(stage)
    assert (called.outcome, called.therapist) == (Outcome.ANSWERED, "t4")
    with pytest.raises(NotFound):  # she has been helped, so nobody waits any more
        _ask(stage, "t4", contact)


def test_with_another_key_the_family_is_not_called(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    contact = _missed(stage)
    stage.carrier.set_phones({T4: "answer 3, press 2", YOUTH: "answer 4, talk 30"})

    _ask(stage, "t4", contact)
    stage.carrier.run()

    assert _called_back(stage) == []


def test_who_may_not_hear_the_caller_may_not_call_back(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    contact = _missed(stage)

    with pytest.raises(NotFound):
        _ask(stage, "t2", contact)
