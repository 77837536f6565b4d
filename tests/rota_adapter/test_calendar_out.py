"""The calendar that therapists subscribe to: what it says, and that we read the same from it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rota_adapter.calendar_out import Entry, calendar_feed
from rota_adapter.people import People
from rota_adapter.sources.calendar_file import read_calendar
from routing.finding import Severity
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rota import Shift
from tests.examples import line, shift, span, therapist

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_CHANGED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
_EVENING = shift("t1", "2027-01-11T16:30", "2027-01-11T22:00")


def _title(shift: Shift) -> str:
    return f"{shift.position}: {shift.therapist}"


def _feed(*entries: Entry, name: str = "Jour Eftervård") -> bytes:
    return calendar_feed(line(), entries, _title, name, _NOW)


def _event(content: bytes) -> dict[str, str]:
    """The one event in *content*: each property's value, by its name without parameters."""
    text = content.decode().replace("\r\n ", "")
    _, event = text.split("BEGIN:VEVENT\r\n")
    lines = event.split("END:VEVENT")[0].splitlines()
    return {line.split(":")[0].split(";")[0]: line.split(":", 1)[1] for line in lines}


def _uid(entry: Entry) -> str:
    return _event(_feed(entry))["UID"]


def test_a_shift_becomes_an_event_that_takes_up_nobodys_day() -> None:
    content = _feed(Entry(_EVENING, _CHANGED)).decode()

    event = content[content.index("BEGIN:VEVENT") :].split("\r\n")
    assert [text for text in event if not text.startswith("UID:")] == [
        "BEGIN:VEVENT",
        "SUMMARY:1: t1",
        "DTSTART;TZID=Europe/Stockholm:20270111T163000",
        "DTEND;TZID=Europe/Stockholm:20270111T220000",
        "DTSTAMP:20261120T083000Z",
        "SEQUENCE:217326600",
        "LAST-MODIFIED:20261120T083000Z",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_the_calendar_says_its_name_and_when_to_come_again() -> None:
    head = _feed().decode().split("\r\n")

    assert {
        "PRODID:-//Beredskap//Beredskap//SV",
        "VERSION:2.0",
        "NAME:Jour Eftervård",
        "X-WR-CALNAME:Jour Eftervård",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    } <= set(head)
    assert not [text for text in head if text.startswith("METHOD")]


def test_the_zone_covers_the_years_that_are_shown() -> None:
    summer = shift("t1", "2028-07-11T16:30", "2028-07-11T22:00")
    content = _feed(Entry(_EVENING, _CHANGED), Entry(summer, _CHANGED))

    zone = content.decode().split("VTIMEZONE")[1]
    assert [
        line for line in zone.splitlines() if line.startswith(("DTSTART:2027", "DTSTART:2028"))
    ] == [
        "DTSTART:20270328T020000",
        "DTSTART:20271031T030000",
        "DTSTART:20280326T020000",
        "DTSTART:20281029T030000",
    ]
    (start,) = [part for part in zone.split("BEGIN:") if "20270328" in part]
    assert start.splitlines() == [
        "DAYLIGHT",
        "DTSTART:20270328T020000",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
    ]


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    content = _feed(Entry(_EVENING, _CHANGED), name="Jour " + "åäö " * 60)

    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not [text for text in lines if b"\n" in text or b"\r" in text]
    assert ("X-WR-CALNAME:Jour " + "åäö " * 60) in content.replace(b"\r\n ", b"").decode()


def test_an_events_identity_stays_when_only_its_end_changes() -> None:
    longer = shift("t1", "2027-01-11T16:30", "2027-01-12T08:00")
    others = (
        shift("t2", "2027-01-11T16:30", "2027-01-11T22:00"),
        shift("t1", "2027-01-11T16:31", "2027-01-11T22:00"),
        shift("t1", "2027-01-11T16:30", "2027-01-11T22:00", position=2),
    )
    uid = _uid(Entry(_EVENING, _CHANGED))

    # Written out, so that a new version of this service does not double everybody's events.
    assert uid == "fe016473-d815-5273-9518-18972cf84a51@beredskap"
    assert _uid(Entry(longer, _NOW, cancelled=True)) == uid
    assert uid not in {_uid(Entry(other, _CHANGED)) for other in others}


def test_of_two_entries_with_one_identity_the_one_in_force_counts_and_then_the_latest() -> None:
    later = shift("t1", "2027-01-11T16:30", "2027-01-11T23:00")
    gone = Entry(_EVENING, _NOW, cancelled=True)
    old, new = Entry(_EVENING, _CHANGED), Entry(later, _CHANGED + timedelta(seconds=1))

    for entries in ((gone, old, new), (new, gone, old), (old, new, gone)):
        event = _event(_feed(*entries))
        assert (event["STATUS"], event["DTEND"]) == ("CONFIRMED", "20270111T230000")


def test_what_was_cancelled_says_so() -> None:
    event = _event(_feed(Entry(_EVENING, _CHANGED, cancelled=True)))

    assert event["STATUS"] == "CANCELLED"


@pytest.mark.parametrize("seconds", [1, 60, 10_000_000])
def test_the_sequence_rises_with_every_change(seconds: int) -> None:
    before = _event(_feed(Entry(_EVENING, _CHANGED)))
    after = _event(_feed(Entry(_EVENING, _CHANGED + timedelta(seconds=seconds))))

    assert int(after["SEQUENCE"]) - int(before["SEQUENCE"]) == seconds


def test_the_same_entries_give_the_same_bytes_in_any_order() -> None:
    entries = [Entry(_EVENING, _CHANGED), Entry(shift("t2", "2027-01-12", "2027-01-13"), _NOW)]

    assert _feed(*entries) == _feed(*reversed(entries))


_minutes = st.one_of(
    st.integers(0, 365 * 24 * 60),
    # The two nights in which the clocks change.
    st.integers(86 * 24 * 60 - 300, 86 * 24 * 60 + 300),
    st.integers(303 * 24 * 60 - 300, 303 * 24 * 60 + 300),
)
_shifts = st.builds(
    lambda start, length, position, number: Shift(
        Interval(
            datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=start),
            datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=start + length),
        ),
        position,
        TherapistId(f"t{number}"),
    ),
    _minutes,
    st.integers(1, 3 * 24 * 60),
    st.integers(1, 2),
    st.integers(1, 3),
)


@given(
    st.lists(_shifts, unique_by=lambda s: (s.time.start, s.position, s.therapist), max_size=8),
    st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants bounds without zones
)
def test_we_read_the_same_shifts_from_our_own_calendar(
    shifts: list[Shift], changed_at: datetime
) -> None:
    content = _feed(*(Entry(shift, changed_at) for shift in shifts))
    people = People([therapist(n) for n in range(1, 4)])

    reading = read_calendar("own.ics", content, line(), people, span("2026-12-01", "2028-02-01"))

    assert list(reading.shifts) == sorted(shifts)
    assert [f for f in reading.findings if f.severity is Severity.ERROR] == []
    assert {f.rule for f in reading.findings} <= {"SHOWN_AS_FREE", "NO_SHIFTS"}
