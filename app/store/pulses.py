"""When something last happened that should keep happening, or should not, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.store.tables import pulses

CLOCK, WEBHOOK, LOST = "clock", "webhook", "lost"
RECONCILED = "reconcile"  # up to when the log has been compared with the carrier's lists
COMPARED_FROM = "reconcile/from"  # when it was begun: what came before was another's to keep
PURGED = "purge"  # when a purge last came to its end; its count is what waited for export
KEPT_FROM = "purge/contacts"  # the first moment of which no contact has ever been removed
_SWEPT = "sweep/"  # when each sweep of the clock last got to its end
_UNSIGNED = "unsigned/"
# One row for each day, however many requests anybody sends; older ones go.
_KEPT_FOR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Pulse:
    """When it last happened, and how often it has since it was first counted."""

    at: datetime
    count: int


@cache
def _upsert(dialect: str) -> Any:  # noqa: ANN401 - two dialects
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(pulses)
    new, old = insert.excluded, pulses.c
    return insert.on_conflict_do_update(
        index_elements=["name"],
        set_={
            # Two processes may tell of it in either order.
            "at": sa.case((new.at > old.at, new.at), else_=old.at),
            "count": old.count + new.count,
        },
    )


def beat(connection: sa.Connection, name: str, now: datetime, by: int = 1) -> None:
    """*name* happened at *now*, or *by* times and last at *now*.  The caller commits."""
    beats(connection, {name: Pulse(now, by)})


def beats(connection: sa.Connection, told: Mapping[str, Pulse]) -> None:
    """
    Each name of *told* happened so often, and last then.  The caller commits.

    In one order, so that two who tell of the same wait for each other and not in a ring.
    """
    rows = [{"name": name, "at": told[name].at, "count": told[name].count} for name in sorted(told)]
    connection.execute(_upsert(connection.dialect.name), rows)


def mark(connection: sa.Connection, name: str, now: datetime, count: int) -> None:
    """*name* happened at *now*, with *count* in place of what was counted.  The caller commits."""
    connection.execute(pulses.delete().where(pulses.c.name == name))
    beat(connection, name, now, count)


def refused(connection: sa.Connection, at: datetime, by: int, *, is_ours: bool = False) -> None:
    """
    *by* requests that nobody we know had signed came, the last *at*.  The caller commits.

    They are counted by the day in UTC, and days that are a month old are forgotten.  Of all, those
    that name our own account and show a signature are told of once more (*is_ours*).
    """
    beat(connection, unsigned_on(at.date(), is_ours=is_ours), at, by)
    p = pulses.c
    old = p.name.startswith(_UNSIGNED, autoescape=True) & (p.at < at - _KEPT_FOR)
    connection.execute(pulses.delete().where(old))


def unsigned_on(day: date, *, is_ours: bool = False) -> str:
    """What the requests of one day without a right signature are counted under."""
    return f"{_UNSIGNED}{'ours/' if is_ours else ''}{day:%Y-%m-%d}"


def swept(sweep: str) -> str:
    """What is told of the end of each *sweep*."""
    return f"{_SWEPT}{sweep}"


def sweeps_of(found: Mapping[str, Pulse]) -> Mapping[str, Pulse]:
    """Of all pulses, those of sweeps, by the sweep's name."""
    return {n.removeprefix(_SWEPT): p for n, p in found.items() if n.startswith(_SWEPT)}


def read(connection: sa.Connection) -> Mapping[str, Pulse]:
    """All of them, by name."""
    p = pulses.c
    rows = connection.execute(sa.select(p.name, p.at, p.count.label("times")))  # a row has a count
    return {row.name: Pulse(row.at, row.times) for row in rows}
