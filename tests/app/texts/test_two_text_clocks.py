"""Two clock processes sweep at once: each text is relayed once, each tag given once."""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from app.bootstrap import Parts, assemble
from app.clock import attempt
from app.demo.stage import TEXTS, Stage
from app.sweeps import sweeps
from tests.app.conftest import StageAt
from tests.app.texts.talk import EVENING, WiredCarrier, letters, read_by, tags, writes
from tests.app.world import GUARDIAN, T1, T4, T5, YOUTH, contact_of, evening, received_by, rows
from tests.examples import shift

STRANGERS = [f"+467017406{n}" for n in range(70, 82)]


def both_sweep(stage: Stage, times: int = 3) -> None:
    """Two processes, each with its own connections and its own client, sweep together."""
    other = assemble(stage.parts.settings, clock=stage.carrier.now)
    other.mirror.refresh()
    together = threading.Barrier(2)

    def run(parts: Parts) -> None:
        known = sweeps(parts, WiredCarrier(stage))
        for _ in range(times):
            for name in TEXTS:
                together.wait(timeout=20)
                attempt(name, known[name][0])

    both = [threading.Thread(target=run, args=(parts,)) for parts in (stage.parts, other)]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=60)
    other.engine.dispose()
    stage.carrier.run()


def later(stage: Stage, minutes: float) -> None:
    stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=minutes))


@pytest.mark.slow
def test_each_text_is_relayed_once_and_each_tag_given_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    for number in STRANGERS:
        stage.carrier.begin_text(number, f"Ord {number[-2:]}")
        stage.carrier.begin_text(number, f"Mer {number[-2:]}")
    stage.carrier.run()

    both_sweep(stage)

    came = Counter(body.rpartition(" · ")[2] for body in read_by(stage, T4))
    assert came == Counter(f"{word} {n[-2:]}" for word in ("Ord", "Mer") for n in STRANGERS)
    assert len(tags(stage)) == len(set(tags(stage))) == len(STRANGERS)


def test_one_family_that_writes_twice_at_once_has_one_thread(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    for body in ("Ett", "Två", "Tre"):
        stage.carrier.begin_text(YOUTH, body)
    stage.carrier.run()

    both_sweep(stage)

    assert tags(stage) == ["A2"]
    assert sorted(read_by(stage, T4)) == ["Ett", "Tre", "Två"]


def test_a_reply_is_sent_once_and_a_refusal_said_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, "Ett")
    writes(stage, GUARDIAN, "Två")
    for body in ("A2 svar", "inget märke", "JOUR"):
        stage.carrier.begin_text(T4, body)
    stage.carrier.run()

    both_sweep(stage)

    assert (read_by(stage, YOUTH), read_by(stage, GUARDIAN)) == (["svar"], [])
    assert len(letters(stage, "answer/")) == 2
    assert len(read_by(stage, T4)) == 4


def test_what_is_stuck_is_passed_on_once_and_told_of_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    stage.carrier.set_text_fates({T4: "undelivered 30003", YOUTH: "failed 30008"})
    sid = writes(stage, YOUTH, "🙏" * 800)
    both_sweep(stage)
    assert read_by(stage, T1) == ["🙏" * 800]

    stage.carrier.begin_text(T1, "Svar")
    stage.carrier.run()
    both_sweep(stage)
    both_sweep(stage)  # now the carrier has told what became of it

    assert contact_of(stage, sid).outcome == "relayed"
    assert received_by(stage, "kom inte fram") == ["t1"]


def test_threads_follow_the_duty_with_one_notice_from_two_clocks(engine_stage_at: StageAt) -> None:
    first = shift("t4", "2026-03-03T17:00", "2026-03-03T20:00")
    shifts = [first, shift("t5", "2026-03-03T20:00", "2026-03-03T22:00"), evening("2026-03-03")[1]]
    stage = engine_stage_at("2026-03-03T19:58", shifts=shifts)
    writes(stage, YOUTH, "Ett")
    writes(stage, GUARDIAN, "Två")
    later(stage, 3)

    both_sweep(stage)

    assert read_by(stage, T5) == ["Du tar över öppna sms-trådar: A2, F2."]


def test_a_duty_is_taken_over_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, T1, "TAR")
    stage.carrier.begin_text(T4, "JA")
    stage.carrier.run()

    both_sweep(stage)

    changed = [(row["position"], row["therapist"]) for row in rows(stage.parts.engine, "overrides")]
    assert changed == [(1, "t1"), (2, "t4")]
    assert sorted(received_by(stage, "t1 har nu jouren")) == ["t1", "t4"]
