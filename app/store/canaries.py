"""The calls that lines make to themselves: begun, tried, heard and over, each step by one clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from app.store.database import insert_once
from app.store.outbox import State
from app.store.tables import canaries
from app.store.tables import outbox as letters
from routing.canary import Fault, Last, Made, Outcome, Progress, Verdict
from routing.ids import LineId

CALLED = "canary"  # how the key of a letter begins that is such a call
_MADE = {State.SENT.value: Made.ACCEPTED, State.FAILED.value: Made.REFUSED}


@dataclass(frozen=True, slots=True)
class Canary:
    """One of them, as far as it has come."""

    id: str
    line: LineId
    due_at: datetime
    by_hand: bool
    tries: int
    asks: int
    tried_at: datetime | None
    over_at: datetime | None
    outcome: Outcome | None
    fault: Fault | None
    code: str | None  # the carrier's, where it refused
    call: str | None  # the carrier's id of the call that was heard


def begin(
    connection: sa.Connection, line: LineId, due_at: datetime, *, by_hand: bool = False
) -> str:
    """The id of the canary that is due then, which is there from now on.  The caller commits."""
    canary_id = f"{line}/{due_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    row = {
        "id": canary_id,
        "line": line,
        "due_at": due_at,
        "by_hand": by_hand,
        "tries": 0,
        "asks": 0,
    }
    connection.execute(insert_once(connection, canaries), row)
    return canary_id


def call_key(canary_id: str, tries: int) -> str:
    """The key of the letter that is a canary's call, so many tries in."""
    return f"{CALLED}/{canary_id}/{tries}"


def is_call(key: str) -> bool:
    """Whether the letter of that *key* is such a call."""
    return key.startswith(f"{CALLED}/")


def latest(connection: sa.Connection) -> Mapping[LineId, Last]:
    """Each line's latest; one that goes on comes before any that is over."""
    return {
        LineId(row.line): Last(row.due_at, row.over_at, _outcome(row.outcome))
        for row in connection.execute(_LATEST)
    }


def _latest() -> sa.Select[Any]:
    c = canaries.c
    order = (c.over_at.is_not(None), c.due_at.desc())
    place = sa.func.row_number().over(partition_by=c.line, order_by=order).label("place")
    ranked = sa.select(c.line, c.due_at, c.over_at, c.outcome, place).subquery()
    return sa.select(ranked).where(ranked.c.place == 1)


_LATEST = _latest()  # made once: it is asked every few seconds


def going_on(connection: sa.Connection, line: LineId) -> Sequence[Canary]:
    """Those of *line* that are not over, the first one first."""
    c = canaries.c
    query = sa.select(canaries).where(c.line == line, c.over_at.is_(None)).order_by(c.due_at)
    return [_canary(row) for row in connection.execute(query)]


def progress(connection: sa.Connection, canary: Canary) -> Progress:
    """What has been done about *canary*, with what the carrier said to its last call."""
    c, o = canaries.c, letters.c
    row = connection.execute(sa.select(canaries).where(c.id == canary.id)).one()
    key = call_key(canary.id, row.tries)
    said = connection.execute(
        sa.select(o.state, o.error).where(o.key == key, o.passed_on_at.is_(None))
    ).one_or_none()
    made = Made.WAITING if said is None else _MADE.get(said.state, Made.WAITING)
    return Progress(
        by_hand=row.by_hand,
        tries=row.tries,
        tried_at=row.tried_at,
        made=made,
        code=said.error if said is not None and made is Made.REFUSED else None,
        heard_at=row.heard_at,
        asks=row.asks,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )


def take_try(connection: sa.Connection, canary: Canary, now: datetime) -> bool:
    """Keep that it is called once more; whether this process is to do it.  The caller commits."""
    c = canaries.c
    values = {"tries": canary.tries + 1, "tried_at": now}
    return _changed(connection, canary, c.tries == canary.tries, values)


def take_ask(connection: sa.Connection, canary: Canary, now: datetime) -> bool:
    """Keep that the webhooks are asked; whether this process is to do it.  The caller commits."""
    c = canaries.c
    values = {"asks": canary.asks + 1, "asked_at": now}
    return _changed(connection, canary, c.asks == canary.asks, values)


def finish(
    connection: sa.Connection, canary: Canary, verdict: Verdict, code: str | None, now: datetime
) -> bool:
    """Keep how it ended; whether this process is the one to tell of it.  The caller commits."""
    fault = None if verdict.fault is None else str(verdict.fault)
    values = {"over_at": now, "outcome": str(verdict.outcome), "fault": fault, "code": code}
    return _changed(connection, canary, sa.true(), values)


def heard(connection: sa.Connection, canary_id: str, call: str, now: datetime) -> None:
    """Keep that the code of its call came in with *call*.  The caller commits."""
    _first(connection, canary_id, canaries.c.heard_at, {"heard_at": now, "call": call})


def answered(connection: sa.Connection, canary_id: str, now: datetime) -> None:
    """Keep that its code came in through the webhooks.  The caller commits."""
    _first(connection, canary_id, canaries.c.answered_at, {"answered_at": now})


def was_heard(connection: sa.Connection, call: str) -> bool:
    """Whether *call* is one of which the code has been heard."""
    c = canaries.c
    return bool(connection.scalar(sa.select(sa.exists().where(c.call == call))))


def told(connection: sa.Connection, canary_id: str, now: datetime) -> None:
    """Keep that somebody was told of its failure.  The caller commits."""
    c = canaries.c
    connection.execute(canaries.update().where(c.id == canary_id).values(told_at=now))


def told_at(connection: sa.Connection, line: LineId) -> datetime | None:
    """When somebody was last told of a failure of the line's."""
    c = canaries.c
    moment: datetime | None = connection.scalar(
        sa.select(c.told_at)
        .where(c.line == line, c.told_at.is_not(None))
        .order_by(c.told_at.desc())
        .limit(1)
    )
    return moment


def last_over(connection: sa.Connection, line: LineId) -> Canary | None:
    """The line's latest that has ended: how its number is, as far as anybody knows."""
    return next(iter(recent(connection, line, 1, only_over=True)), None)


def recent(
    connection: sa.Connection, line: LineId, most: int, *, only_over: bool = False
) -> Sequence[Canary]:
    """The line's latest, the last one first."""
    c = canaries.c
    query = sa.select(canaries).where(c.line == line)
    if only_over:
        query = query.where(c.over_at.is_not(None)).order_by(c.over_at.desc())
    rows = connection.execute(query.order_by(c.due_at.desc()).limit(most))
    return [_canary(row) for row in rows]


def of_id(connection: sa.Connection, canary_id: str) -> Canary | None:
    """That one."""
    row = connection.execute(sa.select(canaries).where(canaries.c.id == canary_id)).one_or_none()
    return None if row is None else _canary(row)


def _changed(
    connection: sa.Connection,
    canary: Canary,
    as_it_was: sa.ColumnElement[bool],
    values: dict[str, object],
) -> bool:
    c = canaries.c
    where = sa.and_(c.id == canary.id, c.over_at.is_(None), as_it_was)
    return connection.execute(canaries.update().where(where).values(values)).rowcount == 1


def _first(
    connection: sa.Connection,
    canary_id: str,
    column: sa.Column[datetime],
    values: dict[str, object],
) -> None:
    where = sa.and_(canaries.c.id == canary_id, column.is_(None))
    connection.execute(canaries.update().where(where).values(values))


def _outcome(kept: str | None) -> Outcome | None:
    return None if kept is None else Outcome(kept)


def _canary(row: sa.Row[tuple[object, ...]]) -> Canary:
    return Canary(
        id=row.id,
        line=LineId(row.line),
        due_at=row.due_at,
        by_hand=row.by_hand,
        tries=row.tries,
        asks=row.asks,
        tried_at=row.tried_at,
        over_at=row.over_at,
        outcome=_outcome(row.outcome),
        fault=None if row.fault is None else Fault(row.fault),
        code=row.code,
        call=row.call,
    )
