"""Whether those who are to be on standby soon have said that they are there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.store.database import add_once
from app.store.tables import check_ins
from routing.check_in import Progress, Stage, Turn
from routing.ids import LineId, TherapistId

# So far into her duty a yes still answers us: the question lies on top of her telephone.
_LATE_YES = timedelta(minutes=10)
_BY_TELEPHONE = ("call", "text")  # and not on a page, which needs none
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a therapist whether she is there, and what she has answered."""

    id: str
    line: LineId
    asked_at: datetime


_ASKED = sa.select(check_ins).where(check_ins.c.id.in_(sa.bindparam("keys", expanding=True)))


def key_of(line: LineId, turn: Turn) -> str:
    """The same for the same turn, however its end is changed."""
    return f"{line}/{turn.therapist}/{turn.time.start:%Y%m%dT%H%M%SZ}"


def progress(connection: sa.Connection, keys: Collection[str]) -> Mapping[str, Progress]:
    """What has been done about each turn with such a key."""
    rows = connection.execute(_ASKED, {"keys": list(keys)}) if keys else ()
    done = {row.id: _progress(row) for row in rows}
    return {key: done.get(key, Progress()) for key in keys}


def ask(connection: sa.Connection, line: LineId, turn: Turn, now: datetime) -> bool:
    """Keep that she is asked; whether this process is the one to do it.  The caller commits."""
    before = connection.scalar(
        sa.select(check_ins.c.id).where(check_ins.c.id == key_of(line, turn))
    )
    row = {
        "id": key_of(line, turn),
        "line": line,
        "therapist": turn.therapist,
        "position": turn.position,
        "starts_at": turn.time.start,
        "ends_at": turn.time.end,
        "asked_at": now,
    }
    add_once(connection, check_ins, [row])
    return before is None


def call(connection: sa.Connection, line: LineId, turn: Turn, now: datetime) -> bool:
    """Keep that she is called; whether this process is the one to do it.  The caller commits."""
    c = check_ins.c
    where = sa.and_(c.id == key_of(line, turn), c.called_at.is_(None))
    return connection.execute(check_ins.update().where(where).values(called_at=now)).rowcount == 1


def tell(connection: sa.Connection, line: LineId, turn: Turn, now: datetime) -> bool:
    """Keep that others are told; whether this process is the one to do it.  The caller commits."""
    c = check_ins.c
    where = sa.and_(c.id == key_of(line, turn), c.told_at.is_(None))
    return connection.execute(check_ins.update().where(where).values(told_at=now)).rowcount == 1


def confirm(connection: sa.Connection, key: str, by: str, now: datetime) -> bool:
    """Keep her yes; whether it was the first, and to a question that was asked."""
    c = check_ins.c
    done = connection.execute(
        check_ins.update()
        .where(c.id == key, c.confirmed_at.is_(None))
        .values(confirmed_at=now, confirmed_by=by)
    )
    return done.rowcount == 1


def waiting_for(
    connection: sa.Connection, therapist: TherapistId, line: LineId, now: datetime
) -> Asked | None:
    """
    The question to *therapist* that a yes of hers answers: the latest that waits for one.

    Until ten minutes into her duty: after that a yes is more likely meant for a child.  Before,
    a yes to what she has confirmed already is one too, and yields to any other question: a child
    must not read it.
    """
    c = check_ins.c
    has_confirmed = c.confirmed_at.is_not(None)
    row = connection.execute(
        sa.select(check_ins)
        .where(c.therapist == therapist, c.line == line, c.starts_at > now - _LATE_YES)
        .order_by(has_confirmed, c.asked_at.desc(), c.starts_at)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    asked_at = row.asked_at if row.confirmed_at is None else _BEFORE_ALL
    return Asked(row.id, LineId(row.line), asked_at)


def confirmations(connection: sa.Connection) -> Mapping[TherapistId, datetime]:
    """When each therapist last said with her telephone that she was there, by text or key."""
    c = check_ins.c
    own = sa.and_(c.confirmed_at.is_not(None), c.confirmed_by.in_(_BY_TELEPHONE))
    query = sa.select(c.therapist, sa.func.max(c.confirmed_at)).where(own).group_by(c.therapist)
    return {TherapistId(who): at for who, at in map(tuple, connection.execute(query))}


def stages(connection: sa.Connection, line: LineId, at: datetime) -> Mapping[TherapistId, Stage]:
    """
    How far the check-in of each person has come whose turn is going on at *at*, or is next.

    Of several that go on, the one asked about last: the others' beginnings have been moved.
    """
    c = check_ins.c
    rows = connection.execute(
        sa.select(check_ins)
        .where(c.line == line, c.ends_at > at)
        .order_by(c.starts_at.desc(), c.asked_at)
    ).all()
    coming = [row for row in rows if row.starts_at > at]
    going_on = sorted((row for row in rows if row.starts_at <= at), key=lambda row: row.asked_at)
    return {TherapistId(row.therapist): _progress(row).stage for row in (*coming, *going_on)}


def _progress(row: sa.Row[tuple[object, ...]]) -> Progress:
    return Progress(row.asked_at, row.called_at, row.told_at, row.confirmed_at)
