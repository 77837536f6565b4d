"""A call that nobody answered is told of by one text without a fact in it, half a minute later."""

from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.lab.call import Call
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    CLOSED_MESSAGE,
    GUARDIAN,
    NO_FALLBACK,
    PUBLIC_URL,
    SILENT,
    STRANGER,
    T1,
    T4,
    YOUTH,
    changed,
    logged,
    rows,
)
from tests.examples import at

EVENING = "2026-03-03T19:04"
ALERT = f"Ett samtal till jouren blev inte besvarat. Logga in: {PUBLIC_URL}/"


def half_a_minute_later(stage: Stage, *, seconds: int = 31) -> list[str]:
    """Whoever was texted when the clock next looks; they hear nothing but the alert."""
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=seconds))
    before = len(stage.carrier.messages)
    stage.sweep(["missed.alert"])
    stage.sweep(["outbox.send"])
    new = stage.carrier.messages[before:]
    assert {message.body for message in new} <= {ALERT}
    return [message.to for message in new]


def leaves_after(stage: Stage, seconds: float, number: str = YOUTH) -> Call:
    return stage.call(number, caller=f"hang up after {seconds}", default=SILENT)


def test_a_caller_who_gave_up_is_told_of_to_the_therapist_who_was_rung(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)
    leaves_after(stage, 12)

    assert half_a_minute_later(stage) == [T4]


def test_the_alert_holds_no_fact(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.call(YOUTH, default=SILENT)
    half_a_minute_later(stage)

    (body,) = [message.body for message in stage.carrier.messages]

    facts = ("K-1001", "Järva", "jarva", YOUTH[3:], "ungdom", "19:0")
    assert not any(fact.lower() in body.lower() for fact in facts)


def test_it_goes_to_whoever_was_rung_last(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.call(YOUTH, default=SILENT)

    assert half_a_minute_later(stage) == [T1]


def test_and_to_whoever_was_on_standby_when_nobody_was_rung(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    leaves_after(stage, 7, STRANGER)  # in the question

    assert half_a_minute_later(stage) == [T4]


def test_two_sweeps_and_two_clocks_tell_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    leaves_after(stage, 12)

    first = half_a_minute_later(stage)
    again = half_a_minute_later(stage)
    an_hour_later = half_a_minute_later(stage, seconds=3600)

    assert (first, again, an_hour_later) == ([T4], [], [])
    assert len(rows(stage.parts.engine, "outbox")) == 1


def test_nobody_is_told_before_half_a_minute_has_passed(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    leaves_after(stage, 12)

    assert half_a_minute_later(stage, seconds=20) == []
    assert half_a_minute_later(stage, seconds=12) == [T4]


@pytest.mark.parametrize(("seconds", "told"), [(3, []), (4.4, []), (6, [T4])])
def test_a_slip_of_a_few_seconds_is_not_told_of(
    seconds: float, told: list[str], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = leaves_after(stage, seconds)

    assert half_a_minute_later(stage) == told
    assert logged(stage, call.sid)["outcome"] == "abandoned", "it is in the log all the same"


@pytest.mark.parametrize(("apart", "told"), [(60, [T4]), (640, [])])
def test_a_second_short_call_within_ten_minutes_is_told_of(
    apart: int, told: list[str], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    leaves_after(stage, 2)
    assert half_a_minute_later(stage, seconds=apart) == []

    leaves_after(stage, 2)

    assert half_a_minute_later(stage) == told


def test_another_family_s_slip_is_not_a_second_try(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    leaves_after(stage, 2, YOUTH)
    leaves_after(stage, 2, GUARDIAN)
    leaves_after(stage, 2, "anonymous")
    leaves_after(stage, 2, "anonymous")

    assert half_a_minute_later(stage) == []


def test_whoever_tried_again_and_was_answered_needs_no_alert(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    leaves_after(stage, 12)

    stage.call(YOUTH, default=ANSWERS)

    assert half_a_minute_later(stage) == []


def test_nor_does_whoever_is_just_talking(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    leaves_after(stage, 12)
    phones = {T4: "answer 2, press 1 after 1, talk 600"}

    stage.carrier.begin_call(YOUTH, phones=phones)

    assert half_a_minute_later(stage, seconds=60) == []


def test_a_line_that_has_closed_since_helps_nobody_who_was_missed(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at("2026-03-03T21:59:30", toml=changed(CLOSED_MESSAGE))
    leaves_after(stage, 20)
    stage.carrier.run_until(at("2026-03-03T22:00:02"))

    closed = stage.call(YOUTH)

    assert logged(stage, closed.sid)["outcome"] == "closed"
    assert half_a_minute_later(stage) == [T4]


@pytest.mark.parametrize("caller", ["hang up in the whisper", "hang up 4 in the whisper"])
def test_a_caller_who_left_before_the_bridge_is_told_of(
    caller: str, variant_stage_at: StageAt
) -> None:
    """In each reading of Twilio's documentation, also where it says nothing of the attempt."""
    stage = variant_stage_at(EVENING)
    stage.call(YOUTH, caller=caller, default=ANSWERS)

    assert half_a_minute_later(stage) == [T4]


@pytest.mark.parametrize("caller", ["hang up 1 after bridging", ""])
def test_a_caller_who_was_put_through_is_not(caller: str, variant_stage_at: StageAt) -> None:
    stage = variant_stage_at(EVENING)
    stage.call(YOUTH, caller=caller, default=ANSWERS)

    assert half_a_minute_later(stage) == []


def test_a_caller_whom_the_fallback_took_is_not(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.call(YOUTH, phones={"Socialjouren": "answer 3"}, default=SILENT)

    assert half_a_minute_later(stage) == []


def test_with_nobody_on_standby_there_is_nobody_to_tell(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, shifts=[], toml=changed(NO_FALLBACK))
    call = stage.call(YOUTH, default=SILENT)

    assert half_a_minute_later(stage) == []
    assert logged(stage, call.sid)["outcome"] == "missed", "the handover tells of it"
