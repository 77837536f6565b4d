"""The lines and the numbers behind them, out of the organisation file."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app import phrases
from app.intake.checks import all_different, hours, known, one_of, written
from app.intake.document import CheckInTable, Document, FallbackTable, LineTable
from app.intake.feed import feed
from app.intake.locate import KeyPath, Whereabouts
from app.intake.spans import length_of_time
from routing.check_in import CheckIn
from routing.errors import InvalidInput, Place
from routing.ids import DistrictId, LineId
from routing.numbers import parse_number
from routing.organisation import Closed, Fallback, Line
from routing.weekdays import next_weekday_at

_LANGUAGE = re.compile(r"[a-z]{2}")
_RING_SECONDS = range(5, 61)
_ALERT_SECONDS = range(61)
_KEYS = 9  # one for each district, and one for each language but the first
_FORWARD = ("full", "notice")
_POSITIONS = range(1, 6)
_A_DAY = timedelta(days=1)


def lines(document: Document, where: Whereabouts) -> Mapping[LineId, Line]:
    """Every line by id, in the file's order."""
    if not document.lines:
        raise InvalidInput("there is no line", where.of("lines"))
    found = (_line(n, table, document, where) for n, table in enumerate(document.lines))
    return {line.id: line for line in found}


def _line(place: int, table: LineTable, document: Document, where: Whereabouts) -> Line:
    at = ("lines", place)
    zone = _zone(table.timezone, where.of(*at, "timezone"))
    if not table.hours:
        raise InvalidInput("the line is never open", where.of(*at, "hours"))
    return Line(
        id=LineId(table.id),
        name=written(table.name, where.of(*at, "name")),
        number=parse_number(table.number, where.of(*at, "number")),
        zone=zone,
        districts=_districts(table, document, where, at),
        languages=_languages(table, where, at),
        ring_for=timedelta(
            seconds=_within(table.ring_seconds, _RING_SECONDS, where.of(*at, "ring_seconds"))
        ),
        positions=_within(table.positions, _POSITIONS, where.of(*at, "positions")),
        hours=hours(table.hours, zone, where, (*at, "hours")),
        closed_days=_closed_days(table.closed_days, zone, where.of(*at, "closed_days")),
        closed=Closed(one_of(table.closed, Closed, where.of(*at, "closed"))),
        fallback=tuple(
            _fallback(fallback, zone, where, (*at, "fallback", n))
            for n, fallback in enumerate(table.fallback)
        ),
        feed=feed(table, document, where, (*at, "rota")),
        check_in=_check_in(table.check_in, where, (*at, "check_in")),
        forward_texts=one_of(table.sms_forward, _FORWARD, where.of(*at, "sms_forward")) == "full",
        redact_texts=table.sms_redact,
        alert_after=timedelta(
            seconds=_within(table.alert_seconds, _ALERT_SECONDS, where.of(*at, "alert_seconds"))
        ),
    )


def _zone(name: str, place: Place) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise InvalidInput("not a time zone such as Europe/Stockholm", place) from err


def _within(number: int, allowed: range, place: Place) -> int:
    if number not in allowed:
        raise InvalidInput(f"must be from {allowed.start} to {allowed.stop - 1}", place)
    return number


def _districts(
    table: LineTable, document: Document, where: Whereabouts, at: KeyPath
) -> tuple[DistrictId, ...]:
    path = (*at, "districts")
    if not 1 <= len(table.districts) <= _KEYS:
        raise InvalidInput(
            f"must be from 1 to {_KEYS} districts, one for each key", where.of(*path)
        )
    all_different(table.districts, where, *path)
    ids = {district.id for district in document.districts}
    return tuple(
        DistrictId(known(district, ids, "district", where.of(*path, n)))
        for n, district in enumerate(table.districts)
    )


def _languages(table: LineTable, where: Whereabouts, at: KeyPath) -> tuple[str, ...]:
    path = (*at, "languages")
    if not table.languages:
        raise InvalidInput("names no language", where.of(*path))
    all_different(table.languages, where, *path)
    for n, language in enumerate(table.languages):
        if not _LANGUAGE.fullmatch(language):
            raise InvalidInput("not a language code of two letters such as sv", where.of(*path, n))
        # A caller who chose it would hear silence.
        if lacking := phrases.missing(language):
            raise InvalidInput(f"the phrases for it lack {lacking[0]}", where.of(*path, n))
    if len(table.districts) + len(table.languages) - 1 > _KEYS:
        raise InvalidInput("with the districts, more choices than a keypad has", where.of(*path))
    return tuple(table.languages)


def _fallback(table: FallbackTable, zone: ZoneInfo, where: Whereabouts, path: KeyPath) -> Fallback:
    if table.hours is not None and not table.hours:
        raise InvalidInput("never open: leave hours out if it always is", where.of(*path, "hours"))
    return Fallback(
        name=written(table.name, where.of(*path, "name")),
        number=parse_number(table.number, where.of(*path, "number")),
        hours=hours(table.hours, zone, where, (*path, "hours")) if table.hours else None,
    )


def _check_in(
    table: CheckInTable | bool,  # noqa: FBT001 - as it stands in the file
    where: Whereabouts,
    path: KeyPath,
) -> CheckIn | None:
    if isinstance(table, bool):
        return CheckIn() if table else None
    asked, called, told = (
        length_of_time(getattr(table, key), where.of(*path, key)) for key in ("ask", "call", "tell")
    )
    if asked > _A_DAY:
        raise InvalidInput("must be at most 24h", where.of(*path, "ask"))
    if not asked > called > told:
        raise InvalidInput("ask comes before call, and call before tell", where.of(*path))
    return CheckIn(asked, called, told)


def _closed_days(days: Sequence[date], zone: ZoneInfo, place: Place) -> frozenset[date]:
    """Days without a meeting; between any of them and the next meeting are less than two months."""
    closed = frozenset(days)
    for day in sorted(closed):
        try:
            next_weekday_at(datetime.combine(day, time(0), zone), time(0), zone, closed)
        except ValueError as err:
            raise InvalidInput(f"{err} from {day}", place) from err
    return closed
