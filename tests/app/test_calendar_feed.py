"""The calendar on somebody's phone: whose shifts it shows, and what becomes of changed ones."""

from datetime import UTC

import pytest

from app.settings import Settings
from rota_adapter.people import People
from rota_adapter.sources.calendar_file import read_calendar
from routing.finding import Severity
from routing.rota import Shift
from tests.app.subscribed import Service, events_in
from tests.app.world import evening
from tests.examples import line, shift, span, therapist

FIRST = "2026-03-03T17:00:00+01:00 2026-03-03T22:00:00+01:00"
SECOND = "2026-03-04T17:00:00+01:00 2026-03-04T22:00:00+01:00"
EVENINGS = [*evening("2026-03-03"), *evening("2026-03-04", "t1", "t5")]
PEOPLE = People([therapist(n) for n in range(1, 7)])


@pytest.fixture
def service(sqlite_settings: Settings) -> Service:
    return Service(sqlite_settings)


@pytest.fixture
def either(settings: Settings) -> Service:
    """On each engine in turn."""
    return Service(settings)


def read_by_us(content: bytes) -> list[Shift]:
    """The shifts that our own source of rotas finds in a calendar."""
    found = read_calendar("own.ics", content, line(), PEOPLE, span("2026-01-01", "2027-06-01"))
    assert [f for f in found.findings if f.severity is Severity.ERROR] == []
    return sorted(found.shifts)


def test_a_calendar_of_ones_own_shows_ones_own_shifts(either: Service) -> None:
    either.publish("2026-02-20T12:00", EVENINGS)

    found = {who: either.stated(either.link(who)) for who in ("t1", "t4", "t5", "t6")}

    assert found == {"t1": [FIRST, SECOND], "t4": [FIRST], "t5": [SECOND], "t6": []}


def test_ones_own_calendar_says_which_position_and_line(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)

    titles = [event.title for event in service.events(service.link("t1"))]

    assert titles == ["Beredskap (bakjour) · Eftervård", "Beredskap (primär) · Eftervård"]


def test_a_calendar_of_the_line_shows_everybody_by_position_and_id(either: Service) -> None:
    either.publish("2026-02-20T12:00", EVENINGS)
    found = either.events(either.link())

    assert [(event.title, event.stated) for event in found] == [
        ("1: t4", FIRST),
        ("2: t1", FIRST),
        ("1: t1", SECOND),
        ("2: t5", SECOND),
    ]


def test_our_own_source_reads_the_same_shifts_from_a_calendar_of_the_line(
    service: Service,
) -> None:
    nights = [
        shift("t4", "2026-03-28T22:00", "2026-03-29T08:00"),
        shift("t5", "2026-10-24T22:00", "2026-10-25T02:30+01:00"),
        shift("t6", "2026-10-25T02:30+01:00", "2026-10-25T08:00"),
    ]
    service.publish("2026-02-20T12:00", EVENINGS)
    service.publish("2026-02-20T12:01", nights[:1])
    service.publish("2026-02-20T12:02", nights[1:])
    token = service.link()

    spring = read_by_us(service.ask(token, "2026-03-01T12:00").data)
    autumn = read_by_us(service.ask(token, "2026-06-01T12:00").data)

    assert spring == sorted([*EVENINGS, nights[0]])
    assert autumn == sorted(nights[1:])


def test_a_cancelled_shift_is_none_for_our_own_source(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)
    service.take_over("2026-02-21T12:00", "t6", "2026-03-03T17:00", "2026-03-03T19:00")

    shifts = read_by_us(service.ask(service.link()).data)

    assert [(s.therapist, s.time) for s in shifts if s.position == 1] == [
        ("t6", span("2026-03-03T17:00", "2026-03-03T19:00")),
        ("t4", span("2026-03-03T19:00", "2026-03-03T22:00")),
        ("t1", span("2026-03-04T17:00", "2026-03-04T22:00")),
    ]


def test_a_calendar_shows_a_month_back_and_half_a_year_ahead(service: Service) -> None:
    days = ("2026-01-29", "2026-01-30", "2026-09-16", "2026-09-18")
    for day in days:
        service.publish("2026-01-01T12:00", evening(day))

    found = service.stated(service.link("t4"), "2026-03-01T12:00")

    assert [text[:10] for text in found] == ["2026-01-29", "2026-01-30", "2026-09-16"]


def test_nothing_changes_where_nothing_changed(either: Service) -> None:
    either.publish("2026-02-20T12:00", EVENINGS)
    token = either.link()

    first = either.ask(token, "2026-03-01T12:00").data
    either.publish("2026-03-01T13:00", EVENINGS)  # the same again
    again = either.ask(token, "2026-03-02T18:30").data

    assert first == again


def test_a_change_next_door_leaves_an_event_as_it_was(service: Service) -> None:
    service.publish(
        "2026-02-20T12:00",
        [
            shift("t4", "2026-03-03T10:00", "2026-03-03T17:00"),
            shift("t5", "2026-03-03T17:00", "2026-03-03T22:00"),
        ],
    )
    token = service.link("t4")
    before = service.events(token)

    service.publish("2026-02-21T12:00", [shift("t6", "2026-03-03T17:00", "2026-03-03T22:00")])
    service.take_over("2026-02-22T12:00", "t1", "2026-03-03T17:00", "2026-03-03T18:00")

    assert service.events(token) == before


def test_a_longer_shift_is_the_same_event_with_a_higher_sequence(either: Service) -> None:
    either.publish("2026-02-20T12:00", EVENINGS)
    token = either.link("t4")
    (before,) = either.events(token)

    either.publish(
        "2026-02-20T12:00:05", [shift("t4", "2026-03-03T17:00", "2026-03-03T23:00"), EVENINGS[1]]
    )
    (after,) = either.events(token)

    assert after.uid == before.uid
    assert after.sequence - before.sequence == 5
    assert after.stated == "2026-03-03T17:00:00+01:00 2026-03-03T23:00:00+01:00"


def test_a_shorter_shift_is_the_same_event_with_a_higher_sequence(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)
    token = service.link("t4")
    (before,) = service.events(token)

    service.take_over("2026-02-20T12:01", "t6", "2026-03-03T20:00", "2026-03-03T22:00")
    (after,) = service.events(token)

    assert (after.uid, after.sequence - before.sequence) == (before.uid, 60)
    assert after.stated == "2026-03-03T17:00:00+01:00 2026-03-03T20:00:00+01:00"


def test_a_removed_shift_is_cancelled_for_thirty_days_and_then_gone(either: Service) -> None:
    either.publish("2026-02-20T12:00", EVENINGS)
    token = either.link("t4")
    (before,) = either.events(token, "2026-02-20T13:00")

    either.publish("2026-02-21T12:00", [], whole=("2026-03-03T00:00", "2026-03-04T00:00"))
    (after,) = either.events(token, "2026-02-21T12:00")

    assert (after.uid, after.stated) == (before.uid, f"{FIRST} cancelled")
    assert after.sequence > before.sequence
    assert either.events(token, "2026-03-23T12:00") == [after]
    assert either.events(token, "2026-03-23T12:00:01") == []


def test_what_was_removed_and_put_back_is_the_same_event_again(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)
    token = service.link("t4")
    (before,) = service.events(token)
    service.publish("2026-02-21T12:00", [], whole=("2026-03-03T00:00", "2026-03-04T00:00"))
    (gone,) = service.events(token)

    service.publish("2026-02-22T12:00", EVENINGS)
    (back,) = service.events(token)

    assert (back.uid, back.stated) == (before.uid, FIRST)
    assert back.sequence > gone.sequence > before.sequence


def test_a_duty_taken_over_moves_from_one_calendar_to_the_other(either: Service) -> None:
    either.publish("2026-02-20T12:00", EVENINGS)
    hers, other = either.link("t4"), either.link("t6")
    (before,) = either.events(hers)

    either.take_over("2026-02-21T12:00", "t6", "2026-03-03T17:00", "2026-03-03T22:00")
    (gone,) = either.events(hers)
    (came,) = either.events(other)

    assert (gone.uid, gone.stated) == (before.uid, f"{FIRST} cancelled")
    assert gone.sequence - before.sequence == 24 * 3600
    assert came.stated == FIRST
    assert came.uid != gone.uid


def test_a_duty_given_back_is_hers_again(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)
    hers, other = service.link("t4"), service.link("t6")
    service.take_over("2026-02-21T12:00", "t6", "2026-03-03T17:00", "2026-03-03T22:00")
    (gone,) = service.events(hers)

    service.take_over("2026-02-22T12:00", "t4", "2026-03-03T17:00", "2026-03-03T22:00")

    (back,) = service.events(hers)
    assert (back.uid, back.stated) == (gone.uid, FIRST)
    assert back.sequence > gone.sequence
    assert service.stated(other) == [f"{FIRST} cancelled"]


def test_the_rest_of_a_duty_that_goes_too_is_cancelled(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)
    token = service.link("t4")
    service.take_over("2026-02-21T12:00", "t6", "2026-03-03T17:00", "2026-03-03T19:00")
    rest = service.events(token)[1]
    service.take_over("2026-02-22T12:00", "t5", "2026-03-03T19:00", "2026-03-03T22:00")

    first, last = service.events(token)

    assert rest.stated == "2026-03-03T19:00:00+01:00 2026-03-03T22:00:00+01:00"
    assert (last.uid, last.stated) == (rest.uid, f"{rest.stated} cancelled")
    assert last.sequence > rest.sequence
    assert first.stated == "2026-03-03T17:00:00+01:00 2026-03-03T22:00:00+01:00 cancelled"


def test_who_never_was_on_call_is_told_of_nothing(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)
    service.take_over("2026-02-21T12:00", "t6", "2026-03-03T17:00", "2026-03-03T22:00")
    service.publish("2026-02-22T12:00", evening("2026-03-03", first="t2"))  # under the override

    assert service.events(service.link("t2")) == []
    assert service.stated(service.link("t6")) == [FIRST]


def test_a_change_far_away_keeps_nothing_cancelled_longer(service: Service) -> None:
    service.publish("2026-02-01T12:00", EVENINGS)
    service.take_over("2026-02-02T12:00", "t6", "2026-03-03T17:00", "2026-03-03T22:00")
    service.publish("2026-03-01T12:00", [shift("t5", "2026-03-03T22:00", "2026-03-03T23:00")])

    assert service.events(service.link("t4"), "2026-03-05T12:00") == []


NIGHTS = {
    "an hour is skipped": shift("t4", "2026-03-28T22:00", "2026-03-29T08:00"),
    "until just before it": shift("t4", "2026-03-28T22:00", "2026-03-29T01:59"),
    "from just after it": shift("t4", "2026-03-29T03:00", "2026-03-29T08:00"),
    "an hour comes twice": shift("t4", "2026-10-24T22:00", "2026-10-25T08:00"),
    "until its first time": shift("t4", "2026-10-24T22:00", "2026-10-25T02:30+02:00"),
    "until its second time": shift("t4", "2026-10-24T22:00", "2026-10-25T02:30+01:00"),
    "from its first time": shift("t4", "2026-10-25T02:30+02:00", "2026-10-25T08:00"),
    "from its second time": shift("t4", "2026-10-25T02:30+01:00", "2026-10-25T08:00"),
    "within it": shift("t4", "2026-10-25T02:15+02:00", "2026-10-25T02:45+01:00"),
}


@pytest.mark.parametrize("what", NIGHTS)
def test_on_nights_when_the_clocks_change_every_instant_is_right(
    what: str, service: Service
) -> None:
    own = NIGHTS[what]
    service.publish("2026-02-20T12:00", [own])
    moment = f"{own.time.start:%Y-%m}-01T12:00"

    whole = service.ask(service.link(), moment).data
    # A name that nobody knows, so that the zone's own definition in the calendar is gone by.
    elsewhere = whole.replace(b"Europe/Stockholm", b"Elsewhere/Ours")

    assert b"BEGIN:VTIMEZONE" in whole
    assert read_by_us(whole) == [own]
    for content in (whole, elsewhere):
        (event,) = events_in(content)
        assert event.start.astimezone(UTC) == own.time.start.astimezone(UTC)
        assert event.end.astimezone(UTC) == own.time.end.astimezone(UTC)


def test_an_ordinary_evening_names_its_zone(service: Service) -> None:
    service.publish("2026-02-20T12:00", EVENINGS)

    text = service.ask(service.link("t4")).text

    assert "DTSTART;TZID=Europe/Stockholm:20260303T170000" in text
    assert "DTEND;TZID=Europe/Stockholm:20260303T220000" in text
    assert "TZID:Europe/Stockholm" in text
