"""Fixtures of the app's tests: settings, a loaded database, and a stage to play calls on."""

import io
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from time import monotonic
from typing import Protocol, TextIO

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from structlog._config import BoundLoggerLazyProxy

from app.demo.stage import Stage
from app.lab.variant import Variant
from app.log import configure_logging
from app.review.in_time import LEFT_BEHIND
from app.settings import Settings
from routing.register import RegisterEntry
from routing.rota import Shift
from tests.app.world import REGISTER, evening, load_world, settings_for
from tests.examples import ORGANISATION_TOML, at


class StageAt(Protocol):
    """Makes a stage whose clock starts at a wall time in Stockholm."""

    def __call__(
        self,
        moment: str,
        *,
        shifts: Sequence[Shift] | None = None,
        toml: str = ORGANISATION_TOML,
        entries: Sequence[RegisterEntry] = REGISTER,
        strict: bool = True,
    ) -> Stage:
        """Without *shifts*, t4 and then t1 have that evening from five to ten."""


_ON_POSTGRES = pytest.mark.postgres
_READINGS = [pytest.param(("sqlite", variant), id=f"sqlite-{variant}") for variant in Variant]
_A_ON_BOTH = [
    pytest.param(("sqlite", Variant.A), id="sqlite"),
    pytest.param(("postgres", Variant.A), id="postgres", marks=_ON_POSTGRES),
]


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings for an empty database, on each engine in turn."""
    return settings_for(database_url, tmp_path)


@pytest.fixture
def sqlite_settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """Settings for tests to which the engine makes no difference."""
    return settings_for(sqlite_url, tmp_path)


@pytest.fixture(params=[*_READINGS, _A_ON_BOTH[1]])
def stage_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StageAt]:
    """Stages for each reading of Twilio's documentation, and on PostgreSQL for one of them."""
    yield from _stages(request, tmp_path)


@pytest.fixture(params=_READINGS)
def variant_stage_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StageAt]:
    """Stages for each reading of Twilio's documentation, where the engine makes no difference."""
    yield from _stages(request, tmp_path)


@pytest.fixture(params=_A_ON_BOTH)
def engine_stage_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StageAt]:
    """Stages on each engine, where the reading makes no difference."""
    yield from _stages(request, tmp_path)


@pytest.fixture(params=_A_ON_BOTH[:1])
def sqlite_stage_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StageAt]:
    """Stages where neither makes a difference."""
    yield from _stages(request, tmp_path)


def _wait_for_who_was_left_behind() -> None:
    """SQLite takes the whole process along when what one thread asks of is closed by another."""
    ends = monotonic() + 2
    for thread in threading.enumerate():
        if thread.name == LEFT_BEHIND:
            thread.join(max(ends - monotonic(), 0))


@contextmanager
def connections_closed_afterwards() -> Iterator[None]:
    """Processes end and let go of their databases; parts put together in a test do so here."""
    opened: list[DBAPIConnection] = []

    def remember(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        opened.append(connection)

    sa.event.listen(Pool, "connect", remember)
    try:
        yield
    finally:
        sa.event.remove(Pool, "connect", remember)
        _wait_for_who_was_left_behind()
        for connection in opened:
            connection.close()


@pytest.fixture(autouse=True)
def no_connection_stays_open() -> Iterator[None]:
    """Whatever a test opens is closed when it ends."""
    with connections_closed_afterwards():
        yield


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """What the service logs, in JSON or in columns, as the process would write it."""
    written = io.StringIO()
    start_log(written)
    yield written
    _forget_loggers()
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def start_log(to: TextIO, *, as_json: bool = True) -> None:
    """Log to *to* from now on."""
    _forget_loggers()
    configure_logging(as_json=as_json, to=to, level=logging.INFO)


_LOOKED_AT: set[str] = set()
_WERE_THERE: list[int] = [0]  # how many modules, when they were last looked at
_LOGGERS: list[BoundLoggerLazyProxy] = []


def _forget_loggers() -> None:
    """Each of our loggers keeps, from its first line, where it wrote that; now it asks again."""
    if _WERE_THERE[0] != len(sys.modules):  # to look at thousands twice a test takes too long
        _WERE_THERE[0] = len(sys.modules)
        for name in sys.modules.keys() - _LOOKED_AT:
            _LOOKED_AT.add(name)
            if name.startswith("app."):
                known = vars(sys.modules[name]).values()
                _LOGGERS.extend(own for own in known if isinstance(own, BoundLoggerLazyProxy))
    for own in _LOGGERS:
        vars(own).pop("bind", None)


def _stages(request: pytest.FixtureRequest, folder: Path) -> Iterator[StageAt]:
    engine, reading = request.param
    settings = settings_for(request.getfixturevalue(f"{engine}_url"), folder)
    open_ones: list[Stage] = []

    def make(
        moment: str,
        *,
        shifts: Sequence[Shift] | None = None,
        toml: str = ORGANISATION_TOML,
        entries: Sequence[RegisterEntry] = REGISTER,
        strict: bool = True,
    ) -> Stage:
        own = evening(moment[:10]) if shifts is None else shifts
        load_world(settings, shifts=own, toml=toml, entries=entries)
        stage = Stage(settings, at(moment).astimezone(UTC), variant=reading, strict=strict)
        open_ones.append(stage)
        return stage

    yield make
    for stage in open_ones:
        stage.close()
