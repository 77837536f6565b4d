"""Reads one event, so that a fault in it concerns no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rota_adapter.sources.calendar_effort import ONE_VALUE, Effort
from rota_adapter.sources.calendar_events import Event, Faulty
from rota_adapter.sources.calendar_oddities import (
    ALL_DAY,
    DATE_TIME_MIXED,
    END_BEFORE_START,
    EVENT_UNREADABLE,
    FLOATING_TIME,
    NO_LENGTH,
    SHOWN_AS_FREE,
    TENTATIVE,
    Oddity,
    Unreadable,
)
from rota_adapter.sources.calendar_rules import Rule, read_rule
from rota_adapter.sources.calendar_text import OneCalendar, Part, Property
from rota_adapter.sources.calendar_values import (
    UTC_ZONE,
    Length,
    Stamp,
    is_utc,
    read_length,
    read_stamp,
    read_wall,
)
from rota_adapter.sources.calendar_words import read_words
from rota_adapter.sources.calendar_zones import Named, Zones
from routing.finding import Severity

_WORDS = frozenset({"SUMMARY", "CATEGORIES", "ATTENDEE"})
_FREE = frozenset({"TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"})
_ONCE = ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "STATUS", "SEQUENCE")
_READ = frozenset({*_ONCE, "RDATE", "EXDATE", "EXRULE"}) | _WORDS | _FREE
_A_DAY = timedelta(days=1)
_LONGEST_NUMBER = 12  # digits


def read_event(part: Part, calendar: OneCalendar, zones: Zones, spent: Effort) -> Event | Faulty:
    """
    What *part* of *calendar* says, whatever that is.

    Raises:
        Unusable: TOO_MANY_EVENTS, when lists of dates are longer than a rota can need.
    """
    reader = _Reader(part, calendar, zones, spent)
    try:
        return reader.event()
    except Unreadable as err:
        return reader.faulty(err.oddity)


class _Reader:
    def __init__(self, part: Part, calendar: OneCalendar, zones: Zones, spent: Effort) -> None:
        self._part, self._calendar, self._zones, self._spent = part, calendar, zones, spent
        self._found = part.properties(_READ)
        self._oddities: dict[Oddity, None] = {}
        self._start: Stamp | None = None
        self._instead_of: Stamp | None = None

    def faulty(self, oddity: Oddity) -> Faulty:
        is_series = "RRULE" in self._found or "RDATE" in self._found
        return Faulty(
            self._part.line, self._uid(), oddity, self._start, self._instead_of, is_series
        )

    def event(self) -> Event:
        self._instead_of = self._stamp_of("RECURRENCE-ID")
        start = self._start = self._begins()
        if not self._part.is_whole or "EXRULE" in self._found:
            raise Unreadable(EVENT_UNREADABLE)
        for name in _ONCE:
            if len(set(map(str, self._found.get(name, ())))) > 1:
                raise Unreadable(EVENT_UNREADABLE.of(name))
        end = self._ends(start)
        self._check_length(start, end)
        rule = self._rule()
        self._look_at_status()
        return Event(
            line=self._part.line,
            uid=self._uid(),
            sequence=self._sequence(),
            start=start,
            end=end,
            rule=rule,
            until=self._until(rule, start),
            more=self._more(start),
            without=self._without(start),
            instead_of=self._instead_of,
            and_later=self._and_later(),
            is_cancelled=self._calendar.is_cancelled or self._text("STATUS") == "CANCELLED",
            words=read_words(self._found),
            oddities=tuple(self._oddities),  # last, since reading the others finds them
        )

    def _uid(self) -> str:
        return self._found["UID"][0].value if "UID" in self._found else ""

    def _text(self, name: str) -> str:
        return self._found[name][0].value.upper() if name in self._found else ""

    def _sequence(self) -> int:
        text = self._text("SEQUENCE")
        return (
            int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0
        )

    def _begins(self) -> Stamp:
        start = self._stamp_of("DTSTART")
        if start is None:
            raise Unreadable(EVENT_UNREADABLE.of("DTSTART"))
        if start.zone is UTC_ZONE and "RRULE" in self._found and self._calendar.zone is not None:
            # Google exports a weekly event so: in UTC, and meant in the calendar's own zone.
            return start.within(self._floating("DTSTART").zone)
        return start

    def _ends(self, start: Stamp) -> Stamp | Length:
        end = self._stamp_of("DTEND")  # it wins over a DURATION beside it
        if end is not None:
            return self._alike(start, end)
        if "DURATION" in self._found:
            with _reading("DURATION"):
                return read_length(self._found["DURATION"][0].value)
        if start.is_date:
            return Length(1, 0)
        raise Unreadable(NO_LENGTH.of("DTSTART"))

    def _alike(self, start: Stamp, end: Stamp) -> Stamp:
        """*end*, as a date if *start* is one and else as a time."""
        if start.is_date == end.is_date:
            if start.is_date and end.wall == start.wall:
                return end.later(_A_DAY)  # some write the last date instead of the one after it
            return end
        self._oddities[DATE_TIME_MIXED] = None
        if not start.is_date:
            return Stamp(end.wall, start.zone)
        last = end.within(start.zone).on_date()
        return last if last.wall != start.wall else last.later(_A_DAY)

    def _check_length(self, start: Stamp, end: Stamp | Length) -> None:
        if isinstance(end, Length):
            size = end.nominal
            field = "DURATION" if "DURATION" in self._found else "DTSTART"
        else:
            size = end.wall - start.wall if start.is_date else end.last - start.first
            field = "DTEND"
        if size < timedelta(0):
            raise Unreadable(END_BEFORE_START.of(field))
        if not size:
            raise Unreadable(NO_LENGTH.of(field))

    def _rule(self) -> Rule | None:
        return read_rule(self._found["RRULE"][0].value) if "RRULE" in self._found else None

    def _until(self, rule: Rule | None, start: Stamp) -> datetime | None:
        if rule is None or rule.until is None:
            return None
        wall = read_wall(rule.until)
        try:
            if is_utc(rule.until):
                return Stamp(wall, UTC_ZONE).within(start.zone).wall
            is_date = len(rule.until) == len("20270131")
            return wall + _A_DAY - timedelta(seconds=1) if is_date else wall
        except OverflowError:  # the last day of the year 9999 is how some say: without end
            return wall

    def _more(self, start: Stamp) -> tuple[tuple[Stamp, Stamp | Length | None], ...]:
        found: list[tuple[Stamp, Stamp | Length | None]] = []
        for read in self._listed("RDATE"):
            begins, _, ends = read.value.partition("/")
            stamp = self._stamp(read._replace(value=begins)).within(start.zone)
            end: Stamp | Length | None = None
            if ends:
                with _reading("RDATE"):
                    is_length = ends[:1] in "Pp+"
                    end = (
                        read_length(ends)
                        if is_length
                        else self._stamp(read._replace(value=ends)).within(start.zone)
                    )
                self._check_period(stamp, end)
            found.append((stamp.like(start), end))
        return tuple(found)

    def _check_period(self, start: Stamp, end: Stamp | Length) -> None:
        size = end.nominal if isinstance(end, Length) else end.last - start.first
        if size <= timedelta(0):
            raise Unreadable((NO_LENGTH if not size else END_BEFORE_START).of("RDATE"))

    def _without(self, start: Stamp) -> tuple[Stamp, ...]:
        """EXDATE; a date leaves out all that begins on it."""
        stamps = (self._stamp(read).within(start.zone) for read in self._listed("EXDATE"))
        return tuple(stamp.on_date() if start.is_date else stamp for stamp in stamps)

    def _listed(self, name: str) -> Iterator[Property]:
        for read in self._found.get(name, ()):
            for value in read.value.split(","):
                self._spent.spend(ONE_VALUE)
                yield read._replace(value=value.strip())

    def _and_later(self) -> bool:
        read = self._found.get("RECURRENCE-ID", ())
        return any(one.parameters.get("RANGE", "").upper() == "THISANDFUTURE" for one in read)

    def _look_at_status(self) -> None:
        if self._text("STATUS") == "TENTATIVE":
            self._oddities[TENTATIVE] = None
        if self._text("TRANSP") == "TRANSPARENT":
            self._oddities[SHOWN_AS_FREE] = None
        elif self._text("X-MICROSOFT-CDO-BUSYSTATUS") == "FREE":
            self._oddities[SHOWN_AS_FREE.of("X-MICROSOFT-CDO-BUSYSTATUS")] = None
        start = self._start
        if start is not None and start.is_date and DATE_TIME_MIXED not in self._oddities:
            self._oddities[ALL_DAY] = None

    def _stamp_of(self, name: str) -> Stamp | None:
        return self._stamp(self._found[name][0]) if name in self._found else None

    def _stamp(self, read: Property) -> Stamp:
        with _reading(read.name):
            stamp = read_stamp(read.value, self._zones.home)
            if stamp.is_date or is_utc(read.value):
                return stamp
            name = read.parameters.get("TZID", "")
            named = self._zones.named(name) if name else self._floating(read.name)
            self._note(named.oddity, read.name)
            stamp = Stamp(stamp.wall, named.zone)
            _ = stamp.last  # a moment that cannot be counted in UTC is found out here
            return stamp

    def _floating(self, field: str) -> Named:
        name = self._calendar.zone
        named = Named(self._zones.home) if name is None else self._zones.named(name)
        self._note(named.oddity or FLOATING_TIME, field)
        return named

    def _note(self, oddity: Oddity | None, field: str) -> None:
        """Keep *oddity*, once however many properties show it."""
        if oddity is None:
            return
        if oddity.severity is Severity.ERROR:
            raise Unreadable(oddity.of(field))
        if all(oddity.rule != known.rule for known in self._oddities):
            self._oddities[oddity.of(field)] = None


@contextmanager
def _reading(field: str) -> Iterator[None]:
    try:
        yield
    except Unreadable:
        raise
    except (ValueError, OverflowError) as err:
        raise Unreadable(EVENT_UNREADABLE.of(field)) from err
