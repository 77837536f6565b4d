"""What a therapist may ask of her duty, by text or on a page: a pause, and to take it over."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.duty.handover import Desk
from app.duty.post import post
from app.duty.standby import Standby, standby
from app.duty.take_over import ask_for, carry_out
from app.phrases import FIRST, phrases
from app.store import rota as stored_rota
from app.store import texts
from app.store.outbox import By, Letter
from app.store.texts import TakeOver
from app.wording import clock_time
from routing.errors import Conflict
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.ladder import Reason, Seeker


class PauseRefused(Conflict):
    """A caller would be left with nobody."""

    code = "pause_refused"


def pause(connection: sa.Connection, on: Standby, staff: TherapistId, minutes: int) -> datetime:
    """
    Skip *staff* for a while; returns until when.  The caller commits.

    Raises:
        PauseRefused: it would leave a caller with nobody, now or on the way.
    """
    until = on.now + timedelta(minutes=minutes)
    shifts = stored_rota.in_force(connection, on.line.id, Interval(on.now, until))
    edges = {edge for s in shifts for edge in (s.time.start, s.time.end) if on.now < edge < until}
    later = (standby(connection, on.organisation, on.line, edge) for edge in sorted(edges))
    if any(_is_needed(there, staff) for there in (on, *later)):
        raise PauseRefused("nobody else can answer")
    texts.pause(connection, staff, until)
    return until


def resume(connection: sa.Connection, on: Standby, staff: TherapistId) -> None:
    """Let *staff* be rung again from now on.  The caller commits."""
    texts.pause(connection, staff, on.now)


def ask_for_duty(
    connection: sa.Connection, desk: Desk, on: Standby, taker: TherapistId, question: str, key: str
) -> TakeOver:
    """
    Ask whoever has the duty, by a text to be answered by a yes, whether *taker* may have it.

    Args:
        question: the id of the question.
        key: how the key of the text begins.

    Raises:
        TakeOverRefused: as `app.duty.take_over.ask_for`.
    """
    asked = ask_for(on, taker, question)
    texts.ask_take_over(connection, asked)
    said = _words("take_ask", taker=taker, until=clock_time(asked.until, on.line))
    post(connection, desk, to_staff(on, f"{key}/{asked.giver}", asked.giver, said), on.now)
    return asked


def agree(connection: sa.Connection, desk: Desk, on: Standby, asked: TakeOver, key: str) -> bool:
    """
    Carry out what was *asked*, and tell both by a text; false where it was agreed to before.

    Raises:
        TakeOverRefused: as `app.duty.take_over.carry_out`.
    """
    if not texts.agree(connection, asked, on.now):
        return False
    notes = carry_out(connection, on, asked)
    said = _words("taken", taker=asked.taker, until=clock_time(asked.until, on.line)) + notes
    for whom in (asked.taker, asked.giver):
        post(connection, desk, to_staff(on, f"{key}/{whom}", whom, said), on.now)
    return True


def to_staff(on: Standby, key: str, whom: TherapistId, said: str) -> Iterable[Letter]:
    """A text to one of the staff, where she has a telephone."""
    therapist = on.organisation.therapists.get(whom)
    if therapist is not None and therapist.phone is not None:
        yield Letter(key, By.TEXT, on.line.id, therapist.phone.e164, said)


def _is_needed(on: Standby, staff: TherapistId) -> bool:
    """Whether somebody would be left with nobody without *staff*."""
    without = replace(on, out={**on.out, staff: Reason.PAUSED})
    homes = (None, *on.line.districts)
    return any(
        on.ladder(Seeker(home)).rungs and not without.ladder(Seeker(home)).rungs for home in homes
    )


def _words(phrase: str, **values: object) -> str:
    return phrases(FIRST).written[phrase].format(**values)
