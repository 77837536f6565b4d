"""Floods of calls and texts: no family is silenced, and no stranger bombs a telephone."""

from collections import Counter

import pytest

from app.demo.stage import TEXTS, Stage
from app.duty.flood import (
    MOST_ALERTS_OF_ONE,
    MOST_OF_ALL,
    MOST_OF_ONE,
    MOST_OF_STAFF,
    MOST_TOLD_OF_ONE,
)
from app.lab.call import Call
from app.telephony.crowd import MOST_STRANGERS
from routing.contact import Outcome
from tests.app.conftest import StageAt
from tests.app.texts.talk import later, read_by, writes
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    STRANGER,
    T1,
    T4,
    YOUTH,
    contact_of,
    heard_in,
    reached,
    rows,
)
from tests.examples import shift

EVENING = "2026-03-03T19:04"
MANY = [f"+467017406{n:02}" for n in range(60, 90)]  # thirty numbers of nobody's
SHORT = "answer 2, press 1 after 1, talk 2"


def floods(stage: Stage, numbers: list[str], count: int, words: str = "bomb") -> list[str]:
    """*count* texts from *numbers* in turn, and the clock after them; the carrier's ids."""
    sids = [stage.text(numbers[n % len(numbers)], f"{words} {n}").sid for n in range(count)]
    stage.sweep(TEXTS)
    return sids


def test_a_stranger_s_hundred_texts_reach_a_therapist_as_a_few_and_one_notice(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)

    sids = floods(stage, [STRANGER], 80)
    later(stage, minutes=4)
    sids += floods(stage, [STRANGER], 20, "more")

    on_her_phone = read_by(stage, T4)
    assert sum("bomb" in body or "more" in body for body in on_her_phone) == MOST_OF_ONE
    assert sum("hålls tillbaka" in body for body in on_her_phone) == 1
    assert len(on_her_phone) == MOST_OF_ONE + 1
    assert (read_by(stage, T1), read_by(stage, STRANGER)) == ([], [])
    assert len(rows(stage.parts.engine, "texts")) == 100  # none is lost
    outcomes = [contact_of(stage, sid).outcome_at(stage.carrier.now()) for sid in sids]
    assert Counter(outcomes) == {Outcome.RELAYED: MOST_OF_ONE, Outcome.UNDELIVERED: 88}


def test_a_family_in_the_register_is_relayed_however_much_it_writes_and_whoever_floods(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    floods(stage, MANY, 45)

    floods(stage, [YOUTH], MOST_OF_ONE + 5, "hej")
    writes(stage, GUARDIAN, "ring mig")

    on_her_phone = read_by(stage, T4)
    assert sum("hej" in body for body in on_her_phone) == MOST_OF_ONE + 5
    assert sum("ring mig" in body for body in on_her_phone) == 1
    assert sum("bomb" in body for body in on_her_phone) == MOST_OF_ALL


def test_whoever_has_been_answered_is_in_a_conversation_and_never_held_up(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    floods(stage, [STRANGER], MOST_OF_ONE + 1)

    writes(stage, T4, "Jag är här, berätta")
    floods(stage, [STRANGER], 20, "tack")

    assert "Jag är här, berätta" in read_by(stage, STRANGER)
    assert sum("tack" in body for body in read_by(stage, T4)) == 20


def test_ten_minutes_later_a_stranger_is_like_any_other(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    floods(stage, [STRANGER], MOST_OF_ONE + 1)

    later(stage, minutes=11)
    writes(stage, STRANGER, "är någon där")

    assert sum("är någon där" in body for body in read_by(stage, T4)) == 1


def test_a_flood_while_nobody_is_on_standby_is_told_of_a_few_times(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING, shifts=[shift("t4", "2026-03-02T17:00", "2026-03-02T22:00")])

    floods(stage, [STRANGER], 20)

    told = [len(read_by(stage, number)) for number in (T1, T4)]
    assert told == [MOST_TOLD_OF_ONE] * 2
    assert len(read_by(stage, STRANGER)) == 1


@pytest.mark.parametrize("words", ["JOUR", "kom ut ur huset"])
def test_a_forged_staff_number_can_make_neither_her_phone_nor_a_child_s_ring_on(
    words: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "hej")
    begun = len(read_by(stage, T4))

    for _ in range(MOST_OF_STAFF + 10):
        stage.text(T4, words)
    stage.sweep(TEXTS)

    on_her_phone = read_by(stage, T4)[begun:]
    assert len(read_by(stage, YOUTH)) <= MOST_OF_STAFF
    assert len(on_her_phone) <= MOST_OF_STAFF + 1
    assert sum("från ditt nummer" in body for body in on_her_phone) == 1


def test_what_one_forged_text_can_order_is_told_to_whom_it_concerns_and_empties_no_duty(
    sqlite_stage_at: StageAt,
) -> None:
    """The carrier shows whatever number the sender claims: the worst must be seen or harmless."""
    stage = sqlite_stage_at(EVENING)

    writes(stage, "+46701740609", "TAR")  # t5, who knows nothing of it
    before = reached(stage.call(YOUTH, phones={"t4": ANSWERS}))
    writes(stage, T4, "PAUS 120")
    paused = reached(stage.call(YOUTH, phones={"t1": ANSWERS}, default=ANSWERS))
    writes(stage, T1, "PAUS 120")
    after = stage.call(YOUTH, phones={"t1": ANSWERS}, default=ANSWERS)

    # TAR alone changes nothing, and both are told of it on their own telephones.
    assert before == "t4"
    assert any("vill ta över" in body for body in read_by(stage, T4))
    assert any("Frågan har gått" in body for body in read_by(stage, "+46701740609"))
    # A pause is told of, and refused to the last who can answer.
    assert any("paus till" in body for body in read_by(stage, T4))
    assert (paused, reached(after)) == ("t1", "t1")


def calls(stage: Stage, numbers: list[str], count: int) -> list[Call]:
    """Short calls from *numbers* in turn, each put through."""
    return [
        stage.call(numbers[n % len(numbers)], caller="press 2", default=SHORT) for n in range(count)
    ]


def test_many_strangers_at_once_are_slowed_and_each_still_reaches_a_person(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    *first, late = calls(stage, MANY, MOST_STRANGERS + 1)
    withheld = stage.call("anonymous", caller="press 2", default=SHORT)
    youth = stage.call(YOUTH, default=SHORT)

    assert not any(heard_in(call, "många som ringer") for call in first)
    assert heard_in(late, "många som ringer")
    assert heard_in(withheld, "många som ringer")
    assert {reached(call) for call in (*first, late, withheld, youth)} == {"t4"}
    assert not heard_in(youth, "många som ringer")
    assert youth.waited is not None
    assert late.waited is not None
    assert youth.waited + 15 < late.waited


def test_calls_that_are_hung_up_again_and_again_do_not_become_as_many_texts(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    for _ in range(12):
        stage.call(STRANGER, caller="press 2, hang up 9 after ringing", default="no answer")
        later(stage, seconds=31)
        stage.sweep(["missed.alert", "outbox.send"])
    family = stage.call(GUARDIAN, caller="hang up 9 after ringing", default="no answer")
    later(stage, seconds=31)
    stage.sweep(["missed.alert", "outbox.send"])

    alerts = [row["key"] for row in rows(stage.parts.engine, "outbox")]
    # Twelve calls fill a little more than ten minutes, so a fourth may come with the next ten.
    assert MOST_ALERTS_OF_ONE <= len(alerts) - 1 <= MOST_ALERTS_OF_ONE + 1
    assert f"missed/{family.sid}" in alerts
