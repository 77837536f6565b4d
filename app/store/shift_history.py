"""Each shift with when it last changed, and those that are gone: what calendars need."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.rota import in_force
from app.store.tables import overrides, rota_versions, shifts
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.rota import Shift


@dataclass(frozen=True, slots=True)
class Dated:
    """A shift, when it came to be as it is, and whether it is in force or gone since."""

    shift: Shift
    changed_at: datetime
    gone: bool


def dated_shifts(
    connection: sa.Connection, line: LineId, window: Interval, since: datetime
) -> tuple[Dated, ...]:
    """
    The shifts of *line* in *window* as they are now, and those that ceased to be *since* then.

    A shift that an override has cut is dated from the override.
    """
    changed = _changes(connection, line, window)
    now = in_force(connection, line, window)
    lying = {_slot(shift): shift for shift in now}
    found = [Dated(shift, _last(changed, shift), gone=False) for shift in now]
    gone: dict[object, Dated] = {}
    for shift, came_at, went_at in changed:
        slot = _slot(shift)
        at = went_at or _last(changed, shift)
        if slot in lying or at < since or at < came_at:
            continue
        if slot not in gone or gone[slot].changed_at < at:
            gone[slot] = Dated(shift, at, gone=True)
    return tuple(sorted((*found, *gone.values()), key=lambda one: (one.shift, one.changed_at)))


def _slot(shift: Shift) -> tuple[int, TherapistId, datetime]:
    return shift.position, shift.therapist, shift.time.start


def _last(changed: Iterable[tuple[Shift, datetime, datetime | None]], shift: Shift) -> datetime:
    """When anything was last laid where *shift* lies."""
    return max(
        max(came_at, went_at or came_at)
        for other, came_at, went_at in changed
        if other.position == shift.position
        and other.time.start <= shift.time.end
        and shift.time.start <= other.time.end
    )


def _changes(
    connection: sa.Connection, line: LineId, window: Interval
) -> list[tuple[Shift, datetime, datetime | None]]:
    """Every shift and override that was ever laid in *window*: when it came, and when it went."""
    s, o = shifts.c, overrides.c
    came, went = rota_versions.alias("came"), rota_versions.alias("went")
    published = connection.execute(
        sa.select(
            shifts, came.c.published_at.label("came_at"), went.c.published_at.label("went_at")
        )
        .join(came, came.c.id == s.published_in)
        .outerjoin(went, went.c.id == s.withdrawn_in)
        .where(s.line == line, s.ends_at > window.start, s.starts_at < window.end)
    )
    laid = connection.execute(
        sa.select(overrides, o.made_at.label("came_at"), sa.null().label("went_at")).where(
            o.line == line, o.ends_at > window.start, o.starts_at < window.end
        )
    )
    return [
        (
            Shift(Interval(row.starts_at, row.ends_at), row.position, TherapistId(row.therapist)),
            row.came_at,
            row.went_at,
        )
        for row in (*published, *laid)
    ]
