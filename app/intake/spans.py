"""Times of day and lengths of time as the organisation file writes them."""

import re
from datetime import time, timedelta

from routing.errors import InvalidInput, Place
from routing.organisation import Term

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_LENGTH = re.compile(r"(?=\d)(?:(\d{1,4}) ?h)? ?(?:(\d{1,4}) ?m(?:in)?)?")
_TERM = re.compile(r"(\d{1,5}) ?(day|week|month|year)s?")
_UNITS = {"day": (1, 0), "week": (7, 0), "month": (0, 1), "year": (0, 12)}
_LONGEST = Term(months=1200, days=36525)
_END_OF_DAY = "24:00"


def clock_time(text: str, place: Place) -> time:
    """The time of day written as HH:MM."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise InvalidInput("not a time of day such as 08:30", place)
    return time(int(match[1]), int(match[2]))


def closing_time(text: str, place: Place) -> time:
    """The time of day written as HH:MM; 24:00 is the midnight that ends the day."""
    return time(0) if text == _END_OF_DAY else clock_time(text, place)


def length_of_time(text: str, place: Place) -> timedelta:
    """The elapsed time written as hours and minutes, such as ``11h`` or ``1h 30m``."""
    match = _LENGTH.fullmatch(text)
    length = timedelta()
    if match is not None:
        length = timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0))
    if not length:
        raise InvalidInput("not a length of time such as 11h or 30m", place)
    return length


def term(text: str, place: Place) -> Term:
    """How long something is kept, written in days, weeks, months or years."""
    match = _TERM.fullmatch(text)
    if match is None or not int(match[1]):
        raise InvalidInput("not a term such as 14 days or 24 months", place)
    in_days, in_months = _UNITS[match[2]]
    kept = Term(months=int(match[1]) * in_months, days=int(match[1]) * in_days)
    if kept.months > _LONGEST.months or kept.days > _LONGEST.days:
        raise InvalidInput("longer than a hundred years", place)
    return kept
