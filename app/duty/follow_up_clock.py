"""The clock's part in follow-ups: who is told when a window opens, and who when nobody was met."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from app.duty.follow_up_letters import Case
from app.duty.handover import Desk
from app.duty.standby import Standby, standby
from app.store import follow_ups as stored
from app.store.database import reading
from routing.follow_up import (
    GOING_ON,
    FollowUp,
    IfNotReached,
    Result,
    State,
    Step,
    due,
    may_carry_out,
    takes_over,
    whom_to_tell,
)
from routing.ids import FollowUpId, TherapistId
from routing.ladder import Seeker
from routing.organisation import Organisation

log = structlog.get_logger()

_ASKED, _UNMANNED = "asked", "unmanned"


def open_follow_ups(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Take the step that is due with each follow-up whose window has come; how many were taken.

    Each is locked, judged and settled with its letters in one transaction of its own, and every
    letter hangs on a row that only one clock can add.

    Source: docs/follow-ups.md.
    """
    with reading(desk.engine) as connection:
        waiting = stored.waiting(connection, now)
    taken = 0
    for number in waiting:
        with desk.engine.begin() as connection:
            case = _case(connection, desk, organisation, number, now)
            taken += 0 if case is None else _step(case)
    return taken


def give_up(case: Case, by: TherapistId | None = None) -> bool:
    """
    Let it be not reached, and turn to whom it says; false where it was over before.

    Whatever the rule, the home district hears at once of one that nobody has even tried.

    Args:
        by: who recorded it; None when the clock did.
    """
    task = case.task
    if not stored.advance(case.connection, task.id, State.NOT_REACHED):
        return False
    stored.claim(case.connection, task.id, State.NOT_REACHED, by, case.now)
    rule = takes_over(task, stored.of_series(case.connection, task.series, case.now))
    was_passed_on = True
    if rule is IfNotReached.SOCIALJOUREN:
        whom = by or _who_has_it(case)
        fallback = next(iter(case.line.fallback), None)
        was_passed_on = (
            whom is not None
            and fallback is not None
            and case.tell(whom, "follow_up_fallback", name=fallback.name)
        )
    if not was_passed_on or not task.was_tried:
        case.tell_the_district("follow_up_undone")
    log.info("follow_up.not_reached", follow_up=task.id, then=rule, attempts=len(task.attempts))
    return True


def nobody_may(connection: sa.Connection, organisation: Organisation, task: FollowUp) -> bool:
    """Whether nobody who has the duty when *task* opens may make it, by the rota as it is now."""
    line = organisation.lines[task.order.line]
    around = standby(connection, organisation, line, task.window.time.start)
    there = [organisation.therapists.get(shift.therapist) for shift in around.shifts]
    start = task.window.time.start
    return not any(t is not None and may_carry_out(organisation, t, task, start) for t in there)


def call_off(case: Case) -> None:
    """Tell those who were told of it that there is nothing left to do."""
    for whom in stored.told(case.connection, case.task.id):
        case.tell(whom, "follow_up_cancelled")


def _case(
    connection: sa.Connection,
    desk: Desk,
    organisation: Organisation,
    number: FollowUpId,
    now: datetime,
) -> Case | None:
    task = stored.one(connection, number, now, lock=True)
    line = organisation.lines.get(task.order.line)
    if line is None:
        log.error("follow_up.line_is_gone", follow_up=number)
        return None
    return Case(connection, desk, organisation, line, task, now)


def _step(case: Case) -> int:
    number = case.task.id
    match due(case.task, case.now):
        case Step.NOT_REACHED:
            return int(give_up(case))
        case Step.ASK:
            return _ask(case)
        case Step.OPEN:
            stored.advance(case.connection, number, State.OPEN)
            stored.claim(case.connection, number, State.OPEN, None, case.now)
            log.info("follow_up.opened", follow_up=number)
            return 1 + _give(case)
        case None:
            return _give(case)


def _give(case: Case) -> int:
    """Tell whoever has the duty now and may; the home district where that is nobody."""
    task, now = case.task, case.now
    is_busy = any(attempt.result is Result.GOING_ON for attempt in task.attempts)
    if task.state not in GOING_ON or now not in task.window.time:
        return 0
    if is_busy or not task.attempts_left:
        return 0
    around = standby(case.connection, case.organisation, case.line, now)
    on_standby = {shift.therapist for shift in around.shifts}
    told = stored.told(case.connection, task.id)
    whom = whom_to_tell(_able(case, around), on_standby, told)
    if whom is not None:
        is_ours = stored.claim_told(case.connection, task.id, whom, now)
        if is_ours:
            case.tell(whom, "follow_up")
    else:
        is_manned = bool(on_standby & set(told))
        is_ours = not is_manned and stored.claim(case.connection, task.id, _UNMANNED, None, now)
        if is_ours:
            case.tell_the_district("follow_up_nobody")
    if is_ours:
        log.info("follow_up.told", follow_up=task.id, therapist=whom)
    return int(is_ours)


def _able(case: Case, around: Standby) -> tuple[TherapistId, ...]:
    """Those on standby who can be texted and may do it, in the order they are rung."""
    # The ladder is asked for a stranger, since the mandate for standby is another one.
    known = (case.organisation.therapists[t] for t in around.ladder(Seeker()).therapists)
    return tuple(t.id for t in known if may_carry_out(case.organisation, t, case.task, case.now))


def _ask(case: Case) -> int:
    """Whoever was answered last is asked what came of it."""
    if not stored.claim(case.connection, case.task.id, _ASKED, None, case.now):
        return 0
    answered = [a.therapist for a in case.task.attempts if a.result is Result.ANSWERED]
    case.tell(answered[-1], "follow_up_ask")
    return 1


def _who_has_it(case: Case) -> TherapistId | None:
    """Whoever was told last; else who called last, or is on standby and may know of it."""
    told = stored.told(case.connection, case.task.id)
    if told:
        return told[-1]
    if case.task.attempts:
        return case.task.attempts[-1].therapist
    around = standby(case.connection, case.organisation, case.line, case.now)
    return next(iter(_able(case, around)), None)
