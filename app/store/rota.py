"""The rota that is kept in the database: published shifts, and the history of every change."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.database import announce, reading
from app.store.tables import changes, findings, rota_versions, shifts
from routing.errors import RotaUnavailable
from routing.finding import Finding
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.rota import Rota, Shift

TOPIC = "rota"


@dataclass(frozen=True, slots=True)
class DatabaseRota:
    """A source: the shifts published in the console or by `rota import`."""

    engine: sa.Engine
    clock: Callable[[], datetime]

    def load(self, line: LineId, window: Interval) -> Rota:
        """The published shifts of *line* in *window*; raises RotaUnavailable without a database."""
        try:
            with reading(self.engine) as connection:
                found = published(connection, line, window)
        except sa.exc.SQLAlchemyError as err:
            raise RotaUnavailable("the database does not answer") from err
        return Rota(line, found, source="database", read_at=self.clock())


def published(connection: sa.Connection, line: LineId, window: Interval) -> tuple[Shift, ...]:
    """The shifts now in force that touch *window*."""
    rows = connection.execute(
        sa.select(shifts).where(
            shifts.c.line == line,
            shifts.c.withdrawn_in.is_(None),
            shifts.c.ends_at > window.start,
            shifts.c.starts_at < window.end,
        )
    )
    return tuple(_shift(row) for row in rows)


def publish(
    connection: sa.Connection, line: LineId, new: Sequence[Shift], *, note: str, now: datetime
) -> tuple[int, Interval]:
    """
    Put *new* in force as a version of its own; returns the version and the span it is true for.

    The span runs from the first start to the last end.  Shifts outside it stay; what reaches into
    it is cut at its edge.  The caller commits.
    """
    span = Interval(min(s.time.start for s in new), max(s.time.end for s in new))
    version = connection.execute(
        rota_versions.insert().returning(rota_versions.c.id),
        {"line": line, "published_at": now, "note": note},
    ).scalar_one()
    kept: list[Shift] = []
    for shift in published(connection, line, span):
        kept.extend(_outside(shift, span))
    connection.execute(
        shifts.update()
        .where(
            shifts.c.line == line,
            shifts.c.withdrawn_in.is_(None),
            shifts.c.ends_at > span.start,
            shifts.c.starts_at < span.end,
        )
        .values(withdrawn_in=version)
    )
    connection.execute(shifts.insert(), [_row(line, version, shift) for shift in (*new, *kept)])
    announce(connection, changes, TOPIC)
    return version, span


def keep_findings(connection: sa.Connection, version: int, found: Iterable[Finding]) -> None:
    """Keep what was wrong with *version* when it was published.  The caller commits."""
    rows = [
        {
            "version": version,
            "rule": f.rule,
            "severity": f.severity,
            "therapist": f.therapist,
            "starts_at": f.starts_at,
            "ends_at": f.ends_at,
            "message": f.message,
            "remedy": f.remedy,
        }
        for f in found
    ]
    if rows:
        connection.execute(findings.insert(), rows)


def _outside(shift: Shift, span: Interval) -> list[Shift]:
    parts: list[Shift] = []
    if shift.time.start < span.start:
        before = Interval(shift.time.start, span.start)
        parts.append(Shift(before, shift.position, shift.therapist))
    if shift.time.end > span.end:
        after = Interval(span.end, shift.time.end)
        parts.append(Shift(after, shift.position, shift.therapist))
    return parts


def _shift(row: sa.Row[tuple[object, ...]]) -> Shift:
    time = Interval(row.starts_at, row.ends_at)
    return Shift(time, row.position, TherapistId(row.therapist))


def _row(line: LineId, version: int, shift: Shift) -> dict[str, object]:
    return {
        "line": line,
        "position": shift.position,
        "therapist": shift.therapist,
        "starts_at": shift.time.start,
        "ends_at": shift.time.end,
        "published_in": version,
    }
