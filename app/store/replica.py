"""A copy of the database, seconds behind, on which long counting is in nobody's way."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self, TypeVar

import sqlalchemy as sa
import structlog

from app.store import pulses
from app.store.database import reading

log = structlog.get_logger()
_Found = TypeVar("_Found")

# Replication is seconds behind; a copy that has stood still for so long is no copy any more, and
# holds what has been purged meanwhile.
BEHIND = timedelta(minutes=15)
# Until then nobody asks a copy again that failed somebody, who waited for it.
RESTS = timedelta(minutes=1)


class Replica:
    """
    Answers questions for as long as it can be asked; whoever gets no answer asks the primary.

    How far behind it is it says itself, by the clock's newest heartbeat in it: that is written four
    times a minute, and tells of any kind of copy.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._away_since: datetime | None = None
        self._asked_last: datetime | None = None
        self._guard = threading.Lock()

    def through(self, wall: Callable[[sa.Engine], sa.Engine]) -> Self:
        """The same for those who look, who see here what they see on the primary."""
        return type(self)(wall(self._engine))

    def ask(
        self, question: Callable[[sa.Connection], _Found], now: datetime
    ) -> tuple[_Found, datetime] | None:
        """What *question* finds, and as of when; None where the copy is away or too far behind."""
        if self._rests(now):
            return None
        try:
            with reading(self._engine) as connection:
                beat = pulses.read(connection).get(pulses.CLOCK)
                if beat is None or now - beat.at > BEHIND:
                    self._is_away(now, "behind")
                    return None
                found = question(connection)
        except sa.exc.SQLAlchemyError as err:
            # Also what a standby breaks off since the primary has removed the rows it reads.
            self._is_away(now, type(getattr(err, "orig", None) or err).__name__)
            return None
        self._is_back()
        return found, beat.at

    def _rests(self, now: datetime) -> bool:
        with self._guard:
            return self._asked_last is not None and now - self._asked_last < RESTS

    def _is_away(self, now: datetime, why: str) -> None:
        with self._guard:
            is_news, self._asked_last = self._away_since is None, now
            self._away_since = self._away_since or now
        if is_news:
            log.warning("replica.away", reason=why)

    def _is_back(self) -> None:
        with self._guard:
            is_news = self._away_since is not None
            self._away_since = self._asked_last = None
        if is_news:
            log.info("replica.back")
