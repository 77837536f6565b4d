"""A service with a mail server at chosen moments, and what arrives, read as a calendar reads it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any

import icalendar

from app.bootstrap import Parts, assemble
from app.duty.handover import Desk
from app.duty.notifier import Telephone
from app.settings import Settings
from app.store import handovers
from app.store.contacts import row_of
from app.store.database import add_once, reading
from app.store.handovers import Handover
from app.store.tables import contact_events
from app.sweeps import sweeps
from app.telephony.carrier import TwilioCarrier
from routing import record
from routing.contact import Caller, Channel
from routing.handover import HandoverState
from routing.ids import ContactId, DistrictId, TherapistId
from routing.organisation import Organisation
from routing.rota import Shift
from tests.app.duty.post_office import MailServer
from tests.app.world import changed, evening, load_organisation, load_world
from tests.examples import EFTERVARD, JARVA, STOCKHOLM, at

SENDER = "Jouren <jour@example.se>"
WEEKEND = [
    *evening("2026-03-06"),
    *evening("2026-03-07", opens="10:00"),
    *evening("2026-03-08", opens="10:00"),
]
JARVAS = tuple(f"t{n}@example.org" for n in (4, 5, 6))


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail that carries a calendar."""

    to: str
    mail: Any  # the library's types name all that might stand in any mail or calendar
    calendar: Any

    @property
    def event(self) -> Any:  # noqa: ANN401 - as above
        (event,) = self.calendar.walk("VEVENT")
        return event

    @property
    def method(self) -> str:
        return str(self.calendar["METHOD"])

    @property
    def uid(self) -> str:
        return str(self.event["UID"])

    @property
    def sequence(self) -> int:
        return int(self.event["SEQUENCE"])

    @property
    def status(self) -> str | None:
        return None if "STATUS" not in self.event else str(self.event["STATUS"])

    @property
    def starts(self) -> str:
        """As the clocks show it."""
        start = self.event["DTSTART"].dt
        assert start.tzinfo is not None
        return f"{start:%Y-%m-%d %H:%M}"

    @property
    def said(self) -> tuple[str, str, int, str | None, str]:
        return self.to, self.method, self.sequence, self.status, self.starts


def arrived(server: MailServer) -> list[Arrived]:
    """The mails with a calendar, by recipient and number."""
    found = [
        Arrived(to, mail, icalendar.Calendar.from_ical(part.get_content()))
        for to, mail in server.mails
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]
    return sorted(found, key=lambda one: (one.to, one.sequence))


class Office:
    """The service's sweeps, run by hand."""

    def __init__(self, settings: Settings, url: str, shifts: Sequence[Shift] = WEEKEND) -> None:
        self.now = at("2026-03-06T12:00").astimezone(UTC)
        self.uid = ""  # of the meeting that a test begins with
        self.folder: Path = settings.state_dir
        load_world(settings, shifts=shifts)
        own = replace(settings, smtp_url=url, mail_from=SENDER)
        self.parts: Parts = assemble(own, clock=lambda: self.now)
        carrier: Telephone = TwilioCarrier("AC" + "0" * 32, "x", "http://127.0.0.1:9")
        self.sweeps = sweeps(self.parts, carrier)

    @property
    def organisation(self) -> Organisation:
        self.parts.mirror.refresh()
        return self.parts.mirror.picture.organisation

    def desk(self, *, mails: bool = True) -> Desk:
        return Desk(self.parts.engine, self.parts.cipher, "https://jour.example.se", mails=mails)

    def contact(self, name: str, moment: str, home: DistrictId = JARVA) -> None:
        heard = record.received(
            ContactId(name),
            EFTERVARD,
            Channel.VOICE,
            Caller(f"K-{name}", home),
            at(moment).astimezone(UTC),
        )
        self.parts.exchange.journal.write([("contact_events", row_of(heard))])

    def weekend(self) -> None:
        """A contact of Järva's on each day, and the handovers of all three, by Sunday night."""
        for day in ("06", "07", "08"):
            self.contact(f"CA{day}", f"2026-03-{day}T19:00")
        self.sweep("2026-03-08T22:00")

    def load(self, *replacements: tuple[str, str]) -> None:
        toml = changed(*replacements)
        load_organisation(self.parts.engine, self.parts.cipher, self.folder, toml)

    def run(self, moment: str, *names: str) -> None:
        self.now = at(moment).astimezone(UTC)
        for name in names:
            self.sweeps[name][0]()

    def sweep(self, moment: str) -> None:
        """All that concerns meetings, as a clock does it within half a minute."""
        self.run(moment, "handover.build", "handover.invite", "outbox.send")

    def assign(self, contact: str, home: DistrictId) -> None:
        """As a therapist does who hears that the caller is another district's."""
        caller = Caller("K-1", home)
        said = record.assigned(ContactId(contact), EFTERVARD, caller, TherapistId("t4"), self.now)
        with self.parts.engine.begin() as connection:
            add_once(connection, contact_events, [row_of(said)])
            handovers.take_out(connection, ContactId(contact))

    def handovers(self) -> tuple[Handover, ...]:
        with reading(self.parts.engine) as connection:
            return handovers.listed(connection, None, None)

    def acknowledge(self) -> None:
        with self.parts.engine.begin() as connection:
            for handover in handovers.listed(connection, None, None):
                state = HandoverState.ACKNOWLEDGED
                handovers.advance(connection, handover.id, state, "t4", self.now)

    def due(self) -> set[str]:
        return {f"{h.due_at.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}" for h in self.handovers()}
