"""Calls that came while the service was away are in the log when it is back, each once."""

import threading

import pytest

from app.lab.faults import RestFault
from app.store import pulses
from app.store.database import reading
from app.telephony.reconcile import reconcile_when_due
from routing.contact import Outcome
from routing.errors import CarrierUnavailable
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import at_time
from tests.app.texts.talk import WiredCarrier
from tests.app.world import (
    FALLBACK,
    GUARDIAN,
    STRANGER,
    T4,
    YOUTH,
    contact_of,
    exported,
    logged,
    received_by,
    rows,
    tried,
)
from tests.examples import at
from tests.faults.away import (
    BACK,
    begins,
    comes_back,
    compared,
    goes_away,
    host_fallback,
    log_of,
    outcomes,
    wait,
)

SEVEN = "2026-03-03T19:00"
GIVES_UP = "hang up after 10"


def test_a_call_that_nobody_heard_of_is_in_the_log_with_its_caller_and_its_own_moment(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    call = stage.call(GUARDIAN)

    comes_back(stage, "2026-03-03T19:20")

    row = logged(stage, call.sid)
    assert row["outcome"] == Outcome.MISSED
    assert (row["caller"], row["home_district"]) == ("H-2001", "hasselby-vallingby")
    assert row["received_at"] == "2026-03-03T19:00:00+01:00"
    assert contact_of(stage, call.sid).found_at == stage.carrier.now()
    assert contact_of(stage, call.sid).caller.key is not None
    assert exported(stage, "hasselby-vallingby") == [call.sid]
    assert exported(stage, "jarva") == []


def test_somebody_is_told_of_it_once_and_can_call_back(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    stage.call(GUARDIAN)

    comes_back(stage, "2026-03-03T19:20")
    at_time(stage, "2026-03-03T19:40", "2026-03-03T20:00", sweeps=BACK)

    alerts = [m.to for m in stage.carrier.messages]
    assert alerts == [T4]
    assert received_by(stage, "http") == ["t4"]


def test_what_is_found_after_hours_wakes_nobody_and_is_in_the_handover(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    call = stage.call(GUARDIAN)

    comes_back(stage, "2026-03-04T03:00", *BACK, "handover.build")

    assert stage.carrier.messages == []
    (handover,) = rows(stage.parts.engine, "handovers")
    (held,) = rows(stage.parts.engine, "handover_contacts")
    assert held["contact"] == call.sid
    assert handover["due_at"] == at("2026-03-04T08:30")


def test_what_is_found_after_the_meeting_is_told_of_at_the_next(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    stage.call(GUARDIAN)

    comes_back(stage, "2026-03-04T09:15", *BACK, "handover.build")

    (handover,) = rows(stage.parts.engine, "handovers")
    assert handover["due_at"] == at("2026-03-05T08:30")


@pytest.mark.parametrize("times", [1, 2])
def test_looking_again_adds_nothing(sqlite_stage_at: StageAt, times: int) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    goes_away(stage)
    calls = [stage.call(number) for number in (GUARDIAN, "anonymous", STRANGER)]
    stage.text(YOUTH, "Hej")
    wait(stage, minutes=10)
    first = compared(stage, SEVEN)
    before = rows(stage.parts.engine, "contact_events")

    for _ in range(times):
        wait(stage, minutes=10)
        again = compared(stage, SEVEN)
        assert (again.calls, again.calls_added, again.calls_completed) == (3, 0, 0)
        assert (again.texts, again.texts_added) == (1, 0)

    assert (first.calls_added, first.texts_added) == (len(calls), 1)
    assert rows(stage.parts.engine, "contact_events") == before


def test_two_clocks_at_once_add_each_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(SEVEN, strict=False)
    begins(stage)
    goes_away(stage)
    calls = [stage.call(number, caller=GIVES_UP) for number in (GUARDIAN, YOUTH, STRANGER) * 3]
    text = stage.text(YOUTH, "Hej")
    stage.carrier.faults.planned = []
    wait(stage, minutes=20)
    start, done = threading.Barrier(2), []

    def clock() -> None:
        carrier = WiredCarrier(stage)
        start.wait()
        done.append(reconcile_when_due(stage.parts.exchange, carrier, stage.parts.clock()))

    clocks = [threading.Thread(target=clock) for _ in range(2)]
    for one in clocks:
        one.start()
    for one in clocks:
        one.join()

    assert sum(one.calls_added for one in done if one) == len(calls)
    assert sum(one.texts_added for one in done if one) == 1
    found = {contact.id for contact in log_of(stage)}
    assert found == {*(call.sid for call in calls), text.sid}


def test_who_was_reached_by_the_fallback_is_not_missed(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    hosted = host_fallback(stage)
    begins(stage)
    goes_away(stage)
    helped = stage.call(YOUTH, phones={"Socialjouren": "answer 5, talk 40"})
    refused = stage.call(GUARDIAN, phones={"Socialjouren": "no answer"})
    brief = stage.call(STRANGER, phones={"Socialjouren": "answer 5, talk 3"})

    comes_back(stage, "2026-03-03T19:30")

    assert hosted.asked == ["GET"] * 3
    assert [tried(call) for call in (helped, refused)] == [["fallback"]] * 2
    sids = [helped.sid, refused.sid, brief.sid]
    assert outcomes(stage, sids) == ["fallback_answered", "missed", "missed"]
    row = logged(stage, helped.sid)
    assert (row["escalated_to"], row["talk_seconds"]) == ("fallback-1", 40)
    assert str(logged(stage, refused.sid)["attempts"]).startswith("fallback-1:no_answer")


def test_a_service_that_dies_while_a_therapist_rings_leaves_an_end_to_find(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    host_fallback(stage)
    begins(stage)
    for path in ("/ended", "/status"):
        goes_away(stage, path=path)
    call = stage.call(YOUTH, phones={"t4": "no answer", "Socialjouren": "answer 5, talk 60"})
    assert contact_of(stage, call.sid).outcome is None

    comes_back(stage, "2026-03-03T19:30")

    assert outcomes(stage, [call.sid]) == ["fallback_answered"]
    assert str(logged(stage, call.sid)["attempts"]).startswith(
        "t4:no_answer:25|fallback-1:answered"
    )
    assert stage.carrier.messages == []


def test_a_therapist_who_pressed_and_talked_has_answered_though_nobody_told(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    for path in ("/ended", "/status"):
        goes_away(stage, path=path)
    call = stage.call(YOUTH, phones={"t4": "answer 4, press 1 after 3, talk 60"})

    comes_back(stage, "2026-03-03T19:30")

    row = logged(stage, call.sid)
    assert (row["outcome"], row["therapist"]) == ("answered", "t4")
    assert stage.parts.mirror.picture.in_call == frozenset()


def test_a_voicemail_is_never_taken_for_a_therapist(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    begins(stage)
    for path in ("/ended", "/status"):
        goes_away(stage, path=path)
    call = stage.call(YOUTH, phones={"t4": "voicemail after 5"})

    comes_back(stage, "2026-03-03T19:30")

    assert outcomes(stage, [call.sid]) == ["missed"]
    assert str(logged(stage, call.sid)["attempts"]).startswith("t4:unaccepted:")


def test_what_was_told_of_is_left_as_it_is(variant_stage_at: StageAt) -> None:
    stage = variant_stage_at(SEVEN)
    begins(stage)
    stage.call(YOUTH)
    stage.call(GUARDIAN, caller=GIVES_UP, default="no answer")
    stage.call(STRANGER, caller="hang up after 1")
    before = rows(stage.parts.engine, "contact_events")

    comes_back(stage, "2026-03-03T19:30", "reconcile.calls")

    assert rows(stage.parts.engine, "contact_events") == before


def test_a_call_that_goes_on_is_left_until_it_is_over(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    host_fallback(stage)
    begins(stage)
    goes_away(stage)
    call = stage.carrier.begin_call(YOUTH, phones={FALLBACK: "answer 5, talk 10800"})

    for _ in range(6):
        wait(stage, minutes=30)
        reconcile_when_due(stage.parts.exchange, WiredCarrier(stage), stage.parts.clock())
        assert log_of(stage) == ()
    at_time(stage, "2026-03-03T22:30", sweeps=BACK)

    assert outcomes(stage, [call.sid]) == ["fallback_answered"]


def test_a_carrier_that_fails_in_the_middle_is_asked_again(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN, strict=False)
    goes_away(stage)
    calls = [stage.call(number, caller=GIVES_UP) for number in (GUARDIAN, YOUTH)]
    text = stage.text(YOUTH, "Hej")
    wait(stage, minutes=20)

    for path, skip in (("/Calls.json", 0), ("/Calls.json", 1), ("/Messages.json", 0)):
        assert path != "/Messages.json" or log_of(stage) == ()
        for fault in set(RestFault) - {RestFault.SLOW}:
            stage.carrier.faults.clear()
            stage.carrier.faults.add(fault, path=path, skip=skip)
            with pytest.raises(CarrierUnavailable) as failed:
                compared(stage, SEVEN)
            assert "+46" not in str(failed.value)
    with reading(stage.parts.engine) as connection:
        assert pulses.RECONCILED not in pulses.read(connection)
    stage.carrier.faults.clear()
    stage.carrier.faults.add(RestFault.SLOW, times=3)
    compared(stage, SEVEN)

    assert [c.id for c in log_of(stage)] == [*(call.sid for call in calls), text.sid]
