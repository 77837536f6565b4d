"""Before a duty: asked by text, then by a call, then others are told; and what a yes changes."""

from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.store.rota import Signed, publish
from tests.app.cli.terminal import Terminal
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import (
    M1,
    M2,
    NOTICE,
    QUESTION,
    SPOKEN_THANKS,
    THANKS,
    WARNING,
    WITH_MANAGERS,
    asked,
    at_time,
    calls,
    check_in_of,
    confirmed,
    every,
    heard,
    manned,
    opened,
    texts,
)
from tests.app.texts.talk import later, read_by, read_by_clients, writes
from tests.app.world import LOADED_AT, NAMES, T1, T4, YOUTH, rows, told, tried
from tests.examples import EFTERVARD, at, shift, span

ASK, CALL, TELL = "2026-03-03T15:00", "2026-03-03T16:15", "2026-03-03T16:40"
BEGINS = "2026-03-03T17:00"
EARLY = "2026-03-03T14:58"
PRESSES_1 = "answer 3, press 1 after 3"


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    """Two minutes before t4 and t1 are asked about the evening, on each engine."""
    return engine_stage_at(EARLY, shifts=manned(), toml=WITH_MANAGERS)


@pytest.fixture
def sqlite_stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(EARLY, shifts=manned(), toml=WITH_MANAGERS)


def state(stage: Stage, moment: str = "2026-03-03T18:00") -> dict[str, str | None]:
    """What `oncall --json` says of each person's check-in."""
    own = stage.parts.settings
    answer = Terminal.at(own.database_url, own.state_dir).run("oncall", "--at", moment, "--json")
    return {rung["therapist"]: rung.get("check_in") for rung in answer.json["ladder"]}


def test_each_is_asked_once_two_hours_before(stage: Stage) -> None:
    at_time(stage, "2026-03-03T14:59:55")
    assert told(stage) == []

    at_time(stage, ASK, "2026-03-03T15:00:15", "2026-03-03T15:30", "2026-03-03T16:14")

    said = "Du har jouren från 3/3 17:00. Svara JA för att bekräfta."
    assert sorted(told(stage)) == [("t1", said), ("t4", said)]
    assert calls(stage, T4) == 0


@pytest.mark.parametrize("yes", ["JA", "ja.", "Ja!", " ja "])
def test_ja_confirms_and_is_answered_once(yes: str, sqlite_stage: Stage) -> None:
    at_time(sqlite_stage, ASK)

    writes(sqlite_stage, T4, yes)
    writes(sqlite_stage, T1, yes)
    every(sqlite_stage, timedelta(minutes=15), "2026-03-03T17:15")

    assert confirmed(sqlite_stage) == {"t4": "text", "t1": "text"}
    for number in (T4, T1):
        assert read_by(sqlite_stage, number)[1:] == [THANKS]
        assert calls(sqlite_stage, number) == 0
    assert [m.to for m in sqlite_stage.carrier.messages if m.to in {M1, M2}] == []


def test_silence_is_followed_by_one_call_and_key_1_confirms(stage: Stage) -> None:
    stage.carrier.set_phones({T4: PRESSES_1}, default="no answer")

    at_time(stage, ASK, "2026-03-03T16:14:50", CALL, "2026-03-03T16:16", "2026-03-03T16:30")

    assert calls(stage, T4) == 1
    assert len(asked(stage)) == 1
    assert heard(stage, T4)[-1] == SPOKEN_THANKS
    assert "Tryck 1 för att bekräfta" in heard(stage, T4)[0]
    assert confirmed(stage) == {"t4": "call"}
    at_time(stage, TELL, BEGINS)
    assert texts(stage, T1, WARNING) == []
    assert texts(stage, M2, NOTICE) == []
    assert read_by(stage, T4) == ["Du har jouren från 3/3 17:00. Svara JA för att bekräfta."]


def test_the_call_is_rung_with_the_line_s_number_and_says_no_fact(sqlite_stage: Stage) -> None:
    sqlite_stage.carrier.set_phones({T4: PRESSES_1})
    at_time(sqlite_stage, ASK, CALL)

    said = " ".join(heard(sqlite_stage, T4))
    (exchange,) = asked(sqlite_stage)
    assert exchange.param("From") == "+46766861004"
    assert not [fact for fact in ("t4", "Therapist", "Järva", "jarva", "0608") if fact in said]
    assert "608" not in exchange.url.replace(exchange.url[-50:], "")


@pytest.mark.parametrize(
    "phone",
    [
        "answer 3, press 2 after 3",
        "answer 3",
        "answer 3, hang up after 5",
        "voicemail 10, greeting 20",
        "voicemail 3, greeting 1",
        "no answer",
        "busy",
        "rejects",
        "airplane mode",
        "failed",
    ],
)
def test_what_is_not_key_1_confirms_nothing_and_others_are_told(
    phone: str, sqlite_stage: Stage
) -> None:
    sqlite_stage.carrier.set_phones({T4: phone, T1: PRESSES_1})

    at_time(sqlite_stage, ASK, CALL, "2026-03-03T16:39:45")
    assert (texts(sqlite_stage, T1, WARNING), texts(sqlite_stage, M2, NOTICE)) == ([], [])
    at_time(sqlite_stage, TELL, "2026-03-03T16:41", "2026-03-03T16:55")

    assert "t4" not in confirmed(sqlite_stage)
    assert SPOKEN_THANKS not in heard(sqlite_stage, T4)
    assert calls(sqlite_stage, T4) == 1
    assert len(texts(sqlite_stage, T1, WARNING)) == 1
    assert len(texts(sqlite_stage, M2, NOTICE)) == 1  # her employer's
    assert texts(sqlite_stage, M1, NOTICE) == []


def test_what_others_are_told_holds_no_name_number_or_district(stage: Stage) -> None:
    stage.carrier.set_phones({T1: PRESSES_1})
    at_time(stage, ASK, CALL, TELL)

    (warning,) = texts(stage, T1, WARNING)
    (notice,) = texts(stage, M2, NOTICE)
    assert warning == (
        "Den som har jouren från 3/3 17:00 har inte bekräftat. "
        "Var beredd på att samtalen kommer till dig."
    )
    assert notice.startswith("Beredskapsschemat: 1 att åtgärda, först 3/3 17:00.")
    facts = ["t4", "Therapist", "Järva", "jarva", "Hässelby", "Eftervård", "1740608", "0701740608"]
    assert not [fact for fact in facts if fact in warning + notice]


def test_a_manager_is_told_again_when_the_duty_begins_unconfirmed_and_no_more(
    sqlite_stage: Stage,
) -> None:
    sqlite_stage.carrier.set_phones({T1: PRESSES_1})
    at_time(sqlite_stage, ASK, CALL, TELL)

    every(sqlite_stage, timedelta(minutes=10), "2026-03-03T19:00")

    assert len(texts(sqlite_stage, M2, NOTICE)) == 2
    assert opened(sqlite_stage) == []
    assert len(texts(sqlite_stage, T1, WARNING)) == 1


def test_a_yes_after_others_were_told_puts_it_right(sqlite_stage: Stage) -> None:
    sqlite_stage.carrier.set_phones({T1: PRESSES_1})
    at_time(sqlite_stage, ASK, CALL, TELL)
    assert opened(sqlite_stage) == [("CHECK_IN", "t4")]

    writes(sqlite_stage, T4, "JA")
    at_time(sqlite_stage, "2026-03-03T16:45", BEGINS, "2026-03-03T17:01")

    assert opened(sqlite_stage) == []
    assert read_by(sqlite_stage, T4)[-1] == THANKS
    assert len(texts(sqlite_stage, M2, NOTICE)) == 1


def test_states_stand_in_oncall(stage: Stage) -> None:
    stage.carrier.set_phones({T1: PRESSES_1})
    assert state(stage) == {"t4": None, "t1": None}
    at_time(stage, ASK)
    assert state(stage) == {"t4": "asked", "t1": "asked"}
    at_time(stage, CALL)
    assert state(stage) == {"t4": "called", "t1": "confirmed"}
    at_time(stage, TELL)
    assert state(stage) == {"t4": "silent", "t1": "confirmed"}
    writes(stage, T4, "JA")
    assert state(stage) == {"t4": "confirmed", "t1": "confirmed"}
    assert state(stage, "2026-03-04T18:00") == {"t4": None, "t1": None}


def test_oncall_says_so_in_words_without_a_number(sqlite_stage: Stage) -> None:
    sqlite_stage.carrier.set_phones({T1: PRESSES_1})
    at_time(sqlite_stage, ASK, CALL, TELL)
    own = sqlite_stage.parts.settings

    said = Terminal.at(own.database_url, own.state_dir).run("oncall", "--at", "2026-03-03T18:00")

    first, second = said.out.splitlines()[1:3]
    assert first.endswith("t4 (position 1) until 2026-03-03T22:00:00+01:00, check-in: silent")
    assert second.endswith(", check-in: confirmed")
    assert not [number for number in NAMES if number[3:] in said.out]


@pytest.mark.parametrize("begins", ["18:00", "16:30"])
def test_oncall_says_how_it_stands_with_a_duty_that_was_moved(
    begins: str, sqlite_stage: Stage
) -> None:
    stage, evening = sqlite_stage, span("2026-03-03T16:30", "2026-03-03T22:00")
    at_time(stage, ASK)
    moved = [shift("t4", f"2026-03-03T{begins}", "2026-03-03T22:00")]
    with stage.parts.engine.begin() as connection:
        signed = Signed("a test", "", LOADED_AT)
        publish(connection, EFTERVARD, moved, signed, evening)
    at_time(stage, "2026-03-03T16:05")

    writes(stage, T4, "JA")

    assert state(stage, "2026-03-03T19:00") == {"t4": "confirmed"}


def test_a_silent_backup_is_told_to_her_manager_only(sqlite_stage: Stage) -> None:
    sqlite_stage.carrier.set_phones({T4: PRESSES_1})

    at_time(sqlite_stage, ASK, CALL, TELL, "2026-03-03T16:50")

    assert confirmed(sqlite_stage) == {"t4": "call"}
    assert calls(sqlite_stage, T1) == 1
    assert texts(sqlite_stage, T4, WARNING) == texts(sqlite_stage, T1, WARNING) == []
    assert len(texts(sqlite_stage, M1, NOTICE)) == 1
    assert texts(sqlite_stage, M2, NOTICE) == []


def test_silence_changes_nothing_about_who_is_rung(sqlite_stage: Stage) -> None:
    sqlite_stage.carrier.set_phones({})
    at_time(sqlite_stage, ASK, CALL, TELL, "2026-03-03T17:05")

    call = sqlite_stage.call(YOUTH, phones={"t4": "no answer"})

    assert tried(call) == ["t4", "t1"]


# JA to which question?


SATURDAY = [
    shift("t4", "2026-03-07T10:00", "2026-03-07T15:30"),
    shift("t1", "2026-03-07T10:00", "2026-03-07T22:00", 2),
    shift("t5", "2026-03-07T15:30", "2026-03-07T17:00"),
    shift("t4", "2026-03-07T17:00", "2026-03-07T22:00"),
]


def holders(stage: Stage) -> list[object]:
    return [row["therapist"] for row in rows(stage.parts.engine, "overrides")]


def test_a_take_over_question_that_came_later_gets_the_yes(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-07T14:50", shifts=SATURDAY)
    at_time(stage, "2026-03-07T15:00")
    later(stage, minutes=5)
    writes(stage, T1, "TAR")

    writes(stage, T4, "JA")

    assert "t4" not in confirmed(stage)
    assert "t1" in holders(stage)
    assert read_by(stage, T4)[-1] == "t1 har nu jouren till 15:30."
    writes(stage, T4, "JA")
    assert confirmed(stage) == {"t4": "text"}


def test_a_check_in_that_came_later_gets_the_yes(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-07T14:50", shifts=SATURDAY)
    writes(stage, T1, "TAR")
    at_time(stage, "2026-03-07T15:00")

    writes(stage, T4, "JA")

    assert confirmed(stage) == {"t4": "text"}
    assert holders(stage) == []
    assert read_by(stage, T4)[-1] == THANKS


def test_two_yeses_confirm_two_duties(sqlite_stage_at: StageAt) -> None:
    twice = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T18:00"),
        shift("t4", "2026-03-03T18:30", "2026-03-03T22:00"),
    ]
    stage = sqlite_stage_at(EARLY, shifts=twice)
    at_time(stage, ASK, "2026-03-03T16:30")

    begun = []
    for _ in range(3):
        writes(stage, T4, "JA")
        known = rows(stage.parts.engine, "check_ins")
        begun.append([bool(row["confirmed_at"]) for row in known])

    assert begun == [[False, True], [True, True], [True, True]]


def test_a_yes_during_the_duty_is_for_the_child(sqlite_stage: Stage) -> None:
    at_time(sqlite_stage, ASK, BEGINS)
    later(sqlite_stage, minutes=15)
    writes(sqlite_stage, YOUTH, "Kan du ringa?")

    writes(sqlite_stage, T4, "JA")

    assert read_by(sqlite_stage, YOUTH) == ["JA"]
    assert confirmed(sqlite_stage) == {}
    assert check_in_of(sqlite_stage, "t4")["confirmed_at"] is None


def test_a_yes_just_after_the_duty_has_begun_still_answers_us(sqlite_stage: Stage) -> None:
    at_time(sqlite_stage, ASK, BEGINS)
    later(sqlite_stage, minutes=5)
    writes(sqlite_stage, YOUTH, "Kan du ringa?")

    writes(sqlite_stage, T4, "JA")

    assert read_by(sqlite_stage, YOUTH) == []
    assert check_in_of(sqlite_stage, "t4")["confirmed_at"] is not None


@pytest.mark.parametrize("again", ["a second yes", "a yes after the call"])
def test_no_child_of_the_evening_before_reads_a_yes(again: str, sqlite_stage_at: StageAt) -> None:
    shifts = manned("2026-03-07T00:00", "2026-03-09T00:00")
    stage = sqlite_stage_at("2026-03-07T21:00", shifts=shifts)
    writes(stage, YOUTH, "Tack för samtalet")
    stage.carrier.set_phones({T4: PRESSES_1})
    at_time(stage, "2026-03-08T08:00")
    if again == "a second yes":
        writes(stage, T4, "JA")
    else:
        at_time(stage, "2026-03-08T09:15")
    assert "t4" in confirmed(stage)

    writes(stage, T4, "JA")

    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-1] == THANKS
    assert at("2026-03-08T10:00") > stage.carrier.now()


def test_who_has_nothing_to_confirm_is_told_as_before(sqlite_stage: Stage) -> None:
    writes(sqlite_stage, T4, "JA")

    assert confirmed(sqlite_stage) == {}
    assert QUESTION not in " ".join(read_by(sqlite_stage, T4))
    assert read_by(sqlite_stage, T4) == [
        "Det finns ingen öppen tråd att svara i. Ditt svar har inte skickats."
    ]
