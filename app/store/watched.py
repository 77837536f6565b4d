"""Findings as things that happen: opened when they are seen, told of, and closed when gone."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from app.store.database import add_once
from app.store.tables import watched
from routing.finding import Finding, Severity
from routing.ids import LineId, TherapistId

_GOES_ON_WITHIN = timedelta(hours=2)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class Scope(StrEnum):
    """Who looks for a finding, and so may say that it is gone."""

    ROTA = "rota"
    SOURCE = "source"
    CHECK_IN = "check_in"
    REST = "rest"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class Watched:
    """A finding that is open, and when its owners were last told."""

    id: str
    line: LineId
    scope: str  # a word of `Scope`, or of a newer version of it
    finding: Finding
    found_at: datetime
    told_at: datetime | None


def update(
    connection: sa.Connection, line: LineId, scope: Scope, found: Iterable[Finding], now: datetime
) -> int:
    """
    Let exactly *found* be open for *line* in *scope*; how many are new.  The caller commits.

    What was seen before keeps the moment it was found and told of; what is seen no more is closed.
    """
    rows = {row["id"]: row for row in (_row(line, scope, finding, now) for finding in found)}
    w = watched.c
    mine = sa.and_(w.line == line, w.scope == scope)
    is_open = sa.and_(mine, w.closed_at.is_(None))
    known = sa.select(w.id, w.ends_at, w.remedy).where(is_open)
    before = {row.id: (row.ends_at, row.remedy) for row in connection.execute(known)}
    gone = before.keys() - rows
    if gone:
        connection.execute(watched.update().where(w.id.in_(gone)).values(closed_at=now))
    new = [row for id_, row in rows.items() if id_ not in before]
    # What comes back soon goes on: nobody is told every hour of a source that comes and goes.
    if new:
        is_recent = w.closed_at > now - _GOES_ON_WITHIN
        connection.execute(
            watched.update()
            .where(w.id.in_([row["id"] for row in new]), w.closed_at.is_not(None))
            .values(
                closed_at=None,
                found_at=sa.case((is_recent, w.found_at), else_=now),
                told_at=sa.case((is_recent, w.told_at), else_=None),
            )
        )
    add_once(connection, watched, new)
    for id_ in before.keys() & rows:
        row = rows[id_]
        if before[id_] != (row["ends_at"], row["remedy"]):
            changed = {"ends_at": row["ends_at"], "remedy": row["remedy"]}
            connection.execute(watched.update().where(w.id == id_).values(changed))
    return len(new)


def is_so(known: Iterable[Watched], line: LineId, scope: Scope, found: Iterable[Finding]) -> bool:
    """Whether `update` would change nothing, where *known* is what is open for *line*."""
    before = {one.id: one.finding for one in known if one.scope == scope}
    after = {_id(line, scope, finding): finding for finding in found}
    return before.keys() == after.keys() and all(
        (one.ends_at, one.remedy) == (after[id_].ends_at, after[id_].remedy)
        for id_, one in before.items()
    )


def still_open(connection: sa.Connection, line: LineId) -> tuple[Watched, ...]:
    """What is open for *line*, the earliest first; what has no time comes before all."""
    return tuple(_open(connection, watched.c.line == line))


def open_everywhere(
    connection: sa.Connection, scope: Scope | None = None
) -> Mapping[LineId, Sequence[Watched]]:
    """As `still_open`, of every line of which anything is; only of *scope* where one is named."""
    found: defaultdict[LineId, list[Watched]] = defaultdict(list)
    for one in _open(connection, *(() if scope is None else (watched.c.scope == scope,))):
        found[one.line].append(one)
    return found


def _open(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Watched]:
    w = watched.c
    rows = connection.execute(
        sa.select(watched).where(w.closed_at.is_(None), *where).order_by(w.found_at, w.id)
    )
    found = (_watched(row) for row in rows)
    return sorted(found, key=lambda one: one.finding.starts_at or _BEFORE_ALL)


def claim_telling(connection: sa.Connection, one: Watched, now: datetime) -> bool:
    """Keep that the owners of *one* are told now; whether this process is the one to do it."""
    w = watched.c
    was = w.told_at.is_(None) if one.told_at is None else w.told_at == one.told_at
    done = connection.execute(
        watched.update().where(w.id == one.id, w.closed_at.is_(None), was).values(told_at=now)
    )
    return done.rowcount == 1


def _row(line: LineId, scope: Scope, finding: Finding, now: datetime) -> dict[str, object]:
    return {
        "id": _id(line, scope, finding),
        "scope": str(scope),
        "line": line,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "therapist": finding.therapist,
        "starts_at": finding.starts_at,
        "ends_at": finding.ends_at,
        "message": finding.message,
        "remedy": finding.remedy,
        "place": None if finding.place is None else str(finding.place),
        "found_at": now,
    }


def _id(line: LineId, scope: Scope, finding: Finding) -> str:
    """The same for the same fault, however far its end has moved."""
    starts_at = "" if finding.starts_at is None else finding.starts_at.isoformat()
    parts = (line, scope, finding.rule, finding.therapist or "", starts_at, finding.message)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _watched(row: sa.Row[tuple[object, ...]]) -> Watched:
    finding = Finding(
        row.rule,
        Severity(row.severity),
        row.therapist and TherapistId(row.therapist),
        row.starts_at,
        row.ends_at,
        row.message,
        row.remedy,
    )
    return Watched(row.id, LineId(row.line), row.scope, finding, row.found_at, row.told_at)
