"""The reading log: who has seen or done what with whose data, and who was turned away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.store.tables import contact_events, readings
from routing.access import Act, Denial, Office, Viewer
from routing.contact import Kind
from routing.ids import ContactId, DistrictId, HandoverId
from routing.intervals import Interval


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that somebody read or did, or was denied."""

    viewer: Viewer
    act: Act
    at: datetime
    district: DistrictId | None  # whose data it is
    contact: ContactId | None = None
    handover: HandoverId | None = None
    denied: Denial | None = None


def add(connection: sa.Connection, made: Iterable[Reading]) -> None:
    """Write them down.  The caller commits."""
    rows = [
        {
            "at": one.at,
            "viewer": one.viewer.id,
            "viewer_district": one.viewer.district,
            "office": str(one.viewer.office),
            "act": str(one.act),
            "district": one.district,
            "contact": one.contact,
            "handover": one.handover,
            "denied": one.denied and str(one.denied),
        }
        for one in made
    ]
    if rows:
        connection.execute(readings.insert(), rows)


def unlike(
    connection: sa.Connection, made: Sequence[Reading], since: datetime
) -> tuple[Reading, ...]:
    """Those of *made*, all one viewer's, that the log does not say of *since* then already."""
    if not made:
        return ()
    r, viewer = readings.c, made[0].viewer
    known: set[tuple[object, ...]] = set()
    for district in {one.district for one in made}:
        theirs = r.district.is_(None) if district is None else r.district == district
        query = sa.select(r.act, r.contact, r.handover, r.denied).where(
            theirs, r.at > since, r.viewer == viewer.id, r.office == str(viewer.office)
        )
        known.update((district, *row) for row in connection.execute(query))
    return tuple(
        one
        for one in made
        if (one.district, one.act, one.contact, one.handover, one.denied) not in known
    )


def of_district(
    connection: sa.Connection, district: DistrictId, span: Interval
) -> tuple[Reading, ...]:
    """
    Everything that was done with *district*'s data in *span*, by anybody, in order.

    Also what was done with a contact before somebody said that it is the district's.
    """
    r, e = readings.c, contact_events.c
    said = sa.select(e.contact).where(
        e.home_district == district, e.kind == Kind.ASSIGNED, e.at >= span.start
    )
    is_theirs = sa.or_(r.district == district, sa.and_(r.district.is_(None), r.contact.in_(said)))
    query = (
        sa.select(readings)
        .where(is_theirs, r.at >= span.start, r.at < span.end)
        .order_by(r.at, r.id)
    )
    return tuple(reading_of(row) for row in connection.execute(query))


def seen_in(connection: sa.Connection, handover: HandoverId) -> frozenset[ContactId]:
    """The contacts that somebody has read as part of *handover*."""
    r = readings.c
    query = sa.select(r.contact).where(
        r.handover == handover, r.act == Act.READ, r.denied.is_(None), r.contact.is_not(None)
    )
    return frozenset(ContactId(contact) for contact in connection.scalars(query))


def reading_of(row: Any) -> Reading:  # noqa: ANN401 - a row of readings
    """One of the rows as a reading."""
    return Reading(
        viewer_of(row),
        Act(row.act),
        row.at,
        row.district and DistrictId(row.district),
        row.contact and ContactId(row.contact),
        row.handover and HandoverId(row.handover),
        row.denied and Denial(row.denied),
    )


def viewer_of(row: Any) -> Viewer:  # noqa: ANN401 - the same
    """Whose reading it is."""
    return Viewer(row.viewer, Office(row.office), DistrictId(row.viewer_district))
