"""
Reads the shifts of a line from an iCalendar file.

What each event means:

* **Position**: the one asked for, when each position has a calendar of its own; else the event's
  category (``1``, ``2``, ``position 2``, ``Primär``, ``primary``, ``Bakjour``, ``backup``); else
  such a word before the name (``Bakjour: Anna``, ``2: Anna``, ``[2] Anna``); else 1.
* **Person**: the summary without that word; else the only one who is invited.  A name that nobody
  has is an error, and so is a position that the line lacks: nothing disappears in silence.
* **Time**: in the zone that the event names.  A start that the clocks show twice is the first, and
  an end the last: an overlap is better than a gap.  A time that they skip is read with the offset
  from before the gap.  A series keeps its wall times, start and end, over clock changes.
* **Whole days** mean the line's opening hours on those dates.
* **Shown as free** counts as a shift; calendars choose that by themselves.  Cancelled and declined
  do not count.  Tentative counts, and is told.
* **Repetition** is worked out about the time asked for, however far it goes on.
* **Two events with one identity**: the higher SEQUENCE is the newer revision; with equal ones and
  different starts they are two shifts.

Whatever is odd is a finding with the line on which its event begins, and no finding quotes the
calendar.  Events outside the time asked for are not told of.

Source: RFC 5545.
"""

from datetime import UTC, datetime, timedelta
from datetime import time as clock

from rota_adapter.people import People
from rota_adapter.reading import Reading
from rota_adapter.sources.calendar_effort import ONE_SHIFT, Effort
from rota_adapter.sources.calendar_event_reader import read_event
from rota_adapter.sources.calendar_events import Event, Faulty
from rota_adapter.sources.calendar_oddities import (
    AMBIGUOUS_LOCAL_TIME,
    CANCELLED,
    DECLINED,
    DUPLICATE_EVENT,
    END_BEFORE_START,
    NO_SHIFTS,
    NONEXISTENT_LOCAL_TIME,
    NOT_UTF8,
    POSITION_UNKNOWN,
    UNKNOWN_NAME,
    VERY_LONG,
    Oddity,
)
from rota_adapter.sources.calendar_series import Occurrence, Remark, happenings
from rota_adapter.sources.calendar_text import cut
from rota_adapter.sources.calendar_values import UTC_ZONE, Stamp
from rota_adapter.sources.calendar_words import has_declined, person_of, position_of
from rota_adapter.sources.calendar_zones import Zones
from routing.errors import Place
from routing.finding import Finding
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Shift

_LONGEST = timedelta(days=14)  # a longer one is most often a slip in the month
_AROUND = timedelta(days=2)


def read_calendar(
    file: str,
    content: bytes,
    line: Line,
    people: People,
    window: Interval,
    position: int | None = None,
) -> Reading:
    """
    Every shift in the calendar *content* that touches *window*, whole, and what is odd about it.

    Args:
        file: its name, for the places of findings.
        position: which one the calendar is for, when each has its own.

    Raises:
        Unusable: TOO_BIG, NOT_A_CALENDAR, TRUNCATED or TOO_MANY_EVENTS; no other error, whatever
            the bytes are.
    """
    parts, spent = cut(file, content), Effort(file)
    reader = _Reader(file, line, people, window, position, spent)
    for calendar in parts.calendars:
        zones = Zones(calendar.zones, line.zone, window, spent)
        read = [read_event(part, calendar, zones, spent) for part in calendar.events]
        for found in happenings(read, window, spent):
            reader.take(found)
    return reader.reading(parts.not_utf8)


class _Reader:
    """Turns what happens into shifts and findings."""

    def __init__(
        self,
        file: str,
        line: Line,
        people: People,
        window: Interval,
        position: int | None,
        spent: Effort,
    ) -> None:
        self._file, self._line, self._people, self._window = file, line, people, window
        self._position, self._effort = position, spent
        self._shifts: dict[Shift, int] = {}
        self._findings: list[Finding] = []
        self._told: set[tuple[int, str]] = set()

    def reading(self, not_utf8: int | None) -> Reading:
        """All that was taken, findings in the order of the file."""
        if not_utf8 is not None:
            self._tell(NOT_UTF8, not_utf8)
        if not self._shifts:
            self._tell(NO_SHIFTS, None)

        def order(finding: Finding) -> tuple[int, datetime, str]:
            line = finding.place.line if finding.place is not None else None
            return line or 0, finding.starts_at or datetime.min.replace(tzinfo=UTC), finding.rule

        return Reading(tuple(sorted(self._shifts)), tuple(sorted(self._findings, key=order)))

    def take(self, found: Occurrence | Remark) -> None:
        if isinstance(found, Remark):
            self._remark(found.about, found.oddity)
        else:
            self._happens(found)

    def _remark(self, about: Event | Faulty, oddity: Oddity) -> None:
        start = about.start.first if about.start is not None else None
        if about.instead_of is not None and start is None:
            start = about.instead_of.first
        end = None
        if isinstance(about, Event) and not about.start.is_date:
            end = max(Occurrence(about, about.start).ends_at[0], about.start.first)
        is_elsewhere = start is not None and not (
            start < self._window.end and (end or start + _LONGEST) >= self._window.start
        )
        if about.is_series:
            start = end = None
        elif is_elsewhere:
            return
        self._tell(oddity, about.line, start, end)

    def _happens(self, found: Occurrence) -> None:
        event, line = found.event, found.event.line
        time, dates, walls = self._time(found)
        if time is None:
            self._tell_if_near(END_BEFORE_START.of("DTEND"), line, found.start.first)
            return
        if time.overlap(self._window) is None:
            return
        words = event.words
        person = person_of(words, self._people)
        if event.is_cancelled:
            self._tell(CANCELLED, line, time.start, time.end, person)
            return
        for oddity in event.oddities:
            self._tell_once(oddity, line, time)
        if has_declined(words, person, self._people):
            self._tell(DECLINED, line, time.start, time.end, person)
            return
        position = self._position or position_of(words)
        if position is None or not 1 <= position <= self._line.positions:
            self._tell(POSITION_UNKNOWN, line, time.start, time.end, person)
        elif person is None:
            self._tell(UNKNOWN_NAME, line, time.start, time.end)
        else:
            self._tell_of_clocks(line, time, walls)
            if time.length > _LONGEST:
                self._tell_once(VERY_LONG, line, time)
            self._keep(line, dates, position, person)

    def _time(self, found: Occurrence) -> tuple[Interval | None, list[Interval], dict[str, Stamp]]:
        """When it is, the stretches that are shifts, and the wall times that it was read from."""
        if found.event.start.is_date:
            first, after = found.dates
            zone = self._line.zone
            time = Interval(
                wall(first, clock(0), zone, last=False), wall(after, clock(0), zone, last=False)
            )
            near = Interval(self._window.start - _AROUND, self._window.end + _AROUND)
            part = time.overlap(near)
            self._effort.spend(0 if part is None else ONE_SHIFT * part.length.days)
            return time, list(self._line.hours.within(part)) if part is not None else [], {}
        start, (end, end_wall) = found.start, found.ends_at
        if end <= start.first:  # on a night when the clocks change
            return None, [], {}
        time = Interval(start.first, end)
        walls = {"DTSTART": start} | ({"DTEND": end_wall} if end_wall is not None else {})
        return time, [time], walls

    def _keep(
        self, line: int, stretches: list[Interval], position: int, person: TherapistId
    ) -> None:
        for stretch in stretches:
            if stretch.overlap(self._window) is None:
                continue
            shift = Shift(stretch, position, person)
            if self._shifts.setdefault(shift, line) != line:
                self._tell_once(DUPLICATE_EVENT, line, stretch)

    def _tell_of_clocks(self, line: int, time: Interval, walls: dict[str, Stamp]) -> None:
        for field, stamp in walls.items():
            if stamp.zone is UTC_ZONE or stamp.readings == 1:
                continue
            oddity = AMBIGUOUS_LOCAL_TIME if stamp.readings else NONEXISTENT_LOCAL_TIME
            self._tell(oddity.of(field), line, time.start, time.end)

    def _tell_if_near(self, oddity: Oddity, line: int, start: datetime) -> None:
        if start in self._window:
            self._tell(oddity, line, start)

    def _tell_once(self, oddity: Oddity, line: int, time: Interval) -> None:
        """Tell of *oddity* at the first time that the event on *line* happens, and then no more."""
        if (line, oddity.rule) not in self._told:
            self._told.add((line, oddity.rule))
            self._tell(oddity, line, time.start, time.end)

    def _tell(
        self,
        oddity: Oddity,
        line: int | None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        therapist: TherapistId | None = None,
    ) -> None:
        self._findings.append(
            Finding(
                oddity.rule,
                oddity.severity,
                therapist,
                starts_at,
                ends_at,
                oddity.message,
                oddity.remedy,
                Place(self._file, line, oddity.field),
            )
        )
