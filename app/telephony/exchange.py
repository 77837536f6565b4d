"""What the webhooks share: the picture calls are routed by, the journal, the seal and the clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.store.contacts import SealedNumber, row_of
from app.store.fields import FieldCipher
from app.store.journal import Journal
from app.store.mirror import Mirror, Picture
from app.store.spool import Entry
from app.telephony.seal import Seal
from routing.contact import Caller, ContactEvent
from routing.ids import ContactId
from routing.numbers import PhoneNumber, caller_number
from routing.organisation import Line
from routing.register import Identity, identify

STRANGER = Identity(
    homes=(),
    home=None,
    label=None,
    role=None,
    language=None,
    therapist=None,
    sms_ok=True,
    protected=False,
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Put together once, in app.bootstrap."""

    mirror: Mirror
    journal: Journal
    cipher: FieldCipher
    seal: Seal
    clock: Callable[[], datetime]
    public_url: str

    def record(self, *events: ContactEvent | None, rows: Iterable[Entry] = ()) -> None:
        """Keep what happened, durably, before the answer goes out."""
        told = [("contact_events", row_of(event)) for event in events if event is not None]
        self.journal.write([*told, *rows])


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call or text that has come in: which line, from whom, and whose it is."""

    contact: ContactId
    line: Line
    number: PhoneNumber | None
    identity: Identity
    caller: Caller
    at: datetime
    picture: Picture

    def received(self, exchange: Exchange, event: ContactEvent) -> Entry:
        """The row that says it was received, with the number sealed in it."""
        if self.number is None:
            return "contact_events", row_of(event)
        key = exchange.cipher.index(self.number)
        sealed = exchange.cipher.seal(self.number.e164, "contact_events.caller_number")
        return "contact_events", row_of(event, SealedNumber(key, sealed))


def arrival(exchange: Exchange, form: Mapping[str, str], contact: ContactId) -> Arrival:
    """
    Who has called or written, by the carrier's *form*.

    A number that we do not know, or that two districts know, is unassigned: the home district is
    asked for, never guessed.
    """
    picture, at = exchange.mirror.picture, exchange.clock()
    line = line_of(picture, form)
    number = caller_number(form.get("From", ""))
    today = line.today(at)
    entries = picture.register.get(number, ()) if number is not None else ()
    identity = identify(entries, today) or STRANGER
    home = identity.home and picture.organisation.current(identity.home, today)
    caller = Caller(
        label=identity.label or _label(exchange, number, contact),
        home=home,
        role=identity.role,
        language=identity.language,
    )
    return Arrival(contact, line, number, identity, caller, at, picture)


def line_of(picture: Picture, form: Mapping[str, str]) -> Line:
    """The line that was called; a number not among ours is helped by the first line there is."""
    called = caller_number(form.get("To", ""))
    lines = picture.organisation.lines
    known = picture.organisation.line_of.get(called) if called is not None else None
    return known or next(iter(lines.values()))


def _label(exchange: Exchange, number: PhoneNumber | None, contact: ContactId) -> str:
    """A name for a stranger: the same for the same number, a new one for each withheld call."""
    if number is None:
        return f"withheld-{exchange.cipher.opaque_number(contact):07}"
    return f"unknown-{exchange.cipher.opaque_number(number.e164):07}"
