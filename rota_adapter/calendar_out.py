"""The shifts of a line as a calendar that others subscribe to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import icalendar

from rota_adapter.calendar_zone import zone_component
from routing.organisation import Line
from routing.rota import Shift

_IDENTITIES = UUID("6b0a4c1e-6a0f-4c55-9d3e-0c0f3f2a7b51")  # for ever: a new one doubles all events
_FIRST_CHANGE = datetime(2020, 1, 1, tzinfo=UTC)
_REFRESH = timedelta(hours=1)


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
    calendar.add_component(zone_component(line.zone, first, last))
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
