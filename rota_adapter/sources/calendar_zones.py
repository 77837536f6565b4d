"""Which time zone a calendar means by a name, told without trusting its own definitions."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from rota_adapter.sources.calendar_effort import ONE_VALUE, Effort
from rota_adapter.sources.calendar_oddities import (
    TZ_CUSTOM_DIFFERS,
    TZ_CUSTOM_EQUALS_HOME,
    TZ_UNKNOWN_ASSUMED_HOME,
    Oddity,
)
from rota_adapter.sources.calendar_rules import Rule, effort, read_rule, starts
from rota_adapter.sources.calendar_text import Part, read_property
from rota_adapter.sources.calendar_values import is_utc, read_wall
from routing.intervals import Interval

_PROBED_FOR = timedelta(days=731)
_MOST_PROBES = 2_000
_ONE_ZONE = 1_000  # what comparing one takes, when looking at one date is 1
_A_DAY = timedelta(days=1)
_DEFINING = frozenset({"BEGIN", "END", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"})
_TZID = frozenset({"TZID"})


class Named(NamedTuple):
    """The zone that a name means, and what is odd about it."""

    zone: ZoneInfo
    oddity: Oddity | None = None


class Zones:
    """
    The zones of one calendar.

    A name that everybody knows means what everybody means by it, whatever the calendar says of it.
    A name of its own is compared day by day with the line's zone around *window*.  Nothing is kept
    from one calendar to the next: two of them may mean different zones by one name.
    """

    def __init__(
        self, parts: Iterable[Part], home: ZoneInfo, window: Interval, spent: Effort
    ) -> None:
        self.home, self._window, self._effort = home, window, spent
        self._defined: dict[str, Part] = {}
        for part in parts:
            for read in part.properties(_TZID).get("TZID", ()):
                self._defined.setdefault(read.value.casefold(), part)
        self._found: dict[str, Named] = {}

    def named(self, name: str) -> Named:
        """The zone called *name*; with an error as its oddity it must not be used."""
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> Named:
        known = known_zone(name)
        if known is not None:
            return Named(known)
        part = self._defined.get(name.casefold())
        if part is None:
            return Named(self.home, TZ_UNKNOWN_ASSUMED_HOME)
        self._effort.spend(_ONE_ZONE + ONE_VALUE * len(part.lines))
        equal = _is_like(part, self.home, self._window, self._effort)
        return Named(self.home, TZ_CUSTOM_EQUALS_HOME if equal else TZ_CUSTOM_DIFFERS)


def known_zone(name: str) -> ZoneInfo | None:
    """The zone by its IANA or Windows name, also behind a maker's prefix; None if there is none."""
    names = _known_names()
    pieces = name.strip().strip('"').casefold().lstrip("/").split("/")
    for place in range(min(len(pieces), 4)):
        key = names.get("/".join(pieces[place:]))
        if key is not None:
            return ZoneInfo(key)
    return None


@lru_cache(maxsize=1)
def _known_names() -> dict[str, str]:
    iana = {name.casefold(): name for name in available_timezones() - {"localtime", "Factory"}}
    windows = {
        name.casefold(): olson
        for name, olson in WINDOWS_TO_OLSON.items()
        if olson.casefold() in iana
    }
    return windows | iana


class _Observance(NamedTuple):
    """One stretch of rules in a zone: when it begins, and the offsets before and after."""

    begins: datetime
    more: tuple[datetime, ...]
    rule: Rule | None
    before: timedelta
    after: timedelta


def _is_like(part: Part, home: ZoneInfo, window: Interval, spent: Effort) -> bool:
    """Whether *part* defines the same offsets as *home* has, at noon of every day around now."""
    probes = list(_probes(window))
    try:
        observances = list(_observances(part))
        onsets = sorted(
            onset
            for observance in observances
            for onset in _onsets(observance, probes[0], probes[-1], spent)
        )
    except (ValueError, OverflowError):
        return False  # what cannot be read cannot be trusted
    if not onsets:
        return False
    for probe in probes:
        place = bisect_right(onsets, probe, key=lambda onset: onset[0]) - 1
        offset = onsets[place][2] if place >= 0 else onsets[0][1]
        if offset != home.utcoffset(probe.replace(tzinfo=UTC).astimezone(home)):
            return False
    return True


def _probes(window: Interval) -> Iterator[datetime]:
    """Noon in UTC, without zone, of each day in *window* and for two years at least."""
    probe = datetime.combine(window.start.date(), time(12))
    last = max(window.end, window.start + _PROBED_FOR).replace(tzinfo=None)
    for _ in range(_MOST_PROBES):
        yield probe
        probe += _A_DAY
        if probe > last:
            return


def _observances(part: Part) -> Iterator[_Observance]:
    inside: dict[str, list[str]] | None = None
    for line in part.lines:
        read = read_property(line, _DEFINING)
        if read is None:
            continue
        if read.name == "BEGIN":
            inside = {}
        elif read.name == "END" and inside is not None:
            yield _observance(inside)
            inside = None
        elif inside is not None:
            inside.setdefault(read.name, []).append(read.value)


def _observance(values: dict[str, list[str]]) -> _Observance:
    try:
        return _Observance(
            read_wall(values["DTSTART"][0]),
            tuple(read_wall(one) for some in values.get("RDATE", ()) for one in some.split(",")),
            read_rule(values["RRULE"][0]) if "RRULE" in values else None,
            _offset(values["TZOFFSETFROM"][0]),
            _offset(values["TZOFFSETTO"][0]),
        )
    except KeyError as err:
        raise ValueError("a zone lacks what it is made of") from err


def _onsets(
    observance: _Observance, first: datetime, last: datetime, spent: Effort
) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """When *observance* begins in UTC, from a year before *first*, and the two offsets."""
    before, after = observance.before, observance.after
    walls = {observance.begins, *observance.more}
    if observance.rule is not None:
        rule, since = observance.rule, first - 400 * _A_DAY
        spent.spend(effort(rule, observance.begins, since, last))
        until = None if rule.until is None else read_wall(rule.until)
        if until is not None and is_utc(rule.until or ""):
            until += before
        walls.update(starts(rule, observance.begins, until, since, last + _A_DAY))
    for wall in walls:
        yield wall - before, before, after


def _offset(text: str) -> timedelta:
    sign, digits = text[:1], text[1:]
    if sign not in {"+", "-"} or len(digits) not in {4, 6} or not digits.isdecimal():
        raise ValueError("not an offset")
    hours, minutes, seconds = (int(digits[n : n + 2] or 0) for n in (0, 2, 4))
    size = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -size if sign == "-" else size
