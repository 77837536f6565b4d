"""When the events of a calendar happen: each identity by itself, with its changed instances."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # the library has no types

from rota_adapter.sources.calendar_effort import ONE_SHIFT, ONE_VALUE, Effort
from rota_adapter.sources.calendar_events import Event, Faulty, nominal
from rota_adapter.sources.calendar_oddities import DUPLICATE_EVENT, SHARED_UID, Oddity
from rota_adapter.sources.calendar_rules import effort, starts
from rota_adapter.sources.calendar_values import Length, Stamp
from routing.intervals import Interval

_PADDING = timedelta(days=2)  # so that what was moved into the window is met
_SOURCE = "X-SOURCE"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that *event* happens."""

    event: Event
    start: Stamp
    own_end: Stamp | Length | None = None  # of a period among the dates of a series

    @property
    def ends_at(self) -> tuple[datetime, Stamp | None]:
        """
        The end in UTC, and the wall time that it was read from, if it was.

        An end is kept as wall time: a series from 16.30 to 22 ends at 22 whatever the clocks do in
        between.  Only what was given as elapsed time is counted as such.
        """
        end = self.event.end if self.own_end is None else self.own_end
        if isinstance(end, Length):
            return end.after(self.start), None
        if self.own_end is None and self.start != self.event.start:
            end = self.start.later(self.event.nominal)
        return end.last, end

    @property
    def nominal(self) -> timedelta:
        """How long it is by the clock, on a day when the clocks do not change."""
        return self.event.nominal if self.own_end is None else nominal(self.start, self.own_end)

    @property
    def dates(self) -> tuple[date, date]:
        """The first date of a whole-day event, and the one after its last."""
        first = self.start.wall.date()
        return first, first + self.nominal


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd about an event that is no matter of when it happens."""

    about: Event | Faulty
    oddity: Oddity


def happenings(
    read: Iterable[Event | Faulty], window: Interval, spent: Effort
) -> Iterator[Occurrence | Remark]:
    """
    Everything in *read*, the events of one calendar, that happens about *window*.

    Raises:
        Unusable: TOO_MANY_EVENTS, when it asks for more work than a rota can need.
    """
    groups: dict[str, list[Event | Faulty]] = {}
    for event in read:
        # What has no identity shares it with nothing.
        groups.setdefault(event.uid or f"\n{event.line}", []).append(event)
    for group in groups.values():
        yield from _of_group(group, window, spent)


def _of_group(
    group: Sequence[Event | Faulty], window: Interval, spent: Effort
) -> Iterator[Occurrence | Remark]:
    faulty = [event for event in group if isinstance(event, Faulty)]
    yield from (Remark(event, event.oddity) for event in faulty)
    events = [event for event in group if isinstance(event, Event)]
    masters, old = _newest([event for event in events if event.instead_of is None])
    changes, replaced = _newest_changes([e for e in events if e.instead_of is not None])
    yield from (Remark(event, DUPLICATE_EVENT) for event in (*old, *replaced))
    yield from (Remark(event, SHARED_UID) for event in masters[1:])
    masters.sort(key=lambda event: not event.is_series)  # a change belongs to what is repeated
    if not masters:
        yield from (Occurrence(event, event.start) for event in changes)
    for place, event in enumerate(masters):
        if place == 0 and (changes or faulty):
            yield from _expanded(event, changes, faulty, window, spent)
        elif event.is_series:
            yield from _expanded(event, [], [], window, spent)
        else:
            yield Occurrence(event, event.start)


def _newest(masters: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """The latest revision, and what it makes out of date; with several starts all of them stand."""
    latest = max((event.sequence for event in masters), default=0)
    by_start: dict[datetime, Event] = {}
    for event in masters:
        if event.sequence == latest:
            by_start[event.start.first] = event
    kept = list(by_start.values())
    return kept, _others(masters, kept)


def _newest_changes(changes: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """The latest revision of each changed instance, and what it makes out of date."""
    by_instance: dict[tuple[datetime, bool], Event] = {}
    for event in sorted(changes, key=lambda event: event.sequence):
        if event.instead_of is not None:
            by_instance[event.instead_of.first, event.instead_of.is_date] = event
    kept = list(by_instance.values())
    return kept, _others(changes, kept)


def _others(events: Iterable[Event], kept: Iterable[Event]) -> list[Event]:
    lines = {event.line for event in kept}
    return [event for event in events if event.line not in lines]


def _expanded(
    master: Event,
    changes: Sequence[Event],
    faulty: Sequence[Faulty],
    window: Interval,
    spent: Effort,
) -> Iterator[Occurrence]:
    """
    When *master* happens about *window*, with *changes* in the place of what they change.

    The library is given wall times without zones, one identity at a time and already repeated, so
    that neither a zone nor a fault nor a rule of one calendar can reach another.
    """
    zone, sources = master.start.zone, [master, *changes]
    span = _span(sources, window, zone)
    walls = _walls(master, span, spent)
    if not changes and not walls and not span[0] <= master.start.wall <= span[1]:
        return
    spent.spend(ONE_SHIFT * (2 + len(sources) + len(walls)))
    calendar = icalendar.Calendar()
    for number, event in enumerate(sources):
        calendar.add_component(_component(event, number, master))
    first = calendar.subcomponents[0]
    if walls:
        first.add("RDATE", [_value(wall, master) for wall in sorted(walls)])
    # A change that cannot be read still says that the instance is not as it was.
    gone = [change.instead_of for change in faulty if change.instead_of is not None]
    for stamp in (*master.without, *(_instance(stamp, master) for stamp in gone)):
        if span[0] - _PADDING <= stamp.wall <= span[1]:
            spent.spend(ONE_VALUE)
            first.add("EXDATE", [stamp.wall.date() if stamp.is_date else stamp.wall])
    own_ends = {stamp.wall: end for stamp, end in master.more if end is not None}
    for found in recurring_ical_events.of(calendar).between(*span):
        event = sources[int(found[_SOURCE])]
        wall = _wall(found["DTSTART"].dt)
        if wall == event.start.within(zone).wall:
            yield Occurrence(event, event.start)
        else:
            start = Stamp(wall, zone, event.start.is_date)
            yield Occurrence(event, start, own_ends.get(wall) if event is master else None)


def _span(sources: Sequence[Event], window: Interval, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """*window* as wall time, wide enough for all that may be moved or last into it."""
    periods = (Occurrence(sources[0], *period).nominal for period in sources[0].more)
    padding = _PADDING + max(*(event.nominal for event in sources), timedelta(0), *periods)
    padding += max(_moved(event, zone) for event in sources)
    start, end = (at.astimezone(zone).replace(tzinfo=None) for at in (window.start, window.end))
    return start - padding, end + padding


def _moved(event: Event, zone: ZoneInfo) -> timedelta:
    if event.instead_of is None or not event.and_later:
        return timedelta(0)
    return abs(event.start.within(zone).wall - event.instead_of.within(zone).wall)


def _walls(master: Event, span: tuple[datetime, datetime], spent: Effort) -> set[datetime]:
    """When *master* is repeated in *span*, besides its start."""
    walls = {stamp.wall for stamp, _ in master.more if span[0] <= stamp.wall <= span[1]}
    if master.rule is not None:
        spent.spend(effort(master.rule, master.start.wall, *span))
        walls |= set(starts(master.rule, master.start.wall, master.until, *span))
    return walls


def _component(event: Event, number: int, master: Event) -> icalendar.Event:
    start = event.start.within(master.start.zone)
    component = icalendar.Event()
    component.add("UID", "one")
    component.add(_SOURCE, str(number))
    component.add("DTSTART", _value(start.wall, event))
    component.add("DTEND", _value(start.wall + event.nominal, event))
    if event.instead_of is not None:
        instance = _instance(event.instead_of, master)
        later = {"RANGE": "THISANDFUTURE"} if event.and_later else {}
        component.add("RECURRENCE-ID", _value(instance.wall, master), parameters=later)
    return component


def _instance(stamp: Stamp, master: Event) -> Stamp:
    """The instance of *master* that *stamp* names, however it writes it."""
    return stamp.within(master.start.zone).like(master.start)


def _value(wall: datetime, event: Event) -> date | datetime:
    return wall.date() if event.start.is_date else wall


def _wall(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())
