"""What the planner is asked, and what it answers, as values that no solver is needed for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Protocol

from routing.ids import DistrictId, TherapistId
from routing.intervals import Interval


class Kind(StrEnum):
    """What a block is counted as: each kind is shared evenly by itself."""

    EVENING = "evening"
    WEEKEND = "weekend"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    RED_DAY = "red_day"  # a holiday or an eve that is no Saturday or Sunday

    @property
    def is_weekend(self) -> bool:
        return self in {Kind.WEEKEND, Kind.SATURDAY, Kind.SUNDAY}


@dataclass(frozen=True, slots=True)
class Block:
    """Hours of the line that are handed over whole; *day* is the date on which they begin."""

    day: date
    kind: Kind
    times: tuple[Interval, ...]

    @property
    def week(self) -> date:
        """The Monday of its calendar week."""
        return self.day - timedelta(days=self.day.weekday())


class Bar(StrEnum):
    """Why somebody may not hold a block at all."""

    UNFIT = "unfit"  # R20
    AWAY = "away"  # R9
    AT_WORK = "at_work"  # R9
    ELSEWHERE = "elsewhere"  # on standby on another line


@dataclass(frozen=True, slots=True)
class Way:
    """
    One way to leave the weekly rest whole.

    It takes *days_off* on those dates and none of the blocks in *without*, by their places.
    With *is_tight* hardly more than the rest that is owed is left, and one late call breaks it.
    """

    days_off: frozenset[date]
    without: frozenset[int]
    is_tight: bool = False


@dataclass(frozen=True, slots=True)
class RestWeek:
    """A week from one week break to the next in which *therapist* must rest in one of *ways*."""

    therapist: TherapistId
    period: Interval
    ways: tuple[Way, ...]


class Wanted(StrEnum):
    """What somebody may wish for a time."""

    FREE = "free"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class Wish:
    """*therapist* would like to be free, or on standby, at that time."""

    therapist: TherapistId
    time: Interval
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Weights:
    """What each thing that is not wanted costs; the planner looks for the cheapest rota."""

    day_off: int = 8  # a day of compensation
    evenings_running: int = 2  # two evenings on end
    wish: int = 10  # a block somebody wished to be free of, or a wish for standby without one
    tight_rest: int = 1  # a weekly rest that one late call would break
    weekends_running: int = 20  # two weekends on end, where the rules allow it at all
    change: int = 5  # a block that somebody else holds in the rota in force, with `keep`


class Running(Enum):
    """Who may be on standby two weekends on end."""

    NOBODY = 0
    BACKUP = 1  # unless in position 1 both times
    ANYBODY = 2


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What is asked of a rota besides the law, and may be given up.

    None is no limit.  *slack* is how far from her share anybody's count may be, besides rounding.
    """

    slack: int | None = 0
    running: Running = Running.NOBODY
    first_of_weekends: int | None = 3  # position 1 at most one weekend in so many
    evenings_a_week: int | None = 3


@dataclass(frozen=True, slots=True)
class Waived:
    """What is left out to learn what stands in the way; such a rota is never shown."""

    coverage: bool = False
    weekly_rest: bool = False
    mix: bool = False
    cost: bool = False  # any rota will do


NOTHING_WAIVED = Waived()


@dataclass(frozen=True, slots=True)
class Share:
    """How many blocks of *kind* in *positions* would be *therapist*'s even share."""

    therapist: TherapistId
    kind: Kind
    positions: tuple[int, ...]
    amount: Fraction


Place = tuple[int, int]  # a block's place in the list, and a position


@dataclass(frozen=True, slots=True)
class Problem:
    """
    A rota to be found, with everything worked out that needs no search.

    *days* are the dates of ordinary work that could be given off, and *clashes* the blocks that
    lie on such a day.  *weekends* are those already held before and after, by Monday.
    """

    positions: int
    blocks: tuple[Block, ...]
    team: tuple[TherapistId, ...]
    district_of: Mapping[TherapistId, DistrictId]
    barred: Mapping[tuple[TherapistId, int], Bar]
    rest_weeks: tuple[RestWeek, ...]
    clashes: tuple[tuple[TherapistId, int, date], ...]
    shares: tuple[Share, ...]
    weekends: Mapping[tuple[TherapistId, date], frozenset[int]] = field(default_factory=dict)
    wishes: tuple[tuple[TherapistId, tuple[int, ...], Wanted], ...] = ()
    kept: Mapping[Place, TherapistId] = field(default_factory=dict)
    mix: bool = False
    weights: Weights = Weights()


class Status(StrEnum):
    """How a search ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    IMPOSSIBLE = "impossible"  # proved
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Effort:
    """
    How far to search.

    *most* is in the solver's own units, about a second of one core each, so that the same seed
    ends at the same place on any machine; *again* is as much at most to find the cheapest rota in
    a way that can be repeated.  *guard* is wall time, and only for a machine that hangs.
    """

    seed: int = 1
    most: float = 60
    again: float = 12
    guard: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Solved:
    """
    What a search found; *bound* is what no rota can cost less than.

    *is_repeatable* says that the same problem and seed give the same rota again, and *cut_short*
    that the wall clock ended the search.
    """

    status: Status
    held: Mapping[Place, TherapistId] = field(default_factory=dict)
    days_off: frozenset[tuple[TherapistId, date]] = frozenset()
    cost: int | None = None
    bound: int | None = None
    effort: float = 0
    is_repeatable: bool = False
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search is: after so many *seconds*, with that *cost* and *bound*."""

    seconds: float
    cost: int
    bound: int


Tell = Callable[[Progress], None]


class Solve(Protocol):
    """Whoever finds the cheapest rota of a problem under some rules."""

    def __call__(
        self,
        problem: Problem,
        rules: Rules,
        effort: Effort,
        tell: Tell = ...,
        waived: Waived = ...,
    ) -> Solved: ...


def silent(_: Progress) -> None:
    """Tell nobody."""
