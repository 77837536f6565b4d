"""A plan as CSV, in the columns that `rota import` and `absences import` read."""

import csv
import io
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from routing.absence import Absence
from routing.intervals import Interval
from routing.rota import Shift


def rota_csv(shifts: Iterable[Shift], zone: ZoneInfo) -> str:
    """*shifts*, with the times of *zone* and its offset."""
    rows = ((s.position, s.therapist, *_times(s.time, zone)) for s in shifts)
    return _csv(("position", "therapist", "starts_at", "ends_at"), rows)


def absences_csv(days_off: Sequence[Absence], known: Iterable[Absence], zone: ZoneInfo) -> str:
    """
    *days_off*, and of the *known* absences what importing them would else take away.

    An import is the truth for the people it names from its first start to its last end, so their
    leave in that time must stand there too.
    """
    if not days_off:
        return _csv(("therapist", "starts_at", "ends_at", "kind"), ())
    start, end = min(a.time.start for a in days_off), max(a.time.end for a in days_off)
    people = {absence.therapist for absence in days_off}
    inside = {
        absence
        for absence in known
        if absence.therapist in people and start <= absence.time.start and absence.time.end <= end
    }
    every = sorted({*days_off, *inside}, key=lambda a: (a.therapist, a.time, a.kind))
    rows = ((a.therapist, *_times(a.time, zone), a.kind.value) for a in every)
    return _csv(("therapist", "starts_at", "ends_at", "kind"), rows)


def _times(time: Interval, zone: ZoneInfo) -> tuple[str, str]:
    return time.start.astimezone(zone).isoformat(), time.end.astimezone(zone).isoformat()


def _csv(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
