"""
Wherever a process dies, the story ends as if nobody had.

Here at a sample of the steps of each story; `make soak` dies at every one of them.
"""

from pathlib import Path

import pytest

from tests.databases import Databases
from tests.faults.plays import Playground, differences, sample
from tests.faults.stories import STORIES

DEATHS = 2  # of each story
ON_POSTGRES = ("by the second", "a handover")


@pytest.fixture(scope="module")
def ground(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Playground:
    return Playground.on_sqlite(databases.sqlite, tmp_path_factory.mktemp("plays"))


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES)
def test_the_story_ends_the_same_wherever_a_process_dies(story: str, ground: Playground) -> None:
    undisturbed = ground.play(story)
    assert undisturbed.ended["failures"] == "[]"

    for step in sample(undisturbed.steps, DEATHS):
        disturbed = ground.play(story, step)

        assert len(disturbed.died) == 1
        assert not differences(undisturbed.ended, disturbed.ended), disturbed.died


@pytest.mark.slow
@pytest.mark.parametrize("story", ["a text passed on"])
def test_of_two_clocks_one_goes_on_when_the_other_dies(story: str, ground: Playground) -> None:
    undisturbed = ground.play(story, clocks=2)
    assert not differences(ground.play(story).ended, undisturbed.ended)

    for step in sample(undisturbed.steps, DEATHS):
        disturbed = ground.play(story, step, clocks=2)

        assert not differences(undisturbed.ended, disturbed.ended), disturbed.died


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("story", ON_POSTGRES)
def test_on_postgresql_too(story: str, databases: Databases, tmp_path: Path) -> None:
    ground = Playground.on_postgres(databases.postgres, tmp_path)
    undisturbed = ground.play(story)

    for step in sample(undisturbed.steps, DEATHS):
        disturbed = ground.play(story, step)

        assert not differences(undisturbed.ended, disturbed.ended), disturbed.died


@pytest.mark.slow
def test_nobody_is_called_twice_though_the_clock_dies_before_it_has_written_that_it_called(
    ground: Playground,
) -> None:
    undisturbed = ground.play("a check-in")
    steps = [n for n, step in enumerate(undisturbed.steps, 1) if step == "clock: call, answered"]
    assert len(steps) == 2

    for step in (*steps, steps[0] + 1):  # after the answer, and before what keeps it
        disturbed = ground.play("a check-in", step)

        assert disturbed.ended["staff rung"] == undisturbed.ended["staff rung"]
