"""What comes to light late: read before it is acknowledged, or told of at the next meeting."""

import pytest

from routing.errors import Conflict
from routing.handover import HandoverState
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import at_time
from tests.app.duty.desk import (
    CLOCK,
    LATE,
    WAITS,
    acknowledge,
    came,
    filed,
    handed_over,
    handovers_of,
    open_,
    reach_,
    the_handover,
    told,
)
from tests.examples import HASSELBY_VALLINGBY

EVENING, MEETING = "2026-03-03T19:00", "2026-03-04T08:30"


def test_what_nobody_has_read_is_not_acknowledged(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    handover = handed_over(stage)
    with pytest.raises(Conflict, match="1 of its contacts have not been read"):
        reach_(stage, "t1", handover, HandoverState.ACKNOWLEDGED)
    open_(stage, "t1", handover)
    came(stage, "b", "2026-03-03T21:00")
    at_time(stage, "2026-03-03T22:10", sweeps=CLOCK)

    with pytest.raises(Conflict, match="1 of its contacts have not been read"):
        reach_(stage, "t1", handover, HandoverState.ACKNOWLEDGED)

    assert acknowledge(stage, "t1", handover)


def test_what_comes_to_light_after_it_was_acknowledged_is_a_part_of_its_own(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    first = handed_over(stage)
    at_time(stage, MEETING, sweeps=CLOCK)
    acknowledge(stage, "t1", first)
    came(stage, "b", "2026-03-03T21:00")

    at_time(stage, "2026-03-04T10:00", sweeps=CLOCK)
    came(stage, "c", "2026-03-03T21:30")
    at_time(stage, "2026-03-04T10:10", sweeps=CLOCK)

    assert filed(stage, HASSELBY_VALLINGBY) == [
        ("2026-03-04 08:30", ["a"]),
        ("2026-03-05 08:30", ["b", "c"]),
    ]
    assert [(h.part, h.state) for h in handovers_of(stage)] == [
        (0, "acknowledged"), (1, "notified")
    ]  # fmt: skip
    assert told(stage, WAITS) == ["t1", "t1", "t2", "t2", "t3", "t3"]
    assert told(stage, LATE) == []
    acknowledge(stage, "t2", the_handover(stage, HASSELBY_VALLINGBY))
    came(stage, "d", "2026-03-03T21:45")
    at_time(stage, "2026-03-05T07:00", sweeps=CLOCK)
    assert [h.part for h in handovers_of(stage)] == [0, 1, 2]
    assert filed(stage, HASSELBY_VALLINGBY)[-1] == ("2026-03-05 08:30", ["d"])
