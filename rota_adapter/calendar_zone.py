"""A time zone as calendars write it down."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import icalendar

_A_DAY = timedelta(days=1)


def zone_component(zone: ZoneInfo, first: datetime, last: datetime) -> icalendar.Timezone:
    """
    *zone* from the year before *first* to the one after *last*, each change by itself.

    Source: RFC 5545, 3.6.5.
    """
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
