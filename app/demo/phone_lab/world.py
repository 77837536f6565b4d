"""Makes the lab's world anew at any moment: the invented organisation, its callers and its rota."""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from app.bootstrap import assemble
from app.demo.rota import days_off, shifts_around
from app.demo.stage import Stage
from app.settings import Settings
from app.store import absences as stored_absences
from app.store import rota as stored_rota
from app.store.rota import Signed
from routing.organisation import Line

# A world has a rota for four weeks ahead; a jump further than this makes another.
LASTS = timedelta(weeks=3)
DATABASE = "beredskap.db"


@dataclass(frozen=True, slots=True)
class Worlds:
    """
    Copies of one database that holds everything but a rota: a new world takes a few milliseconds.

    *folder* holds the file `template.db`, made once by whoever assembles the demo, and perhaps
    `opening.db`, which has a past besides: that becomes the first world.  The file
    `beredskap.db` leads to the database of the world that is now, for other programs.
    """

    folder: Path
    settings: Settings
    _numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def at(self, moment: datetime) -> Stage:
        """A world in which it is *moment*, with a rota around it, and in which nothing has been."""
        own = self.folder / f"world-{self._numbers()}"
        own.mkdir()
        opening = self.folder / "opening.db"
        if opening.exists():
            opening.rename(own / DATABASE)
        else:
            shutil.copyfile(self.folder / "template.db", own / DATABASE)
        settings = self.settings_at(own)
        publish_a_rota(settings, moment)
        link = self.folder / f"{DATABASE}.new"
        link.symlink_to((own / DATABASE).resolve())
        link.replace(self.folder / DATABASE)
        return Stage(settings, moment, seed=secrets.randbits(64), strict=False)

    def settings_at(self, own: Path) -> Settings:
        """The settings of a world whose files are in *own*."""
        url = f"sqlite:///{(own / DATABASE).resolve()}"
        return replace(self.settings, database_url=url, state_dir=own)

    def over(self, stage: Stage) -> None:
        """Close *stage* and remove its files."""
        stage.close()
        shutil.rmtree(stage.parts.settings.state_dir)


def publish_a_rota(settings: Settings, moment: datetime) -> None:
    """Shifts for eight weeks around *moment*, signed by nobody who exists."""
    parts = assemble(settings)
    parts.mirror.look()
    lines = parts.mirror.picture.organisation.lines.values()
    with parts.engine.begin() as connection:
        for line in lines:
            _publish(connection, line, moment)
    parts.engine.dispose()


def _publish(connection: sa.Connection, line: Line, moment: datetime) -> None:
    shifts = shifts_around(moment, line)
    stored_absences.replace_span(connection, days_off(shifts, line))
    stored_rota.publish(connection, line.id, shifts, Signed("demo", "påhittat", moment))
