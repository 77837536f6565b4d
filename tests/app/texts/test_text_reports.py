"""What the carrier tells of each text, late, twice or never; and what it is then made to forget."""

import pytest

from app.lab.faults import RestFault, WebhookFault
from tests.app.conftest import StageAt
from tests.app.texts.talk import (
    EVENING,
    KEPT_AT_THE_CARRIER,
    later,
    letters,
    read_by,
    settle,
    writes,
)
from tests.app.world import T1, T4, YOUTH, contact_of, logged, post, rows


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (["delivered", "sent"], "delivered"),
        (["sent", "delivered", "sent", "queued"], "delivered"),
        (["undelivered", "sent"], "undelivered"),
        (["undelivered", "delivered"], "delivered"),
        (["delivered", "undelivered"], "delivered"),
        (["delivered", "delivered"], "delivered"),
        (["nonsense"], None),
        (["sent", "nonsense", ""], "sent"),
    ],
)
def test_a_late_word_of_the_carrier_never_undoes_a_later_one(
    told: list[str], kept: str | None, engine_stage_at: StageAt
) -> None:
    stage = engine_stage_at(EVENING)
    stage.carrier.set_text_fates({}, default="never")
    stage.carrier.faults.add(WebhookFault.LOST, path="status", times=100)
    writes(stage, YOUTH, "Hej")
    address = stage.carrier.messages[0].callback

    for status in told:
        reply = post(stage, address, {"MessageSid": "SM1", "MessageStatus": status})
        assert reply.status in {200, 204}

    (row,) = letters(stage, "relay/")
    assert row["delivery"] == kept


@pytest.mark.parametrize("kind", [WebhookFault.LOST, WebhookFault.DOWN, WebhookFault.ERROR_BEFORE])
def test_a_failure_whose_report_was_lost_is_asked_about(
    kind: WebhookFault, engine_stage_at: StageAt
) -> None:
    stage = engine_stage_at(EVENING)
    stage.carrier.set_text_fates({T4: "undelivered 30003", YOUTH: "failed 30008"})
    stage.carrier.faults.add(kind, path="/status/", times=100)

    asked = writes(stage, YOUTH, "Ring mig")
    later(stage, minutes=3, sweeps=3)
    answered = writes(stage, T1, "Jag ringer")
    settle(stage, 4)

    assert read_by(stage, T1) == ["Ring mig", "Ditt svar i A2 kom inte fram."]
    outcomes = [contact_of(stage, sid).outcome for sid in (asked, answered)]
    assert outcomes == ["relayed", "undelivered"]


def test_a_text_that_arrived_without_a_report_is_passed_on_to_nobody(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.faults.add(WebhookFault.LOST, path="/status/", times=100)
    stage.carrier.faults.add(RestFault.ERROR_BEFORE, path="/SM", times=1)  # the first question

    writes(stage, YOUTH, "Ring mig")
    settle(stage, 8)

    assert (read_by(stage, T4), read_by(stage, T1)) == (["Ring mig"], [])
    assert [row["delivery"] for row in letters(stage, "relay/")] == ["delivered"]


def test_a_carrier_that_never_says_the_last_word_is_asked_less_and_less(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.set_text_fates({}, default="never")
    writes(stage, YOUTH, "Ring mig")
    before = letters(stage, "relay/")[0]["due_at"]

    settle(stage, 90)

    (row,) = letters(stage, "relay/")
    assert (row["state"], row["delivery"], row["tries"]) == ("sent", "sent", 1)
    assert str(row["due_at"]) > str(before)  # and the hour in which it is asked is over
    assert read_by(stage, T1) == []


@pytest.mark.parametrize("path", ["", "bm9uZQ", "!!!", "%00", "a" * 3000])
def test_a_report_on_no_letter_of_ours_is_taken_and_changes_nothing(
    path: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hej")
    before = rows(stage.parts.engine, "outbox")

    post(stage, f"/twilio/sms/status/{path}", {"MessageStatus": "failed"})

    assert rows(stage.parts.engine, "outbox") == before


def test_out_of_order_and_doubled_reports_change_nothing(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.set_text_fates({}, default="delivered, out_of_order, dup")
    stage.carrier.faults.callback_before_reply = True
    stage.carrier.faults.add(WebhookFault.DUPLICATE, path="sms", times=100)

    sid = writes(stage, YOUTH, "Hej")
    writes(stage, T4, "Svar")
    settle(stage, 3)

    assert read_by(stage, T4) == ["Hej"]
    assert read_by(stage, YOUTH) == ["Svar"]
    assert {row["delivery"] for row in rows(stage.parts.engine, "outbox")} == {"delivered"}
    assert logged(stage, sid)["outcome"] == "relayed"


@pytest.mark.parametrize("fault", [WebhookFault.DUPLICATE, WebhookFault.DUPLICATE_NEW_TOKEN])
def test_a_webhook_that_comes_twice_is_one_text(
    fault: WebhookFault, engine_stage_at: StageAt
) -> None:
    stage = engine_stage_at(EVENING)
    stage.carrier.faults.add(fault, path="sms", times=2)

    writes(stage, YOUTH, "Hej")
    writes(stage, T4, "Svar")

    assert (read_by(stage, T4), read_by(stage, YOUTH)) == (["Hej"], ["Svar"])


def test_words_are_forgotten_at_the_carrier_once_they_have_arrived(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, "Hemliga ord")
    writes(stage, T4, "Hemligt svar")

    stage.sweep(["texts.redact"])
    assert all(m.body for m in (*stage.carrier.messages, *stage.carrier.texts))
    later(stage, minutes=6)
    stage.sweep(["texts.redact"])

    assert not any(m.body for m in (*stage.carrier.messages, *stage.carrier.texts))
    assert all(row["redacted_at"] for row in rows(stage.parts.engine, "outbox"))


def test_words_of_a_text_without_a_last_word_are_forgotten_some_days_later(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.set_text_fates({}, default="never")
    writes(stage, YOUTH, "Hemliga ord")
    later(stage, minutes=10)
    stage.sweep(["texts.redact"])
    assert [m.body for m in stage.carrier.messages] == ["Hemliga ord"]

    later(stage, minutes=49 * 60)
    stage.sweep(["texts.redact"])

    assert [m.body for m in stage.carrier.messages] == [""]


def test_a_line_may_leave_words_at_the_carrier(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=KEPT_AT_THE_CARRIER)
    writes(stage, YOUTH, "Hemliga ord")
    later(stage, minutes=10)

    stage.sweep(["texts.redact"])

    assert [m.body for m in (*stage.carrier.messages, *stage.carrier.texts)] == ["Hemliga ord"] * 2


@pytest.mark.parametrize("fault", [RestFault.ERROR_BEFORE, RestFault.TOO_MANY])
def test_what_the_carrier_could_not_forget_is_asked_for_again(
    fault: RestFault, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Hemliga ord")
    later(stage, minutes=10)
    stage.carrier.faults.add(fault, path="Messages")

    for _ in range(2):
        stage.sweep(["texts.redact"])

    assert not any(m.body for m in (*stage.carrier.messages, *stage.carrier.texts))
