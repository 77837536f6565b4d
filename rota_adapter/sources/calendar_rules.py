"""
Rules of repetition, worked out for one stretch of time only.

The usual library walks a rule that never matches up to the year 9999, whatever its end, which one
line of a calendar can make take ten seconds; here a rule costs what the stretch is long.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product

from rota_adapter.sources.calendar_oddities import EVENT_UNREADABLE, RRULE_TOO_FAST, Unreadable
from rota_adapter.sources.calendar_values import read_wall

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_TOO_FAST = ("SECONDLY", "MINUTELY", "HOURLY")
_LONGEST_TEXT = 2_000
_MOST_A_DAY = 6
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
# The largest number in each list; where it may be negative, it counts from the end.
_LISTS = {
    "BYSECOND": (0, 59),
    "BYMINUTE": (0, 59),
    "BYHOUR": (0, 23),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYMONTH": (1, 12),
    "BYSETPOS": (-366, 366),
}
_SINGLE = {"INTERVAL": (1, 9_999), "COUNT": (1, 999_999_999)}
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    How an event is repeated, in wall times without a zone.

    Source: RFC 5545, 3.3.10.
    """

    frequency: str
    interval: int
    count: int | None
    until: str | None  # as it stands, since its meaning hangs on the zone of the start
    lists: dict[str, tuple[int, ...]]
    days: tuple[tuple[int, int], ...]  # which one (0 for each) and the weekday, Monday 0
    week_start: int


def read_rule(text: str) -> Rule:
    """
    The rule that *text* writes.

    Raises:
        Unreadable: RRULE_TOO_FAST when it repeats by hours or less, EVENT_UNREADABLE otherwise.
    """
    try:
        return _rule(_parts(text))
    except ValueError as err:
        if isinstance(err, Unreadable):
            raise
        raise Unreadable(EVENT_UNREADABLE.of("RRULE")) from err


def starts(
    rule: Rule, begins: datetime, until: datetime | None, first: datetime, last: datetime
) -> Iterator[datetime]:
    """
    When what begins at *begins* is repeated, from *first* to *last*, in order.

    *begins* itself always counts as the first time, whether the rule meets it or not.  All are
    wall times without a zone.

    Source: RFC 5545, 3.8.5.3.
    """
    if first <= begins <= last:
        yield begins
    left = None if rule.count is None else rule.count - 1
    end = last if until is None else min(last, until)
    for found in _repeated(rule, begins, begins if left is not None else max(begins, first), end):
        if left is not None:
            left -= 1
            if left < 0:
                return
        if found >= first:
            yield found


def effort(rule: Rule, begins: datetime, first: datetime, last: datetime) -> int:
    """How many days `starts` must look at."""
    start = begins if rule.count is not None else max(begins, first)
    return max((last - start).days, 0) + 400


def _repeated(rule: Rule, begins: datetime, first: datetime, last: datetime) -> Iterator[datetime]:
    """The times after *begins* that the rule meets, from the period of *first* on, to *last*."""
    rule = _completed(rule, begins)
    times = _times(rule, begins)
    for dates in _periods(rule, begins.date(), first.date(), last.date()):
        found = [datetime.combine(day, at) for day in dates if _meets(rule, day) for at in times]
        for moment in _chosen(rule, found):
            if begins < moment <= last:
                yield moment


def _parts(text: str) -> dict[str, str]:
    if len(text) > _LONGEST_TEXT:
        raise ValueError("too long")
    parts: dict[str, str] = {}
    for part in text.upper().strip(";").split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name in parts:
            raise ValueError("not a rule")
        parts[name] = value
    return parts


def _rule(parts: dict[str, str]) -> Rule:
    frequency = parts.pop("FREQ", "")
    if frequency in _TOO_FAST:
        raise Unreadable(RRULE_TOO_FAST)
    if frequency not in _FREQUENCIES:
        raise ValueError("no frequency")
    until = parts.pop("UNTIL", None)
    if until is not None:
        read_wall(until)
    days = tuple(_day(text) for text in parts.pop("BYDAY").split(",")) if "BYDAY" in parts else ()
    week_start = _WEEKDAYS.index(parts.pop("WKST", "MO"))
    single = {name: _number(parts.pop(name), *_SINGLE[name]) for name in _SINGLE if name in parts}
    lists = {
        name: tuple(sorted({_number(n, *_LISTS[name]) for n in parts.pop(name).split(",")}))
        for name in _LISTS
        if name in parts
    }
    if parts or any(0 in lists.get(name, ()) for name in _LISTS if _LISTS[name][0] < 0):
        raise ValueError("more than a rule may say")
    if _a_day(lists) > _MOST_A_DAY:
        raise Unreadable(RRULE_TOO_FAST)
    interval, count = single.get("INTERVAL", 1), single.get("COUNT")
    return Rule(frequency, interval, count, until, lists, days, week_start)


def _a_day(lists: dict[str, tuple[int, ...]]) -> int:
    hours, minutes, seconds = (
        len(lists.get(name, (0,))) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")
    )
    return hours * minutes * seconds


def _day(text: str) -> tuple[int, int]:
    match = _DAY.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a weekday")
    return int(match[1] or 0), _WEEKDAYS.index(match[2])


def _number(text: str, lowest: int, highest: int) -> int:
    if not _NUMBER.fullmatch(text.strip()) or not lowest <= int(text) <= highest:
        raise ValueError("not a number that can stand here")
    return int(text)


def _completed(rule: Rule, begins: datetime) -> Rule:
    """*rule* with what it leaves to the start: the weekday, the day of the month, the month."""
    lists, days = dict(rule.lists), rule.days
    if not days and not lists.keys() & {"BYMONTHDAY", "BYYEARDAY"}:
        if rule.frequency == "WEEKLY" or "BYWEEKNO" in lists:
            days = ((0, begins.weekday()),)
        elif rule.frequency in {"MONTHLY", "YEARLY"}:
            lists["BYMONTHDAY"] = (begins.day,)
            if rule.frequency == "YEARLY":
                lists.setdefault("BYMONTH", (begins.month,))
    return Rule(rule.frequency, rule.interval, rule.count, rule.until, lists, days, rule.week_start)


def _times(rule: Rule, begins: datetime) -> list[time]:
    hours = rule.lists.get("BYHOUR", (begins.hour,))
    minutes = rule.lists.get("BYMINUTE", (begins.minute,))
    seconds = rule.lists.get("BYSECOND", (begins.second,))
    return [time(*at) for at in product(hours, minutes, seconds)]


def _periods(rule: Rule, begins: date, first: date, last: date) -> Iterator[list[date]]:
    """The dates of each day, week, month or year that counts, from *first* to *last*."""
    number = _period(rule, first)
    number += (_period(rule, begins) - number) % rule.interval  # in step with the start
    while True:
        start = _first_date(rule, number)
        if start > last:
            return
        end = _first_date(rule, number + 1)
        yield [date.fromordinal(day) for day in range(start.toordinal(), end.toordinal())]
        number += rule.interval


def _period(rule: Rule, day: date) -> int:
    """The number of the period in which *day* is."""
    match rule.frequency:
        case "DAILY":
            return day.toordinal()
        case "WEEKLY":
            return (day.toordinal() - 1 - rule.week_start) // 7
        case "MONTHLY":
            return 12 * day.year + day.month - 1
        case _:
            return day.year


def _first_date(rule: Rule, number: int) -> date:
    match rule.frequency:
        case "DAILY":
            return date.fromordinal(number)
        case "WEEKLY":
            return date.fromordinal(7 * number + 1 + rule.week_start)
        case "MONTHLY":
            return date(number // 12, number % 12 + 1, 1)
        case _:
            return date(number, 1, 1)


def _meets(rule: Rule, day: date) -> bool:
    lists = rule.lists
    if "BYMONTH" in lists and day.month not in lists["BYMONTH"]:
        return False
    if rule.days and not any(_is_day(rule, day, *which) for which in rule.days):
        return False
    if "BYMONTHDAY" in lists and not _counts(lists["BYMONTHDAY"], day.day, _month_length(day)):
        return False
    if "BYYEARDAY" in lists:
        of_year = day.timetuple().tm_yday
        if not _counts(lists["BYYEARDAY"], of_year, _year_length(day.year)):
            return False
    return "BYWEEKNO" not in lists or _counts(lists["BYWEEKNO"], *_week(rule, day))


def _counts(wanted: tuple[int, ...], number: int, length: int) -> bool:
    """Whether *number* is wanted, counted from the beginning or from the end."""
    return number in wanted or number - length - 1 in wanted


def _is_day(rule: Rule, day: date, which: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if not which or rule.frequency in {"DAILY", "WEEKLY"}:
        return True
    if rule.frequency == "YEARLY" and "BYMONTH" not in rule.lists:
        number, length = day.timetuple().tm_yday, _year_length(day.year)
    else:
        number, length = day.day, _month_length(day)
    place = (number - 1) // 7 + 1 if which > 0 else -((length - number) // 7 + 1)
    return place == which


def _week(rule: Rule, day: date) -> tuple[int, int]:
    """The number of *day*'s week, and how many weeks the year of that week has."""
    middle = _first_date(_weekly(rule), _period(_weekly(rule), day)) + 3 * _A_DAY
    number = (middle.timetuple().tm_yday - 1) // 7 + 1
    end_of_year = date(middle.year, 12, 28)  # always in the last week
    last = _first_date(_weekly(rule), _period(_weekly(rule), end_of_year)) + 3 * _A_DAY
    return number, (last.timetuple().tm_yday - 1) // 7 + 1


def _weekly(rule: Rule) -> Rule:
    return Rule("WEEKLY", 1, None, None, {}, (), rule.week_start)


def _month_length(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - day.replace(day=1)).days


def _year_length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _chosen(rule: Rule, found: list[datetime]) -> list[datetime]:
    places = rule.lists.get("BYSETPOS")
    if places is None:
        return found
    at = {place - 1 if place > 0 else len(found) + place for place in places}
    return [moment for place, moment in enumerate(found) if place in at]
