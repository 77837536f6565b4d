"""
The call log of a manager's own district: pages of it, and the same as a file.

Looking takes a transaction that only reads, and so takes no lock from those who answer calls; what
is shown then goes through the gate, and stands in the reading log, each contact by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.contact_log import log_rows, written
from app.duty.gate import Gate, Item, NotAllowed
from app.store import call_log, contacts
from app.store.call_log import UNANSWERED, Budget, Place, Wanted
from app.store.database import reading
from routing.access import Act, Denial, Office
from routing.contact import Channel, Contact, Direction, Outcome
from routing.errors import InvalidInput
from routing.errors import Place as Where
from routing.ids import ContactId, TherapistId
from routing.organisation import Organisation
from routing.work import A_DAY, midnight

PAGE = 50
MOST_EXPORTED = 10_000
HELPED_WITHIN = timedelta(hours=48)  # after that nobody waits on the line's own list any more
_HELPED = frozenset({Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED, Outcome.RELAYED})
_FOR_A_PAGE = Budget(examined=10_000, folded=1_000)
_FOR_A_FILE = Budget(examined=400_000, folded=40_000)
_AT_A_TIME = 500  # contacts that go through the gate in one transaction

Gates = Callable[[], AbstractContextManager[Gate]]  # opens the gate for whoever is signed in


@dataclass(frozen=True, slots=True)
class Filters:
    """What a manager wants to see; days are the line's own, both included."""

    first: date | None = None
    last: date | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    therapist: TherapistId | None = None
    client: str | None = None
    unanswered: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidInput: the last day is before the first."""
        if self.first is not None and self.last is not None and self.last < self.first:
            raise InvalidInput("is before the first day", Where("log", field="last"))


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page: the one after a place, or the one before it; the newest where there is none."""

    place: Place | None = None
    newer: bool = False

    @classmethod
    def of(cls, text: str, *, newer: bool) -> "Turn":
        """
        The page that begins at what `text` said of a place.

        Raises:
            ValueError: it did not.
        """
        at, _space, contact = text.partition(" ")
        return cls(Place(datetime.fromisoformat(at), ContactId(contact)), newer)

    @property
    def text(self) -> str:
        """Where it begins, to be sealed into an address."""
        return "" if self.place is None else f"{self.place.at.isoformat()} {self.place.contact}"


@dataclass(frozen=True, slots=True)
class Row:
    """One contact; *later* is the first time within 48 hours that an unanswered caller was met."""

    facts: Contact
    outcome: Outcome | None
    later: Contact | None = None

    @property
    def is_unanswered(self) -> bool:
        return self.outcome in UNANSWERED and self.facts.direction is Direction.INBOUND


@dataclass(frozen=True, slots=True)
class Page:
    """
    What is shown, newest first.

    *older* and *newer* are where the next pages begin; *stopped_at* is how far back was looked,
    where that was not far enough to fill the page.
    """

    rows: tuple[Row, ...]
    older: Turn | None
    newer: Turn | None
    stopped_at: datetime | None
    zone: ZoneInfo
    organisation: Organisation


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose log it is, and when it is looked at."""

    wanted: Wanted
    zone: ZoneInfo
    organisation: Organisation
    now: datetime


class TooMany(InvalidInput):
    """More contacts than a file may hold, or than may be searched for one."""

    code = "too_many"


_NEWEST = Turn()


def page(engine: sa.Engine, gates: Gates, filters: Filters, turn: Turn = _NEWEST) -> Page:
    """
    One page of the viewer's own district's log.

    Raises:
        NotAllowed: the viewer is no manager.
    """
    with gates() as gate:
        scope = _scope(gate, filters)
    found, is_first = _found(engine, scope, turn)
    shown = found.contacts if not turn.newer or is_first else tuple(reversed(found.contacts))
    with reading(engine) as connection:
        later = _later(connection, scope, shown)
    every = {contact.id: contact for contact in (*shown, *later.values())}
    with gates() as gate:
        items, _ = gate.items(tuple(every.values()), Act.LOG)
    leave = {item.contact for item in items}
    rows = tuple(_row(c, later, leave, scope.now) for c in shown if c.id in leave)
    upwards = turn.newer and not is_first
    last = Place(shown[-1].received_at, shown[-1].id) if shown else turn.place
    first = Place(shown[0].received_at, shown[0].id) if shown else turn.place
    return Page(
        rows,
        older=_turn(last if upwards else found.further),
        newer=_turn(found.further if upwards else (None if is_first else first), newer=True),
        stopped_at=found.further.at if found.is_cut and found.further and not upwards else None,
        zone=scope.zone,
        organisation=scope.organisation,
    )


def exported(engine: sa.Engine, gates: Gates, filters: Filters, form: str) -> bytes:
    """
    Everything that the filters show, as a file; each contact in it stands in the reading log.

    Raises:
        NotAllowed: the viewer is no manager.
        TooMany: more than `MOST_EXPORTED`; a shorter time is to be chosen, and nothing is written.
    """
    with gates() as gate:
        scope = _scope(gate, filters)
    with reading(engine) as connection:
        found = call_log.search(connection, scope.wanted, MOST_EXPORTED, _FOR_A_FILE, scope.now)
    if found.further is not None:
        raise TooMany(f"more than {MOST_EXPORTED} contacts, or too many to look through")
    items: list[Item] = []
    handed: dict[str, str] = {}
    for first in range(0, max(len(found.contacts), 1), _AT_A_TIME):
        some = found.contacts[first : first + _AT_A_TIME]
        with gates() as gate:
            seen, _ = gate.items(some, Act.LOG)
            handed.update(contacts.handover_of(gate.connection, [item.contact for item in seen]))
        items += seen
    rows = log_rows([item.facts for item in items], handed, scope.zone, scope.now)
    return written(rows, form)


def _turn(place: Place | None, *, newer: bool = False) -> Turn | None:
    return None if place is None else Turn(place, newer)


def _found(engine: sa.Engine, scope: _Scope, turn: Turn) -> tuple[call_log.Stretch, bool]:
    """What the page holds, and whether it is the first."""
    with reading(engine) as connection:

        def search(place: Place | None, *, newer: bool = False) -> call_log.Stretch:
            wanted = scope.wanted
            return call_log.search(
                connection, wanted, PAGE, _FOR_A_PAGE, scope.now, after=place, newer=newer
            )

        if turn.place is None:
            return search(None), True
        found = search(turn.place, newer=turn.newer)
        if turn.newer and found.further is None:
            return search(None), True  # a first page is full, whatever was newer
        return found, False


def _scope(gate: Gate, filters: Filters) -> _Scope:
    organisation = gate.organisation
    if gate.viewer.office is not Office.MANAGER:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    lines = list(organisation.lines.values())
    zone = lines[0].zone
    today = lines[0].today(gate.now)
    mine = organisation.current(gate.viewer.district, today)
    homes = {mine, *(d for d in organisation.districts if organisation.current(d, today) == mine)}
    unanswered_callers = filters.unanswered and filters.direction is None
    wanted = Wanted(
        lines=tuple(organisation.lines),
        homes=frozenset(homes),
        start=None if filters.first is None else midnight(filters.first, zone),
        end=None if filters.last is None else midnight(filters.last + A_DAY, zone),
        channel=filters.channel,
        direction=Direction.INBOUND if unanswered_callers else filters.direction,
        outcomes=_outcomes(filters),
        therapist=filters.therapist,
        client=filters.client,
    )
    return _Scope(wanted, zone, organisation, gate.now)


def _outcomes(filters: Filters) -> frozenset[Outcome] | None:
    """Those that are looked for, or all; none of them where the two filters contradict."""
    if not filters.unanswered:
        return None if filters.outcome is None else frozenset({filters.outcome})
    return UNANSWERED if filters.outcome is None else UNANSWERED & {filters.outcome}


def _later(
    connection: sa.Connection, scope: _Scope, shown: Sequence[Contact]
) -> Mapping[ContactId, Contact]:
    """For each that nobody answered: the first time within 48 hours that the caller was met."""
    missed = [c for c in shown if _row(c, {}, (), scope.now).is_unanswered and c.caller.key]
    if not missed:
        return {}
    since = call_log.of_same_callers(connection, scope.wanted.lines, missed, HELPED_WITHIN)
    ours = [c for c in since if c.caller.home in scope.wanted.homes]
    return first_help(missed, ours, scope.now)


def first_help(
    missed: Sequence[Contact], others: Sequence[Contact], now: datetime
) -> Mapping[ContactId, Contact]:
    """
    For each of *missed*: the first of *others* in which the same caller was met within 48 hours.

    Called back and answered, answered when calling again, or a text that reached a therapist.  A
    withheld number is nobody's, so nothing is known of it.
    """
    met = sorted((c for c in others if c.outcome_at(now) in _HELPED), key=lambda c: c.received_at)
    by_caller: dict[bytes, list[Contact]] = {}
    for contact in met:
        if contact.caller.key is not None:
            by_caller.setdefault(contact.caller.key, []).append(contact)
    found: dict[ContactId, Contact] = {}
    for contact in missed:
        for other in by_caller.get(contact.caller.key or b"", ()):
            if contact.received_at < other.received_at <= contact.received_at + HELPED_WITHIN:
                found[contact.id] = other
                break
    return found


def _row(
    contact: Contact,
    later: Mapping[ContactId, Contact],
    leave: frozenset[ContactId] | set[ContactId] | tuple[()],
    now: datetime,
) -> Row:
    met = later.get(contact.id)
    return Row(contact, contact.outcome_at(now), met if met and met.id in leave else None)
