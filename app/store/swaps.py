"""Swaps as they are kept: what was offered, who was asked, and what was done about each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from app.store.fields import FieldCipher
from app.store.tables import swap_answers, swap_events, swaps
from routing.errors import NotFound
from routing.finding import Finding
from routing.ids import LineId, SwapId, TherapistId
from routing.intervals import Interval
from routing.swap import Slot, State, Swap, Terms

_REASON = "swap_events.reason"
# So long after it began a text may still be about a swap: what she sent in time may come late.
_SPOKEN_OF_FOR = timedelta(hours=3)


class What(StrEnum):
    """What was done about a swap."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    ARRANGED = "arranged"  # by a manager, for everybody concerned
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REMINDED = "reminded"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
    UNDONE = "undone"


_CAME_INTO_FORCE = (What.ACCEPTED, What.ARRANGED)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done about a swap: by whom, why, and what it added to what is wrong."""

    what: What
    author: str
    at: datetime
    reason: str | None = None
    findings: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A swap, and when those asked were reminded of it, if they were."""

    swap: Swap
    reminded_at: datetime | None


def keep(
    connection: sa.Connection,
    line: LineId,
    terms: Terms,
    state: State,
    asked: Iterable[TherapistId],
    *,
    taker: TherapistId | None = None,
    reminded_at: datetime | None = None,
) -> Swap:
    """Keep a new swap; returns it with its number.  The caller commits."""
    row = {
        "line": line,
        "giver": terms.giver,
        "position": terms.slot.position,
        "starts_at": terms.slot.time.start,
        "ends_at": terms.slot.time.end,
        "back_position": None if terms.back is None else terms.back.position,
        "back_starts_at": None if terms.back is None else terms.back.time.start,
        "back_ends_at": None if terms.back is None else terms.back.time.end,
        "begins_at": terms.begins_at,
        "state": str(state),
        "taker": taker,
        "reminded_at": reminded_at,
    }
    insert = swaps.insert().returning(swaps.c.id)
    number = SwapId(connection.execute(insert, row).scalar_one())
    people = tuple(asked)
    if people:
        rows = [{"swap": number, "therapist": therapist} for therapist in people]
        connection.execute(swap_answers.insert(), rows)
    return Swap(number, line, terms, state, people, frozenset(), taker)


def one(connection: sa.Connection, line: LineId, number: int) -> Swap:
    """The swap of *line* with that number; raises NotFound."""
    s = swaps.c
    found = _kept(connection, sa.and_(s.line == line, s.id == number))
    if not found:
        raise NotFound("there is no such swap")
    return found[0].swap


def open_ones(connection: sa.Connection, line: LineId) -> tuple[Kept, ...]:
    """The offers that nobody has taken, the oldest first."""
    s = swaps.c
    return _kept(connection, sa.and_(s.line == line, s.state == State.PROPOSED))


def lines_with_open_ones(connection: sa.Connection) -> frozenset[LineId]:
    """The lines on which a duty is offered that nobody has taken."""
    query = sa.select(swaps.c.line).distinct().where(swaps.c.state == State.PROPOSED)
    return frozenset(map(LineId, connection.scalars(query)))


def of_line(
    connection: sa.Connection, line: LineId, *, ending_after: datetime | None = None
) -> tuple[Swap, ...]:
    """The swaps of *line*, the oldest first; with a moment, those that last beyond it."""
    s = swaps.c
    where = s.line == line
    if ending_after is not None:
        ends = sa.or_(s.ends_at > ending_after, s.back_ends_at > ending_after)
        where = sa.and_(where, ends)
    return tuple(kept.swap for kept in _kept(connection, where))


def standing(connection: sa.Connection, line: LineId, since: datetime) -> tuple[Swap, ...]:
    """The swaps in force that last beyond *since*, in the order they came to be."""
    s, e = swaps.c, swap_events.c
    in_force = sa.and_(
        s.line == line,
        s.state == State.ACCEPTED,
        sa.or_(s.ends_at > since, s.back_ends_at > since),
    )
    found = {kept.swap.id: kept.swap for kept in _kept(connection, in_force)}
    order = connection.scalars(
        sa.select(e.swap)
        .join(swaps, s.id == e.swap)
        .where(in_force, e.what.in_(_CAME_INTO_FORCE))
        .order_by(e.id)
    )
    return tuple(found[SwapId(number)] for number in order)


def settle(
    connection: sa.Connection,
    swap: Swap,
    state: State,
    taker: TherapistId | None = None,
) -> bool:
    """Let *swap* be in *state*; whether nobody had changed it meanwhile.  The caller commits."""
    s = swaps.c
    values: dict[str, object] = {"state": state}
    if taker is not None:
        values["taker"] = taker
    where = sa.and_(s.id == swap.id, s.state == swap.state)
    return connection.execute(swaps.update().where(where).values(values)).rowcount == 1


def decline(connection: sa.Connection, swap: Swap, therapist: TherapistId, now: datetime) -> bool:
    """Keep that *therapist* said no; whether it was the first time.  The caller commits."""
    a = swap_answers.c
    where = sa.and_(a.swap == swap.id, a.therapist == therapist, a.declined_at.is_(None))
    said = connection.execute(swap_answers.update().where(where).values(declined_at=now))
    return said.rowcount == 1


def remind(connection: sa.Connection, swap: Swap, now: datetime) -> bool:
    """Keep that *swap* is spoken of now; whether this process is the one to do it."""
    s = swaps.c
    where = sa.and_(s.id == swap.id, s.state == State.PROPOSED, s.reminded_at.is_(None))
    return connection.execute(swaps.update().where(where).values(reminded_at=now)).rowcount == 1


def record(
    connection: sa.Connection,
    cipher: FieldCipher,
    swap: Swap,
    event: Event,
    found: Iterable[Finding] = (),
) -> None:
    """Keep what was done, and what was wrong with it: *found*, a line for each.  Never changed."""
    row = {
        "swap": swap.id,
        "what": str(event.what),
        "author": event.author,
        "at": event.at,
        "reason": cipher.seal(event.reason, _REASON) if event.reason else None,
        "findings": "\n".join(f"{f.severity} {f.rule}: {f.message}" for f in found),
    }
    connection.execute(swap_events.insert(), row)


def history(
    connection: sa.Connection, cipher: FieldCipher, numbers: Iterable[SwapId]
) -> dict[SwapId, tuple[Event, ...]]:
    """What was done about each of the swaps with these *numbers*, in order."""
    e = swap_events.c
    rows = connection.execute(
        sa.select(swap_events).where(e.swap.in_(list(numbers))).order_by(e.id)
    )
    found: defaultdict[SwapId, list[Event]] = defaultdict(list)
    for row in rows:
        reason = None if row.reason is None else cipher.open(bytes(row.reason), _REASON)
        event = Event(What(row.what), row.author, row.at, reason, row.findings)
        found[SwapId(row.swap)].append(event)
    return {number: tuple(events) for number, events in found.items()}


def spoken_of(
    connection: sa.Connection, therapist: TherapistId, line: LineId, now: datetime
) -> frozenset[int]:
    """The numbers that *therapist* may name in a text: swaps she was asked about, not long over."""
    s, a = swaps.c, swap_answers.c
    query = (
        sa.select(s.id)
        .join(swap_answers, a.swap == s.id)
        .where(a.therapist == therapist, s.line == line, s.begins_at > now - _SPOKEN_OF_FOR)
    )
    return frozenset(connection.scalars(query))


def _kept(connection: sa.Connection, where: sa.ColumnElement[bool]) -> tuple[Kept, ...]:
    rows = connection.execute(sa.select(swaps).where(where).order_by(swaps.c.id)).all()
    a = swap_answers.c
    answers: defaultdict[int, dict[TherapistId, datetime | None]] = defaultdict(dict)
    asked = sa.select(swap_answers).where(a.swap.in_([row.id for row in rows]))
    for answer in connection.execute(asked.order_by(a.therapist)):
        answers[answer.swap][TherapistId(answer.therapist)] = answer.declined_at
    return tuple(Kept(_swap(row, answers[row.id]), row.reminded_at) for row in rows)


def _swap(row: sa.Row[tuple[object, ...]], answers: dict[TherapistId, datetime | None]) -> Swap:
    back = None
    if row.back_position is not None:
        back = Slot(Interval(row.back_starts_at, row.back_ends_at), row.back_position)
    slot = Slot(Interval(row.starts_at, row.ends_at), row.position)
    return Swap(
        SwapId(row.id),
        LineId(row.line),
        Terms(TherapistId(row.giver), slot, back),
        State(row.state),
        tuple(answers),
        frozenset(who for who, declined_at in answers.items() if declined_at is not None),
        row.taker and TherapistId(row.taker),
    )
