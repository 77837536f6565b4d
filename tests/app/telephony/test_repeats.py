"""Everything may come twice, late, in another order or never, and changes nothing."""

from datetime import timedelta

import pytest

from app.lab.faults import WebhookFault
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    SILENT,
    STRANGER,
    T1,
    T4,
    YOUTH,
    logged,
    post,
    reached,
    received_by,
    rows,
    tried,
)
from tests.examples import shift

EVENING = "2026-03-03T19:04"
STORIES = {
    "answered": {"t4": ANSWERS},
    "by the backup": {"t4": SILENT, "t1": ANSWERS},
    "after a voicemail": {"t4": "voicemail 6", "t1": ANSWERS},
    "by the fallback": {"t4": "busy", "t1": SILENT, "Socialjouren": "answer 4"},
    "by nobody": {"t4": SILENT, "t1": "answer 3, press 2", "Socialjouren": "busy"},
}
REPEATS = [
    *((story, WebhookFault.DUPLICATE) for story in STORIES),
    ("by the backup", WebhookFault.DUPLICATE_NEW_TOKEN),
]


@pytest.mark.parametrize(("story", "repeat"), REPEATS)
def test_a_call_whose_every_webhook_comes_twice_is_the_same_call(
    story: str, repeat: WebhookFault, variant_stage_at: StageAt
) -> None:
    stage = variant_stage_at(EVENING)
    plain = stage.call(YOUTH, phones=STORIES[story], default=SILENT)

    stage.carrier.faults.add(repeat, times=100)
    repeated = stage.call(YOUTH, phones=STORIES[story], default=SILENT)

    assert tried(repeated) == tried(plain)
    assert repeated.heard == plain.heard
    first, second = logged(stage, plain.sid), logged(stage, repeated.sid)
    for row in (first, second):
        del row["contact_id"], row["received_at"]
    assert first == second


def test_what_is_kept_of_a_call_is_the_same_when_all_of_it_comes_again(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    call = stage.call(YOUTH, phones={"t4": "voicemail 6", "t1": ANSWERS})
    stage.carrier.run()
    before = rows(stage.parts.engine, "contact_events")

    for exchange in call.requests:
        assert post(stage, exchange.url, dict(exchange.form)).status == 200

    assert rows(stage.parts.engine, "contact_events") == before
    assert len(before) == len({(row["contact"], row["key"]) for row in before})


@pytest.mark.parametrize("story", ["by the backup", "by nobody"])
def test_lost_and_reversed_callbacks_change_no_outcome(
    story: str, variant_stage_at: StageAt
) -> None:
    stage = variant_stage_at(EVENING)
    plain = logged(stage, stage.call(YOUTH, phones=STORIES[story], default=SILENT).sid)

    stage.carrier.faults.add(WebhookFault.LOST, path="/twilio/voice/status", times=100)
    lost = logged(stage, stage.call(YOUTH, phones=STORIES[story], default=SILENT).sid)
    stage.carrier.faults.clear()
    stage.carrier.faults.reverse_callbacks = True
    reverse = logged(stage, stage.call(YOUTH, phones=STORIES[story], default=SILENT).sid)

    outcomes = [(r["outcome"], r["therapist"], r["attempts"]) for r in (plain, lost, reverse)]
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_parameters_that_twilio_adds_tomorrow_are_no_hindrance(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.faults.add(WebhookFault.EXTRA_PARAMETERS, times=100)

    call = stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS})

    assert reached(call) == "t1"
    assert logged(stage, call.sid)["outcome"] == "answered"


def test_two_callers_at_once_do_not_disturb_each_other(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)
    phones = {T4: "answer 4, press 1 after 3, talk 60", T1: "answer 6, press 1 after 3, talk 30"}

    youth = stage.carrier.begin_call(YOUTH, phones=phones)
    guardian = stage.carrier.begin_call(GUARDIAN, phones=phones, after=20)
    stage.carrier.run()

    # Whoever is in a call is not rung: the second caller gets the backup at once.
    assert (tried(youth), tried(guardian)) == (["t4"], ["t1"])
    assert (reached(youth), reached(guardian)) == ("t4", "t1")
    logs = [logged(stage, call.sid) for call in (youth, guardian)]
    assert [(r["therapist"], r["caller"], r["outcome"]) for r in logs] == [
        ("t4", "K-1001", "answered"),
        ("t1", "H-2001", "answered"),
    ]


def test_a_caller_whose_first_phone_rings_for_somebody_else_reaches_the_backup(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    first = stage.carrier.begin_call(YOUTH, phones={T4: ANSWERS})
    second = stage.carrier.begin_call(STRANGER, phones={T4: SILENT, T1: ANSWERS})
    stage.carrier.run()

    assert (reached(first), reached(second)) == ("t4", "t1")
    assert logged(stage, first.sid)["outcome"] == logged(stage, second.sid)["outcome"] == "answered"


def test_when_both_on_standby_are_in_calls_the_third_caller_reaches_the_fallback(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    phones = dict.fromkeys((T1, T4), "answer 3, press 1 after 2, talk 300")

    for after, caller in ((0, YOUTH), (20, GUARDIAN)):
        stage.carrier.begin_call(caller, phones=phones, after=after)
    third = stage.carrier.begin_call(STRANGER, phones={}, default="answer 3, talk 10", after=40)
    stage.carrier.run()

    assert tried(third) == ["fallback"]
    assert logged(stage, third.sid)["outcome"] == "fallback_answered"


def test_a_therapist_is_rung_again_when_her_call_is_over(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.call(YOUTH, phones={"t4": ANSWERS})

    later = stage.call(GUARDIAN, phones={"t4": ANSWERS})

    assert reached(later) == "t4"


def test_a_text_that_comes_again_after_the_watch_changed_is_relayed_once(
    engine_stage_at: StageAt,
) -> None:
    watches = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T19:05"),
        shift("t1", "2026-03-03T19:05", "2026-03-03T22:00"),
    ]
    stage = engine_stage_at("2026-03-03T19:04:50", shifts=watches)
    stage.text(YOUTH, "Kan någon ringa mig?")
    stage.sweep()
    (came,) = [e for e in stage.carrier.trace.exchanges if e.purpose == "message"]
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=30))

    post(stage, came.url, dict(came.form))
    stage.sweep()

    assert received_by(stage, "Kan någon ringa mig?") == ["t4"]
