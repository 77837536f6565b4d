"""Whether whoever waits on a telephone may ask the database, or must go on without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import sqlalchemy as sa
import structlog

from routing.errors import Unavailable

log = structlog.get_logger()

# These say that the database is well and the question was not.
_ITS_ANSWERS = (sa.exc.IntegrityError, sa.exc.DataError)


class DatabaseAway(Unavailable):
    """The database does not answer, or not in time."""

    code = "database_away"


class Breaker:
    """
    Opens at the first failure, so that one caller has waited and no other does.

    It is closed by whoever has seen the database take what it did not take before, and that is
    never a caller.
    """

    def __init__(self) -> None:
        self._opened_at: float | None = None

    @property
    def is_open(self) -> bool:
        return self._opened_at is not None

    @property
    def seconds(self) -> float:
        """How long it has been open."""
        opened_at = self._opened_at
        return 0.0 if opened_at is None else monotonic() - opened_at

    def trip(self, err: BaseException) -> None:
        """The database has failed somebody; told once for each time that it goes away."""
        if self._opened_at is None:
            self._opened_at = monotonic()
            cause = getattr(err, "orig", None) or err.__cause__ or err
            log.warning("database.away", error=type(cause).__name__)

    def close(self) -> None:
        """The database has proved itself."""
        if self._opened_at is not None:
            log.info("database.back", seconds=round(self.seconds, 1))
            self._opened_at = None

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """
        Ask something of the database within this block, or nothing.

        Raises:
            DatabaseAway: it is away, or has gone away meanwhile.
        """
        if self.is_open:
            raise DatabaseAway("the database is away")
        try:
            yield
        except _ITS_ANSWERS:
            raise
        except sa.exc.SQLAlchemyError as err:
            self.trip(err)
            raise DatabaseAway("the database does not answer") from err
