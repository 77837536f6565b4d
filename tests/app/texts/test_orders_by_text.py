"""JOUR, TAR and PAUS: what a therapist may ask for by text, and what she is told."""

from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.store.database import reading
from app.store.rota import in_force
from routing.intervals import Interval
from tests.app.conftest import StageAt
from tests.app.texts.talk import (
    EVENING,
    LATE,
    MANDATE_OF_JARVA,
    WITHOUT_T4,
    later,
    read_by,
    read_by_clients,
    reload_organisation,
    take_over_at,
    writes,
)
from tests.app.world import (
    GUARDIAN,
    LINE,
    T1,
    T2,
    T4,
    T5,
    YOUTH,
    changed,
    evening,
    reached,
    rows,
    told,
    tried,
)
from tests.examples import EFTERVARD, at, shift

LATE_YES = "Frågan om jouren gäller inte längre. Ditt svar har inte skickats."
HELP = "Skriv JOUR (vem har jouren), TAR (ta över jouren) eller PAUS 15"


def on_standby(stage: Stage, moment: str | None = None) -> list[tuple[int, str]]:
    """Positions and people at a moment, or now."""
    now = stage.parts.clock() if moment is None else at(moment)
    with reading(stage.parts.engine) as connection:
        found = in_force(connection, EFTERVARD, Interval(now, now + timedelta(seconds=1)))
    return sorted((s.position, str(s.therapist)) for s in found)


@pytest.mark.parametrize("who", [T4, T1, T5], ids=["first", "backup", "off duty"])
def test_anybody_of_the_staff_may_ask_who_is_on(who: str, engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)

    writes(stage, who, "jour?")

    assert read_by(stage, who) == ["Jour nu: t4 till 22:00, t1 till 22:00."]


def test_when_nobody_is_on_that_is_said(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(LATE)

    writes(stage, T5, "JOUR")

    assert told(stage) == [("t5", "Ingen har jour just nu.")]


@pytest.mark.parametrize("body", ["JOUUR", "PAUS", "PAUS 500", "pausa lite"])
def test_a_misspelling_gets_help_and_no_child_reads_it(body: str, sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")

    writes(stage, T4, body)

    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-1].startswith(HELP)


def test_the_backup_takes_over_when_the_first_says_yes(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")

    writes(stage, T1, "TAR")
    assert on_standby(stage) == [(1, "t4"), (2, "t1")]
    writes(stage, T4, "Ja.")
    later(stage, seconds=10)

    assert on_standby(stage) == [(1, "t1"), (2, "t4")]
    assert on_standby(stage, "2026-03-03T18:00") == [(1, "t4"), (2, "t1")]
    assert "t1 vill ta över jouren till 22:00. Svara JA för att lämna över." in read_by(stage, T4)
    assert read_by(stage, T4)[-1] == "t1 har nu jouren till 22:00."
    assert "t1 har nu jouren till 22:00." in read_by(stage, T1)
    assert read_by_clients(stage) == {}
    assert tried(stage.call(GUARDIAN)) == ["t1"]
    assert str(rows(stage.parts.engine, "overrides")[-1]["note"]).startswith("TAR: t1")


def test_somebody_off_duty_takes_over_and_the_threads_come_along(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")

    writes(stage, T5, "tar")
    writes(stage, T4, "JA")
    later(stage, seconds=10)
    writes(stage, T5, "Nu är det jag")
    writes(stage, T4, "Och jag då?")

    assert on_standby(stage) == [(1, "t5"), (2, "t1")]
    assert "Du tar över öppna sms-trådar: A2." in read_by(stage, T5)
    assert read_by_clients(stage) == {"youth": ["Nu är det jag"]}


def test_a_second_yes_is_no_message_to_a_child(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Kan du ringa?")
    writes(stage, T1, "TAR")

    stage.carrier.begin_text(T4, "JA")
    stage.carrier.begin_text(T4, "JA")
    later(stage, seconds=1, sweeps=2)

    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-1] == LATE_YES
    assert on_standby(stage) == [(1, "t1"), (2, "t4")]


@pytest.mark.parametrize("minutes", [31, 100])
def test_a_yes_that_comes_too_late_changes_nothing_and_reaches_no_child(
    minutes: int, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Kan du ringa?")
    writes(stage, T1, "TAR")
    later(stage, minutes=minutes)

    writes(stage, T4, "JA")

    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-1] == LATE_YES
    assert on_standby(stage) == [(1, "t4"), (2, "t1")]


def test_a_yes_to_the_youth_is_a_reply_when_nothing_was_asked(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Kan du ringa?")

    writes(stage, T4, "JA")

    assert read_by_clients(stage) == {"youth": ["JA"]}


def test_of_two_who_ask_one_gets_it_and_the_other_is_not_said_to(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, T1, "TAR")
    later(stage, seconds=5)
    writes(stage, T5, "TAR")

    writes(stage, T4, "JA", "JA")

    assert on_standby(stage) == [(1, "t5"), (2, "t1")]
    assert read_by(stage, T4)[-2:] == ["t5 har nu jouren till 22:00.", LATE_YES]


@pytest.mark.parametrize("change", ["another is on", "nobody is on"])
def test_what_is_no_longer_there_to_give_is_not_given(
    change: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, T1, "TAR")
    if change == "another is on":
        take_over_at(stage, "2026-03-03T19:00", "t5", "t1", "2026-03-03T22:00")
    else:
        with stage.parts.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE shifts SET withdrawn_in = 1")

    writes(stage, T4, "JA")
    writes(stage, YOUTH, "Hej")

    assert read_by(stage, T4).count(LATE_YES) == 1
    assert on_standby(stage) == ([(1, "t5"), (2, "t1")] if change == "another is on" else [])
    assert "Hej" in read_by(stage, T5) or change == "nobody is on"


def test_a_taker_who_has_left_meanwhile_gets_nothing(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, shifts=evening("2026-03-03", "t1", "t2"))
    writes(stage, T4, "TAR")
    reload_organisation(stage, WITHOUT_T4)

    writes(stage, T1, "JA")

    assert on_standby(stage) == [(1, "t1"), (2, "t2")]
    assert read_by(stage, T1)[-1] == LATE_YES


def test_without_a_mandate_nobody_takes_over(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=changed((MANDATE_OF_JARVA, "")))

    writes(stage, T2, "TAR")

    assert told(stage) == [("t2", "Du kan inte ta över jouren: mandat saknas.")]


def test_when_nobody_is_on_there_is_nothing_to_take(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, shifts=[])

    writes(stage, T5, "TAR")

    assert told(stage) == [("t5", "Ingen har jouren just nu, så det finns inget att ta över.")]


def test_who_has_the_duty_is_told_so(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    writes(stage, T4, "TAR")

    assert told(stage) == [("t4", "Du har redan jouren till 22:00.")]


def test_who_cannot_be_asked_is_named(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, T4, "STOP")

    writes(stage, T1, "TAR")

    assert told(stage) == [("t1", "Du kan inte ta över jouren: t4 kan inte få sms.")]


def test_a_duty_that_lasts_beyond_the_line_s_closing_is_taken_to_its_end(
    sqlite_stage_at: StageAt,
) -> None:
    shifts = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T23:00"),
        shift("t1", "2026-03-03T18:00", "2026-03-03T21:00", 2),
        shift("t6", "2026-03-03T21:00", "2026-03-04T02:00", 2),
    ]
    stage = sqlite_stage_at(EVENING, shifts=shifts)

    writes(stage, T1, "TAR")
    writes(stage, T4, "JA")

    assert on_standby(stage) == [(1, "t1"), (2, "t4")]
    assert on_standby(stage, "2026-03-03T22:30") == [(1, "t1"), (2, "t6")]
    assert on_standby(stage, "2026-03-03T23:30") == [(2, "t6")]
    assert on_standby(stage, "2026-03-03T17:30") == [(1, "t4")]


def test_who_is_backup_only_later_leaves_that_place_to_the_giver(sqlite_stage_at: StageAt) -> None:
    shifts = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T22:00"),
        shift("t1", "2026-03-03T20:00", "2026-03-03T22:00", 2),
    ]
    stage = sqlite_stage_at(EVENING, shifts=shifts)

    writes(stage, T1, "TAR")
    writes(stage, T4, "JA")

    assert on_standby(stage) == [(1, "t1")]
    assert on_standby(stage, "2026-03-03T21:00") == [(1, "t1"), (2, "t4")]


def test_who_pauses_is_passed_over_in_texts_and_in_calls_until_it_is_over(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)

    writes(stage, T4, "PAUS 15")
    writes(stage, YOUTH, "Hej")
    call = stage.call(GUARDIAN)
    later(stage, minutes=16)
    after = stage.call(GUARDIAN)

    assert read_by(stage, T4) == ["Du har paus till 19:19."]
    assert read_by(stage, T1) == ["Hej"]
    assert (tried(call), reached(call)) == (["t1"], "t1")
    assert tried(after) == ["t4"]


@pytest.mark.parametrize("why", ["paused too", "alone", "without a mandate"])
def test_a_pause_is_refused_when_nobody_else_is_left(why: str, sqlite_stage_at: StageAt) -> None:
    shifts = evening("2026-03-03")[:1] if why == "alone" else None
    toml = changed((MANDATE_OF_JARVA, "")) if why == "without a mandate" else changed()
    stage = sqlite_stage_at(EVENING, shifts=shifts, toml=toml)
    if why == "paused too":
        writes(stage, T1, "PAUS 30")

    writes(stage, T4, "PAUS 15")

    assert read_by(stage, T4) == ["Det går inte att pausa: ingen annan kan svara just nu."]
    assert tried(stage.call(YOUTH))[:1] == ["t4"]


def test_a_pause_that_reaches_into_a_time_alone_is_refused(sqlite_stage_at: StageAt) -> None:
    shifts = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T22:00"),
        shift("t1", "2026-03-03T17:00", "2026-03-03T19:10", 2),
    ]
    stage = sqlite_stage_at(EVENING, shifts=shifts)

    writes(stage, T4, "PAUS 15", "PAUS 5")

    assert read_by(stage, T4) == [
        "Det går inte att pausa: ingen annan kan svara just nu.",
        "Du har paus till 19:09.",
    ]


def test_a_longer_pause_replaces_a_shorter_one(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    writes(stage, T4, "PAUS 5", "PAUS 20")
    later(stage, minutes=10)
    writes(stage, YOUTH, "Hej")

    assert read_by(stage, T4)[1:] == ["Du har paus till 19:24."]
    assert read_by(stage, T1) == ["Hej"]
    assert {message.frm for message in stage.carrier.messages} == {LINE}
