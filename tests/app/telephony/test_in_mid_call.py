"""What changes or fails while a call goes on: an exception still leads to a person."""

from datetime import timedelta

import pytest
import structlog

from app.demo.stage import Stage
from app.lab.call import Outcome
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    FALLBACK,
    OFFICE,
    SILENT,
    T1,
    T4,
    YOUTH,
    changed,
    contact_of,
    heard_in,
    load_organisation,
)
from tests.examples import at

EVENING, MORNING, NIGHT = "2026-03-03T19:04", "2026-03-03T10:15", "2026-03-03T22:30"
ANOTHER_LINE = ('id = "eftervard"', 'id = "another"')


def rename_the_line(stage: Stage) -> None:
    """Load an organisation in which no call under way finds its line again."""
    settings, text = stage.parts.settings, changed(ANOTHER_LINE)
    load_organisation(stage.parts.engine, stage.parts.cipher, settings.state_dir, text)


@pytest.mark.parametrize("seconds", [2, 10, 40])
def test_an_exception_in_the_middle_of_a_call_leads_to_the_fallback_and_a_missed_contact(
    seconds: int, variant_stage_at: StageAt
) -> None:
    stage = variant_stage_at(EVENING)
    phones = {T4: SILENT, T1: SILENT, FALLBACK: "answer 4, talk 20"}
    call = stage.carrier.begin_call(YOUTH, phones=phones)

    stage.carrier.run_until(at(EVENING) + timedelta(seconds=seconds))
    rename_the_line(stage)
    stage.carrier.run()

    assert call.bridged_to == FALLBACK
    assert heard_in(call, "Vänta kvar")
    assert contact_of(stage, call.sid).outcome == "missed"


def test_when_the_fallback_fails_too_the_caller_is_told_what_to_do(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, default=SILENT)

    stage.carrier.run_until(at(EVENING) + timedelta(seconds=5))
    rename_the_line(stage)
    stage.carrier.run()

    assert call.dialled == [T4, FALLBACK]
    assert heard_in(call, "Ring gärna igen", "1 1 2")
    assert call.outcome is Outcome.ENDED_BY_LINE


def test_the_exception_is_logged_once_with_the_call_and_without_the_number(
    sqlite_stage_at: StageAt, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, default="busy")
    stage.carrier.run_until(at(EVENING) + timedelta(seconds=0.2))
    rename_the_line(stage)

    with structlog.testing.capture_logs() as told:
        stage.carrier.run()

    failed = [entry for entry in told if entry["event"] == "call.failed"]
    assert [(entry["contact"], entry["log_level"]) for entry in failed] == [(call.sid, "error")]
    assert YOUTH[3:] not in repr(told)


def test_an_exception_after_key_1_still_puts_the_two_through(variant_stage_at: StageAt) -> None:
    stage = variant_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, phones={T4: ANSWERS}, default=SILENT)

    stage.carrier.run_until(at(EVENING) + timedelta(seconds=6))
    rename_the_line(stage)
    stage.carrier.run()

    assert call.bridged_to == T4
    # Nobody is told to call somebody back who has just talked.
    assert contact_of(stage, call.sid).outcome == "answered"


def test_an_exception_when_the_caller_has_left_rings_nobody(variant_stage_at: StageAt) -> None:
    stage = variant_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, caller="hang up after 12", default=SILENT)

    stage.carrier.run_until(at(EVENING) + timedelta(seconds=8))
    rename_the_line(stage)
    stage.carrier.run()

    assert call.dialled == [T4]
    assert contact_of(stage, call.sid).outcome == "abandoned"


def test_a_therapist_who_is_removed_in_mid_call_is_passed_over(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    call = stage.carrier.begin_call(YOUTH, phones={T4: SILENT, FALLBACK: "answer 3"})

    stage.carrier.run_until(at(EVENING) + timedelta(seconds=5))
    text = changed(('phone = "+46701740605"\n', ""))
    load_organisation(stage.parts.engine, stage.parts.cipher, stage.parts.settings.state_dir, text)
    stage.carrier.run()

    assert call.dialled == [T4, FALLBACK]


@pytest.mark.parametrize(
    ("number", "moment", "dialled"),
    [(FALLBACK, EVENING, [T4, T1]), (FALLBACK, NIGHT, []), (OFFICE, MORNING, [FALLBACK])],
)
def test_a_number_that_would_be_rung_and_calls_itself_is_not_rung(
    number: str, moment: str, dialled: list[str], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(moment)

    call = stage.call(number, caller="press 2", default=SILENT)

    assert call.dialled == dialled
    assert heard_in(call, "1 1 2")
    assert contact_of(stage, call.sid).outcome is not None
