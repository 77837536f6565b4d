"""The demo's rota: six people take turns, four weeks back and four ahead."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby

from routing.absence import Absence, AbsenceKind
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Shift

# The two districts alternate, so that first line and backup are never of the same one.
_TURNS = tuple(map(TherapistId, ("t1", "t4", "t2", "t5", "t3", "t6")))
_WEEKS = timedelta(weeks=4)
SATURDAY = 5


def shifts_around(now: datetime, line: Line) -> tuple[Shift, ...]:
    """
    Eight weeks of shifts that cover the line's hours.

    Monday to Thursday is one person's, Friday and Sunday another's, Saturday a third's: with
    standby on Sunday only after Friday, thirty-six hours stay free of it.  Saturday's person has
    the Friday off, see `days_off`.
    """
    monday = line.today(now) - timedelta(days=line.today(now).weekday())
    start = datetime.combine(monday, datetime.min.time(), line.zone)
    window = Interval(start - _WEEKS, start + _WEEKS)
    return tuple(
        Shift(stretch, position, _holder(day, position))
        for day, stretch in _stretches(line, window)
        for position in range(1, line.positions + 1)
    )


def days_off(shifts: Iterable[Shift], line: Line) -> tuple[Absence, ...]:
    """The Friday off that everybody gets who has a Saturday: without it the week is unlawful."""
    found = set()
    for shift in shifts:
        day = line.today(shift.time.start)
        if day.weekday() == SATURDAY and shift.therapist == _holder(day, shift.position):
            friday, saturday = (
                datetime.combine(d, datetime.min.time(), line.zone)
                for d in (day - timedelta(days=1), day)
            )
            time = Interval(friday, saturday)
            found.add(Absence(time, shift.therapist, AbsenceKind.COMPENSATION))
    return tuple(sorted(found))


def _stretches(line: Line, window: Interval) -> Iterator[tuple[date, Interval]]:
    by_day = groupby(line.hours.within(window), key=lambda s: line.today(s.start))
    for day, stretches in by_day:
        for stretch in stretches:
            yield day, stretch


def _holder(day: date, position: int) -> TherapistId:
    week = (day.toordinal() - 1) // 7  # the first day of all was a Monday
    match day.weekday():
        case 4 | 6:
            turn = 1
        case 5:
            turn = 2
        case _:
            turn = 0
    # The backup stands half the circle further on.
    return _TURNS[(week + turn + 3 * (position - 1)) % len(_TURNS)]
