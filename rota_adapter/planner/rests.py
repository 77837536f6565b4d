"""The ways in which somebody can have her weekly rest, given what she may be asked to do."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from rota_adapter.planner.problem import Block, RestWeek, Way
from routing.intervals import Interval, inside
from routing.rest import weekly_rest
from routing.work import LIMITS, Work, dates, weeks


class _Stretch(NamedTuple):
    """Time that is no rest unless those days are given off, or that block to somebody else."""

    time: Interval
    days: frozenset[date] = frozenset()
    block: int | None = None
    is_fixed: bool = False


def rest_weeks(
    work: Work, blocks: Mapping[int, Block], days: Collection[date]
) -> Iterator[RestWeek]:
    """
    Each week that one of *blocks* touches, with every way to rest in it.

    Weeks in which an agreement lets standby be rest are left out.

    Args:
        work: of one person; its standby is what no plan can change.
        blocks: those that this person may hold, by their places.
        days: the dates that may be given off.

    Source: ATL 14 §; `routing.rest.weekly_rest`.
    """
    edges = [time for block in blocks.values() for time in block.times]
    if not edges:
        return
    span = Interval(min(t.start for t in edges), max(t.end for t in edges))
    for period in weeks(work, span):
        owed = _owed(work, period)
        stretches = list(_stretches(work, blocks, days, period))
        if owed is not None and any(s.block is not None for s in stretches):
            none_of_it = frozenset(s.block for s in stretches if s.block is not None)
            ways = _undominated(_ways(stretches, period, owed))
            # Where what stands already breaks it, nothing is added to that.
            yield RestWeek(work.therapist, period, ways or (Way(frozenset(), none_of_it),))


def _owed(work: Work, period: Interval) -> timedelta | None:
    """The rest owed in a week that is all standby; None where standby is rest there."""
    always = replace(work, standby=(period,), callouts=())
    for found in weekly_rest(always, period):
        required = found.numbers.get("required")
        if found.rule == "R6" and found.period == period and isinstance(required, timedelta):
            return required
    return None


def _stretches(
    work: Work, blocks: Mapping[int, Block], days: Collection[date], period: Interval
) -> Iterator[_Stretch]:
    for time in inside(work.standby, period):
        yield _Stretch(time, is_fixed=True)
    for time in work.planned(period):
        touched = _dates_of(time, work)
        yield _Stretch(time, touched, is_fixed=not touched <= set(days))
    for place, block in blocks.items():
        for time in inside(block.times, period):
            yield _Stretch(time, block=place)


def _dates_of(time: Interval, work: Work) -> frozenset[date]:
    last = time.end - datetime.resolution
    edges = (at.astimezone(work.zone).date() for at in (time.start, last))
    return frozenset(dates(*edges))


def _ways(stretches: list[_Stretch], period: Interval, owed: timedelta) -> Iterator[Way]:
    """
    A rest can begin when the week does, or when something ends.

    Somebody who is not on standby all week owes no rest of this kind to anybody.
    """
    if not any(s.is_fixed and not s.days for s in stretches):
        yield Way(frozenset(), frozenset(s.block for s in stretches if s.block is not None))
    for start in sorted({period.start, *(s.time.end for s in stretches)}):
        for length, is_tight in ((owed, True), (owed + LIMITS.margin, False)):
            if start + length > period.end:
                continue
            rest = Interval(start, start + length)
            broken = [s for s in stretches if s.time.overlap(rest) is not None]
            if not any(s.is_fixed for s in broken):
                yield Way(
                    frozenset(day for s in broken for day in s.days),
                    frozenset(s.block for s in broken if s.block is not None),
                    is_tight,
                )


def _undominated(ways: Iterator[Way]) -> tuple[Way, ...]:
    """*ways* without those that ask for all that another one asks for, and more."""
    kept: list[Way] = []
    for way in sorted(ways, key=_order):
        if not any(
            other.days_off <= way.days_off
            and other.without <= way.without
            and other.is_tight <= way.is_tight
            for other in kept
        ):
            kept.append(way)
    return tuple(kept)


def _order(way: Way) -> tuple[int, bool, list[date], list[int]]:
    """The least asked for first; the same in every process, so that a seed gives one rota."""
    asked = len(way.days_off) + len(way.without)
    return asked, way.is_tight, sorted(way.days_off), sorted(way.without)
