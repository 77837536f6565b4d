"""Swedish public holidays and eves, and the next weekday on which people are at work."""

from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays.constants import DE_FACTO, PUBLIC
from holidays.countries.sweden import Sweden

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY, EVE = "holiday", "eve"
_WORKING_DAYS = frozenset(DAY_NAMES[:5])

# Every argument is given: the package changed its Swedish defaults twice, and its language
# otherwise follows the machine's.
_PUBLIC = Sweden(categories=(PUBLIC,), include_sundays=False, language="sv")
_EVES = Sweden(categories=(DE_FACTO,), include_sundays=False, language="sv")

_NAMED = {
    language: Sweden(categories=(PUBLIC, DE_FACTO), include_sundays=False, language=spoken)
    for language, spoken in (("sv", "sv"), ("en", "en_US"))
}

# Easter and Christmas together close at most five days in a row; a month of closed days is a typo.
_LONGEST_CLOSURE = 60


@lru_cache(maxsize=2048)
def kinds_of_day(day: date) -> frozenset[str]:
    """
    What *day* counts as: its weekday's name and, besides, ``holiday`` or ``eve``.

    Source: lag (1989:253) om allmänna helgdagar; the eves of Midsummer, Christmas and New Year
    are treated as Sundays by semesterlagen 7 §.
    """
    kinds = {DAY_NAMES[day.weekday()]}
    if day in _PUBLIC:
        kinds.add(HOLIDAY)
    elif day in _EVES:
        kinds.add(EVE)
    return frozenset(kinds)


def name_of_day(day: date, language: str = "sv") -> str | None:
    """What a holiday or an eve is called in Swedish, or in English; None of any other day."""
    return _NAMED.get(language, _NAMED["sv"]).get(day)


def is_weekday(day: date, closed: AbstractSet[date] = frozenset()) -> bool:
    """Whether people are at work on *day*: Monday to Friday, no holiday, none of the three eves."""
    return kinds_of_day(day) <= _WORKING_DAYS and day not in closed


def next_weekday_at(
    moment: datetime, at: time, zone: ZoneInfo, closed: AbstractSet[date] = frozenset()
) -> datetime:
    """
    The first *at* on a weekday at or after *moment*, as wall time in *zone*.

    A duty that ends at eight in the morning is told of at half past eight the same day.

    Raises:
        ValueError: no weekday within two months, so *closed* must be wrong.

    Source: the mandate's "dagen därpå eller nästkommande vardag"; docs/architecture.md, promise 5.
    """
    day = moment.astimezone(zone).date()
    for _ in range(_LONGEST_CLOSURE):
        candidate = datetime.combine(day, at, zone)
        # Aware moments of one zone compare as wall clocks, so the comparison goes by timestamp.
        if is_weekday(day, closed) and candidate.timestamp() >= moment.timestamp():
            return candidate
        day += timedelta(days=1)
    raise ValueError("no weekday within two months")
