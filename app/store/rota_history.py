"""The changes of a rota that were published: who, when, why, and what was wrong with each."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from app.store.rota import Signed, shift_of
from app.store.tables import findings, rota_versions, shifts
from routing.finding import Finding
from routing.ids import LineId
from routing.rota import Shift


@dataclass(frozen=True, slots=True)
class Version:
    """A change of a line's rota that has been published."""

    id: int
    signed: Signed
    shifts: int  # how many it brought
    withdrawn: int  # and how many it took away
    reason: str | None = None  # why it was published against a rule


def versions(connection: sa.Connection, line: LineId, most: int) -> tuple[Version, ...]:
    """The latest changes of the rota of *line*, the newest first."""
    v = rota_versions.c
    brought = (
        sa.select(sa.func.count())
        .where(shifts.c.published_in == v.id)
        .correlate(rota_versions)
        .scalar_subquery()
    )
    taken = (
        sa.select(sa.func.count())
        .where(shifts.c.withdrawn_in == v.id)
        .correlate(rota_versions)
        .scalar_subquery()
    )
    counts = (brought.label("shifts"), taken.label("withdrawn"))
    rows = connection.execute(
        sa.select(v.id, v.author, v.note, v.published_at, v.reason, *counts)
        .where(v.line == line)
        .order_by(v.id.desc())
        .limit(most)
    )
    return tuple(
        Version(
            row.id,
            Signed(row.author, row.note, row.published_at),
            row.shifts,
            row.withdrawn,
            row.reason,
        )
        for row in rows
    )


def brought_by(connection: sa.Connection, version: int) -> tuple[Shift, ...]:
    """The shifts that *version* brought."""
    query = sa.select(shifts).where(shifts.c.published_in == version)
    return tuple(sorted(shift_of(row) for row in connection.execute(query)))


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
