"""Meetings that people were invited to, the handovers they are for, and what each was told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from app.store.fields import FieldCipher
from app.store.tables import (
    handover_contacts,
    handovers,
    meeting_guests,
    meeting_handovers,
    meetings,
)
from routing.handover import DONE
from routing.ids import DistrictId, HandoverId, LineId, TherapistId
from routing.meeting import Guest, Meeting, MeetingId, Message, Word

_ADDRESS = "meeting_guests.address"


class State(StrEnum):
    """How it stands with a meeting; stored as written, so never renamed."""

    CALLED = "called"
    CANCELLED = "cancelled"
    BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Ahead:
    """
    A handover that nobody has acknowledged, and that is still to be taken up.

    Its meeting is the first one after *built_at*, whatever it was that it counted from then: one
    that is still to come now was so when it was built.
    """

    id: HandoverId
    line: LineId
    district: DistrictId
    due_at: datetime
    built_at: datetime
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Called:
    """A meeting as its guests know it; *organiser* is in whose name they were invited."""

    meeting: Meeting
    sequence: int
    organiser: str
    guests: tuple[Guest, ...] = ()


def ahead(
    connection: sa.Connection,
    now: datetime,
    line: LineId | None = None,
    district: DistrictId | None = None,
) -> tuple[Ahead, ...]:
    """
    The handovers due after *now* that nobody has acknowledged, in the order of their ids.

    Those of one *line* and *district* are kept for this transaction: another clock waits here
    until the meetings are as they should be.
    """
    h = handovers.c
    query = sa.select(handovers).where(h.state.not_in(DONE), h.due_at > now).order_by(h.id)
    if line is not None and district is not None:
        query = query.where(h.line == line, h.district == district).with_for_update()
    rows = connection.execute(query).all()
    linked = sa.select(handover_contacts.c.handover).where(
        handover_contacts.c.handover.in_([row.id for row in rows])
    )
    filled = set(connection.scalars(linked))
    return tuple(
        Ahead(
            HandoverId(row.id),
            LineId(row.line),
            DistrictId(row.district),
            row.due_at,
            row.built_at,
            row.id not in filled,
        )
        for row in rows
    )


def put_off(connection: sa.Connection, handover: Ahead, due_at: datetime) -> bool:
    """Whether *handover* is due then from now on; false where somebody was before.  Uncommitted."""
    h = handovers.c
    moved = connection.execute(
        handovers.update()
        .where(h.id == handover.id, h.due_at == handover.due_at, h.state.not_in(DONE))
        .values(due_at=due_at)
    )
    return moved.rowcount == 1


def places(connection: sa.Connection, now: datetime) -> frozenset[tuple[LineId, DistrictId]]:
    """The lines and districts with a meeting ahead, or with a handover that needs one."""
    h, m = handovers.c, meetings.c
    owed = sa.select(h.line, h.district).where(h.state.not_in(DONE), h.due_at > now)
    called = sa.select(m.line, m.district).where(m.state == State.CALLED, m.due_at > now)
    found = connection.execute(owed.union(called))
    return frozenset((LineId(line), DistrictId(district)) for line, district in found)


def called(
    connection: sa.Connection,
    cipher: FieldCipher,
    line: LineId,
    district: DistrictId,
    now: datetime,
) -> tuple[Called, ...]:
    """The meetings of one line and district that are still to come, kept for this transaction."""
    m = meetings.c
    rows = connection.execute(
        sa.select(meetings)
        .where(m.line == line, m.district == district, m.state == State.CALLED, m.due_at > now)
        .order_by(m.id)
        .with_for_update()
    ).all()
    ids = [row.id for row in rows]
    guests, links = _guests(connection, cipher, ids), _links(connection, ids)
    return tuple(
        Called(
            Meeting(
                MeetingId(row.id),
                row.due_at,
                frozenset(id_ for id_, _, _ in links[row.id]),
                is_settled=any(
                    state in DONE and due == row.due_at for _, state, due in links[row.id]
                ),
            ),
            row.sequence,
            row.organiser,
            tuple(guests[row.id]),
        )
        for row in rows
    )


def call(connection: sa.Connection, line: LineId, district: DistrictId, called: Called) -> None:
    """Keep a new meeting.  The caller commits."""
    row = {
        "id": called.meeting.id,
        "line": line,
        "district": district,
        "due_at": called.meeting.due_at,
        "state": State.CALLED,
        "sequence": called.sequence,
        "organiser": called.organiser,
    }
    connection.execute(meetings.insert(), row)


def change(
    connection: sa.Connection, meeting: MeetingId, due_at: datetime, sequence: int, state: State
) -> None:
    """Write down how it stands with *meeting*.  The caller commits."""
    values = {"due_at": due_at, "sequence": sequence, "state": state}
    connection.execute(meetings.update().where(meetings.c.id == meeting).values(values))


def take_up(connection: sa.Connection, meeting: MeetingId, taken: Sequence[HandoverId]) -> None:
    """Let *meeting* be the one for the handovers in *taken*.  The caller commits."""
    link = meeting_handovers.c
    connection.execute(meeting_handovers.delete().where(link.handover.in_(taken)))
    rows = [{"handover": handover, "meeting": meeting} for handover in taken]
    connection.execute(meeting_handovers.insert(), rows)


def told(
    connection: sa.Connection,
    cipher: FieldCipher,
    meeting: MeetingId,
    messages: Iterable[Message],
) -> None:
    """Keep what each person was told last.  The caller commits."""
    guest = meeting_guests.c
    for one in messages:
        connection.execute(
            meeting_guests.delete().where(
                guest.meeting == meeting, guest.therapist == one.therapist
            )
        )
        row = {
            "meeting": meeting,
            "therapist": one.therapist,
            "address": cipher.seal(one.address, _ADDRESS),
            "due_at": one.due_at,
            "sequence": one.sequence,
            "invited": one.word in {Word.INVITED, Word.MOVED},
        }
        connection.execute(meeting_guests.insert(), row)


def begin(connection: sa.Connection, now: datetime) -> tuple[tuple[MeetingId, int, str], ...]:
    """
    Let every meeting whose moment has come have begun.

    Returns of each message that was the last one to somebody its meeting, number and person.
    The caller commits.
    """
    m, g = meetings.c, meeting_guests.c
    begun = sa.select(m.id).where(m.state == State.CALLED, m.due_at <= now).order_by(m.id)
    ids = connection.scalars(begun.with_for_update()).all()
    connection.execute(meetings.update().where(m.id.in_(ids)).values(state=State.BEGUN))
    query = sa.select(g.meeting, g.sequence, g.therapist).where(g.meeting.in_(ids))
    rows = connection.execute(query).all()
    return tuple((MeetingId(row.meeting), row.sequence, row.therapist) for row in rows)


def have_begun(connection: sa.Connection, now: datetime) -> bool:
    """Whether there is anything for `begin` to do."""
    m = meetings.c
    found = sa.exists().where(m.state == State.CALLED, m.due_at <= now)
    return bool(connection.scalar(sa.select(found)))


def _guests(
    connection: sa.Connection, cipher: FieldCipher, ids: Sequence[str]
) -> defaultdict[str, list[Guest]]:
    g = meeting_guests.c
    query = sa.select(meeting_guests).where(g.meeting.in_(ids)).order_by(g.meeting, g.therapist)
    found: defaultdict[str, list[Guest]] = defaultdict(list)
    for row in connection.execute(query):
        address = cipher.open(row.address, _ADDRESS)
        guest = Guest(TherapistId(row.therapist), address, row.due_at, row.sequence, row.invited)
        found[row.meeting].append(guest)
    return found


def _links(
    connection: sa.Connection, ids: Sequence[str]
) -> defaultdict[str, list[tuple[HandoverId, str, datetime]]]:
    """Of each meeting its handovers, how far they have come and when they are due."""
    h, link = handovers.c, meeting_handovers.c
    query = (
        sa.select(link.meeting, h.id, h.state, h.due_at)
        .join(handovers, h.id == link.handover)
        .where(link.meeting.in_(ids))
    )
    found: defaultdict[str, list[tuple[HandoverId, str, datetime]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.meeting].append((HandoverId(row.id), row.state, row.due_at))
    return found
