"""The time that figures are of: a month, a quarter, a half-year, a year, or days of one's own."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from routing.errors import InvalidInput, Place
from routing.intervals import Interval
from routing.work import A_DAY, midnight

LONGEST_DAYS = 732  # two years, as long as contacts are kept unless somebody says otherwise


class Length(StrEnum):
    """How long; a word of an address, so never renamed."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    OWN = "own"


_MONTHS = {Length.MONTH: 1, Length.QUARTER: 3, Length.HALF_YEAR: 6, Length.YEAR: 12}


@dataclass(frozen=True, slots=True)
class HalfYear:
    """January to June, or July to December."""

    first: date
    last: date

    def months(self) -> tuple[date, ...]:
        """The first day of each."""
        return tuple(_later(self.first, number) for number in range(6))

    def span(self, zone: ZoneInfo) -> Interval:
        return Interval(midnight(self.first, zone), midnight(self.last + A_DAY, zone))


@dataclass(frozen=True, slots=True)
class Period:
    """From *first* to *last*, both included."""

    first: date
    last: date
    length: Length = Length.OWN

    def __post_init__(self) -> None:
        """Raises InvalidInput: it ends before it begins, or is longer than two years."""
        if self.last < self.first:
            raise InvalidInput("is before the first day", Place("figures", field="to"))
        if (self.last - self.first).days >= LONGEST_DAYS:
            raise InvalidInput("is longer than two years", Place("figures", field="to"))

    def span(self, zone: ZoneInfo) -> Interval:
        return Interval(midnight(self.first, zone), midnight(self.last + A_DAY, zone))

    def before(self) -> "Period":
        """The one of the same length just before; for days of one's own, as many days."""
        if self.length is Length.OWN:
            days = self.last - self.first + A_DAY
            return Period(self.first - days, self.last - days)
        return period_of(self.length, self.first - A_DAY)

    def after(self) -> "Period":
        """The one of the same length just after."""
        if self.length is Length.OWN:
            days = self.last - self.first + A_DAY
            return Period(self.first + days, self.last + days)
        return period_of(self.length, self.last + A_DAY)

    def halves(self) -> tuple[HalfYear, ...]:
        """
        The half-years for which the line's totals are given: of a half-year and of a year.

        Of no other time, since shorter ones could be subtracted from longer ones.
        """
        if self.length not in {Length.HALF_YEAR, Length.YEAR}:
            return ()
        firsts = (_later(self.first, 6 * n) for n in range(_MONTHS[self.length] // 6))
        return tuple(HalfYear(first, _later(first, 6) - A_DAY) for first in firsts)


def period_of(length: Length, day: date) -> Period:
    """
    The month, quarter, half-year or year that *day* is in.

    Raises:
        InvalidInput: days of one's own are given by their first and last.
    """
    if length is Length.OWN:
        raise InvalidInput("needs a first and a last day", Place("figures", field="length"))
    months = _MONTHS[length]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return Period(first, _later(first, months) - A_DAY, length)


def _later(first: date, months: int) -> date:
    """The first of a month so many months after *first*, the first of one."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
