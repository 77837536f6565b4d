"""The calendar that a mail about a meeting carries."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from urllib.parse import quote
from zoneinfo import ZoneInfo

import icalendar

from rota_adapter.calendar_zone import zone_component
from routing.meeting import MeetingId, Message, Word

_LASTS = timedelta(minutes=15)
_REMINDS = timedelta(minutes=-10)
_METHOD = re.compile(r"^METHOD:([A-Z]+)\r?$", re.MULTILINE)
# RFC 6068, 2: what may stand in a mail address within an address of the kind mailto:.
_SAFE = "@!$'*+"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A meeting and the words for it; nothing of what it is about."""

    id: MeetingId
    organiser: str = field(repr=False)  # as in a mail's From
    zone: ZoneInfo
    summary: str
    description: str
    url: str


def calendar_of(occasion: Occasion, message: Message, now: datetime) -> str:
    """
    What *message* says, as an iCalendar object that a calendar acts upon when it comes by mail.

    Nobody but who gets it is named, so that nobody's address is shown to another.  Who is no
    longer invited gets a cancellation without a status, since the others do meet.

    Source: RFC 5546, 3.2.2 and 3.2.5; RFC 5545, 3.6.1.
    """
    is_on = message.word in {Word.INVITED, Word.MOVED}
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//Beredskap//Beredskap//SV")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "REQUEST" if is_on else "CANCEL")
    calendar.add_component(zone_component(occasion.zone, message.due_at, message.due_at))
    event = icalendar.Event()
    event.add("UID", occasion.id)
    event.add("DTSTAMP", now.astimezone(UTC))
    event.add("SEQUENCE", message.sequence)
    start = message.due_at.astimezone(occasion.zone)
    event.add("DTSTART", start)
    event.add("DTEND", (message.due_at + _LASTS).astimezone(occasion.zone))
    event.add("SUMMARY", occasion.summary)
    event.add("ORGANIZER", _organiser(occasion.organiser))
    event.add("ATTENDEE", _attendee(message.address))
    event.add("CLASS", "PRIVATE")
    if message.word is not Word.UNINVITED:
        event.add("STATUS", "CONFIRMED" if is_on else "CANCELLED")
    if is_on:
        event.add("DESCRIPTION", occasion.description)
        event.add("URL", occasion.url)
        event.add("TRANSP", "OPAQUE")
        event.add_component(_reminder(occasion.summary))
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content.decode()


def method_of(calendar: str) -> str:
    """
    The method that stands in *calendar*, which the mail around it must name too.

    Source: RFC 6047, 2.4.
    """
    found = _METHOD.search(calendar)
    return "PUBLISH" if found is None else found[1]


def _organiser(sender: str) -> icalendar.vCalAddress:
    name, address = parseaddr(sender)
    organiser = _person(address)
    if name:
        organiser.params["CN"] = name
    return organiser


def _attendee(address: str) -> icalendar.vCalAddress:
    attendee = _person(address)
    # Nobody reads an answer: who is at the meeting is seen there.
    attendee.params.update(
        {
            "CUTYPE": "INDIVIDUAL",
            "ROLE": "REQ-PARTICIPANT",
            "PARTSTAT": "NEEDS-ACTION",
            "RSVP": "FALSE",
        }
    )
    return attendee


def _person(address: str) -> icalendar.vCalAddress:
    return icalendar.vCalAddress(f"mailto:{quote(address, safe=_SAFE)}")


def _reminder(words: str) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("TRIGGER", _REMINDS)
    alarm.add("DESCRIPTION", words)
    return alarm
