"""Everything twice at once: each webhook on two web workers, each sweep on two clocks."""

from pathlib import Path

import pytest

from tests.databases import Databases
from tests.faults.plays import Playground, differences
from tests.faults.races import RacingStage

# The rest is left to `make soak`: rows are what two processes fight for, and most stories on
# PostgreSQL, where writers do not wait for one another, hold what matters.
_ON_SQLITE = ("by the second", "a text passed on")
_ON_POSTGRES = (
    "by the fallback",
    "back to a caller",
    "a text and its answer",
    "a handover",
    "a check-in",
    "a swap",
)


@pytest.mark.slow
@pytest.mark.parametrize("story", _ON_SQLITE)
def test_the_story_ends_the_same_when_everything_comes_twice_at_once(
    story: str, databases: Databases, tmp_path: Path
) -> None:
    _ends_the_same(story, Playground.on_sqlite(databases.sqlite, tmp_path))


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("story", _ON_POSTGRES)
def test_on_postgresql_too(story: str, databases: Databases, tmp_path: Path) -> None:
    _ends_the_same(story, Playground.on_postgres(databases.postgres, tmp_path))


def _ends_the_same(story: str, ground: Playground) -> None:
    undisturbed = ground.play(story)

    raced = ground.play(story, clocks=2, kind=RacingStage)

    assert not differences(undisturbed.ended, raced.ended)
