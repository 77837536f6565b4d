"""A text that nobody on standby can be sent: who is told, who is called, and who waits."""

from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.lab.faults import RestFault
from app.store import contacts, staff
from app.store.database import reading
from routing.callback import waiting
from routing.contact import Direction, Outcome
from tests.app.conftest import StageAt
from tests.app.texts.talk import EVENING, holder_of, later, read_by, settle, writes
from tests.app.world import (
    GUARDIAN,
    STRANGER,
    T1,
    T4,
    YOUTH,
    contact_of,
    exported,
    received_by,
    told,
)
from tests.examples import EFTERVARD, at, shift

ONLY_T4 = [shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")]
COULD_NOT = "kunde inte lämnas fram"


def who_waits(stage: Stage) -> list[str]:
    """The callers on the list of those to be called back, by the register's reference."""
    now = stage.carrier.now()
    with reading(stage.parts.engine) as connection:
        found = contacts.received_between(connection, EFTERVARD, now - timedelta(hours=5), now)
    return [contact.caller.label for contact in waiting(found, now)]


def test_with_nobody_on_standby_the_home_district_is_told_at_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING, shifts=[])

    sid = writes(stage, YOUTH, "Hemliga ord")

    assert sorted(received_by(stage, COULD_NOT)) == ["t4", "t5", "t6"]
    assert received_by(stage, "Hemliga") == []
    assert contact_of(stage, sid).outcome is Outcome.UNDELIVERED
    settle(stage, 2)
    assert len(received_by(stage, COULD_NOT)) == 3


def test_a_stranger_s_text_is_told_of_in_every_district_it_may_belong_to(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING, shifts=[])

    writes(stage, STRANGER, "Hemliga ord")

    assert sorted(received_by(stage, COULD_NOT)) == ["t1", "t2", "t3", "t4", "t5", "t6"]


def test_when_the_line_is_closed_nobody_is_woken(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T23:30", shifts=[])

    writes(stage, YOUTH, "Hej")

    assert received_by(stage, COULD_NOT) == []
    assert who_waits(stage) == []


def test_who_takes_no_texts_is_called_and_key_1_calls_the_sender_back(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING, shifts=ONLY_T4)
    writes(stage, T4, "STOP")
    stage.carrier.set_phones({T4: "answer 3, press 1 after 3", YOUTH: "answer 4, talk 30"})

    sid = writes(stage, YOUTH, "Hemliga ord")
    stage.carrier.run()

    assert received_by(stage, "Hemliga") == []
    (back,) = [
        contact
        for contact in (contact_of(stage, found) for found in exported(stage, "jarva"))
        if contact.direction is Direction.OUTBOUND
    ]
    assert (back.outcome, back.therapist) == (Outcome.ANSWERED, "t4")
    assert contact_of(stage, sid).outcome is Outcome.UNDELIVERED
    assert who_waits(stage) == []


@pytest.mark.parametrize(
    "t4", ["no answer", "busy", "answer 3, press 2", "voicemail 3, greeting 20"]
)
def test_who_takes_no_texts_and_no_call_leaves_the_sender_on_the_list(
    t4: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING, shifts=ONLY_T4)
    writes(stage, T4, "STOP")
    stage.carrier.set_phones({T4: t4, YOUTH: "answer 4, talk 30"})

    writes(stage, YOUTH, "Hej")
    stage.carrier.run()
    settle(stage, 2)

    assert who_waits(stage) == ["K-1001"]
    assert sorted(received_by(stage, COULD_NOT)) == ["t5", "t6"]


def test_a_later_text_that_arrives_takes_the_sender_off_the_list(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.set_text_fates({T4: "undelivered 30003", T1: "undelivered 30003"})
    writes(stage, YOUTH, "Hej")
    settle(stage, 2)
    assert who_waits(stage) == ["K-1001"]

    stage.carrier.set_text_fates({})
    writes(stage, YOUTH, "Hallå?")

    assert who_waits(stage) == []


def test_a_blocked_number_s_text_goes_to_nobody_and_is_answered_with_advice(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    first = writes(stage, STRANGER, "Första")
    with stage.parts.engine.begin() as connection:
        until, now = at("2026-03-03T21:00"), stage.carrier.now()
        contact = contact_of(stage, first).id
        staff.block(connection, stage.parts.cipher, contact, until, "hot", now)

    sid = writes(stage, STRANGER, "Hotfulla ord", "Igen")

    assert received_by(stage, "Hotfulla") == []
    assert contact_of(stage, sid).outcome is Outcome.BLOCKED
    answers = [body for who, body in told(stage) if who == "stranger"]
    assert answers == ["Vi kan inte ta emot ditt sms. Är någon i fara? Ring 112."]
    later(stage, minutes=120)
    writes(stage, STRANGER, "Efteråt")
    assert received_by(stage, "Efteråt") == ["t4"]


def test_an_answer_that_cannot_be_sent_in_half_an_hour_is_told_of(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")
    stage.carrier.faults.add(RestFault.TOO_MANY, path="Messages", times=1000)
    sid = writes(stage, T4, "Svar")

    later(stage, minutes=31, sweeps=31)
    stage.carrier.faults.clear()
    later(stage, minutes=20, sweeps=20)

    assert read_by(stage, YOUTH) == []
    assert received_by(stage, "Ditt svar i A2 kom inte fram.") == ["t4"]
    assert contact_of(stage, sid).outcome is Outcome.UNDELIVERED


def test_a_phone_that_stops_confirming_is_taken_to_be_off(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, GUARDIAN, "Framme")
    stage.carrier.set_text_fates({T4: "never"})

    writes(stage, YOUTH, "Ring mig")
    later(stage, minutes=3, sweeps=12)
    assert read_by(stage, T1) == []
    later(stage, minutes=2, sweeps=8)

    assert [body for body in read_by(stage, T1) if "Ring mig" in body]
    assert holder_of(stage, "F2") == "t1"


def test_a_phone_that_never_confirms_keeps_its_texts_to_itself(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.set_text_fates({T4: "never"})

    writes(stage, YOUTH, "Ring mig")
    later(stage, minutes=20, sweeps=40)

    assert read_by(stage, T1) == []
    assert holder_of(stage, "A2") == "t4"
