"""
A proposal for a rota, asked for at a desk.

A proposal takes up to some minutes of a processor, so no page waits for one: what is asked for is
kept, the clock has it made by a process of its own (`app.duty.rota_desk_planner`), and the page
says how far it has come.
"""

import importlib.util
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.duty.gate import Gate
from app.duty.rota_desk import line_for
from app.store import rota as stored_rota
from app.store import writings
from app.store.fields import FieldCipher
from app.store.writings import Writing
from routing.absence import Absence, AbsenceKind
from routing.errors import Conflict, InvalidInput, Place
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.rota_rights import RotaAct

MOST_WEEKS, LARGEST_SEED = 53, 2**31 - 1
GIVEN_UP_AFTER = timedelta(minutes=30)  # a clock that ended meanwhile comes to no end of it
_SUBJECT, _SOLVER = "plan", "ortools"


class Stage(StrEnum):
    """How far a proposal has come; kept as written, so never renamed."""

    ASKED = "asked"
    WORKING = "working"
    DONE = "done"
    NONE = "none"  # there is no such rota, and it is said why
    MISSING = "missing"  # the solver is not installed
    FAILED = "failed"


UNDER_WAY = frozenset({Stage.ASKED, Stage.WORKING})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was asked for, by whom, and what has come of it: *answer* is the command's own."""

    stage: Stage
    author: str
    first: date
    weeks: int
    seed: int
    at: datetime
    answer: Mapping[str, Any]

    @property
    def draft(self) -> int | None:
        """The number of the draft that it became."""
        number = self.answer.get("draft")
        return int(number) if number is not None else None

    @property
    def days_off(self) -> tuple[Absence, ...]:
        """The days off without which the rota is not lawful."""
        return tuple(
            Absence(
                Interval(
                    datetime.fromisoformat(one["starts_at"]), datetime.fromisoformat(one["ends_at"])
                ),
                TherapistId(one["therapist"]),
                AbsenceKind.COMPENSATION,
            )
            for one in self.answer.get("days_off", ())
        )


def is_installed() -> bool:
    """Whether the solver is there, as far as this process can see; nothing is loaded."""
    return importlib.util.find_spec(_SOLVER) is not None


def ask(gate: Gate, line_id: str, first: date, weeks: int, seed: int) -> None:
    """
    Ask for a proposal; the clock has it made.

    Raises:
        NotFound, NotAllowed: as `line_for`.
        InvalidInput: the dates or numbers are none that can be planned.
        Conflict: one is under way for this line already.
    """
    line = line_for(gate, line_id, RotaAct.CHANGE)
    if first <= line.today(gate.now):
        raise InvalidInput("must be a coming day", Place("first"))
    if not 1 <= weeks <= MOST_WEEKS:
        raise InvalidInput(f"must be from 1 to {MOST_WEEKS}", Place("weeks"))
    if not 0 <= seed <= LARGEST_SEED:
        raise InvalidInput("is too large", Place("seed"))
    stored_rota.lock(gate.connection, line.id)
    there = found(gate.connection, gate.cipher, line.id, gate.now)
    if there is not None and there.stage in UNDER_WAY:
        raise Conflict("a proposal for this line is under way")
    made = Proposal(Stage.ASKED, gate.viewer.id, first, weeks, seed, gate.now, {})
    keep(gate.connection, gate.cipher, line.id, made, gate.now)


def proposal(gate: Gate, line_id: str) -> Proposal | None:
    """
    The latest proposal for the line of the last week, and how far it has come; None where none.

    Raises:
        NotFound, NotAllowed: as `line_for`.
    """
    line = line_for(gate, line_id, RotaAct.CHANGE)
    return found(gate.connection, gate.cipher, line.id, gate.now)


def forget(gate: Gate, line_id: str) -> None:
    """Keep nothing of the latest proposal; a draft that it became stays.  Raises as `proposal`."""
    line = line_for(gate, line_id, RotaAct.CHANGE)
    writings.drop(gate.connection, _key(line.id), _SUBJECT)


def found(
    connection: sa.Connection, cipher: FieldCipher, line: LineId, now: datetime
) -> Proposal | None:
    """What is kept of the latest proposal; one that came to no end in time has failed."""
    return _proposal(writings.of_person(connection, cipher, _key(line), _SUBJECT, now), now)


def found_everywhere(
    connection: sa.Connection, cipher: FieldCipher, lines: Iterable[LineId], now: datetime
) -> Mapping[LineId, Proposal]:
    """As `found`, of each of *lines* for which there is one: the clock's, and no page's."""
    keys = {line: _key(line) for line in lines}
    kept = writings.of_several(connection, cipher, keys.values(), _SUBJECT, now)
    every = ((line, _proposal(kept.get(key), now)) for line, key in keys.items())
    return {line: proposal for line, proposal in every if proposal is not None}


def _proposal(kept: Writing | None, now: datetime) -> Proposal | None:
    if kept is None or kept.was_sent:
        return None
    said = kept.fields
    stage = Stage(said["stage"])
    if stage is Stage.WORKING and now - kept.saved_at > GIVEN_UP_AFTER:
        stage = Stage.FAILED
    return Proposal(
        stage,
        said["author"],
        date.fromisoformat(said["first"]),
        int(said["weeks"]),
        int(said["seed"]),
        kept.saved_at,
        json.loads(said["answer"]),
    )


def keep(
    connection: sa.Connection, cipher: FieldCipher, line: LineId, one: Proposal, now: datetime
) -> None:
    """Keep how far a proposal has come.  The caller commits."""
    said = {
        "stage": str(one.stage),
        "author": one.author,
        "first": one.first.isoformat(),
        "weeks": str(one.weeks),
        "seed": str(one.seed),
        "answer": json.dumps(dict(one.answer)),
    }
    writings.save(connection, cipher, _key(line), _SUBJECT, said, now)


def _key(line: LineId) -> str:
    """Whose writing it is kept as: nobody's in particular, for all managers of the line."""
    return f"line:{line}"
