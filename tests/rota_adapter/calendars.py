"""Calendars for tests, and those who are named in them."""

from datetime import UTC, datetime, time

from rota_adapter.people import People
from rota_adapter.reading import Reading
from rota_adapter.sources.calendar_file import read_calendar
from routing.hours import Hours, Window
from routing.intervals import Interval
from routing.rota import Shift
from tests.examples import STOCKHOLM, line, span, therapist

YEAR = span("2027-01-01T00:00", "2028-01-01T00:00")
PEOPLE = People(
    [
        therapist(1, name="Anna", email="anna@example.org"),
        therapist(2, name="Bo", email="bo@example.org"),
        therapist(3, name="Åsa Öberg", email="asa@example.org"),
    ]
)
_EVENINGS = Window(frozenset({"mon", "tue", "wed", "thu", "fri"}), time(16, 30), time(22))
_FREE_DAYS = Window(frozenset({"sat", "sun", "holiday", "eve"}), time(8), time(22))
LINE = line(hours=Hours((_EVENINGS, _FREE_DAYS), STOCKHOLM))


def calendar(*parts: str) -> bytes:
    """A calendar with *parts* in it."""
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", "")).encode()


def event(*lines: str, uid: str = "1", summary: str = "Anna") -> str:
    """An event with *lines* in it."""
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", *lines, f"SUMMARY:{summary}", "END:VEVENT"))


def read(content: bytes, window: Interval = YEAR, position: int | None = None) -> Reading:
    """What *content* comes to for the line of these tests."""
    return read_calendar("jour.ics", content, LINE, PEOPLE, window, position)


def stated(shift: Shift) -> str:
    """The shift in one line, with its times in UTC."""
    times = " ".join(_stated(at) for at in (shift.time.start, shift.time.end))
    return f"{shift.position} {shift.therapist} {times}"


def _stated(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
