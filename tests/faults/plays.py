"""Plays a story in a world of its own, once undisturbed and once for each step to die at."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

from tests.app.duty.before_duty import WITH_MANAGERS, manned
from tests.app.world import load_world, settings_for
from tests.examples import at
from tests.faults.deaths import MortalStage, files_are_steps
from tests.faults.processes import Fate
from tests.faults.stories import STORIES, Story, outcome, prepare, settle

Outcome = dict[str, str]
_READS = ("SELECT", "BEGIN")


@dataclass(frozen=True, slots=True)
class Played:
    """How a story ended, the steps it took, and at which of them a process died."""

    ended: Outcome
    steps: Sequence[str]
    died: Sequence[str]


@dataclass
class Playground:
    """Where stories are played: each in a database that begins the same."""

    url: Callable[[Path], str]  # a database for the play whose files are in that folder
    folder: Path
    plays: int = field(default=0)

    @classmethod
    def on_sqlite(cls, migrated: Callable[[Path], str], folder: Path) -> "Playground":
        """On copies of one loaded file, which *migrated* makes."""
        template = folder / "template.db"
        _load(migrated(template), folder)

        def copied(own: Path) -> str:
            shutil.copyfile(template, own / "world.db")
            return f"sqlite:///{own / 'world.db'}"

        return cls(copied, folder)

    @classmethod
    def on_postgres(cls, emptied: Callable[[], str], folder: Path) -> "Playground":
        """On one database, which *emptied* empties."""

        def loaded(own: Path) -> str:
            url = emptied()
            _load(url, own)
            return url

        return cls(loaded, folder)

    def play(
        self,
        name: str,
        die_at: int | None = None,
        *,
        clocks: int = 1,
        kind: type[MortalStage] = MortalStage,
        skew: Mapping[str, timedelta] | None = None,
    ) -> Played:
        """The story of that name, in which the process that takes step *die_at* dies there."""
        story, fate = STORIES[name], Fate(die_at)
        stage = self.open(story, fate, clocks=clocks, kind=kind, skew=skew)
        try:
            prepare(stage)
            with files_are_steps(lambda: stage):
                fate.counts = True
                story.plays(stage)
                fate.counts = False
                settle(stage)
            return Played(outcome(stage), fate.taken, fate.died)
        finally:
            stage.close()
            shutil.rmtree(stage.parts.settings.state_dir)

    def open(
        self,
        story: Story,
        fate: Fate,
        *,
        clocks: int = 1,
        kind: type[MortalStage] = MortalStage,
        skew: Mapping[str, timedelta] | None = None,
    ) -> MortalStage:
        """A stage for *story*, with a database of its own that begins as every other."""
        self.plays += 1
        own = self.folder / f"play{self.plays}"
        own.mkdir()
        settings = settings_for(self.url(own), own)
        start = at(story.starts).astimezone(UTC)
        return kind(
            settings, start, fate=fate, mails=story.mails, clocks=clocks, strict=False, skew=skew
        )


def sample(steps: Sequence[str], most: int) -> list[int]:
    """
    Numbers of *most* of the steps, spread evenly over those that leave something behind.

    Before a statement that only reads nothing is lost that would not be lost after the last write.
    """
    telling = [
        number
        for number, step in enumerate(steps, start=1)
        if not step.partition(": ")[2].startswith(_READS)
    ]
    every = max(1, len(telling) // most)
    return telling[every // 2 :: every][:most]


def differences(wanted: Outcome, got: Outcome) -> dict[str, tuple[str, str]]:
    """What ended otherwise: what was to be, and what came."""
    return {name: (wanted[name], got[name]) for name in wanted if wanted[name] != got[name]}


def _load(url: str, folder: Path) -> None:
    load_world(settings_for(url, folder), shifts=manned(), toml=WITH_MANAGERS)
