"""How many requests came from the carrier, and how many from nobody we know."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog

from app.store import pulses

log = structlog.get_logger()

_EVERY = timedelta(seconds=10)


class Tally:
    """
    Counts in memory, so that a request that is counted costs no query.

    What was counted is written down by whoever calls `flush`: a few rows, and seldom, however many
    requests somebody sends without a signature.
    """

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._lock = threading.Lock()
        self._came: tuple[int, datetime | None] = (0, None)
        self._refused: dict[date, tuple[int, datetime]] = {}
        self._flushed_at: datetime | None = None

    def came(self) -> None:
        """One that the carrier had signed."""
        now = self._clock()
        with self._lock:
            self._came = (self._came[0] + 1, now)

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
            came, refused = self._came, self._refused
            self._came, self._refused = (0, None), {}
        if not came[0] and not refused:
            return
        try:
            self._write(came, refused)
        except sa.exc.SQLAlchemyError as err:
            log.warning("tally.database_away", error=type(err).__name__)
            self._take_back(came, refused)

    def _write(
        self, came: tuple[int, datetime | None], refused: dict[date, tuple[int, datetime]]
    ) -> None:
        with self._engine.begin() as connection:
            count, at = came
            if at is not None:
                pulses.beat(connection, pulses.WEBHOOK, at, count)
            for count, last in refused.values():
                pulses.refused(connection, last, count)

    def _take_back(
        self, came: tuple[int, datetime | None], refused: dict[date, tuple[int, datetime]]
    ) -> None:
        """They are counted with those that have come meanwhile."""
        with self._lock:
            self._came = (self._came[0] + came[0], self._came[1] or came[1])
            for day, (count, last) in refused.items():
                more, later = self._refused.get(day, (0, last))
                self._refused[day] = (count + more, later)
