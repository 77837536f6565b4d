"""Asked again in the middle of a call back, or after a failure of our own: still put through."""

import pytest

from app.lab.faults import WebhookFault
from app.telephony.exchange import Exchange
from routing import record
from routing.contact import Caller, Channel, Outcome
from routing.ids import ContactId
from tests.app.conftest import StageAt
from tests.app.telephony.test_called_by_the_service import _ask as ask
from tests.app.telephony.test_called_by_the_service import _called_back as called_back
from tests.app.telephony.test_calling_back import EVENING, TALKS, calls_back, missed, with_code
from tests.app.world import T4, YOUTH, logged, post
from tests.examples import EFTERVARD, at

CALL = ContactId("CA" + "0" * 32)


@pytest.mark.parametrize("times", [1, 2])
def test_a_worker_that_hangs_when_she_has_chosen_costs_her_no_call_back(
    times: int, sqlite_stage_at: StageAt
) -> None:
    stage = with_code(sqlite_stage_at(EVENING, strict=False), "t4")
    missed(stage, YOUTH)
    stage.carrier.faults.add(WebhookFault.SLOW, path="/callback/pick", times=times)

    back = calls_back(stage, T4)

    assert back.dialled == [YOUTH]
    assert back.bridged_to == YOUTH
    assert str(logged(stage, back.sid)["attempts"]).startswith("client:answered:")


def test_nor_when_the_service_rang_her(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, strict=False)
    (first,) = missed(stage, YOUTH)
    stage.carrier.faults.add(WebhookFault.SLOW, path="/callback/connect")
    stage.carrier.set_phones({T4: "answer 3, press 1", YOUTH: TALKS})

    ask(stage, "t4", first.sid)
    stage.carrier.run()

    (back,) = called_back(stage)
    assert (back.outcome, back.therapist) == (Outcome.ANSWERED, "t4")


def test_a_choice_that_comes_again_when_they_have_talked_rings_nobody(
    sqlite_stage_at: StageAt,
) -> None:
    stage = with_code(sqlite_stage_at(EVENING, strict=False), "t4")
    missed(stage, YOUTH)
    back = calls_back(stage, T4)
    (chosen,) = [one for one in back.requests if "/callback/pick/" in one.url]

    answer = post(stage, chosen.url.partition("#")[0], dict(chosen.form))

    assert b"<Dial" not in answer.body
    assert b"<Hangup/>" in answer.body


def heard(exchange: Exchange) -> None:
    came = at("2026-03-03 19:04")
    exchange.record(record.received(CALL, EFTERVARD, Channel.VOICE, Caller("unknown-1"), came))


def test_a_worker_that_failed_too_late_to_be_heard_takes_no_caller_from_who_pressed_1(
    sqlite_stage_at: StageAt,
) -> None:
    """Its word of the failure is kept, and another worker's answer is what the caller got."""
    exchange = sqlite_stage_at(EVENING).parts.exchange
    heard(exchange)
    exchange.record(record.rescued(CALL, EFTERVARD, exchange.clock()))

    assert not exchange.is_over(CALL)

    exchange.record(record.hung_up(CALL, EFTERVARD, 20, exchange.clock()))
    assert exchange.is_over(CALL)
