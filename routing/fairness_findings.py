"""R18: whose standby is not shared fairly, in numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from routing.fairness import Fairness, Kind, Part, Person
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.work import A_DAY, A_WEEK, midnight

ONE_IN_THREE = Fraction(1, 3)


@dataclass(frozen=True, slots=True)
class Unfair:
    """R18: somebody is in position 1 on too many weekends; *most* of *weekends* would be fair."""

    therapist: TherapistId
    period: Interval
    times: int
    weekends: int
    most: int


@dataclass(frozen=True, slots=True)
class Running:
    """
    R18: somebody stands by two weekends running or more, in whatever position.

    That happens *runs* times; the longest, the first of them, is so many *times* in *period*.
    """

    therapist: TherapistId
    period: Interval
    times: int
    runs: int


@dataclass(frozen=True, slots=True)
class Uneven:
    """R18: somebody's count is more than one away from *low* and *high*, the share made whole."""

    therapist: TherapistId
    period: Interval
    kind: Kind
    part: Part
    times: int
    low: int
    high: int


def findings(
    shared: Fairness, weekends_first: Fraction = ONE_IN_THREE
) -> tuple[Unfair | Running | Uneven, ...]:
    """
    R18: who has too many weekends, two of them running, or a count far from an even share.

    Args:
        weekends_first: the share of the weekends with standby that one person may have position 1
            on.

    Source: docs/rest.md, fairness.
    """
    found: list[Unfair | Running | Uneven] = []
    # Every third of seven weekends may be the first, the fourth and the seventh.
    most = ceil(shared.weekends * weekends_first)
    for person in shared.people:
        first = len(person.weekends[Part.FIRST])
        if first > most:
            found.append(Unfair(person.therapist, shared.span, first, shared.weekends, most))
        found.extend(_running(person, shared.zone))
        found.extend(_uneven(person, shared.span))
    return tuple(found)


def _running(person: Person, zone: ZoneInfo) -> Iterator[Running]:
    """At most one: somebody may be on standby every other pair of weekends."""
    runs: list[list[date]] = []
    for saturday in person.weekends[Part.BOTH]:
        if runs and saturday - runs[-1][-1] == A_WEEK:
            runs[-1].append(saturday)
        else:
            runs.append([saturday])
    runs = [run for run in runs if len(run) > 1]
    if runs:
        longest = max(runs, key=len)
        time = Interval(midnight(longest[0], zone), midnight(longest[-1] + 2 * A_DAY, zone))
        yield Running(person.therapist, time, len(longest), len(runs))


def _uneven(person: Person, span: Interval) -> Iterator[Uneven]:
    """At most one of each kind: the first part that is uneven says enough."""
    for kind in (Kind.WEEKENDS, Kind.RED_DAYS):
        for part in (Part.BOTH, Part.FIRST, Part.BACKUP):
            times = int(person.account.held[part].of(kind))
            even = person.account.even[part].of(kind)
            low, high = floor(even), ceil(even)
            if not low - 1 <= times <= high + 1:
                yield Uneven(person.therapist, span, kind, part, times, low, high)
                break
