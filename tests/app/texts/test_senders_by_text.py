"""Who may be heard and who may be answered: mandates, strangers, landlines, STOP and HELP."""

import io

import pytest

from app.store.database import reading
from app.store.texts import has_opted_out
from routing.numbers import PhoneNumber
from tests.app.conftest import StageAt
from tests.app.texts.talk import (
    EVENING,
    LATE,
    NOTICE_ONLY,
    is_masked,
    later,
    letters,
    read_by,
    read_by_clients,
    settle,
    writes,
)
from tests.app.world import (
    GUARDIAN,
    LINE,
    PROTECTED,
    T1,
    T4,
    T5,
    T6,
    YOUTH,
    contact_of,
    evening,
    logged,
    received_by,
    rows,
    told,
)
from tests.examples import entry, shift

CANNOT = ["anonymous", "Telia", "71456", "+46846500450"]
CANNOT_BE = ["withheld", "a name", "a short code", "a landline"]


@pytest.mark.parametrize("sender", CANNOT, ids=CANNOT_BE)
def test_who_cannot_receive_texts_is_heard_and_never_answered(
    sender: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    sid = stage.carrier.text(sender, "Hjälp", media=1).sid
    writes(stage, T4, "Vem är du?", "A2 Vem är du?")

    refused = "Den som skrev i A2 kan inte ta emot sms. Ditt svar har inte skickats."
    assert told(stage) == [("t4", "Hjälp"), ("t4", refused), ("t4", refused)]
    assert logged(stage, sid)["outcome"] == "relayed"


def test_two_withheld_senders_are_never_taken_for_one(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    writes(stage, "anonymous", "Ett", "Två")

    assert read_by(stage, T4) == ["Ett", "F2 · Två"]
    assert len({row["caller"] for row in rows(stage.parts.engine, "threads")}) == 2


@pytest.mark.parametrize("media", [0, 1])
@pytest.mark.parametrize("number", [PROTECTED, GUARDIAN], ids=["protected", "wants no texts"])
@pytest.mark.parametrize("moment", [EVENING, LATE])
def test_the_service_itself_writes_nothing_to_who_must_not_be_written_to(
    moment: str, number: str, media: int, sqlite_stage_at: StageAt
) -> None:
    entries = [entry(PROTECTED, protected=True), entry(GUARDIAN, sms_ok=False)]
    stage = sqlite_stage_at(moment, entries=entries)

    stage.carrier.text(number, "HJÄLP", media=media)
    settle(stage, 2)

    assert read_by_clients(stage) == {}


def test_who_must_not_be_written_to_still_gets_the_therapist_s_answer(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    writes(stage, PROTECTED, "Hej")
    writes(stage, T4, "Hej!")

    assert read_by_clients(stage) == {"protected": ["Hej!"]}


def test_who_writes_at_five_to_and_at_five_past_is_answered_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at("2026-03-03T22:55")

    writes(stage, YOUTH, "Hallå?")
    later(stage, minutes=10)
    writes(stage, YOUTH, "Är det någon där?")
    (answer,) = read_by(stage, YOUTH)
    later(stage, minutes=51)
    writes(stage, YOUTH, "Hallå?")

    assert "112" in answer
    assert read_by(stage, YOUTH) == [answer, answer]


@pytest.mark.parametrize("word", ["HJÄLP", "hjälp!", "HELP", "help"])
def test_a_call_for_help_is_forwarded_first_and_answered_once_an_hour(
    word: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at("2026-03-03T19:58")

    writes(stage, YOUTH, word)
    later(stage, minutes=5)
    writes(stage, YOUTH, word)

    assert told(stage) == [
        ("t4", word),
        ("youth", "Ditt sms har gått till jouren. Är någon i fara? Ring 112."),
        ("t4", word),
    ]


@pytest.mark.parametrize("word", ["STOPP", "sluta", "STOP"])
def test_who_says_stop_is_forwarded_and_gets_nothing_more_from_the_service(
    word: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at("2026-03-03T21:55")
    writes(stage, YOUTH, word)
    later(stage, minutes=10)

    writes(stage, YOUTH, "Hallå?")

    assert told(stage) == [("t4", word)]


def test_who_says_start_gets_answers_again(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(LATE)
    writes(stage, YOUTH, "STOPP", "Hallå?")

    writes(stage, YOUTH, "START")

    assert len(read_by(stage, YOUTH)) == 1
    with reading(stage.parts.engine) as connection:
        assert not has_opted_out(connection, stage.parts.cipher, PhoneNumber(YOUTH))


def test_an_answer_to_who_has_said_stop_to_the_carrier_fails_visibly(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej", "STOP")

    reply = writes(stage, T4, "Är du där?")
    settle(stage, 1)

    assert read_by_clients(stage) == {}
    assert read_by(stage, T4)[-1] == "Ditt svar i A2 kom inte fram."
    assert contact_of(stage, reply).outcome == "undelivered"


def test_a_therapist_who_said_stop_long_ago_is_found_out_and_the_next_one_gets_it(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    stage.carrier.account.opted_out.add((LINE, T4))

    sid = writes(stage, YOUTH, "Ring mig")
    settle(stage, 1)
    writes(stage, YOUTH, "Är du där?")

    notice = "Du tar över öppna sms-trådar: A2."
    assert read_by(stage, T1) == [notice, "Ring mig", "Är du där?"]
    assert logged(stage, sid)["therapist"] == "t1"
    assert [row["therapist"] for row in rows(stage.parts.engine, "optouts")] == ["t4"]
    call = stage.call(GUARDIAN)
    assert call.bridged_to == T4  # she is still reached by voice


@pytest.mark.parametrize("word", ["STOP", "stop", "END"])
def test_a_therapist_s_own_stop_is_no_reply_and_her_threads_are_the_next_one_s(
    word: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")

    writes(stage, T4, word)
    writes(stage, YOUTH, "Är du där?")

    assert read_by_clients(stage) == {}
    assert read_by(stage, T1) == ["Du tar över öppna sms-trådar: A2.", "Är du där?"]


def test_a_therapist_who_says_start_is_written_to_again(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, T4, "STOP")
    writes(stage, YOUTH, "Ett")

    writes(stage, T4, "START")
    writes(stage, GUARDIAN, "Två")

    assert read_by(stage, T1) == ["Ett"]
    assert "JOUR" in read_by(stage, T4)[0]
    assert read_by(stage, T4)[1:] == ["Två"]


def test_start_from_who_never_stopped_is_a_reply(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Vad heter filmen?")

    writes(stage, T4, "Start")

    assert read_by_clients(stage) == {"youth": ["Start"]}


def test_pictures_are_told_of_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)

    for body in ("", "och en till"):
        stage.carrier.text(YOUTH, body, media=1)
        settle(stage, 1)

    assert read_by(stage, T4) == ["(Inga ord. Bilder kan inte visas här.)", "och en till"]
    assert read_by(stage, YOUTH) == [
        "Vi kan tyvärr inte ta emot bilder här. Skriv gärna i stället."
    ]


@pytest.mark.parametrize("body", ["Hemliga ord", "🙏" * 800])
def test_where_the_line_sends_notices_no_word_is_in_them(
    body: str, engine_stage_at: StageAt
) -> None:
    stage = engine_stage_at(EVENING, toml=NOTICE_ONLY)

    sid = writes(stage, YOUTH, body)

    (notice,) = read_by(stage, T4)
    assert notice.startswith("Ett sms till jouren väntar. Logga in: https://jour.example.se/sms/")
    assert logged(stage, sid)["outcome"] == "relayed"


def test_where_nobody_may_read_it_the_sender_is_answered_and_the_district_told_no_word(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = sqlite_stage_at(EVENING, shifts=[shift("t9", "2026-03-03T17:00", "2026-03-03T22:00")])

    sid = writes(stage, YOUTH, "Hemliga ord")

    assert contact_of(stage, sid).outcome == "undelivered"
    assert len(read_by(stage, YOUTH)) == 1
    assert sorted(received_by(stage, "kunde inte lämnas fram")) == ["t4", "t5", "t6"]
    assert received_by(stage, "Hemliga") == []
    assert "Hemliga" not in log.getvalue()


def test_no_number_of_one_side_is_in_anything_that_the_other_gets(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    shifts = [*evening("2026-03-03"), shift("t5", "2026-03-03T17:00", "2026-03-03T22:00", 3)]
    stage = sqlite_stage_at(EVENING, shifts=shifts)
    stage.carrier.set_text_fates({T4: "undelivered 30003"})
    for number, body in (
        (YOUTH, "Hej"), (GUARDIAN, "Hallå"), (T1, "A2 svar"), (T1, "F2 svar"), (T1, "inget märke"),
        (T1, "JOUR"), (T1, "TAR"), (T4, "JA"), (T1, "PAUS 5"), (T6, "hej"), (PROTECTED, "Hjälp"),
    ):  # fmt: skip
        writes(stage, number, body)
        later(stage, seconds=20)

    assert is_masked(stage)
    assert {message.frm for message in stage.carrier.messages} == {LINE}
    for number in (YOUTH, GUARDIAN, T1, T4, T5, T6, PROTECTED):
        assert number.removeprefix("+46") not in log.getvalue()
    for row in letters(stage, ""):
        assert "7017406" not in str(row["key"])
        assert received_by(stage, "7017406") == []
