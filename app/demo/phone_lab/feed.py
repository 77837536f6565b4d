"""The lab's rota in a file somewhere else, so that one can watch what happens when it is gone."""

import csv
from datetime import datetime
from pathlib import Path

import app.demo
from app.demo.stage import Stage
from app.intake.organisation_file import read_organisation
from app.store import organisation as stored_organisation
from routing.rota import Rota

_HERE = 'rota = { source = "database" }'
_NAME = "rota.csv"


class OutsideRota:
    """The file that a world's rota is read from, once somebody has wanted it to be dead."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._file = stage.parts.settings.state_dir / _NAME
        self._is_read = False

    def set(self, *, dead: bool) -> None:
        """Let it be gone, or back; before it is gone for the first time it is read once."""
        if dead and not self._is_read:
            self._begin()
        away = self._file.with_suffix(".away")
        if dead and self._file.exists():
            self._file.rename(away)
        elif not dead and away.exists():
            away.rename(self._file)

    def _begin(self) -> None:
        parts, now = self._stage.parts, self._stage.carrier.now()
        (rota,) = parts.mirror.picture.rotas.values()
        _write(self._file, rota, now)
        text = (Path(app.demo.__path__[0]) / "organisation.toml").read_text(encoding="utf-8")
        own = self._file.with_name("organisation.toml")
        there = f'rota = {{ source = "csv", file = "{self._file}", refresh = "1m" }}'
        own.write_text(text.replace(_HERE, there), encoding="utf-8")
        with parts.engine.begin() as connection:
            document = read_organisation(own).document
            stored_organisation.save(connection, parts.cipher, document, now)
        self._stage.sweep(["rota.read"], live=True)
        self._is_read = True


def _write(file: Path, rota: Rota, now: datetime) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        table = csv.writer(target)
        table.writerow(["position", "therapist", "starts_at", "ends_at"])
        for shift in rota.shifts:
            if shift.time.end > now:
                start, end = (at.isoformat() for at in (shift.time.start, shift.time.end))
                table.writerow([shift.position, shift.therapist, start, end])
