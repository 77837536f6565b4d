"""When people are away from standby and work."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from app.store.tables import absences
from routing.absence import Absence, AbsenceKind
from routing.ids import TherapistId
from routing.intervals import Interval


class Change(NamedTuple):
    """How many absences came, went and stayed."""

    added: int
    removed: int
    kept: int


def within(connection: sa.Connection, span: Interval) -> tuple[Absence, ...]:
    """Every absence that touches *span*, in order."""
    a = absences.c
    query = sa.select(absences).where(a.ends_at > span.start, a.starts_at < span.end)
    return tuple(sorted(_absence(row) for row in connection.execute(query)))


def replace_span(connection: sa.Connection, new: Sequence[Absence]) -> Change:
    """
    Make *new*, which must not be empty, the truth for the people in it and for its whole span.

    From the first start to the last end their earlier absences go, except what reaches outside.
    The caller commits.
    """
    span = Interval(min(a.time.start for a in new), max(a.time.end for a in new))
    people = {absence.therapist for absence in new}
    before = {a for a in within(connection, span) if a.therapist in people}
    outside = {a for a in before if a.time.start < span.start or a.time.end > span.end}
    going = before.difference(new, outside)
    for absence in going:
        a = absences.c
        connection.execute(
            absences.delete().where(
                a.therapist == absence.therapist,
                a.starts_at == absence.time.start,
                a.ends_at == absence.time.end,
                a.kind == absence.kind,
            )
        )
    coming = sorted(set(new).difference(before))
    if coming:
        connection.execute(absences.insert(), [_row(absence) for absence in coming])
    return Change(len(coming), len(going), len(set(new)) - len(coming))


def add(connection: sa.Connection, new: Sequence[Absence]) -> int:
    """Keep those of *new* that are not kept yet; how many.  The caller commits."""
    if not new:
        return 0
    span = Interval(min(a.time.start for a in new), max(a.time.end for a in new))
    coming = sorted(set(new).difference(within(connection, span)))
    if coming:
        connection.execute(absences.insert(), [_row(absence) for absence in coming])
    return len(coming)


def remove(connection: sa.Connection, gone: Absence) -> bool:
    """Drop an absence; whether there was one.  The caller commits."""
    a = absences.c
    where = sa.and_(
        a.therapist == gone.therapist,
        a.starts_at == gone.time.start,
        a.ends_at == gone.time.end,
        a.kind == gone.kind,
    )
    return connection.execute(absences.delete().where(where)).rowcount > 0


def _absence(row: sa.Row[tuple[object, ...]]) -> Absence:
    time = Interval(row.starts_at, row.ends_at)
    return Absence(time, TherapistId(row.therapist), AbsenceKind(row.kind))


def _row(absence: Absence) -> dict[str, object]:
    return {
        "therapist": absence.therapist,
        "starts_at": absence.time.start,
        "ends_at": absence.time.end,
        "kind": str(absence.kind),
    }
