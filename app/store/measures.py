"""Sums that every process adds to, and which contacts have been counted in them."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.measures import Measure
from app.store.database import insert_once
from app.store.schema import UtcDateTime
from app.store.tables import contact_events, counted, measures
from routing.ids import ContactId, LineId
from routing.intervals import Interval

# Which series of a measure, by the values of its labels in their order.
Labels = tuple[str, ...]
# A measure's name, a series, and a part of it: a histogram's bound or its sum, and else nothing.
Part = tuple[str, Labels, str]

SUM, ONLY = "sum", ""
_AT_A_TIME = 500
_KEPT_FOR = timedelta(days=4)  # longer than `app.duty.counting` looks back


class Added:
    """What has been counted and is not written down yet."""

    def __init__(self) -> None:
        self.parts: dict[Part, float] = {}

    def add(self, measure: Measure, labels: Labels = (), by: float = 1) -> None:
        """*by* more in one series of a counter."""
        self._more((measure.name, labels, ONLY), by)

    def observe(self, measure: Measure, labels: Labels, value: float) -> None:
        """One more of this size in one series of a histogram."""
        parts, name = self.parts, measure.name  # no call too many: a caller waits for this
        bucket = name, labels, measure.bounds[bisect_left(measure.buckets, value)]
        parts[bucket] = parts.get(bucket, 0) + 1
        total = name, labels, SUM
        parts[total] = parts.get(total, 0) + value

    def take(self, other: "Added") -> None:
        """All of *other* besides."""
        for part, by in other.parts.items():
            self._more(part, by)

    def _more(self, part: Part, by: float) -> None:
        self.parts[part] = self.parts.get(part, 0) + by

    def __bool__(self) -> bool:
        return bool(self.parts)


@cache
def _upsert(dialect: str) -> Any:  # noqa: ANN401 - two dialects
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(measures)
    more = {"value": measures.c.value + insert.excluded.value}
    return insert.on_conflict_do_update(index_elements=["name", "labels", "part"], set_=more)


def add(connection: sa.Connection, added: Added) -> None:
    """
    Add to what all processes have counted.  The caller commits.

    In one order, so that two who add to the same series wait for each other and not in a ring.
    """
    rows = [
        {"name": name, "labels": ",".join(labels), "part": part, "value": by}
        for (name, labels, part), by in sorted(added.parts.items())
    ]
    if rows:
        connection.execute(_upsert(connection.dialect.name), rows)


def read(connection: sa.Connection) -> Mapping[str, Mapping[Labels, Mapping[str, float]]]:
    """All sums: by measure, series and part."""
    found: dict[str, dict[Labels, dict[str, float]]] = {}
    for row in connection.execute(sa.select(measures)):
        labels = tuple(row.labels.split(",")) if row.labels else ()
        found.setdefault(row.name, {}).setdefault(labels, {})[row.part] = row.value
    return found


def series(
    measure: Measure, parts: Mapping[str, float]
) -> tuple[Sequence[tuple[str, float]], float]:
    """A histogram's buckets, each with all that lie below, and the sum of what was observed."""
    below, total = [], 0.0
    for bound in measure.bounds:
        total += parts.get(bound, 0)
        below.append((bound, total))
    return below, parts.get(SUM, 0.0)


def _uncounted() -> sa.Select[str]:
    e = contact_events.c
    start, end = (sa.bindparam(name, type_=UtcDateTime()) for name in ("start", "end"))
    return sa.select(e.contact).where(
        e.kind == sa.literal_column("'received'"),  # so its index is seen
        e.line.in_(sa.bindparam("lines", expanding=True)),
        e.at >= start,
        e.at < end,
        ~sa.exists().where(counted.c.id == e.contact),
    )


_UNCOUNTED = _uncounted()  # made once: it is asked every few seconds


def uncounted(
    connection: sa.Connection, lines: Collection[LineId], span: Interval
) -> tuple[ContactId, ...]:
    """The contacts of *lines* received in *span* that have not been counted."""
    asked = {"lines": list(lines), "start": span.start, "end": span.end}
    return tuple(map(ContactId, connection.scalars(_UNCOUNTED, asked)))


def claim(connection: sa.Connection, ids: Iterable[ContactId], now: datetime) -> frozenset[str]:
    """
    Those of *ids* that nobody has counted before, for the caller to count in this transaction.

    What was counted days ago is looked for no more, and forgotten.  The caller commits.
    """
    connection.execute(counted.delete().where(counted.c.counted_at < now - _KEPT_FOR))
    every = sorted(ids)
    mine: set[str] = set()
    for first in range(0, len(every), _AT_A_TIME):
        rows = [{"id": one, "counted_at": now} for one in every[first : first + _AT_A_TIME]]
        new = insert_once(connection, counted).values(rows).returning(counted.c.id)
        mine.update(connection.scalars(new))
    return frozenset(mine)
