"""Before a duty: asks by text whether she is there, then by a call, then tells others."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import carried, check_ins, texts, watched
from app.store import rota as stored_rota
from app.store.outbox import By, Letter
from app.store.watched import Scope
from app.wording import when
from routing.check_in import CheckIn, Progress, Stage, Step, Turn, next_step, turns
from routing.finding import Finding, Severity
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Organisation, Therapist

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
    done = 0
    for line in organisation.lines.values():
        with desk.engine.begin() as connection:
            stored_rota.lock(connection, line.id)
            silent: list[Turn] = []
            if line.check_in is not None:
                for turn, was, step in _steps(connection, line, line.check_in, now):
                    if step is not None and _take(
                        connection, desk, organisation, line, turn, step, now
                    ):
                        done += 1
                    is_silent = was.stage is Stage.SILENT or step is Step.TELL
                    if is_silent and now < turn.time.start + _TOLD_FOR:
                        silent.append(turn)
                    if turn.time.start <= now:
                        _withdraw(connection, check_ins.key_of(line.id, turn), now)
            found = [_finding(turn) for turn in silent]
            watched.update(connection, line.id, Scope.CHECK_IN, found, now)
    return done


def _steps(
    connection: sa.Connection, line: Line, plan: CheckIn, now: datetime
) -> Iterator[tuple[Turn, Progress, Step | None]]:
    """The turns of these hours, what has been done about each, and what is to be done now."""
    coming = _coming(connection, line, plan, now)
    known = check_ins.progress(connection, line.id, coming)
    for turn in coming:
        yield turn, known[turn], next_step(turn, known[turn], plan, now)


def confirm(connection: sa.Connection, asked: str, by: str, now: datetime) -> bool:
    """Keep that she is there, said by text or with a key; whether it was the first time."""
    is_first = check_ins.confirm(connection, asked, by, now)
    _withdraw(connection, asked, now)
    log.info("check_in.confirmed", check_in=asked, by=by, first=is_first)
    return is_first


def _withdraw(connection: sa.Connection, asked: str, now: datetime) -> None:
    """What has not been sent by now is not: nobody is asked what she has said, or when on duty."""
    for beginning in (f"check_in/{asked}", f"{CALLED}/{asked}"):
        carried.give_up(connection, beginning, now)


def _coming(
    connection: sa.Connection, line: Line, plan: CheckIn, now: datetime
) -> tuple[Turn, ...]:
    """The turns that begin soon, or have just begun."""
    window = Interval(now - _AROUND, now + plan.ask + _AROUND)
    shifts = stored_rota.in_force(connection, line.id, window)
    soon = Interval(now - _TOLD_FOR, now + plan.ask + timedelta(seconds=1))
    return tuple(turn for turn in turns(shifts) if turn.time.start in soon and now < turn.time.end)


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
    key = f"check_in/{check_ins.key_of(line.id, turn)}"
    yield Letter(key, By.TEXT, line.id, therapist.phone.e164, said)


def _call(line: Line, therapist: Therapist | None, turn: Turn) -> Iterator[Letter]:
    if therapist is not None and therapist.phone is not None:
        key = f"{CALLED}/{check_ins.key_of(line.id, turn)}"
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
