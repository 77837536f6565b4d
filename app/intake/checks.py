"""Checks that every part of the organisation file shares."""

import re
from collections.abc import Container, Iterable
from datetime import date
from zoneinfo import ZoneInfo

from app.intake.document import Document, WindowTable
from app.intake.locate import KeyPath, Whereabouts
from app.intake.spans import clock_time, closing_time
from routing.errors import InvalidInput, Place
from routing.hours import Hours, Window
from routing.organisation import Validity
from routing.weekdays import DAY_NAMES, EVE, HOLIDAY

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DAYS = frozenset((*DAY_NAMES, HOLIDAY, EVE))


def check_ids(document: Document, where: Whereabouts) -> None:
    """Refuse an id that cannot travel in addresses, and one that two of a kind have."""
    kinds = {
        "districts": [table.id for table in document.districts],
        "therapists": [table.id for table in document.therapists],
        "lines": [table.id for table in document.lines],
        "managers": [table.id for table in document.managers],
    }
    for kind, ids in kinds.items():
        for n, id_ in enumerate(ids):
            place = where.of(kind, n, "id")
            if not _SLUG.fullmatch(id_):
                raise InvalidInput("an id is lower-case letters, digits and hyphens", place)
            if id_ in ids[:n]:
                raise InvalidInput("another of the same kind has this id", place)
            # The contact log writes these words where a therapist's id may stand.
            if kind == "therapists" and (id_ == "office" or id_.startswith("fallback-")):
                raise InvalidInput("means something else in the contact log", place)


def written(text: str, place: Place) -> str:
    """A text that says something, without the space around it."""
    if not text.strip():
        raise InvalidInput("is empty", place)
    return text.strip()


def one_of(text: str, allowed: Iterable[str], place: Place) -> str:
    """A word out of a short list."""
    words = tuple(allowed)
    if text not in words:
        raise InvalidInput(f"must be one of {', '.join(words)}", place)
    return text


def known(id_: str, ids: Container[str], kind: str, place: Place) -> str:
    """A reference to a *kind* of thing that the file has."""
    if id_ not in ids:
        raise InvalidInput(f"there is no such {kind} in the file", place)
    return id_


def all_different(values: Iterable[object], where: Whereabouts, *path: str | int) -> None:
    """Refuse the first of *values*, the elements of the list at *path*, that came before."""
    seen: set[object] = set()
    for place, value in enumerate(values):
        if value in seen:
            raise InvalidInput("stands there twice", where.of(*path, place))
        seen.add(value)


def validity(first: date | None, last: date | None, place: Place) -> Validity:
    """The dates from *first* to *last*, both included; *place* is the last one's."""
    if first is not None and last is not None and last < first:
        raise InvalidInput("ends before it begins", place)
    return Validity(first, last)


def hours(
    tables: list[WindowTable],
    zone: ZoneInfo,
    where: Whereabouts,
    path: KeyPath,
    *,
    weekdays_only: bool = False,
) -> Hours:
    """Opening hours, from the list at *path*; a window that ends where it begins is a whole day."""
    windows = tuple(_window(table, where, (*path, n)) for n, table in enumerate(tables))
    return Hours(windows, zone, weekdays_only=weekdays_only)


def _window(table: WindowTable, where: Whereabouts, path: KeyPath) -> Window:
    if not table.days:
        raise InvalidInput("names no day", where.of(*path, "days"))
    for place, day in enumerate(table.days):
        one_of(day, sorted(_DAYS), where.of(*path, "days", place))
    return Window(
        frozenset(table.days),
        clock_time(table.opens, where.of(*path, "from")),
        closing_time(table.closes, where.of(*path, "to")),
    )
