"""The moments that the lab's page offers to jump to by name."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from routing.hours import wall
from routing.intervals import Interval
from routing.organisation import Line
from routing.weekdays import EVE, is_weekday, kinds_of_day, next_weekday_at

_FRIDAY, _SUNDAY, _JUNE = 4, 6, 6
_A_DAY, _A_MINUTE = timedelta(days=1), timedelta(minutes=1)
_AHEAD = timedelta(days=9)


def moments(line: Line, now: datetime) -> Mapping[str, datetime]:
    """
    Where each preset leads from *now*: the next one of its kind.

    The night when the clocks go back is entered half a minute before they do, so that the hour
    that comes twice is seen both times.
    """
    found = {
        "friday": _next(line, now, time(16, 59, 55), _is_working_friday),
        "midsummer": _next(line, now, time(12), _is_midsummers_eve),
        "dst": _next(line, now, time(2, 59, 30), lambda day: _goes_back(line, day)),
        "office": next_weekday_at(now + _A_MINUTE, time(8, 30), line.zone, line.closed_days),
    }
    open_ = line.hours.within(Interval(now, now + _AHEAD))
    ends = [stretch.end - _A_MINUTE for stretch in open_ if stretch.end - _A_MINUTE > now]
    return {**found, "end": ends[0]} if ends else found


def _next(line: Line, now: datetime, at: time, is_wanted: Callable[[date], bool]) -> datetime:
    day = line.today(now)
    while not (is_wanted(day) and wall(day, at, line.zone, last=False) > now):
        day += _A_DAY
    return wall(day, at, line.zone, last=False)


def _is_working_friday(day: date) -> bool:
    return day.weekday() == _FRIDAY and is_weekday(day)


def _is_midsummers_eve(day: date) -> bool:
    return day.month == _JUNE and day.weekday() == _FRIDAY and EVE in kinds_of_day(day)


def _goes_back(line: Line, day: date) -> bool:
    if day.weekday() != _SUNDAY:
        return False
    before, after = (datetime.combine(d, time(12), line.zone) for d in (day - _A_DAY, day))
    return (before.utcoffset() or timedelta()) > (after.utcoffset() or timedelta())
