"""The line's hours, cut into what is handed over whole."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from rota_adapter.planner.problem import Block, Kind
from routing.intervals import Interval, gaps
from routing.organisation import Line
from routing.weekdays import is_weekday
from routing.work import Work, days, midnight

_A_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


class Weekend(StrEnum):
    """Whether a weekend is handed over as one block, or each of its days by itself."""

    WHOLE = "whole"
    DAYS = "days"


def blocks(
    line: Line, first: date, last: date, works: Sequence[Work], weekend: Weekend
) -> tuple[Block, ...]:
    """
    Every block that begins from *first* up to but not including *last*, in order.

    A block is what the line is open in one go: an evening, a night, a holiday.  It belongs to the
    date on which it begins.  It is cut where all of *works* are at work or cease to be, since
    standby lies beyond ordinary hours, and at the day break where it is longer than a day.

    Source: AB 22 §; ATL 13 §.
    """
    around = Interval(midnight(first - _A_DAY, line.zone), midnight(last + 2 * _A_DAY, line.zone))
    pieces = [
        (_day(piece, line), piece)
        for stretch in line.hours.within(around)
        for piece in _cut(stretch, works)
    ]
    by_block: dict[tuple[date, Kind, int], list[Interval]] = {}
    for number, (day, piece) in enumerate(pieces):
        if first <= day < last:
            kind = _kind(day, weekend)
            is_joined = kind is Kind.WEEKEND
            monday = day - timedelta(days=day.weekday())
            key = (monday, kind, -1) if is_joined else (day, kind, number)
            by_block.setdefault(key, []).append(piece)
    found = (
        Block(_day(times[0], line), kind, tuple(times)) for (_, kind, _), times in by_block.items()
    )
    return tuple(sorted(found, key=lambda block: block.times))


def _day(piece: Interval, line: Line) -> date:
    return piece.start.astimezone(line.zone).date()


def _kind(day: date, weekend: Weekend) -> Kind:
    if day.weekday() in {_SATURDAY, _SUNDAY}:
        if weekend is Weekend.WHOLE:
            return Kind.WEEKEND
        return Kind.SATURDAY if day.weekday() == _SATURDAY else Kind.SUNDAY
    return Kind.EVENING if is_weekday(day) else Kind.RED_DAY


def _cut(stretch: Interval, works: Sequence[Work]) -> Iterator[Interval]:
    edges = [e for common in _all_at_work(stretch, works) for e in (common.start, common.end)]
    for piece in _split(stretch, edges):
        if piece.length > _A_DAY and works:
            breaks = [period.start for period in days(works[0], piece)]
            yield from _split(piece, breaks)
        else:
            yield piece


def _all_at_work(span: Interval, works: Sequence[Work]) -> tuple[Interval, ...]:
    """When nobody of *works* is off in *span*."""
    if not works:
        return ()
    somebody_off = (free for work in works for free in gaps(work.planned(span), [span]))
    return gaps(somebody_off, [span])


def _split(stretch: Interval, edges: Iterable[datetime]) -> Iterator[Interval]:
    inner = sorted({e for e in edges if stretch.start < e < stretch.end})
    start = stretch.start
    for edge in (*inner, stretch.end):
        yield Interval(start, edge)
        start = edge
