"""Two people at once, and one who presses late or twice: one has it, and the log says who."""

from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.lab.transport import HttpReply
from routing.handover import HandoverState
from tests.app.conftest import StageAt
from tests.app.duty.desk import acknowledge, handed_over, history, open_, reach_
from tests.app.texts.talk import writes
from tests.app.world import T1, T4, YOUTH, contact_of, logged, post, reached, rows
from tests.faults.races import at_once

EVENING = "2026-03-03T19:04"


def test_of_two_who_acknowledge_at_once_one_is_named(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at("2026-03-03T19:00")
    handover = handed_over(stage)
    open_(stage, "t3", handover)

    won = at_once(
        lambda: reach_(stage, "t1", handover, HandoverState.ACKNOWLEDGED),
        lambda: reach_(stage, "t2", handover, HandoverState.ACKNOWLEDGED),
    )

    assert sorted(map(bool, won)) == [False, True]
    named = [who for event, who in history(stage, handover) if event == "acknowledged"]
    assert named == ["t1" if won[0] else "t2"]
    assert not acknowledge(stage, "t3", handover)


def test_a_late_key_and_the_right_one_at_once_leave_the_call_with_whom_the_caller_talks(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    phones = {T4: "answer 4", T1: "answer 4, press 1 after 3, talk 60"}
    call = stage.carrier.begin_call(YOUTH, phones=phones)
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=40))
    whispers = [e for e in call.requests if e.purpose == "whisper" and "/whisper/" in e.url]
    keys = [e.url.replace("/whisper/", "/key/") for e in whispers]
    legs = [dict(e.form) for e in whispers]
    assert len(keys) == 2

    def presses(place: int) -> HttpReply:
        return post(stage, keys[place], {**legs[place], "Digits": "1"})

    answers = at_once(lambda: presses(0), lambda: presses(1), lambda: presses(1))
    stage.carrier.run()

    assert [reply.status for reply in answers if isinstance(reply, HttpReply)] == [200] * 3
    assert reached(call) == "t1"
    row = logged(stage, call.sid)
    assert (row["outcome"], row["therapist"]) == ("answered", "t1")
    assert len(contact_of(stage, call.sid).attempts) == 2


def test_of_two_who_ask_to_take_over_at_once_one_gets_the_duty(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    for number in (T1, "+46701740609"):
        stage.carrier.begin_text(number, "TAR")
    stage.carrier.run()
    stage.sweep(["texts.handle", "outbox.send"])

    writes(stage, T4, "JA", "JA")

    altered = [(row["position"], row["therapist"]) for row in rows(stage.parts.engine, "overrides")]
    firsts = [therapist for position, therapist in altered if position == 1]
    assert len(firsts) == 1
    assert _has_the_duty(stage) == firsts[0]


def _has_the_duty(stage: Stage) -> object:
    stage.parts.mirror.refresh()
    (rota,) = stage.parts.mirror.picture.rotas.values()
    return next(s.therapist for s in rota.on_call(stage.carrier.now()) if s.position == 1)


@pytest.mark.parametrize("answers", [("1", "1"), ("1", "2"), ("2", "1")])
def test_a_key_that_is_told_of_twice_at_once_counts_as_it_was_first_written(
    answers: tuple[str, str], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, phones={T4: "answer 4, press 1 after 3, talk 60"})
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=20))
    (key,) = [e for e in call.requests if "/key/" in e.url]

    for digits in answers:
        post(stage, key.url, {**dict(key.form), "Digits": digits})
    stage.carrier.run()

    assert logged(stage, call.sid)["outcome"] == "answered"
    kept = [str(row["key"]) for row in rows(stage.parts.engine, "contact_events")]
    assert kept.count("accepted/t4") == 1
