"""Moments as people write and read them: ISO 8601, in the wall time of a zone."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from routing.errors import InvalidInput, Place
from routing.hours import wall

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# The standard library alone reads 17.30 as a fraction past five, and a bare date as its midnight.
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?", re.ASCII
)
_NO_TIME = "not a time such as 2026-03-03T17:00"
_NO_DATE = "not a date such as 2026-03-03"


def moment(text: str, zone: ZoneInfo, place: Place) -> datetime:
    """
    The moment that *text* names, in UTC.

    Without an offset it is wall time in *zone*.

    Raises:
        InvalidInput: not ISO 8601 with a time, or a wall time that does not exist or exists twice
            because the clocks change.
    """
    if not _MOMENT.fullmatch(text.strip()):
        raise InvalidInput(_NO_TIME, place)
    try:
        read = datetime.fromisoformat(text.strip())
        return read.astimezone(UTC) if read.tzinfo is not None else _in_zone(read, zone, place)
    except (ValueError, OverflowError) as err:
        raise InvalidInput(_NO_TIME, place) from err


def moment_or_midnight(text: str, zone: ZoneInfo, place: Place) -> datetime:
    """The moment that *text* names, in UTC, as in `moment`; a date is its first midnight."""
    if not _DATE.fullmatch(text.strip()):
        return moment(text, zone, place)
    return wall(calendar_date(text, place), time(0), zone, last=False)


def calendar_date(text: str, place: Place) -> date:
    """
    The date written as YYYY-MM-DD.

    Raises:
        InvalidInput: it is written otherwise, or there is no such date.
    """
    if not _DATE.fullmatch(text.strip()):
        raise InvalidInput(_NO_DATE, place)
    try:
        return date.fromisoformat(text.strip())
    except ValueError as err:
        raise InvalidInput(_NO_DATE, place) from err


def stated(at: datetime, zone: ZoneInfo) -> str:
    """*at* as people in *zone* say it, with the offset only when the clocks show it twice."""
    local = at.astimezone(zone)
    is_plain = local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset()
    return local.strftime("%a %Y-%m-%d %H:%M" + ("" if is_plain else " (%z)"))


def stated_span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """From *start* to *end* as people in *zone* say it."""
    return f"from {stated(start, zone)} to {stated(end, zone)}"


def _in_zone(read: datetime, zone: ZoneInfo, place: Place) -> datetime:
    first, second = (read.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    # Of a wall time that is skipped, the readings come in the wrong order.
    if first != second:
        fault = "exists twice" if first < second else "does not exist"
        raise InvalidInput(
            f"{read:%Y-%m-%d %H:%M} {fault} in {zone.key}, since the clocks change: add an offset",
            place,
        )
    return first
