"""What everybody's even share of each kind of block is, with what was held before."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rota_adapter.planner.problem import Block, Kind, Share
from routing.ids import TherapistId

_NONE = Fraction(0)
# What was held unevenly before is made good bit by bit: nobody pays for half a year in one.
_MOST_REPAID = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Past:
    """A block before the plan, and who of the team held which position of it."""

    block: Block
    held: Mapping[int, TherapistId]


def shares(
    team: Sequence[TherapistId],
    blocks: Sequence[Block],
    positions: int,
    counts_for: Callable[[TherapistId, Block], bool],
    may_hold: Callable[[TherapistId, Block], bool],
    past: Collection[Past] = (),
) -> tuple[Share, ...]:
    """
    Everybody's share of each kind, in each position by itself and in all of them together.

    A block is shared by all whom it *counts_for*.  Who held more or less of the *past* than her
    share of that has so much less or more now, up to a quarter of a share or to one block.
    Nobody's share is more than what she *may_hold*.  The shares of a kind add up to its blocks.
    """
    found: list[Share] = []
    every = tuple(range(1, positions + 1))
    choices = [(position,) for position in every] + ([every] if positions > 1 else [])
    for kind in Kind:
        alike = [block for block in blocks if block.kind is kind]
        before = [one for one in past if one.block.kind is kind]
        for chosen in choices if alike else ():
            slots = Fraction(len(chosen))
            even = _even(team, [(block, slots) for block in alike], counts_for)
            owed = _owed(team, before, chosen, counts_for)
            amounts = {t: even[t] + repaid for t, repaid in _repaid(owed, even).items()}
            caps = {t: Fraction(sum(1 for b in alike if may_hold(t, b))) for t in team}
            capped = _capped(amounts, caps)
            found.extend(Share(t, kind, chosen, capped[t]) for t in team)
    return tuple(found)


def _even(
    team: Sequence[TherapistId],
    blocks: Collection[tuple[Block, Fraction]],
    counts_for: Callable[[TherapistId, Block], bool],
) -> dict[TherapistId, Fraction]:
    total = dict.fromkeys(team, _NONE)
    for block, slots in blocks:
        sharing = [t for t in team if counts_for(t, block)] or list(team)
        for therapist in sharing:
            total[therapist] += slots / len(sharing)
    return total


def _owed(
    team: Sequence[TherapistId],
    past: Collection[Past],
    chosen: Collection[int],
    counts_for: Callable[[TherapistId, Block], bool],
) -> dict[TherapistId, Fraction]:
    """What each would have held of *past* if it had been even, less what she did hold."""
    held = [
        (one.block, [t for p, t in one.held.items() if p in chosen and t in team]) for one in past
    ]
    owed = _even(team, [(block, Fraction(len(by))) for block, by in held if by], counts_for)
    for _, by in held:
        for therapist in by:
            owed[therapist] -= 1
    return owed


def _repaid(
    owed: Mapping[TherapistId, Fraction], even: Mapping[TherapistId, Fraction]
) -> dict[TherapistId, Fraction]:
    """How much of *owed* is made good now; what some get, others give."""
    repaid: dict[TherapistId, Fraction] = {}
    for therapist, amount in owed.items():
        most = max(Fraction(1), even[therapist] * _MOST_REPAID)
        repaid[therapist] = max(-min(most, even[therapist]), min(most, amount))
    more = sum((r for r in repaid.values() if r > 0), _NONE)
    less = -sum((r for r in repaid.values() if r < 0), _NONE)
    common = min(more, less)
    return {t: r * common / (more if r > 0 else less) if r else _NONE for t, r in repaid.items()}


def _capped(
    amounts: Mapping[TherapistId, Fraction], caps: Mapping[TherapistId, Fraction]
) -> dict[TherapistId, Fraction]:
    """*amounts* with what is over anybody's cap divided among the others, as far as it goes."""
    capped = dict(amounts)
    while over := sum((max(_NONE, capped[t] - caps[t]) for t in capped), _NONE):
        capped = {t: min(amount, caps[t]) for t, amount in capped.items()}
        open_to = [t for t in capped if capped[t] < caps[t]]
        if not open_to:
            break
        for therapist in open_to:
            capped[therapist] += over / len(open_to)
    return capped
