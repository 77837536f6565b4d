"""An administrator of the tests, and what is in force after she has changed it."""

from app.demo.stage import Stage
from app.duty import organisation_desk as desk
from app.duty.gate import Gate
from app.duty.organisation_forms import Edit
from routing.access import Office, Viewer
from routing.organisation import Organisation
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.examples import HASSELBY_VALLINGBY


def stage_of(stage_at: StageAt) -> Stage:
    """A Tuesday morning, without a rota."""
    return stage_at("2026-03-03T10:00", toml=WITH_MANAGERS, shifts=())


class Administrator:
    """An administrator at the gate: one transaction for each thing that is done."""

    def __init__(self, stage: Stage, name: str = "a1") -> None:
        self.stage = stage
        self.viewer = Viewer(name, Office.ADMINISTRATOR, HASSELBY_VALLINGBY)

    def _at(self) -> Gate:
        parts = self.stage.parts
        return Gate(self.connection, parts.cipher, self.stage.organisation, self.viewer,
                    parts.clock())  # fmt: skip

    def standing(self) -> desk.Standing:
        with self.stage.parts.engine.begin() as self.connection:
            return desk.standing(self._at())

    def propose(self, edit: Edit, version: int | None = None) -> tuple[str, ...]:
        version = self.standing().version if version is None else version
        with self.stage.parts.engine.begin() as self.connection:
            return desk.propose(self._at(), edit, version).lines

    def apply(self, edit: Edit, version: int | None = None) -> tuple[str, ...]:
        version = self.standing().version if version is None else version
        with self.stage.parts.engine.begin() as self.connection:
            return desk.apply(self._at(), edit, version)

    def propose_file(self, content: bytes) -> desk.Proposal:
        with self.stage.parts.engine.begin() as self.connection:
            return desk.propose_file(self._at(), content)

    def again(self) -> desk.Proposal:
        with self.stage.parts.engine.begin() as self.connection:
            return desk.again(self._at())

    def apply_file(self, token: str) -> tuple[str, ...]:
        with self.stage.parts.engine.begin() as self.connection:
            return desk.apply_file(self._at(), token)

    def history(self) -> tuple[desk.Told, ...]:
        with self.stage.parts.engine.begin() as self.connection:
            return desk.history(self._at())


def in_force(stage: Stage) -> Organisation:
    """What every process goes by, once it has looked."""
    stage.parts.mirror.refresh()
    return stage.parts.mirror.picture.organisation
