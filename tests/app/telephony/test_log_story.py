"""One id leads from the webhook to the notice: what happened to a contact, out of the log alone."""

import io
import json
from dataclasses import replace
from typing import Any

from app.bootstrap import console_of
from app.demo.stage import Stage
from app.duty.handover import Desk, build_handovers
from app.log import Once
from routing.call import CallState, Person
from routing.ids import ContactId, TherapistId
from tests.app.conftest import StageAt
from tests.app.world import LINE, NAMES, SILENT, STRANGER, T4, YOUTH, post, table_away
from tests.examples import EFTERVARD, at

Line = dict[str, Any]


def lines(log: io.StringIO) -> list[Line]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def about(log: io.StringIO, contact: str) -> list[Line]:
    """What `jq 'select(.contact == $id or (.contacts // [] | index($id)))'` finds."""
    every = lines(log)
    return [one for one in every if contact in [one.get("contact"), *one.get("contacts", [])]]


def until(stage: Stage, wall: str) -> None:
    stage.carrier.run_until(at(wall))


def test_a_missed_calls_whole_way_is_found_by_its_id(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")
    other = stage.call(STRANGER)
    call = stage.call(YOUTH, default=SILENT)
    until(stage, "2026-03-03T19:30")
    stage.sweep(["missed.alert"])
    stage.sweep(["outbox.send"])
    stage.carrier.run()
    until(stage, "2026-03-03T22:05")
    for sweep in ("handover.build", "handover.notify", "outbox.send"):
        stage.sweep([sweep])

    told = about(log, call.sid)

    story = [one["event"] for one in told]
    assert story[0] == "call.step_taken"
    assert [event for event in story if event != "call.step_taken"] == [
        "missed.alerted",
        "outbox.sent",
        "text.reported",
        "handover.built",
        "handover.notified",
        *["outbox.sent"] * story[story.index("handover.notified") :].count("outbox.sent"),
    ]
    assert story[-1] == "outbox.sent"
    assert all(
        one.get("sweep") for one in told if one["event"] in {"outbox.sent", "handover.built"}
    )
    assert {one["contact"] for one in told if "contact" in one} == {call.sid}
    assert "missed.alerted" not in [one["event"] for one in about(log, other.sid)]
    assert not [name for name in NAMES if name and name in log.getvalue()]


def test_each_line_of_a_webhook_says_of_which_contact_and_request(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")

    first, second = stage.call(YOUTH), stage.call(STRANGER)

    for call in (first, second):
        told = about(log, call.sid)
        assert {"call.step_taken", "call.accepted"} <= {one["event"] for one in told}
        requests = [one["request"] for one in told]
        assert len(set(requests)) == len(told)  # each of them is another request
    here = [one for one in lines(log) if one["event"].startswith("call.")]
    assert {one["contact"] for one in here} == {first.sid, second.sid}


def test_what_fails_is_told_of_with_the_same_id(sqlite_stage_at: StageAt, log: io.StringIO) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")
    stage.call(YOUTH, default=SILENT)
    until(stage, "2026-03-03T19:30")

    post(stage, "/twilio/voice/ended/nonsense", {"CallSid": "CA77", "From": STRANGER})
    stage.sweep(["missed.alert"])

    failed = next(one for one in lines(log) if one["event"] == "call.failed")
    assert failed["contact"] == "CA77"
    alerted = [one for one in lines(log) if one.get("sweep") == "missed.alert"]
    assert alerted
    with table_away(stage.parts.engine, "contact_events"):
        stage.sweep(["missed.alert"], live=True)
    waits = next(one for one in lines(log) if one["event"] == "clock.sweep_waits")
    assert "contact" not in waits  # left behind by the request


def test_the_leg_of_a_therapist_is_told_of_as_the_callers(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")
    state = CallState(ContactId("CA1"), EFTERVARD, "sv", targets=(Person(TherapistId("t4")),))
    sealed = stage.parts.exchange.seal.close(state)
    leg = {"CallSid": "CA2", "Direction": "outbound-dial", "From": LINE, "To": T4, "Digits": "1"}
    with table_away(stage.parts.engine, "contact_events"):
        post(stage, f"/twilio/voice/key/{sealed}", leg)

    assert "journal.spooled" in [one["event"] for one in about(log, "CA1")]
    assert not about(log, "CA2")


def test_a_text_about_no_contact_is_none(sqlite_stage_at: StageAt, log: io.StringIO) -> None:
    stage = sqlite_stage_at("2026-03-03T16:00")
    for sweep in ("check_in.ask", "outbox.send"):
        stage.sweep([sweep])

    told = [one for one in lines(log) if one["event"] in {"outbox.sent", "text.reported"}]
    assert len(told) >= 2
    assert not [one for one in told if "contact" in one]


def test_a_text_and_what_it_led_to_have_one_id(sqlite_stage_at: StageAt, log: io.StringIO) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")

    text = stage.text(YOUTH, "kan någon ringa?")
    for sweep in ("texts.handle", "outbox.send"):
        stage.sweep([sweep])

    events = [one["event"] for one in about(log, text.sid)]
    assert events == ["text.received", "text.relayed", "outbox.sent", "text.reported"]


def test_a_line_of_a_page_is_of_that_request_and_of_no_call_before_it(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")
    stage.call(YOUTH)
    client = console_of(stage.parts).test_client()
    with table_away(stage.parts.engine, "changes"):
        stage.call(STRANGER)
        for _ in range(2):
            client.get("/")

    told = [one for one in lines(log) if one["event"] == "console.unavailable"]
    assert len({one["request"] for one in told}) == len(told) == 2
    assert not [one for one in told if "contact" in one]


def test_nobody_to_tell_is_said_once(sqlite_stage_at: StageAt, log: io.StringIO) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04")
    first, second = (stage.call(YOUTH, default=SILENT) for _ in range(2))
    until(stage, "2026-03-03T22:05")
    desk = Desk(stage.parts.engine, stage.parts.cipher, "", mails=False)
    without_the_line = replace(stage.organisation, lines={})

    for _ in range(3):
        build_handovers(desk, without_the_line, stage.parts.clock())

    told = [one for one in lines(log) if one["event"] == "handover.nobody_to_tell"]
    assert sorted(one["contact"] for one in told) == sorted([first.sid, second.sid])


def test_what_was_said_is_remembered_for_as_many_things_as_there_may_be() -> None:
    said = Once(most=2)

    assert [said.first("urgent", thing) for thing in "aabab"] == [True, False, True, False, False]
    assert said.first("handover", "a")  # of another thing
    assert said.first("urgent", "a")  # long ago, and forgotten: it is said once more
