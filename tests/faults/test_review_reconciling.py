"""What came in before the service was there is nobody's to find."""

from tests.app.conftest import StageAt
from tests.app.world import GUARDIAN, YOUTH, told
from tests.faults.away import (
    BACK,
    at_time_now,
    begins,
    comes_back,
    compared,
    goes_away,
    log_of,
    wait,
)

SEVEN = "2026-03-03T19:00"


def test_what_another_system_answered_on_the_number_before_is_not_taken_for_missed(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    goes_away(stage)  # the number still leads elsewhere
    stage.call(GUARDIAN)
    stage.text(YOUTH, "Hej")
    wait(stage, minutes=20)
    stage.carrier.faults.planned = []
    begins(stage)
    goes_away(stage)
    missed = stage.call(GUARDIAN)

    comes_back(stage, "2026-03-03T19:50")
    at_time_now(stage, *BACK)

    assert [contact.id for contact in log_of(stage)] == [missed.sid]
    assert len(told(stage)) == 1
    assert compared(stage, "2026-03-03T18:55").texts_added == 1, "somebody asks for it"
    assert len(log_of(stage)) == 3
