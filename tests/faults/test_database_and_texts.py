"""Texts, and what therapists do on the telephone, while the database hangs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from app.demo.stage import Stage
from app.phrases import phrases
from app.store import staff
from app.telephony.sms import report_address
from routing.call import CallState, Person
from routing.callback import CallbackState
from routing.ids import ContactId, LineId, TherapistId
from tests.app.world import (
    LINE,
    LOADED_AT,
    PROTECTED,
    STRANGER,
    T4,
    YOUTH,
    load_register,
    post,
    received_by,
    told,
)
from tests.examples import EFTERVARD, entry
from tests.faults.database_proxy import Proxy
from tests.faults.database_service import Service, service, stage_on, until

CODE = "4711"
WAITS, STAFF_WAITS = phrases("sv").written["waits"], phrases("sv").written["staff_waits"]


@pytest.fixture
def stage(postgres_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from stage_on(postgres_url, tmp_path)


@pytest.fixture
def proxy(stage: Stage) -> Iterator[Proxy]:
    with Proxy(stage.parts.settings.database_url) as between:
        yield between


@pytest.fixture
def web(stage: Stage, proxy: Proxy) -> Iterator[Service]:
    with stage.parts.engine.begin() as connection:
        staff.set_pin(connection, stage.parts.cipher, TherapistId("t4"), CODE, LOADED_AT)
    stage.parts.mirror.refresh()
    with service(stage, proxy.url) as running:
        yield running


def text(stage: Stage, frm: str, body: str) -> None:
    stage.text(frm, body)
    stage.carrier.run()


def said(stage: Stage, address: str, **form: str) -> Sequence[str]:
    """What is said in answer to a request about a call of t4's own."""
    call = {"CallSid": "CA" + "7" * 32, "From": T4, "To": LINE, "CallStatus": "in-progress"}
    reply = post(stage, address, {**call, "Direction": "inbound", **form})
    assert reply.status == 200
    return [node.text or "" for node in ET.fromstring(reply.body).iter("Say")]


def test_who_writes_is_told_once_that_it_takes_a_while_and_is_heard_afterwards(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    proxy.hang()
    for body in ("Ring mig", "Hallå?"):
        text(stage, YOUTH, body)
    waits = told(stage)
    web.nobody_waited()
    proxy.mend()
    until(web.is_mended, "the texts are not drained")
    stage.sweep()

    assert waits == [("youth", WAITS)]
    assert received_by(stage, "Ring mig") == ["t4"]
    assert received_by(stage, "Hallå?") == ["t4"]


def test_a_text_that_the_carrier_hands_over_twice_is_answered_twice_and_kept_once(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    proxy.hang()
    form = {"MessageSid": "SM" + "1" * 32, "From": YOUTH, "To": LINE, "Body": "Ring mig"}
    answers = [post(stage, "/twilio/sms", form).body for _ in range(2)]
    proxy.mend()
    until(web.is_mended, "the text is not drained")
    stage.sweep()

    assert [ET.fromstring(answer).findtext("Message") for answer in answers] == [WAITS, WAITS]
    assert received_by(stage, "Ring mig") == ["t4"]


def test_who_must_not_be_written_to_gets_no_answer_and_is_heard_afterwards(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    no_texts = "+46701740654"
    load_register(
        stage.parts.engine,
        stage.parts.cipher,
        (entry(no_texts, sms_ok=False), entry(PROTECTED, protected=True)),
    )
    web.parts.mirror.refresh()
    proxy.hang()
    for frm in (PROTECTED, no_texts, "+266696687", "71000"):  # the last two: withheld, and short
        text(stage, frm, "Ring mig")
    waits = told(stage)
    proxy.mend()
    until(web.is_mended, "the texts are not drained")
    stage.sweep()

    assert waits == []
    assert received_by(stage, "Ring mig") == ["t4"] * 4


def test_a_stranger_and_a_client_are_told_each_in_a_language_that_is_known(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    load_register(stage.parts.engine, stage.parts.cipher, (entry(YOUTH, language="fi"),))
    web.parts.mirror.refresh()
    proxy.hang()

    text(stage, YOUTH, "Soita")
    text(stage, STRANGER, "Ring")

    assert told(stage) == [("youth", phrases("fi").written["waits"]), ("stranger", WAITS)]


def test_a_therapist_is_told_that_her_text_is_kept(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    proxy.hang()

    text(stage, T4, "JOUR")
    text(stage, T4, "JOUR")

    assert told(stage) == [("t4", STAFF_WAITS)]
    assert not web.parts.spool.is_empty


def test_a_therapist_who_calls_back_hears_that_it_cannot_be_done_and_can_be_rung(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    state = CallbackState(ContactId("CA" + "7" * 32), EFTERVARD, TherapistId("t4"))
    sealed = web.parts.exchange.callback_seal.close(state)
    proxy.hang()

    heard = said(stage, f"/twilio/callback/code/{sealed}", Digits=CODE)

    assert heard == [phrases("sv").spoken["not_now"]]
    web.nobody_waited()


def test_a_key_a_report_and_a_check_in_wait_for_nothing(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    own = CallbackState(ContactId("asked"), LineId("eftervard"), TherapistId("t4"))
    sealed = web.parts.exchange.callback_seal.close(own)
    report = report_address(stage.parts.settings.public_url, "relay/SM1/t4/1")
    proxy.hang()

    reported = post(stage, report, {"MessageStatus": "delivered"})
    asked = said(stage, f"/twilio/check-in/key/{sealed}", Digits="1", Direction="outbound-api")

    assert reported.status == 200
    assert asked == [phrases("sv").spoken["not_now"]]
    web.nobody_waited()


def test_whoever_presses_one_is_put_through_while_nobody_can_look_whether_the_caller_is_there(
    stage: Stage, proxy: Proxy, web: Service
) -> None:
    state = CallState(
        ContactId("CA" + "1" * 32), EFTERVARD, "sv", targets=(Person(TherapistId("t4")),)
    )
    sealed = web.parts.exchange.seal.close(state)
    proxy.hang()

    heard = said(stage, f"/twilio/voice/key/{sealed}", Digits="1", Direction="outbound-dial")

    assert len(heard) == 1
    assert heard != [phrases("sv").spoken["caller_gone"]]
    web.nobody_waited()
