"""Dates, times and lengths as a calendar writes them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UTC_ZONE = ZoneInfo("UTC")
_FIRST_YEAR, _LAST_YEAR = 1600, 2200  # beyond them sums overflow, and nobody is on standby
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt](\d\d)(\d\d)(\d\d)([Zz])?)?", re.ASCII)
_LENGTH = re.compile(
    r"([+-])?P(?=.)(?:(\d{1,7})W)?(?:(\d{1,7})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?",
    re.ASCII | re.IGNORECASE,
)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A wall time in *zone*, without offset; a date is its midnight."""

    wall: datetime
    zone: ZoneInfo
    is_date: bool = False

    @property
    def first(self) -> datetime:
        """
        The moment in UTC: the first one that the clocks show so.

        A time that they skip is read with the offset from before the gap.

        Source: RFC 5545, 3.3.5.
        """
        return self.wall.replace(tzinfo=self.zone).astimezone(UTC)

    @property
    def last(self) -> datetime:
        """The moment in UTC: the last one that the clocks show so, for ends; else as *first*."""
        return max(self.first, self.wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC))

    @property
    def readings(self) -> int:
        """How many moments there are: 1, 2 when the clocks go back and 0 when they skip it."""
        second = self.wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        return 1 + (self.first < second) - (self.first > second)

    def within(self, zone: ZoneInfo) -> "Stamp":
        """The same moment as clocks in *zone* show it; a date is the same date everywhere."""
        if self.is_date or zone is self.zone:
            return self
        return Stamp(self.first.astimezone(zone).replace(tzinfo=None), zone)

    def later(self, by: timedelta) -> "Stamp":
        """What the clocks show *by* later, as if they never changed."""
        return Stamp(self.wall + by, self.zone, self.is_date)

    def on_date(self) -> "Stamp":
        """The date alone."""
        return Stamp(datetime.combine(self.wall.date(), time()), self.zone, is_date=True)

    def like(self, other: "Stamp") -> "Stamp":
        """The same day written as *other* is: as a date, or with its time of day."""
        if self.is_date == other.is_date:
            return self
        if other.is_date:
            return self.on_date()
        return Stamp(datetime.combine(self.wall.date(), other.wall.time()), other.zone)


@dataclass(frozen=True, slots=True)
class Length:
    """Days by the calendar, and then elapsed seconds: a day may have 23 or 25 hours."""

    days: int
    seconds: int

    def after(self, start: Stamp) -> datetime:
        """
        The moment in UTC this long after *start*.

        Source: RFC 5545, 3.3.6.
        """
        if not self.days:
            return start.first + timedelta(seconds=self.seconds)
        there = start.later(timedelta(days=self.days))
        return there.first + timedelta(seconds=self.seconds) if self.seconds else there.last

    @property
    def nominal(self) -> timedelta:
        """What it comes to on a day without a clock change."""
        return timedelta(days=self.days, seconds=self.seconds)

    @property
    def dates(self) -> timedelta:
        """How many dates it takes up when it begins with one."""
        return max(timedelta(days=-(-self.nominal // _A_DAY)), _A_DAY)


def is_utc(text: str) -> bool:
    """Whether the time that *text* writes is in UTC."""
    return text[-1:] in {"Z", "z"}


def read_stamp(text: str, zone: ZoneInfo) -> Stamp:
    """
    The date or time that *text* writes, in *zone* unless it says UTC.

    Raises:
        ValueError: it is written otherwise, there is no such time, or no shift can be in that year.

    Source: RFC 5545, 3.3.4 and 3.3.5.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ValueError("not a date or time")
    day = date(int(match[1]), int(match[2]), int(match[3]))
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError("not a year of shifts")
    if match[4] is None:
        return Stamp(datetime.combine(day, time()), zone, is_date=True)
    at = time(int(match[4]), int(match[5]), min(int(match[6]), 59))  # a leap second is allowed
    return Stamp(datetime.combine(day, at), UTC_ZONE if match[7] else zone)


def read_wall(text: str) -> datetime:
    """
    The date or time that *text* writes, of any year, without a zone.

    Raises:
        ValueError: it is written otherwise, or there is no such time.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ValueError("not a date or time")
    hour, minute, second = (int(match[n] or 0) for n in (4, 5, 6))
    day = date(int(match[1]), int(match[2]), int(match[3]))
    return datetime.combine(day, time(hour, minute, min(second, 59)))


def read_length(text: str) -> Length:
    """
    The length that *text* writes, which may be negative.

    Raises:
        ValueError: it is written otherwise, or longer than shifts can be.

    Source: RFC 5545, 3.3.6.
    """
    match = _LENGTH.fullmatch(text)
    if match is None:
        raise ValueError("not a length")
    weeks, days, hours, minutes, seconds = (int(match[n] or 0) for n in range(2, 7))
    sign = -1 if match[1] == "-" else 1
    found = Length(sign * (7 * weeks + days), sign * (3600 * hours + 60 * minutes + seconds))
    if abs(found.days) + abs(found.seconds) // 86_400 > 366 * (_LAST_YEAR - _FIRST_YEAR):
        raise ValueError("longer than shifts can be")
    return found
