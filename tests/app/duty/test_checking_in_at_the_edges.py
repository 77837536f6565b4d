"""Check-ins that are doubled or forged, or cannot reach anybody."""

from datetime import timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from app.demo.stage import Stage
from app.lab.faults import RestFault, WebhookFault
from app.lab.transport import HttpRequest
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import (
    CLOCK,
    M1,
    M2,
    MANAGERS,
    NOTICE,
    QUESTION,
    SPOKEN_THANKS,
    THANKS,
    WARNING,
    WITH_MANAGERS,
    asked,
    at_time,
    calls,
    check_in_of,
    confirmed,
    every,
    heard,
    manned,
    opened,
    pressed,
    texts,
    together,
)
from tests.app.texts.talk import (
    WiredCarrier,
    later,
    letters,
    read_by,
    sweep_by_wire,
    writes,
)
from tests.app.world import T1, T4, changed, post, table_away

EARLY, ASK, CALL, TELL = (f"2026-03-03T{clock}" for clock in ("14:58", "15:00", "16:15", "16:40"))
BEGINS = "2026-03-03T17:00"
PRESSES_1 = "answer 3, press 1 after 3"
STEPS = ("check_in.ask", "rota.watch", "outbox.send")


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    """Two minutes before t4 and t1 are asked; t1 confirms by key, t4 does not pick up."""
    made = sqlite_stage_at(EARLY, shifts=manned(), toml=WITH_MANAGERS)
    made.carrier.set_phones({T1: PRESSES_1})
    return made


# Two clocks, and copies of one request.


def test_two_clocks_take_each_step_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EARLY, shifts=manned(), toml=WITH_MANAGERS)

    for moment in (ASK, CALL, TELL):
        at_time(stage, moment, sweeps=())
        together(stage, *STEPS)
    together(stage, *STEPS)

    assert len(texts(stage, T4, QUESTION)) == len(texts(stage, T1, QUESTION)) == 1
    assert calls(stage, T4) == calls(stage, T1) == 1
    assert len(texts(stage, T1, WARNING)) == 1
    assert len(texts(stage, M1, NOTICE)) == len(texts(stage, M2, NOTICE)) == 1


@pytest.mark.parametrize("fault", [WebhookFault.DUPLICATE, WebhookFault.DUPLICATE_NEW_TOKEN])
def test_a_copy_of_her_key_confirms_once(fault: WebhookFault, stage: Stage) -> None:
    stage.carrier.set_phones({T4: PRESSES_1})
    at_time(stage, ASK)
    stage.carrier.faults.add(fault, path="/check-in/key/")

    at_time(stage, CALL)

    first = check_in_of(stage, "t4")
    assert confirmed(stage) == {"t4": "call"}
    assert heard(stage, T4).count(SPOKEN_THANKS) == 1
    later(stage, minutes=5)
    (exchange, *_) = pressed(stage)
    post(stage, exchange.url, dict(exchange.form))
    assert check_in_of(stage, "t4") == first


def test_a_yes_and_a_key_confirm_once(stage: Stage) -> None:
    stage.carrier.set_phones({T4: PRESSES_1})
    at_time(stage, ASK, CALL)
    before = check_in_of(stage, "t4")

    writes(stage, T4, "JA")

    assert check_in_of(stage, "t4") == before


# What nobody signed.


def test_what_the_carrier_did_not_sign_gets_403_and_confirms_nothing(stage: Stage) -> None:
    at_time(stage, ASK, CALL)
    stage.carrier.set_phones({T4: "answer 3, press 2 after 3"})
    address = asked(stage)[0].url
    body = urlencode({"CallSid": "CA" + "0" * 32, "Digits": "1"}).encode()
    kind = ("Content-Type", "application/x-www-form-urlencoded")

    for url in (address, address.replace("/asked/", "/key/")):
        for headers in ((kind,), (kind, ("X-Twilio-Signature", "bm90IG91cnM="))):
            request = HttpRequest("POST", url, headers, body)
            assert stage.carrier.transport.send(request, patience=5).status == 403

    assert "t4" not in confirmed(stage)


@pytest.mark.parametrize("step", ["asked", "key"])
@pytest.mark.parametrize("forged", ["a letter changed", "cut", "another's", "nothing of ours"])
def test_a_forged_address_ends_the_call_and_confirms_nothing(
    step: str, forged: str, stage: Stage
) -> None:
    stage.carrier.set_phones({T4: "no answer", T1: "no answer"})
    at_time(stage, ASK, CALL)
    state, _, signature = _token_of_a_call(stage).partition(".")
    token = {
        "a letter changed": f"{'A' if state[0] != 'A' else 'B'}{state[1:]}.{signature}",
        "cut": f"{state}.{signature[:-4]}",
        "another's": f"{state[:-8]}{state[-12:-4]}.{signature}",
        "nothing of ours": "x",
    }[forged]

    reply = post(stage, f"/twilio/check-in/{step}/{token}", {"CallSid": "CA1", "Digits": "1"})

    assert reply.status == 200
    assert [verb.tag for verb in ET.fromstring(reply.body)] == ["Hangup"]
    assert confirmed(stage) == {}


def _token_of_a_call(stage: Stage) -> str:
    """A call's own token; one that is picked up, since others are never asked about."""
    if not asked(stage):
        stage.carrier.set_phones({}, default="answer 3")
        with stage.parts.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE check_ins SET called_at = NULL")
            connection.exec_driver_sql("DELETE FROM outbox WHERE channel = 'call'")
        at_time(stage, "2026-03-03T16:17")
    return asked(stage)[0].url.rpartition("/")[2]


def test_with_the_database_away_her_key_confirms_nothing_and_the_call_ends(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EARLY, shifts=manned(), toml=WITH_MANAGERS)
    stage.carrier.set_phones({T4: PRESSES_1})
    at_time(stage, ASK)
    at_time(stage, CALL, sweeps=())
    sweep_by_wire(stage, WiredCarrier(stage), *CLOCK)

    with table_away(stage.parts.engine, "check_ins"):
        stage.carrier.run()

    assert SPOKEN_THANKS not in heard(stage, T4)
    assert len(pressed(stage)) == 1
    assert confirmed(stage) == {}
    at_time(stage, TELL)
    assert len(texts(stage, T1, WARNING)) == 1


# Who cannot be reached.


def test_who_has_opted_out_is_only_called(stage: Stage) -> None:
    writes(stage, T4, "STOP")
    stage.carrier.set_phones({T4: PRESSES_1})

    at_time(stage, ASK, CALL, TELL)

    assert letters(stage, "check_in/eftervard/t4") == []  # the carrier would refuse it, too
    assert calls(stage, T4) == 1
    assert confirmed(stage) == {"t4": "call"}


def test_who_has_no_telephone_is_told_of_and_nobody_is_rung(sqlite_stage_at: StageAt) -> None:
    toml = changed(('phone = "+46701740608"\n', "")) + MANAGERS
    stage = sqlite_stage_at(EARLY, shifts=manned(), toml=toml)
    stage.carrier.set_phones({T1: PRESSES_1})

    at_time(stage, ASK, CALL, TELL)

    assert calls(stage, T4) == 0
    assert ("CHECK_IN", "t4") in opened(stage)
    assert len(texts(stage, T1, WARNING)) == 1


def test_who_is_not_in_the_organisation_file_stops_nobody_else_s_check_in(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EARLY, shifts=manned(first="t99"), toml=WITH_MANAGERS)
    stage.carrier.set_phones({T1: PRESSES_1})

    at_time(stage, ASK, CALL, TELL)

    assert confirmed(stage) == {"t1": "call"}
    assert len(texts(stage, T1, WARNING)) == 1


def test_a_carrier_that_was_away_asks_nobody_about_a_duty_that_goes_on(stage: Stage) -> None:
    for path in ("Messages", "Calls"):
        stage.carrier.faults.add(RestFault.UNAUTHORISED, path=path, times=10_000)
    every(stage, timedelta(minutes=15), "2026-03-03T17:00")
    stage.carrier.faults.clear()

    every(stage, timedelta(minutes=15), "2026-03-03T17:45")

    assert texts(stage, T4, QUESTION) == []
    assert calls(stage, T4) == 0


def test_who_has_confirmed_is_not_called_when_the_carrier_is_back(stage: Stage) -> None:
    at_time(stage, ASK)
    stage.carrier.faults.add(RestFault.UNAUTHORISED, path="Calls", times=10_000)
    at_time(stage, CALL)
    writes(stage, T4, "JA")
    stage.carrier.faults.clear()

    every(stage, timedelta(minutes=2), "2026-03-03T16:45")

    assert calls(stage, T4) == 0
    assert read_by(stage, T4)[-1] == THANKS


@pytest.mark.parametrize(("moment", "told"), [("17:55", 1), ("18:10", 0)])
def test_a_clock_that_was_away_tells_both_or_nobody(moment: str, told: int, stage: Stage) -> None:
    at_time(stage, ASK, CALL)

    at_time(stage, f"2026-03-03T{moment}")

    assert len(texts(stage, T1, WARNING)) == len(texts(stage, M2, NOTICE)) == told


def test_a_call_nobody_knows_the_fate_of_is_not_made_twice(stage: Stage) -> None:
    at_time(stage, ASK)
    stage.carrier.faults.add(RestFault.ERROR_AFTER, path="Calls", times=2)

    every(stage, timedelta(minutes=15), "2026-03-03T16:58")

    assert calls(stage, T4) == calls(stage, T1) == 1
