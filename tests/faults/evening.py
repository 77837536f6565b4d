"""An evening's calls and texts, many times over: who calls, and what each phone does."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.ids import ClientId
from routing.register import RegisterEntry
from routing.role import Role
from tests.app.world import REGISTER, T1, T4
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, entry

OPENS, CLOSES = "2026-03-03T17:00", "2026-03-03T22:00"
FALLBACK = "+46846500499"
# Families whom the register knows, and numbers that it does not.
_FAMILIES = tuple(f"+467017406{n}" for n in range(30, 60))
_STRANGERS = tuple(f"+467017406{n}" for n in range(60, 90))
_ANSWERED = ("answer 4, press 1 after 3, talk 20", "answer 8, press 1, talk 15")
_PHONES = (
    *_ANSWERED * 3,
    "no answer",
    "busy",
    "voicemail 6",
    "answer 5, press 2",
    "answer 5",
    "failed",
    "airplane",
)
_FALLBACKS = ("answer 5, talk 15", "answer 5, talk 15", "answer 9, talk 10", "no answer")
_LEAVES = ("hang up after 12", "hang up 5 after ringing", "hang up 1 after bridging")
_LONGEST = timedelta(minutes=5)  # from one caller to the next, so that none waits for another


def register() -> tuple[RegisterEntry, ...]:
    """The examples' register, and the families of these evenings, half of them each district's."""
    homes = (JARVA, HASSELBY_VALLINGBY)
    return REGISTER + tuple(
        entry(
            number,
            client=ClientId(f"F-{n:04}"),
            district=homes[n % 2],
            role=(Role.YOUTH, Role.GUARDIAN)[n % 3 == 0],
        )
        for n, number in enumerate(_FAMILIES)
    )


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """Somebody calls; each phone does the same however often this call is played."""

    after: float  # seconds since the line opened
    number: str
    does: str
    phones: dict[str, str]


@dataclass(frozen=True, slots=True)
class PlannedText:
    after: float
    number: str
    body: str


@dataclass(frozen=True, slots=True)
class Evening:
    """What happens of an evening, whatever befalls the service meanwhile."""

    calls: Sequence[PlannedCall]
    texts: Sequence[PlannedText]
    ends_after: float

    @property
    def starts(self) -> datetime:
        return at(OPENS)


def evening(seed: int, calls: int, texts: int, *, crowded: bool = False) -> Evening:
    """
    A random evening.

    Callers come one after another, so that what one waits is no other's doing; unless it is
    *crowded*, when they come as they like.
    """
    chance = random.Random(seed)
    length = (at(CLOSES) - at(OPENS)).total_seconds() - _LONGEST.total_seconds()
    apart = length / max(calls, 1)
    moments = [
        chance.uniform(0, length) if crowded else number * apart + chance.uniform(1, apart / 9)
        for number in range(calls)
    ]
    return Evening(
        calls=[_call(chance, moment) for moment in sorted(moments)],
        texts=[
            PlannedText(moment, _somebody(chance), f"Ord {seed}-{number}")
            for number, moment in enumerate(sorted(chance.uniform(0, length) for _ in range(texts)))
        ],
        ends_after=length,
    )


def _call(chance: random.Random, moment: float) -> PlannedCall:
    number = chance.choice(["anonymous", _somebody(chance), *(_somebody(chance),) * 8])
    keys = chance.choice(["press 1", "press 2", "press 9, press 2", ""])
    leaves = chance.choice([*_LEAVES, *[""] * 17])
    return PlannedCall(
        after=moment,
        number=number,
        does=", ".join(part for part in (keys, leaves) if part),
        phones={
            T4: chance.choice(_PHONES),
            T1: chance.choice(_PHONES),
            FALLBACK: chance.choice(_FALLBACKS),
        },
    )


def _somebody(chance: random.Random) -> str:
    return chance.choice([*_FAMILIES * 2, *_STRANGERS])
