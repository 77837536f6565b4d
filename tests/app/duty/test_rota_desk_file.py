"""A rota that is brought as a file, and one that is asked for: read and made by other processes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from app.demo.stage import Stage
from app.duty import rota_desk_plan, wishes
from app.duty.gate import Gate, NotAllowed
from app.duty.rota_desk_drafts import open_draft
from app.duty.rota_desk_file import FileRefused, check_brings, keep, read
from app.duty.rota_desk_plan import GIVEN_UP_AFTER, Proposal
from app.duty.rota_desk_plan import Stage as Step
from app.duty.rota_desk_planner import PlanDesk, propose_rotas
from app.store.database import reading
from routing.absence import AbsenceKind
from routing.errors import Conflict, InvalidInput
from routing.finding import Finding
from tests.app.conftest import StageAt
from tests.app.duty.desk import gate
from tests.app.duty.swapping import MANAGED, NOON
from tests.app.world import environment
from tests.examples import EFTERVARD, at, shift

HEADER = "position,therapist,starts_at,ends_at\n"
EVENING = "2026-03-10T17:00,2026-03-10T22:00\n"
GOOD = f"{HEADER}1,t4,{EVENING}2,Therapist 1,{EVENING}"
FIRST = date(2026, 3, 9)
_T = TypeVar("_T")


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(NOON, toml=MANAGED)


def asked(stage: Stage, who: str, what: Callable[[Gate], _T]) -> _T:
    with gate(stage, who) as own:
        return what(own)


def faults(stage: Stage, name: str, content: bytes) -> list[tuple[str, int | None]]:
    """What is wrong with a file that is refused, and on which line."""
    line = stage.organisation.lines[EFTERVARD]
    with pytest.raises(FileRefused) as refused:
        read(line, stage.organisation, name, content, at(NOON))
    found: tuple[Finding, ...] = refused.value.findings
    return [(f.rule, None if f.place is None else f.place.line) for f in found]


def test_a_file_is_read_apart_and_becomes_a_draft(stage: Stage) -> None:
    line = asked(stage, "m1", lambda g: check_brings(g, EFTERVARD))
    shifts, found = read(line, stage.organisation, "mars.csv", GOOD.encode(), at(NOON))

    brought = asked(stage, "m1", lambda g: keep(g, EFTERVARD, "mars.csv", shifts, found))

    assert set(shifts) == {
        shift("t4", "2026-03-10T17:00", "2026-03-10T22:00", 1),
        shift("t1", "2026-03-10T17:00", "2026-03-10T22:00", 2),
    }
    draft = asked(stage, "t1", lambda g: open_draft(g, EFTERVARD, brought.draft)).draft
    assert (draft.signed.author, draft.signed.note, len(draft.shifts)) == ("m1", "mars.csv", 2)


def test_each_fault_of_a_file_is_named_by_its_line(stage: Stage) -> None:
    bad = f"{HEADER}1,nobody,{EVENING}9,t1,{EVENING}"

    assert faults(stage, "mars.csv", bad.encode()) == [
        ("UNKNOWN_NAME", 2),
        ("POSITION_UNKNOWN", 3),
    ]


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("mars.exe", b"MZ", "WRONG_KIND"),
        ("mars.xlsx", b"no workbook", "NOT_A_TABLE"),
        ("mars.ics", b"no calendar", "NOT_A_CALENDAR"),
        ("../../etc/mars.csv", HEADER.encode(), "NO_SHIFTS"),
    ],
)
def test_what_is_no_rota_is_refused_by_its_kind(
    stage: Stage, name: str, content: bytes, rule: str
) -> None:
    assert [found for found, _ in faults(stage, name, content)] == [rule]


def test_therapists_bring_nothing_and_ask_for_nothing(stage: Stage) -> None:
    with pytest.raises(NotAllowed):
        asked(stage, "t1", lambda g: check_brings(g, EFTERVARD))
    with pytest.raises(NotAllowed):
        asked(stage, "t1", lambda g: rota_desk_plan.ask(g, EFTERVARD, FIRST, 1, 1))
    with pytest.raises(NotAllowed):
        asked(stage, "t1", lambda g: rota_desk_plan.proposal(g, EFTERVARD))


def ask(stage: Stage, weeks: int = 1, first: date = FIRST) -> None:
    asked(stage, "m1", lambda g: rota_desk_plan.ask(g, EFTERVARD, first, weeks, 1))


def proposal(stage: Stage) -> Proposal:
    found = asked(stage, "m2", lambda g: rota_desk_plan.proposal(g, EFTERVARD))
    assert found is not None
    return found


def made(stage: Stage) -> Proposal:
    """Two sweeps of the clock, with the planner's work between them."""
    desk = PlanDesk(stage.parts.engine, stage.parts.cipher)
    now = stage.parts.clock()
    assert propose_rotas(desk, stage.organisation, now) == 1
    assert proposal(stage).stage is Step.WORKING
    desk.working[EFTERVARD].process.wait(120)
    assert propose_rotas(desk, stage.organisation, now) == 1
    assert propose_rotas(desk, stage.organisation, now) == 0
    return proposal(stage)


@pytest.fixture
def as_on_a_terminal(
    stage: Stage, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """The clock's process has the environment that the command then reads."""
    for name, value in environment(sqlite_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    return stage


@pytest.mark.slow
def test_the_clock_has_a_rota_proposed_and_it_becomes_a_draft(as_on_a_terminal: Stage) -> None:
    stage = as_on_a_terminal
    wednesday = date(2026, 3, 11)
    line = stage.organisation.lines[EFTERVARD]
    for who in ("t1", "t2", "t3", "t4"):
        asked(stage, who, lambda g: wishes.wish(g, line, wednesday, wednesday, "free"))
    ask(stage)

    done = made(stage)

    assert done.stage is Step.DONE
    assert done.draft is not None
    number = done.draft
    draft = asked(stage, "m1", lambda g: open_draft(g, EFTERVARD, number)).draft
    assert (draft.signed.author, len(draft.shifts)) == ("planner", 14)
    on_wednesday = {s.therapist for s in draft.shifts if line.today(s.time.start) == wednesday}
    assert on_wednesday == {"t5", "t6"}
    assert {a.kind for a in done.days_off} == {AbsenceKind.COMPENSATION}
    assert "shifts" not in done.answer
    ask(stage)  # and it may be asked again


@pytest.mark.slow
def test_where_there_is_no_rota_it_is_kept_why(as_on_a_terminal: Stage) -> None:
    stage = as_on_a_terminal
    nobody = replace(proposal_asked(stage), first=date(2030, 1, 7))
    with stage.parts.engine.begin() as connection:
        # The mandates have run out by then, so nobody may answer for the whole line.
        rota_desk_plan.keep(connection, stage.parts.cipher, EFTERVARD, nobody, stage.parts.clock())

    done = made(stage)

    assert done.stage is Step.NONE
    assert done.draft is None
    assert done.answer["weeks"]


def proposal_asked(stage: Stage) -> Proposal:
    ask(stage)
    return proposal(stage)


def test_a_planner_that_cannot_begin_has_failed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    ask(stage)

    assert made(stage).stage is Step.FAILED


def test_one_proposal_at_a_time(stage: Stage) -> None:
    ask(stage)

    with pytest.raises(Conflict):
        ask(stage)
    asked(stage, "m2", lambda g: rota_desk_plan.forget(g, EFTERVARD))
    ask(stage)


def test_two_clocks_start_one_planner(stage: Stage) -> None:
    ask(stage)
    one, other = (PlanDesk(stage.parts.engine, stage.parts.cipher) for _ in range(2))

    done = [propose_rotas(d, stage.organisation, stage.parts.clock()) for d in (one, other)]

    assert done == [1, 0]
    one.working[EFTERVARD].process.kill()
    one.working[EFTERVARD].process.wait(30)
    propose_rotas(one, stage.organisation, stage.parts.clock())
    assert proposal(stage).stage is Step.FAILED


def test_a_clock_that_ends_meanwhile_leaves_no_proposal_under_way_for_ever(stage: Stage) -> None:
    ask(stage)
    with stage.parts.engine.begin() as connection:
        kept = rota_desk_plan.found(connection, stage.parts.cipher, EFTERVARD, stage.parts.clock())
        assert kept is not None
        begun = stage.parts.clock() - GIVEN_UP_AFTER - timedelta(minutes=1)
        rota_desk_plan.keep(
            connection, stage.parts.cipher, EFTERVARD, replace(kept, stage=Step.WORKING), begun
        )

    assert proposal(stage).stage is Step.FAILED
    ask(stage)


@pytest.mark.parametrize(("weeks", "first"), [(0, FIRST), (54, FIRST), (1, date(2026, 3, 1))])
def test_what_cannot_be_planned_is_refused(stage: Stage, weeks: int, first: date) -> None:
    with pytest.raises(InvalidInput):
        ask(stage, weeks, first)


def test_nothing_of_a_proposal_lies_open(stage: Stage) -> None:
    ask(stage)
    with reading(stage.parts.engine) as connection:
        (row,) = connection.exec_driver_sql("SELECT body FROM writings").all()

    assert b"2026" not in bytes(row[0])
    assert b"m1" not in bytes(row[0])
