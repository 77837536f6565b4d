"""What is gone here and still to be deleted at the carrier: claimed, tried and forgotten."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store.database import add_once
from app.store.tables import carrier_purges

# Longer than all the requests for one call with its legs may take.
LEASE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(days=1)
# Contacts have other ids where nothing at the carrier is behind them.
_SID = re.compile(r"(CA|SM|MM)[0-9a-f]{32}")
CALL, TEXT = "call", "text"


@dataclass(frozen=True, slots=True)
class Owed:
    """One call or text that the carrier is to delete, for this process alone to see to."""

    sid: str
    kind: str
    tries: int


def sids(found: Iterable[str | None]) -> frozenset[str]:
    """Those of *found* that the carrier knows something by."""
    return frozenset(one for one in found if one is not None and _SID.fullmatch(one))


def add(connection: sa.Connection, found: Iterable[str], now: datetime) -> None:
    """Have the carrier delete them, too.  The caller commits."""
    rows = [
        {"sid": sid, "kind": CALL if sid.startswith("CA") else TEXT, "due_at": now, "tries": 0}
        for sid in sorted(found)
    ]
    add_once(connection, carrier_purges, rows)


def owed(connection: sa.Connection) -> frozenset[str]:
    """All that the carrier still has to delete; a reconciliation must not take them for new."""
    return frozenset(connection.scalars(sa.select(carrier_purges.c.sid)))


def claim(connection: sa.Connection, now: datetime, most: int) -> tuple[Owed, ...]:
    """Some that are due, for this process to see to before its lease runs out."""
    c = carrier_purges.c
    query = sa.select(carrier_purges).where(c.due_at <= now).order_by(c.due_at, c.sid).limit(most)
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    taken = [row.sid for row in rows]
    lease = carrier_purges.update().where(c.sid.in_(taken)).values(due_at=now + LEASE)
    connection.execute(lease)
    return tuple(Owed(row.sid, row.kind, row.tries) for row in rows)


def done(connection: sa.Connection, sid: str) -> None:
    """The carrier has it no more.  The caller commits."""
    connection.execute(carrier_purges.delete().where(carrier_purges.c.sid == sid))


def put_off(connection: sa.Connection, one: Owed, now: datetime) -> None:
    """It could not be deleted yet: later, and each time later still.  The caller commits."""
    pause = min(timedelta(minutes=2 ** min(one.tries, 11)), _LONGEST_PAUSE)
    values = {"due_at": now + pause, "tries": one.tries + 1}
    connection.execute(
        carrier_purges.update().where(carrier_purges.c.sid == one.sid).values(values)
    )
