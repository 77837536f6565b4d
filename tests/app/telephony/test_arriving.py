"""Who is rung for whom: strangers, closed lines, mandates, staff and an empty rota."""

import pytest

from app.lab.call import Outcome
from tests.app.conftest import StageAt
from tests.app.world import (
    ANSWERS,
    CLOSED_FALLBACK,
    CLOSED_MESSAGE,
    GUARDIAN,
    NO_FALLBACK,
    OFFICE,
    SHARED,
    SILENT,
    STRANGER,
    T4,
    YOUTH,
    changed,
    contact_of,
    exported,
    heard_in,
    logged,
    reached,
    tried,
)
from tests.examples import shift

EVENING, LATE, MORNING = "2026-03-03T19:04", "2026-03-03T22:30", "2026-03-03T10:15"
DISTRICTS = ("hasselby-vallingby", "jarva")
MANDATE_OF_JARVA = (
    '[[mandates]]\nprincipal = "jarva"\nstaff_of = "hasselby-vallingby"\n'
    'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 2027-12-31\n'
)


@pytest.mark.parametrize("closed", ["office", "fallback"])
def test_a_withheld_caller_late_at_night_is_led_to_the_fallback(
    closed: str, stage_at: StageAt
) -> None:
    stage = stage_at(LATE, toml=changed(('closed = "office"', f'closed = "{closed}"')))

    call = stage.call("anonymous", default="answer 3")

    assert tried(call) == ["fallback"]
    assert heard_in(call, "stängd just nu", "Vänta kvar")
    row = logged(stage, call.sid)
    assert (row["outcome"], row["escalated_to"]) == ("fallback_answered", "fallback-1")
    assert str(row["caller"]).startswith("withheld-")
    assert row["home_district"] is None


def test_a_line_that_only_gives_a_message_says_what_to_do(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(LATE, toml=changed(CLOSED_MESSAGE))

    call = stage.call("anonymous", default="answer 3")

    assert tried(call) == []
    assert heard_in(call, "stängd just nu", "ring 1 1 2")
    assert call.outcome is Outcome.ENDED_BY_LINE
    assert logged(stage, call.sid)["outcome"] == "closed"


def test_a_closed_line_without_anybody_to_ring_still_says_what_to_do(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(LATE, toml=changed(CLOSED_FALLBACK, NO_FALLBACK))

    call = stage.call(YOUTH)

    assert tried(call) == []
    assert heard_in(call, "ring 1 1 2")
    assert logged(stage, call.sid)["outcome"] == "closed"


def test_in_office_hours_the_home_district_s_office_is_rung(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(MORNING)

    call = stage.call(YOUTH, default="answer 3")

    assert tried(call) == ["office"]
    row = logged(stage, call.sid)
    assert (row["outcome"], row["escalated_to"]) == ("fallback_answered", "office")


def test_an_office_that_does_not_answer_gives_way_to_the_fallback(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(MORNING)

    call = stage.call(YOUTH, phones={OFFICE: SILENT}, default="answer 3")

    assert tried(call) == ["office", "fallback"]


def test_an_unassigned_caller_in_office_hours_is_led_past_the_offices(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(MORNING)

    call = stage.call("anonymous", default="answer 3")

    assert tried(call) == ["fallback"]


def test_an_unknown_caller_is_helped_and_filed_as_unassigned(stage_at: StageAt) -> None:
    stage = stage_at(EVENING)

    first, second = (stage.call(STRANGER, phones={"t4": ANSWERS}) for _ in range(2))

    assert reached(first) == "t4"
    rows = [logged(stage, call.sid) for call in (first, second)]
    assert {row["home_district"] for row in rows} == {None}
    assert str(rows[0]["caller"]).startswith("unknown-")
    assert rows[0]["caller"] == rows[1]["caller"]
    assert [exported(stage, district) for district in DISTRICTS] == [[], []]


def test_a_number_known_to_two_districts_is_filed_with_neither(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)

    call = stage.call(SHARED, phones={"t4": ANSWERS})

    assert reached(call) == "t4"
    row = logged(stage, call.sid)
    assert row["home_district"] is None
    assert row["caller"] not in {"K-1002", "H-2002", "H-2002/K-1002", "K-1002/H-2002"}
    assert [exported(stage, district) for district in DISTRICTS] == [[], []]


def test_each_district_s_log_is_its_own(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)

    youth = stage.call(YOUTH, phones={"t4": ANSWERS})
    guardian = stage.call(GUARDIAN, phones={"t4": ANSWERS})

    assert [exported(stage, d) for d in DISTRICTS] == [[guardian.sid], [youth.sid]]


def test_without_a_mandate_nobody_of_the_other_district_is_offered_the_caller(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING, toml=changed((MANDATE_OF_JARVA, "")))

    of_jarva = stage.call(YOUTH, default=SILENT)
    of_the_other = stage.call(GUARDIAN, default=SILENT)

    assert tried(of_jarva) == ["t4", "fallback"]
    assert tried(of_the_other) == ["t4", "t1", "fallback"]
    assert [a.target for a in contact_of(stage, of_jarva.sid).attempts] == ["t4", "fallback-1"]


def test_somebody_on_the_staff_who_calls_is_not_rung_herself(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    call = stage.call(T4, phones={"t1": ANSWERS})

    assert tried(call) == ["t1"]
    assert reached(call) == "t1"


def test_an_empty_rota_leads_straight_to_the_fallback(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING, shifts=[])

    call = stage.call(YOUTH, default="answer 2")

    assert tried(call) == ["fallback"]
    assert reached(call) == "fallback"
    assert logged(stage, call.sid)["outcome"] == "fallback_answered"


def test_a_rota_that_changes_in_mid_call_confuses_nobody(sqlite_stage_at: StageAt) -> None:
    at_the_edge = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T19:05"),
        shift("t2", "2026-03-03T19:05", "2026-03-03T22:00"),
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2),
    ]
    stage = sqlite_stage_at("2026-03-03T19:04:50", shifts=at_the_edge)

    call = stage.call(YOUTH, phones={"t1": ANSWERS}, default=SILENT)

    assert tried(call) == ["t4", "t1"]
