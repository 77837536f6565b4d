"""Whatever fails of ours, the carrier gets 200 and TwiML, and the caller somebody or advice."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from app.bootstrap import Parts, assemble, create_app
from app.demo.stage import Stage
from app.lab.grammar import problems, voice_grammar
from app.lab.lint import Context, Role, lint
from app.lab.transport import HttpReply, WsgiTransport
from app.settings import Settings
from app.telephony.seal import Seal
from routing.call import CallState, Person
from routing.ids import ContactId, DistrictId, TherapistId
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    FALLBACK,
    LINE,
    NOWHERE,
    PUBLIC_URL,
    SILENT,
    YOUTH,
    changed,
    heard_in,
    load_organisation,
    logged,
    post,
    reached,
    received_by,
    rows,
    table_away,
    tried,
)
from tests.examples import EFTERVARD, JARVA

EVENING = "2026-03-03T19:04"
INBOUND = {
    "CallSid": "CA" + "1" * 32,
    "From": YOUTH,
    "To": LINE,
    "Direction": "inbound",
    "CallStatus": "in-progress",
    "DialCallStatus": "no-answer",
}
ON_THE_PHONE_RUNG = {**INBOUND, "Direction": "outbound-dial"}
STATE = CallState(
    ContactId("CA" + "1" * 32), EFTERVARD, "sv", JARVA, targets=(Person(TherapistId("t4")),)
)


def document(reply: HttpReply, role: Role = Role.FALLBACK) -> ET.Element:
    """The answer's TwiML, which must be 200 and keep every rule."""
    assert reply.status == 200
    assert reply.header("Content-Type").startswith("text/xml")
    root = ET.fromstring(reply.body)
    assert [*problems(root, voice_grammar())] == []
    assert lint(root, Context(role, PUBLIC_URL, frozenset({LINE}))) == []
    return root


def numbers(root: ET.Element) -> list[str | None]:
    return [number.text for number in root.iter("Number")]


def foreign_states(state: CallState) -> dict[str, str]:
    """Call states that are none of ours, by what was done to them."""
    ours = Seal("a secret for tests, long enough").close(state)
    other = Seal("another secret").close(state)
    stranger = Seal("a secret for tests, long enough").close(
        replace(state, home=DistrictId("elsewhere"))
    )
    return {
        "sealed by somebody else": other,
        "one letter changed": ours[:5] + ("A" if ours[5] != "A" else "B") + ours[6:],
        "cut off": ours[:-3],
        "another's seal on it": ours.rpartition(".")[0] + "." + stranger.rpartition(".")[2],
        "no state at all": "x",
        "not even letters": "%F0%9F%99%8F",
    }


FOREIGN = foreign_states(STATE)


@pytest.mark.parametrize("what", FOREIGN)
def test_a_call_state_that_is_not_ours_still_leads_to_the_fallback(
    what: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    reply = post(stage, f"/twilio/voice/ended/{FOREIGN[what]}", INBOUND)

    root = document(reply)
    assert numbers(root) == [FALLBACK]
    assert root[0].tag == "Say"


@pytest.mark.parametrize("what", FOREIGN)
def test_on_the_phone_that_is_rung_a_foreign_state_connects_only_who_pressed_one(
    what: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    address = f"/twilio/voice/key/{FOREIGN[what]}"

    pressed = document(post(stage, address, {**ON_THE_PHONE_RUNG, "Digits": "1"}), Role.ACCEPT)
    silent = document(post(stage, address, {**ON_THE_PHONE_RUNG, "Digits": ""}), Role.ACCEPT)
    whisper = document(
        post(stage, f"/twilio/voice/whisper/{FOREIGN[what]}", ON_THE_PHONE_RUNG), Role.WHISPER
    )

    assert list(pressed) == []
    assert [verb.tag for verb in silent] == ["Hangup"]
    assert whisper[-1].tag == "Hangup"


def test_a_new_secret_in_mid_call_leads_to_the_fallback(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, phones={FALLBACK: "answer 3"})
    _pass_by(stage, seconds=10)

    _restart(stage, replace(stage.parts.settings, secret_key="another secret"))
    stage.carrier.run()

    assert tried(call) == ["t4", "fallback"]
    assert reached(call) == "fallback"


def test_a_restart_between_any_two_webhooks_changes_nothing(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, phones={}, default=SILENT)

    while not call.over:
        _restart(stage, stage.parts.settings)
        _pass_by(stage, seconds=6)
    stage.carrier.run()

    assert tried(call) == ["t4", "t1", "fallback"]
    assert logged(stage, call.sid)["outcome"] == "fallback_failed"


def test_a_database_that_breaks_in_mid_call_is_not_noticed_by_the_caller(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, phones={}, default=SILENT)
    _pass_by(stage, seconds=10)

    with table_away(stage.parts.engine, "contact_events"):
        stage.carrier.run()

    assert tried(call) == ["t4", "t1", "fallback"]
    assert heard_in(call, "ring 1 1 2")
    assert not stage.parts.spool.is_empty
    stage.sweep(["spool.drain"])
    assert stage.parts.spool.is_empty
    assert logged(stage, call.sid)["outcome"] == "fallback_failed"


def test_a_call_goes_on_where_nothing_can_be_written_anywhere(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    lost = stage.parts.settings.state_dir / "a file and no folder"
    lost.write_text("")

    _restart(stage, replace(stage.parts.settings, state_dir=lost))
    with table_away(stage.parts.engine, "contact_events"):
        call = stage.call(YOUTH, phones={"t4": SILENT, "t1": SILENT, "Socialjouren": "answer 3"})

    assert reached(call) == "fallback"


def test_a_process_that_starts_without_a_database_routes_calls_by_the_last_good_picture(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    _restart(stage, replace(stage.parts.settings, database_url=NOWHERE))

    call = stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS})
    stage.sweep(["spool.drain"])

    assert tried(call) == ["t4", "t1"]
    assert reached(call) == "t1"
    row = logged(stage, call.sid)
    assert (row["outcome"], row["caller"], row["home_district"]) == ("answered", "K-1001", "jarva")


def test_a_text_that_comes_while_the_database_is_away_is_relayed_afterwards(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    _restart(stage, replace(stage.parts.settings, database_url=NOWHERE))
    stage.text(YOUTH, "Ring mig")

    stage.sweep()

    assert received_by(stage, "Ring mig") == ["t4"]


def test_a_line_renamed_in_mid_call_leads_to_the_fallback(
    tmp_path: Path, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, phones={FALLBACK: "answer 3"})
    _pass_by(stage, seconds=10)

    parts = stage.parts
    load_organisation(parts.engine, parts.cipher, tmp_path, changed(('"eftervard"', '"renamed"')))
    stage.carrier.run()

    assert tried(call) == ["t4", "fallback"]
    assert reached(call) == "fallback"


def test_an_organisation_that_is_taken_away_leaves_the_last_one_in_force(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)

    with stage.parts.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM organisations"))
        connection.execute(sa.text("UPDATE changes SET version = version + 1"))
    call = stage.call(YOUTH, phones={"t4": ANSWERS})

    assert reached(call) == "t4"


def test_a_service_that_knows_nobody_at_all_gives_advice(
    tmp_path: Path, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    empty = replace(stage.parts.settings, database_url=NOWHERE, state_dir=tmp_path / "empty")

    _restart(stage, empty)
    root = document(post(stage, "/twilio/voice", INBOUND))

    assert [verb.tag for verb in root] == ["Say", "Hangup"]
    assert "1 1 2" in (root[0].text or "")


@pytest.mark.parametrize("address", ["/twilio/voice", "/twilio/voice/status", "/twilio/sms"])
def test_a_signed_request_without_any_parameters_is_answered(
    address: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    reply = post(stage, address, {})

    assert reply.status == 200
    assert ET.fromstring(reply.body).tag == "Response"


def test_a_talk_that_is_over_is_not_continued_by_an_error(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    talked = {**INBOUND, "DialCallStatus": "completed", "DialBridged": "true"}

    root = document(post(stage, f"/twilio/voice/ended/{FOREIGN['cut off']}", talked))

    assert numbers(root) == []


def test_nobody_is_rung_by_an_error_after_the_caller_has_left(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    left = {**INBOUND, "CallStatus": "completed", "DialCallStatus": "canceled"}

    reply = post(stage, f"/twilio/voice/ended/{FOREIGN['cut off']}", left)

    assert reply.status == 200
    assert numbers(ET.fromstring(reply.body)) == []


def test_what_is_not_signed_changes_nothing(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.account.token = "somebody else's token"

    reply = post(stage, "/twilio/voice", INBOUND)

    assert reply.status == 403
    assert rows(stage.parts.engine, "contact_events") == []


def _pass_by(stage: Stage, *, seconds: float) -> None:
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=seconds))


def _restart(stage: Stage, settings: Settings) -> Parts:
    """Another process answers the carrier from now on."""
    parts = assemble(settings, clock=stage.carrier.now)
    parts.mirror.refresh()
    stage.carrier.transport = WsgiTransport(create_app(parts))
    return parts
