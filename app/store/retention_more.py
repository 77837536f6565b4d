"""Handovers, meetings, follow-ups and the log of who did what, past their terms."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.store.audit_chain import is_past
from app.store.tables import (
    audit_links,
    follow_up_attempts,
    follow_up_events,
    follow_up_orders,
    follow_ups,
    handover_contacts,
    handover_events,
    handovers,
    meeting_guests,
    meeting_handovers,
    meetings,
    reading_samples,
    readings,
)
from routing.follow_up import GOING_ON
from routing.ids import DistrictId, LineId

# A follow-up is told of in the handover of its own duty, which is never further away.
_AROUND = timedelta(days=31)
_GOING_ON = sorted(str(state) for state in GOING_ON)


@dataclass(frozen=True, slots=True)
class Window:
    """One follow-up of an order: when it was to end, and when something was reported of it."""

    ends_at: datetime
    reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Order:
    """Follow-ups that were ordered together, and the contacts of the calls that were made."""

    id: int
    line: LineId
    district: DistrictId
    windows: tuple[Window, ...]
    calls: tuple[str, ...]

    @property
    def over_at(self) -> datetime:
        return max(max(one.ends_at, one.reported_at or one.ends_at) for one in self.windows)


def orders_over(connection: sa.Connection, before: datetime) -> tuple[Order, ...]:
    """The orders of whose windows the last ended before then, and none goes on."""
    f, o = follow_ups.c, follow_up_orders.c
    later = sa.exists().where(f.series == o.id, sa.or_(f.ends_at >= before, f.state.in_(_GOING_ON)))
    has_any = sa.exists().where(f.series == o.id)
    query = sa.select(o.id).where(~later, has_any).order_by(o.id)
    return orders(connection, connection.scalars(query).all())


def orders(connection: sa.Connection, ids: Sequence[int]) -> tuple[Order, ...]:
    """Those orders, as they stand now."""
    f, o, a = follow_ups.c, follow_up_orders.c, follow_up_attempts.c
    windows: defaultdict[int, list[Window]] = defaultdict(list)
    calls: defaultdict[int, list[str]] = defaultdict(list)
    kept = sa.select(f.series, f.ends_at, f.reported_at).where(f.series.in_(ids))
    for series, ends_at, reported_at in connection.execute(kept.order_by(f.id)):
        windows[series].append(Window(ends_at, reported_at))
    made = sa.select(f.series, a.contact).join(follow_ups, f.id == a.follow_up)
    for series, contact in connection.execute(made.where(f.series.in_(ids)).order_by(a.contact)):
        calls[series].append(contact)
    rows = connection.execute(sa.select(o.id, o.line, o.district).where(o.id.in_(ids)))
    return tuple(
        Order(
            row.id,
            LineId(row.line),
            DistrictId(row.district),
            tuple(windows[row.id]),
            tuple(calls[row.id]),
        )
        for row in rows
    )


def lock_order(connection: sa.Connection, number: int) -> None:
    """Let nobody report of an order's follow-ups before this commits."""
    f = follow_ups.c
    connection.execute(sa.select(f.id).where(f.series == number).with_for_update()).all()


def remove_order(connection: sa.Connection, number: int) -> int:
    """Remove an order with its follow-ups, and what became of them; how many orders that were."""
    f = follow_ups.c
    own = sa.select(f.id).where(f.series == number)
    for column in (follow_up_attempts.c.follow_up, follow_up_events.c.follow_up):
        connection.execute(column.table.delete().where(column.in_(own)))
    connection.execute(follow_ups.delete().where(f.series == number))
    gone = follow_up_orders.delete().where(follow_up_orders.c.id == number)
    return connection.execute(gone).rowcount


def handover_of(
    connection: sa.Connection, line: LineId, district: DistrictId, duty_ended_at: datetime
) -> str | None:
    """The handover that tells of the follow-ups of a duty: its first part."""
    h = handovers.c
    where = (h.line == line, h.district == district, h.duty_ended_at == duty_ended_at, h.part == 0)
    found: str | None = connection.scalar(sa.select(h.id).where(*where))
    return found


def empty_handovers(
    connection: sa.Connection,
    before: datetime,
    gone: Collection[str],
    gone_orders: Collection[int],
) -> Sequence[str]:
    """
    Handovers of duties that ended before then with no contact but those of *gone*.

    One that tells of a report stays as long as that does, since it may still be exported.
    """
    h, link, f, o = handovers.c, handover_contacts.c, follow_ups.c, follow_up_orders.c
    old = sa.select(h.id, h.line, h.district, h.duty_ended_at).where(h.duty_ended_at < before)
    inside: defaultdict[str, list[str]] = defaultdict(list)
    linked = sa.select(link.handover, link.contact).join(handovers, h.id == link.handover)
    for handover, contact in connection.execute(linked.where(h.duty_ended_at < before)):
        inside[handover].append(contact)
    told: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    reported = (
        sa.select(o.id, o.line, o.district, f.ends_at)
        .join(follow_ups, f.series == o.id)
        .where(f.reported_at.is_not(None), f.ends_at < before + _AROUND)
    )
    for number, line, district, ends_at in connection.execute(reported):
        if number not in gone_orders:
            told[line, district].append(ends_at)
    return [
        row.id
        for row in connection.execute(old.order_by(h.duty_ended_at, h.id))
        if all(contact in gone for contact in inside[row.id])
        and not any(
            abs(ends_at - row.duty_ended_at) < _AROUND for ends_at in told[row.line, row.district]
        )
    ]


def remove_handovers(connection: sa.Connection, ids: Sequence[str]) -> int:
    """Remove those of *ids* that are still empty, with what became of them; how many."""
    h = handovers.c
    empty = sa.select(h.id).where(
        h.id.in_(ids), ~sa.exists().where(handover_contacts.c.handover == h.id)
    )
    going = connection.scalars(empty.with_for_update()).all()
    for column in (meeting_handovers.c.handover, handover_events.c.handover):
        connection.execute(column.table.delete().where(column.in_(going)))
    return connection.execute(handovers.delete().where(h.id.in_(going))).rowcount


def empty_meetings(
    connection: sa.Connection, before: datetime, gone: Collection[str]
) -> Sequence[str]:
    """Meetings that were due before then for no handover but those of *gone*."""
    m, link = meetings.c, meeting_handovers.c
    query = (
        sa.select(m.id, link.handover)
        .outerjoin(meeting_handovers, link.meeting == m.id)
        .where(m.due_at < before)
    )
    found: dict[str, bool] = {}
    for meeting, handover in connection.execute(query.order_by(m.due_at, m.id)):
        found[meeting] = found.get(meeting, True) and (handover is None or handover in gone)
    return [meeting for meeting, is_empty in found.items() if is_empty]


def remove_meetings(connection: sa.Connection, ids: Sequence[str]) -> int:
    """Remove those of *ids* that are for no handover, with their guests; how many."""
    m = meetings.c
    empty = sa.select(m.id).where(
        m.id.in_(ids), ~sa.exists().where(meeting_handovers.c.meeting == m.id)
    )
    going = connection.scalars(empty.with_for_update()).all()
    guests = meeting_guests.delete().where(meeting_guests.c.meeting.in_(going))
    connection.execute(guests)
    return connection.execute(meetings.delete().where(m.id.in_(going))).rowcount


def links_before(
    connection: sa.Connection, before: datetime, held: Collection[str]
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """
    Links of the audit chain from before then: those that may go, and those that are held.

    Each with how many rows it has.  A link goes whole or not at all, so that what is left can
    still be verified; one is held where any of it is about a contact of *held*.
    """
    a, r = audit_links.c, readings.c
    size = (a.readings + a.alterations).label("size")
    query = sa.select(a.number, size).where(is_past(before))
    sizes = {row.number: row.size for row in connection.execute(query.order_by(a.number))}
    about = sa.select(r.link).where(r.link.is_not(None), r.contact.in_(list(held))).distinct()
    kept = set(connection.scalars(about)) if held else set()
    return (
        {number: size for number, size in sizes.items() if number not in kept},
        {number: size for number, size in sizes.items() if number in kept},
    )


def samples_before(connection: sa.Connection, before: datetime) -> Sequence[tuple[str, date]]:
    """The monthly samples of months that ended before then, which is a month's beginning."""
    s = reading_samples.c
    last = (before - timedelta(days=1)).date()  # midnight in Stockholm is the evening before
    query = sa.select(s.district, s.month).where(s.month < last).order_by(s.month, s.district)
    return [(row.district, row.month) for row in connection.execute(query)]


def remove_samples(connection: sa.Connection, some: Sequence[tuple[str, date]]) -> int:
    """Remove those samples; how many."""
    s = reading_samples.c
    which = sa.tuple_(s.district, s.month).in_(some)
    return connection.execute(reading_samples.delete().where(which)).rowcount
