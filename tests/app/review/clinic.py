"""Where the doctor is given somebody ill to look at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.cli import doctor as command
from app.review.diagnosis import Diagnosis
from tests.app.review.ward import Ward
from tests.app.world import settings_for

Found = Iterable[Diagnosis]


@dataclass(frozen=True, slots=True)
class Clinic:
    """Where each is provoked."""

    ward: Ward
    folder: Path
    patch: pytest.MonkeyPatch

    def nothing_changed(self, **env: str) -> Found:
        return self.ward.with_rows(lambda _: None, **env)

    def looked(self, **env: str) -> Found:
        """What the command finds, at home and with no account: nobody outside is asked."""
        at_home = {"PUBLIC_URL": "", "TWILIO_AUTH_TOKEN": "", **env}
        own = settings_for(f"sqlite:///{self.ward.file}", self.folder, **at_home)
        parts = assemble(own)
        try:
            return command.look(own, parts)[1]
        finally:
            parts.engine.dispose()


Provoke = Callable[[Clinic], Found]
