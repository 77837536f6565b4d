"""Wherever a process dies while a line calls itself, it passes, and nobody is told."""

from pathlib import Path

import pytest

from tests.app.telephony.canaries import CLOCK, calls_made, outcomes, rung
from tests.app.world import rows
from tests.databases import Databases
from tests.faults.deaths import MortalStage, files_are_steps
from tests.faults.plays import Playground, sample
from tests.faults.processes import Fate
from tests.faults.stories import Story

DEATHS = 8


def a_canary(stage: MortalStage) -> None:
    """As it is due, with the second call that a death may make necessary."""
    stage.later(10, *CLOCK, every=20)


STORY = Story(a_canary, "2026-03-03T15:29")


def play(ground: Playground, die_at: int | None) -> tuple[Fate, MortalStage]:
    fate = Fate(die_at)
    stage = ground.open(STORY, fate)
    with files_are_steps(lambda: stage):
        fate.counts = True
        STORY.plays(stage)
        fate.counts = False
    return fate, stage


@pytest.mark.slow
def test_it_passes_wherever_a_process_dies(databases: Databases, tmp_path: Path) -> None:
    ground = Playground.on_sqlite(databases.sqlite, tmp_path)
    undisturbed, stage = play(ground, None)
    assert outcomes(stage) == [("passed", None)]
    stage.close()

    for step in sample(undisturbed.taken, DEATHS):
        fate, stage = play(ground, step)

        assert len(fate.died) == 1
        assert outcomes(stage) == [("passed", None)], fate.died
        assert calls_made(stage) <= 2, fate.died
        assert stage.carrier.messages == []
        events = rows(stage.parts.engine, "contact_events")
        # Where the carrier had to take the last document, that rings for some seconds.
        assert [row["kind"] for row in events if row["kind"] == "received"] == [], fate.died
        assert set(rung(stage)) <= {"+46846500499"}
        stage.close()
