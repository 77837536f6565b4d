"""What may be odd about an event in a calendar, in words that quote nothing from it."""

from typing import NamedTuple

from routing.finding import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


class Oddity(NamedTuple):
    """One kind of thing that is not as it should be, and the property in which it shows."""

    rule: str
    severity: Severity
    message: str
    remedy: str
    field: str | None = None

    def of(self, field: str) -> "Oddity":
        """The same, in the property *field*."""
        return self._replace(field=field)


class Unreadable(ValueError):
    """An event that cannot be a shift; *oddity* says why, in words that quote nothing."""

    def __init__(self, oddity: Oddity) -> None:
        super().__init__(oddity.rule)
        self.oddity = oddity


_AGAIN = "correct the event in the calendar"
_SAVE_AGAIN = "open the event in the calendar, choose the line's time zone and save it again"

EVENT_UNREADABLE = Oddity(
    "EVENT_UNREADABLE", _ERROR, "the event cannot be read, so it is no shift", _AGAIN
)
UNKNOWN_NAME = Oddity(
    "UNKNOWN_NAME",
    _ERROR,
    "the event names nobody that is known, so it is no shift",
    "write the name or mail address as the organisation file has it, or add it to the rota's names",
    "SUMMARY",
)
POSITION_UNKNOWN = Oddity(
    "POSITION_UNKNOWN",
    _ERROR,
    "the event is for a position that the line does not have, or for two, so it is no shift",
    "give the event one of the line's positions",
    "SUMMARY",
)
CANCELLED = Oddity(
    "CANCELLED",
    _INFO,
    "the event is cancelled, so it is no shift",
    "see that somebody else is on the rota",
    "STATUS",
)
DECLINED = Oddity(
    "DECLINED",
    _ERROR,
    "the invitation was declined, so it is no shift",
    "ask her, or put somebody else on the rota",
    "ATTENDEE",
)
TENTATIVE = Oddity(
    "TENTATIVE", _WARNING, "the event is only tentative", "confirm the event", "STATUS"
)
NO_LENGTH = Oddity(
    "NO_LENGTH", _ERROR, "the event has no length, so it is no shift", "give the event an end"
)
END_BEFORE_START = Oddity(
    "END_BEFORE_START",
    _ERROR,
    "the event ends before it starts, so it is no shift",
    "correct the event's end",
    "DTEND",
)
VERY_LONG = Oddity(
    "VERY_LONG", _WARNING, "the shift is longer than 14 days", "see that the end is right", "DTEND"
)
RRULE_TOO_FAST = Oddity(
    "RRULE_TOO_FAST",
    _ERROR,
    "the event is repeated more often than shifts are, so it is no shift",
    "repeat the event by days, weeks, months or years",
    "RRULE",
)
SHARED_UID = Oddity(
    "SHARED_UID",
    _WARNING,
    "two different events have the same identity",
    "delete the event and enter it anew",
    "UID",
)
DUPLICATE_EVENT = Oddity(
    "DUPLICATE_EVENT",
    _WARNING,
    "the event is there twice, and another copy of it counts",
    "delete the copy that is not wanted",
    "UID",
)
DATE_TIME_MIXED = Oddity(
    "DATE_TIME_MIXED",
    _WARNING,
    "one end of the event is a date and the other a time",
    "give both ends a time, or neither",
    "DTEND",
)
ALL_DAY = Oddity(
    "ALL_DAY",
    _INFO,
    "the event is for whole days, which means the line's opening hours",
    "give the event times if it means others",
    "DTSTART",
)
FLOATING_TIME = Oddity(
    "FLOATING_TIME",
    _INFO,
    "the event takes its time zone from the calendar as a whole",
    "give the event a time zone if it means another",
)
SHOWN_AS_FREE = Oddity(
    "SHOWN_AS_FREE",
    _INFO,
    "the event is shown as free, and counts as a shift all the same",
    "delete the event if it is no shift",
    "TRANSP",
)
TZ_UNKNOWN_ASSUMED_HOME = Oddity(
    "TZ_UNKNOWN_ASSUMED_HOME",
    _WARNING,
    "the time zone is unknown, so the line's own is assumed",
    _SAVE_AGAIN,
)
TZ_CUSTOM_EQUALS_HOME = Oddity(
    "TZ_CUSTOM_EQUALS_HOME",
    _INFO,
    "the calendar defines a time zone of its own, which is the same as the line's",
    _SAVE_AGAIN,
)
TZ_CUSTOM_DIFFERS = Oddity(
    "TZ_CUSTOM_DIFFERS",
    _ERROR,
    "the calendar defines a time zone of its own, which differs from the line's, "
    "so the event is no shift",
    _SAVE_AGAIN,
)
NONEXISTENT_LOCAL_TIME = Oddity(
    "NONEXISTENT_LOCAL_TIME",
    _WARNING,
    "the event begins or ends at a time that the clocks skip that night",
    "choose a time that exists",
)
AMBIGUOUS_LOCAL_TIME = Oddity(
    "AMBIGUOUS_LOCAL_TIME",
    _WARNING,
    "the event begins or ends at a time that the clocks show twice that night; "
    "a start is read as the first and an end as the last",
    "choose a time that exists once",
)
NOT_UTF8 = Oddity(
    "NOT_UTF8",
    _WARNING,
    "the calendar is not in UTF-8, and was read as Western European text",
    "export the calendar as UTF-8",
)
NO_SHIFTS = Oddity(
    "NO_SHIFTS",
    _WARNING,
    "the calendar holds no shift in this time",
    "see that it is the right calendar",
)
