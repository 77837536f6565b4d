"""Clocks that are minutes off: some things come earlier or later, and none is lost or doubled."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from app.lab.call import Outcome
from app.lab.faults import RestFault
from tests.app.world import ANSWERS, GUARDIAN, SILENT, YOUTH, logged, reached, received_by, rows
from tests.databases import Databases
from tests.examples import at
from tests.faults.deaths import MortalStage
from tests.faults.plays import Playground, differences
from tests.faults.processes import Fate
from tests.faults.stories import HANDOVERS, SEND, TEXTS, Story, outcome, settle

AHEAD, BEHIND = timedelta(minutes=5), timedelta(minutes=-5)
SKEWS = [{"web": AHEAD, "clock": BEHIND}, {"web": BEHIND, "clock": AHEAD}]
TOLD = "En överlämning från jouren väntar"


@pytest.fixture
def ground(databases: Databases, tmp_path: Path) -> Playground:
    return Playground.on_sqlite(databases.sqlite, tmp_path)


@pytest.fixture
def stage_at(ground: Playground) -> Iterator["Opener"]:
    opener = Opener(ground)
    yield opener
    opener.close()


class Opener:
    """Opens stages whose processes have clocks of their own."""

    def __init__(self, ground: Playground) -> None:
        self._ground = ground
        self._open: list[MortalStage] = []

    def __call__(self, moment: str, skew: dict[str, timedelta], *, clocks: int = 1) -> MortalStage:
        stage = self._ground.open(Story(settle, moment), Fate(), clocks=clocks, skew=skew)
        self._open.append(stage)
        return stage

    def close(self) -> None:
        for stage in self._open:
            stage.close()


@pytest.mark.slow
@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("story", ["by the fallback", "a text and its answer", "a text passed on"])
def test_with_clocks_ten_minutes_apart_the_story_ends_the_same(
    story: str, skew: dict[str, timedelta], ground: Playground
) -> None:
    undisturbed = ground.play(story)

    assert not differences(undisturbed.ended, ground.play(story, skew=skew).ended)


@pytest.mark.parametrize("skew", SKEWS)
def test_an_alert_and_a_handover_come_late_at_most_and_once(
    skew: dict[str, timedelta], stage_at: Opener
) -> None:
    stage = stage_at("2026-03-03T21:30", skew)
    missed = stage.call(GUARDIAN, phones={}, default=SILENT)
    stage.later(12, "missed.alert", SEND, every=120)
    assert received_by(stage, "inte besvarat") == ["t1"]

    stage.until(at("2026-03-03T22:06").astimezone(UTC), *HANDOVERS, SEND, every=300)
    stage.later(2, *HANDOVERS, SEND, every=60)

    assert sorted(received_by(stage, TOLD)) == ["t1", "t2", "t3"]
    (handover,) = rows(stage.parts.engine, "handovers")
    assert handover["due_at"] == at("2026-03-04T08:30").astimezone(UTC)
    assert logged(stage, missed.sid)["outcome"] == "fallback_failed"


def test_a_clock_that_jumps_back_and_forth_tells_everybody_once(stage_at: Opener) -> None:
    stage = stage_at("2026-03-03T21:30", {})
    stage.call(YOUTH, phones={"t4": ANSWERS})
    stage.carrier.run_until(at("2026-03-03T22:00:10").astimezone(UTC))

    for minutes in (5, -5, 0, -30, 5):
        stage.skew["clock"] = timedelta(minutes=minutes)
        stage.sweep([*HANDOVERS, *TEXTS, SEND])
        stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=20))

    assert sorted(received_by(stage, TOLD)) == ["t4", "t5", "t6"]
    assert len(rows(stage.parts.engine, "handovers")) == 1


def test_the_edges_of_a_duty_move_with_the_clock_of_whoever_answers_and_somebody_is_reached(
    stage_at: Opener,
) -> None:
    late = stage_at("2026-03-03T21:58", {"web": AHEAD})
    call = late.call(YOUTH, phones={"Socialjouren": "answer 4, talk 20"}, default=SILENT)
    assert (reached(call), call.outcome) == ("fallback", Outcome.TALKED)

    early = stage_at("2026-03-03T16:58", {"web": AHEAD})
    call = early.call(YOUTH, phones={"t4": ANSWERS})
    assert reached(call) == "t4"


@pytest.mark.parametrize("skew", [AHEAD, BEHIND])
@pytest.mark.parametrize("fault", [RestFault.TIMED_OUT_AFTER, RestFault.ERROR_AFTER])
def test_a_text_that_may_have_been_sent_is_found_though_our_clock_is_off(
    fault: RestFault, skew: timedelta, stage_at: Opener
) -> None:
    stage = stage_at("2026-03-03T19:04", {"clock": skew})
    stage.carrier.faults.add(fault, path="/Messages")

    stage.text(YOUTH, "Kan någon ringa?")
    stage.later(3, *TEXTS, SEND)

    assert received_by(stage, "Kan någon ringa?") == ["t4"]


@pytest.mark.parametrize(("dying", "other"), [(AHEAD, BEHIND), (BEHIND, AHEAD)])
def test_what_a_dead_clock_held_is_sent_once_by_one_whose_time_is_another(
    dying: timedelta, other: timedelta, stage_at: Opener
) -> None:
    stage = stage_at("2026-03-03T19:04", {"clock": dying})
    stage.text(YOUTH, "Kan någon ringa?")
    stage.fate.counts = True
    stage.fate.dies_before = "text, answered"
    stage.skew_after_death["clock"] = other

    stage.sweep([*TEXTS, SEND])
    stage.later(14, "texts.handle", SEND, every=60)

    assert len(stage.fate.died) == 1
    # By a clock ten minutes ahead it was not sent in two: the backup is told of it as well.
    passed_on = [] if other < dying else ["t1"]
    assert received_by(stage, "Kan någon ringa?") == ["t4", *passed_on]
    assert all(row["state"] in {"sent", "failed"} for row in rows(stage.parts.engine, "outbox"))
    assert outcome(stage)["failures"] == "[]"
