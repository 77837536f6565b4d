"""A coming duty that is unlawful is a manager's to mend, by day and not in the night."""

from tests.app.conftest import StageAt
from tests.app.duty.before_duty import (
    M1,
    M2,
    MANAGERS,
    NOTICE,
    at_time,
    manned,
    opened,
    texts,
)
from tests.app.world import changed, publish
from tests.examples import shift

WATCH = ("rota.watch", "outbox.send")
# t4 and t1 have every evening, and so no weekly rest: of the employers each has a manager.
WITH_MANAGERS = changed() + MANAGERS
SUNDAY_NIGHT, MORNING = "2026-03-01T23:30", "2026-03-02T08:00"


def test_a_week_without_rest_is_told_of_in_the_morning_to_the_employer(
    engine_stage_at: StageAt,
) -> None:
    shifts = manned("2026-02-27T00:00", "2026-03-30T00:00")
    stage = engine_stage_at(SUNDAY_NIGHT, shifts=shifts, toml=WITH_MANAGERS)

    at_time(stage, SUNDAY_NIGHT, sweeps=WATCH)
    assert [texts(stage, number, NOTICE) for number in (M1, M2)] == [[], []]
    at_time(stage, MORNING, sweeps=WATCH)

    assert {rule for rule, _ in opened(stage)} == {"R6"}
    assert {who for _, who in opened(stage)} == {"t1", "t4"}
    assert [len(texts(stage, number, NOTICE)) for number in (M1, M2)] == [1, 1]


def test_it_is_over_when_somebody_else_has_the_sunday(sqlite_stage_at: StageAt) -> None:
    shifts = manned("2026-03-02T00:00", "2026-03-09T00:00")
    stage = sqlite_stage_at(MORNING, shifts=shifts, toml=WITH_MANAGERS)
    at_time(stage, MORNING, sweeps=WATCH)
    assert ("R6", "t4") in opened(stage)

    weekend = [
        shift(who, f"{day}T10:00", f"{day}T22:00", position)
        for day, first, second in (("2026-03-07", "t5", "t2"), ("2026-03-08", "t6", "t3"))
        for position, who in ((1, first), (2, second))
    ]
    publish(stage.parts.engine, weekend)
    at_time(stage, "2026-03-02T08:05", sweeps=WATCH)

    assert ("R6", "t4") not in opened(stage)
