"""What a therapist does from the night's page: each is what a text of hers would do."""

import uuid
from datetime import datetime

import structlog

from app.duty import check_in, tonight_orders
from app.duty.gate import Gate
from app.duty.handover import Desk
from app.duty.standby import Standby, standby
from app.duty.take_over import TakeOverRefused, Why
from app.store import check_ins, texts
from routing.errors import Conflict, InvalidInput, NotFound, Place
from routing.ids import LineId, TherapistId
from routing.text import LONGEST_PAUSE

log = structlog.get_logger()

PAUSES = (15, 30, 60, LONGEST_PAUSE)  # minutes


class NotOnStandby(Conflict):
    """She is not on standby, so there is nothing to pause."""

    code = "not_on_standby"


def pause(gate: Gate, line: LineId, minutes: int) -> datetime:
    """
    Skip the viewer for so many minutes; returns until when.

    Raises:
        InvalidInput: not one of PAUSES.
        NotFound: there is no such line.
        NotOnStandby: she is not on standby there.
        PauseRefused: a caller would be left with nobody.
    """
    if minutes not in PAUSES:
        raise InvalidInput("is not one of the lengths", Place("pause", field="minutes"))
    on, me = _on(gate, line), _me(gate)
    if me not in {shift.therapist for shift in on.shifts}:
        raise NotOnStandby("not on standby")
    until = tonight_orders.pause(gate.connection, on, me, minutes)
    log.info("standby.paused", therapist=me, minutes=minutes)
    return until


def resume(gate: Gate, line: LineId) -> None:
    """Let the viewer be rung again; raises NotFound as `pause`."""
    tonight_orders.resume(gate.connection, _on(gate, line), _me(gate))
    log.info("standby.resumed", therapist=gate.viewer.id)


def ask_for_duty(gate: Gate, desk: Desk, line: LineId) -> TherapistId:
    """
    Ask whoever has the duty whether the viewer may have it; returns who is asked.

    Raises:
        NotFound: there is no such line.
        TakeOverRefused: with why.
    """
    on, question = _on(gate, line), uuid.uuid4().hex
    texts.lock_line(gate.connection, line)
    asked = tonight_orders.ask_for_duty(
        gate.connection, desk, on, _me(gate), question, f"take/{question}"
    )
    log.info("take_over.asked", question=question, taker=gate.viewer.id)
    return asked.giver


def hand_over_duty(gate: Gate, desk: Desk, line: LineId, question: str) -> TherapistId:
    """
    Say yes to whoever asked for the viewer's duty; returns who has it now.

    Raises:
        NotFound: there is no such line.
        TakeOverRefused: that question does not wait for her yes any more.
    """
    on = _on(gate, line)
    texts.lock_line(gate.connection, line)
    asked = texts.asked_of(gate.connection, _me(gate), line, gate.now)
    if asked is None or asked.id != question:
        raise TakeOverRefused("the question is over", Why.TOO_LATE)
    if not tonight_orders.agree(gate.connection, desk, on, asked, f"taken/{question}"):
        raise TakeOverRefused("it was answered before", Why.TOO_LATE)
    log.info("take_over.agreed", question=question, giver=gate.viewer.id)
    return asked.taker


def say_present(gate: Gate, line: LineId) -> bool:
    """
    Keep that the viewer is there for her duty; false where nothing was asked, or it was too late.

    Raises:
        NotFound: there is no such line.
    """
    _line(gate, line)
    asked = check_ins.waiting_for(gate.connection, _me(gate), line, gate.now)
    return asked is not None and check_in.confirm(gate.connection, asked.id, "page", gate.now)


def _me(gate: Gate) -> TherapistId:
    return TherapistId(gate.viewer.id)


def _line(gate: Gate, line: LineId) -> LineId:
    if line not in gate.organisation.lines:
        raise NotFound("there is no such line")
    return line


def _on(gate: Gate, line: LineId) -> Standby:
    known = gate.organisation.lines[_line(gate, line)]
    return standby(gate.connection, gate.organisation, known, gate.now)
