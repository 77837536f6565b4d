"""Texts that came while the service was away: who gets them when it is back, and which wait."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from app.demo.stage import Stage
from app.lab.faults import WebhookFault
from app.telephony.reconcile import reconcile_when_due
from routing.contact import Channel, Outcome
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import at_time
from tests.app.texts.talk import WiredCarrier
from tests.app.world import (
    GUARDIAN,
    LINE,
    STRANGER,
    T1,
    T4,
    YOUTH,
    contact_of,
    exported,
    rows,
    told,
)
from tests.faults.away import begins, comes_back, compared, goes_away, log_of, outcomes, wait

SEVEN = "2026-03-03T19:00"
LATE = "kom fram först nu"


def test_a_text_that_nobody_heard_of_goes_on_as_if_it_had_just_come(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(SEVEN)
    begins(stage)
    goes_away(stage)
    text = stage.text(YOUTH, "Kan du ringa? 🙏")

    comes_back(stage, "2026-03-03T19:12")

    assert told(stage) == [("t4", "Kan du ringa? 🙏")]
    assert outcomes(stage, [text.sid]) == ["relayed"]
    assert contact_of(stage, text.sid).found_at is not None
    assert b"ringa" not in repr(rows(stage.parts.engine, "texts")).encode()


@pytest.mark.parametrize(
    ("back", "words"),
    [
        ("2026-03-03T20:59", ["(3/3 19:00) Hej"]),  # two hours are not over
        ("2026-03-03T21:50", ["(3/3 19:00) Hej"]),  # the same evening, and the line is open
        ("2026-03-03T22:30", []),  # nobody is on standby
        ("2026-03-04T03:00", []),
        ("2026-03-04T18:00", []),  # another day's duty is not woken by it
    ],
)
def test_an_old_text_says_when_it_was_written_or_waits_for_the_handover(
    sqlite_stage_at: StageAt, back: str, words: list[str]
) -> None:
    stage = sqlite_stage_at(SEVEN)
    begins(stage)
    goes_away(stage)
    text = stage.text(GUARDIAN, "Hej")

    comes_back(stage, back)

    assert [body for _, body in told(stage)] == words
    assert outcomes(stage, [text.sid]) == ["relayed" if words else "undelivered"]
    assert exported(stage, "hasselby-vallingby") == [text.sid]


def test_an_old_text_is_in_the_handover(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN)
    begins(stage)
    goes_away(stage)
    text = stage.text(GUARDIAN, "Hej")

    comes_back(stage, "2026-03-04T03:00", "reconcile.calls", "texts.handle", "handover.build")

    assert [row["contact"] for row in rows(stage.parts.engine, "handover_contacts")] == [text.sid]


@pytest.mark.parametrize("order", ["PAUS 60", "TAR", "A2 Ja, jag ringer dig nu."])
def test_what_a_therapist_wrote_is_never_carried_out_afterwards(
    sqlite_stage_at: StageAt, order: str
) -> None:
    stage = sqlite_stage_at(SEVEN)
    begins(stage)
    goes_away(stage)
    stage.text(T4, order)

    comes_back(stage, "2026-03-03T19:30")
    at_time(stage, "2026-03-03T19:50", sweeps=("reconcile.calls", "texts.handle", "outbox.send"))

    ((who, said),) = told(stage)
    assert who == "t4"
    assert LATE in said
    assert "3/3 19:00" in said
    assert order not in said
    assert log_of(stage) == ()
    assert rows(stage.parts.engine, "pauses") == []
    assert rows(stage.parts.engine, "takeovers") == []


def test_a_therapist_is_not_woken_by_what_she_wrote_hours_ago(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN)
    begins(stage)
    goes_away(stage)
    stage.text(T1, "PAUS 60")

    comes_back(stage, "2026-03-03T22:00")

    assert told(stage) == []


def test_a_text_from_the_line_itself_is_nobodys(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN)
    begins(stage)
    goes_away(stage)
    stage.text(LINE, "Hej")

    comes_back(stage, "2026-03-03T19:30")

    assert log_of(stage) == ()
    assert told(stage) == []


def test_a_service_that_is_well_again_does_not_fetch_what_is_on_its_way(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    goes_away(stage)
    stage.text(YOUTH, "Hej")
    stage.call(GUARDIAN)
    wait(stage, minutes=4)

    early = compared(stage, SEVEN)
    assert (early.texts, early.texts_added) == (1, 0)
    assert (early.calls, early.calls_added) == (1, 0)

    wait(stage, minutes=2)
    late = compared(stage, SEVEN)
    assert (late.texts_added, late.calls_added) == (1, 1)


# Each thing that may come in, by the number it shows.
_COMES: dict[str, Callable[[Stage, str], str]] = {
    "text": lambda stage, shown: stage.text(shown, "Hej").sid,
    "left": lambda stage, shown: stage.call(shown, caller="hang up after 12").sid,
    "silent": lambda stage, shown: stage.call(shown, default="no answer").sid,
    "talks": lambda stage, shown: stage.call(shown).sid,
    "fallback": lambda stage, shown: (
        stage.call(shown, phones={"Socialjouren": "answer 5, talk 30"}, default="busy").sid
    ),
}
_PATHS = ("/voice", "/whisper/", "/key/", "/ended/", "/status", "/sms", "/district/")
_coming = st.lists(
    st.tuples(
        st.sampled_from(sorted(_COMES)),
        st.sampled_from([YOUTH, GUARDIAN, STRANGER, "anonymous"]),
        st.sets(st.sampled_from(_PATHS)),
        st.sampled_from([WebhookFault.DOWN, WebhookFault.ERROR_BEFORE, WebhookFault.ERROR_AFTER]),
    ),
    min_size=1,
    max_size=8,
)


@seed(9)
@settings(
    max_examples=6,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(coming=_coming)
def test_whatever_webhooks_are_lost_the_log_has_each_contact_once(
    sqlite_stage_at: StageAt, coming: list[tuple[str, str, set[str], WebhookFault]]
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    sids = []
    for what, shown, lost, fault in coming:
        for path in sorted(lost):
            stage.carrier.faults.add(fault, path=path, times=100)
        sids.append(_COMES[what](stage, shown))
        stage.carrier.faults.clear()
        wait(stage, minutes=1)
    wait(stage, minutes=20)
    carrier = WiredCarrier(stage)

    reconcile_when_due(stage.parts.exchange, carrier, stage.parts.clock())

    found = log_of(stage)
    mine = [contact for contact in found if contact.id in sids]
    assert sorted(contact.id for contact in mine) == sorted(sids)
    calls = [contact for contact in mine if contact.channel is Channel.VOICE]
    assert all(contact.outcome is not None for contact in calls)
    talked = {leg.parent_sid for leg in stage.carrier.legs if leg.bridged_at and leg.parent_sid}
    for contact in calls:
        if contact.outcome in {Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED}:
            assert contact.id in talked
    before = rows(stage.parts.engine, "contact_events")
    wait(stage, minutes=20)
    reconcile_when_due(stage.parts.exchange, carrier, stage.parts.clock())
    assert rows(stage.parts.engine, "contact_events") == before
    with stage.parts.engine.begin() as connection:  # the next example begins anew
        for table in ("contact_events", "texts", "pulses"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
