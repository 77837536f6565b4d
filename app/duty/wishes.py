"""Wishes for the next rota: each therapist's own, and what a proposal goes by."""

from datetime import date, timedelta

import sqlalchemy as sa

from app.duty.gate import Gate, NotAllowed
from app.duty.rota_desk import is_own_staff
from app.store import wishes
from app.store.wishes import Kept
from rota_adapter.planner.problem import Wanted, Wish
from routing.access import Denial, Office
from routing.errors import Conflict, InvalidInput, Place
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line
from routing.work import A_DAY, midnight

MOST = 60  # of one person's that are not over
_AHEAD = timedelta(days=550)


def own(gate: Gate) -> tuple[Kept, ...]:
    """
    The viewer's wishes for time that is not over.

    Raises:
        NotAllowed: only therapists have any.
    """
    return wishes.of_therapist(gate.connection, _therapist(gate), gate.now)


def wish(gate: Gate, line: Line, first: date, last: date, wanted: str) -> int:
    """
    Keep that the viewer would like whole days from *first* to *last* so; returns its number.

    Raises:
        NotAllowed: only therapists wish.
        InvalidInput: the dates are past, in the wrong order or too far ahead, it is no wish there
            is, or there are too many.
        Conflict: she has wished for some of it already.
    """
    who, today = _therapist(gate), line.today(gate.now)
    if wanted not in set(Wanted):
        raise InvalidInput(f"must be one of {', '.join(Wanted)}", Place("wanted"))
    if first <= today:
        raise InvalidInput("must be a coming day", Place("first"))
    if last < first:
        raise InvalidInput("is before the first", Place("last"))
    if last - today > _AHEAD:
        raise InvalidInput("is too far ahead", Place("last"))
    made = Wish(
        who, Interval(midnight(first, line.zone), midnight(last + A_DAY, line.zone)), Wanted(wanted)
    )
    there = wishes.of_therapist(gate.connection, who, gate.now)
    if any(kept.wish.time.overlap(made.time) is not None for kept in there):
        raise Conflict("there is a wish for some of it already")
    if len(there) >= MOST:
        raise InvalidInput(f"at most {MOST} wishes", Place("first"))
    return wishes.add(gate.connection, made, gate.now)


def take_back(gate: Gate, number: int) -> None:
    """
    Drop one of the viewer's wishes.

    Raises:
        NotAllowed: only therapists have any.
        NotFound: it is not hers, or gone.
    """
    wishes.remove(gate.connection, _therapist(gate), number)


def of_team(gate: Gate, span: Interval) -> tuple[Kept, ...]:
    """What the staff of the viewer's own district wish in *span*; a manager's to know."""
    if gate.viewer.office is not Office.MANAGER:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    known = gate.organisation.therapists
    return tuple(
        kept
        for kept in wishes.within(gate.connection, span)
        if is_own_staff(gate, known.get(kept.wish.therapist))
    )


def for_plan(connection: sa.Connection, span: Interval) -> tuple[Wish, ...]:
    """Everybody's wishes in *span*, as the planner is asked to grant them."""
    return tuple(kept.wish for kept in wishes.within(connection, span))


def _therapist(gate: Gate) -> TherapistId:
    if gate.viewer.office is not Office.THERAPIST:
        raise NotAllowed(Denial.NOT_YOUR_OFFICE)
    return TherapistId(gate.viewer.id)
