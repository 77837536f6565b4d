"""Handovers as people find them on a desk: which wait, which are late, which are done."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.duty.gate import Gate, NotAllowed
from app.store import contacts, handovers, notes, readings
from app.store import rota as stored_rota
from app.store.handovers import Event, Handover
from app.store.readings import Reading
from app.store.tables import contact_events, handover_contacts, handover_events
from app.store.tables import handovers as handovers_table
from app.store.tables import notes as notes_table
from routing.access import Act, Denial, Matter, Office, denied
from routing.contact import Kind
from routing.handover import DONE, HandoverState, due_at
from routing.ids import ContactId, DistrictId, HandoverId
from routing.intervals import Interval
from routing.note import Urgency, without_note
from routing.organisation import Line
from routing.rota import Rota

_SHOWN = timedelta(days=30)  # what is done is history after that, and found in the case files
_OLDEST = timedelta(days=800)  # longer than any contact is kept
_AHEAD = timedelta(days=14)
_LONGEST_DUTY = timedelta(days=14)
_AT_A_TIME = 500
_RANKS = {Urgency.AT_ONCE: 0, Urgency.URGENT: 1, Urgency.NORMAL: 2}


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    One handover on the desk.

    *without_note*, *urgency* and *unmet* are of those that nobody has acknowledged; a manager is
    not told how urgent a note is, since that says something of it.
    """

    handover: Handover
    line: Line
    without_note: int
    urgency: Urgency
    unmet: int  # broken agreements that nobody has reacted to
    acknowledged: Event | None

    @property
    def id(self) -> HandoverId:
        return self.handover.id


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the viewer took for another district: how much, and whether it has come there."""

    district: DistrictId
    duty_ended_at: datetime
    contacts: int
    came_at: datetime | None  # acknowledged there; None while it waits


@dataclass(frozen=True, slots=True)
class Shelves:
    """A district's handovers, by what is to be done with them; what is urgent first."""

    late: tuple[Waiting, ...]
    now: tuple[Waiting, ...]  # due today
    to_come: tuple[Waiting, ...]
    done: tuple[Waiting, ...]  # the latest first
    next_at: datetime | None  # when the next one is due, by the rota
    delivered: tuple[Delivered, ...] = ()


def shelves(gate: Gate) -> Shelves:
    """
    The handovers of the viewer's district: how far each has come, and no word of what was told.

    For its therapists and managers; that they looked stands in the reading log.

    Raises:
        NotAllowed: no line serves the district, or the viewer has another office.
    """
    homes = _homes(gate)
    found: list[Handover] = []
    for home in sorted(homes):
        recent = handovers.listed(gate.connection, home, None, gate.now - _SHOWN)
        found += recent
    known = {handover.id for handover in found}
    old = handovers.unacknowledged(gate.connection, gate.now - _OLDEST, gate.now - _SHOWN)
    found += [one for one in old if one.district in homes and one.id not in known]
    every = sorted(_waiting(gate, found), key=_order)
    is_done = [one.handover.state in DONE for one in every]
    waiting = [one for one, done in zip(every, is_done, strict=True) if not done]
    done = [one for one, gone in zip(every, is_done, strict=True) if gone]
    done.sort(key=lambda one: one.handover.due_at, reverse=True)
    return Shelves(
        late=tuple(one for one in waiting if one.handover.due_at < gate.now),
        now=tuple(one for one in waiting if _is_today(one, gate.now)),
        to_come=tuple(
            one
            for one in waiting
            if one.handover.due_at >= gate.now and not _is_today(one, gate.now)
        ),
        done=tuple(done),
        next_at=_next_at(gate, homes),
        delivered=_delivered(gate, homes) if gate.viewer.office is Office.THERAPIST else (),
    )


def _homes(gate: Gate) -> frozenset[DistrictId]:
    """The viewer's own district with those that are merged into it; asked for at the gate."""
    organisation, viewer = gate.organisation, gate.viewer
    lines = organisation.lines.values()
    homes: set[DistrictId] = set()
    reasons: list[Denial] = []
    for line in lines:
        today = line.today(gate.now)
        own = organisation.current(viewer.district, today)
        for home in organisation.districts:
            if organisation.current(home, today) != own:
                continue
            matter = Matter(line, home=home)
            why = denied(viewer, Act.LOG, matter, organisation, gate.now)
            if why is None:
                homes.add(home)
            else:
                reasons.append(why)
    why = None if homes else next(iter(reasons), Denial.NOT_YOUR_DISTRICT)
    made = Reading(viewer, Act.LOG, gate.now, viewer.district, None, None, why)
    readings.add(gate.connection, [made])
    if why is not None:
        raise NotAllowed(why)
    return frozenset(homes)


def _waiting(gate: Gate, found: Sequence[Handover]) -> Iterator[Waiting]:
    going_on = [one for one in found if one.state not in DONE]
    ids = [contact for one in going_on for contact in one.contacts]
    facts = {contact.id: contact for contact in contacts.of_ids(gate.connection, ids)}
    noted = notes.noted(gate.connection, ids)
    urgency, unmet = _of_notes(gate, ids)
    is_manager = gate.viewer.office is not Office.THERAPIST
    acknowledged = _acknowledged(gate, [one.id for one in found if one.state in DONE])
    for one in found:
        line = gate.organisation.lines.get(one.line)
        if line is None:
            continue
        own = [] if one.state in DONE else [facts[c] for c in one.contacts if c in facts]
        worst = [urgency[c.id] for c in own if c.id in urgency and not is_manager]
        yield Waiting(
            one,
            line,
            len(without_note(own, noted)),
            min(worst, key=_RANKS.__getitem__, default=Urgency.NORMAL),
            sum(contact.id in unmet for contact in own),
            acknowledged.get(one.id),
        )


def _of_notes(
    gate: Gate, ids: Sequence[ContactId]
) -> tuple[Mapping[ContactId, Urgency], Collection[ContactId]]:
    """How urgent each note is, and whose broken agreement nobody has met; none of the words."""
    n = notes_table.c
    urgency: dict[ContactId, Urgency] = {}
    unmet: set[ContactId] = set()
    for some in _some(ids):
        query = sa.select(n.contact, n.urgency, n.broken_agreement, n.reacted_at)
        for row in gate.connection.execute(query.where(n.contact.in_(some))):
            urgency[ContactId(row.contact)] = Urgency(row.urgency)
            if row.broken_agreement and row.reacted_at is None:
                unmet.add(ContactId(row.contact))
    return urgency, unmet


def _acknowledged(gate: Gate, ids: Sequence[HandoverId]) -> Mapping[HandoverId, Event]:
    e = handover_events.c
    found: dict[HandoverId, Event] = {}
    for some in _some(ids):
        query = sa.select(e.handover, e.event, e.at, e.actor).where(
            e.handover.in_(some), e.event == str(HandoverState.ACKNOWLEDGED)
        )
        for id_, event, at, actor in gate.connection.execute(query):
            found[HandoverId(id_)] = Event(event, at, actor)
    return found


def _delivered(gate: Gate, homes: Collection[DistrictId]) -> tuple[Delivered, ...]:
    """The handovers of other districts that hold what the viewer took: that, and nothing else."""
    h, link, e = handovers_table.c, handover_contacts.c, contact_events.c
    query = (
        sa.select(h.id, h.district, h.duty_ended_at, h.state, link.contact)
        .join(handover_contacts, link.handover == h.id)
        .join(contact_events, e.contact == link.contact)
        .where(
            h.due_at >= gate.now - _SHOWN,
            h.district.not_in(list(homes)),
            e.kind.in_([Kind.ACCEPTED, Kind.RELAYED]),
            e.target == gate.viewer.id,
        )
        .distinct()
    )
    rows = gate.connection.execute(query).all()
    counts: defaultdict[tuple[datetime, DistrictId, HandoverId], int] = defaultdict(int)
    for row in rows:
        counts[row.duty_ended_at, DistrictId(row.district), HandoverId(row.id)] += 1
    came = _acknowledged(gate, [id_ for _, _, id_ in counts])
    return tuple(
        Delivered(district, ended, count, came[id_].at if id_ in came else None)
        for (ended, district, id_), count in sorted(counts.items(), reverse=True)
    )


def _next_at(gate: Gate, homes: frozenset[DistrictId]) -> datetime | None:
    """When the duty that ends next is to be told of: by the rota, as it is now."""
    found: list[datetime] = []
    for line in gate.organisation.lines.values():
        today = line.today(gate.now)
        served = {gate.organisation.current(district, today) for district in line.districts}
        window = Interval(gate.now - _LONGEST_DUTY, gate.now + _AHEAD)
        shifts = stored_rota.in_force(gate.connection, line.id, window)
        duties = Rota(line.id, shifts, source="database", read_at=gate.now).duties()
        ended = next((duty.end for duty in duties if duty.end > gate.now), None)
        for home in homes & served:
            district = gate.organisation.districts.get(home)
            if ended is not None and district is not None:
                found.append(due_at(ended, district, line))
    return min(found, default=None)


def _order(one: Waiting) -> tuple[int, bool, datetime, str]:
    return _RANKS[one.urgency], not one.unmet, one.handover.due_at, one.id


def _is_today(one: Waiting, now: datetime) -> bool:
    due, line = one.handover.due_at, one.line
    return due >= now and line.today(due) == line.today(now)


def _some(every: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(every), _AT_A_TIME):
        yield every[first : first + _AT_A_TIME]
