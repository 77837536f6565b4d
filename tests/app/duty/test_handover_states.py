"""What becomes of a handover: read, acknowledged, never undone; and chased until it is."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from app.demo.stage import Stage
from app.duty import notes as service
from app.duty.gate import NotAllowed
from app.sweeps import sweeps
from routing.errors import Conflict, NotFound
from routing.handover import HandoverState
from routing.ids import ContactId, HandoverId
from routing.note import Urgency
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import AGREED, MANAGERS, WITH_MANAGERS, at_time, together
from tests.app.duty.desk import (
    CLOCK,
    LATE,
    OVER,
    WAITS,
    acknowledge,
    asked,
    assign,
    came,
    filed,
    gate,
    handed_over,
    handovers_of,
    history,
    open_,
    reach_,
    the_handover,
    told,
    told_at,
    write,
)
from tests.app.texts.talk import WiredCarrier
from tests.app.world import ANSWERS, GUARDIAN, SILENT, STRANGER, changed, evening, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, shift

EVENING, ENDS = "2026-03-03T19:00", "2026-03-03T22:00"
MEETING = "2026-03-04T08:30"
ACKNOWLEDGED, TRANSFERRED, CLOSED = (
    HandoverState.ACKNOWLEDGED,
    HandoverState.TRANSFERRED,
    HandoverState.CLOSED,
)
NOBODY = {"t4": SILENT, "t1": SILENT, "Socialjouren": SILENT}


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(EVENING, toml=WITH_MANAGERS)


@contextmanager
def _statements(stage: Stage, seen: list[tuple[str, Any]]) -> Iterator[None]:
    """Every statement that is executed meanwhile, with its values."""

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:  # noqa: ANN401
        seen.append((statement, values))

    sa.event.listen(stage.parts.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        sa.event.remove(stage.parts.engine, "before_cursor_execute", note)


def test_the_meeting_reads_what_is_urgent_first_then_broken_agreements_then_what_nobody_took(
    stage: Stage,
) -> None:
    def call(**note: object) -> str:
        sid = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
        write(stage, "t4", sid, **note)
        return sid

    plain, broken = call(), call(broken_agreement=True)
    missed = stage.call(GUARDIAN, phones=NOBODY).sid
    urgent, at_once = call(urgency=Urgency.URGENT), call(urgency=Urgency.AT_ONCE)
    unwritten = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    lost = came(stage, "lost", "2026-03-03T21:00")  # no word of its end ever came
    at_time(stage, ENDS, MEETING, sweeps=CLOCK)

    read = open_(stage, "t2", the_handover(stage, HASSELBY_VALLINGBY))

    assert [item.contact for item in read.items] == [
        at_once, urgent, broken, missed, lost, plain, unwritten
    ]  # fmt: skip
    assert read.without_note == {unwritten}
    assert [item.note is None for item in read.items] == [
        False, False, False, True, True, False, True
    ]  # fmt: skip
    assert read.handover.state == "opened"


def test_each_state_is_reached_once_by_somebody_named_and_never_left_again(stage: Stage) -> None:
    handover = handed_over(stage)
    with pytest.raises(Conflict):
        reach_(stage, "t1", handover, TRANSFERRED)
    with pytest.raises(Conflict):
        reach_(stage, "t1", handover, CLOSED)
    with pytest.raises(NotAllowed):
        reach_(stage, "t4", handover, ACKNOWLEDGED)
    with pytest.raises(NotAllowed):
        reach_(stage, "m1", handover, ACKNOWLEDGED)

    open_(stage, "t2", handover)
    open_(stage, "t1", handover)
    assert reach_(stage, "t1", handover, ACKNOWLEDGED)
    assert not reach_(stage, "t3", handover, ACKNOWLEDGED)
    open_(stage, "t3", handover)
    stage.sweep(CLOCK)
    assert reach_(stage, "t2", handover, CLOSED)
    assert not reach_(stage, "t1", handover, ACKNOWLEDGED)
    with pytest.raises(Conflict):
        reach_(stage, "t2", handover, TRANSFERRED)

    assert history(stage, handover) == [
        ("built", None), ("notified", None), ("opened", "t2"), ("acknowledged", "t1"),
        ("closed", "t2"),
    ]  # fmt: skip
    assert [h.state for h in handovers_of(stage)] == ["closed"]


def test_a_handover_is_transferred_after_it_was_acknowledged(stage: Stage) -> None:
    handover = handed_over(stage)

    open_(stage, "t1", handover)
    reached = [reach_(stage, "t1", handover, s) for s in (ACKNOWLEDGED, TRANSFERRED, CLOSED)]

    assert reached == [True, True, True]
    assert [event for event, _ in history(stage, handover)] == [
        "built", "notified", "opened", "acknowledged", "transferred", "closed"
    ]  # fmt: skip
    with pytest.raises(NotFound):
        open_(stage, "t1", HandoverId("none"))


def test_a_contact_reassigned_before_it_is_acknowledged_leaves_the_other_handover(
    stage: Stage,
) -> None:
    call = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    write(stage, "t4", call)
    assign(stage, "t4", call, JARVA)
    at_time(stage, ENDS, sweeps=CLOCK)
    assert filed(stage, JARVA) == [("2026-03-04 08:30", [call])]

    assign(stage, "t4", call, HASSELBY_VALLINGBY)
    stage.sweep(CLOCK)

    assert filed(stage, JARVA) == [("2026-03-04 08:30", [])]
    assert filed(stage, HASSELBY_VALLINGBY) == [("2026-03-04 08:30", [call])]
    assert open_(stage, "t5", the_handover(stage, JARVA)).items == ()
    (item,) = open_(stage, "t1", the_handover(stage, HASSELBY_VALLINGBY)).items
    assert item.note is not None
    assert asked(stage, "t5", call) == "not_your_contact"
    assert told(stage, WAITS) == ["t1", "t2", "t3", "t4", "t5", "t6"]


def test_what_is_assigned_after_the_meeting_is_due_at_the_next_and_is_not_late_at_once(
    stage: Stage,
) -> None:
    call = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    at_time(stage, ENDS, "2026-03-04T11:00", sweeps=CLOCK)

    assign(stage, "t4", call, HASSELBY_VALLINGBY)
    at_time(stage, "2026-03-04T11:01", "2026-03-04T12:30", sweeps=CLOCK)

    assert filed(stage, HASSELBY_VALLINGBY) == [("2026-03-05 08:30", [call])]
    assert told(stage, WAITS) == ["t1", "t2", "t3"]
    assert (told(stage, LATE), told(stage, OVER)) == ([], [])


def test_a_district_that_wants_to_know_is_told_that_nothingcame(sqlite_stage_at: StageAt) -> None:
    wanting = ('notify = ["t4", "t5", "t6"] }', 'notify = ["t4", "t5", "t6"], empty = true }')
    shifts = [*evening("2026-03-03"), *evening("2026-03-04", "t5", "t2")]
    stage = sqlite_stage_at(EVENING, toml=changed(wanting), shifts=shifts)
    at_time(stage, "2026-03-03T21:59:59", sweeps=CLOCK)
    assert filed(stage, JARVA) == []

    at_time(stage, ENDS, "2026-03-03T22:00:10", sweeps=CLOCK)

    assert filed(stage, JARVA) == [("2026-03-04 08:30", [])]
    assert filed(stage, HASSELBY_VALLINGBY) == []
    assert told(stage, WAITS) == ["t4", "t5", "t6"]
    came(stage, "b", "2026-03-03T21:00", JARVA)  # a spool drained late
    came(stage, "c", "2026-03-04T20:00", JARVA)
    at_time(stage, "2026-03-03T22:10", "2026-03-04T22:00", "2026-03-04T22:01", sweeps=CLOCK)
    assert filed(stage, JARVA) == [("2026-03-04 08:30", ["b"]), ("2026-03-05 08:30", ["c"])]
    assert told(stage, WAITS) == ["t4", "t4", "t5", "t5", "t6", "t6"]
    acknowledge(stage, "t5", handovers_of(stage, JARVA)[0].id)
    at_time(stage, "2026-03-05T12:00", sweeps=CLOCK)
    assert len(handovers_of(stage, JARVA)) == 2  # an empty one is made once


def test_half_an_hour_late_those_named_are_reminded_and_an_hour_late_the_managers_are_told(
    stage: Stage,
) -> None:
    handed_over(stage)
    for minute in ("08:29", "08:31", "08:59"):
        at_time(stage, f"2026-03-04T{minute}", sweeps=CLOCK)
    assert (told(stage, LATE), told(stage, OVER)) == ([], [])

    for minute in ("09:00", "09:01", "09:29"):
        at_time(stage, f"2026-03-04T{minute}", sweeps=CLOCK)
    assert (told(stage, LATE), told(stage, OVER)) == (["t1", "t2", "t3"], [])

    for minute in ("09:30", "09:31", "12:00"):
        at_time(stage, f"2026-03-04T{minute}", sweeps=CLOCK)
    at_time(stage, "2026-03-09T09:00", sweeps=CLOCK)
    assert (told(stage, LATE), told(stage, OVER)) == (["t1", "t2", "t3"], ["m1"])
    assert (told_at(stage, LATE), told_at(stage, OVER)) == (
        ["2026-03-04 09:00"], ["2026-03-04 09:30"]
    )  # fmt: skip
    assert [event for event, _ in history(stage, the_handover(stage, HASSELBY_VALLINGBY))] == [
        "built", "notified", "reminded", "escalated"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "reminded", "managers"),
    [("08:40", [], []), ("09:10", ["t1", "t2", "t3"], [])],
)
def test_a_named_person_who_acknowledges_it_stops_the_chase(
    stage: Stage, moment: str, reminded: list[str], managers: list[str]
) -> None:
    handover = handed_over(stage)
    at_time(stage, "2026-03-04T08:35", sweeps=CLOCK)
    open_(stage, "t1", handover)  # to read it is not enough
    at_time(stage, f"2026-03-04T{moment}", sweeps=CLOCK)
    acknowledge(stage, "t1", handover)

    at_time(stage, "2026-03-04T09:15", "2026-03-04T10:00", sweeps=CLOCK)

    assert (told(stage, LATE), told(stage, OVER)) == (reminded, managers)


def test_a_clock_that_was_away_for_the_morning_tells_both_once(stage: Stage) -> None:
    handed_over(stage)

    at_time(stage, "2026-03-04T15:00", "2026-03-04T15:01", sweeps=CLOCK)

    assert (told(stage, LATE), told(stage, OVER)) == (["t1", "t2", "t3"], ["m1"])


def test_nobody_is_reminded_of_what_lies_weeks_back(stage: Stage) -> None:
    """A database from before handovers were acknowledged is full of such."""
    handed_over(stage)

    at_time(stage, "2026-03-16T09:30", sweeps=CLOCK)

    assert (told(stage, LATE), told(stage, OVER)) == ([], [])


@pytest.mark.slow
def test_two_clocks_remind_once_and_two_people_acknowledge_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING, toml=WITH_MANAGERS)
    handover = handed_over(stage)
    stage.carrier.run_until(at("2026-03-04T09:30"))

    together(stage, "handover.chase")
    together(stage, "handover.chase")
    stage.sweep(["outbox.send"])

    assert (told(stage, LATE), told(stage, OVER)) == (["t1", "t2", "t3"], ["m1"])
    open_(stage, "t1", handover)
    both, came = threading.Barrier(2), list[bool]()

    def acknowledges(who: str) -> None:
        both.wait()
        came.append(reach_(stage, who, handover, ACKNOWLEDGED))

    threads = [threading.Thread(target=acknowledges, args=(who,)) for who in ("t1", "t2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == [False, True]
    assert [event for event, _ in history(stage, handover)].count("acknowledged") == 1


def test_a_contact_that_is_assigned_during_the_duty_is_in_the_first_handover(
    stage: Stage,
) -> None:
    call = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    with gate(stage, "t4") as own:
        service.assign(own, ContactId(call), HASSELBY_VALLINGBY, "H-2009")

    at_time(stage, ENDS, sweeps=CLOCK)

    assert filed(stage, HASSELBY_VALLINGBY) == [("2026-03-04 08:30", [call])]


def test_no_letter_and_no_line_of_the_log_says_what_is_in_a_handover(
    stage: Stage, log: io.StringIO
) -> None:
    call = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    write(stage, "t4", call, urgency=Urgency.AT_ONCE, broken_agreement=True)
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    at_time(stage, ENDS, "2026-03-04T07:30", "2026-03-04T10:00", "2026-03-05T17:00", sweeps=CLOCK)

    words = [m.body for m in stage.carrier.messages]
    assert len(words) >= 14
    lines = log.getvalue()
    assert "handover.late" in lines
    secrets = ("jarva", "Järva", "asselby", "H-2001", "t4", "grät", "Lyssnade", "19:", "K-")
    assert [body for body in words if any(secret in body for secret in secrets)] == []
    named = ("H-2001", "grät", "Lyssnade", "Therapist", "+46", "070-")
    assert [line for line in lines.splitlines() if any(word in line for word in named)] == []


def test_managers_of_a_merged_district_are_told_of_the_old_one_s_handover(
    sqlite_stage_at: StageAt,
) -> None:
    """The handover keeps the name it was made under, and its managers have the new one."""
    merged = changed(
        AGREED,
        ('name = "Hässelby-Vällingby"\nvalid_from = 1997-01-01\n',
         ('name = "Hässelby-Vällingby"\nvalid_from = 1997-01-01\nvalid_to = 2026-03-03\n'
         'successor = "vasterort"\n')),
    ) + (
        '\n[[districts]]\nid = "vasterort"\nname = "Västerort"\nvalid_from = 2026-03-04\n'
        'office_number = "+46846500402"\nhandover = { at = "08:30", notify = ["t1"] }\n'
    ) + MANAGERS.replace('district = "hasselby-vallingby"', 'district = "vasterort"')  # fmt: skip
    stage = sqlite_stage_at(EVENING, toml=merged, shifts=[shift("t4", EVENING, ENDS)])
    handed_over(stage)

    at_time(stage, "2026-03-04T09:30", sweeps=CLOCK)

    assert told(stage, OVER) == ["m1"]
    assert rows(stage.parts.engine, "handovers")[0]["district"] == "hasselby-vallingby"


def test_what_the_sweeps_ask_each_time_is_found_by_an_index(stage: Stage) -> None:
    """They run every few seconds for years, over tables that only grow."""
    seen: list[tuple[str, Any]] = []
    handed_over(stage)
    known = sweeps(stage.parts, WiredCarrier(stage))
    with _statements(stage, seen):
        for name in ("handover.build", "handover.notify", "handover.chase", "handover.urgent"):
            known[name][0]()

    plans = []
    with stage.parts.engine.connect() as connection:
        for statement, values in seen:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans += [str(row[3]) for row in plan]
    assert len(plans) > 5
    big = ("contact_events", "handovers", "notes", "outbox", "handover_contacts")
    assert [p for p in plans if p.startswith("SCAN") and any(t in p for t in big)] == []
