"""Checks that every part of the organisation file shares."""

import re
from collections.abc import Container, Iterable
from datetime import date
from zoneinfo import ZoneInfo

from app.intake.document import WindowTable
from app.intake.locate import Path, Whereabouts
from app.intake.spans import clock_time, closing_time
from routing.errors import InvalidInput, Place
from routing.hours import Hours, Window
from routing.organisation import Validity
from routing.weekdays import DAY_NAMES, EVE, HOLIDAY

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DAYS = frozenset((*DAY_NAMES, HOLIDAY, EVE))


def slug(text: str, place: Place) -> str:
    """An id: what travels in addresses, so lower-case letters, digits and hyphens alone."""
    if not _SLUG.fullmatch(text):
        raise InvalidInput("an id is lower-case letters, digits and hyphens, at most 64", place)
    return text


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


def ids_differ(ids: Iterable[str], kind: str, where: Whereabouts) -> None:
    """Refuse the first table of *kind* with an id that another has."""
    seen: set[str] = set()
    for place, id_ in enumerate(ids):
        if id_ in seen:
            raise InvalidInput("another of the same kind has this id", where.of(kind, place, "id"))
        seen.add(id_)


def validity(first: date | None, last: date | None, place: Place) -> Validity:
    """The dates from *first* to *last*, both included; *place* is the last one's."""
    if first is not None and last is not None and last < first:
        raise InvalidInput("ends before it begins", place)
    return Validity(first, last)


def hours(
    tables: list[WindowTable],
    zone: ZoneInfo,
    where: Whereabouts,
    path: Path,
    *,
    weekdays_only: bool = False,
) -> Hours:
    """Opening hours, from the list at *path*; a window that ends where it begins is a whole day."""
    windows = tuple(_window(table, where, (*path, n)) for n, table in enumerate(tables))
    return Hours(windows, zone, weekdays_only=weekdays_only)


def _window(table: WindowTable, where: Whereabouts, path: Path) -> Window:
    if not table.days:
        raise InvalidInput("names no day", where.of(*path, "days"))
    for place, day in enumerate(table.days):
        one_of(day, sorted(_DAYS), where.of(*path, "days", place))
    return Window(
        frozenset(table.days),
        clock_time(table.opens, where.of(*path, "from")),
        closing_time(table.closes, where.of(*path, "to")),
    )
