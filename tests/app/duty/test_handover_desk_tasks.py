"""Follow-ups and duties as people find them on a desk: what there is to do, and for whom."""

import pytest

from app.demo.stage import Stage
from app.duty import follow_up_desk as service
from app.duty import follow_ups
from app.duty.follow_up_desk import Listed, Task, Tray
from app.duty.gate import NotAllowed
from app.duty.sign_off import standings
from app.store.database import reading
from routing.follow_up import IfNotReached, Reached, State, Window
from routing.ids import FollowUpId, TherapistId
from routing.register import RegisterEntry
from routing.role import Role
from tests.app.conftest import StageAt
from tests.app.duty.desk import CLOCK as NIGHT
from tests.app.duty.desk import gate, reading_log, wall, write
from tests.app.duty.following import (
    AFTERNOON,
    SATURDAY,
    TONIGHT,
    WITH_ITS_OWN_MANDATE,
    asks,
    calls,
    cancelled,
    ordered,
    recorded,
    swept,
    wanted,
)
from tests.app.world import ANSWERS, GUARDIAN, REGISTER, SILENT, STRANGER, T4, YOUTH, evening
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, entry

NOBODY_HOME = {T4: "answer 3, press 1", YOUTH: "no answer"}
T1_FIRST = evening("2026-03-03", first="t1", backup="t4")


def tray(stage: Stage, who: str) -> Tray:
    with gate(stage, who) as own:
        return service.tray(own)


def task(stage: Stage, who: str, number: FollowUpId) -> Task:
    with gate(stage, who) as own:
        return service.task(own, number)


def numbers(found: tuple[Listed, ...]) -> list[FollowUpId]:
    return [one.task.id for one in found]


def test_it_lies_ahead_then_waits_now_then_is_over(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(AFTERNOON)
    tonight, saturday = ordered(stage, "t5", wanted("K-1001", TONIGHT, SATURDAY))
    found = tray(stage, "t5")
    assert (numbers(found.ahead), found.now, found.over) == ([tonight, saturday], (), ())

    swept(stage, TONIGHT[0])
    found = tray(stage, "t5")
    assert (numbers(found.now), numbers(found.ahead)) == ([tonight], [saturday])
    calls(stage, "t4", tonight, {T4: "answer 3, press 1", YOUTH: "answer 4, talk 60"})
    recorded(stage, "t4", tonight, Reached.REACHED)

    found = tray(stage, "t5")
    assert (found.now, numbers(found.ahead), numbers(found.over)) == ((), [saturday], [tonight])
    (over,) = found.over
    assert (over.task.order.instruction, over.task.report and over.task.report.text) == ("", "")


def test_another_districts_is_seen_on_duty_with_its_mandate_once_its_time_has_come(
    sqlite_stage_at: StageAt,
) -> None:
    other = ("2026-03-03T20:30", "2026-03-03T21:00")
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_ITS_OWN_MANDATE, shifts=T1_FIRST)
    (number,) = ordered(stage, "t1", wanted("H-2001", other))
    swept(stage, "2026-03-03T20:29")  # her duty has begun, and its time has not
    assert tray(stage, "t4") == Tray((), (), ())
    swept(stage, other[0])
    assert numbers(tray(stage, "t4").now) == [number]
    assert tray(stage, "t5") == Tray((), (), ()), "she has no duty"
    swept(stage, "2026-03-03T23:30")
    assert tray(stage, "t4") == Tray((), (), ())
    with pytest.raises(NotAllowed):
        task(stage, "t4", number)


def test_the_mandate_for_standby_alone_shows_nothing(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON, shifts=T1_FIRST)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])

    assert tray(stage, "t1") == Tray((), (), ())
    assert numbers(tray(stage, "t4").now) == [number]


def test_what_is_shown_stands_in_the_log(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_ITS_OWN_MANDATE)
    ordered(stage, "t5")
    tray(stage, "t4")
    tray(stage, "c2")
    tray(stage, "c1")
    tray(stage, "t1")

    assert reading_log(stage, JARVA) == [
        ("t5", "order", None), ("t4", "follow_up", None), ("c2", "order", None)
    ]  # fmt: skip


def test_a_page_offers_what_may_be_done_and_nothing_else(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_ITS_OWN_MANDATE)
    (number,) = ordered(stage, "t5")

    def offered(who: str) -> tuple[bool, bool, bool]:
        found = task(stage, who, number)
        return found.may_call, found.may_report, found.may_cancel

    assert (offered("t5"), offered("c2")) == ((False, False, True), (False, False, True))
    swept(stage, TONIGHT[0])
    assert (offered("t4"), offered("c2")) == ((True, True, True), (False, False, True))
    asks(stage, "t4", number, NOBODY_HOME)
    calls(stage, "t4", number, NOBODY_HOME)
    calls(stage, "t4", number, NOBODY_HOME)
    assert offered("t4") == (False, True, True), "every attempt is used up"
    recorded(stage, "t4", number, Reached.NOT_REACHED)
    assert offered("t4") == (False, False, False)
    assert task(stage, "t4", number).then is IfNotReached.SOCIALJOUREN


def _one_evening(stage: Stage, second_at: tuple[str, str]) -> tuple[FollowUpId, FollowUpId]:
    """Two windows; where nobody is reached in the first, the second one is waited for."""
    both = wanted("K-1001", ("2026-03-03T18:00", "2026-03-03T18:30"), second_at)
    first, second = both.windows
    waits = Window(first.time, IfNotReached.NEXT_WINDOW)
    one, other = ordered(stage, "t5", wanted("K-1001", windows=(waits, second)))
    return one, other


def test_when_the_next_window_is_cancelled_socialjouren_takes_over(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    tonight, saturday = _one_evening(stage, SATURDAY)
    found = task(stage, "t5", tonight)
    assert (found.then, [one.id for one in found.series]) == (IfNotReached.NEXT_WINDOW, [saturday])

    cancelled(stage, "t5", saturday)

    assert task(stage, "t5", tonight).then is IfNotReached.SOCIALJOUREN


def test_a_next_window_that_is_done_leaves_nothing_for_socialjouren(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    first, second = _one_evening(stage, TONIGHT)
    swept(stage, "2026-03-03T18:00", "2026-03-03T18:30", TONIGHT[0])
    recorded(stage, "t4", second, Reached.REACHED)

    found = task(stage, "t4", first)
    assert (found.task.state, found.then) == (State.NOT_REACHED, IfNotReached.NEXT_WINDOW)


def test_it_is_said_when_nobody_on_the_rota_may_make_it(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    line = stage.organisation.lines[EFTERVARD]
    with gate(stage, "t5") as own:
        made = service.order(own, wanted("K-1001", TONIGHT, SATURDAY), line)
    assert [unmanned for _, unmanned in made] == [False, True]


def test_the_clients_numbers_are_told_by_whose_they_are_and_to_the_own_district(
    sqlite_stage_at: StageAt,
) -> None:
    more: tuple[RegisterEntry, ...] = (*REGISTER, entry(STRANGER, role=Role.GUARDIAN))
    stage = sqlite_stage_at(AFTERNOON, entries=more)
    line = stage.organisation.lines[EFTERVARD]
    with gate(stage, "t5") as own:
        assert follow_ups.choices(own, wanted("K-1001"), line) == (Role.YOUTH, Role.GUARDIAN)
        assert follow_ups.choices(own, wanted("H-2001"), line) == ()
    with pytest.raises(NotAllowed), gate(stage, "t5") as own:
        follow_ups.choices(own, wanted("H-2001", district=HASSELBY_VALLINGBY), line)


def test_duties_stand_with_what_lacks_and_when_they_were_signed(engine_stage_at: StageAt) -> None:
    shifts = [*evening("2026-03-03"), *evening("2026-03-04")]
    stage = engine_stage_at("2026-03-03T19:00", shifts=shifts)

    def standing(who: str = "t4") -> list[tuple[str, int, str | None]]:
        line = stage.organisation.lines[EFTERVARD]
        with reading(stage.parts.engine) as connection:
            found = standings(connection, line, TherapistId(who), stage.parts.clock())
        signed = [None if one.signed_at is None else wall(one.signed_at) for one in found]
        ended = [(wall(one.duty.ended_at), len(one.missing)) for one in found]
        return [(*duty, at_) for duty, at_ in zip(ended, signed, strict=True)]

    first = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    assert standing() == [("2026-03-03 22:00", 1, None)]
    stage.call(GUARDIAN, phones={"t4": SILENT, "t1": ANSWERS})
    write(stage, "t4", first)
    swept(stage, "2026-03-03T22:00")
    stage.sweep(NIGHT)
    swept(stage, "2026-03-04T19:00")
    stage.call(GUARDIAN, phones={"t4": ANSWERS})

    assert standing() == [
        ("2026-03-04 22:00", 1, None),
        ("2026-03-03 22:00", 0, "2026-03-03 22:00"),
    ]
    assert standing("t1") == [("2026-03-03 22:00", 1, None)]
