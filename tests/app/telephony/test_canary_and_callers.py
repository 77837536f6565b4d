"""Whoever shows the line's own number is helped, and cannot easily be taken for the line."""

from wsgiref.types import WSGIApplication
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from app.demo.stage import Stage
from app.lab.faults import WebhookFault
from app.telephony.canary import code_of
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS, at_time, manned
from tests.app.telephony.canaries import BEFORE, CLOCK, DUE, kept, outcomes, play, rung
from tests.app.world import ANSWERS, LINE, T4, YOUTH, logged, post, reached, rows, table_away

EVENING = "2026-03-03T19:00"


@pytest.fixture
def evening(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(EVENING, shifts=manned(), toml=WITH_MANAGERS)


@pytest.mark.parametrize("caller", ["", "press 1234567", "press 12"])
def test_who_shows_the_line_s_own_number_reaches_a_therapist(
    variant_stage_at: StageAt, caller: str
) -> None:
    stage = variant_stage_at(EVENING, shifts=manned(), toml=WITH_MANAGERS)

    # Ten seconds of silence, and then the question that a stranger is asked.
    call = stage.call(LINE, caller=caller, phones={"t4": ANSWERS})

    assert reached(call) == "t4"
    assert call.waited is not None
    assert call.waited < 60
    assert logged(stage, call.sid)["outcome"] == "answered"


def test_with_the_database_away_too(evening: Stage) -> None:
    with table_away(evening.parts.engine, "canaries"):
        call = evening.call(LINE, caller="press 1234567", phones={"t4": ANSWERS})

    assert reached(call) in {"t4", "fallback"}


def test_a_guess_marks_no_canary_and_the_caller_is_helped(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(BEFORE, shifts=manned(), toml=WITH_MANAGERS, strict=False)
    stage.carrier.faults.add(WebhookFault.DOWN, path="/twilio/canary/ring", times=9)
    at_time(stage, DUE, sweeps=())
    stage.sweep(CLOCK, live=True)
    (row,) = kept(stage)
    exchange = stage.parts.exchange
    of_another_try = code_of(exchange, f"canary/{row['id']}/2")
    of_the_webhooks = code_of(exchange, f"canary/{row['id']}/1/asked")
    guesses = {"0000000", "9999999", of_another_try, of_the_webhooks}
    guesses.discard(code_of(exchange, f"canary/{row['id']}/1"))

    for guess in sorted(guesses):
        stage.carrier.begin_call(LINE, caller=_presses(guess), phones={T4: ANSWERS})
        stage.carrier.run()

    assert outcomes(stage) == [(None, None)]
    assert kept(stage)[0]["heard_at"] is None


def _presses(digits: str) -> str:
    return f"press {digits}, hang up after 60"


def test_a_code_is_worth_nothing_when_its_canary_is_over(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(BEFORE, shifts=manned(), toml=WITH_MANAGERS)
    at_time(stage, DUE, sweeps=())
    play(stage)
    before = kept(stage)
    code = code_of(stage.parts.exchange, f"canary/{before[0]['id']}/1")

    stage.carrier.begin_call(LINE, caller=_presses(code), phones={T4: ANSWERS})
    stage.carrier.run()

    assert kept(stage) == before
    assert len(rung(stage)) > 0


def test_keys_that_were_garbled_ring_nobody_while_the_other_end_is_there(evening: Stage) -> None:
    form = {"CallSid": "CA" + "1" * 32, "From": LINE, "To": LINE, "CallStatus": "in-progress"}
    listens = post(evening, "/twilio/voice", form).body
    back = ET.fromstring(listens)[0].get("action", "").partition("#")[0]

    wrong = ET.fromstring(post(evening, back, {**form, "Digits": "123"}).body)

    assert [verb.tag for verb in wrong] == ["Pause", "Redirect"]
    assert int(wrong[0].get("length", "0")) >= 2  # our own end hangs up within one
    after = ET.fromstring(post(evening, back, form).body)
    assert {verb.tag for verb in after} & {"Dial", "Gather"}
    assert len(rows(evening.parts.engine, "contact_events")) > 0


def test_each_try_has_another_code(evening: Stage) -> None:
    exchange = evening.parts.exchange
    codes = {code_of(exchange, f"canary/eftervard/2026/{n}") for n in range(50)}

    assert len(codes) == 50
    assert {len(code) for code in codes} == {7}


def test_it_counts_for_no_crowd(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, shifts=manned(), toml=WITH_MANAGERS)
    for n in range(8):
        form = {"CallSid": f"CA{n:032}", "From": LINE, "To": LINE, "CallStatus": "ringing"}
        assert b"<Gather" in post(stage, "/twilio/voice", form).body

    call = stage.call(LINE, phones={"t4": ANSWERS})

    assert reached(call) == "t4"
    assert not any("Många" in words for words in call.heard)
    assert rows(stage.parts.engine, "contact_events")[0]["contact"] == call.sid


def test_what_the_carrier_did_not_sign_is_refused(evening: Stage) -> None:
    for path in ("/twilio/canary/ring/x", "/twilio/canary/heard/x"):
        assert _status(evening.web, path) == 403


@pytest.mark.parametrize("path", ["ring", "heard"])
def test_an_address_that_nobody_sealed_leads_to_an_end_or_to_a_person(
    evening: Stage, path: str
) -> None:
    form = {"CallSid": "CA1", "From": LINE, "To": LINE, "Direction": "inbound"}

    reply = post(evening, f"/twilio/canary/{path}/forged", form)

    assert reply.status == 200
    verbs = [verb.tag for verb in ET.fromstring(reply.body)]
    assert verbs == ["Hangup"] if path == "ring" else "Dial" in verbs
    assert rows(evening.parts.engine, "contact_events") == []


def _status(web: WSGIApplication, path: str) -> int:
    return Client(web).post(path, data={"CallSid": "CA1"}).status_code


def test_an_ordinary_call_asks_the_database_nothing_about_it(evening: Stage) -> None:
    statements: list[str] = []
    sa.event.listen(
        evening.parts.exchange.journal.engine,
        "before_cursor_execute",
        lambda _, __, statement, *___: statements.append(statement),
    )

    call = evening.call(YOUTH, phones={"t4": ANSWERS})

    assert reached(call) == "t4"
    assert statements
    assert not [statement for statement in statements if "canaries" in statement]
