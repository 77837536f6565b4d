"""What the webhooks share: the picture calls are routed by, the journal, the seal and the clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from structlog.contextvars import bind_contextvars

from app.store import contacts
from app.store.breaker import DatabaseAway
from app.store.contacts import SealedNumber, row_of
from app.store.fields import FieldCipher
from app.store.journal import Journal, Kept
from app.store.mirror import Mirror, Picture
from app.store.spool import Entry
from app.telephony.crowd import MOST_STRANGERS, Crowd
from app.telephony.seal import CallbackSeal, Seal
from routing.call import CallState
from routing.callback import CallbackState
from routing.contact import Caller, ContactEvent
from routing.errors import InvalidCallState
from routing.ids import ContactId, DistrictId, LineId
from routing.numbers import PhoneNumber, caller_number
from routing.organisation import Line, Therapist
from routing.register import Identity, identify

# A worker that dies or hangs in the middle of a request costs a caller four seconds, not the call:
# asked again, another answers the same.  Three tries are done within the carrier's fifteen seconds.
# Source: Twilio docs, "Webhooks connection overrides"; a fragment is neither sent nor signed.
TRIES_AGAIN = "#ct=2000&rt=4000&rc=2&rp=ct,rt,5xx"

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
    crowd: Crowd[PhoneNumber]
    codes_tried: Crowd[PhoneNumber]
    callback_seal: CallbackSeal
    engine: sa.Engine  # for the clock's work and pages; who waits on a telephone asks the journal
    strangers: Crowd[LineId] = field(default_factory=lambda: Crowd(MOST_STRANGERS))

    def record(self, *events: ContactEvent | None, rows: Iterable[Entry] = ()) -> Kept:
        """Keep what happened, durably, before the answer goes out."""
        told = [("contact_events", row_of(event)) for event in events if event is not None]
        return self.journal.write([*told, *rows])

    def address(self, path: str, sealed: str) -> str:
        """Where the carrier is to come back to, more than once if it must."""
        return f"{self.public_url}/twilio/{path}/{sealed}{TRIES_AGAIN}"

    def open(self, sealed: str, form: Mapping[str, str]) -> CallState:
        """
        The state in *sealed*, of the very call that *form* is about.

        Raises:
            InvalidCallState: we did not sign it, or it is of another call, or of another line.
        """
        state = self.seal.open(sealed)
        self.require_same(state, form)
        return state

    def require_same(self, state: CallState | CallbackState, form: Mapping[str, str]) -> None:
        """Refuse a state that belongs to another call than *form*, as `open` does."""
        called = caller_number(form.get("To", ""))
        line = None if called is None else self.mirror.picture.organisation.line_of.get(called)
        call = form.get("CallSid")
        if form.get("Direction") == "outbound-dial":
            # A leg that is being rung is a call of its own, and may say whose part it is.
            call = form.get("ParentCallSid") or state.contact
        if call != state.contact or (line is not None and line.id != state.line):
            raise InvalidCallState("the state of another call, or of another line")
        bind_contextvars(contact=state.contact)

    def is_over(self, contact: ContactId) -> bool:
        """Whether our last step was taken, or the caller has left; never while nobody can look."""
        return self._ask(lambda connection: contacts.is_over(connection, contact))

    def has_left(self, contact: ContactId) -> bool:
        """Whether the caller has left for certain, whatever we did; never while nobody can look."""
        return self._ask(lambda connection: contacts.has_left(connection, contact, self.clock()))

    def _ask(self, question: Callable[[sa.Connection], bool]) -> bool:
        try:
            with self.journal.reading() as connection:
                return question(connection)
        except DatabaseAway:
            return False

    def is_blocked(self, came: "Arrival") -> bool:
        """Whether a manager has blocked the number, and the time has not run out."""
        if came.number is None or not came.picture.blocked:
            return False
        return came.picture.is_blocked(self.cipher.indexes(came.number), came.at)

    def may_try_a_code(self, staff: Therapist, came: "Arrival") -> bool:
        """Whether a call from a staff number is asked for the code: she has one, and few tries."""
        if staff.id not in came.picture.pins or came.number is None:
            return False
        return not self.codes_tried.comes_too_often(came.number, came.contact, came.at)

    def is_crowding(self, came: "Arrival") -> bool:
        """
        Whether a stranger calls again and again, or very many do; no family in the register does.

        A withheld number counts among the many, since nobody can tell it from another.
        """
        if came.identity.homes:
            return False
        are_many = self.strangers.comes_too_often(came.line.id, came.contact, came.at)
        if came.number is None:
            return are_many
        return self.crowd.comes_too_often(came.number, came.contact, came.at) or are_many


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


def arrival(
    exchange: Exchange,
    form: Mapping[str, str],
    contact: ContactId,
    chosen: DistrictId | None = None,
    *,
    came_at: datetime | None = None,
) -> Arrival:
    """
    Who has called or written, by the carrier's *form*: now, or as it was at *came_at*.

    A number that we do not know, or that two districts know, is unassigned until the caller has
    *chosen* the home district: it is asked for, never guessed.
    """
    picture, at = exchange.mirror.picture, came_at or exchange.clock()
    line = line_of(picture, form)
    number = caller_number(form.get("From", ""))
    today = line.today(at)
    entries = picture.register.get(number, ()) if number is not None else ()
    identity = identify(entries, today, chosen=chosen) or STRANGER
    home = identity.home or chosen or _only(line.districts)
    if home is not None:
        home = picture.organisation.current(home, today)
    caller = Caller(
        label=identity.label or label_of(exchange, number, contact),
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


def _only(districts: tuple[DistrictId, ...]) -> DistrictId | None:
    return districts[0] if len(districts) == 1 else None


def label_of(exchange: Exchange, number: PhoneNumber | None, contact: ContactId) -> str:
    """A name for a stranger: the same for the same number, a new one for each withheld call."""
    if number is None:
        return f"withheld-{exchange.cipher.opaque_number(contact):07}"
    return f"unknown-{exchange.cipher.opaque_number(number.e164):07}"
