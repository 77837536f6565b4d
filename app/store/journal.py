"""What a webhook writes down before it answers: one transaction, or the spool."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from app.store.spool import Entry, Spool
from app.store.writer import Bound, Writer
from routing.errors import RowsRefused, Unavailable

log = structlog.get_logger()

# Longer than a commit ever takes; a caller may wait five seconds for us.
_PATIENCE = 4.0


@dataclass(slots=True)
class _Batch:
    rows: Sequence[Bound]
    is_taken: bool = False
    is_kept: bool = False
    refused: RowsRefused | None = None


class Journal:
    """
    Keeps batches of rows durably; a row whose key is there already stays as it was.

    One thread writes at a time.  Meanwhile the batches of the others gather, and whoever is next
    commits them all at once: a slow disk is waited for once, and no two threads fight for SQLite.
    """

    def __init__(self, engine: sa.Engine, spool: Spool) -> None:
        self.engine, self.spool = engine, spool
        self._writer = Writer(engine)
        self._waiting: deque[_Batch] = deque()
        self._writing = threading.Lock()

    def write(self, batch: Sequence[Entry]) -> None:
        """
        Keep *batch* whole, in the database or else in the spool.

        Never raises: a caller is helped even if nothing can be written, and that is logged as the
        loss it is.
        """
        try:
            self.store(batch)
        except Unavailable as err:
            log.warning("journal.database_away", error=type(err.__cause__ or err).__name__)
            self._spool(batch)
        except RowsRefused as err:
            # The spool keeps it too: when it drains, it is set aside for somebody to look at.
            log.error("journal.refused", error=type(err.__cause__).__name__)  # noqa: TRY400 - secret
            self._spool(batch)

    def store(self, batch: Sequence[Entry]) -> None:
        """
        Keep *batch* in the database, in one transaction.

        Raises:
            Unavailable: the database is away, or has kept another thread busy for too long.
            RowsRefused: it will not take these rows, now or later.
        """
        mine = _Batch(self._writer.bind(batch))
        self._waiting.append(mine)
        if not self._writing.acquire(timeout=_PATIENCE):
            raise Unavailable("the database does not answer in time")
        try:
            if not mine.is_taken:
                self._write_those_waiting()
        finally:
            self._writing.release()
        if mine.refused is not None:
            raise mine.refused
        if not mine.is_kept:
            raise Unavailable("the database did not answer another thread")

    def _write_those_waiting(self) -> None:
        together = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for one in together:
            one.is_taken = True
        try:
            self._writer.add_once(row for one in together for row in one.rows)
        except RowsRefused:
            self._write_one_by_one(together)
            return
        for one in together:
            one.is_kept = True

    def _write_one_by_one(self, batches: Sequence[_Batch]) -> None:
        """What is wrong with one batch must not cost the others theirs."""
        for one in batches:
            try:
                self._writer.add_once(one.rows)
                one.is_kept = True
            except RowsRefused as err:
                one.refused = err

    def _spool(self, batch: Sequence[Entry]) -> None:
        try:
            self.spool.append(batch)
        except OSError as err:
            log.error("journal.lost", rows=len(batch), error=type(err).__name__)  # noqa: TRY400
