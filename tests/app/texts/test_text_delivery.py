"""Each text arrives once, or the next one gets it, or somebody is told that it did not."""

import io

import pytest

from app.demo.stage import Stage
from app.lab.faults import RestFault
from app.store import outbox
from tests.app.conftest import StageAt
from tests.app.texts.talk import (
    EVENING,
    WiredCarrier,
    holder_of,
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
    T1,
    T2,
    T4,
    YOUTH,
    contact_of,
    evening,
    exported,
    received_by,
    rows,
)
from tests.examples import shift

AMBIGUOUS = [RestFault.ERROR_AFTER, RestFault.MALFORMED]
REFUSED = [RestFault.ERROR_BEFORE, RestFault.TOO_MANY, RestFault.REFUSED, RestFault.UNAUTHORISED]
LONG = "🙏" * 800
NOBODY_GOT_IT = "Ett sms till jouren kunde inte lämnas fram. Logga in: https://jour.example.se/"


def body_of(parts: list[str]) -> str:
    """What was split, made whole."""
    return "".join(part.partition(" · ")[2] for part in parts)


@pytest.mark.parametrize("fault", [*AMBIGUOUS, *REFUSED])
@pytest.mark.parametrize("way", ["to the therapist", "to the youth"])
def test_each_way_once_whatever_the_carrier_answers(
    way: str, fault: RestFault, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    faults = stage.carrier.faults
    if way == "to the therapist":
        faults.add(fault, path="Messages")
    writes(stage, YOUTH, "Hej")
    later(stage, seconds=60, sweeps=6)
    faults.add(fault, path="Messages")
    writes(stage, T4, "Svar")
    settle(stage, 2)

    assert read_by(stage, T4) == ["Hej"]
    assert read_by(stage, YOUTH) == ["Svar"]


@pytest.mark.slow
def test_an_answer_that_never_came_to_a_reply_is_asked_about(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")
    stage.carrier.faults.add(RestFault.TIMED_OUT_AFTER, path="Messages")

    writes(stage, T4, "Svar")
    settle(stage, 1)

    assert read_by(stage, YOUTH) == ["Svar"]
    assert [row["state"] for row in letters(stage, "reply/")] == ["sent"]


@pytest.mark.parametrize("fate", ["undelivered 30003", "failed 30008", "undelivered 30005, dup"])
def test_what_did_not_arrive_goes_to_the_next_position(fate: str, engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    stage.carrier.set_text_fates({T4: fate})

    sid = writes(stage, YOUTH, "Ring mig")
    settle(stage, 1)
    writes(stage, T1, "Jag ringer")

    assert read_by(stage, T1) == ["Ring mig"]
    assert read_by_clients(stage) == {"youth": ["Jag ringer"]}
    assert (contact_of(stage, sid).outcome, contact_of(stage, sid).therapist) == ("relayed", "t1")


@pytest.mark.parametrize("fault", [RestFault.TOO_MANY, RestFault.ERROR_BEFORE])
def test_what_cannot_be_sent_in_two_minutes_is_queued_for_the_next(
    fault: RestFault, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.faults.add(fault, path="Messages", times=1000)
    writes(stage, YOUTH, "Ring mig")
    later(stage, minutes=1.5, sweeps=6)
    assert holder_of(stage, "A2") == "t4"

    later(stage, minutes=1, sweeps=4)
    stage.carrier.faults.clear()
    settle(stage, 3)

    assert holder_of(stage, "A2") == "t1"
    assert (read_by(stage, T4), read_by(stage, T1)) == ([], ["Ring mig"])


def test_a_letter_given_up_while_it_was_being_sent_is_not_taken_up_again(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.faults.add(RestFault.TOO_MANY, path="Messages", times=1000)
    writes(stage, YOUTH, "Ring mig")
    later(stage, minutes=3)
    (given_up,) = letters(stage, "relay/" + str(contact_id(stage)) + "/t4")

    with stage.parts.engine.begin() as connection:  # the sender that had claimed it comes late
        key, due = str(given_up["key"]), stage.parts.clock()
        outbox.settle(connection, key, outbox.State.SENDING, due_at=due, error="unavailable")
    stage.carrier.faults.clear()
    settle(stage, 10)

    assert (read_by(stage, T4), read_by(stage, T1)) == ([], ["Ring mig"])


def contact_id(stage: Stage) -> object:
    return rows(stage.parts.engine, "texts")[0]["contact"]


@pytest.mark.parametrize("fate", ["undelivered 30003", "failed 30008"])
def test_when_nobody_gets_it_the_home_district_is_told_and_nothing_of_it(
    fate: str, engine_stage_at: StageAt
) -> None:
    stage = engine_stage_at(EVENING)
    stage.carrier.set_text_fates({T4: fate, T1: fate})

    sid = writes(stage, YOUTH, "Hemliga ord")
    settle(stage, 2)

    assert contact_of(stage, sid).outcome == "undelivered"
    assert sorted(received_by(stage, "kunde inte lämnas fram")) == ["t4", "t5", "t6"]
    assert received_by(stage, "Hemliga") == ["t4", "t1"]
    assert exported(stage, "jarva") == [sid]
    settle(stage, 5)
    assert len(received_by(stage, NOBODY_GOT_IT)) == 3


@pytest.mark.parametrize("failing", ["both parts", "the first part", "the last part"])
def test_a_split_text_is_passed_on_whole_and_once(failing: str, engine_stage_at: StageAt) -> None:
    shifts = [*evening("2026-03-03"), shift("t2", "2026-03-03T17:00", "2026-03-03T22:00", 3)]
    stage = engine_stage_at(EVENING, shifts=shifts)
    writes(stage, GUARDIAN, "Så att det behövs märken")
    if failing == "both parts":
        stage.carrier.set_text_fates({T4: "undelivered 30003"})
    sid = writes(stage, YOUTH, LONG)
    if failing != "both parts":
        place = 1 if failing == "the first part" else 2
        report(stage, f"relay/{sid}/t4/{place}", "undelivered")
    settle(stage, 3)

    assert holder_of(stage, "F2") == "t1"
    assert contact_of(stage, sid).outcome == "relayed"
    assert [body for body in read_by(stage, T1) if "🙏" in body] == [LONG]
    assert read_by(stage, T2) == []
    assert received_by(stage, "kunde inte") == []


def report(stage: Stage, key: str, status: str) -> None:
    """The carrier's word on one letter."""
    with stage.parts.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET rank = 0 WHERE key = '" + key + "'")
        assert outbox.report(connection, key, status, "30003")


def test_a_split_reply_is_one_contact_and_one_notice_when_it_fails(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")
    body = "🙏" * 801

    arrived = writes(stage, T4, body)
    stage.carrier.set_text_fates({YOUTH: "undelivered 30003"})
    failed = writes(stage, T4, body)
    settle(stage, 1)

    assert body_of(read_by(stage, YOUTH)[:2]) == body
    assert received_by(stage, "Ditt svar i A2 kom inte fram.") == ["t4"]
    outcomes = [contact_of(stage, sid).outcome for sid in (arrived, failed)]
    assert outcomes == ["relayed", "undelivered"]
    assert len(exported(stage, "jarva")) == 3


def test_a_tagged_emoji_text_of_the_carrier_s_longest_comes_whole_both_ways(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, GUARDIAN, "Hej")

    writes(stage, YOUTH, LONG)
    writes(stage, T4, "F2 " + "🙏" * 798)

    assert body_of(read_by(stage, T4)[1:]) == LONG
    assert sorted(part[:8] for part in read_by(stage, T4)[1:]) == ["F2 1/2 ·", "F2 2/2 ·"]
    assert read_by(stage, YOUTH) == ["🙏" * 798]


@pytest.mark.parametrize(
    "body",
    [
        "å" * 1600,
        LONG,
        "a\x00b",
        "<Message>&amp;",
        " \n \u2028x",
        "👩‍👩‍👧 🇸🇪 é",
        "€[]{}~^|\\" * 100,
    ],
    ids=["long", "emoji", "a null", "markup", "spaces", "made of several", "dear signs"],
)
def test_every_sign_comes_through_both_ways(body: str, sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    writes(stage, YOUTH, body)
    writes(stage, T4, body)

    assert read_by(stage, T4) == [body]
    assert read_by(stage, YOUTH) == [body]


def test_no_word_and_no_number_is_in_the_log_whatever_goes_wrong(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.account.opted_out.add((LINE, T1))
    stage.carrier.set_text_fates({T4: "undelivered 30003", YOUTH: "failed 30008"})
    for fault in (*AMBIGUOUS, *REFUSED):
        stage.carrier.faults.add(fault, path="Messages")

    writes(stage, YOUTH, "Hemliga ord")
    settle(stage, 5)
    writes(stage, T4, "Hemligt svar")
    settle(stage, 5)

    assert "emlig" not in log.getvalue()
    assert "7017406" not in log.getvalue()
    assert "text.undelivered" in log.getvalue()


def test_every_request_we_make_of_the_carrier_is_one_that_it_describes(
    sqlite_stage_at: StageAt,
) -> None:
    # The lab is strict: a request that Twilio's OpenAPI description does not know raises at once.
    stage = sqlite_stage_at(EVENING)
    stage.carrier.faults.add(RestFault.ERROR_AFTER, path="Messages")
    writes(stage, YOUTH, LONG)
    settle(stage, 1)
    writes(stage, T4, "Svar")
    later(stage, minutes=10)

    stage.sweep(["texts.redact"])
    WiredCarrier(stage).start_call(T4, LINE, "https://jour.example.se/twilio/callback/x")

    assert [f for f in stage.carrier.failures if f.rule == "rest shape"] == []
    assert not any(m.body for m in stage.carrier.messages)
