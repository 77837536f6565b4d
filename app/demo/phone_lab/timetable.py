"""When the sweeps are due on the lab's own time, and which moments no jump may pass over."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from routing.hours import wall
from routing.intervals import Interval
from routing.organisation import Organisation

# A jump looks in this often; what is due in between is done a little late, as by a busy clock.
_WHILE_OPEN, _WHILE_CLOSED = timedelta(minutes=30), timedelta(hours=2)
# What looks at whole weeks of the rota takes long, and its answer changes slowly.
_SELDOM = {
    "rota.watch": timedelta(hours=1),
    "rest.review": timedelta(hours=6),
    "rest.load": timedelta(days=1),
}
_AFTER = timedelta(seconds=5)
# After a handover's hour: opened by then, or somebody is reminded; then the manager is told.
_CHASED = (timedelta(0), timedelta(minutes=15), timedelta(minutes=31), timedelta(minutes=91))


class Timetable:
    """Which sweeps are due; each at once to begin with, and then so many seconds after the last."""

    def __init__(self, every: Mapping[str, float], now: datetime) -> None:
        self._every = {name: timedelta(seconds=seconds) for name, seconds in every.items()}
        self._every.update({name: time for name, time in _SELDOM.items() if name in every})
        self._next = dict.fromkeys(every, now)

    def due(self, now: datetime) -> list[str]:
        """The sweeps to run at *now*; they are due again when their time has passed from here."""
        names = [name for name, at in self._next.items() if at <= now]
        self._next.update({name: now + self._every[name] for name in names})
        return names


def stops(organisation: Organisation, start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments between *start* and *end* at which a jump lets the clock look, in order."""
    found = {end}
    for line in organisation.lines.values():
        for open_ in line.hours.within(Interval(start, end + _WHILE_CLOSED)):
            found.update((open_.start + _AFTER, open_.end + _AFTER))
            if line.check_in is not None:
                plan = line.check_in
                found.update(open_.start - lead for lead in (plan.ask, plan.call, plan.tell))
            found.update(_every(open_, _WHILE_OPEN))
        found.update(_every(Interval(start, end), _WHILE_CLOSED))
        day, last = line.today(start), line.today(end)
        while day <= last:
            for district in organisation.districts.values():
                at = wall(day, district.handover_at, line.zone, last=False)
                found.update(at + later + _AFTER for later in _CHASED)
            day += timedelta(days=1)
    yield from sorted(at for at in found if start < at <= end)


def _every(span: Interval, step: timedelta) -> Iterator[datetime]:
    at = span.start
    while at < span.end:
        yield at
        at += step
