"""A soak: evenings of calls and texts in every kind of weather, each judged in figures."""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.clock import Sweep, attempt
from app.lab.call import Call
from tests.app.duty.before_duty import WITH_MANAGERS, manned
from tests.app.world import load_world, settings_for
from tests.examples import at
from tests.faults.deaths import MortalStage
from tests.faults.evening import Evening, PlannedCall, PlannedText, evening, register
from tests.faults.judging import Result, Wait, judged, waited
from tests.faults.weather import RandomFate, Storm, Weather

SEED = 20260303
_SWEEPS = (
    "spool.drain", "texts.handle", "texts.follow", "texts.ask", "texts.pass_on", "texts.failed",
    "missed.alert", "reconcile.calls", "outbox.send",
)  # fmt: skip
_MORNING = ("handover.build", "handover.notify", "handover.chase", *_SWEEPS)
_AWAY_FOR = timedelta(seconds=90)


class _Soaked(MortalStage):
    """A stage whose sweeps may fail, as the clock's do: what they owed stays owed."""

    storm: Storm

    def _attempt(self, name: str, sweep: Sweep) -> None:
        attempt(name, sweep)


class Soak:
    """Plays evenings in databases of their own, copied from one that is loaded."""

    def __init__(self, migrated: Callable[[Path], str], folder: Path) -> None:
        self._folder, self._template = folder, folder / "soak.db"
        load_world(
            settings_for(migrated(self._template), folder),
            shifts=manned(),
            toml=WITH_MANAGERS,
            entries=register(),
        )
        self._fair: dict[tuple[int, int, bool], Sequence[Wait]] = {}  # without any faults

    def run(self, weather: Weather, calls: int, texts: int, seed: int = SEED) -> Result:
        """One evening in *weather*, compared with the same one in none."""
        plan = evening(seed, calls, texts, crowded=weather.crowded)
        known = (seed, calls, weather.crowded)
        if known not in self._fair:
            fair = Evening(plan.calls, (), plan.ends_after)
            played, stage = self._play(fair, Weather("none"), seed, clocks=0)
            self._fair[known] = [waited(call) for call in played]
            self._close(stage)
        played, stage = self._play(plan, weather, seed, clocks=2)
        try:
            return judged(stage, stage.storm, weather, plan, played, self._fair[known])
        finally:
            self._close(stage)

    def _play(
        self, plan: Evening, weather: Weather, seed: int, *, clocks: int
    ) -> tuple[list[Call], _Soaked]:
        own = self._folder / "evening"
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        shutil.copyfile(self._template, own / "world.db")
        fate = RandomFate(weather, seed)
        stage = _Soaked(
            settings_for(f"sqlite:///{own / 'world.db'}", own),
            plan.starts.astimezone(UTC),
            fate=fate,
            seed=seed,
            strict=False,
            clocks=clocks,
        )
        stage.storm = Storm(weather, seed)
        stage.carrier._core.faults = stage.storm  # noqa: SLF001 - where chance throws the switches
        stage.carrier.set_phones({})
        calls = [
            stage.carrier.begin_call(c.number, phones=c.phones, caller=c.does, after=c.after)
            for c in plan.calls
        ]
        for text in plan.texts:
            stage.carrier.engine.after(text.after, _writes(stage, text))
        if clocks:  # from here on the log is to be complete
            stage.sweep(["reconcile.calls"], live=True)
        fate.counts = True
        for moment, what in sorted(_agenda(plan, weather, seed), key=lambda pair: pair[0]):
            stage.carrier.run_until(moment)
            what(stage)
        stage.storm.rages = fate.counts = False
        stage.carrier.run()
        return calls, stage

    def _close(self, stage: _Soaked) -> None:
        stage.close()


def _writes(stage: MortalStage, text: PlannedText) -> Callable[[], None]:
    def write() -> None:
        stage.carrier.begin_text(text.number, text.body)

    return write


def _sweeps(names: Sequence[str]) -> Callable[[_Soaked], None]:
    def sweep(stage: _Soaked) -> None:
        if not stage.storm.service_is_away:
            stage.sweep(names, live=True)

    return sweep


def _agenda(
    plan: Evening, weather: Weather, seed: int
) -> Iterator[tuple[datetime, Callable[[_Soaked], None]]]:
    """When the clocks sweep, and when something goes away and comes back."""
    start = plan.starts.astimezone(UTC)
    everybody: tuple[PlannedCall | PlannedText, ...] = (*plan.calls, *plan.texts)
    for event in everybody:
        for later in (3, 45, 130, 200):
            yield start + timedelta(seconds=event.after + later), _sweeps(_SWEEPS)
    for clock_time in ("22:00:05", "22:01:30", "22:03:00"):
        yield at(f"2026-03-03T{clock_time}").astimezone(UTC), _sweeps(_MORNING)
    yield at("2026-03-03T22:04").astimezone(UTC), _calm
    for later_on in ("03T22:05", "03T22:16", "03T22:28", "04T08:00", "04T09:01", "04T09:14"):
        yield at(f"2026-03-{later_on}").astimezone(UTC), _sweeps(_MORNING)
    chance = random.Random(seed)
    spans = (
        (weather.database_away, _database_goes, _database_comes),
        (weather.database_locked, _lock, _unlock),
        (weather.service_away, _service_goes, _service_comes),
    )
    for times, goes, comes in spans:
        for _ in range(times):
            moment = start + timedelta(seconds=chance.choice(plan.calls).after - 1)
            yield moment, goes
            yield moment + _AWAY_FOR, comes


def _calm(stage: _Soaked) -> None:
    """The weather clears before the night is told of; what it did stays done."""
    stage.storm.rages = stage.fate.counts = False


def _database_goes(stage: _Soaked) -> None:
    stage.storm.counts["database away"] += 1
    stage.fate.database_is_away = True
    for process in (stage.worker, *stage.clocks):
        process.cut()


def _database_comes(stage: _Soaked) -> None:
    stage.fate.database_is_away = False


def _lock(stage: _Soaked) -> None:
    """Somebody else writes and does not come to an end."""
    stage.storm.counts["database locked"] += 1
    stage.lock_database()


def _unlock(stage: _Soaked) -> None:
    stage.unlock_database()


def _service_goes(stage: _Soaked) -> None:
    stage.storm.service_is_away = True


def _service_comes(stage: _Soaked) -> None:
    stage.storm.service_is_away = False
