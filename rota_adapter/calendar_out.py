"""The shifts of a line as a calendar that others subscribe to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import icalendar

from routing.organisation import Line
from routing.rota import Shift

_IDENTITIES = UUID("6b0a4c1e-6a0f-4c55-9d3e-0c0f3f2a7b51")  # for ever: a new one doubles all events
_FIRST_CHANGE = datetime(2020, 1, 1, tzinfo=UTC)
_REFRESH = timedelta(hours=1)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One shift, and when it last became what it is; a *cancelled* one tells that it is gone."""

    shift: Shift
    changed_at: datetime
    cancelled: bool = False


def calendar_feed(
    line: Line,
    entries: Iterable[Entry],
    title: Callable[[Shift], str],
    calendar_name: str,
    now: datetime,
) -> bytes:
    """
    The calendar of *entries*, in the order they start; the same bytes for the same arguments.

    An event keeps its identity when only its end changes.  Of two entries with one identity the one
    that is not cancelled counts, and then the one that changed last.  Shifts are shown as free
    time, since a subscription must not fill somebody's day.

    Args:
        title: what a shift is called; it must not say more than everybody with the address may see.
        now: what an empty calendar's zone begins at.

    Source: RFC 5545; RFC 7986, 5.1 and 5.7.
    """
    kept = _by_identity(line, entries)
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//Beredskap//Beredskap//SV")
    calendar.add("VERSION", "2.0")
    calendar.add("NAME", calendar_name)
    calendar.add("X-WR-CALNAME", calendar_name)
    calendar.add("REFRESH-INTERVAL", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", icalendar.vDuration(_REFRESH))
    times = [entry.shift.time for entry in kept.values()]
    first = min((time.start for time in times), default=now)
    last = max((time.end for time in times), default=now)
    calendar.add_component(_zone(line.zone, first, last))
    in_order = sorted(kept.items(), key=lambda item: (item[1].shift, item[0]))
    for identity, entry in in_order:
        calendar.add_component(_event(identity, entry, line.zone, title(entry.shift)))
    content: bytes = calendar.to_ical()
    return content


def _by_identity(line: Line, entries: Iterable[Entry]) -> dict[str, Entry]:
    kept: dict[str, Entry] = {}
    for entry in entries:
        identity = _identity(line, entry.shift)
        other = kept.setdefault(identity, entry)
        kept[identity] = max(other, entry, key=_weight)
    return kept


def _weight(entry: Entry) -> tuple[bool, datetime, Shift]:
    return not entry.cancelled, entry.changed_at, entry.shift


def _identity(line: Line, shift: Shift) -> str:
    """What tells this shift from all others and names nobody."""
    start = shift.time.start.strftime("%Y%m%dT%H%M%S.%fZ")
    return (
        f"{uuid5(_IDENTITIES, f'{line.id}/{shift.position}/{shift.therapist}/{start}')}@beredskap"
    )


def _event(identity: str, entry: Entry, zone: ZoneInfo, title: str) -> icalendar.Event:
    changed = entry.changed_at.astimezone(UTC)
    event = icalendar.Event()
    event.add("UID", identity)
    event.add("DTSTAMP", changed)
    event.add("LAST-MODIFIED", changed)
    event.add("SEQUENCE", int((changed - _FIRST_CHANGE).total_seconds()))
    start, end = (at.astimezone(zone) for at in (entry.shift.time.start, entry.shift.time.end))
    if _is_ambiguous(start) or _is_ambiguous(end):
        # A wall time that comes twice can only be told in UTC, and both ends must be told alike.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    event.add("DTSTART", start)
    event.add("DTEND", end)
    event.add("SUMMARY", title)
    event.add("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    event.add("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
    return event


def _is_ambiguous(at: datetime) -> bool:
    return at.utcoffset() != at.replace(fold=1 - at.fold).utcoffset()


def _zone(zone: ZoneInfo, first: datetime, last: datetime) -> icalendar.Timezone:
    """*zone* from the year before *first* to the one after *last*, each change by itself."""
    component = icalendar.Timezone()
    component.add("TZID", zone.key)
    start = datetime(first.year - 1, 1, 1, tzinfo=UTC)
    days = (datetime(last.year + 2, 1, 1, tzinfo=UTC) - start).days
    component.add_component(_observance(zone, start, start))
    for before, after in pairwise(start + n * _A_DAY for n in range(days + 1)):
        if _offset(before, zone) != _offset(after, zone):
            component.add_component(_observance(zone, before, _change(zone, before, after)))
    return component


def _observance(zone: ZoneInfo, before: datetime, change: datetime) -> icalendar.Component:
    local = change.astimezone(zone)
    kind = icalendar.TimezoneDaylight if local.dst() else icalendar.TimezoneStandard
    observance = kind()
    old = _offset(before, zone)
    observance.add("DTSTART", (change + old).replace(tzinfo=None))
    observance.add("TZOFFSETFROM", old)
    observance.add("TZOFFSETTO", _offset(change, zone))
    observance.add("TZNAME", local.tzname() or zone.key)
    return observance


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second at which the offset is that of *after*."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle, zone) == _offset(before, zone):
            before = middle
        else:
            after = middle
    return after


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)
