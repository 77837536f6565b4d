"""A caller who hangs up is the end of it: nobody is rung for an empty line."""

import pytest

from tests.app.conftest import StageAt
from tests.app.world import ANSWERS, YOUTH, logged, post, reached, rows, tried

EVENING = "2026-03-03T19:04"


@pytest.mark.parametrize(
    ("caller", "phone"),
    [
        ("hang up 5 after ringing", "answer 9, press 1 after 3"),
        ("hang up in the whisper", ANSWERS),
        ("hang up after 10", "voicemail 4"),
        ("hang up after 1", "no answer"),
    ],
)
def test_nobody_else_is_rung_for_a_caller_who_has_left(
    caller: str, phone: str, stage_at: StageAt
) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, caller=caller, phones={"t4": phone}, default=ANSWERS)

    assert tried(call) == ["t4"]
    assert reached(call) is None
    assert logged(stage, call.sid)["outcome"] == "abandoned"


def test_a_caller_who_leaves_right_after_being_put_through_was_answered(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, caller="hang up 1 after bridging", phones={"t4": ANSWERS})

    assert tried(call) == ["t4"]
    row = logged(stage, call.sid)
    assert (row["outcome"], row["therapist"]) == ("answered", "t4")


def test_a_caller_who_leaves_while_the_backup_rings_is_counted_once(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, caller="hang up after 40", default="no answer")

    assert tried(call) == ["t4", "t1"]
    assert logged(stage, call.sid)["outcome"] == "abandoned"


def test_a_therapist_who_accepts_too_late_is_told_that_the_caller_has_left(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.call(YOUTH, caller="hang up after 8", phones={"t4": "no answer"})
    whisper = call.requests[0].body.partition('<Number url="')[2].partition('"')[0]

    pressed = {"CallSid": "CA1", "Direction": "outbound-dial", "Digits": "1"}
    answer = post(stage, whisper.replace("/whisper/", "/key/"), pressed).body.decode()

    assert "har lagt på" in answer
    assert "<Hangup/>" in answer
    assert "accepted" not in {r["kind"] for r in rows(stage.parts.engine, "contact_events")}


def test_the_waiting_ends_where_the_caller_leaves(variant_stage_at: StageAt) -> None:
    stage = variant_stage_at(EVENING)

    call = stage.call(YOUTH, caller="hang up 12 after ringing", default="no answer")

    waited = logged(stage, call.sid)["wait_seconds"]
    assert isinstance(waited, int)
    assert 12 <= waited <= 15  # the carrier's word that the call is over may be late
