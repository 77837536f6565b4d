"""Each shift with when it last changed, and those that are gone: what calendars need."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True, slots=True)
class _Layer:
    """A published shift, or an override: when it was laid, and when it was taken away."""

    shift: Shift
    height: int  # 0 is what was published; an override lies on all that were made before it
    came_at: datetime
    went_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Life:
    """A shift that was in force, since when it was as it is, and until when."""

    shift: Shift
    changed_at: datetime
    ended_at: datetime | None

    @property
    def last_change(self) -> datetime:
        return self.ended_at or self.changed_at


def dated_shifts(
    connection: sa.Connection, line: LineId, window: Interval, since: datetime
) -> tuple[Dated, ...]:
    """
    The shifts of *line* in *window* as they are now, and those that ceased to be *since* then.

    A shift that an override has cut is dated from the override.
    """
    # In this order: whatever is in force has its layers, which are never removed.
    now = {_slot(shift): shift for shift in in_force(connection, line, window)}
    lives: dict[object, _Life] = {}
    for life in _lives(_layers(connection, line, window)):
        slot = _slot(life.shift)
        lives[slot] = max(lives.get(slot, life), life, key=lambda one: one.last_change)
    found = [Dated(shift, lives[slot].last_change, gone=False) for slot, shift in now.items()]
    found.extend(
        Dated(life.shift, life.ended_at, gone=True)
        for slot, life in lives.items()
        if slot not in now and life.ended_at is not None and life.ended_at >= since
    )
    return tuple(sorted(found, key=lambda one: (one.shift, one.changed_at)))


def _slot(shift: Shift) -> tuple[int, TherapistId, datetime]:
    return shift.position, shift.therapist, shift.time.start


def _lives(layers: Sequence[_Layer]) -> Iterator[_Life]:
    """Every shift that any of *layers* ever came to, where nothing above covered its start."""
    laid_on: dict[int, list[_Layer]] = {}
    for layer in layers:
        if layer.height:  # nothing that is published covers anything
            laid_on.setdefault(layer.shift.position, []).append(layer)
    for layer in layers:
        time = layer.shift.time
        above = [
            other
            for other in laid_on.get(layer.shift.position, ())
            if other.height > layer.height
            and other.shift.time.start < time.end
            and time.start < other.shift.time.end
        ]
        starts = {time.start: layer.came_at}
        for cut in above:
            if (after := cut.shift.time.end) < time.end:
                first = min(starts.get(after, cut.came_at), cut.came_at)
                starts[after] = max(first, layer.came_at)
        for start, came_at in starts.items():
            life = _life(layer, above, start, came_at)
            if life is not None:
                yield life


def _life(
    layer: _Layer, above: Iterable[_Layer], start: datetime, came_at: datetime
) -> _Life | None:
    """What *layer* came to from *start*; None where it was covered before it came."""
    ends = [other.came_at for other in above if start in other.shift.time]
    ended_at = min([*ends, layer.went_at] if layer.went_at is not None else ends, default=None)
    if ended_at is not None and ended_at <= came_at:
        return None
    cuts = [
        (other.shift.time.start, other.came_at)
        for other in above
        if start < other.shift.time.start and (ended_at is None or other.came_at < ended_at)
    ]
    end, cut_at = min(cuts, default=(layer.shift.time.end, came_at))
    shift = Shift(Interval(start, end), layer.shift.position, layer.shift.therapist)
    return _Life(shift, max(came_at, cut_at), ended_at)


def _layers(connection: sa.Connection, line: LineId, window: Interval) -> tuple[_Layer, ...]:
    """Every shift and override that was ever laid in *window*."""
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
        sa.select(overrides)
        .where(o.line == line, o.ends_at > window.start, o.starts_at < window.end)
        .order_by(o.id)
    )
    return (
        *(_Layer(_shift(row), 0, row.came_at, row.went_at) for row in published),
        *(_Layer(_shift(row), n, row.made_at, None) for n, row in enumerate(laid, start=1)),
    )


def _shift(row: sa.Row[Any]) -> Shift:
    return Shift(Interval(row.starts_at, row.ends_at), row.position, TherapistId(row.therapist))
