"""Before a duty: asks by text whether she is there, then by a call, then tells others."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import carried, check_ins, texts, watched
from app.store import rota as stored_rota
from app.store.database import reading
from app.store.outbox import By, Letter
from app.store.watched import Scope
from app.wording import when
from routing.check_in import CheckIn, Progress, Stage, Step, Turn, next_step, turns
from routing.finding import Finding, Severity
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Organisation, Therapist
from routing.rota import Shift

log = structlog.get_logger()

CALLED = "check_in_call"  # how the key of a letter begins that is a call before a duty
_FIRST = 1
# Turns are whole only when what touches them is seen too.
_AROUND = timedelta(days=2)
# How far into a duty it still helps others to know that nobody confirmed it.
_TOLD_FOR = timedelta(hours=1)


def check_in(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Take every check-in one step further that is due for one; how many were.

    Each step is a row and its letter in one transaction, so two clocks take it once.  A duty that
    nobody confirms changes nothing about who is rung: it is told of, to the backup and the
    managers.
    """
    with reading(desk.engine) as connection:
        waiting = _waiting(connection, organisation.lines.values(), now)
    return sum(_step_on(desk, organisation, line, now) for line in waiting)


@dataclass(frozen=True, slots=True)
class _Due:
    """A turn of these hours, what has been done about it, and what is to be done now."""

    key: str
    turn: Turn
    was: Progress
    step: Step | None

    def is_silent(self, now: datetime) -> bool:
        """Whether others are told, and it still helps that they are."""
        is_told = self.was.stage is Stage.SILENT or self.step is Step.TELL
        return is_told and now < self.turn.time.start + _TOLD_FOR


def _waiting(connection: sa.Connection, lines: Collection[Line], now: datetime) -> tuple[Line, ...]:
    """Those of *lines* of which anything is to be done: all are asked about at once."""
    due = _due(connection, lines, now)
    begun = {one.key for some in due.values() for one in some if one.turn.time.start <= now}
    unsent = carried.not_given_up(connection, [name for key in begun for name in _letters(key)])
    kept = watched.open_everywhere(connection, Scope.CHECK_IN)
    return tuple(
        line
        for line in lines
        for some in [due.get(line.id, ())]
        if any(one.step is not None for one in some)
        or any(one.key in begun and unsent.intersection(_letters(one.key)) for one in some)
        or not watched.is_so(kept.get(line.id, ()), line.id, Scope.CHECK_IN, _silent(some, now))
    )


def _step_on(desk: Desk, organisation: Organisation, line: Line, now: datetime) -> int:
    done = 0
    with desk.engine.begin() as connection:
        stored_rota.lock(connection, line.id)
        due = _due(connection, [line], now).get(line.id, ())
        for one in due:
            if one.step is not None:
                done += _take(connection, desk, organisation, line, one.turn, one.step, now)
            if one.turn.time.start <= now:
                _withdraw(connection, one.key, now)
        watched.update(connection, line.id, Scope.CHECK_IN, _silent(due, now), now)
    return done


def _due(
    connection: sa.Connection, lines: Collection[Line], now: datetime
) -> Mapping[LineId, Sequence[_Due]]:
    """The turns of these hours on each of *lines* where people are asked."""
    plans = {line.id: line.check_in for line in lines if line.check_in is not None}
    ahead = max((plan.ask for plan in plans.values()), default=timedelta(0))
    rotas = stored_rota.in_force_on(connection, plans.keys(), _around(now, ahead))
    keys = {
        line: {check_ins.key_of(line, turn): turn for turn in _coming(rotas[line], plan, now)}
        for line, plan in plans.items()
    }
    known = check_ins.progress(connection, [key for some in keys.values() for key in some])
    return {
        line: [
            _Due(key, turn, known[key], next_step(turn, known[key], plans[line], now))
            for key, turn in some.items()
        ]
        for line, some in keys.items()
    }


def _silent(due: Iterable[_Due], now: datetime) -> list[Finding]:
    return [_finding(one.turn) for one in due if one.is_silent(now)]


def confirm(connection: sa.Connection, asked: str, by: str, now: datetime) -> bool:
    """Keep that she is there, said by text or with a key; whether it was the first time."""
    is_first = check_ins.confirm(connection, asked, by, now)
    _withdraw(connection, asked, now)
    log.info("check_in.confirmed", check_in=asked, by=by, first=is_first)
    return is_first


def _withdraw(connection: sa.Connection, asked: str, now: datetime) -> None:
    """What has not been sent by now is not: nobody is asked what she has said, or when on duty."""
    for letter in _letters(asked):
        carried.give_up(connection, letter, now)


def _letters(asked: str) -> tuple[str, str]:
    """The keys of the text and of the call that ask."""
    return f"check_in/{asked}", f"{CALLED}/{asked}"


def _around(now: datetime, ask: timedelta) -> Interval:
    return Interval(now - _AROUND, now + ask + _AROUND)


def _coming(shifts: Iterable[Shift], plan: CheckIn, now: datetime) -> Iterator[Turn]:
    """The turns that begin soon, or have just begun."""
    around = _around(now, plan.ask)
    soon = Interval(now - _TOLD_FOR, now + plan.ask + timedelta(seconds=1))
    for turn in turns(shift for shift in shifts if shift.time.touches(around)):
        if turn.time.start in soon and now < turn.time.end:
            yield turn


def _take(
    connection: sa.Connection,
    desk: Desk,
    organisation: Organisation,
    line: Line,
    turn: Turn,
    step: Step,
    now: datetime,
) -> bool:
    therapist = organisation.therapists.get(turn.therapist)
    match step:
        case Step.ASK:
            is_ours = check_ins.ask(connection, line.id, turn, now)
            letters = _question(connection, line, therapist, turn)
        case Step.CALL:
            is_ours = check_ins.call(connection, line.id, turn, now)
            letters = _call(line, therapist, turn)
        case Step.TELL:
            is_ours = check_ins.tell(connection, line.id, turn, now)
            letters = _warning(connection, organisation, line, turn)
    if is_ours:
        post(connection, desk, letters, now)
        log.info("check_in.step", line=line.id, therapist=turn.therapist, step=step)
    return is_ours


def _question(
    connection: sa.Connection, line: Line, therapist: Therapist | None, turn: Turn
) -> Iterator[Letter]:
    if therapist is None or therapist.phone is None:
        return
    if therapist.id in texts.opted_out_staff(connection):
        return  # the call asks her
    said = phrases(FIRST).written["check_in"].format(when=when(turn.time.start, line))
    key, _ = _letters(check_ins.key_of(line.id, turn))
    yield Letter(key, By.TEXT, line.id, therapist.phone.e164, said)


def _call(line: Line, therapist: Therapist | None, turn: Turn) -> Iterator[Letter]:
    if therapist is not None and therapist.phone is not None:
        _, key = _letters(check_ins.key_of(line.id, turn))
        number = therapist.phone.e164
        yield Letter(key, By.CALL, line.id, number, "", None, therapist.id)


def _warning(
    connection: sa.Connection, organisation: Organisation, line: Line, turn: Turn
) -> Iterator[Letter]:
    """Whoever stands next in the ladder is told to be prepared; the managers by the watch."""
    if turn.position != _FIRST:
        return
    said = phrases(FIRST).written["unconfirmed"].format(when=when(turn.time.start, line))
    first_moment = Interval(turn.time.start, turn.time.start + timedelta(seconds=1))
    for shift in stored_rota.in_force(connection, line.id, first_moment):
        other = organisation.therapists.get(shift.therapist)
        if shift.therapist != turn.therapist and other is not None and other.phone is not None:
            key = f"unconfirmed/{check_ins.key_of(line.id, turn)}/{other.id}"
            yield Letter(key, By.TEXT, line.id, other.phone.e164, said)


def _finding(turn: Turn) -> Finding:
    return Finding(
        "CHECK_IN",
        Severity.ERROR if turn.position == _FIRST else Severity.WARNING,
        turn.therapist,
        turn.time.start,
        turn.time.end,
        f"{turn.therapist} has not confirmed the duty in position {turn.position}",
        f"call {turn.therapist}, or put somebody else in position {turn.position}",
    )


def asked_by(letter: Letter) -> tuple[LineId, TherapistId, str]:
    """Line, therapist and check-in of the call that *letter* is."""
    return letter.line, letter.therapist or TherapistId(""), letter.key.partition("/")[2]
