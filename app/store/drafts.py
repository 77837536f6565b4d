"""Rotas that nobody goes by yet: loaded to be looked at, or read from a source and not trusted."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from app.store.rota import Signed
from app.store.tables import draft_shifts, drafts
from routing.errors import NotFound
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.rota import Shift


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be the truth for *span* if it were published."""

    id: int
    line: LineId
    span: Interval
    signed: Signed
    shifts: tuple[Shift, ...]


def keep(
    connection: sa.Connection, line: LineId, span: Interval, shifts: Iterable[Shift], signed: Signed
) -> int:
    """Keep a draft; returns its number.  The caller commits."""
    row = {
        "line": line,
        "starts_at": span.start,
        "ends_at": span.end,
        "author": signed.author,
        "note": signed.note,
        "made_at": signed.at,
    }
    insert = drafts.insert().returning(drafts.c.id)
    draft = int(connection.execute(insert, row).scalar_one())
    _add(connection, draft, shifts)
    return draft


def change(
    connection: sa.Connection,
    line: LineId,
    draft: int,
    shifts: Iterable[Shift],
    signed: Signed,
) -> None:
    """
    Let a draft hold *shifts* instead, changed as *signed*; its span and number stay.

    Raises:
        NotFound: *line* has no such draft.  The caller commits.
    """
    where = sa.and_(drafts.c.line == line, drafts.c.id == draft)
    values = {"author": signed.author, "note": signed.note, "made_at": signed.at}
    if connection.execute(drafts.update().where(where).values(values)).rowcount == 0:
        raise NotFound("there is no such draft")
    connection.execute(draft_shifts.delete().where(draft_shifts.c.draft == draft))
    _add(connection, draft, shifts)


def of_line(connection: sa.Connection, line: LineId) -> tuple[Draft, ...]:
    """The drafts of *line*, the oldest first."""
    query = sa.select(drafts).where(drafts.c.line == line).order_by(drafts.c.id)
    return tuple(_draft(connection, row) for row in connection.execute(query).all())


def one(connection: sa.Connection, line: LineId, draft: int) -> Draft:
    """The draft with that number; raises NotFound where *line* has none such."""
    query = sa.select(drafts).where(drafts.c.line == line, drafts.c.id == draft)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such draft")
    return _draft(connection, row)


def discard(connection: sa.Connection, line: LineId, draft: int) -> None:
    """Drop a draft; raises NotFound where *line* has none such.  The caller commits."""
    where = sa.and_(drafts.c.line == line, drafts.c.id == draft)
    connection.execute(draft_shifts.delete().where(draft_shifts.c.draft == draft))
    if connection.execute(drafts.delete().where(where)).rowcount == 0:
        raise NotFound("there is no such draft")


def replace_of(connection: sa.Connection, line: LineId, author: str, new: Draft | None) -> None:
    """Let *new* be the only draft of *line* by *author*, or none be.  The caller commits."""
    for draft in of_line(connection, line):
        if draft.signed.author == author:
            if new is not None and draft.shifts == new.shifts:
                new = None  # the same as was kept, so its number stays
                continue
            discard(connection, line, draft.id)
    if new is not None:
        keep(connection, line, new.span, new.shifts, new.signed)


def _add(connection: sa.Connection, draft: int, shifts: Iterable[Shift]) -> None:
    rows = [
        {
            "draft": draft,
            "position": shift.position,
            "therapist": shift.therapist,
            "starts_at": shift.time.start,
            "ends_at": shift.time.end,
        }
        for shift in shifts
    ]
    if rows:
        connection.execute(draft_shifts.insert(), rows)


def _draft(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> Draft:
    s = draft_shifts.c
    found = connection.execute(
        sa.select(s.position, s.therapist, s.starts_at, s.ends_at).where(s.draft == row.id)
    )
    shifts = tuple(
        sorted(
            Shift(Interval(one.starts_at, one.ends_at), one.position, TherapistId(one.therapist))
            for one in found
        )
    )
    signed = Signed(row.author, row.note, row.made_at)
    return Draft(row.id, LineId(row.line), Interval(row.starts_at, row.ends_at), signed, shifts)
