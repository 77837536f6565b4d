"""Where a line's rota is read from, out of the organisation file."""

from collections.abc import Container, Iterable, Mapping
from datetime import timedelta
from typing import TypeVar, assert_never
from urllib.parse import urlsplit

from app.intake.checks import known, one_of, written
from app.intake.document import Document, LineTable, RotaTable
from app.intake.locate import KeyPath, Whereabouts
from app.intake.spans import length_of_time
from rota_adapter.people import folded
from routing.errors import InvalidInput, Place
from routing.feed import Feed, FeedKind
from routing.ids import TherapistId

_T = TypeVar("_T")
_HERE = "database"
_SOURCES = (_HERE, *FeedKind)
_PAGERDUTY = "https://api.pagerduty.com"
_OFTEN, _SELDOM = timedelta(minutes=1), timedelta(days=1)


def feed(table: LineTable, document: Document, where: Whereabouts, path: KeyPath) -> Feed | None:
    """The feed of a line; None where its rota is kept in the database."""
    rota = table.rota
    source = one_of(rota.source, _SOURCES, where.of(*path, "source"))
    if source == _HERE:
        _only((), rota, where, path)
        return None
    kind = FeedKind(source)
    match kind:
        case FeedKind.ICS:
            _only(("url", "urls", "file", "refresh", "map"), rota, where, path)
            addresses = _addresses(rota, where, path)
        case FeedKind.CSV | FeedKind.XLSX:
            _only(("url", "file", "refresh", "map"), rota, where, path)
            addresses = _addresses(rota, where, path)
        case FeedKind.GOALERT | FeedKind.PAGERDUTY:
            _only(("url", "schedules", "token", "refresh", "map"), rota, where, path)
            addresses = _base(rota, kind, where, path)
            _needed(rota.schedules, where.of(*path, "schedules"))
            _needed(rota.token, where.of(*path, "token"))
        case _:
            assert_never(kind)
    for key, several in (("urls", rota.urls), ("schedules", rota.schedules)):
        if several is not None and not 1 <= len(several) <= table.positions:
            words = f"must be from 1 to {table.positions}, one for each position"
            raise InvalidInput(words, where.of(*path, key))
    ids = {therapist.id for therapist in document.therapists}
    return Feed(
        kind=kind,
        addresses=addresses,
        refresh=_refresh(rota, where.of(*path, "refresh")),
        schedules=tuple(
            written(schedule, where.of(*path, "schedules", n))
            for n, schedule in enumerate(rota.schedules or ())
        ),
        token=written(rota.token, where.of(*path, "token")) if rota.token else "",
        names=_names(rota, ids, where.of(*path, "map")),
    )


def _names(rota: RotaTable, ids: Container[str], place: Place) -> Mapping[str, TherapistId]:
    """Whom each name means; two that differ only in case or space must mean one person."""
    found: dict[str, TherapistId] = {}
    meant: dict[str, str] = {}
    for name, therapist in (rota.names or {}).items():
        text = written(name, place)
        if meant.setdefault(folded(text), therapist) != therapist:
            raise InvalidInput("has a name twice, for two people", place)
        found[text] = TherapistId(known(therapist, ids, "therapist", place))
    return found


def _only(allowed: Iterable[str], rota: RotaTable, where: Whereabouts, path: KeyPath) -> None:
    """Refuse keys that mean nothing for this source."""
    given = {
        "url": rota.url,
        "urls": rota.urls,
        "file": rota.file,
        "refresh": rota.refresh,
        "schedules": rota.schedules,
        "token": rota.token,
        "map": rota.names,
    }
    for key, value in given.items():
        if value is not None and key not in allowed:
            raise InvalidInput(f"means nothing for {rota.source}", where.of(*path, key))


def _addresses(rota: RotaTable, where: Whereabouts, path: KeyPath) -> tuple[str, ...]:
    """One address for all positions, one for each, or a file's path."""
    given = [key for key in ("url", "urls", "file") if getattr(rota, key) is not None]
    if len(given) != 1:
        raise InvalidInput("needs one of url and file", where.of(*path, *given[1:2]))
    if rota.file is not None:
        return (written(rota.file, where.of(*path, "file")),)
    if rota.url is not None:
        return (_url(rota.url, where.of(*path, "url")),)
    return tuple(_url(url, where.of(*path, "urls", n)) for n, url in enumerate(rota.urls or ()))


def _base(rota: RotaTable, kind: FeedKind, where: Whereabouts, path: KeyPath) -> tuple[str, ...]:
    if rota.url is None and kind is FeedKind.PAGERDUTY:
        return (_PAGERDUTY,)
    return (_url(_needed(rota.url, where.of(*path, "url")), where.of(*path, "url")).rstrip("/"),)


def _needed(value: _T | None, place: Place) -> _T:
    if not value:
        raise InvalidInput("is missing", place)
    return value


def _url(text: str, place: Place) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_good = is_good and parts.port != 0 and " " not in parts.netloc
        is_good = is_good and text == text.strip() and text.isprintable()
    except ValueError:
        is_good = False
    if not is_good:  # it may hold a password, so it is not quoted
        raise InvalidInput("not an address that begins with https:// or http://", place)
    return text


def _refresh(rota: RotaTable, place: Place) -> timedelta:
    every = timedelta(minutes=5) if rota.refresh is None else length_of_time(rota.refresh, place)
    if not _OFTEN <= every <= _SELDOM:
        raise InvalidInput("must be from 1m to 24h", place)
    return every
