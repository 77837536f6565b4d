"""Whose telephone does not do what a duty needs: kept by what became of letters and calls."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import texts
from app.store.outbox import By, State
from app.store.rights import Lift, lifted
from app.store.tables import check_ins, contact_events, outbox
from routing.call import Result
from routing.contact import Kind
from routing.ids import LineId, TherapistId

_RECENT = timedelta(days=7)
_LAST_DUTIES = timedelta(days=60)
# The carrier's code for somebody who has opted out: her telephone works.
_OPTED_OUT = "21610"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Tries to reach one person that failed, *count* of them since one last went well."""

    therapist: TherapistId
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class People:
    """
    Who has sent STOP, and whose telephone fails.

    *texts* did not arrive and *calls* could not be put through in the last week; *silent* are those
    who were called before their last duties and pressed no key.
    """

    opted_out: frozenset[TherapistId] = frozenset()
    texts: tuple[Trouble, ...] = ()
    calls: tuple[Trouble, ...] = ()
    silent: tuple[Trouble, ...] = field(default=())


def people(connection: sa.Connection, lines: Collection[LineId], now: datetime) -> People:
    """What the database knows of everybody's telephone; nothing of whom they were reached about."""
    with lifted(connection, Lift.COUNTS):
        return People(
            texts.opted_out_staff(connection),
            tuple(_texts(connection, now)),
            tuple(_calls(connection, lines, now)),
            tuple(_silent(connection, lines, now)),
        )


def _texts(connection: sa.Connection, now: datetime) -> Iterator[Trouble]:
    o = outbox.c
    is_hers = sa.and_(o.therapist.is_not(None), o.channel == By.TEXT, o.created_at > now - _RECENT)
    failed = sa.or_(o.state == State.FAILED, o.delivery.in_(["failed", "undelivered"]))
    rows = connection.execute(
        sa.select(o.therapist, o.created_at, failed)
        .where(is_hers, sa.or_(failed, o.delivery == "delivered"))
        .where(sa.func.coalesce(o.error, "") != _OPTED_OUT)
        .order_by(o.created_at)
    )
    return _since_it_went_well(map(tuple, rows))


def _calls(
    connection: sa.Connection, lines: Collection[LineId], now: datetime
) -> Iterator[Trouble]:
    came, ended = contact_events.alias("came").c, contact_events.alias("ended").c
    rows = connection.execute(
        sa.select(ended.target, ended.at, ended.result == Result.FAILED)
        .join_from(came.contact.table, ended.contact.table, came.contact == ended.contact)
        .where(came.kind == Kind.RECEIVED, came.line.in_(sorted(lines)), came.at > now - _RECENT)
        .where(ended.kind == Kind.ATTEMPT_ENDED, ended.target.is_not(None))
        .order_by(ended.at)
    )
    return _since_it_went_well(map(tuple, rows))


def _silent(
    connection: sa.Connection, lines: Collection[LineId], now: datetime
) -> Iterator[Trouble]:
    c = check_ins.c
    rows = connection.execute(
        sa.select(c.therapist, c.starts_at, c.confirmed_at.is_(None))
        .where(c.line.in_(sorted(lines)), c.ends_at > now - _LAST_DUTIES, c.starts_at <= now)
        .where(sa.or_(c.called_at.is_not(None), c.confirmed_at.is_not(None)))
        .order_by(c.starts_at)
    )
    return _since_it_went_well(map(tuple, rows))


def _since_it_went_well(tries: Iterator[tuple[str, datetime, bool]]) -> Iterator[Trouble]:
    """Of each person with tries that failed, those after the last that did not."""
    failures: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    for who, at, is_failed in tries:
        if not is_failed:
            failures.pop(who, None)
        else:
            failures[who] += 1
            last[who] = at
    for who, count in sorted(failures.items()):
        yield Trouble(TherapistId(who), count, last[who])
