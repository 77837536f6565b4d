"""In which duty somebody read something, by the rota that was in force at that moment."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import rota as stored_rota
from app.store.tables import overrides, rota_versions
from routing.access import GRACE
from routing.ids import LineId, TherapistId
from routing.intervals import Interval, union
from routing.organisation import Organisation

_LONGEST_DUTY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Moment:
    """When somebody did something."""

    who: TherapistId
    at: datetime


def duties(
    connection: sa.Connection, organisation: Organisation, moments: set[Moment]
) -> Mapping[Moment, Interval]:
    """
    The duty that each of *moments* is in, or less than the grace after; none where there was none.

    What was published afterwards changes nothing: a rota that is put right the next day makes no
    reading of the night before lawful.
    """
    found: dict[Moment, Interval] = {}
    for line in organisation.lines:
        for as_of, some in _by_rota(connection, line, moments).items():
            first, last = min(one.at for one in some), max(one.at for one in some)
            around = Interval(first - _LONGEST_DUTY, last + _LONGEST_DUTY)
            held: defaultdict[TherapistId, list[Interval]] = defaultdict(list)
            for shift in stored_rota.in_force(connection, line, around, as_of):
                held[shift.therapist].append(shift.time)
            joined = {who: union(times) for who, times in held.items()}
            for one in some:
                for duty in joined.get(one.who, ()):
                    if duty.start <= one.at < duty.end + GRACE:
                        # The later of two: one begins while the other's grace lasts.
                        found[one] = max(found.get(one, duty), duty)
    return found


def _by_rota(
    connection: sa.Connection, line: LineId, moments: set[Moment]
) -> Mapping[datetime, list[Moment]]:
    """*moments* by the rota that was in force at them, named by the first of its moments."""
    if not moments:
        return {}
    changed = _changes(connection, line, min(m.at for m in moments), max(m.at for m in moments))
    together: defaultdict[int, list[Moment]] = defaultdict(list)
    for one in moments:
        together[bisect_right(changed, one.at)].append(one)
    return {min(one.at for one in some): some for some in together.values()}


def _changes(
    connection: sa.Connection, line: LineId, first: datetime, last: datetime
) -> list[datetime]:
    """When the rota of *line* changed after *first* and until *last*."""
    v, o = rota_versions.c, overrides.c
    published = sa.select(v.published_at).where(
        v.line == line, v.published_at > first, v.published_at <= last
    )
    laid = sa.select(o.made_at).where(o.line == line, o.made_at > first, o.made_at <= last)
    return sorted({*connection.scalars(published), *connection.scalars(laid)})
