"""Opening hours: weekly windows of wall time that also know holidays and eves."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from routing.intervals import Interval, union
from routing.weekdays import is_weekday, kinds_of_day

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Wall time on certain kinds of day; *closes* at or before *opens* is on the next day."""

    days: frozenset[str]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Hours:
    """
    When something is open.

    A date counts as its weekday and, besides, as ``holiday`` or ``eve``; the windows of all that
    apply are joined.  With *weekdays_only* a window counts on days when people are at work.
    """

    windows: tuple[Window, ...]
    zone: ZoneInfo
    weekdays_only: bool = False
    closed_days: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        day = at.astimezone(self.zone).date()
        # A window of yesterday may run over midnight.
        return any(at in stretch for d in (day, day - _A_DAY) for stretch in _of_day(self, d))

    def within(self, span: Interval) -> tuple[Interval, ...]:
        """The open stretches inside *span*, joined and in order."""
        return _within(self, span)

    def next_opening(self, at: datetime, days_ahead: int = 14) -> datetime | None:
        """When it next opens, strictly after *at*; None when not within *days_ahead* days."""
        span = Interval(at, at + timedelta(days=days_ahead))
        return next((open_.start for open_ in self.within(span) if open_.start > at), None)


@lru_cache(maxsize=4096)  # everybody's rest is judged by the same few hours in the same days
def _within(hours: Hours, span: Interval) -> tuple[Interval, ...]:
    day = span.start.astimezone(hours.zone).date() - _A_DAY
    last = span.end.astimezone(hours.zone).date()
    found: list[Interval] = []
    while day <= last:
        cut = (stretch.overlap(span) for stretch in _of_day(hours, day))
        found.extend(stretch for stretch in cut if stretch is not None)
        day += _A_DAY
    return union(found)


@lru_cache(maxsize=4096)  # every call asks for today and yesterday, of the same few hours
def _of_day(hours: Hours, day: date) -> tuple[Interval, ...]:
    """The stretches that begin on *day*."""
    if hours.weekdays_only and not is_weekday(day, hours.closed_days):
        return ()
    kinds = kinds_of_day(day)
    return tuple(
        _stretch(window, day, hours.zone) for window in hours.windows if kinds & window.days
    )


def _stretch(window: Window, day: date, zone: ZoneInfo) -> Interval:
    last_day = day if window.closes > window.opens else day + _A_DAY
    opens = wall(day, window.opens, zone, last=False)
    return Interval(opens, wall(last_day, window.closes, zone, last=True))


@lru_cache(maxsize=4096)
def wall(day: date, at: time, zone: ZoneInfo, *, last: bool) -> datetime:
    """
    The moment in UTC when clocks in *zone* show *at* on *day*.

    On a night when the clocks change a wall time may come twice or never.  Openings take the
    earlier reading and closings the *last*: an hour open too long beats an hour without anybody.
    """
    readings = [
        datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    ]
    return max(readings) if last else min(readings)
