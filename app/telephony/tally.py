"""What a process counts: requests and what they took, who was turned away, and what was lost."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
import structlog

from app.measures import REST, SWEEPS, SWEEPS_FAILED, UNSIGNED, WEBHOOKS
from app.store import measures, pulses
from app.store.measures import Added, Labels
from app.store.pulses import Pulse

log = structlog.get_logger()

_EVERY = timedelta(seconds=10)
_NEVER = datetime.min.replace(tzinfo=UTC)
_K = TypeVar("_K", str, date)


class Tally:
    """
    Counts in memory, so that a request that is counted costs no query.

    What was counted is written down by whoever calls `flush`: a few rows, and seldom, however many
    requests somebody sends without a signature.
    """

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._lock = threading.Lock()
        self._told = _Told()
        self._flushed_at: datetime | None = None

    def came(self) -> None:
        """One that the carrier had signed."""
        now = self._clock()
        with self._lock:
            told = self._told
            told.came, told.came_at = told.came + 1, now

    def lost(self, rows: int) -> None:
        """What a caller did could be kept nowhere."""
        self._happened(pulses.LOST, rows)

    def refused(self, *, is_ours: bool = False) -> None:
        """One that was turned away; *is_ours* if it named our account, and showed a signature."""
        now = self._clock()
        with self._lock:
            _more(self._told.refused, now.date(), now, 1)
            if is_ours:
                _more(self._told.refused_ours, now.date(), now, 1)
            self._told.added.add(UNSIGNED)

    def answered(self, series: Labels, seconds: float) -> None:
        """A request of the carrier's was answered; *series* is at which endpoint, and how."""
        with self._lock:
            self._told.added.observe(WEBHOOKS, series, seconds)

    def asked(self, resource: str, status: str, seconds: float) -> None:
        """The carrier's REST API was asked for a *resource*."""
        with self._lock:
            self._told.added.observe(REST, (resource, status), seconds)

    def swept(self, sweep: str, seconds: float) -> None:
        """A sweep of the clock got to its end."""
        self._happened(pulses.swept(sweep))
        with self._lock:
            self._told.added.observe(SWEEPS, (sweep,), seconds)

    def failed(self, sweep: str, reason: str) -> None:
        """A sweep of the clock did not get to its end."""
        with self._lock:
            self._told.added.add(SWEEPS_FAILED, (sweep, reason))

    def flush(self) -> None:
        """Write down what was counted, ten seconds after the last time; else, later."""
        now = self._clock()
        if self._flushed_at is not None and now - self._flushed_at < _EVERY:
            return
        self._flushed_at = now
        with self._lock:
            told, self._told = self._told, _Told()
        told.settle()
        if not told:
            return
        try:
            with self._engine.begin() as connection:
                told.write(connection)
        except sa.exc.SQLAlchemyError as err:
            log.warning("tally.database_away", error=type(err).__name__)
            with self._lock:  # they are counted with those that have come meanwhile
                self._told.take(told)

    def _happened(self, name: str, times: int = 1) -> None:
        now = self._clock()
        with self._lock:
            _more(self._told.happened, name, now, times)


class _Told:
    """What has been counted since it was last written down."""

    def __init__(self) -> None:
        self.came, self.came_at = 0, _NEVER  # apart, since it is what callers wait for
        self.happened: dict[str, Pulse] = {}
        self.refused: dict[date, Pulse] = {}
        self.refused_ours: dict[date, Pulse] = {}  # of those; see `Tally.refused`
        self.added = Added()

    def settle(self) -> None:
        """Put what came with what else happened."""
        if self.came:
            _more(self.happened, pulses.WEBHOOK, self.came_at, self.came)
            self.came = 0

    def __bool__(self) -> bool:
        return bool(self.happened or self.refused or self.added)

    def write(self, connection: sa.Connection) -> None:
        if self.happened:
            pulses.beats(connection, self.happened)
        for pulse in self.refused.values():
            pulses.refused(connection, pulse.at, pulse.count)
        for pulse in self.refused_ours.values():
            pulses.refused(connection, pulse.at, pulse.count, is_ours=True)
        measures.add(connection, self.added)

    def take(self, earlier: "_Told") -> None:
        for name, pulse in earlier.happened.items():
            _more(self.happened, name, pulse.at, pulse.count)
        for day, pulse in earlier.refused.items():
            _more(self.refused, day, pulse.at, pulse.count)
        for day, pulse in earlier.refused_ours.items():
            _more(self.refused_ours, day, pulse.at, pulse.count)
        self.added.take(earlier.added)


def _more(kept: dict[_K, Pulse], key: _K, at: datetime, times: int) -> None:
    before = kept.get(key)
    kept[key] = (
        Pulse(at, times) if before is None else Pulse(max(at, before.at), before.count + times)
    )
