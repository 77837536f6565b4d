"""Callers whom no therapist is rung for, or not at once: closed hours, blocks, and crowding."""

import pytest

from app.demo.stage import Stage
from app.lab.call import Call
from app.lab.faults import WebhookFault
from app.store import staff
from routing.ids import ContactId
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    CLOSED_FALLBACK,
    CLOSED_MESSAGE,
    FALLBACK,
    NO_FALLBACK,
    OFFICE,
    SHARED,
    SILENT,
    STRANGER,
    T4,
    YOUTH,
    changed,
    heard_in,
    logged,
    rows,
)
from tests.examples import at

EVENING, MORNING, NIGHT = "2026-03-03T19:04", "2026-03-03T10:15", "2026-03-03T22:30"


@pytest.mark.parametrize(("key", "office"), [("1", "+46846500400"), ("2", OFFICE)])
def test_in_office_hours_a_stranger_is_asked_and_reaches_that_district_s_office(
    key: str, office: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(MORNING)

    call = stage.call(STRANGER, caller=f"press {key}", default="answer 3")

    assert call.dialled == [office]
    assert heard_in(call, "stängd just nu", "Vänta kvar")


def test_at_night_nobody_is_asked_since_the_answer_would_change_nothing(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(NIGHT)

    call = stage.call(STRANGER, default="answer 3")

    assert not heard_in(call, "Vilken stadsdel")
    assert call.dialled == [FALLBACK]


@pytest.mark.parametrize(
    ("moment", "mode", "dialled", "outcome"),
    [
        (MORNING, (), [OFFICE], "fallback_answered"),
        (NIGHT, (), [FALLBACK], "fallback_answered"),
        (MORNING, (CLOSED_FALLBACK,), [FALLBACK], "fallback_answered"),
        (NIGHT, (CLOSED_FALLBACK,), [FALLBACK], "fallback_answered"),
        (MORNING, (CLOSED_MESSAGE,), [], "closed"),
        (NIGHT, (CLOSED_MESSAGE,), [], "closed"),
        (NIGHT, (NO_FALLBACK,), [], "closed"),
    ],
)
def test_a_closed_line_leads_where_its_mode_says_and_never_to_standby(
    moment: str,
    mode: tuple[tuple[str, str], ...],
    dialled: list[str],
    outcome: str,
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(moment, toml=changed(*mode))

    call = stage.call(YOUTH, default="answer 3")

    assert call.dialled == dialled
    assert heard_in(call, "stängd just nu")
    assert logged(stage, call.sid)["outcome"] == outcome


def test_a_closed_line_whose_numbers_do_not_answer_ends_with_advice_and_a_call_to_return(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(MORNING)

    call = stage.call(YOUTH, default=SILENT)

    assert call.dialled == [OFFICE, FALLBACK]
    assert heard_in(call, "hör av oss", "1 1 2")
    assert logged(stage, call.sid)["outcome"] == "fallback_failed"


def test_nobody_is_promised_a_call_back_to_a_number_that_is_not_shown(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call("anonymous", caller="press 2", default=SILENT)

    assert heard_in(call, "Ring gärna igen om en stund", "1 1 2")
    assert not heard_in(call, "hör av oss")


def block(stage: Stage, call: Call, until: str) -> None:
    """As a manager blocks the number that a call came from."""
    with stage.parts.engine.begin() as connection:
        contact, now = ContactId(call.sid), stage.carrier.now()
        staff.block(connection, stage.parts.cipher, contact, at(until), "hot", now)


def test_a_blocked_caller_hears_advice_and_rings_nobody(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    block(stage, stage.call(STRANGER, default=ANSWERS), until="2026-03-03T20:00")

    refused = stage.call(STRANGER, default=ANSWERS)
    other = stage.call(YOUTH, default=ANSWERS)
    stage.carrier.run_until(at("2026-03-03T20:00"))
    later = stage.call(STRANGER, default=ANSWERS)

    assert refused.dialled == []
    assert heard_in(refused, "kan inte ta emot ditt samtal", "1 1 2")
    assert logged(stage, refused.sid)["outcome"] == "blocked"
    assert other.bridged_to == T4
    assert later.bridged_to == T4


def test_a_block_that_is_lifted_ends_at_once(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    block(stage, stage.call(STRANGER, default=ANSWERS), until="2026-03-04T20:00")
    ((block_id,),) = [(row["id"],) for row in rows(stage.parts.engine, "blocks")]

    with stage.parts.engine.begin() as connection:
        staff.lift(connection, int(str(block_id)), stage.carrier.now())
    call = stage.call(STRANGER, default=ANSWERS)

    assert call.bridged_to == T4


def short_calls(stage: Stage, number: str, count: int) -> list[Call]:
    """So many calls, each of them put through and soon over."""
    does = "answer 2, press 1 after 1, talk 2"
    return [stage.call(number, caller="press 2", default=does) for _ in range(count)]


def test_a_stranger_who_calls_six_times_in_ten_minutes_is_slowed_and_put_through(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)

    *first, sixth = short_calls(stage, STRANGER, 6)

    assert not any(heard_in(call, "många som ringer") for call in first)
    assert heard_in(sixth, "många som ringer", "Vänta kvar")
    assert sixth.bridged_to == T4
    assert sixth.waited is not None
    assert first[0].waited is not None
    assert 20 <= sixth.waited - first[0].waited <= 30


def test_a_family_in_the_register_is_never_slowed(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    calls = [*short_calls(stage, YOUTH, 8), *short_calls(stage, SHARED, 8)]

    assert not any(heard_in(call, "många som ringer") for call in calls)
    assert {call.bridged_to for call in calls} == {T4}


def test_ten_minutes_later_the_stranger_is_like_any_other(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    short_calls(stage, STRANGER, 6)

    stage.carrier.run_until(at("2026-03-03T19:30"))
    (later,) = short_calls(stage, STRANGER, 1)

    assert not heard_in(later, "många som ringer")


def test_a_call_that_the_carrier_tells_of_twice_is_one_call(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.faults.add(WebhookFault.DUPLICATE, times=1000)

    calls = short_calls(stage, STRANGER, 5)

    assert not any(heard_in(call, "många som ringer") for call in calls)
