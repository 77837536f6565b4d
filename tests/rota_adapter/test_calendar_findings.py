"""What is told of a calendar: where, when, of whom, and nothing that stands in it."""

from pathlib import Path

import pytest

from rota_adapter.reading import Reading, Unusable
from rota_adapter.sources.calendar_text import LARGEST, MOST_EVENTS
from routing.errors import Place
from routing.finding import Finding, Severity
from tests.examples import at, span
from tests.rota_adapter.calendars import calendar, event, read, stated

_TIMES = ("DTSTART:20270111T153000Z", "DTEND:20270111T210000Z")
_AGES = ("DTSTART;VALUE=DATE:16000101", "DTEND;VALUE=DATE:22000101")
_TWELFTH = ("DTSTART:20270112T153000Z", "DTEND:20270112T210000Z")

_EVERY_MINUTE = [
    f"202701{day:02}T{minute // 60:02}{minute % 60:02}00Z"
    for day in range(1, 32)
    for minute in range(24 * 60)
]


def _rules(reading: Reading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def test_a_name_that_nobody_has_is_an_error_with_its_place_and_its_times() -> None:
    reading = read(calendar(event(*_TWELFTH), event(*_TIMES, uid="2", summary="Anna Bo")))

    assert reading.findings == (
        Finding(
            "UNKNOWN_NAME",
            Severity.ERROR,
            None,
            at("2027-01-11T16:30"),
            at("2027-01-11T22:00"),
            "the event names nobody that is known, so it is no shift",
            "write the name or mail address as the organisation file has it, "
            "or add it to the rota's names",
            Place("jour.ics", 9, "SUMMARY"),
        ),
    )
    assert [stated(s) for s in reading.shifts] == ["1 t1 2027-01-12T15:30Z 2027-01-12T21:00Z"]


def test_every_time_that_an_unknown_name_is_repeated_is_told() -> None:
    reading = read(calendar(event(*_TIMES, "RRULE:FREQ=WEEKLY;COUNT=3", summary="Nobody")))

    assert [f.starts_at for f in reading.findings if f.rule == "UNKNOWN_NAME"] == [
        at("2027-01-11T16:30"),
        at("2027-01-18T16:30"),
        at("2027-01-25T16:30"),
    ]


def test_what_is_odd_about_a_series_as_a_whole_is_told_once() -> None:
    start = "DTSTART;TZID=Nowhere:20270111T163000"
    reading = read(calendar(event(start, "DURATION:PT2H", "RRULE:FREQ=DAILY;COUNT=5")))

    assert len(reading.shifts) == 5
    (found,) = reading.findings
    assert (found.rule, found.starts_at) == ("TZ_UNKNOWN_ASSUMED_HOME", at("2027-01-11T16:30"))
    assert str(found.place) == "jour.ics, line 3, DTSTART"


def test_who_cancelled_or_declined_is_told_by_id() -> None:
    reading = read(
        calendar(
            event(*_TIMES, "STATUS:CANCELLED"),
            event(*_TWELFTH, "ATTENDEE;PARTSTAT=DECLINED:mailto:bo@example.org", uid="2"),
        )
    )

    assert [(f.rule, f.therapist) for f in reading.findings if f.place and f.place.line] == [
        ("CANCELLED", "t1"),
        ("DECLINED", "t1"),
    ]


def test_nothing_that_stands_in_a_calendar_is_quoted() -> None:
    told = ""
    for file in (Path(__file__).parent / "nasty").glob("*.ics"):
        try:
            reading = read(file.read_bytes())
        except Unusable as err:
            told += f"{err} {err!r}\n"
        else:
            told += "\n".join(f"{f.message} {f.remedy} {f.place}" for f in reading.findings)

    words = ("Anna", "Åsa", "Öberg", "example.org", "Customized", "Logga", "google", "WEEKLEY")
    assert [word for word in words if word in told] == []


def test_a_shift_is_given_whole_when_any_of_it_is_in_the_window() -> None:
    content = calendar(event(*_TIMES))
    inside = span("2027-01-11T21:59", "2027-01-11T23:00")
    after = span("2027-01-11T22:00", "2027-01-11T23:00")
    before = span("2027-01-11T10:00", "2027-01-11T16:30")

    assert [stated(s) for s in read(content, inside).shifts] == [
        "1 t1 2027-01-11T15:30Z 2027-01-11T21:00Z"
    ]
    assert _rules(read(content, after)) == _rules(read(content, before)) == ["NO_SHIFTS"]


def test_an_instance_that_was_moved_into_the_window_from_far_away_is_met() -> None:
    content = calendar(
        event(*_TIMES, "RRULE:FREQ=WEEKLY"),
        event("RECURRENCE-ID:20270118T153000Z", "DTSTART:20270620T100000Z", "DURATION:PT1H"),
    )

    assert [stated(s) for s in read(content, span("2027-06-20", "2027-06-21")).shifts] == [
        "1 t1 2027-06-20T10:00Z 2027-06-20T11:00Z"
    ]
    assert read(content, span("2027-01-18", "2027-01-19")).shifts == ()


def test_two_feeds_may_mean_different_zones_by_one_name() -> None:
    def feed(offset: str) -> bytes:
        zone = "\r\n".join(
            (
                "BEGIN:VTIMEZONE",
                "TZID:Customized Time Zone",
                "BEGIN:STANDARD",
                "DTSTART:16010101T000000",
                f"TZOFFSETFROM:{offset}",
                f"TZOFFSETTO:{offset}",
                "END:STANDARD",
                "END:VTIMEZONE",
            )
        )
        start = "DTSTART;TZID=Customized Time Zone:20270111T163000"
        return calendar(zone, event(start, "DURATION:PT1H"))

    assert _rules(read(feed("-0500"))) == ["NO_SHIFTS", "TZ_CUSTOM_DIFFERS"]
    undefined = calendar(event("DTSTART;TZID=Customized Time Zone:20270111T163000", "DURATION:P1D"))
    assert _rules(read(undefined)) == ["TZ_UNKNOWN_ASSUMED_HOME"]
    assert _rules(read(feed("+0100"))) == ["NO_SHIFTS", "TZ_CUSTOM_DIFFERS"]  # no summer time


@pytest.mark.parametrize(
    ("content", "rule", "message"),
    [
        (b"", "NOT_A_CALENDAR", "jour.ics, line 1: this is no calendar"),
        (b" \r\n\n", "NOT_A_CALENDAR", "jour.ics, line 1: this is no calendar"),
        (b"BEGIN:VCARD\nEND:VCARD\n", "NOT_A_CALENDAR", "jour.ics, line 1: this is no calendar"),
        (
            calendar(event(*_TIMES)).decode().encode("utf-16"),
            "NOT_A_CALENDAR",
            "jour.ics, line 1: this is no calendar",
        ),
        (
            b"BEGIN:VCALENDAR\nVERSION:2.0\n\n",
            "TRUNCATED",
            "jour.ics, line 2: the end of the calendar is missing",
        ),
        (b"x" * (LARGEST + 1), "TOO_BIG", "jour.ics: larger than 20000000 bytes"),
        (calendar("\n" * 2_000_000), "TOO_BIG", "jour.ics: more than 2000000 line ends"),
        (
            calendar(*["BEGIN:VEVENT\r\nEND:VEVENT"] * (MOST_EVENTS + 1)),
            "TOO_MANY_EVENTS",
            "jour.ics, line 100003: more than 50000 events",
        ),
        (
            calendar(event(*_TIMES, "RDATE:" + ",".join(_EVERY_MINUTE))),
            "TOO_MANY_EVENTS",
            "jour.ics: its repeated events come to more than a rota can hold",
        ),
        (
            calendar(*(event(*_AGES, uid=str(n)) for n in range(200))),
            "TOO_MANY_EVENTS",
            "jour.ics: its repeated events come to more than a rota can hold",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_what_cannot_be_used_as_a_whole_is_refused(content: bytes, rule: str, message: str) -> None:
    with pytest.raises(Unusable) as caught:
        read(content)

    assert (caught.value.rule, str(caught.value)) == (rule, message)
