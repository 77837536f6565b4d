"""The reading log for whoever reviews it: who read what, when, in which duty, and what is odd."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.duty.gate import Gate, NotAllowed
from app.review.readings_facts import Entry, entries
from app.store import reading_log
from app.store.reading_log import Kept, Wanted
from app.store.readings import Reading
from routing.access import Act, Denial, Matter, Viewer, denied
from routing.errors import InvalidInput
from routing.ids import ContactId, DistrictId
from routing.intervals import Interval, union
from routing.organisation import Line
from routing.reading_flags import REFUSED_WITHIN, WITHIN

PAGE = 50
# How many rows are looked through for flags before the reader is asked whether to go on.
_PORTION, _MOST_LOOKED_THROUGH = 500, 4000
MOST_EXPORTED = 20_000
_EVERYTHING = 1_000_000


@dataclass(frozen=True, slots=True)
class Own:
    """What the viewer reviews: the district's rows, under all the names that it has had."""

    home: DistrictId
    districts: frozenset[DistrictId]
    line: Line  # whose calendar its days are those of


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see of the log, in *span*."""

    span: Interval
    viewer: str | None = None
    contact: ContactId | None = None
    flagged: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row that a page ends with; the next begins behind it."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at:%Y%m%dT%H%M%S.%f}-{self.id}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises InvalidInput where *text* is none."""
        moment, _, number = text.partition("-")
        try:
            at = datetime.strptime(f"{moment}+0000", "%Y%m%dT%H%M%S.%f%z")
            return cls(at, int(number))
        except ValueError:
            raise InvalidInput("that page is not one of this log") from None


@dataclass(frozen=True, slots=True)
class Page:
    """
    Entries, the newest first, and where the next page begins.

    *searched_to* is set where the search was broken off, with more to look through.
    """

    entries: tuple[Entry, ...]
    next: Cursor | None
    searched_to: datetime | None = None


def reviewed(gate: Gate) -> Own:
    """
    Leave to review, and what; the attempt stands in the log, once in a quarter of an hour.

    Raises:
        NotAllowed: the viewer is no manager or reviewer of a district of any line.
    """
    organisation, viewer = gate.organisation, gate.viewer
    own, why = None, Denial.NOT_YOUR_DISTRICT
    for line in organisation.lines.values():
        today = line.today(gate.now)
        home = organisation.current(viewer.district, today)
        matter = Matter(line, home=home, is_contact=False)
        denial = denied(viewer, Act.REVIEW, matter, organisation, gate.now)
        if denial is not None:
            why = denial
        elif home in {organisation.current(one, today) for one in line.districts}:
            known = {*organisation.districts, viewer.district}
            same = frozenset(one for one in known if organisation.current(one, today) == home)
            own = Own(home, same, line)
            break
    told = viewer.district if own is None else own.home
    refusal = why if own is None else None
    made = Reading(viewer, Act.REVIEW, gate.now, told, None, None, refusal)
    gate.write_down([made], again=own is not None)
    if own is None:
        raise NotAllowed(why)
    return own


def look(gate: Gate, asked: Asked, after: Cursor | None = None) -> Page:
    """
    A page of the district's reading log.

    Raises:
        NotAllowed: as `reviewed`.
    """
    own = reviewed(gate)
    return _flagged(gate, own, asked, after) if asked.flagged else _all(gate, own, asked, after)


def readers(gate: Gate, span: Interval) -> tuple[Viewer, ...]:
    """
    Everybody who stands in the log of *span*.

    Raises:
        NotAllowed: as `reviewed`.
    """
    own = reviewed(gate)
    return reading_log.readers(gate.connection, Wanted(own.districts, span))


def everything(gate: Gate, asked: Asked) -> tuple[Entry, ...]:
    """
    All that is asked for, the oldest first, for a file.

    Raises:
        NotAllowed: as `reviewed`.
        InvalidInput: it is too much for one file.
    """
    own = reviewed(gate)
    rows = reading_log.newest(gate.connection, _wanted(own, asked), MOST_EXPORTED + 1)
    if len(rows) > MOST_EXPORTED:
        raise InvalidInput("there is too much for one file: choose fewer days")
    found = judged(gate, own, rows)
    return tuple(one for one in reversed(found) if one.flags or not asked.flagged)


def _all(gate: Gate, own: Own, asked: Asked, after: Cursor | None) -> Page:
    before = None if after is None else (after.at, after.id)
    rows = reading_log.newest(gate.connection, _wanted(own, asked), PAGE + 1, before)
    shown = rows[:PAGE]
    return Page(judged(gate, own, shown), _end(shown) if len(rows) > PAGE else None)


def _flagged(gate: Gate, own: Own, asked: Asked, after: Cursor | None) -> Page:
    """Flags stand in no column, so rows are judged in portions until a page is full."""
    wanted = _wanted(own, asked)
    before = None if after is None else (after.at, after.id)
    found: list[Entry] = []
    looked_through = 0
    while looked_through < _MOST_LOOKED_THROUGH:
        rows = reading_log.newest(gate.connection, wanted, _PORTION, before)
        found.extend(one for one in judged(gate, own, rows) if one.flags)
        if len(found) > PAGE:
            last = found[PAGE - 1]
            return Page(tuple(found[:PAGE]), Cursor(last.at, last.id))
        if len(rows) < _PORTION:
            return Page(tuple(found), None)
        looked_through += len(rows)
        before = (rows[-1].reading.at, rows[-1].id)
    at, id_ = before if before is not None else (asked.span.start, 0)
    return Page(tuple(found), Cursor(at, id_), searched_to=at)


def judged(gate: Gate, own: Own, rows: Sequence[Kept]) -> tuple[Entry, ...]:
    """*rows* with all that is to be told of each, flags too, in the same order."""
    if not rows:
        return ()
    around = _around(gate, own, rows)
    return entries(gate, own.districts, own.line, rows, around)


def _around(gate: Gate, own: Own, rows: Sequence[Kept]) -> tuple[Kept, ...]:
    """*rows* with what they are judged by: the hour before each, and the day's refusals."""
    found = {row.id: row for row in rows}
    refused = [row for row in rows if row.reading.denied is not None]
    for some, back in ((rows, WITHIN), (refused, REFUSED_WITHIN)):
        moments = [row.reading.at for row in some]
        windows = union(Interval(at - back, at + timedelta.resolution) for at in moments)
        for window in windows:
            people = {row.reading.viewer.id for row in some if row.reading.at in window}
            wanted = Wanted(own.districts, window, people, refused=back is REFUSED_WITHIN)
            before = reading_log.newest(gate.connection, wanted, _EVERYTHING)
            found.update((row.id, row) for row in before)
    return tuple(found.values())


def _wanted(own: Own, asked: Asked) -> Wanted:
    wanted = Wanted(own.districts, asked.span, contact=asked.contact, refused=asked.refused)
    return wanted if asked.viewer is None else replace(wanted, viewers=(asked.viewer,))


def _end(rows: Sequence[Kept]) -> Cursor:
    return Cursor(rows[-1].reading.at, rows[-1].id)
