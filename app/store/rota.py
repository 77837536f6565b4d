"""The rota as it is kept: published shifts, overrides on top, and the history of every change."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.store import feeds
from app.store.database import announce, reading
from app.store.schema import UtcDateTime
from app.store.tables import changes, overrides, rota_versions, shifts
from routing.errors import RotaUnavailable
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.override import Override, overlaid
from routing.rota import Rota, Shift

OF_A_LINE = "rota/"  # how the topic of a change begins, before the line whose rota it is
KEPT_HERE = "database"


@dataclass(frozen=True, slots=True)
class Signed:
    """Who changed a rota and when, and the reason that is kept with it."""

    author: str  # an id, or a source such as "ics"; never a name
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DatabaseRota:
    """
    The rota that calls go by, wherever it was read: published here, with overrides on top.

    Its source and its age are those of the place the line's shifts come from.
    """

    engine: sa.Engine
    clock: Callable[[], datetime]

    def load(self, line: LineId, window: Interval) -> Rota:
        """The shifts in force in *window*; raises RotaUnavailable without a database."""
        return self.load_all([line], window)[line]

    def load_all(self, lines: Collection[LineId], window: Interval) -> Mapping[LineId, Rota]:
        """As `load`, of each of *lines*: asked once for all of them."""
        try:
            with reading(self.engine) as connection:
                return _rotas(connection, lines, window, self.clock())
        except sa.exc.SQLAlchemyError as err:
            raise RotaUnavailable("the database does not answer") from err


def rota(
    connection: sa.Connection,
    line: LineId,
    window: Interval,
    now: datetime,
    as_of: datetime | None = None,
) -> Rota:
    """The rota of *line* in *window*, as it is now or was *as_of* a moment."""
    return _rotas(connection, [line], window, now, _known(connection, line, as_of))[line]


def _rotas(
    connection: sa.Connection,
    lines: Collection[LineId],
    window: Interval,
    now: datetime,
    as_of: datetime | None = None,
) -> Mapping[LineId, Rota]:
    read = feeds.last_read(connection, lines)
    found = {}
    for line, some in _in_force(connection, lines, window, as_of).items():
        source, read_at = read.get(line, (KEPT_HERE, now))
        found[line] = Rota(line, some, source=source, read_at=read_at)
    return found


def in_force(
    connection: sa.Connection, line: LineId, window: Interval, as_of: datetime | None = None
) -> tuple[Shift, ...]:
    """
    The shifts that touch *window*, overrides included.

    Args:
        as_of: what was in force at that moment, whatever has been published since; a moment
            before the line's first rota is answered from today's.
    """
    return _in_force(connection, [line], window, _known(connection, line, as_of))[line]


def in_force_on(
    connection: sa.Connection, lines: Collection[LineId], window: Interval
) -> Mapping[LineId, tuple[Shift, ...]]:
    """As `in_force` now, of each of *lines*: asked once for all of them."""
    return _in_force(connection, lines, window) if lines else {}


def _in_force(
    connection: sa.Connection,
    lines: Collection[LineId],
    window: Interval,
    as_of: datetime | None = None,
) -> Mapping[LineId, tuple[Shift, ...]]:
    lying = _published(connection, lines, window, as_of)
    laid = _laid(connection, lines, window, as_of)
    # An override after the window may end what is going on in it.
    times = [window, *(shift.time for some in lying.values() for shift in some)]
    times += (one.time for some in laid.values() for one in some)
    whole = Interval(min(t.start for t in times), max(t.end for t in times))
    if whole != window:
        laid = _laid(connection, lines, whole, as_of)
    found = {}
    for line in lines:
        shifts = overlaid(lying.get(line, ()), laid.get(line, ()))
        found[line] = tuple(s for s in shifts if s.time.touches(window))
    return found


def published(
    connection: sa.Connection, line: LineId, window: Interval, as_of: datetime | None = None
) -> tuple[Shift, ...]:
    """The shifts that touch *window*, without the overrides on top of them."""
    return tuple(sorted(_published(connection, [line], window, as_of).get(line, ())))


def _asked() -> tuple[sa.Select[Any], sa.Select[Any], sa.Select[Any]]:
    """What is published, what was at some moment, and what lies on top, of some lines."""
    start, end = (sa.bindparam(name, type_=UtcDateTime()) for name in ("start", "end"))
    as_of = sa.bindparam("as_of", type_=UtcDateTime())

    def touching(table: sa.Table) -> sa.Select[Any]:
        t = table.c
        shown = sa.select(t.line, t.starts_at, t.ends_at, t.position, t.therapist)
        on_them = t.line.in_(sa.bindparam("lines", expanding=True))
        return shown.where(on_them, t.ends_at > start, t.starts_at < end)

    came, went = rota_versions.alias("came"), rota_versions.alias("went")
    then = (
        touching(shifts)
        .join(came, came.c.id == shifts.c.published_in)
        .outerjoin(went, went.c.id == shifts.c.withdrawn_in)
        .where(
            came.c.published_at <= as_of,
            sa.or_(went.c.id.is_(None), went.c.published_at > as_of),
        )
    )
    now = touching(shifts).where(shifts.c.withdrawn_in.is_(None))
    return now, then, touching(overrides).order_by(overrides.c.id)


_NOW, _THEN, _LAID = _asked()  # made once: making them costs more than asking


def _published(
    connection: sa.Connection, lines: Collection[LineId], window: Interval, as_of: datetime | None
) -> Mapping[LineId, list[Shift]]:
    times = {"start": window.start, "end": window.end}
    found: defaultdict[LineId, list[Shift]] = defaultdict(list)
    query, asked = (_NOW, times) if as_of is None else (_THEN, {**times, "as_of": as_of})
    for row in connection.execute(query, {"lines": list(lines), **asked}):
        found[row.line].append(shift_of(row))
    return found


def publish(
    connection: sa.Connection,
    line: LineId,
    new: Iterable[Shift],
    signed: Signed,
    span: Interval | None = None,
    *,
    reason: str | None = None,
) -> tuple[int | None, Interval]:
    """
    Make *new* the truth for *span*; returns the version, None if nothing changed, and the span.

    The span runs from the first start to the last end where none is given, and *new* must not be
    empty then.  Shifts outside it stay; what reaches into it is cut at its edge.  Shifts that are
    the same as before keep their history.  *reason* is why it is done against a rule, if it is.
    The caller commits.
    """
    wanted = tuple(new)
    if span is None:
        span = Interval(min(s.time.start for s in wanted), max(s.time.end for s in wanted))
    lock(connection, line)
    lying = _rows(connection, line, span)
    target = _target(wanted, lying.values(), span)
    going = [row for row, shift in lying.items() if shift not in target]
    coming = target.difference(lying.values())
    if not going and not coming:
        return None, span
    version = connection.execute(
        rota_versions.insert().returning(rota_versions.c.id),
        {
            "line": line,
            "published_at": signed.at,
            "note": signed.note,
            "author": signed.author,
            "reason": reason,
        },
    ).scalar_one()
    if going:
        withdrawn = shifts.update().where(shifts.c.id == sa.bindparam("row"))
        connection.execute(withdrawn.values(withdrawn_in=version), [{"row": row} for row in going])
    if coming:
        connection.execute(shifts.insert(), [_row(line, version, s) for s in sorted(coming)])
    announce(connection, changes, f"{OF_A_LINE}{line}")
    return version, span


def override(
    connection: sa.Connection, line: LineId, made: Sequence[Override], signed: Signed
) -> None:
    """Lay overrides on top of the rota, from now on.  The caller commits."""
    lock(connection, line)
    rows = [
        {
            "line": line,
            "position": one.position,
            "therapist": one.therapist,
            "starts_at": one.time.start,
            "ends_at": one.time.end,
            "author": signed.author,
            "note": signed.note,
            "made_at": signed.at,
        }
        for one in made
    ]
    connection.execute(overrides.insert(), rows)
    announce(connection, changes, f"{OF_A_LINE}{line}")


def overrides_of(
    connection: sa.Connection, line: LineId, window: Interval, as_of: datetime | None = None
) -> tuple[Override, ...]:
    """The overrides that touch *window*, in the order they were made."""
    return tuple(_laid(connection, [line], window, as_of).get(line, ()))


def _laid(
    connection: sa.Connection, lines: Collection[LineId], window: Interval, as_of: datetime | None
) -> Mapping[LineId, list[Override]]:
    query = _LAID if as_of is None else _LAID.where(overrides.c.made_at <= as_of)
    found: defaultdict[LineId, list[Override]] = defaultdict(list)
    asked = {"lines": list(lines), "start": window.start, "end": window.end}
    for row in connection.execute(query, asked):
        time, who = Interval(row.starts_at, row.ends_at), TherapistId(row.therapist)
        found[row.line].append(Override(time, row.position, who))
    return found


def lock(connection: sa.Connection, line: LineId) -> None:
    """
    One transaction at a time changes the rota of *line*; SQLite lets one write anyway.

    Whoever decides by what is published takes it before reading that.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"rota {line}"}
        )


def _known(connection: sa.Connection, line: LineId, as_of: datetime | None) -> datetime | None:
    """That moment, or None where *line* had no rota yet, so that today's is meant."""
    if as_of is None:
        return None
    v = rota_versions.c
    earlier = sa.exists().where(v.line == line, v.published_at <= as_of)
    return as_of if connection.scalar(sa.select(earlier)) else None


def _rows(connection: sa.Connection, line: LineId, span: Interval) -> dict[int, Shift]:
    """The published shifts that touch *span* or meet it, by row."""
    s = shifts.c
    query = sa.select(shifts).where(
        s.line == line,
        s.withdrawn_in.is_(None),
        s.ends_at >= span.start,
        s.starts_at <= span.end,
    )
    return {row.id: shift_of(row) for row in connection.execute(query)}


def _target(new: Iterable[Shift], lying: Iterable[Shift], span: Interval) -> set[Shift]:
    """What is to lie there: *new* inside *span*, and outside it what did so before."""
    target = {piece for shift in lying for piece in _outside(shift, span)}
    for shift in new:
        inside = shift.time.overlap(span)
        if inside is None:
            raise ValueError("a shift lies outside the span that it is published for")
        start, end = inside.start, inside.end
        # A shift that runs across an edge and did so before was never cut there.
        if shift.time.start < span.start:
            before = _taken_from(target, shift, ends=span.start)
            start = before.time.start if before is not None else start
        if shift.time.end > span.end:
            after = _taken_from(target, shift, starts=span.end)
            end = after.time.end if after is not None else end
        target.add(Shift(Interval(start, end), shift.position, shift.therapist))
    return target


def _taken_from(
    target: set[Shift],
    shift: Shift,
    *,
    ends: datetime | None = None,
    starts: datetime | None = None,
) -> Shift | None:
    """The piece that is most likely the rest of *shift* beyond that edge, which is taken out."""
    found = [
        piece
        for piece in target
        if (piece.position, piece.therapist) == (shift.position, shift.therapist)
        and (piece.time.end == ends or piece.time.start == starts)
    ]
    if not found:
        return None

    # Somebody may hold one position twice over: each shift is joined to its own piece.
    def unlikeness(piece: Shift) -> tuple[timedelta, Shift]:
        apart = (
            shift.time.end - piece.time.end if ends is None else shift.time.start - piece.time.start
        )
        return abs(apart), piece

    rest = min(found, key=unlikeness)
    target.discard(rest)
    return rest


def _outside(shift: Shift, span: Interval) -> Iterable[Shift]:
    if shift.time.start < span.start:
        end = min(shift.time.end, span.start)
        yield Shift(Interval(shift.time.start, end), shift.position, shift.therapist)
    if shift.time.end > span.end:
        start = max(shift.time.start, span.end)
        yield Shift(Interval(start, shift.time.end), shift.position, shift.therapist)


def shift_of(row: sa.Row[tuple[object, ...]]) -> Shift:
    """One of the rows as a shift."""
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
