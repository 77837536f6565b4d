"""What a webhook writes down before it answers: one transaction, or the spool."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

import sqlalchemy as sa
import structlog

from app.store.breaker import Breaker
from app.store.database import reading
from app.store.patience import PROMPT
from app.store.spool import Entry, Spool
from app.store.writer import Bound, Writer
from routing.errors import RowsRefused, Unavailable

log = structlog.get_logger()


class Kept(Enum):
    """What became of a batch."""

    NEW = "new"
    AGAIN = "again"  # some of it was there, or of what was written together with it
    ELSEWHERE = "elsewhere"  # in the spool, or nowhere


@dataclass(slots=True)
class _Batch:
    rows: Sequence[Bound]
    is_taken: bool = False
    is_kept: bool = False
    is_new: bool = True
    refused: RowsRefused | None = None


class Journal:
    """
    Keeps batches of rows durably; a row whose key is there already stays as it was.

    One thread writes at a time.  Meanwhile the batches of the others gather, and whoever is next
    commits them all at once: a slow disk is waited for once, and no two threads fight for SQLite.

    The first who is failed by the database opens the breaker, and from then on nobody who waits on
    a telephone asks it.  `mend`, in the background, tries again what it failed to keep.
    """

    def __init__(
        self,
        engine: sa.Engine,
        spool: Spool,
        breaker: Breaker | None = None,
        tell_of_loss: Callable[[int], None] = lambda _: None,
    ) -> None:
        """*engine* is a prompt one; *tell_of_loss* learns how many rows could be kept nowhere."""
        self.engine, self.spool, self.breaker = engine, spool, breaker or Breaker()
        self._writer = Writer(engine)
        self._waiting: deque[_Batch] = deque()
        self._writing = threading.Lock()
        self._failed: Sequence[Bound] = ()
        self.lost = 0  # rows, since this process began
        self._tell_of_loss = tell_of_loss

    def write(self, batch: Sequence[Entry]) -> Kept:
        """
        Keep *batch* whole, in the database or else in the spool.

        Never raises: a caller is helped even if nothing can be written, and that is logged as the
        loss it is.
        """
        if not batch:
            return Kept.NEW
        if not self.breaker.is_open:
            try:
                return Kept.NEW if self._store(batch, while_open=False) else Kept.AGAIN
            except Unavailable as err:
                log.warning("journal.database_away", error=type(err.__cause__ or err).__name__)
            except RowsRefused as err:
                # The spool keeps it too: when it drains, it is set aside for somebody to look at.
                log.error("journal.refused", error=type(err.__cause__).__name__)  # noqa: TRY400 - secret
        self._spool(batch)
        return Kept.ELSEWHERE

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """
        A connection to read on, for whoever waits on a telephone.

        Raises:
            DatabaseAway: the database is away, or does not answer at once.
        """
        with self.breaker.guarding(), reading(self.engine) as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """As `reading`, for what only the database can take: rows that are changed."""
        with self.breaker.guarding(), self.engine.begin() as connection:
            yield connection

    def mend(self) -> None:
        """
        Close the breaker if the database takes what it failed to take, and what the spool holds.

        In this order, a text that waits is there before the one that comes after it.
        """
        if not self.breaker.is_open:
            return
        try:
            self._prove()
            self.drain()
        except Unavailable:
            return
        self.breaker.close()

    def drain(self) -> int:
        """
        Hand what the spool holds to the database; how many batches there were.

        A disk that refuses is logged: callers are no worse off for it.

        Raises:
            Unavailable: the database is away.
        """
        try:
            return self.spool.drain(self.store)
        except OSError as err:
            log.error("spool.disk_refuses", error=type(err).__name__)  # noqa: TRY400
            return 0

    def store(self, batch: Sequence[Entry]) -> None:
        """
        Keep *batch* in the database, in one transaction.

        Raises:
            Unavailable: the database is away, or has kept another thread busy for too long.
            RowsRefused: it will not take these rows, now or later.
        """
        self._store(batch, while_open=True)

    def warm(self) -> None:
        """Open what the next caller would else have to open; nothing where that fails."""
        if self._writer.is_closed and not self.breaker.is_open:
            with self._writing, suppress(Unavailable):
                self._writer.add_once(())

    def _store(self, batch: Sequence[Entry], *, while_open: bool) -> bool:
        mine = _Batch(self._writer.bind(batch))
        self._waiting.append(mine)
        if not self._writing.acquire(timeout=PROMPT.answer):
            self._is_away(Unavailable("the database keeps another thread waiting"), mine.rows)
        try:
            # Who waited behind somebody whom the database failed does not wait for it, too.
            if not mine.is_taken and (while_open or not self.breaker.is_open):
                self._write_those_waiting()
        except Unavailable as err:
            self._is_away(err, mine.rows)
        finally:
            self._writing.release()
        if mine.refused is not None:
            raise mine.refused
        if not mine.is_kept:
            raise Unavailable("the database did not answer another thread")
        return mine.is_new

    def _is_away(self, err: Unavailable, rows: Sequence[Bound]) -> NoReturn:
        self._failed = rows
        self.breaker.trip(err)
        raise err

    def _prove(self) -> None:
        """What was failed is the best proof: real rows, in the very tables, and no harm twice."""
        with self._writing:
            with suppress(RowsRefused):  # which is an answer
                self._writer.add_once(self._failed)
            self._failed = ()

    def _write_those_waiting(self) -> None:
        together = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for one in together:
            one.is_taken = True
        try:
            are_new = self._writer.add_once(row for one in together for row in one.rows)
        except RowsRefused:
            self._write_one_by_one(together)
            return
        for one in together:
            one.is_kept, one.is_new = True, are_new

    def _write_one_by_one(self, batches: Sequence[_Batch]) -> None:
        """What is wrong with one batch must not cost the others theirs."""
        for one in batches:
            try:
                one.is_new = self._writer.add_once(one.rows)
                one.is_kept = True
            except RowsRefused as err:
                one.refused = err

    def _spool(self, batch: Sequence[Entry]) -> None:
        try:
            self.spool.append(batch)
            log.info("journal.spooled", rows=len(batch))
        except OSError as err:
            log.error("journal.lost", rows=len(batch), error=type(err).__name__)  # noqa: TRY400
            self.lost += len(batch)
            self._tell_of_loss(len(batch))
