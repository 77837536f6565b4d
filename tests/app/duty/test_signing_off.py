"""Nobody is done with a duty before what came in is written down; and she is asked for it twice."""

import pytest

from app.demo.stage import Stage
from app.duty.sign_off import missing_notes, sign_off
from app.store.database import reading
from routing.errors import Conflict
from routing.ids import TherapistId
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS, at_time, together
from tests.app.duty.desk import (
    CLOCK,
    MISSING,
    acknowledge,
    the_handover,
    told,
    told_at,
    write,
)
from tests.app.texts.talk import writes
from tests.app.world import ANSWERS, GUARDIAN, SILENT, STRANGER, YOUTH, changed, evening, rows
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, shift

EVENING, ENDS = "2026-03-03T19:00", "2026-03-03T22:00"
T4_ANSWERS = {"t4": ANSWERS}


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(EVENING, toml=WITH_MANAGERS)


def _signs_off(stage: Stage, who: str) -> str:
    parts, line = stage.parts, stage.organisation.lines[EFTERVARD]
    try:
        with parts.engine.begin() as connection:
            sign_off(connection, line, TherapistId(who), parts.clock())
    except Conflict as refused:
        return str(refused)
    return "done"


def _missing(stage: Stage, who: str) -> list[str]:
    line = stage.organisation.lines[EFTERVARD]
    with reading(stage.parts.engine) as connection:
        found = missing_notes(connection, line, TherapistId(who), stage.parts.clock())
    return [contact.id for contact in found]


def _signed(stage: Stage) -> list[object]:
    """Who has signed off, by the clock or by herself."""
    return [row["therapist"] for row in rows(stage.parts.engine, "sign_offs") if row["signed_at"]]


def test_she_is_asked_once_at_the_end_and_once_an_hour_before_the_meeting(stage: Stage) -> None:
    stage.call(YOUTH, phones=T4_ANSWERS)
    stage.call(GUARDIAN, phones={"t4": SILENT, "t1": ANSWERS})
    at_time(stage, "2026-03-03T21:59", sweeps=CLOCK)
    assert told(stage, MISSING) == []

    for moment in (ENDS, "2026-03-03T22:01", "2026-03-04T07:29"):
        at_time(stage, moment, sweeps=CLOCK)
    assert told(stage, MISSING) == ["t1", "t4"]

    for moment in ("2026-03-04T07:30", "2026-03-04T07:31", "2026-03-04T08:45", "2026-03-05T12:00"):
        at_time(stage, moment, sweeps=CLOCK)
    assert told(stage, MISSING) == ["t1", "t1", "t4", "t4"]
    assert told_at(stage, MISSING) == ["2026-03-03 22:00", "2026-03-04 07:30"]
    assert _signed(stage) == []


def test_who_has_written_everything_is_asked_nothing_and_is_done(stage: Stage) -> None:
    call = stage.call(YOUTH, phones=T4_ANSWERS).sid
    write(stage, "t4", call)

    at_time(stage, ENDS, "2026-03-04T07:45", sweeps=CLOCK)

    assert told(stage, MISSING) == []
    assert _signed(stage) == ["t4"]


def test_who_writes_after_the_first_question_is_not_asked_again(stage: Stage) -> None:
    call = stage.call(YOUTH, phones=T4_ANSWERS).sid
    at_time(stage, ENDS, sweeps=CLOCK)
    write(stage, "t4", call)

    at_time(stage, "2026-03-04T07:45", "2026-03-04T08:00", sweeps=CLOCK)

    assert told(stage, MISSING) == ["t4"]
    assert _signed(stage) == ["t4"]


def test_signing_off_is_refused_while_something_is_missing(stage: Stage) -> None:
    first = stage.call(YOUTH, phones=T4_ANSWERS).sid
    second = stage.call(GUARDIAN, phones=T4_ANSWERS).sid
    stage.call(STRANGER, phones={"t4": SILENT, "t1": SILENT, "Socialjouren": SILENT})
    assert _signs_off(stage, "t4") == "no duty with contacts has ended"
    assert _missing(stage, "t4") == [first, second]  # also while it goes on
    stage.carrier.run_until(stage.carrier.now().replace(hour=21))

    assert _signs_off(stage, "t4") == "2 contacts have no note yet"
    write(stage, "t4", first)
    assert _signs_off(stage, "t4") == "1 contacts have no note yet"
    write(stage, "t4", second)
    assert (_missing(stage, "t4"), _signs_off(stage, "t4")) == ([], "done")
    assert _signs_off(stage, "t1") == "no duty with contacts has ended"


@pytest.mark.parametrize(
    ("day", "chased_at"),
    [
        ("2026-03-06", "2026-03-09 07:30"),  # over a weekend
        ("2026-04-02", "2026-04-07 07:30"),  # over Easter: more than four days
        ("2026-12-23", "2026-12-28 07:30"),
    ],
)
def test_she_is_chased_before_the_meeting_however_far_off_it_is(
    day: str, chased_at: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(f"{day}T17:05", toml=WITH_MANAGERS)
    stage.call(YOUTH, phones=T4_ANSWERS)
    before = f"{chased_at[:10]}T07:29"

    at_time(stage, f"{day}T22:00", before, f"{chased_at[:10]}T07:30", sweeps=CLOCK)

    assert told_at(stage, MISSING) == [f"{day} 22:00", chased_at]


def test_shifts_that_touch_are_one_duty(sqlite_stage_at: StageAt) -> None:
    shifts = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t4", "2026-03-03T20:00", "2026-03-03T22:00"),
    ]
    stage = sqlite_stage_at(EVENING, shifts=shifts)
    stage.call(YOUTH, phones=T4_ANSWERS)
    at_time(stage, "2026-03-03T20:00", "2026-03-03T20:30", sweeps=CLOCK)
    assert told(stage, MISSING) == []
    stage.call(YOUTH, phones=T4_ANSWERS)

    at_time(stage, ENDS, "2026-03-03T22:10", sweeps=CLOCK)

    assert told(stage, MISSING) == ["t4"]
    assert len(rows(stage.parts.engine, "sign_offs")) == 1


def test_the_meeting_that_counts_is_the_home_district_s(sqlite_stage_at: StageAt) -> None:
    early = ('at = "08:30", notify = ["t1", "t2", "t3"]', 'at = "07:45", notify = ["t1"]')
    stage = sqlite_stage_at(EVENING, toml=changed(early))
    stage.call(GUARDIAN, phones=T4_ANSWERS)  # t4's own district meets at half past eight

    at_time(stage, ENDS, "2026-03-04T06:44", "2026-03-04T06:45", sweeps=CLOCK)

    assert told_at(stage, MISSING) == ["2026-03-03 22:00", "2026-03-04 06:45"]


def test_a_duty_that_ends_just_before_the_meeting_is_asked_of_once(
    sqlite_stage_at: StageAt,
) -> None:
    night = [shift("t4", "2026-03-03T17:00", "2026-03-04T08:00")]
    stage = sqlite_stage_at(EVENING, shifts=night)
    stage.call(YOUTH, phones=T4_ANSWERS)

    at_time(stage, "2026-03-04T08:00", "2026-03-04T08:01", "2026-03-04T08:30", sweeps=CLOCK)

    assert told(stage, MISSING) == ["t4"]


def test_nobody_is_asked_for_a_note_that_may_not_be_written_any_more(stage: Stage) -> None:
    stage.call(GUARDIAN, phones=T4_ANSWERS)
    at_time(stage, ENDS, "2026-03-03T22:10", sweeps=CLOCK)
    acknowledge(stage, "t1", the_handover(stage, HASSELBY_VALLINGBY))

    at_time(stage, "2026-03-04T07:30", "2026-03-04T08:00", sweeps=CLOCK)

    assert told(stage, MISSING) == ["t4"]
    assert (_missing(stage, "t4"), _signs_off(stage, "t4")) == ([], "done")


def test_texts_of_one_sender_are_a_conversation_of_each_duty(sqlite_stage_at: StageAt) -> None:
    shifts = [*evening("2026-03-03"), *evening("2026-03-05")]
    stage = sqlite_stage_at(EVENING, shifts=shifts)
    first = writes(stage, YOUTH, "Är du där?")
    writes(stage, YOUTH, "Hallå?")
    assert _missing(stage, "t4") == [first]
    write(stage, "t4", first)
    at_time(stage, ENDS, "2026-03-05T19:00", sweeps=CLOCK)
    assert (told(stage, MISSING), _missing(stage, "t4")) == ([], [])

    again = writes(stage, YOUTH, "Nu igen")
    at_time(stage, "2026-03-05T22:00", sweeps=CLOCK)

    assert _missing(stage, "t4") == [again]
    assert told(stage, MISSING) == ["t4"]


def test_a_call_taken_when_somebody_else_s_duty_had_begun_is_hers_to_write_of(
    sqlite_stage_at: StageAt,
) -> None:
    """She was on no duty when it came, so it is over with the contact itself."""
    shifts = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t5", "2026-03-03T20:00", "2026-03-03T22:00"),
    ]
    stage = sqlite_stage_at(EVENING, shifts=shifts)
    stage.call(YOUTH, phones=T4_ANSWERS)

    at_time(stage, "2026-03-03T20:00", "2026-03-03T21:00", ENDS, sweeps=CLOCK)

    assert told(stage, MISSING) == ["t4"]
    assert [row["therapist"] for row in rows(stage.parts.engine, "sign_offs")] == ["t4"]


@pytest.mark.slow
def test_two_clocks_ask_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING, toml=WITH_MANAGERS)
    stage.call(YOUTH, phones=T4_ANSWERS)
    for moment in (ENDS, "2026-03-04T07:30"):
        at_time(stage, moment, sweeps=())
        together(stage, "notes.ask")
        together(stage, "notes.ask")
        stage.sweep(["outbox.send"])

    assert told(stage, MISSING) == ["t4", "t4"]
