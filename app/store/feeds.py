"""How it stands with the places that rotas are read from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from app.store.database import add_once
from app.store.tables import feeds
from routing.ids import LineId


class FeedState(StrEnum):
    """What came of the last reading."""

    NEVER_READ = "never_read"
    READ = "read"
    HELD = "held"  # read, and silent about somebody who stays on standby all the same
    REFUSED = "refused"  # read, and not gone by until somebody has looked
    AWAY = "away"  # it does not answer, or with nonsense


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """The state, since when, and since when calls go by what was read."""

    state: FeedState
    since: datetime
    read_at: datetime | None
    reason: str | None


def claim(
    connection: sa.Connection, line: LineId, source: str, every: timedelta, now: datetime
) -> bool:
    """
    Whether this process is to read the feed of *line* now; no other will, until it is due again.

    Whoever dies while reading has only put it off.  The caller commits before it reads.
    """
    f = feeds.c
    new = {
        "line": line,
        "source": source,
        "due_at": now,
        "state": FeedState.NEVER_READ,
        "since": now,
    }
    add_once(connection, feeds, [new])
    claimed = connection.execute(
        feeds.update()
        .where(f.line == line, sa.or_(f.due_at <= now, f.source != source))
        .values(due_at=now + every, source=source)
    )
    return claimed.rowcount == 1


def known(connection: sa.Connection) -> Mapping[LineId, tuple[str, datetime]]:
    """The source of each feed that has ever been asked for, and when it is due again."""
    f = feeds.c
    rows = connection.execute(sa.select(f.line, f.source, f.due_at))
    return {LineId(row.line): (row.source, row.due_at) for row in rows}


def settle(
    connection: sa.Connection, line: LineId, state: FeedState, reason: str | None, now: datetime
) -> None:
    """Keep what came of a reading.  The caller commits."""
    f = feeds.c
    connection.execute(
        feeds.update()
        .where(f.line == line)
        .values(
            state=state,
            since=sa.case((f.state == state, f.since), else_=now),
            reason=reason,
            read_at=now if state in {FeedState.READ, FeedState.HELD} else f.read_at,
        )
    )


def read_soon(connection: sa.Connection, line: LineId, now: datetime) -> None:
    """Have the feed of *line* read by the next sweep.  The caller commits."""
    connection.execute(feeds.update().where(feeds.c.line == line).values(due_at=now))


def forget_all_but(connection: sa.Connection, lines: frozenset[LineId]) -> None:
    """Forget the feeds of lines whose rota is kept here now.  The caller commits."""
    connection.execute(feeds.delete().where(feeds.c.line.not_in(lines)))


def status(connection: sa.Connection, line: LineId) -> FeedStatus | None:
    """How it stands with the feed of *line*; None where its rota is kept here."""
    row = connection.execute(sa.select(feeds).where(feeds.c.line == line)).one_or_none()
    if row is None:
        return None
    return FeedStatus(FeedState(row.state), row.since, row.read_at, row.reason)


def last_read(
    connection: sa.Connection, lines: Collection[LineId]
) -> Mapping[LineId, tuple[str, datetime]]:
    """The source of each rota of *lines* that is not kept here, and when it was read."""
    f = feeds.c
    query = sa.select(f.line, f.source, f.read_at, f.since).where(f.line.in_(lines))
    return {
        LineId(row.line): (row.source, row.read_at or row.since)
        for row in connection.execute(query)
    }
