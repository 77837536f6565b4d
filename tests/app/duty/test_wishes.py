"""What people wish for the next rota: their own, and what a proposal goes by."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest

from app.demo.stage import Stage
from app.duty import wishes
from app.duty.gate import Gate, NotAllowed
from app.store.database import reading
from rota_adapter.planner.problem import Wanted
from routing.errors import Conflict, InvalidInput, NotFound
from tests.app.conftest import StageAt
from tests.app.duty.desk import gate
from tests.app.duty.swapping import MANAGED, NOON
from tests.examples import EFTERVARD, span

FIRST, LAST = date(2026, 3, 10), date(2026, 3, 11)
TODAY = date(2026, 3, 1)
_T = TypeVar("_T")


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(NOON, toml=MANAGED)


def asked(stage: Stage, who: str, what: Callable[[Gate], _T]) -> _T:
    with gate(stage, who) as own:
        return what(own)


def wish(
    stage: Stage, who: str = "t1", first: date = FIRST, last: date = LAST, wanted: str = "free"
) -> int:
    line = stage.organisation.lines[EFTERVARD]
    return asked(stage, who, lambda g: wishes.wish(g, line, first, last, wanted))


def test_a_wish_is_whole_days_and_her_own_to_take_back(stage: Stage) -> None:
    number = wish(stage)

    (kept,) = asked(stage, "t1", wishes.own)
    assert kept.wish.time == span("2026-03-10T00:00", "2026-03-12T00:00")
    assert kept.wish.wanted is Wanted.FREE
    assert asked(stage, "t2", wishes.own) == ()
    with pytest.raises(NotFound):
        asked(stage, "t2", lambda g: wishes.take_back(g, number))
    asked(stage, "t1", lambda g: wishes.take_back(g, number))
    assert asked(stage, "t1", wishes.own) == ()


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        (TODAY, LAST, "free"),
        (LAST, FIRST, "free"),
        (FIRST, FIRST + timedelta(days=600), "free"),
        (FIRST, LAST, "gold"),
    ],
)
def test_what_cannot_be_wished_is_refused(
    stage: Stage, first: date, last: date, wanted: str
) -> None:
    with pytest.raises(InvalidInput):
        wish(stage, first=first, last=last, wanted=wanted)


def test_nobody_wishes_twice_for_one_day(stage: Stage) -> None:
    wish(stage)

    with pytest.raises(Conflict):
        wish(stage, first=LAST, last=LAST, wanted="standby")
    assert wish(stage, "t2") > 0


def test_there_is_an_end_to_wishes(stage: Stage) -> None:
    for day in range(wishes.MOST):
        wish(stage, first=FIRST + timedelta(days=day), last=FIRST + timedelta(days=day))

    with pytest.raises(InvalidInput, match="at most"):
        wish(stage, first=date(2026, 8, 1), last=date(2026, 8, 1))


def test_managers_see_what_their_own_staff_wish_and_wish_nothing(stage: Stage) -> None:
    wish(stage, "t1")
    wish(stage, "t4")
    time = span("2026-03-01T00:00", "2026-04-01T00:00")

    seen = asked(stage, "m1", lambda g: wishes.of_team(g, time))

    assert [kept.wish.therapist for kept in seen] == ["t1"]
    with pytest.raises(NotAllowed):
        wish(stage, "m1")
    with pytest.raises(NotAllowed):
        asked(stage, "t1", lambda g: wishes.of_team(g, time))


def test_a_proposal_goes_by_everybodys(stage: Stage) -> None:
    wish(stage, "t1")
    wish(stage, "t4", wanted="standby")

    with reading(stage.parts.engine) as connection:
        found = wishes.for_plan(connection, span("2026-03-09T00:00", "2026-03-16T00:00"))

    assert [(one.therapist, one.wanted) for one in found] == [
        ("t1", Wanted.FREE),
        ("t4", Wanted.STANDBY),
    ]
