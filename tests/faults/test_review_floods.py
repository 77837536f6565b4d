"""What is held up a second time is told of a second time."""

from app.duty.flood import MOST_OF_ONE
from tests.app.conftest import StageAt
from tests.app.texts.talk import later, read_by
from tests.app.world import STRANGER, T4
from tests.faults.test_attack_floods import floods

EVENING = "2026-03-03T19:04"


def test_more_that_is_held_up_two_hours_later_is_told_of_again(sqlite_stage_at: StageAt) -> None:
    """Nobody has answered yet, and the thread is the same."""
    stage = sqlite_stage_at(EVENING)
    floods(stage, [STRANGER], MOST_OF_ONE + 3)

    later(stage, minutes=120)
    floods(stage, [STRANGER], MOST_OF_ONE + 3, "again")

    assert sum("hålls tillbaka" in body for body in read_by(stage, T4)) == 2
