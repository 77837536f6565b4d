"""The reading log as its reviewers ask for it: page by page, and fast however long it grows."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

import sqlalchemy as sa

from app.store.readings import Reading, reading_of, viewer_of
from app.store.tables import (
    clients,
    contact_events,
    follow_up_orders,
    follow_ups,
    readings,
    texts,
)
from routing.access import Act, Viewer
from routing.contact import Kind
from routing.ids import ClientId, ContactId, DistrictId, FollowUpId
from routing.intervals import Interval

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A reading as a row that can be pointed at."""

    id: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Which rows: what was done in *span* with the data of any of *districts*.

    Several districts are one that was merged, by all its names; the rest narrows it down.  With
    *checked* it is what the monthly check is about: that somebody looked at this log is not.
    """

    districts: frozenset[DistrictId]
    span: Interval
    viewers: Collection[str] = ()  # anybody's, where there is none
    contact: ContactId | None = None
    refused: bool = False
    checked: bool = False


def newest(
    connection: sa.Connection,
    wanted: Wanted,
    most: int,
    before: tuple[datetime, int] | None = None,
) -> tuple[Kept, ...]:
    """
    The last *most* rows that are *wanted*, the newest first; those *before* a row, for paging.

    Each stream of rows comes in the order of an index, so a page costs what is on it.
    """
    r = readings.c
    streams: list[list[Any]] = []
    for whose in _whose(wanted.districts):
        query = sa.select(readings).where(whose, *_narrowed(wanted))
        if before is not None:
            at, id_ = before
            # The first half is there for the index, which knows nothing of a pair.
            query = query.where(r.at <= at, sa.or_(r.at < at, r.id < id_))
        query = query.order_by(r.at.desc(), r.id.desc()).limit(most)
        streams.append(list(connection.execute(query)))
    rows = merge(*streams, key=lambda row: (row.at, row.id), reverse=True)
    return tuple(Kept(row.id, reading_of(row)) for row in islice(rows, most))


def of_ids(
    connection: sa.Connection, districts: frozenset[DistrictId], ids: Collection[int]
) -> tuple[Kept, ...]:
    """Those of the rows with these *ids* that are about data of *districts*, in order."""
    r = readings.c
    query = sa.select(readings).where(r.id.in_(ids), sa.or_(*_whose(districts)))
    query = query.order_by(r.at, r.id)
    return tuple(Kept(row.id, reading_of(row)) for row in connection.execute(query))


def first_at(connection: sa.Connection, districts: frozenset[DistrictId]) -> datetime | None:
    """When anybody first did anything with the data of *districts*."""
    r = readings.c
    firsts = (
        connection.scalar(sa.select(r.at).where(r.district == one).order_by(r.at).limit(1))
        for one in districts
    )
    return min((at for at in firsts if at is not None), default=None)


def readers(connection: sa.Connection, wanted: Wanted) -> tuple[Viewer, ...]:
    """Everybody who did anything that is *wanted*, by id."""
    r = readings.c
    found: set[Viewer] = set()
    for whose in _whose(wanted.districts):
        query = (
            sa.select(r.viewer, r.office, r.viewer_district)
            .where(whose, *_narrowed(wanted))
            .distinct()
        )
        found.update(viewer_of(row) for row in connection.execute(query))
    return tuple(sorted(found, key=lambda one: (one.id, one.office)))


def protected(connection: sa.Connection, districts: frozenset[DistrictId]) -> frozenset[ClientId]:
    """The clients of *districts* whose identity is protected."""
    c = clients.c
    query = sa.select(c.client).where(c.protected.is_(True), c.district.in_(districts)).distinct()
    return frozenset(ClientId(client) for client in connection.scalars(query))


def threads(connection: sa.Connection, contacts: Collection[ContactId]) -> Mapping[ContactId, str]:
    """The conversation that each of *contacts* is a text of, where it is one."""
    t = texts.c
    found: dict[ContactId, str] = {}
    for some in _portions(contacts):
        query = sa.select(t.contact, t.thread).where(t.contact.in_(some), t.thread.is_not(None))
        found.update((ContactId(row.contact), row.thread) for row in connection.execute(query))
    return found


def followed_up(
    connection: sa.Connection, districts: frozenset[DistrictId], tasks: Collection[FollowUpId]
) -> Mapping[FollowUpId, ClientId]:
    """Whom each of the follow-ups *tasks* is about, of those that *districts* have ordered."""
    f, o = follow_ups.c, follow_up_orders.c
    found: dict[FollowUpId, ClientId] = {}
    for some in _portions(tasks):
        query = (
            sa.select(f.id, o.client)
            .join_from(follow_ups, follow_up_orders, o.id == f.series)
            .where(f.id.in_(some), o.district.in_(districts))
        )
        found.update(
            (FollowUpId(row.id), ClientId(row.client)) for row in connection.execute(query)
        )
    return found


def _portions(wanted: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(wanted)
    while some := list(islice(rest, _AT_A_TIME)):
        yield some


def _whose(districts: frozenset[DistrictId]) -> list[sa.ColumnElement[bool]]:
    """
    Conditions of which each row meets one at most: filed under a district, or under none yet.

    Of what was done before somebody said whose a contact is, the last word counts, as it does for
    the contact: what was first said to be ours and is another's is not ours to see.
    """
    r, said, later = readings.c, contact_events.alias(), contact_events.alias()
    is_last = ~sa.exists().where(
        later.c.contact == said.c.contact,
        later.c.kind == Kind.ASSIGNED,
        sa.or_(later.c.at > said.c.at, sa.and_(later.c.at == said.c.at, later.c.key > said.c.key)),
    )
    became = sa.exists().where(
        said.c.contact == r.contact,
        said.c.kind == Kind.ASSIGNED,
        # Wrapped, or SQLite would look through all that is the district's for each row.
        sa.func.coalesce(said.c.home_district, "").in_(districts),
        is_last,
    )
    named = [r.district == one for one in sorted(districts)]
    return [*named, sa.and_(r.district.is_(None), became)]


def _narrowed(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    r = readings.c
    asked = [r.at >= wanted.span.start, r.at < wanted.span.end]
    if wanted.viewers:
        asked.append(r.viewer.in_(wanted.viewers))
    if wanted.contact is not None:
        asked.append(r.contact == wanted.contact)
    if wanted.refused:
        asked.append(r.denied.is_not(None))
    if wanted.checked:
        asked.append(sa.or_(r.act != Act.REVIEW, r.denied.is_not(None)))
    return asked
