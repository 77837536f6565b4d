"""A rota that somebody brings as a file at a desk: read apart, and kept as a draft."""

import json
import pickle
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.duty.gate import Gate
from app.duty.rota_desk import line_for
from app.store import drafts
from app.store.rota import Signed
from routing.errors import InvalidInput, Place, Unavailable
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.rota import Shift
from routing.rota_rights import RotaAct

# By name only: a process that answers calls must not be able to load a reader of files.
_READER = "app.duty.rota_desk_reader"
_PATIENCE = 30.0  # seconds; a rota of a year takes one
_KINDS = (".csv", ".ics", ".xlsx")
_ODD = re.compile(r"[^\w.\- ]+")
_LONGEST_NAME = 80


class FileRefused(InvalidInput):
    """A file that is no rota as a whole, or has an error in it; *findings* say what and where."""

    code = "file_refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("an error in the file: nothing was kept")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Brought:
    """The number of the draft that a file became, how many shifts it holds, and its oddities."""

    draft: int
    shifts: int
    findings: tuple[Finding, ...]


def check_brings(gate: Gate, line_id: str) -> Line:
    """The line, for somebody who may bring a rota of it; raises NotFound and NotAllowed."""
    return line_for(gate, line_id, RotaAct.CHANGE)


def read(
    line: Line, organisation: Organisation, name: str, content: bytes, now: datetime
) -> tuple[tuple[Shift, ...], tuple[Finding, ...]]:
    """
    Every shift in a CSV, ICS or XLSX file, and what is odd about it; outside any transaction.

    Raises:
        FileRefused: it is none of the three, makes no sense, holds an error, or no shift.
        Unavailable: it could not be read in time.
    """
    file = _ODD.sub("_", name)[-_LONGEST_NAME:]
    if not file.lower().endswith(_KINDS):
        raise FileRefused((_fault("WRONG_KIND", Place(file)),))
    # The reader needs no secret of the feed, only whom its names mean.
    feed = None if line.feed is None else replace(line.feed, token="", addresses=())
    asked = pickle.dumps((replace(line, feed=feed), organisation, file, content, now))
    try:
        run = subprocess.run(  # noqa: S603 - our own module, and no word of the file's
            [sys.executable, "-m", _READER],
            input=asked,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        )
        said = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as err:
        raise Unavailable("the file could not be read in time") from err
    if "refused" in said:
        raise FileRefused((_fault(said["refused"], _place(said["place"])),))
    found = tuple(_finding(one) for one in said["findings"])
    errors = tuple(f for f in found if f.severity is Severity.ERROR)
    if errors or not said["shifts"]:
        raise FileRefused(errors or (_fault("NO_SHIFTS", Place(file)),))
    return tuple(_shift(*one) for one in said["shifts"]), found


def keep(
    gate: Gate, line_id: str, name: str, shifts: tuple[Shift, ...], found: tuple[Finding, ...]
) -> Brought:
    """
    Keep what was read as a draft, from its first start to its last end.

    Raises:
        NotFound, NotAllowed: as `check_brings`.
    """
    line = check_brings(gate, line_id)
    span = Interval(min(s.time.start for s in shifts), max(s.time.end for s in shifts))
    signed = Signed(gate.viewer.id, _ODD.sub("_", name)[-_LONGEST_NAME:], gate.now)
    number = drafts.keep(gate.connection, line.id, span, shifts, signed)
    return Brought(number, len(shifts), found)


def _fault(rule: str, place: Place | None) -> Finding:
    return Finding(rule, Severity.ERROR, None, None, None, rule, "", place)


def _shift(start: str, end: str, position: int, therapist: str) -> Shift:
    time = Interval(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return Shift(time, position, TherapistId(therapist))


def _finding(said: Mapping[str, Any]) -> Finding:
    return Finding(
        said["rule"],
        Severity(said["severity"]),
        said["therapist"],
        None,
        None,
        said["message"],
        said["remedy"],
        _place(said["place"]),
    )


def _place(said: list[Any] | None) -> Place | None:
    return None if said is None else Place(*said)
