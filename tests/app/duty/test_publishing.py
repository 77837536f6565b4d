"""A rota is put in force by whoever may, checked first, and against a rule only with a reason."""

from contextlib import suppress

import pytest

from app.demo.stage import Stage
from app.duty.publishing import BreaksARule, publish, publish_draft
from app.store import drafts, rota_history
from app.store import rota as stored_rota
from app.store.database import reading
from app.store.drafts import Draft
from app.store.rota import Signed
from routing.errors import NotFound
from routing.rota import Shift
from tests.app.conftest import StageAt
from tests.examples import EFTERVARD, at, shift, span

TUESDAY = "2026-03-03T12:00"
WEEK = span("2026-03-09T00:00", "2026-03-16T00:00")
# Both days of a weekend and no day off: no rest of 36 hours that week.
UNLAWFUL = [
    shift("t2", "2026-03-14T10:00", "2026-03-14T22:00"),
    shift("t2", "2026-03-15T10:00", "2026-03-15T22:00"),
]


def draft(shifts: list[Shift]) -> Draft:
    return Draft(0, EFTERVARD, WEEK, Signed("planner", "vecka 11", at(TUESDAY)), tuple(shifts))


def put_in_force(stage: Stage, shifts: list[Shift], reason: str | None = None) -> list[str]:
    """The rules of the errors found."""
    organisation = stage.parts.mirror.picture.organisation
    with stage.parts.engine.begin() as connection:
        done = publish(
            connection,
            organisation,
            organisation.lines[EFTERVARD],
            draft(shifts),
            Signed("m1", "vecka 11", at(TUESDAY)),
            reason=reason,
        )
    return sorted({f"{f.severity} {f.rule}" for f in done.findings if f.rule != "R17"})


def in_force(stage: Stage) -> list[str]:
    with reading(stage.parts.engine) as connection:
        return [str(s.therapist) for s in stored_rota.in_force(connection, EFTERVARD, WEEK)]


def test_what_breaks_a_rule_stays_out_of_force(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(TUESDAY)

    with pytest.raises(BreaksARule) as refused:
        put_in_force(stage, UNLAWFUL)

    assert "R6" in {finding.rule for finding in refused.value.findings}
    assert in_force(stage) == []


def test_a_manager_may_publish_it_for_a_reason_that_is_kept(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(TUESDAY)

    found = put_in_force(stage, UNLAWFUL, "t3 är sjuk och ingen annan kan")

    assert "error R6" in found
    assert in_force(stage) == ["t2", "t2"]
    with reading(stage.parts.engine) as connection:
        latest, *_ = rota_history.versions(connection, EFTERVARD, 1)
    assert (latest.signed.author, latest.reason) == ("m1", "t3 är sjuk och ingen annan kan")


def test_duties_made_known_late_are_a_warning(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(TUESDAY)
    friday = [shift("t2", "2026-03-13T17:00", "2026-03-13T22:00")]

    with suppress(BreaksARule):  # most evenings have nobody
        put_in_force(stage, friday)
    found = put_in_force(stage, friday, "resten kommer")

    assert found == ["warning R16"]
    assert put_in_force(stage, friday, "resten kommer") == []  # nothing new, so nothing late


def test_a_draft_is_gone_when_published_and_stays_when_refused(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(TUESDAY)
    organisation = stage.parts.mirror.picture.organisation
    line, made = organisation.lines[EFTERVARD], draft(UNLAWFUL)
    with stage.parts.engine.begin() as connection:
        number = drafts.keep(connection, line.id, made.span, made.shifts, made.signed)
    signed = Signed("m1", "", at(TUESDAY))

    with pytest.raises(BreaksARule), stage.parts.engine.begin() as connection:
        publish_draft(connection, organisation, line, number, signed)
    with stage.parts.engine.begin() as connection:
        publish_draft(connection, organisation, line, number, signed, reason="nödläge")

    assert in_force(stage) == ["t2", "t2"]
    with reading(stage.parts.engine) as connection:
        assert drafts.of_line(connection, line.id) == ()
        latest, *_ = rota_history.versions(connection, EFTERVARD, 1)
    assert latest.signed.note == "vecka 11"  # the draft's own, where nothing is said
    with pytest.raises(NotFound), stage.parts.engine.begin() as connection:
        publish_draft(connection, organisation, line, number, signed)
