"""A follow-up, from the order in the afternoon to what the home district reads next morning."""

import io

import pytest

from app.demo.stage import Stage
from app.duty.gate import NotAllowed
from routing.contact import Direction, Outcome
from routing.errors import InvalidInput
from routing.follow_up import FollowUpRefused, Reached, State
from routing.ids import DistrictId
from routing.register import RegisterEntry
from routing.role import Role
from tests.app.conftest import StageAt
from tests.app.duty.following import (
    AFTERNOON,
    INSTRUCTION,
    TOLD,
    TOLD_US,
    TONIGHT,
    WITH_MANAGERS,
    calls,
    handed_over,
    kept,
    ordered,
    recorded,
    shown,
    swept,
    wanted,
)
from tests.app.world import (
    LINE,
    PROTECTED,
    REGISTER,
    T4,
    YOUTH,
    contact_of,
    exported,
    load_register,
    rows,
    told,
)
from tests.examples import HASSELBY_VALLINGBY, JARVA, entry

PICKS_UP = {T4: "answer 3, press 1", YOUTH: "answer 4, talk 60"}
NOBODY_HOME = {T4: "answer 3, press 1", YOUTH: "no answer"}


def test_from_the_order_to_the_handover(engine_stage_at: StageAt, log: io.StringIO) -> None:
    stage = engine_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t5")

    swept(stage, "2026-03-03T18:59")
    assert told(stage) == []
    swept(stage, "2026-03-03T19:00", "2026-03-03T19:01")
    assert told(stage) == [("t4", TOLD)], "once, and only whoever has the duty"

    assert shown(stage, "t4", number).task.order.instruction == INSTRUCTION
    calls(stage, "t4", number, PICKS_UP)
    (sid,) = exported(stage, JARVA)
    contact = contact_of(stage, sid)
    assert (contact.direction, contact.outcome) == (Direction.OUTBOUND, Outcome.ANSWERED)
    assert (contact.therapist, contact.caller.label, contact.caller.role) == (
        "t4", "K-1001", Role.YOUTH,
    )  # fmt: skip
    assert [(a.contact, a.result) for a in kept(stage, number).attempts] == [(sid, "answered")]

    recorded(stage, "t4", number, Reached.REACHED)
    swept(stage, "2026-03-03T20:00", "2026-03-03T20:31", "2026-03-04T08:00")

    assert told(stage) == [("t4", TOLD)], "it is done, so the clock has nothing more to say"
    (task,) = handed_over(stage, "2026-03-03T22:00")
    assert (task.state, task.order.instruction) == (State.DONE, INSTRUCTION)
    assert task.report is not None
    assert (task.report.outcome, task.report.text, task.report.by) == ("reached", TOLD_US, "t4")
    assert handed_over(stage, "2026-03-03T22:00", HASSELBY_VALLINGBY) == ()
    for secret in (YOUTH, YOUTH[3:], "K-1001", INSTRUCTION, TOLD_US):
        assert secret not in log.getvalue()


def test_the_family_sees_the_lines_number_and_is_not_called_before_she_presses_1(
    variant_stage_at: StageAt,
) -> None:
    stage = variant_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])

    calls(stage, "t4", number, {T4: "answer 3", YOUTH: "answer 4, talk 60"})
    assert (exported(stage, JARVA), kept(stage, number).attempts) == ([], ())
    calls(stage, "t4", number, PICKS_UP)

    rang = [e.other for e in stage.carrier.trace.entries if e.party == YOUTH and e.what == "rings"]
    documents = [e.body for e in stage.carrier.trace.exchanges if "<Dial" in e.body]
    assert len(rang) == len(documents) == 1
    assert f'callerId="{LINE}"' in documents[0]
    assert T4 not in documents[0]


def test_nothing_of_it_lies_open_in_the_database(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])
    calls(stage, "t4", number, PICKS_UP)
    recorded(stage, "t4", number, Reached.REACHED)

    tables = ("follow_up_orders", "follow_ups", "follow_up_attempts", "follow_up_events")
    lying = repr([rows(stage.parts.engine, table) for table in tables])

    for secret in (INSTRUCTION, TOLD_US, YOUTH, YOUTH[3:]):
        assert secret not in lying
    assert "K-1001" not in repr(kept(stage, number))
    assert INSTRUCTION not in repr(kept(stage, number))


# --- who may order -------------------------------------------------------------------------------


def test_another_district_cannot_order_and_learns_nothing_of_the_client(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON)

    with pytest.raises(InvalidInput, match="your district's register has no such client"):
        ordered(stage, "t1")
    with pytest.raises(InvalidInput, match="your district's register has no such client"):
        ordered(stage, "t1", wanted("K-9999"))
    with pytest.raises(NotAllowed, match="not your district"):
        ordered(stage, "t1", wanted(district=DistrictId("jarva")))

    turned_away = [row for row in rows(stage.parts.engine, "readings") if row["denied"]]
    assert [(r["viewer"], r["act"], r["district"]) for r in turned_away] == [
        ("t1", "order", "jarva")
    ]
    assert rows(stage.parts.engine, "follow_ups") == []


def test_a_manager_of_the_district_may_order_and_is_not_shown_what_was_said(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_MANAGERS)
    (number,) = ordered(stage, "c2")
    swept(stage, TONIGHT[0])
    calls(stage, "t4", number, PICKS_UP)
    recorded(stage, "t4", number, Reached.OTHER_ADULT)

    task = shown(stage, "c2", number).task

    assert task.report is not None
    assert (task.report.outcome, task.report.text) == (Reached.OTHER_ADULT, "")
    with pytest.raises(NotAllowed, match="not your district"):
        shown(stage, "c1", number)
    with pytest.raises(NotAllowed, match="not your office"):
        recorded(stage, "c2", number, Reached.REACHED)


def test_the_number_is_chosen_by_its_place_and_stays_the_same_number(
    sqlite_stage_at: StageAt,
) -> None:
    guardian = entry("+46701740655", role=Role.GUARDIAN)
    stage = sqlite_stage_at(AFTERNOON, entries=(*REGISTER, guardian))

    with pytest.raises(InvalidInput, match="say which of the client's numbers: 1 youth, 2 guardi"):
        ordered(stage, "t4")
    with pytest.raises(InvalidInput, match="say which"):
        ordered(stage, "t4", wanted(number=3))
    (number,) = ordered(stage, "t4", wanted(number=1))
    _replace_register(stage, guardian, *REGISTER)  # its place is the second now
    swept(stage, TONIGHT[0])
    calls(stage, "t4", number, PICKS_UP)

    assert kept(stage, number).attempts[0].result == "answered"


def test_a_number_that_is_the_clients_no_more_is_not_called(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])
    others = (one for one in REGISTER if one.phone.e164 != YOUTH)
    _replace_register(stage, entry("+46701740655", role=Role.GUARDIAN), *others)

    with pytest.raises(FollowUpRefused, match="the register has that number no more"):
        calls(stage, "t4", number, PICKS_UP)


def test_somebody_with_a_protected_identity_is_called_and_never_texted(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4", wanted("K-1003"))
    swept(stage, TONIGHT[0])
    calls(stage, "t4", number, {T4: "answer 3, press 1", PROTECTED: "no answer"})
    swept(stage, TONIGHT[1])

    assert {who for who, _ in told(stage)} == {"t4"}
    assert len(kept(stage, number).attempts) == 1


def _replace_register(stage: Stage, *entries: RegisterEntry) -> None:
    load_register(stage.parts.engine, stage.parts.cipher, entries)
    stage.parts.mirror.refresh()
