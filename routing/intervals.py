"""Half-open stretches of elapsed time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """
    From *start* up to but not including *end*, both in UTC.

    Aware moments in any zone are turned to UTC here, since two moments with the same zone subtract
    as wall clocks and a night with a clock change would come out an hour wrong.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("an interval needs moments with an offset")
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            object.__setattr__(self, "start", self.start.astimezone(UTC))
            object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError("an interval ends after it starts")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def touches(self, other: "Interval") -> bool:
        """Whether the two have any time in common."""
        return self.start < other.end and other.start < self.end

    def overlap(self, other: "Interval") -> "Interval | None":
        """What the two have in common; None when that is nothing."""
        if other.start <= self.start and self.end <= other.end:
            return self
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same time as *intervals*, in order, with touching and overlapping stretches joined."""
    joined: list[Interval] = []
    for stretch in sorted(intervals):
        if not joined or joined[-1].end < stretch.start:
            joined.append(stretch)
        elif joined[-1].end < stretch.end:
            joined[-1] = Interval(joined[-1].start, stretch.end)
    return tuple(joined)


def inside(stretches: Iterable[Interval], span: Interval) -> tuple[Interval, ...]:
    """What of each of *stretches* lies inside *span*, in their order."""
    cut = (stretch.overlap(span) for stretch in stretches)
    return tuple(stretch for stretch in cut if stretch is not None)


def gaps(covered: Iterable[Interval], wanted: Iterable[Interval]) -> tuple[Interval, ...]:
    """What of *wanted* no stretch of *covered* touches; nothing covered leaves all of it."""
    holes: list[Interval] = []
    cover = union(covered)
    for stretch in union(wanted):
        free_from = stretch.start
        for taken in cover:
            if taken.end <= free_from or taken.start >= stretch.end:
                continue
            if free_from < taken.start:
                holes.append(Interval(free_from, taken.start))
            free_from = max(free_from, taken.end)
        if free_from < stretch.end:
            holes.append(Interval(free_from, stretch.end))
    return tuple(holes)
