"""One handover as it is gone through at the meeting, and what comes to it meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.duty.gate import QUIET, Gate
from app.duty.handover_document.dossier import Dossier, Past, opened, past
from app.duty.handover_state import allowed
from app.store import handovers, readings
from app.store.handovers import Handover
from app.store.readings import Reading
from app.store.tables import addenda
from app.store.tables import handovers as handovers_table
from app.store.tables import notes as notes_table
from app.store.tables import readings as readings_table
from routing.access import Act, Matter, denied
from routing.ids import ContactId, HandoverId

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class News:
    """What has come to a handover since the viewer read it."""

    contacts: int
    writings: int  # notes and addenda
    later_part: HandoverId | None  # of the same duty

    def __bool__(self) -> bool:
        return bool(self.contacts or self.writings or self.later_part)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who has read a handover, and when first and last."""

    who: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Meeting:
    """A handover, opened by the viewer to be gone through."""

    dossier: Dossier
    new: frozenset[ContactId]  # what the viewer had not read when she read the rest
    unread: frozenset[ContactId]  # what nobody had read until now
    readers: tuple[Reader, ...]
    parts: tuple[Handover, ...]  # the others of the same duty


@dataclass(frozen=True, slots=True)
class Course:
    """What has become of a handover, for those who are not to read it."""

    past: Past
    readers: tuple[Reader, ...]
    parts: tuple[Handover, ...]


def meeting(gate: Gate, handover: HandoverId) -> Meeting:
    """
    *handover* for a therapist of its district; it counts as opened, and as read by her.

    Raises:
        NotFound, NotAllowed: as `app.duty.handover_state.agenda`.
    """
    before = _read_before(gate, handover)
    seen = readings.seen_in(gate.connection, handover)
    dossier = opened(gate, handover)
    every = frozenset(dossier.handover.contacts)
    new = every - before if before else frozenset[ContactId]()
    found = dossier.handover
    return Meeting(dossier, new, every - seen, _readers(gate, handover), _other_parts(gate, found))


def course(gate: Gate, handover: HandoverId) -> Course:
    """
    What has become of *handover*, for its district's managers too: no word of what was told.

    Raises:
        NotFound, NotAllowed: as `app.duty.handover_document.dossier.past`.
    """
    found = past(gate, handover)
    return Course(found, _readers(gate, handover), _other_parts(gate, found.handover))


def news(gate: Gate, handover: HandoverId) -> News:
    """
    What has come to *handover* since the viewer read it: how much, and not what.

    A page asks for it by itself while it is open, so it is one row of the reading log in a quarter
    of an hour.

    Raises:
        NotFound: there is no such handover.
        NotAllowed: it is another district's.
    """
    found = handovers.one(gate.connection, handover)
    line = gate.organisation.lines.get(found.line) if found is not None else None
    if found is None or line is None:
        allowed(gate, handover, Act.READ)
        return News(0, 0, None)
    matter = Matter(line, home=found.district, handover=found.state)
    if denied(gate.viewer, Act.READ, matter, gate.organisation, gate.now) is not None:
        allowed(gate, handover, Act.READ)
    asked = Reading(gate.viewer, Act.LOG, gate.now, found.district, None, handover)
    made = readings.unlike(gate.connection, [asked], gate.now - QUIET)
    readings.add(gate.connection, made)
    since = _last_read(gate, handover)
    unread = set(found.contacts) - _read_before(gate, handover)
    return News(len(unread), _written_since(gate, found, since), _part_since(gate, found, since))


def _read_before(gate: Gate, handover: HandoverId) -> frozenset[ContactId]:
    """The contacts that the viewer has read in *handover* until now."""
    r = readings_table.c
    query = sa.select(r.contact).where(
        r.handover == handover,
        r.viewer == gate.viewer.id,
        r.act == Act.READ,
        r.denied.is_(None),
        r.contact.is_not(None),
    )
    return frozenset(ContactId(contact) for contact in gate.connection.scalars(query))


def _readers(gate: Gate, handover: HandoverId) -> tuple[Reader, ...]:
    """Who has read *handover*, the first first."""
    r = readings_table.c
    query = (
        sa.select(r.viewer, sa.func.min(r.at), sa.func.max(r.at))
        .where(r.handover == handover, r.act == Act.READ, r.denied.is_(None))
        .group_by(r.viewer)
    )
    rows = (Reader(*row) for row in gate.connection.execute(query))
    return tuple(sorted(rows, key=lambda one: (one.first, one.who)))


def _other_parts(gate: Gate, found: Handover) -> tuple[Handover, ...]:
    """The other parts of the same duty's handover, where there are any."""
    parts = handovers.of_duty(gate.connection, found.line, found.district, found.duty_ended_at)
    return tuple(one for one in parts if one.id != found.id)


def _last_read(gate: Gate, handover: HandoverId) -> datetime | None:
    r = readings_table.c
    query = sa.select(sa.func.max(r.at)).where(
        r.handover == handover,
        r.viewer == gate.viewer.id,
        r.act == Act.READ,
        r.denied.is_(None),
    )
    found: datetime | None = gate.connection.scalar(query)
    return found


def _written_since(gate: Gate, found: Handover, since: datetime | None) -> int:
    """How many notes and addenda others have written of its contacts since then."""
    if since is None:
        return 0
    count = 0
    for some in _some(found.contacts):
        for table in (notes_table, addenda):
            where = (
                table.c.contact.in_(some),
                table.c.written_at > since,
                table.c.author != gate.viewer.id,
            )
            query = sa.select(sa.func.count()).select_from(table).where(*where)
            count += gate.connection.scalar(query) or 0
    return count


def _part_since(gate: Gate, found: Handover, since: datetime | None) -> HandoverId | None:
    h = handovers_table.c
    query = (
        sa.select(h.id)
        .where(
            h.line == found.line,
            h.district == found.district,
            h.duty_ended_at == found.duty_ended_at,
            h.part > found.part,
            *(() if since is None else (h.built_at > since,)),
        )
        .order_by(h.part)
        .limit(1)
    )
    part: str | None = gate.connection.scalar(query)
    return None if part is None else HandoverId(part)


def _some(every: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(every), _AT_A_TIME):
        yield every[first : first + _AT_A_TIME]
