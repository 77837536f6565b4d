"""How the standby of a line has been shared, and is going to be."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import absences
from app.store import rota as stored_rota
from routing.fairness import Fairness, fairness
from routing.intervals import Interval
from routing.organisation import Line, Organisation, Term, Therapist, Validity
from routing.work import A_DAY, midnight

HALF_A_YEAR = Term(months=6)
_AHEAD = timedelta(days=400)  # further than anybody publishes
_AROUND = timedelta(days=4)  # so that a shift across the edge is whole


def line_fairness(
    connection: sa.Connection, organisation: Organisation, line: Line, span: Interval
) -> Fairness:
    """
    How the rota of *line* in force is shared in *span*.

    It is shared by everybody whom a district of the line employs, and by whoever else holds any.
    """
    around = Interval(span.start - _AROUND, span.end + _AROUND)
    shifts = stored_rota.in_force(connection, line.id, around)
    people = [t for t in organisation.therapists.values() if _shares(organisation, line, t, span)]
    away = absences.within(connection, span)
    return fairness(shifts, people, away, span, line.zone)


def usual_span(connection: sa.Connection, line: Line, now: datetime) -> Interval:
    """The half-year up to and with today, and what is published ahead, in whole days."""
    today = line.today(now)
    ahead = stored_rota.in_force(connection, line.id, Interval(now, now + _AHEAD))
    # What ends at midnight or in the night belongs to the day before.
    ends = (line.today(shift.time.end - timedelta.resolution) for shift in ahead)
    last = max(ends, default=today)
    first = midnight(HALF_A_YEAR.before(today), line.zone)
    return Interval(first, midnight(max(last, today) + A_DAY, line.zone))


def _shares(organisation: Organisation, line: Line, therapist: Therapist, span: Interval) -> bool:
    first, last = line.today(span.start), line.today(span.end - timedelta.resolution)
    homes = {organisation.current(d, last) for d in line.districts}
    is_of_the_line = organisation.current(therapist.district, last) in homes
    was_there = therapist.active.overlaps(Validity(first, last))
    return is_of_the_line and was_there
