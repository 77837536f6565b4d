"""What people say of their call-outs besides the contacts, and of rest that is owed."""

from datetime import datetime

import sqlalchemy as sa

from app.store.rota import Signed
from app.store.tables import corrections, rest_reasons
from routing.errors import Conflict
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.ledger import Correction


def correct(connection: sa.Connection, correction: Correction, signed: Signed) -> None:
    """Lay *correction* over what the contacts say; it is never changed.  The caller commits."""
    row = {
        "therapist": correction.therapist,
        "starts_at": correction.time.start,
        "ends_at": correction.time.end,
        "was_work": correction.was_work,
        "author": signed.author,
        "note": signed.note,
        "made_at": signed.at,
    }
    connection.execute(corrections.insert(), row)


def corrections_in(
    connection: sa.Connection, span: Interval
) -> tuple[tuple[Correction, Signed], ...]:
    """The corrections that touch *span*, in the order they were made."""
    c = corrections.c
    query = sa.select(corrections).where(c.ends_at > span.start, c.starts_at < span.end)
    return tuple(
        (
            Correction(
                TherapistId(row.therapist), Interval(row.starts_at, row.ends_at), row.was_work
            ),
            Signed(row.author, row.note, row.made_at),
        )
        for row in connection.execute(query.order_by(c.id))
    )


def give_reason(
    connection: sa.Connection, therapist: TherapistId, period_starts_at: datetime, signed: Signed
) -> None:
    """
    Keep why the rest owed for that period is given later.  The caller commits.

    Raises:
        Conflict: a reason is on record, and is not changed.
    """
    if (therapist, period_starts_at) in reasons(connection, period_starts_at):
        raise Conflict("a reason is on record already")
    row = {
        "therapist": therapist,
        "period_starts_at": period_starts_at,
        "author": signed.author,
        "reason": signed.note,
        "made_at": signed.at,
    }
    connection.execute(rest_reasons.insert(), row)


def reasons(connection: sa.Connection, since: datetime) -> frozenset[tuple[TherapistId, datetime]]:
    """Whose debts, by the beginning of their period, have a reason to wait."""
    r = rest_reasons.c
    query = sa.select(r.therapist, r.period_starts_at).where(r.period_starts_at >= since)
    return frozenset((TherapistId(who), when) for who, when in connection.execute(query))
