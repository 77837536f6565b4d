"""The carrier's token is changed, step by step as docs/operations.md says, and a call goes on."""

from dataclasses import replace
from datetime import timedelta

from app.clock import attempt
from app.demo.stage import TEXTS, Stage
from app.lab.call import Outcome
from app.sweeps import sweeps, twilio_carrier
from tests.app.conftest import StageAt
from tests.app.world import LINE, NAMES, T1, T4, YOUTH, post, with_tokens

NEW = "the next token"
THEY_TALK = "answer 4, press 1 after 3, talk 60"


def set_to(stage: Stage, *tokens: str) -> None:
    """TWILIO_AUTH_TOKEN is changed, and web and clock are started anew."""
    stage.parts = replace(stage.parts, settings=with_tokens(stage.parts.settings, *tokens))
    stage.restart()


def sends(stage: Stage, words: str) -> bool:
    """Whether a text comes in and goes out again with the tokens as they are set now."""
    stage.carrier.begin_text(YOUTH, words)
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=2))
    with stage.rest_face() as address:
        own = replace(stage.parts.settings, twilio_api_url=address)
        due = sweeps(stage.parts, twilio_carrier(own, stage.parts.tally.asked))
        done = [attempt(name, due[name][0]) for name in TEXTS]
    return all(done) and any(words in message.body for message in stage.carrier.messages)


def status_of(stage: Stage, token: str) -> int:
    """What a request that is signed with *token* is answered."""
    account = stage.carrier.account
    kept, account.token = account.token, token
    try:
        return post(stage, "/twilio/voice/status", {"CallSid": "CA1", "To": LINE}).status
    finally:
        account.token = kept


def test_a_call_and_texts_go_on_through_the_whole_change(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T19:00")
    account = stage.carrier.account
    old = account.token
    call = stage.carrier.begin_call(YOUTH, phones={T4: "no answer", T1: THEY_TALK})

    def ten_seconds_later() -> None:
        stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=10))

    ten_seconds_later()
    account.secondary = NEW  # 1. made at the carrier; it signs nothing yet
    ten_seconds_later()
    set_to(stage, NEW, old)  # 2. let in beside the old one, and used
    assert sends(stage, "Hej")
    ten_seconds_later()
    account.promote_secondary()  # 3. the new one signs, and the old one opens nothing
    assert sends(stage, "Är du där?")
    ten_seconds_later()
    set_to(stage, NEW)  # 4. the old one is let in no more
    assert sends(stage, "Tack")
    stage.carrier.run()

    assert call.outcome is Outcome.TALKED
    assert [NAMES[number] for number in call.dialled] == ["t4", "t1"]
    assert not stage.carrier.failures
    assert (status_of(stage, NEW), status_of(stage, old)) == (200, 403)


def test_promoted_before_the_service_knows_it_calls_are_refused(sqlite_stage_at: StageAt) -> None:
    """Which is why step 2 comes before step 3."""
    stage = sqlite_stage_at("2026-03-03T19:00", strict=False)
    stage.carrier.account.secondary = NEW
    stage.carrier.account.promote_secondary()

    call = stage.carrier.call(YOUTH, phones={T4: THEY_TALK})

    assert call.outcome is Outcome.ERROR
