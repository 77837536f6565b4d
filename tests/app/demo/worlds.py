"""The lab's worlds for tests: made up once, and copied for each test."""

import shutil
from pathlib import Path

from app.demo.evening import made_up
from app.demo.phone_lab.world import Worlds
from app.settings import Settings
from tests.app.world import settings_for
from tests.examples import at

FRIDAY = "2026-11-20T19:04"  # open: Cecilia (t3) is first, Daniel (t4) the backup
FIRST, BACKUP = "t3", "t4"


def make_template(folder: Path) -> Path:
    """A folder with what every world is copied from."""
    made_up(_settings(folder, "template.db", ""), at(FRIDAY), rota=False)
    return folder


def worlds_in(folder: Path, template: Path, address: str = "") -> Worlds:
    """Worlds of one test, in *folder*; the service believes to be at *address*."""
    shutil.copyfile(template / "template.db", folder / "template.db")
    return Worlds(folder, _settings(folder, "beredskap.db", address))


def _settings(folder: Path, name: str, address: str) -> Settings:
    extra = {"PUBLIC_URL": address} if address else {}
    return settings_for(f"sqlite:///{folder}/{name}", folder, BEREDSKAP_DEMO="1", **extra)
