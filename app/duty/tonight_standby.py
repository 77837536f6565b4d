"""Who has a line's standby now and next, and a therapist's own duty on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.duty.gate import Gate
from app.store import check_ins, contacts, feeds, texts
from app.store import rota as stored_rota
from app.store.feeds import FeedState, FeedStatus
from app.store.texts import TakeOver
from routing.access import GRACE
from routing.check_in import Stage
from routing.ids import TherapistId
from routing.intervals import Interval, union
from routing.ladder import Reason, Seeker, ladder
from routing.organisation import Fallback, Line
from routing.rota import Rota, Shift

_BACK, _AHEAD = timedelta(days=14), timedelta(days=35)
# So long after a duty what came in it is still the first thing to be seen.
_STILL_NEAR = timedelta(hours=16)


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody on standby; *out* is why she is not rung all the same, *out_until* how long."""

    position: int
    therapist: TherapistId
    until: datetime
    out: Reason | None
    out_until: datetime | None
    check_in: Stage | None


@dataclass(frozen=True, slots=True)
class Change:
    """When somebody else will be on standby, and who."""

    at: datetime
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """The viewer's own: going on, just over, or next."""

    time: Interval
    positions: tuple[int, ...]
    is_now: bool
    is_over: bool
    others: tuple[TherapistId, ...]  # on standby besides her when it begins


@dataclass(frozen=True, slots=True)
class LineNow:
    """One line at this moment, for one of its therapists."""

    line: Line
    is_open: bool
    opens_at: datetime | None
    standing: tuple[Standing, ...]
    change: Change | None
    duty: Duty | None
    check_in: Stage | None  # of the viewer's
    may_check_in: str | None  # the question that she may answer
    paused_until: datetime | None
    asks_for_mine: TakeOver | None  # somebody wants the viewer's duty
    my_question: TakeOver | None
    fallback: Fallback | None  # that is open
    feed: FeedStatus | None  # where the rota is not read as it should be

    @property
    def is_mine(self) -> bool:
        """Whether the viewer is on standby now."""
        return self.duty is not None and self.duty.is_now


def lines_of(gate: Gate) -> tuple[LineNow, ...]:
    """The lines that the viewer may have the standby of, those that she has now first."""
    shown = [
        _line_now(gate, line) for line in gate.organisation.lines.values() if _serves(gate, line)
    ]
    return tuple(sorted(shown, key=lambda one: not one.is_mine))


def _serves(gate: Gate, line: Line) -> bool:
    """Whether the viewer might answer somebody of *line*."""
    therapist = gate.organisation.therapists.get(TherapistId(gate.viewer.id))
    today = line.today(gate.now)
    if therapist is None or today not in therapist.active:
        return False
    homes = (gate.organisation.current(home, today) for home in line.districts)
    return any(gate.organisation.may_answer(therapist, home, today) for home in homes)


def _line_now(gate: Gate, line: Line) -> LineNow:
    connection, now, me = gate.connection, gate.now, TherapistId(gate.viewer.id)
    shifts = stored_rota.in_force(connection, line.id, Interval(now - _BACK, now + _AHEAD))
    stages = check_ins.stages(connection, line.id, now)
    paused = {who: until for who, until in texts.paused(connection).items() if now < until}
    asked = check_ins.waiting_for(connection, me, line.id, now)
    mine = stages.get(me)
    may_check_in = mine not in {None, Stage.CONFIRMED} and asked is not None
    status = feeds.status(connection, line.id)
    is_well = status is None or status.state in {FeedState.READ, FeedState.NEVER_READ}
    return LineNow(
        line=line,
        is_open=line.hours.is_open(now),
        opens_at=None if line.hours.is_open(now) else line.hours.next_opening(now),
        standing=_standing(gate, line, shifts, paused, stages),
        change=_change(shifts, now),
        duty=_duty(shifts, me, now),
        check_in=mine,
        may_check_in=asked.id if may_check_in and asked is not None else None,
        paused_until=paused.get(me),
        asks_for_mine=texts.asked_of(connection, me, line.id, now),
        my_question=texts.asked_by(connection, me, line.id, now),
        fallback=next((f for f in line.fallback if f.hours is None or f.hours.is_open(now)), None),
        feed=None if is_well else status,
    )


def _standing(
    gate: Gate,
    line: Line,
    shifts: Sequence[Shift],
    paused: dict[TherapistId, datetime],
    stages: Mapping[TherapistId, Stage],
) -> tuple[Standing, ...]:
    now = gate.now
    there = Rota(line.id, tuple(shifts), source="database", read_at=now).on_call(now)
    out = dict.fromkeys(paused, Reason.PAUSED)
    out.update(dict.fromkeys(contacts.in_call(gate.connection, now), Reason.IN_CALL))
    left_out = dict(ladder(gate.organisation, line, there, Seeker(None), now, out).left_out)
    return tuple(
        Standing(
            shift.position,
            shift.therapist,
            _until(shifts, shift),
            left_out.get(shift.therapist),
            paused.get(shift.therapist),
            stages.get(shift.therapist),
        )
        for shift in sorted(there, key=lambda shift: shift.position)
    )


def _until(shifts: Iterable[Shift], own: Shift) -> datetime:
    """When she leaves that position: shifts that touch are one."""
    same = (s.time for s in shifts if (s.therapist, s.position) == (own.therapist, own.position))
    return next(time.end for time in union(same) if own.time.start in time)


def _change(shifts: Sequence[Shift], now: datetime) -> Change | None:
    def standing_at(at: datetime) -> dict[int, TherapistId]:
        return {s.position: s.therapist for s in shifts if at in s.time}

    current = standing_at(now)
    edges = sorted({edge for s in shifts for edge in (s.time.start, s.time.end) if edge > now})
    for edge in edges:
        if standing_at(edge) != current:
            there = sorted((s for s in shifts if edge in s.time), key=lambda s: s.position)
            return Change(edge, tuple(there))
    return None


def _duty(shifts: Sequence[Shift], me: TherapistId, now: datetime) -> Duty | None:
    """The one going on; else the one that was over a while ago; else the next."""
    held = union(s.time for s in shifts if s.therapist == me)
    current = next((time for time in held if now in time), None)
    last = next((t for t in reversed(held) if t.end <= now < t.end + _STILL_NEAR), None)
    coming = next((time for time in held if time.start > now), None)
    just_over = last is not None and now < last.end + GRACE
    # For an hour she finishes what she had; after that the next one matters more, if it is near.
    time = current or (last if just_over or coming is None else coming)
    if time is None:
        return None
    own = [s for s in shifts if s.therapist == me and s.time.overlap(time) is not None]
    begins = now if time is current else time.start
    others = {s.therapist: None for s in shifts if s.therapist != me and begins in s.time}
    return Duty(
        time,
        tuple(sorted({s.position for s in own})),
        is_now=time is current,
        is_over=time.end <= now,
        others=tuple(others),
    )
