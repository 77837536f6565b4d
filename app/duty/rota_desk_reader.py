"""
Reads one rota file in a process of its own: ``python -m app.duty.rota_desk_reader``.

A process that answers calls loads no reader of files, and a file that makes one hang or grow holds
up nobody.  `app.duty.rota_desk_file` starts it; what was asked comes in on stdin, and the answer is
JSON on stdout.
"""

import json
import pickle
import sys
import tempfile
from pathlib import Path

from rota_adapter.files import read_file
from rota_adapter.reading import Reading, Unusable
from routing.errors import InvalidInput, Place
from routing.finding import Finding


def main() -> None:
    """Read what was asked for, and say what is in it."""
    line, organisation, name, content, now = pickle.load(sys.stdin.buffer)  # noqa: S301 - see above
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            answer = _said(read_file(path, line, organisation, now))
        except InvalidInput as fault:
            rule = fault.rule if isinstance(fault, Unusable) else fault.code.upper()
            answer = {"refused": rule, "place": _place(fault.place)}
    json.dump(answer, sys.stdout)


def _said(read: Reading) -> dict[str, object]:
    shifts = [
        (s.time.start.isoformat(), s.time.end.isoformat(), s.position, s.therapist)
        for s in read.shifts
    ]
    return {"shifts": shifts, "findings": [_finding(found) for found in read.findings]}


def _finding(found: Finding) -> dict[str, object]:
    return {
        "rule": found.rule,
        "severity": str(found.severity),
        "therapist": found.therapist,
        "message": found.message,
        "remedy": found.remedy,
        "place": _place(found.place),
    }


def _place(place: Place | None) -> list[object] | None:
    return None if place is None else [place.file, place.line, place.field]


if __name__ == "__main__":
    main()
