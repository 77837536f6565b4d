"""The line calls itself before it opens: what is proved by it, and what is told when it fails."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.demo.stage import Stage
from app.lab.faults import RestFault, WebhookFault
from app.measures import LETTERS
from app.review.diagnosis import Diagnosis
from app.review.doctor import diagnose
from app.review.system import System, examine
from app.telephony.reconcile import reconcile_when_due
from routing.finding import Severity
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import M1, M2, WITH_MANAGERS, at_time, manned, texts, together
from tests.app.telephony.canaries import (
    BEFORE,
    CLOCK,
    DUE,
    FAILED,
    WELL,
    calls_made,
    kept,
    outcomes,
    play,
    play_at,
    rung,
)
from tests.app.texts.talk import WiredCarrier
from tests.app.world import LINE, rows

LEAVES_NOTHING = ("contact_events", "texts")


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(BEFORE, shifts=manned(), toml=WITH_MANAGERS)


@pytest.fixture
def crossed(sqlite_stage_at: StageAt) -> Stage:
    """A stage on which the carrier may be as broken as it likes."""
    return sqlite_stage_at(BEFORE, shifts=manned(), toml=WITH_MANAGERS, strict=False)


def lead_elsewhere(stage: Stage) -> None:
    """Somebody has set the number's address at the carrier to one that nobody answers."""
    stage.carrier.numbers[LINE].voice_url = "https://jour.example.se/nowhere"


def mend(stage: Stage) -> None:
    stage.carrier.numbers[LINE].voice_url = "https://jour.example.se/twilio/voice"


def found(stage: Stage) -> list[Diagnosis]:
    """What the doctor says of canaries."""
    every = diagnose(looked_at(stage), stage.parts.settings)
    return [one for one in every if one.code.startswith("canary")]


def looked_at(stage: Stage) -> System:
    parts = stage.parts
    return examine(parts.engine, parts.cipher, parts.settings.state_dir, parts.clock())


def told_managers(stage: Stage, words: str) -> tuple[int, int]:
    return len(texts(stage, M1, words)), len(texts(stage, M2, words))


def test_a_call_goes_out_by_the_real_number_and_comes_back_ninety_minutes_before_the_line_opens(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(BEFORE, shifts=manned(), toml=WITH_MANAGERS)
    stage.sweep(CLOCK)
    assert kept(stage) == []

    play_at(stage, DUE)

    assert outcomes(stage) == [("passed", None)]
    (row,) = kept(stage)
    assert row["tries"] == 1
    assert calls_made(stage) == 1
    assert rung(stage) == []
    assert told_managers(stage, "") == (0, 0)
    assert found(stage) == []


def test_it_passes_under_every_reading_of_the_documentation(variant_stage_at: StageAt) -> None:
    stage = variant_stage_at(BEFORE, shifts=manned(), toml=WITH_MANAGERS)

    play_at(stage, DUE)

    assert outcomes(stage) == [("passed", None)]
    assert rows(stage.parts.engine, "contact_events") == []


def test_nothing_of_it_is_a_contact(stage: Stage) -> None:
    stage.carrier.set_phones({}, default="answer 2, press 1")
    play_at(stage, DUE)
    at_time(stage, "2026-03-03T15:50", "2026-03-03T16:10", sweeps=("missed.alert", "outbox.send"))

    assert [rows(stage.parts.engine, table) for table in LEAVES_NOTHING] == [[], []]
    assert len(rows(stage.parts.engine, "outbox")) == 1  # the call


@pytest.mark.parametrize("hears", [True, False])
def test_reconciling_takes_neither_end_for_a_lost_call(crossed: Stage, hears: bool) -> None:
    archive = WiredCarrier(crossed)
    reconcile_when_due(crossed.parts.exchange, archive, crossed.carrier.now())
    if not hears:
        crossed.carrier.faults.add(WebhookFault.DOWN, path="/twilio/canary/ring", times=9)
    play_at(crossed, DUE)
    assert outcomes(crossed)[0][0] == ("passed" if hears else "failed")

    at_time(crossed, "2026-03-03T16:00", sweeps=())
    tally = reconcile_when_due(crossed.parts.exchange, archive, crossed.carrier.now())

    assert tally is not None
    assert (tally.calls, tally.calls_added) == (0, 0)
    assert rows(crossed.parts.engine, "contact_events") == []


def test_reconciling_takes_no_end_of_a_call_before_the_one_that_was_heard_for_a_lost_call(
    crossed: Stage,
) -> None:
    archive = WiredCarrier(crossed)
    reconcile_when_due(crossed.parts.exchange, archive, crossed.carrier.now())
    crossed.carrier.faults.add(WebhookFault.DOWN, path="/twilio/canary/heard", times=3)
    play_at(crossed, DUE)
    assert (outcomes(crossed), calls_made(crossed)) == ([("passed", None)], 2)

    at_time(crossed, "2026-03-03T15:50", "2026-03-03T16:00", sweeps=("retention.forget",))
    tally = reconcile_when_due(crossed.parts.exchange, archive, crossed.carrier.now())

    assert tally is not None
    assert tally.calls_added == 0
    assert rows(crossed.parts.engine, "contact_events") == []


def test_reconciling_leaves_the_end_that_the_carrier_has_yet_to_forget(stage: Stage) -> None:
    archive = WiredCarrier(stage)
    reconcile_when_due(stage.parts.exchange, archive, stage.carrier.now())
    play_at(stage, DUE)
    (made,) = (leg.sid for leg in stage.carrier.legs if leg.direction == "outbound-api")
    archive.forget(made)  # and then it was away

    at_time(stage, "2026-03-03T16:00", sweeps=())
    tally = reconcile_when_due(stage.parts.exchange, archive, stage.carrier.now())

    assert tally is not None
    assert tally.calls_added == 0


def test_the_carrier_forgets_both_ends(stage: Stage) -> None:
    play_at(stage, DUE)
    assert len(rows(stage.parts.engine, "carrier_purges")) == 2

    at_time(stage, "2026-03-03T15:45", sweeps=("retention.forget",))

    assert rows(stage.parts.engine, "carrier_purges") == []
    made = WiredCarrier(stage)._client.calls.list()  # noqa: SLF001 - as the carrier shows them
    assert made == []


def test_an_address_that_leads_elsewhere_fails_it_and_the_managers_are_told_once(
    crossed: Stage,
) -> None:
    lead_elsewhere(crossed)

    play_at(crossed, DUE)

    (row,) = kept(crossed)
    assert (row["outcome"], row["fault"], row["tries"]) == ("failed", "not_back", 2)
    assert told_managers(crossed, FAILED) == (1, 1)
    (text,) = texts(crossed, M1, FAILED)
    assert not [fact for fact in ("Järva", "t4", "0608", "861004") if fact in text]
    (one,) = found(crossed)
    assert (one.code, one.severity) == ("canary_failed", Severity.ERROR)
    at_time(crossed, "2026-03-03T16:38", sweeps=())
    play(crossed)  # an hour later
    assert outcomes(crossed) == [("failed", "not_back")] * 2
    assert told_managers(crossed, FAILED) == (1, 1)


def test_when_it_passes_again_they_are_told_so(crossed: Stage) -> None:
    lead_elsewhere(crossed)
    play_at(crossed, DUE)
    mend(crossed)

    at_time(crossed, "2026-03-03T16:38", sweeps=())
    play(crossed)
    play_at(crossed, "2026-03-04T15:30")

    assert [outcome for outcome, _ in outcomes(crossed)] == ["failed", "passed", "passed"]
    assert told_managers(crossed, WELL) == (1, 1)
    assert found(crossed) == []


def test_where_the_carrier_refuses_such_calls_the_webhooks_are_tried_and_nobody_is_told(
    stage: Stage,
) -> None:
    stage.carrier.account.calls_itself = False

    play_at(stage, DUE)
    play_at(stage, "2026-03-04T15:30")

    assert outcomes(stage) == [("by_webhooks", None)] * 2
    assert {row["code"] for row in kept(stage)} == {"21216"}
    assert told_managers(stage, "") == (0, 0)
    (one,) = found(stage)
    assert (one.code, one.severity) == ("canary_by_webhooks", Severity.INFO)
    known = looked_at(stage).known
    assert known is not None
    assert known.outbox.failed == ()  # which would be a warning before long
    assert [rows(stage.parts.engine, table) for table in LEAVES_NOTHING] == [[], []]


@pytest.mark.parametrize("calls_itself", [True, False])
def test_a_canarys_call_is_counted_among_no_letters(stage: Stage, calls_itself: bool) -> None:
    """Six lines whose account makes no such calls would else be an alert each day."""
    stage.carrier.account.calls_itself = calls_itself

    play_at(stage, DUE)
    stage.parts.tally.flush()  # what else is counted

    assert outcomes(stage) == [("passed" if calls_itself else "by_webhooks", None)]
    counted = {row["name"] for row in rows(stage.parts.engine, "measures")}
    assert counted
    assert LETTERS.name not in counted


def test_what_the_service_asks_itself_is_no_word_of_the_carrier(stage: Stage) -> None:
    """Else a token that the carrier does not sign with would never be found out."""
    stage.carrier.account.calls_itself = False

    play_at(stage, DUE)
    stage.parts.tally.flush()

    assert outcomes(stage) == [("by_webhooks", None)]
    known = looked_at(stage).known
    assert known is not None
    assert known.beats.webhook is None


def test_a_round_in_which_nothing_is_due_asks_one_question_for_each_line(stage: Stage) -> None:
    play_at(stage, DUE)
    at_time(stage, "2026-03-03T20:00", sweeps=())
    asked: list[str] = []
    sa.event.listen(
        stage.parts.engine, "before_cursor_execute", lambda _, __, what, *___: asked.append(what)
    )

    stage.sweep(["canary.call"])

    assert len([what for what in asked if "canaries" in what]) == len(stage.organisation.lines)


@pytest.mark.parametrize("calls_itself", [True, False])
def test_a_service_that_does_not_answer_fails_it(crossed: Stage, calls_itself: bool) -> None:
    crossed.carrier.account.calls_itself = calls_itself
    parts = crossed.parts
    away = crossed.carrier.transport
    crossed.carrier.transport = type(away)(_refuses)  # type: ignore[call-arg] # as `WsgiTransport`

    play_at(crossed, DUE)

    assert outcomes(crossed) == [("failed", "silent")]
    assert len([m for m in crossed.carrier.messages if FAILED in m.body]) == 2
    assert [one.code for one in found(crossed)] == ["canary_silent"]
    assert rows(parts.engine, "contact_events") == []


def _refuses(_environ: object, start_response: object) -> list[bytes]:
    start_response("502 Bad Gateway", [])  # type: ignore[operator] # as WSGI has it
    return [b""]


def test_a_carrier_that_is_away_fails_it_and_is_not_asked_later(crossed: Stage) -> None:
    crossed.carrier.faults.add(RestFault.UNAUTHORISED, path="/Calls", times=999)

    play_at(crossed, DUE)

    assert outcomes(crossed) == [("failed", "not_made")]
    crossed.carrier.faults.clear()
    play(crossed, timedelta(minutes=5))
    assert calls_made(crossed) == 0


def test_a_number_that_is_not_ours_any_more_is_no_refusal_to_call_oneself(crossed: Stage) -> None:
    crossed.carrier.numbers.pop(LINE)  # type: ignore[attr-defined] # the carrier's own

    play_at(crossed, DUE)

    assert outcomes(crossed) == [("failed", "not_made")]
    assert [dict(one.values)["code"] for one in found(crossed)] == ["21210"]


@pytest.mark.parametrize("lost", ["/twilio/voice", "/twilio/canary/ring", "/twilio/canary/heard"])
def test_one_request_that_gets_lost_is_made_up_for_by_the_second_call(
    crossed: Stage, lost: str
) -> None:
    crossed.carrier.faults.add(WebhookFault.DOWN, path=lost, times=3)  # with its repeats

    play_at(crossed, DUE)

    assert outcomes(crossed) == [("passed", None)]
    assert calls_made(crossed) == 2
    assert told_managers(crossed, "") == (0, 0)


def test_a_request_that_comes_twice_is_answered_the_same(stage: Stage) -> None:
    for path in ("/twilio/voice", "/twilio/canary/ring", "/twilio/canary/heard"):
        stage.carrier.faults.add(WebhookFault.DUPLICATE, path=path)

    play_at(stage, DUE)

    assert outcomes(stage) == [("passed", None)]
    assert rows(stage.parts.engine, "contact_events") == []


def test_two_clocks_make_one(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at("2026-03-03T15:30", shifts=manned(), toml=WITH_MANAGERS)

    for _ in range(4):
        together(stage, *CLOCK)
        stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=10))

    assert outcomes(stage) == [("passed", None)]
    assert calls_made(stage) == 1


def test_two_clocks_tell_of_it_once(crossed: Stage) -> None:
    lead_elsewhere(crossed)
    at_time(crossed, DUE, sweeps=())

    for _ in range(17):
        together(crossed, *CLOCK)
        crossed.carrier.run_until(crossed.carrier.now() + timedelta(seconds=30))

    assert outcomes(crossed) == [("failed", "not_back")]
    assert told_managers(crossed, FAILED) == (1, 1)
