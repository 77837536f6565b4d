"""A service whose calendars are subscribed to, at whatever moment a test says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import icalendar
from werkzeug.test import TestResponse

from app.bootstrap import Parts, assemble, create_app
from app.settings import Settings
from app.store import calendar_links, rota
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.override import Override
from routing.rota import Shift
from tests.app.world import load_world
from tests.examples import EFTERVARD, ORGANISATION_TOML, at, span


@dataclass(frozen=True, slots=True)
class Event:
    """What one event in a calendar says; *therapist* and *position* stand in its title."""

    uid: str
    sequence: int
    title: str
    start: datetime
    end: datetime
    is_cancelled: bool

    @property
    def stated(self) -> str:
        """The event in one line, with its times in Stockholm's wall time and UTC's offset."""
        zone = at("2026-01-01T00:00").tzinfo
        times = (moment.astimezone(zone).isoformat() for moment in (self.start, self.end))
        return " ".join((*times, *(("cancelled",) if self.is_cancelled else ())))


@dataclass(slots=True)
class Service:
    """The web application on a clock that a test sets."""

    settings: Settings
    toml: str = ORGANISATION_TOML
    parts: Parts = field(init=False)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        load_world(self.settings, toml=self.toml)
        self.now = at("2026-03-01T12:00").astimezone(UTC)
        self.parts = assemble(self.settings, clock=lambda: self.now)
        self.parts.mirror.refresh()

    def link(self, therapist: str | None = None) -> str:
        """The secret of a new address."""
        who = None if therapist is None else TherapistId(therapist)
        with self.parts.engine.begin() as connection:
            return calendar_links.make(connection, EFTERVARD, who, self.now)

    def publish(
        self, moment: str, shifts: Sequence[Shift], whole: tuple[str, str] | None = None
    ) -> None:
        """A rota published at *moment*, for the whole of a time if there is one."""
        extent: Interval | None = None if whole is None else span(*whole)
        with self.parts.engine.begin() as connection:
            signed = rota.Signed("t1", "", at(moment))
            rota.publish(connection, EFTERVARD, shifts, signed, extent)

    def take_over(
        self, moment: str, therapist: str, start: str, end: str, position: int = 1
    ) -> None:
        with self.parts.engine.begin() as connection:
            made = [Override(span(start, end), position, TherapistId(therapist))]
            rota.override(connection, EFTERVARD, made, rota.Signed("t1", "", at(moment)))

    def ask(self, token: str, moment: str | None = None, method: str = "GET") -> TestResponse:
        if moment is not None:
            self.now = at(moment).astimezone(UTC)
        client = create_app(self.parts).test_client()
        return client.open(f"/calendar/{token}.ics", method=method)

    def events(self, token: str, moment: str | None = None) -> list[Event]:
        """The events in a calendar fetched at *moment*, by their start."""
        answer = self.ask(token, moment)
        assert answer.status_code == 200
        return events_in(answer.data)

    def stated(self, token: str, moment: str | None = None) -> list[str]:
        return [event.stated for event in self.events(token, moment)]


def events_in(content: bytes) -> list[Event]:
    """The events as the icalendar library reads them, by their start."""
    found = (
        Event(
            str(event["UID"]),
            int(str(event["SEQUENCE"])),
            str(event["SUMMARY"]),
            event.decoded("DTSTART"),
            event.decoded("DTEND"),
            event["STATUS"] == "CANCELLED",
        )
        for event in icalendar.Calendar.from_ical(content).walk("VEVENT")
    )
    return sorted(found, key=lambda event: (event.start, event.is_cancelled, event.title))
