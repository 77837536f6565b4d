"""Cuts the bytes of a calendar file into its events and time zones, before anything is believed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rota_adapter.reading import Unusable
from routing.errors import Place

LARGEST = 20_000_000  # bytes
MOST_EVENTS = 50_000
_MOST_LINES = 2_000_000
_BOM = b"\xef\xbb\xbf"
# Possessive, so that a line of any length is read once.
_PROPERTY = re.compile(
    r'\s*([A-Za-z0-9-]++)\s*+((?:;[^":;]*+(?:"[^"]*+"[^":;]*+)*+)*+):(.*)', re.DOTALL
)
_PARAMETER = re.compile(r';\s*+([A-Za-z0-9-]++)\s*+=([^":;]*+(?:"[^"]*+"[^":;]*+)*+)')


class Property(NamedTuple):
    """One property as it stands, with name and parameter names in capitals."""

    name: str
    parameters: Mapping[str, str]
    value: str


@dataclass(slots=True)
class Part:
    """The lines of one component, and the line of the file on which it begins."""

    line: int
    lines: list[str] = field(default_factory=list)
    is_whole: bool = False  # else its end is missing

    def properties(self, wanted: frozenset[str]) -> dict[str, list[Property]]:
        """Its properties whose names are *wanted*, in their order; other lines are passed over."""
        found: dict[str, list[Property]] = {}
        for line in self.lines:
            read = read_property(line, wanted)
            if read is not None:
                found.setdefault(read.name, []).append(read)
        return found


@dataclass(slots=True)
class OneCalendar:
    """What one VCALENDAR holds; a file may have several."""

    zone: str | None = None  # X-WR-TIMEZONE, which no standard knows and everybody writes
    is_cancelled: bool = False
    zones: list[Part] = field(default_factory=list)
    events: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class CalendarFile:
    """The calendars of a file, and the first line that is not UTF-8."""

    calendars: list[OneCalendar] = field(default_factory=list)
    not_utf8: int | None = None


def cut(file: str, content: bytes) -> CalendarFile:
    """
    The parts of *content*, whose lines may end and be folded in any way that is met.

    Lines are joined as bytes, since a fold may stand inside a character.

    Raises:
        Unusable: TOO_BIG, NOT_A_CALENDAR, TRUNCATED or TOO_MANY_EVENTS.

    Source: RFC 5545, 3.1, 3.4 and 3.6.
    """
    _refuse_what_is_no_calendar(file, content)
    cutter = _Cutter(file)
    for number, line in _unfolded(content.removeprefix(_BOM)):
        cutter.take(number, line)
    return cutter.file


def read_property(line: str, wanted: frozenset[str]) -> Property | None:
    """The property on *line*; None when it is no property, or not one that is *wanted*."""
    match = _PROPERTY.match(line)
    if match is None or (name := match[1].upper()) not in wanted:
        return None
    parameters = {p[1].upper(): _unquoted(p[2]) for p in _PARAMETER.finditer(match[2])}
    return Property(name, parameters, match[3].strip())


def _unquoted(text: str) -> str:
    return text.strip().removeprefix('"').removesuffix('"')


def _refuse_what_is_no_calendar(file: str, content: bytes) -> None:
    if len(content) > LARGEST:
        raise Unusable("TOO_BIG", f"larger than {LARGEST} bytes", Place(file))
    # A page to sign in on comes with status 200 and any content type: only the first line tells.
    first, last = content.removeprefix(_BOM).lstrip()[:64], content.rstrip()[-64:]
    if _line(first, 0) != b"BEGIN:VCALENDAR":
        raise Unusable("NOT_A_CALENDAR", "this is no calendar", Place(file, 1))
    if _line(last, -1) != b"END:VCALENDAR":
        lines = len(content.rstrip().splitlines())
        raise Unusable("TRUNCATED", "the end of the calendar is missing", Place(file, lines))
    if content.count(b"\n") + content.count(b"\r") > _MOST_LINES:
        raise Unusable("TOO_BIG", f"more than {_MOST_LINES} line ends", Place(file))


def _line(text: bytes, which: int) -> bytes:
    lines = text.splitlines()
    return lines[which].strip().upper() if lines else b""


def _unfolded(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each logical line and the number of the first physical one."""
    begins, parts = 1, list[bytes]()
    for number, line in enumerate(content.splitlines(), 1):
        if not line:  # some write CR CR LF, so that an empty line ends nothing
            continue
        if parts and line[:1] in {b" ", b"\t"}:
            parts.append(line[1:])
            continue
        if parts:
            yield begins, b"".join(parts)
        begins, parts = number, [line]
    if parts:
        yield begins, b"".join(parts)


class _Cutter:
    """
    Takes the lines one by one and keeps what is open.

    There is no recursion, so that no depth of nesting is too much, and a component that begins
    where none can begin shows that the end of the one before was lost.
    """

    def __init__(self, file: str) -> None:
        self.file = CalendarFile()
        self._name = file
        self._calendar = OneCalendar()
        self._events = 0
        self._open: Part | None = None  # an event or a time zone
        self._is_zone = False
        self._inside: list[str] = []  # components inside an event, or others beside events

    def take(self, number: int, content: bytes) -> None:
        line = self._text(number, content)
        keyword, _, name = line.strip().partition(":")
        match keyword.upper():
            case "BEGIN":
                self._begin(number, name.strip().upper(), line)
            case "END":
                self._end(name.strip().upper(), line)
            case _:
                self._property(line)

    def _begin(self, number: int, name: str, line: str) -> None:
        if name in {"VCALENDAR", "VEVENT", "VTIMEZONE"}:
            self._open, self._inside = None, []
        if name == "VCALENDAR":
            self._calendar = OneCalendar()
            self.file.calendars.append(self._calendar)
        elif name == "VEVENT":
            self._events += 1
            if self._events > MOST_EVENTS:
                message = f"more than {MOST_EVENTS} events"
                raise Unusable("TOO_MANY_EVENTS", message, Place(self._name, number))
            self._open, self._is_zone = Part(number), False
            self._calendar.events.append(self._open)
        elif name == "VTIMEZONE":
            self._open, self._is_zone = Part(number), True
            self._calendar.zones.append(self._open)
        elif self._open is not None and self._is_zone:
            self._open.lines.append(line)
        else:
            self._inside.append(name)

    def _end(self, name: str, line: str) -> None:
        if name in {"VEVENT", "VTIMEZONE"} and self._open is not None:
            # What stands open inside has swallowed some of the event's own lines.
            self._open.is_whole = self._is_zone == (name == "VTIMEZONE") and not self._inside
            self._open, self._inside = None, []
        elif name == "VCALENDAR":
            self._open, self._inside = None, []
        elif self._open is not None and self._is_zone:
            self._open.lines.append(line)
        elif self._inside and self._inside[-1] == name:
            self._inside.pop()

    def _property(self, line: str) -> None:
        if self._inside:
            return
        if self._open is not None:
            self._open.lines.append(line)
            return
        read = read_property(line, frozenset({"X-WR-TIMEZONE", "METHOD"}))
        if read is not None and read.name == "X-WR-TIMEZONE":
            self._calendar.zone = read.value
        elif read is not None:
            self._calendar.is_cancelled = read.value.upper() == "CANCEL"

    def _text(self, number: int, content: bytes) -> str:
        # Line by line, so that one stray byte does not garble every other name.
        try:
            return content.decode()
        except UnicodeDecodeError:
            self.file.not_utf8 = self.file.not_utf8 or number
            try:
                return content.decode("cp1252")
            except UnicodeDecodeError:  # five bytes mean nothing in it
                return content.decode("latin-1")
