"""Threads: whose words go where, by tag when there are several, and with the duty when it moves."""

import pytest

from tests.app.conftest import StageAt
from tests.app.texts.talk import (
    EVENING,
    MANDATE_OF_JARVA,
    WITHOUT_T4,
    holder_of,
    is_masked,
    later,
    read_by,
    read_by_clients,
    reload_organisation,
    tags,
    take_over_at,
    writes,
)
from tests.app.world import (
    GUARDIAN,
    REGISTER,
    STRANGER,
    T1,
    T4,
    T5,
    YOUTH,
    changed,
    contact_of,
    evening,
    exported,
    logged,
    rows,
    told,
)
from tests.examples import entry, shift

NIGHT = "2026-03-03T22:00"
REFUSED = "Ditt svar har inte skickats."


def test_with_one_open_thread_a_plain_reply_goes_back_from_the_line(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)

    writes(stage, YOUTH, "Kan någon ringa mig?")
    reply = writes(stage, T4, "Jag ringer om fem minuter.")

    assert told(stage) == [("t4", "Kan någon ringa mig?"), ("youth", "Jag ringer om fem minuter.")]
    assert {message.frm for message in stage.carrier.messages} == {"+46766861004"}
    row = logged(stage, reply)
    assert (row["direction"], row["outcome"], row["therapist"]) == ("outbound", "relayed", "t4")
    assert (row["caller"], row["home_district"]) == ("K-1001", "jarva")
    assert exported(stage, "hasselby-vallingby") == []
    assert is_masked(stage)


def test_a_whole_conversation_is_one_thread_and_needs_no_tag(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)

    for number, body in ((YOUTH, "Hej"), (T4, "Hej!"), (YOUTH, "Kan du ringa?"), (T4, "Ja")):
        writes(stage, number, body)

    assert read_by(stage, YOUTH) == ["Hej!", "Ja"]
    assert read_by(stage, T4) == ["Hej", "Kan du ringa?"]
    assert tags(stage) == ["A2"]


def test_with_several_each_text_has_its_tag_and_each_reply_its_own_way(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)

    writes(stage, YOUTH, "Ett")
    writes(stage, GUARDIAN, "Två")
    writes(stage, YOUTH, "Tre")
    writes(stage, T4, "f2 till vårdnadshavaren", "A2: till ungdomen", " a2 , igen")

    assert read_by(stage, T4) == ["Ett", "F2 · Två", "A2 · Tre"]
    assert read_by_clients(stage) == {
        "guardian": ["till vårdnadshavaren"],
        "youth": ["till ungdomen", "igen"],
    }
    assert is_masked(stage)


def test_without_a_tag_nobody_gets_it_and_she_is_told_which_there_are(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, "Hemligt ett")
    later(stage, minutes=7)
    writes(stage, GUARDIAN, "Hemligt två")

    writes(stage, T4, "Jag kommer")

    assert read_by_clients(stage) == {}
    *_, said = read_by(stage, T4)
    assert "F2 (19:11), A2 (19:04)" in said
    assert "Hemligt" not in said
    assert "K-1001" not in said


@pytest.mark.parametrize("body", ["K9 hej", "H2 hej", "T9 hej"])
def test_a_tag_that_is_nobody_s_reaches_nobody(body: str, sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")

    writes(stage, T4, body)

    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-1].endswith(REFUSED)


def test_a_tag_is_not_given_again_within_two_days(sqlite_stage_at: StageAt) -> None:
    days = [shift("t4", "2026-03-02T17:00", "2026-03-07T22:00")]
    stage = sqlite_stage_at(EVENING, shifts=days)
    writes(stage, YOUTH, "I dag")
    later(stage, minutes=24 * 60)

    writes(stage, GUARDIAN, "Nästa dag")
    later(stage, minutes=20 * 60)
    writes(stage, T4, "A2 mitt svar till den förste")

    assert tags(stage) == ["A2", "F2"]
    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-1] == f"Tråden A2 är inte hos dig nu. {REFUSED}"


def test_a_reply_to_last_week_s_tag_does_not_reach_this_week_s_child(
    sqlite_stage_at: StageAt,
) -> None:
    days = [shift("t4", "2026-03-02T17:00", "2026-03-10T22:00")]
    stage = sqlite_stage_at(EVENING, shifts=days)
    writes(stage, YOUTH, "I dag")
    writes(stage, STRANGER, "Jag med")
    later(stage, minutes=6 * 24 * 60)
    writes(stage, GUARDIAN, "Nästa vecka")

    writes(stage, T4, "F2 hej på dig")

    assert "guardian" not in read_by_clients(stage)


def test_the_family_s_own_therapist_has_the_thread_from_any_position(
    sqlite_stage_at: StageAt,
) -> None:
    entries = [*REGISTER[1:], entry(YOUTH, therapist="t1")]
    stage = sqlite_stage_at(EVENING, entries=entries)

    writes(stage, YOUTH, "Hej")
    writes(stage, GUARDIAN, "Hallå")
    writes(stage, T1, "Hej du")

    assert read_by(stage, T1) == ["Hej"]
    assert read_by(stage, T4) == ["Hallå"]
    assert read_by_clients(stage) == {"youth": ["Hej du"]}


def test_threads_follow_the_duty_with_one_notice(engine_stage_at: StageAt) -> None:
    shifts = [*evening("2026-03-03")[:1], shift("t5", NIGHT, "2026-03-04T02:00")]
    toml = changed(('to = "22:00" },\n  { days = ["sat"', 'to = "23:00" },\n  { days = ["sat"'))
    stage = engine_stage_at("2026-03-03T21:58", shifts=shifts, toml=toml)
    writes(stage, YOUTH, "Ett")
    writes(stage, GUARDIAN, "Två")
    writes(stage, T4, "A2 svar före bytet")

    later(stage, minutes=4, sweeps=8)
    writes(stage, T4, "A2 för sent", "för sent")
    writes(stage, T5, "F2 jag har tagit över")
    writes(stage, YOUTH, "Är du kvar?")

    assert read_by(stage, T5) == ["Du tar över öppna sms-trådar: A2, F2.", "A2 · Är du kvar?"]
    assert read_by(stage, T4)[-2:] == [
        f"Tråden A2 är inte hos dig nu. {REFUSED}",
        f"Det finns ingen öppen tråd att svara i. {REFUSED}",
    ]
    assert read_by_clients(stage) == {
        "youth": ["svar före bytet"],
        "guardian": ["jag har tagit över"],
    }
    assert is_masked(stage)


def test_when_the_line_has_closed_she_may_finish_what_she_began(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T21:58")
    writes(stage, YOUTH, "Hej")
    later(stage, minutes=10, sweeps=4)

    writes(stage, T4, "Vi hörs i morgon")

    assert read_by_clients(stage) == {"youth": ["Vi hörs i morgon"]}


def test_nobody_is_handed_a_thread_she_may_not_read(engine_stage_at: StageAt) -> None:
    toml = changed((MANDATE_OF_JARVA, ""))
    stage = engine_stage_at("2026-03-03T20:58", shifts=evening("2026-03-03"), toml=toml)
    writes(stage, YOUTH, "Bara för Järva")
    writes(stage, GUARDIAN, "För båda")

    take_over_at(stage, "2026-03-03T21:00", "t1", "t2", "2026-03-03T22:00")
    later(stage, minutes=3, sweeps=3)

    assert read_by(stage, T1) == ["Du tar över öppna sms-trådar: F2."]
    assert (holder_of(stage, "A2"), holder_of(stage, "F2")) == ("t4", "t1")


def test_who_has_lost_one_thread_and_got_another_is_not_guessed_about(
    engine_stage_at: StageAt,
) -> None:
    # Her phone was off: the first text was passed on, and may still come when it is on again.
    stage = engine_stage_at(EVENING)
    stage.carrier.set_text_fates({T4: "undelivered 30003"})
    writes(stage, YOUTH, "Till den som kan")
    later(stage, seconds=30, sweeps=3)
    stage.carrier.set_text_fates({})
    writes(stage, GUARDIAN, "Hallå")

    writes(stage, T4, "Jag svarar på det jag ser")

    assert holder_of(stage, "A2") == "t1"
    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-2] == "F2 · Hallå"
    writes(stage, T4, "F2 hej")
    assert read_by_clients(stage) == {"guardian": ["hej"]}


def test_a_thread_whose_holder_has_paused_is_with_the_other(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")
    writes(stage, T4, "PAUS 15")
    later(stage, seconds=10)

    writes(stage, YOUTH, "Är du där?")
    writes(stage, T1, "Jag är här")
    later(stage, minutes=20)
    writes(stage, YOUTH, "Vad bra")

    assert read_by(stage, T1) == ["Du tar över öppna sms-trådar: A2.", "Är du där?", "Vad bra"]
    assert read_by_clients(stage) == {"youth": ["Jag är här"]}


def test_a_thread_whose_holder_has_left_the_organisation_goes_on(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")
    reload_organisation(stage, WITHOUT_T4)
    later(stage, seconds=10)

    writes(stage, YOUTH, "Är ni där?")
    writes(stage, T4, "Till den jag skrev med")  # a stranger now, and no child reads it
    writes(stage, T1, "A2 Ja")

    assert read_by(stage, T1)[:2] == ["Du tar över öppna sms-trådar: A2.", "Är ni där?"]
    assert read_by(stage, T1)[2] == "F2 · Till den jag skrev med"
    assert read_by_clients(stage) == {"youth": ["Ja"]}


@pytest.mark.parametrize("body", ["TAR", "JOUR", "PAUS 15", "JA", "hej", "A2 hej", "STOP"])
def test_a_text_of_somebody_who_has_just_left_is_in_nobody_s_way(
    body: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING, shifts=evening("2026-03-03", "t1", "t2"))
    writes(stage, YOUTH, "Hej")
    stage.text(T4, body)
    reload_organisation(stage, WITHOUT_T4)

    writes(stage, GUARDIAN, "Hallå")

    assert read_by_clients(stage) == {}
    assert read_by(stage, T1) == ["Hej", "F2 · Hallå"]


def test_a_text_to_a_line_that_is_gone_holds_up_no_other(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    gone = stage.text(YOUTH, "Till en annan linje")
    with stage.parts.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE texts SET line = 'gone'")

    for _ in range(2):
        writes(stage, GUARDIAN, "Hallå")

    assert read_by(stage, T4)[0] == "Hallå"
    assert contact_of(stage, gone.sid).outcome is None


def test_who_is_both_therapist_and_in_the_register_is_answered_as_staff(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING, entries=[*REGISTER, entry(T5, client="K-9")])

    writes(stage, T5, "Hej, jag behöver hjälp")

    assert told(stage) == [("t5", f"Det finns ingen öppen tråd att svara i. {REFUSED}")]
    assert rows(stage.parts.engine, "contact_events") == []


def test_a_stranger_s_thread_is_one_conversation_too(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    first = writes(stage, STRANGER, "Hej", "Är det någon där?")
    writes(stage, T4, "Ja, hej")

    assert read_by_clients(stage) == {"stranger": ["Ja, hej"]}
    assert logged(stage, first)["home_district"] is None
    assert tags(stage) == ["A2"]
