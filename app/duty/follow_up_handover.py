"""What a handover tells of follow-ups: those of the duty that ended, with what came of each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import follow_ups
from app.store import rota as stored_rota
from app.store.fields import FieldCipher
from routing.follow_up import FollowUp, State
from routing.handover import duty_end
from routing.ids import DistrictId, LineId
from routing.intervals import Interval
from routing.organisation import District, Line, Organisation
from routing.rota import Rota

_LONGEST_DUTY = timedelta(days=14)
AROUND = timedelta(days=7)  # longer than the longest wait for a meeting, over Easter
_A_MOMENT = timedelta.resolution


def follow_ups_for(
    connection: sa.Connection,
    cipher: FieldCipher,
    line: Line,
    district: District,
    duty: Interval,
    now: datetime,
) -> tuple[FollowUp, ...]:
    """
    The follow-ups of *district* that belong to *duty*, with what was ordered and what came of it.

    In the order of their windows, without those that were cancelled.  Each is in one handover,
    also one whose window nobody was on duty for.  Ask `app.duty.gate` for leave first.

    Source: docs/architecture.md, promise 5.
    """
    return _belonging(connection, line, district, duty, now, cipher)


def homes_of(
    connection: sa.Connection,
    organisation: Organisation,
    line: Line,
    duty: Interval,
    now: datetime,
) -> frozenset[DistrictId]:
    """
    The districts that *duty* owes a handover for its follow-ups, whether or not anybody called.

    One that nobody has tried leaves no contact, and so no contact leads to a handover with it.
    """
    known = (organisation.districts.get(district) for district in line.districts)
    return frozenset(
        district.id
        for district in known
        if district is not None and _belonging(connection, line, district, duty, now)
    )


def belongs(
    ends_at: datetime,
    duties: Sequence[Interval],
    duty: Interval,
    organisation: Organisation,
    line: Line,
) -> bool:
    """Whether one of *line* whose window ends at *ends_at* may belong to *duty*, of *duties*."""
    known = (organisation.districts.get(district) for district in line.districts)
    return any(
        duty_end(ends_at - _A_MOMENT, duties, district, line) == duty.end
        for district in known
        if district is not None
    )


def duty_that_tells(
    connection: sa.Connection, line: Line, district: District, ends_at: datetime
) -> datetime:
    """The end of the duty whose handover to *district* tells of a window that ends at *ends_at*."""
    around = Interval(ends_at - AROUND, ends_at + AROUND)
    return duty_end(ends_at - _A_MOMENT, _duties(connection, line.id, around), district, line)


def duty_ended(connection: sa.Connection, line: LineId, at: datetime) -> Interval:
    """The duty that ended at *at*, as a handover counts it: a moment where nobody had one."""
    moment = Interval(at - _A_MOMENT, at)
    duties = _duties(connection, line, moment)
    return next((duty for duty in duties if duty.end == at), moment)


def _belonging(
    connection: sa.Connection,
    line: Line,
    district: District,
    duty: Interval,
    now: datetime,
    cipher: FieldCipher | None = None,
) -> tuple[FollowUp, ...]:
    """Those that belong where a call at the last moment of their window would."""
    span = Interval(duty.start - AROUND, duty.end + AROUND)
    duties = _duties(connection, line.id, span)
    found = follow_ups.ending_in(
        connection, span, now, cipher=cipher, line=line.id, districts=[district.id]
    )
    return tuple(
        task
        for task in found
        if task.state is not State.CANCELLED
        and duty_end(_last_moment(task), duties, district, line) == duty.end
    )


def _last_moment(task: FollowUp) -> datetime:
    return task.window.time.end - _A_MOMENT


def _duties(connection: sa.Connection, line: LineId, span: Interval) -> tuple[Interval, ...]:
    window = Interval(span.start - _LONGEST_DUTY, span.end + _LONGEST_DUTY)
    found = stored_rota.in_force(connection, line, window)
    return Rota(line, found, source="database", read_at=span.end).duties()
