"""Everybody's share is even, save for what was held before, long absence and what she may hold."""

from collections.abc import Collection
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from rota_adapter.planner.problem import Block, Kind
from rota_adapter.planner.shares import Past, shares
from routing.ids import TherapistId
from routing.intervals import Interval
from tests.examples import at

TEAM = tuple(TherapistId(f"t{n}") for n in range(1, 4))
FIRST = at("2027-01-11T17:00")


def evening(number: int) -> Block:
    start = FIRST + timedelta(days=number)
    return Block(start.date(), Kind.EVENING, (Interval(start, start + timedelta(hours=5)),))


def amounts(
    blocks: int,
    past: Collection[Past] = (),
    not_for: frozenset[tuple[TherapistId, date]] = frozenset(),
    cannot: frozenset[tuple[TherapistId, date]] = frozenset(),
) -> dict[str, Fraction]:
    found = shares(
        TEAM,
        [evening(n) for n in range(blocks)],
        1,
        lambda therapist, block: (therapist, block.day) not in not_for,
        lambda therapist, block: (therapist, block.day) not in cannot,
        past,
    )
    return {share.therapist: share.amount for share in found}


def before(number: int, who: str) -> Past:
    return Past(evening(-number), {1: TherapistId(who)})


def test_a_share_is_an_even_one() -> None:
    assert amounts(12) == {"t1": 4, "t2": 4, "t3": 4}


def test_who_held_more_before_holds_less_now_and_no_more_than_a_quarter_less() -> None:
    hers = [before(n, "t1") for n in range(1, 10)]

    assert amounts(12, hers) == {"t1": 3, "t2": Fraction(9, 2), "t3": Fraction(9, 2)}


def test_a_block_that_does_not_count_for_somebody_is_shared_by_the_others() -> None:
    first_half = frozenset((TEAM[0], evening(n).day) for n in range(6))

    assert amounts(12, not_for=first_half) == {"t1": 2, "t2": 5, "t3": 5}


def test_nobody_has_a_share_of_more_than_she_may_hold() -> None:
    but_one = frozenset((TEAM[0], evening(n).day) for n in range(11))

    assert amounts(12, cannot=but_one) == {"t1": 1, "t2": Fraction(11, 2), "t3": Fraction(11, 2)}


@given(
    held=st.lists(st.sampled_from(TEAM), max_size=20),
    cannot=st.frozensets(st.tuples(st.sampled_from(TEAM[:2]), st.integers(0, 11))),
)
def test_shares_add_up_to_the_blocks_and_nobody_owes_any(
    held: list[TherapistId], cannot: frozenset[tuple[TherapistId, int]]
) -> None:
    past = [before(n, who) for n, who in enumerate(held, start=1)]

    found = amounts(12, past, cannot=frozenset((t, evening(n).day) for t, n in cannot))

    assert sum(found.values()) == 12
    assert min(found.values()) >= 0
