"""The clock's part in a proposal for a rota: it starts the planner apart, and sees to its end."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, Any

import sqlalchemy as sa
import structlog

from app.duty.rota_desk_plan import Proposal, Stage, found, found_everywhere, keep
from app.store import rota as stored_rota
from app.store.database import reading
from app.store.fields import FieldCipher
from routing.ids import LineId
from routing.organisation import Line, Organisation

log = structlog.get_logger()

# The command as on a terminal, with the settings that the clock was started with.
_COMMAND = (sys.executable, "-c", "from app.cli import main; main()", "rota", "generate", "--json")
_BAD_INPUT, _MOST = 2, 4_000_000
_SAYS_MISSING = "OR-Tools"
# What of the command's answer a page needs: the shifts are in the draft.
_SHOWN = ("status", "draft", "days_off", "given_up", "left_out", "weeks", "remedies", "rules")


@dataclass(frozen=True, slots=True)
class Run:
    """A planner that is working, and what it has said so far."""

    asked: Proposal
    process: subprocess.Popen[bytes]
    out: IO[bytes]
    err: IO[bytes]


@dataclass(frozen=True, slots=True)
class PlanDesk:
    """What the clock needs to have rotas proposed; *working* are those that it has started."""

    engine: sa.Engine
    cipher: FieldCipher
    working: dict[LineId, Run] = field(default_factory=dict)


def propose_rotas(desk: PlanDesk, organisation: Organisation, now: datetime) -> int:
    """
    Take every proposal a step further: begin what was asked for, end what is done; how many.

    Nothing here waits for the planner.  A clock that ends meanwhile leaves it to finish its draft.
    """
    with reading(desk.engine) as connection:
        known = found_everywhere(connection, desk.cipher, organisation.lines, now)
    asked = {line for line, proposal in known.items() if proposal.stage is Stage.ASKED}
    due = asked.union(desk.working)
    return sum(_step(desk, line, now) for line in organisation.lines.values() if line.id in due)


def _step(desk: PlanDesk, line: Line, now: datetime) -> bool:
    run = desk.working.get(line.id)
    if run is not None:
        if run.process.poll() is None:
            return False
        del desk.working[line.id]
        return _end(desk, line, run, now)
    with desk.engine.begin() as connection:
        stored_rota.lock(connection, line.id)  # two clocks start one
        asked = found(connection, desk.cipher, line.id, now)
        if asked is None or asked.stage is not Stage.ASKED:
            return False
        keep(connection, desk.cipher, line.id, replace(asked, stage=Stage.WORKING), now)
    desk.working[line.id] = _started(line, asked)
    log.info("rota.plan_started", line=line.id, weeks=asked.weeks)
    return True


def _started(line: Line, asked: Proposal) -> Run:
    options = {"line": line.id, "from": asked.first, "weeks": asked.weeks, "seed": asked.seed}
    words = [f"--{name}={value}" for name, value in options.items()]
    # Closed when it has ended, by whichever sweep sees that.
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - see above
    process = subprocess.Popen([*_COMMAND, *words], stdout=out, stderr=err)  # noqa: S603 - numbers and an id
    return Run(asked, process, out, err)


def _end(desk: PlanDesk, line: Line, run: Run, now: datetime) -> bool:
    said, complaint = (_read(file) for file in (run.out, run.err))
    stage, answer = _outcome(run.process.returncode, said, complaint)
    with desk.engine.begin() as connection:
        stored_rota.lock(connection, line.id)
        kept = found(connection, desk.cipher, line.id, now)
        if kept is None or (kept.first, kept.weeks) != (run.asked.first, run.asked.weeks):
            return False  # forgotten meanwhile
        done = replace(run.asked, stage=stage, answer=answer)
        keep(connection, desk.cipher, line.id, done, now)
    log.info("rota.plan_ended", line=line.id, stage=stage)
    return True


def _outcome(status: int, said: bytes, complaint: bytes) -> tuple[Stage, dict[str, Any]]:
    try:
        whole = json.loads(said)
    except ValueError:
        is_missing = status == _BAD_INPUT and _SAYS_MISSING.encode() in complaint
        return (Stage.MISSING if is_missing else Stage.FAILED), {}
    answer = {name: whole[name] for name in _SHOWN if name in whole}
    if whole.get("draft") is None:
        answer["empty"] = _places(whole.get("empty", ()))
        return Stage.NONE, answer
    return Stage.DONE, answer


def _places(empty: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first places that nobody can hold, and why."""
    return list(empty)[:10]


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    content = file.read(_MOST)
    file.close()
    return content
