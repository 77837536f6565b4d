"""Which versions of a rota made what is in force, and what time each of them is about."""

import sqlalchemy as sa

from app.store.rota_history import Version, versions
from app.store.tables import rota_versions, shifts
from routing.errors import NotFound
from routing.ids import LineId
from routing.intervals import Interval

_ALL = 1_000_000


def one(connection: sa.Connection, line: LineId, number: int) -> Version:
    """That version of the rota of *line*; raises NotFound when it has none such."""
    found = {version.id: version for version in versions(connection, line, _ALL)}
    if number not in found:
        raise NotFound("there is no such version of the rota of this line")
    return found[number]


def span_of(connection: sa.Connection, number: int) -> Interval:
    """From the first start to the last end of what the version brought or took away."""
    s = shifts.c
    query = sa.select(sa.func.min(s.starts_at), sa.func.max(s.ends_at)).where(
        sa.or_(s.published_in == number, s.withdrawn_in == number)
    )
    first, last = connection.execute(query).one()
    return Interval(first, last)


def made_by(
    connection: sa.Connection, line: LineId, window: Interval, last: Version | None = None
) -> tuple[Version, ...]:
    """
    The versions that brought the shifts in force in *window*, the newest first.

    Args:
        last: what was in force when that version was published; as it is now where None.
    """
    s, v = shifts.c, rota_versions.c
    query = sa.select(s.published_in).where(
        s.line == line, s.ends_at > window.start, s.starts_at < window.end
    )
    if last is None:
        query = query.where(s.withdrawn_in.is_(None))
    else:
        at = last.signed.at
        gone = sa.select(v.id).where(v.published_at <= at)
        query = query.where(
            s.published_in.in_(gone), sa.or_(s.withdrawn_in.is_(None), s.withdrawn_in.not_in(gone))
        )
    brought = set(connection.scalars(query.distinct()))
    if last is not None:
        brought.add(last.id)  # one that only took shifts away
    return tuple(one for one in versions(connection, line, _ALL) if one.id in brought)
