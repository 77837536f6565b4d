"""Follow-ups as they are kept: their words sealed, each step of theirs taken once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.store import contacts
from app.store.database import insert_once
from app.store.fields import FieldCipher
from app.store.tables import (
    follow_up_attempts,
    follow_up_events,
    follow_up_orders,
    follow_ups,
)
from routing.errors import NotFound
from routing.follow_up import (
    GOING_ON,
    Attempt,
    FollowUp,
    IfNotReached,
    Order,
    Reached,
    Report,
    Result,
    SafeContact,
    State,
    Window,
    with_results,
)
from routing.ids import ClientId, ContactId, DistrictId, FollowUpId, LineId, TherapistId
from routing.intervals import Interval

_INSTRUCTION, _REPORT = "follow_up_orders.instruction", "follow_ups.report"
_TOLD = "told/"
# From which states each may be reached; what is reported late is kept after the clock gave up.
_FROM = {
    State.OPEN: (State.ORDERED,),
    State.DONE: (*GOING_ON, State.NOT_REACHED),
    State.NOT_REACHED: (*GOING_ON,),
    State.CANCELLED: (*GOING_ON,),
}


def add(
    connection: sa.Connection, cipher: FieldCipher, order: Order, windows: Sequence[Window]
) -> tuple[FollowUp, ...]:
    """Keep *order* and a follow-up for each of *windows*, in their order.  The caller commits."""
    row = {
        "line": order.line,
        "district": order.district,
        "client": order.client,
        "number_key": order.safe.number,
        "may_leave_voicemail": order.safe.may_leave_voicemail,
        "may_say_who_calls": order.safe.may_say_who_calls,
        "language": order.safe.language,
        "max_attempts": order.max_attempts,
        "instruction": cipher.seal(order.instruction, _INSTRUCTION),
        "ordered_by": order.ordered_by,
        "ordered_at": order.ordered_at,
    }
    new_order = follow_up_orders.insert().returning(follow_up_orders.c.id)
    series: int = connection.execute(new_order, row).scalar_one()
    made = []
    for window in windows:
        values = {
            "series": series,
            "starts_at": window.time.start,
            "ends_at": window.time.end,
            "if_not_reached": str(window.if_not_reached),
            "state": str(State.ORDERED),
        }
        new = follow_ups.insert().returning(follow_ups.c.id)
        number = FollowUpId(connection.execute(new, values).scalar_one())
        claim(connection, number, State.ORDERED, order.ordered_by, order.ordered_at)
        made.append(FollowUp(number, series, order, window, State.ORDERED))
    return tuple(made)


def one(
    connection: sa.Connection,
    number: FollowUpId,
    now: datetime,
    *,
    cipher: FieldCipher | None = None,
    lock: bool = False,
) -> FollowUp:
    """
    The follow-up with that number, its attempts as they stand at *now*.

    Args:
        cipher: opens what was ordered and what was reported; without it they are empty.
        lock: nobody else takes a step with it until the caller commits.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(follow_ups.c.id).where(follow_ups.c.id == number)
    if lock and connection.scalar(query.with_for_update()) is None:
        raise NotFound("there is no such follow-up")
    found = _found(connection, now, cipher, follow_ups.c.id == number)
    if not found:
        raise NotFound("there is no such follow-up")
    return found[0]


def waiting(connection: sa.Connection, now: datetime) -> tuple[FollowUpId, ...]:
    """Those whose window has come and whose end has not, the earliest first."""
    f = follow_ups.c
    query = (
        sa.select(f.id)
        .where(f.state.in_(_values(GOING_ON)), f.starts_at <= now)
        .order_by(f.starts_at, f.id)
    )
    return tuple(FollowUpId(number) for number in connection.scalars(query))


def of_series(connection: sa.Connection, series: int, now: datetime) -> tuple[FollowUp, ...]:
    """Those that were ordered together, the first first."""
    return _found(connection, now, None, follow_ups.c.series == series)


def ending_in(
    connection: sa.Connection,
    span: Interval | None,
    now: datetime,
    *,
    cipher: FieldCipher | None = None,
    line: LineId | None = None,
    districts: Collection[DistrictId] | None = None,
) -> tuple[FollowUp, ...]:
    """Those whose window ends in *span*, or all; of one line or some districts where named."""
    f, o = follow_ups.c, follow_up_orders.c
    where: list[sa.ColumnElement[bool]] = []
    if span is not None:
        where += [f.ends_at >= span.start, f.ends_at < span.end]
    if line is not None:
        where.append(o.line == line)
    if districts is not None:
        where.append(o.district.in_(list(districts)))
    return _found(connection, now, cipher, *where)


def ends_on(connection: sa.Connection, span: Interval) -> Mapping[LineId, Sequence[datetime]]:
    """When the windows of those that were not cancelled end that do so in *span*, by line."""
    f, o = follow_ups.c, follow_up_orders.c
    query = (
        sa.select(o.line, f.ends_at)
        .join(follow_ups, f.series == o.id)
        .where(f.ends_at >= span.start, f.ends_at < span.end, f.state != str(State.CANCELLED))
    )
    found: defaultdict[LineId, list[datetime]] = defaultdict(list)
    for line, ends_at in connection.execute(query):
        found[LineId(line)].append(ends_at)
    return found


def advance(connection: sa.Connection, number: FollowUpId, state: State) -> bool:
    """Let it be in *state*; false where it cannot come there, or is there.  The caller commits."""
    f = follow_ups.c
    where = (f.id == number, f.state.in_(_values(_FROM[state])))
    done = connection.execute(follow_ups.update().where(*where).values(state=str(state)))
    return done.rowcount == 1


def report(
    connection: sa.Connection, cipher: FieldCipher, number: FollowUpId, told: Report
) -> bool:
    """Keep what came of it; false where somebody has reported before.  The caller commits."""
    f = follow_ups.c
    values = {
        "outcome": str(told.outcome),
        "report": cipher.seal(told.text, _REPORT),
        "reported_by": told.by,
        "reported_at": told.at,
    }
    where = (f.id == number, f.outcome.is_(None))
    return connection.execute(follow_ups.update().where(*where).values(values)).rowcount == 1


def claim(
    connection: sa.Connection, number: FollowUpId, event: str, actor: str | None, now: datetime
) -> bool:
    """Keep that *event* happened; true for the first only, of two clocks.  The caller commits."""
    row = {"follow_up": number, "event": str(event), "actor": actor, "at": now}
    # Otherwise nobody counts what PostgreSQL has inserted, and no clock is ever the first.
    insert = insert_once(connection, follow_up_events).execution_options(preserve_rowcount=True)
    return bool(connection.execute(insert, row).rowcount == 1)


def claim_told(
    connection: sa.Connection, number: FollowUpId, therapist: TherapistId, now: datetime
) -> bool:
    """Keep that *therapist* is told of it; as `claim`."""
    return claim(connection, number, f"{_TOLD}{therapist}", None, now)


def told(connection: sa.Connection, number: FollowUpId) -> tuple[TherapistId, ...]:
    """Those who were told of it, the first first."""
    e = follow_up_events.c
    query = (
        sa.select(e.event)
        .where(e.follow_up == number, e.event.like(f"{_TOLD}%"))
        .order_by(e.at, e.event)
    )
    return tuple(TherapistId(event.removeprefix(_TOLD)) for event in connection.scalars(query))


def add_attempt(
    connection: sa.Connection,
    task: FollowUp,
    contact: ContactId,
    therapist: TherapistId,
    now: datetime,
) -> None:
    """Keep that *contact* is a call of *task*, which the caller has locked and will commit."""
    row = {
        "follow_up": task.id,
        "number": len(task.attempts) + 1,
        "contact": contact,
        "therapist": therapist,
        "at": now,
    }
    connection.execute(follow_up_attempts.insert(), row)


def _values(states: Collection[State]) -> list[str]:
    return [str(state) for state in states]


def _found(
    connection: sa.Connection,
    now: datetime,
    cipher: FieldCipher | None,
    *where: sa.ColumnElement[bool],
) -> tuple[FollowUp, ...]:
    f, o = follow_ups.c, follow_up_orders.c
    query = (
        sa.select(follow_ups, *(column for column in o if column is not o.id))
        .join(follow_up_orders, o.id == f.series)
        .where(*where)
        .order_by(f.starts_at, f.id)
    )
    rows = connection.execute(query).all()
    tried = _attempts(connection, [row.id for row in rows], now)
    return tuple(_follow_up(row, tried.get(row.id, ()), cipher) for row in rows)


def _attempts(
    connection: sa.Connection, numbers: Sequence[int], now: datetime
) -> dict[int, tuple[Attempt, ...]]:
    a = follow_up_attempts.c
    query = (
        sa.select(follow_up_attempts)
        .where(a.follow_up.in_(numbers))
        .order_by(a.follow_up, a.number)
    )
    made: defaultdict[int, list[Attempt]] = defaultdict(list)
    for row in connection.execute(query):
        who, contact = TherapistId(row.therapist), ContactId(row.contact)
        made[row.follow_up].append(Attempt(contact, who, row.at, Result.GOING_ON))
    ids = [attempt.contact for attempts in made.values() for attempt in attempts]
    facts = {contact.id: contact for contact in contacts.of_ids(connection, ids)}
    return {number: with_results(attempts, facts, now) for number, attempts in made.items()}


def _follow_up(
    row: sa.Row[tuple[object, ...]], attempts: tuple[Attempt, ...], cipher: FieldCipher | None
) -> FollowUp:
    order = Order(
        line=LineId(row.line),
        district=DistrictId(row.district),
        client=ClientId(row.client),
        instruction="" if cipher is None else cipher.open(row.instruction, _INSTRUCTION),
        safe=SafeContact(
            bytes(row.number_key),
            may_leave_voicemail=row.may_leave_voicemail,
            may_say_who_calls=row.may_say_who_calls,
            language=row.language,
        ),
        max_attempts=row.max_attempts,
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
    )
    told_of = None
    if row.outcome is not None:
        text = "" if cipher is None else cipher.open(row.report, _REPORT)
        by = TherapistId(row.reported_by)
        told_of = Report(Reached(row.outcome), text, by, row.reported_at)
    window = Window(Interval(row.starts_at, row.ends_at), IfNotReached(row.if_not_reached))
    number = FollowUpId(row.id)
    return FollowUp(number, row.series, order, window, State(row.state), attempts, told_of)
