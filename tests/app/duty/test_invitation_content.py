"""What an invitation holds, as a mail and as a calendar, and what it does not."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from app.duty.invitation_calendar import Occasion, calendar_of, method_of
from app.settings import Settings
from routing.ids import TherapistId
from routing.meeting import MeetingId, Message, Word
from tests.app.duty.invited import JARVAS, SENDER, Office, arrived
from tests.app.duty.post_office import MailServer, mail_server
from tests.app.world import evening, rows
from tests.examples import STOCKHOLM, at

SUNDAY_NIGHT = "2026-03-08T22:10"
CLOSED_MONDAY = ("closed_days = []", "closed_days = [2026-03-09]")
NOTIFIED = 'notify = ["t4", "t5", "t6"]'
START = at("2026-03-09T08:30")
WITHOUT_T6 = (NOTIFIED, 'notify = ["t4", "t5"]')


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def office(settings: Settings, server: MailServer) -> Office:
    return Office(settings, server.url)


def test_an_invitation_is_what_calendars_expect(
    sqlite_settings: Settings, server: MailServer
) -> None:
    Office(sqlite_settings, server.url).weekend()

    (mine, *_) = arrived(server)
    event = mine.event
    assert mine.calendar["VERSION"] == "2.0"
    assert mine.calendar["PRODID"]
    assert event["DTSTART"].params["TZID"] == event["DTEND"].params["TZID"] == "Europe/Stockholm"
    assert [zone["TZID"] for zone in mine.calendar.walk("VTIMEZONE")] == ["Europe/Stockholm"]
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=15)
    assert event["DTSTAMP"].dt == at("2026-03-08T22:00")
    assert event["SUMMARY"] == "Överlämning från jouren"
    assert (event["ORGANIZER"], event["ORGANIZER"].params["CN"]) == (
        "mailto:jour@example.se",
        "Jouren",
    )
    assert event["ATTENDEE"] == "mailto:t4@example.org"
    assert event["ATTENDEE"].params["ROLE"] == "REQ-PARTICIPANT"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["URL"] == "https://jour.example.se/"
    assert (event["CLASS"], event["TRANSP"]) == ("PRIVATE", "OPAQUE")
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-10)


def test_the_mail_is_words_beside_a_calendar_and_the_calendar_as_a_file(
    sqlite_settings: Settings, server: MailServer
) -> None:
    Office(sqlite_settings, server.url).weekend()

    mail = arrived(server)[0].mail
    parts = [(p.get_content_type(), p.get_param("method")) for p in mail.walk()]
    assert parts == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/calendar", "REQUEST"),
        ("application/ics", None),
    ]
    words, calendar = list(mail.walk())[2:4]
    (file,) = mail.iter_attachments()
    content = calendar.get_payload(decode=True)
    assert calendar.get_content_charset() == "utf-8"
    assert file.get_filename() == "invite.ics"
    assert file.get_payload(decode=True) == content
    assert isinstance(content, bytes)
    assert content.count(b"\n") == content.count(b"\r\n")  # RFC 5545, 3.1
    assert max(map(len, content.split(b"\r\n"))) <= 75
    assert "9/3 08:30" in words.get_content()
    assert mail["Subject"] == "Överlämning från jouren"
    assert (mail["From"], mail["To"]) == (SENDER, "t4@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == at("2026-03-08T22:00")


def test_nothing_in_it_tells_what_came_in_or_who_else_is_invited(
    office: Office, server: MailServer, log: io.StringIO
) -> None:
    office.weekend()
    office.load(CLOSED_MONDAY, WITHOUT_T6)
    office.sweep(SUNDAY_NIGHT)

    assert len(arrived(server)) == 6
    for one in arrived(server):
        written = f"{one.mail} {one.calendar.to_ical().decode()} {one.mail['Subject']}"
        others = [address for address in JARVAS if address != one.to]
        facts = ["jarva", "Järva", "K-CA", "CA06", "Eftervård", "eftervard", "19:00", "Therapist"]
        assert not [fact for fact in [*facts, *others] if fact in written]
    assert "@" not in log.getvalue()
    engine = office.parts.engine
    stored = str(rows(engine, "outbox") + rows(engine, "meeting_guests") + rows(engine, "meetings"))
    assert not [fact for fact in ("example.org", "VCALENDAR", "Logga in") if fact in stored]


@pytest.mark.parametrize(
    ("day", "starts", "moment"),
    [
        ("2026-03-28", "2026-03-30 08:30", datetime(2026, 3, 30, 6, 30, tzinfo=UTC)),
        ("2026-10-24", "2026-10-26 08:30", datetime(2026, 10, 26, 7, 30, tzinfo=UTC)),
        ("2026-06-18", "2026-06-22 08:30", datetime(2026, 6, 22, 6, 30, tzinfo=UTC)),
        ("2026-12-30", "2027-01-04 08:30", datetime(2027, 1, 4, 7, 30, tzinfo=UTC)),
    ],
)
def test_the_meeting_is_at_the_same_hour_whatever_the_clocks_do(
    day: str, starts: str, moment: datetime, sqlite_settings: Settings, server: MailServer
) -> None:
    office = Office(sqlite_settings, server.url, evening(day, opens="10:00"))
    office.contact("CA1", f"{day}T19:00")

    office.sweep(f"{day}T22:00")

    (mine, *_) = arrived(server)
    (zone,) = mine.calendar.walk("VTIMEZONE")
    start = mine.event["DTSTART"].dt
    assert (mine.starts, start.astimezone(UTC)) == (starts, moment)
    # The same, by the zone that came along.
    own = start.replace(tzinfo=zone.to_tz(lookup_tzid=False))
    assert own.astimezone(UTC) == moment


def test_addresses_are_written_as_addresses() -> None:
    """Source: RFC 6068, 2; RFC 5545, 3.3.3."""
    occasion = Occasion(MeetingId("m"), "jour@example.se", STOCKHOLM, "s", "d", "https://x/")
    message = Message(Word.UNINVITED, TherapistId("t4"), "a&b%+c@example.org", START, 3)

    calendar = icalendar.Calendar.from_ical(calendar_of(occasion, message, START))

    (event,) = calendar.walk("VEVENT")
    assert event["ATTENDEE"] == "mailto:a%26b%25+c@example.org"
    assert event["ORGANIZER"] == "mailto:jour@example.se"
    assert dict(event["ORGANIZER"].params) == {}
    assert (event["SEQUENCE"], event["CLASS"]) == (3, "PRIVATE")
    assert not {"STATUS", "URL", "DESCRIPTION"} & set(event)


def test_the_method_is_read_where_it_stands() -> None:
    assert method_of("BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nVERSION:2.0\r\n") == "CANCEL"
    assert method_of("BEGIN:VCALENDAR\r\nNAME:x\r\n METHOD:CANCEL\r\n") == "PUBLISH"
