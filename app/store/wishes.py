"""What people would rather have, or not have, in the next rota."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.tables import wishes
from rota_adapter.planner.problem import Wanted, Wish
from routing.errors import NotFound
from routing.ids import TherapistId
from routing.intervals import Interval


@dataclass(frozen=True, slots=True)
class Kept:
    """A wish, its number, and when it was made."""

    id: int
    wish: Wish
    made_at: datetime


def add(connection: sa.Connection, wish: Wish, now: datetime) -> int:
    """Keep a wish; returns its number.  The caller commits."""
    row = {
        "therapist": wish.therapist,
        "starts_at": wish.time.start,
        "ends_at": wish.time.end,
        "wanted": str(wish.wanted),
        "made_at": now,
    }
    insert = wishes.insert().returning(wishes.c.id)
    return int(connection.execute(insert, row).scalar_one())


def remove(connection: sa.Connection, therapist: TherapistId, number: int) -> None:
    """Drop a wish of *therapist*; raises NotFound where she has none such.  The caller commits."""
    w = wishes.c
    gone = connection.execute(wishes.delete().where(w.id == number, w.therapist == therapist))
    if gone.rowcount == 0:
        raise NotFound("there is no such wish")


def of_therapist(
    connection: sa.Connection, therapist: TherapistId, after: datetime
) -> tuple[Kept, ...]:
    """What *therapist* wishes for time that is not over at *after*, the earliest first."""
    w = wishes.c
    return _kept(connection, sa.and_(w.therapist == therapist, w.ends_at > after))


def within(connection: sa.Connection, span: Interval) -> tuple[Kept, ...]:
    """Everybody's wishes that touch *span*, the earliest first."""
    w = wishes.c
    return _kept(connection, sa.and_(w.ends_at > span.start, w.starts_at < span.end))


def _kept(connection: sa.Connection, where: sa.ColumnElement[bool]) -> tuple[Kept, ...]:
    w = wishes.c
    query = sa.select(wishes).where(where).order_by(w.starts_at, w.id)
    return tuple(
        Kept(
            row.id,
            Wish(
                TherapistId(row.therapist),
                Interval(row.starts_at, row.ends_at),
                Wanted(row.wanted),
            ),
            row.made_at,
        )
        for row in connection.execute(query)
    )
