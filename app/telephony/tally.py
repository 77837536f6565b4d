"""How many requests came from the carrier, how many from nobody we know, and what was lost."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog

from app.store import pulses

log = structlog.get_logger()

_EVERY = timedelta(seconds=10)
_Times = tuple[int, datetime | None]  # how often, and when last


class Tally:
    """
    Counts in memory, so that a request that is counted costs no query.

    What was counted is written down by whoever calls `flush`: a few rows, and seldom, however many
    requests somebody sends without a signature.
    """

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._lock = threading.Lock()
        self._came: _Times = (0, None)
        self._lost: _Times = (0, None)
        self._refused: dict[date, tuple[int, datetime]] = {}
        self._flushed_at: datetime | None = None

    def came(self) -> None:
        """One that the carrier had signed."""
        now = self._clock()
        with self._lock:
            self._came = (self._came[0] + 1, now)

    def lost(self, rows: int) -> None:
        """What a caller did could be kept nowhere."""
        now = self._clock()
        with self._lock:
            self._lost = (self._lost[0] + rows, now)

    def refused(self) -> None:
        """One that was turned away."""
        now = self._clock()
        with self._lock:
            count, _ = self._refused.get(now.date(), (0, now))
            self._refused[now.date()] = (count + 1, now)

    def flush(self) -> None:
        """Write down what was counted, ten seconds after the last time; else, later."""
        now = self._clock()
        if self._flushed_at is not None and now - self._flushed_at < _EVERY:
            return
        self._flushed_at = now
        with self._lock:
            counted = _Counted(self._came, self._lost, self._refused)
            self._came, self._lost, self._refused = (0, None), (0, None), {}
        if not counted.came[0] and not counted.lost[0] and not counted.refused:
            return
        try:
            self._write(counted)
        except sa.exc.SQLAlchemyError as err:
            log.warning("tally.database_away", error=type(err).__name__)
            self._take_back(counted)

    def _write(self, counted: "_Counted") -> None:
        with self._engine.begin() as connection:
            for name, (count, at) in (
                (pulses.WEBHOOK, counted.came),
                (pulses.LOST, counted.lost),
            ):
                if at is not None:
                    pulses.beat(connection, name, at, count)
            for count, last in counted.refused.values():
                pulses.refused(connection, last, count)

    def _take_back(self, counted: "_Counted") -> None:
        """They are counted with those that have come meanwhile."""
        with self._lock:
            self._came = _together(self._came, counted.came)
            self._lost = _together(self._lost, counted.lost)
            for day, (count, last) in counted.refused.items():
                more, later = self._refused.get(day, (0, last))
                self._refused[day] = (count + more, later)


@dataclass(frozen=True, slots=True)
class _Counted:
    came: _Times
    lost: _Times
    refused: dict[date, tuple[int, datetime]]


def _together(now: _Times, before: _Times) -> _Times:
    return now[0] + before[0], now[1] or before[1]
