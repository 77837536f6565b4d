"""A therapist calls the line with her code, and is put through to somebody who waits for it."""

import pytest

from app.demo.stage import Stage
from app.lab.call import Call
from app.lab.faults import WebhookFault
from app.store import staff
from app.store.tables import contact_events
from routing.contact import Direction
from routing.ids import TherapistId
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    FALLBACK,
    GUARDIAN,
    LINE,
    SILENT,
    STRANGER,
    T1,
    T2,
    T4,
    YOUTH,
    contact_of,
    heard_in,
    logged,
    rows,
)
from tests.examples import at

EVENING, CODE = "2026-03-03T19:04", "246810"
DIALS = f"press {CODE}#"
TALKS = "answer 3, talk 30"


def with_code(stage: Stage, *therapists: str) -> Stage:
    """The stage, each of *therapists* having the same code; it is known by who calls."""
    for therapist in therapists:
        with stage.parts.engine.begin() as connection:
            who, now = TherapistId(therapist), stage.carrier.now()
            staff.set_pin(connection, stage.parts.cipher, who, CODE, now)
    return stage


def missed(stage: Stage, *numbers: str) -> list[Call]:
    """A call from each number that nobody answers."""
    keys = {STRANGER: "press 2"}
    return [stage.call(number, caller=keys.get(number, ""), default=SILENT) for number in numbers]


def calls_back(stage: Stage, therapist: str, *, then: str = "press 1", does: str = TALKS) -> Call:
    """The therapist calls the line, gives the right code, and presses on."""
    caller = f"{DIALS}, {then}" if then else DIALS
    return stage.call(therapist, caller=caller, default=does)


def offered(call: Call) -> str:
    """What was said to her after the code."""
    return " ".join(call.heard[1:])


def test_she_hears_how_many_wait_and_is_put_through_to_the_one_she_chooses(
    stage_at: StageAt,
) -> None:
    stage = with_code(stage_at(EVENING), "t4")
    missed(stage, YOUTH, GUARDIAN)

    back = calls_back(stage, T4, then="press 2 after 12")

    assert back.heard[0].startswith("Hej. Slå din kod")
    assert "2 väntar på att bli uppringda." in back.heard[1]
    assert "Järva, Ungdom, tryck 1." in back.heard[1]
    assert "Hässelby-Vällingby, Vårdnadshavare, tryck 2." in back.heard[1]
    assert back.dialled == [GUARDIAN]
    assert back.bridged_to == GUARDIAN
    (rung,) = back.children
    assert rung.frm == LINE, "the line's number is shown, never hers"
    assert back.heard_by(GUARDIAN) == []


def test_the_call_back_is_a_contact_of_its_own_with_her_name(stage_at: StageAt) -> None:
    stage = with_code(stage_at(EVENING), "t4")
    missed(stage, YOUTH)

    back = calls_back(stage, T4)

    contact = contact_of(stage, back.sid)
    assert (contact.direction, contact.therapist) == (Direction.OUTBOUND, "t4")
    assert (contact.caller.label, contact.caller.home) == ("K-1001", "jarva")
    row = logged(stage, back.sid)
    assert (row["outcome"], row["talk_seconds"]) == ("answered", 30)


def test_whoever_was_called_back_waits_no_more(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)
    calls_back(stage, T4)

    again = calls_back(stage, T4, then="")

    assert offered(again) == "Ingen väntar på att bli uppringd. Hej då."
    assert again.dialled == []


@pytest.mark.parametrize("does", [SILENT, "busy", "failed"])
def test_whoever_was_not_reached_still_waits(does: str, sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)
    first = calls_back(stage, T4, does=does)

    again = calls_back(stage, T4)

    assert logged(stage, first.sid)["outcome"] == "missed"
    assert again.bridged_to == YOUTH


def test_whoever_called_again_and_was_answered_waits_no_more(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)
    stage.call(YOUTH, default=ANSWERS)

    back = calls_back(stage, T4, then="")

    assert "Ingen väntar" in offered(back)


@pytest.mark.parametrize("keys", ["press 135791#", "press 1#", "press #", "", "press 24681#"])
def test_without_the_code_a_staff_number_is_a_caller_like_any_other(
    keys: str, variant_stage_at: StageAt
) -> None:
    stage = with_code(variant_stage_at(EVENING), "t4")
    missed(stage, YOUTH)

    call = stage.call(T4, caller=keys, default=ANSWERS)

    assert "väntar på att bli" not in offered(call)
    assert "Vilken stadsdel" in offered(call)
    assert call.bridged_to == T1, "her own number is not rung"
    assert logged(stage, call.sid)["outcome"] == "answered"


def test_a_therapist_without_a_code_is_not_asked_for_one(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(T4, default=ANSWERS)

    assert not heard_in(call, "kod")
    assert call.bridged_to == T1


def test_another_s_code_is_a_wrong_code(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4", "t1")
    with stage.parts.engine.begin() as connection:
        who, now = TherapistId("t1"), stage.carrier.now()
        staff.set_pin(connection, stage.parts.cipher, who, "135791", now)
    missed(stage, YOUTH)

    call = stage.call(T1, caller=DIALS, default=ANSWERS)

    assert "väntar på att bli" not in offered(call)


def test_after_five_tries_in_ten_minutes_no_code_is_asked_for(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)
    wrong = "press 135791#, hang up after 12"
    tries = [stage.call(T4, caller=wrong, default=SILENT) for _ in range(5)]

    sixth = calls_back(stage, T4, does=ANSWERS)
    stage.carrier.run_until(at("2026-03-03T19:40"))
    later = calls_back(stage, T4)

    assert all(heard_in(call, "kod") for call in tries)
    assert not heard_in(sixth, "kod")
    assert sixth.bridged_to == T1, "she is helped as any caller is"
    assert later.bridged_to == YOUTH


@pytest.mark.parametrize(
    ("therapist", "number", "may"),
    [
        ("t4", T4, ["Järva, Ungdom", "Hässelby-Vällingby, Vårdnadshavare"]),  # her own duty
        ("t2", T2, ["Hässelby-Vällingby, Vårdnadshavare"]),  # off duty: her own district's
    ],
)
def test_she_is_offered_the_contacts_of_her_duty_or_district(
    therapist: str, number: str, may: list[str], sqlite_stage_at: StageAt
) -> None:
    stage = with_code(sqlite_stage_at(EVENING), therapist)
    missed(stage, YOUTH, GUARDIAN)

    call = calls_back(stage, number, then="")

    assert f"{len(may)} väntar på" in offered(call)
    assert all(words in offered(call) for words in may)


def test_nobody_whose_number_was_withheld_is_offered(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, "anonymous", STRANGER)

    call = calls_back(stage, T4, then="")

    assert "1 väntar på" in offered(call)
    assert "Järva, Okänd, tryck 1." in offered(call)


def test_a_key_beyond_the_list_tells_it_again_and_silence_ends_it(
    variant_stage_at: StageAt,
) -> None:
    stage = with_code(variant_stage_at(EVENING), "t4")
    missed(stage, YOUTH)

    call = calls_back(stage, T4, then="press 7")

    assert sum("väntar på att bli" in words for words in call.heard) == 2
    assert call.heard[-1] == "Hej då."
    assert call.dialled == []


def test_somebody_helped_while_she_listened_is_not_called(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)
    slowly, soon = f"{DIALS}, press 1 after 11", "answer 1, press 1 after 1, talk 30"

    back = stage.carrier.begin_call(T4, caller=slowly, phones={}, default=TALKS)
    helped = stage.carrier.begin_call(YOUTH, phones={}, default=soon, after=6)
    stage.carrier.run()

    assert helped.bridged_to == T1, "she herself is busy with the line"
    assert back.dialled == []
    assert back.heard[-1] == "Ingen väntar på att bli uppringd. Hej då."


def test_while_she_calls_back_the_next_caller_reaches_the_backup(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)

    phones = {YOUTH: "answer 3, talk 60"}
    back = stage.carrier.begin_call(T4, caller=f"{DIALS}, press 1", phones=phones)
    other = stage.carrier.begin_call(GUARDIAN, phones={}, default=ANSWERS, after=30)
    stage.carrier.run()
    later = stage.call(GUARDIAN, default=ANSWERS)

    assert back.bridged_to == YOUTH
    assert other.dialled == [T1]
    assert later.dialled == [T4], "her call is over"


@pytest.mark.parametrize("then", ["", "press 7", "press 1"])
def test_she_is_rung_again_afterwards_even_if_the_carrier_never_says_it_is_over(
    then: str, variant_stage_at: StageAt
) -> None:
    """Status callbacks are telemetry; docs/architecture.md, promise 4."""
    stage = with_code(variant_stage_at(EVENING), "t4")
    missed(stage, YOUTH)
    stage.carrier.faults.add(WebhookFault.LOST, path="/voice/status", times=100)

    calls_back(stage, T4, then=then)
    next_caller = stage.call(GUARDIAN, default=ANSWERS)

    assert next_caller.dialled == [T4]


@pytest.mark.parametrize("keys", ["hang up after 3", f"{DIALS}, hang up after 9"])
def test_a_therapist_who_hangs_up_half_way_is_rung_again(
    keys: str, sqlite_stage_at: StageAt
) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)

    stage.call(T4, caller=keys, default=SILENT)
    next_caller = stage.call(GUARDIAN, default=ANSWERS)

    assert next_caller.dialled == [T4]


@pytest.mark.parametrize("fault", [WebhookFault.DUPLICATE, WebhookFault.DUPLICATE_NEW_TOKEN])
def test_a_call_back_that_is_told_of_twice_is_one(
    fault: WebhookFault, sqlite_stage_at: StageAt
) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    missed(stage, YOUTH)
    stage.carrier.faults.add(fault, times=100)

    back = calls_back(stage, T4)

    assert back.dialled == [YOUTH]
    kept = [row for row in rows(stage.parts.engine, "contact_events") if row["contact"] == back.sid]
    assert len({row["key"] for row in kept}) == len(kept)
    assert str(logged(stage, back.sid)["attempts"]).startswith("client:answered:")


def test_an_exception_in_a_call_back_leads_to_the_fallback_too(sqlite_stage_at: StageAt) -> None:
    stage = with_code(sqlite_stage_at(EVENING), "t4")
    (first,) = missed(stage, YOUTH)
    with stage.parts.engine.begin() as connection:
        e = contact_events.c
        spoil = contact_events.update().where(e.contact == first.sid, e.key == "received")
        connection.execute(spoil.values(caller_number=b"no longer what was sealed"))

    back = calls_back(stage, T4)

    assert back.dialled == [FALLBACK]
