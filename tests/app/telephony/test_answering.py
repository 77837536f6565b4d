"""Calls told down a telephone: who is tried, in which order, and what is logged."""

import pytest

from app.lab.call import Outcome
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    FALLBACK,
    LINE,
    NO_FALLBACK,
    SECOND_FALLBACK,
    SILENT,
    T4,
    YOUTH,
    changed,
    contact_of,
    heard_in,
    logged,
    reached,
    tried,
)
from tests.examples import entry

EVENING = "2026-03-03T19:04"
A_MINUTE = range(60, 66)  # from the key, so with what the therapist is told before the caller


def test_the_first_on_standby_answers(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": ANSWERS})

    assert tried(call) == ["t4"]
    assert reached(call) == "t4"
    assert call.heard == []
    row = logged(stage, call.sid)
    assert row["outcome"] == "answered"
    assert (row["therapist"], row["acting_for"]) == ("t4", "jarva")
    assert (row["caller"], row["role"], row["home_district"]) == ("K-1001", "youth", "jarva")
    assert row["attempts"] == "t4:answered:7"
    assert row["wait_seconds"] == 7
    assert row["talk_seconds"] in A_MINUTE


def test_the_therapist_sees_the_line_and_hears_no_fact_before_she_accepts(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": ANSWERS})

    (rung,) = call.children
    assert rung.frm == LINE
    first_words = call.heard_by(T4)[0]  # a voicemail may record these
    assert "Tryck 1" in first_words
    assert not [fact for fact in ("Järva", "K-1001", "svenska") if fact in first_words]


def test_the_backup_answers_when_the_first_does_not(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS})

    assert tried(call) == ["t4", "t1"]
    assert reached(call) == "t1"
    row = logged(stage, call.sid)
    assert (row["outcome"], row["therapist"]) == ("answered", "t1")
    assert row["acting_for"] == "jarva"
    assert row["attempts"] == "t4:no_answer:25|t1:answered:7"


def test_a_voicemail_that_takes_the_first_does_not_get_the_caller(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": "voicemail 6", "t1": ANSWERS})

    assert tried(call) == ["t4", "t1"]
    assert reached(call) == "t1"
    row = logged(stage, call.sid)
    assert (row["outcome"], row["therapist"]) == ("answered", "t1")
    assert str(row["attempts"]).startswith("t4:")
    assert not str(row["attempts"]).startswith("t4:answered")


@pytest.mark.parametrize(
    ("does", "result"),
    [
        ("answer 4, press 2 after 3", "declined"),
        ("busy", "busy"),
        ("reject", "busy"),
        ("failed", "failed"),
    ],
)
def test_whoever_cannot_or_will_not_is_passed_over(
    does: str, result: str, variant_stage_at: StageAt
) -> None:
    stage = variant_stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": does, "t1": ANSWERS})

    assert tried(call) == ["t4", "t1"]
    assert reached(call) == "t1"
    first, second = str(logged(stage, call.sid)["attempts"]).split("|")
    assert first.startswith(f"t4:{result}:")
    assert second == "t1:answered:7"


def test_the_fallback_answers_when_nobody_on_standby_does(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, phones={"t4": SILENT, "t1": SILENT, "Socialjouren": "answer 5"})

    assert tried(call) == ["t4", "t1", "fallback"]
    assert reached(call) == "fallback"
    assert heard_in(call, "Vänta kvar")
    assert call.heard_by(FALLBACK) == []
    row = logged(stage, call.sid)
    assert (row["outcome"], row["escalated_to"]) == ("fallback_answered", "fallback-1")
    assert row["therapist"] is None
    assert row["talk_seconds"] == 60


def test_a_call_nobody_answers_ends_with_words_about_what_to_do(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    call = stage.call(YOUTH, default=SILENT)

    assert tried(call) == ["t4", "t1", "fallback"]
    assert call.outcome is Outcome.ENDED_BY_LINE
    assert heard_in(call, "ring 1 1 2")
    row = logged(stage, call.sid)
    assert (row["outcome"], row["escalated_to"]) == ("fallback_failed", "fallback-1")


def test_without_a_fallback_the_call_is_a_missed_one(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=changed(NO_FALLBACK))

    call = stage.call(YOUTH, default=SILENT)

    assert tried(call) == ["t4", "t1"]
    assert heard_in(call, "ring 1 1 2")
    assert logged(stage, call.sid)["outcome"] == "missed"


def test_a_fallback_that_is_busy_leads_to_the_next_one(sqlite_stage_at: StageAt) -> None:
    second = "[working_time]"
    another = f'[[lines.fallback]]\nname = "Second"\nnumber = "+46846500498"\n\n{second}'
    stage = sqlite_stage_at(EVENING, toml=changed((second, another)))

    call = stage.call(YOUTH, default=SILENT, phones={FALLBACK: "busy", SECOND_FALLBACK: "answer 2"})

    assert tried(call) == ["t4", "t1", "fallback", "second fallback"]
    assert logged(stage, call.sid)["escalated_to"] == "fallback-2"
    assert logged(stage, call.sid)["outcome"] == "fallback_answered"


def test_a_fallback_that_is_closed_is_not_rung(sqlite_stage_at: StageAt) -> None:
    daytime = 'hours = [{ days = ["mon", "tue", "wed"], from = "08:00", to = "16:00" }]'
    number = 'number = "+46846500499"'
    stage = sqlite_stage_at(EVENING, toml=changed((number, f"{number}\n{daytime}")))

    call = stage.call(YOUTH, default=SILENT)

    assert tried(call) == ["t4", "t1"]
    assert logged(stage, call.sid)["outcome"] == "missed"


def test_the_family_s_own_therapist_is_rung_first(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, entries=[entry(YOUTH, therapist="t1")])

    call = stage.call(YOUTH, phones={"t1": ANSWERS})

    assert tried(call) == ["t1"]


@pytest.mark.parametrize(("language", "words"), [("sv", "Vänta kvar"), ("en", "Please")])
def test_words_are_in_the_family_s_own_language(
    language: str, words: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING, entries=[entry(YOUTH, language=language)])

    call = stage.call(YOUTH, default=SILENT)

    assert heard_in(call, words)
    assert contact_of(stage, call.sid).caller.language == language
