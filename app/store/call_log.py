"""
A district's contacts, newest first, a stretch at a time: as quick with a million as with ten.

Nothing here is ordered by more than the index on line and moment.  What SQL can judge of a contact
it judges; what became of it is folded from its events, so a search looks at so many and no more,
and says where to go on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.store.contacts import ASSIGNED_WITHIN, of_ids
from app.store.tables import contact_events
from routing.call import Ending, Result
from routing.contact import OFFICE, Channel, Contact, Direction, Kind, Outcome
from routing.ids import ContactId, DistrictId, LineId, TherapistId
from routing.intervals import Interval, union

UNANSWERED = frozenset(
    {Outcome.MISSED, Outcome.ABANDONED, Outcome.FALLBACK_FAILED, Outcome.UNDELIVERED}
)
# How a call ends that was not closed to its caller; a text never does.
_OF_CALLS = (Ending.TALKED, Ending.CALLER_LEFT, Ending.NOBODY)
_FIRST_LOOK, _MOST_AT_A_TIME = 200, 4_000  # rows of the index


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the log something stands: no two contacts have the same."""

    at: datetime
    contact: ContactId


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Which contacts are looked for; None is all.

    *homes* are the district and those that were merged into it.  *start* is the first moment,
    *end* the first that is too late.
    """

    lines: tuple[LineId, ...]
    homes: frozenset[DistrictId]
    start: datetime | None = None
    end: datetime | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    outcomes: frozenset[Outcome] | None = None
    therapist: TherapistId | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a search may look at: rows of the index, and contacts folded."""

    examined: int
    folded: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    What a search found, in its order.

    *further* is where it goes on from, and None where there is no more; *is_cut* says that it
    stopped because it had looked at enough.
    """

    contacts: tuple[Contact, ...]
    further: Place | None
    is_cut: bool = False


def search(
    connection: sa.Connection,
    wanted: Wanted,
    most: int,
    budget: Budget,
    now: datetime,
    *,
    after: Place | None = None,
    newer: bool = False,
) -> Stretch:
    """
    The next *most* contacts after that place: older ones, or *newer* ones from there upwards.

    What came of a contact is judged at *now*.
    """
    if wanted.outcomes is not None and not wanted.outcomes:
        return Stretch((), None)
    if wanted.client is not None:
        return _of_client(connection, wanted, most, now, after, newer=newer)
    found: list[Contact] = []
    folded = examined = 0
    size = _FIRST_LOOK
    while True:
        candidates, reached = _look(connection, wanted, after, size, newer=newer)
        examined += size
        for first in range(0, len(candidates), most + 1):
            some = candidates[first : first + most + 1]
            folded += len(some)
            told = of_ids(connection, [place.contact for place in some])
            found += [contact for contact in told if fits(contact, wanted, now)]
            if len(found) > most:
                return _full(found, most)
            if folded >= budget.folded and (reached or first + len(some) < len(candidates)):
                return Stretch(tuple(found), some[-1], is_cut=True)
        if reached is None:
            return Stretch(tuple(found), None)
        if examined >= budget.examined:
            return Stretch(tuple(found), reached, is_cut=True)
        after, size = reached, min(size * 3, _MOST_AT_A_TIME)


def fits(contact: Contact, wanted: Wanted, now: datetime) -> bool:
    """Whether *contact*, put together from its events, is one of those looked for."""
    if contact.caller.home not in wanted.homes:
        return False
    if wanted.outcomes is not None and contact.outcome_at(now) not in wanted.outcomes:
        return False
    if wanted.therapist is not None and contact.therapist != wanted.therapist:
        return False
    if wanted.client is not None and contact.caller.label != wanted.client:
        return False
    return (
        wanted.channel in {None, contact.channel}
        and wanted.direction in {None, contact.direction}
        and (wanted.start is None or wanted.start <= contact.received_at)
        and (wanted.end is None or contact.received_at < wanted.end)
    )


def of_same_callers(
    connection: sa.Connection, lines: Collection[LineId], some: Sequence[Contact], within: timedelta
) -> tuple[Contact, ...]:
    """Everything that came in or went out with the callers of *some*, within that time after."""
    keys = {contact.caller.key for contact in some if contact.caller.key is not None}
    e, found = contact_events.c, list[str]()
    for span in union(Interval(c.received_at, c.received_at + within) for c in some):
        for line in lines:
            query = sa.select(e.contact).where(
                _IS_RECEIVED,
                e.line == line,
                e.at > span.start,
                e.at <= span.end,
                e.caller_key.in_(keys),
            )
            found += connection.scalars(query.order_by(e.at, e.contact))
    return of_ids(connection, list(dict.fromkeys(found)))


def _full(found: Sequence[Contact], most: int) -> Stretch:
    last = found[most - 1]
    return Stretch(tuple(found[:most]), Place(last.received_at, last.id))


# The kind stands in the query itself, so that the planner sees the partial index.
_IS_RECEIVED = contact_events.c.kind == sa.literal_column("'received'")


def _look(
    connection: sa.Connection, wanted: Wanted, after: Place | None, size: int, *, newer: bool
) -> tuple[list[Place], Place | None]:
    """
    Those of each line's next *size* contacts that may fit, in order; and how far that reaches.

    None where nothing lies beyond.  Where one line reaches less far than another, so do both.
    """
    found: list[Place] = []
    ends: list[Place] = []
    for line in wanted.lines:
        rows = connection.execute(_rows(wanted, line, after, size, newer=newer)).all()
        places = [Place(row.at, ContactId(row.contact)) for row in rows]
        found += [place for place, row in zip(places, rows, strict=True) if row.may_fit]
        if len(places) == size:
            ends.append(max(places, key=_order) if newer else min(places, key=_order))
    reached = None
    if ends:
        reached = min(ends, key=_order) if newer else max(ends, key=_order)
    found.sort(key=_order, reverse=not newer)
    return [p for p in found if reached is None or not _is_beyond(p, reached, newer)], reached


def _order(place: Place) -> tuple[datetime, str]:
    return place.at, place.contact


def _is_beyond(place: Place, other: Place, newer: bool) -> bool:  # noqa: FBT001 - a direction
    return _order(place) > _order(other) if newer else _order(place) < _order(other)


def _rows(
    wanted: Wanted, line: LineId, after: Place | None, size: int, *, newer: bool
) -> sa.Select[tuple[str, datetime, bool]]:
    e = contact_events.c
    where: list[sa.ColumnElement[bool]] = [_IS_RECEIVED, e.line == line]
    if wanted.start is not None:
        where.append(e.at >= wanted.start)
    if wanted.end is not None:
        where.append(e.at < wanted.end)
    if after is not None:
        # Said so that both planners go straight to the moment, and only then look at the rest.
        if newer:
            where += [e.at >= after.at, sa.or_(e.at > after.at, e.contact > after.contact)]
        else:
            where += [e.at <= after.at, sa.or_(e.at < after.at, e.contact < after.contact)]
    order = (e.at, e.contact) if newer else (e.at.desc(), e.contact.desc())
    columns = (e.contact, e.at, e.home_district, e.channel, e.direction, e.target)
    # Limited first and judged afterwards, so that what is rare does not walk through everything.
    some = sa.select(*columns).where(*where).order_by(*order).limit(size).subquery()
    return sa.select(some.c.contact, some.c.at, _may_fit(some, wanted).label("may_fit"))


def _may_fit(some: sa.Subquery, wanted: Wanted) -> sa.ColumnElement[bool]:
    """What can be said without putting the contact together: never no to one that fits."""
    r, other = some.c, contact_events.alias()
    of_it = other.c.contact == r.contact
    homes = list(wanted.homes)
    # The district is named when the call comes in, or by the caller, or by whoever took it.
    # Not by the bare column: a planner would look through its index, and not at these few events.
    home = sa.func.coalesce(other.c.home_district, "")
    named = sa.exists().where(of_it, home.in_(homes))
    judged = [sa.or_(r.home_district.in_(homes), named)]
    if wanted.channel is not None:
        judged.append(r.channel == wanted.channel)
    if wanted.direction is not None:
        judged.append(r.direction == wanted.direction)
    if wanted.therapist is not None:
        took = other.c.kind.in_([Kind.ACCEPTED, Kind.RELAYED])
        by_her = sa.exists().where(of_it, took, other.c.target == wanted.therapist)
        judged.append(sa.or_(r.target == wanted.therapist, by_her))
    signs = None if wanted.outcomes is None else _signs(wanted.outcomes, other)
    if signs is not None:
        judged.append(sa.exists().where(of_it, signs))
    return sa.and_(*judged)


def _signs(outcomes: Collection[Outcome], event: Any) -> sa.ColumnElement[bool] | None:  # noqa: ANN401 - a table's alias
    """The events of which one of *outcomes* leaves one at least; None where it need leave none."""
    if Outcome.MISSED in outcomes:
        return None
    e = event.c
    outside = sa.or_(e.target == OFFICE, e.target.like("fallback-%"))
    bridged = sa.and_(e.kind == Kind.ATTEMPT_ENDED, e.result == Result.BRIDGED)
    ended = e.kind == Kind.ENDED
    left = sa.and_(ended, e.result == Ending.CALLER_LEFT)
    signs = {
        # A family that is called back presses no key.
        Outcome.ANSWERED: sa.or_(e.kind == Kind.ACCEPTED, bridged),
        Outcome.FALLBACK_ANSWERED: sa.and_(bridged, outside),
        Outcome.FALLBACK_FAILED: sa.and_(e.kind == Kind.OFFERED, outside),
        Outcome.ABANDONED: sa.or_(left, e.kind == Kind.HUNG_UP),
        Outcome.RELAYED: e.kind == Kind.RELAYED,
        Outcome.UNDELIVERED: e.kind == Kind.UNDELIVERED,
        Outcome.CLOSED: sa.and_(ended, sa.func.coalesce(e.result, "").not_in(_OF_CALLS)),
        Outcome.BLOCKED: sa.and_(ended, e.result == Ending.BLOCKED),
    }
    return sa.or_(*(signs[outcome] for outcome in sorted(outcomes)))


def _of_client(
    connection: sa.Connection,
    wanted: Wanted,
    most: int,
    now: datetime,
    after: Place | None,
    *,
    newer: bool,
) -> Stretch:
    """As `search`: one family's contacts are few, and are found by the district's own index."""
    e = contact_events.c
    where = [e.home_district.in_(list(wanted.homes)), e.caller == wanted.client]
    if wanted.start is not None:
        where.append(e.at >= wanted.start)
    if wanted.end is not None:
        where.append(e.at < wanted.end + ASSIGNED_WITHIN)
    theirs = sa.select(e.contact).where(*where)
    came = sa.select(e.contact, e.at).where(e.key == "received", e.contact.in_(theirs))
    places = [Place(row.at, ContactId(row.contact)) for row in connection.execute(came)]
    rest = [p for p in places if after is None or _is_beyond(p, after, newer)]
    rest.sort(key=_order, reverse=not newer)
    found: list[Contact] = []
    for first in range(0, len(rest), most + 1):
        told = of_ids(connection, [place.contact for place in rest[first : first + most + 1]])
        found += [contact for contact in told if fits(contact, wanted, now)]
        if len(found) > most:
            return _full(found, most)
    return Stretch(tuple(found), None)
