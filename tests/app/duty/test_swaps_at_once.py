"""Two at once, on each engine: one wins, the other is told, and somebody is always on standby."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from app.duty.swap_offers import expire_swaps
from app.store.database import reading
from app.store.rota import in_force
from routing.errors import BeredskapError
from routing.rota import Rota
from routing.swap import SwapRefused, Why
from tests.app.conftest import StageAt
from tests.app.duty.swapping import NOON, RELAXED, TUE, TUESDAY, WED, WEEK, Swapping, rows_of
from tests.examples import EFTERVARD, at, span


def at_once(*steps: Callable[[], object]) -> list[object]:
    """What each of *steps* came to, begun at one moment: True, or why it was refused."""
    start = threading.Barrier(len(steps))
    found: list[object] = [None] * len(steps)

    def take(number: int, step: Callable[[], object]) -> None:
        start.wait(timeout=10)
        try:
            step()
            found[number] = True
        except SwapRefused as err:
            found[number] = err.why

    threads = [threading.Thread(target=take, args=both) for both in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return found


@pytest.fixture
def either(engine_stage_at: StageAt) -> Swapping:
    return Swapping(engine_stage_at(NOON, shifts=WEEK, toml=RELAXED))


def test_of_two_who_accept_at_once_one_gets_it(either: Swapping) -> None:
    either.offer("t4", TUESDAY)

    found = at_once(lambda: either.accept(1, "t5"), lambda: either.accept(1, "t6"))

    assert sorted(map(str, found)) == ["True", "taken"]
    winner = "t5" if found[0] is True else "t6"
    assert either.on("2026-03-03T19:00") == [(1, winner), (2, "t1")]
    assert rows_of(either.stage.parts.engine, "overrides") == 1
    assert either.history(1) == [("offered", "t4"), ("accepted", winner)]
    given = f"Byte 1: {winner} har jouren tisdag 3 mars 17.00–22.00 i stället för t4."
    assert [who for who, said in either.told() if said == given] == ["t2", "t3", "t4", "t5", "t6"]


def test_of_an_acceptance_and_a_withdrawal_one_happens(either: Swapping) -> None:
    either.offer("t4", TUESDAY, "t5")

    found = at_once(lambda: either.accept(1, "t5"), lambda: either.withdraw(1, "t4"))

    assert found in ([True, Why.TAKEN], [Why.OVER, True])
    assert either.on("2026-03-03T19:00")[0] == (1, "t5" if found[0] is True else "t4")


def test_two_clocks_remind_and_expire_once(either: Swapping) -> None:
    either.offer("t4", TUESDAY, "t5")
    with either.step() as (_, desk):
        clock = partial(expire_swaps, desk, either.stage.organisation)

    for moment in ("2026-03-02T18:00", TUESDAY):
        either.stage.carrier.run_until(at(moment).astimezone(UTC))
        sweep = partial(clock, at(moment))
        assert at_once(sweep, sweep) == [True, True]

    assert either.history(1) == [
        ("offered", "t4"),
        ("reminded", "clock"),
        ("expired", "clock"),
    ]
    assert [who for who, said in either.told() if "ingen" in said] == ["t4", "t4"]


# --- a model: whatever is done, in whatever order -------------------------------------------------

PEOPLE = [f"t{n}" for n in range(1, 7)]
HALF_AN_HOUR = timedelta(minutes=30)
HOURS = [at(f"{day}T{hour}:30") for day in (TUE, WED) for hour in range(17, 22)]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_done_each_position_has_the_one_person_the_last_step_says(
    seed: int, sqlite_stage_at: StageAt
) -> None:
    chosen = random.Random(seed)
    week = Swapping(sqlite_stage_at(NOON, shifts=WEEK[:4], toml=RELAXED))
    holder = _holders(week)
    done: list[str] = []

    for _ in range(30):
        what = chosen.choice(["offer", "offer", "accept", "accept", "accept", "undo", "arrange"])
        number = chosen.randint(1, max(1, rows_of(week.stage.parts.engine, "swaps")))
        (hour, _), (giver,) = chosen.choice(sorted(holder.items()))
        taker = chosen.choice(PEOPLE)
        manager = chosen.choice(["m1", "m2"])
        moment = (hour - HALF_AN_HOUR).isoformat()
        try:
            if what == "offer":
                end = (hour + HALF_AN_HOUR).isoformat()
                part = chosen.choice([(moment, end), (moment, None), (None, None)])
                week.offer(giver, moment, chosen.choice([None, taker]), part=part)
                changed = []
            elif what == "accept":
                swap = week.accept(number, taker).swap
                changed = [*swap.terms.effect(swap.taker or swap.terms.giver)]
            elif what == "undo":
                swap = week.undo(number, manager, "no longer needed").swap
                changed = [*swap.terms.undoing(swap.taker or swap.terms.giver)]
            else:
                swap = week.arrange(giver, moment, taker, manager).swap
                changed = [*swap.terms.effect(swap.taker or swap.terms.giver)]
        except BeredskapError:
            changed = []
        else:
            done.append(what)
        for one in changed:
            for hour in HOURS:
                if hour in one.time:
                    holder[hour, one.position] = [one.therapist]
        assert _holders(week) == holder

    assert len(done) > 4


def _holders(week: Swapping) -> dict[tuple[datetime, int], list[str]]:
    """Who holds each position in each hour of two evenings."""
    window = span(TUESDAY, f"{WED}T22:00")
    with reading(week.stage.parts.engine) as connection:
        found = in_force(connection, EFTERVARD, window)
    rota = Rota(EFTERVARD, found, source="", read_at=window.start)
    return {
        (hour, position): [s.therapist for s in rota.on_call(hour) if s.position == position]
        for hour in HOURS
        for position in (1, 2)
    }
