"""A therapist who knows the family otherwise: the next one is rung, and gets its texts."""

from tests.app.conftest import StageAt
from tests.app.texts.talk import read_by, settle, writes
from tests.app.world import ANSWERS, GUARDIAN, T1, T4, YOUTH, changed, contact_of

CONFLICT = changed(('id = "t4"', 'id = "t4"\nnot_for = ["K-1001"]'))


def test_the_next_is_rung_and_written_to_for_that_family_alone(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T19:04", toml=CONFLICT)

    own = stage.call(YOUTH, phones={"t4": ANSWERS, "t1": ANSWERS})
    other = stage.call(GUARDIAN, phones={"t4": ANSWERS, "t1": ANSWERS})
    writes(stage, YOUTH, "Hej igen")
    settle(stage, 1)

    assert [attempt.target for attempt in contact_of(stage, own.sid).attempts] == ["t1"]
    assert [attempt.target for attempt in contact_of(stage, other.sid).attempts] == ["t4"]
    assert any("Hej igen" in body for body in read_by(stage, T1))
    assert not any("Hej igen" in body for body in read_by(stage, T4))
