"""Asking, before each duty, whether whoever is to be on standby is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from routing.ids import TherapistId
from routing.intervals import Interval, union
from routing.rota import Shift


@dataclass(frozen=True, slots=True)
class CheckIn:
    """How long before a duty somebody is asked by text, then called, then others are told."""

    ask: timedelta = timedelta(hours=2)
    call: timedelta = timedelta(minutes=45)
    tell: timedelta = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Turn:
    """One therapist's standby without a break, in the *position* that it begins with."""

    therapist: TherapistId
    position: int
    time: Interval


class Step(StrEnum):
    """What is to be done about a turn that nobody has confirmed."""

    ASK = "ask"
    CALL = "call"
    TELL = "tell"


class Stage(StrEnum):
    """How far a check-in has come, as `oncall` shows it."""

    ASKED = "asked"
    CALLED = "called"
    SILENT = "silent"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Progress:
    """What has been done about one turn; None is not yet."""

    asked_at: datetime | None = None
    called_at: datetime | None = None
    told_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def stage(self) -> Stage:
        if self.confirmed_at is not None:
            return Stage.CONFIRMED
        if self.told_at is not None:
            return Stage.SILENT
        return Stage.ASKED if self.called_at is None else Stage.CALLED


_TIME_TO_ANSWER = timedelta(minutes=10)
# A call takes a minute, and her answer to it must have been heard before others are told.
_A_CALL_TAKES = timedelta(minutes=2)


def turns(shifts: Iterable[Shift]) -> tuple[Turn, ...]:
    """Each stretch that one person is on standby without a break, in whichever positions."""
    by_person: dict[TherapistId, list[Shift]] = {}
    for shift in shifts:
        by_person.setdefault(shift.therapist, []).append(shift)
    found = [
        Turn(therapist, min(s.position for s in own if s.time.start == time.start), time)
        for therapist, own in by_person.items()
        for time in union(s.time for s in own)
    ]
    return tuple(sorted(found, key=lambda turn: (turn.time, turn.position, turn.therapist)))


def next_step(turn: Turn, done: Progress, plan: CheckIn, now: datetime) -> Step | None:
    """
    What is to be done now about *turn*; None while she has time, has confirmed, or has begun.

    A duty that is published late is asked about at once.  Nobody is called before having had time
    to answer the text, nor once the duty has begun; others are told after the call has had its
    time, and at once when the duty begins without one.
    """
    if done.confirmed_at is not None or done.told_at is not None:
        return None
    left = turn.time.start - now
    if done.asked_at is None:
        return Step.ASK if timedelta(0) < left <= plan.ask else None
    if done.called_at is None:
        if left <= timedelta(0):
            return Step.TELL  # nothing of ours called her in time: somebody must know
        had_time = now - done.asked_at >= _TIME_TO_ANSWER
        return Step.CALL if timedelta(0) < left <= plan.call and had_time else None
    had_its_time = now - done.called_at >= _A_CALL_TAKES
    return Step.TELL if left <= plan.tell and had_its_time else None
