"""A follow-up stands in the handover of the duty it belonged to, also where nobody tried it."""

import json

from app.demo.stage import Stage
from app.duty.handover_document import written
from app.duty.handover_document.dossier import opened
from app.store import handovers
from app.store.database import reading
from app.store.handovers import Handover
from routing.follow_up import Reached
from tests.app.conftest import StageAt
from tests.app.duty.desk import gate
from tests.app.duty.following import (
    AFTERNOON,
    INSTRUCTION,
    TOLD_US,
    calls,
    ordered,
    recorded,
    swept,
)
from tests.app.world import T4, YOUTH
from tests.examples import at


def built(stage: Stage) -> list[Handover]:
    """What handovers there are once the evening's duty is over."""
    stage.carrier.run_until(at("2026-03-03T22:01"))
    stage.sweep(("handover.build",))
    with reading(stage.parts.engine) as connection:
        return list(handovers.listed(connection, None, None))


def document(stage: Stage, handover: Handover, form: str) -> str:
    with gate(stage, "t5") as own:
        return written(opened(own, handover.id), form, "sv").decode()


def test_what_came_of_it_is_read_at_the_meeting(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t5")
    swept(stage, "2026-03-03T19:00")
    calls(stage, "t4", number, {T4: "answer 3, press 1", YOUTH: "answer 4, talk 60"})
    recorded(stage, "t4", number, Reached.REACHED)

    (handover,) = built(stage)

    said = document(stage, handover, "text")
    assert "Uppföljning · tisdag 3 mars 2026 19.00 · K-1001" in said
    assert INSTRUCTION in said
    assert "nådd (Therapist 4 (t4), tisdag 3 mars 2026 19.0" in said
    assert TOLD_US in said
    (task,) = json.loads(document(stage, handover, "json"))["follow_ups"]
    assert (task["state"], task["attempts"], task["report"]["outcome"]) == ("done", 1, "reached")


def test_what_nobody_tried_has_a_handover_of_its_own(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    ordered(stage, "t5")
    swept(stage, "2026-03-03T19:00", "2026-03-03T20:31")

    (handover,) = built(stage)

    assert (handover.district, handover.contacts) == ("jarva", ())
    said = document(stage, handover, "text")
    assert "Nådde ingen" in said
    assert "Ingenting kom in" not in said


def test_an_evening_without_any_has_none(sqlite_stage_at: StageAt) -> None:
    assert built(sqlite_stage_at(AFTERNOON)) == []
