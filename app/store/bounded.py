"""Connections to PostgreSQL on which nothing hangs; loaded only where PostgreSQL is used."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.abc import RV, PQGen

from app.store.patience import PATIENT, Patience

_CHECKED_EVERY = 0.1  # seconds; psycopg's own


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed when the server has not answered within its *patience*."""

    patience: Patience = PATIENT
    gave_up = False
    _until: float | None = None

    def hurry(self, seconds: float | None) -> None:
        """From now on, *seconds* for everything; None is the usual time for each answer again."""
        self._until = None if seconds is None else monotonic() + seconds

    def wait(
        self, gen: PQGen[RV], interval: float = _CHECKED_EVERY, timeout: float | None = None
    ) -> RV:
        """As psycopg's own, by which each answer of the server is waited for."""
        left = self.patience.answer if self._until is None else self._until - monotonic()
        left = max(0.0, left if timeout is None else min(left, timeout))
        try:
            return super().wait(gen, interval=interval, timeout=left)
        except psycopg.errors._WaitTimeout as err:  # noqa: SLF001 - as psycopg's wait() documents
            # Whatever comes now answers a question that nobody asks any more.
            self.gave_up = True
            self.close()
            raise psycopg.errors.ConnectionTimeout("the server does not answer in time") from err


def bound(engine: sa.Engine, patience: Patience) -> None:
    """Let *engine* open only connections that keep to *patience*."""

    def connect(
        _dialect: sa.Dialect,
        _record: object,
        arguments: Any,  # noqa: ANN401 - the driver's own
        named: Any,  # noqa: ANN401 - the driver's own
    ) -> BoundedConnection:
        def connecting() -> BoundedConnection:
            opened = BoundedConnection.connect(*arguments, **named)
            opened.patience = patience
            try:
                if _is_pooled(opened):
                    opened.prepare_threshold = None
            except BaseException:
                opened.close()
                raise
            return opened

        return _within(patience.connect, connecting)

    def take(connection: BoundedConnection, *_: object) -> None:
        connection.hurry(patience.answer if patience.in_all else None)

    sa.event.listen(engine, "do_connect", connect)
    sa.event.listen(engine, "checkout", take)


def _is_pooled(connection: BoundedConnection) -> bool:
    """
    Whether a pooler stands before the server, by the number of a process that is not the server's.

    Where it hands the server to another client between two transactions, what one has prepared
    answers to the same name for the next: its question would be answered, or its narrowing of
    rights be replaced, by another's statement.  So through a pooler nothing is prepared.
    """
    connection.autocommit = True
    (number,) = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone() or (None,)
    connection.autocommit = False
    return bool(number != connection.info.backend_pid)


def _within(seconds: float, connect: Callable[[], BoundedConnection]) -> BoundedConnection:
    """
    What *connect* opens, if it does so in time; looking up a name may hang, too, and has no limit.

    A connection that comes too late is closed by the thread that opened it.
    """
    opened: Future[BoundedConnection] = Future()
    given_up = threading.Event()

    def opening() -> None:
        try:
            opened.set_result(connect())
        except Exception as err:  # noqa: BLE001 - whoever waits is told
            opened.set_exception(err)
        if given_up.is_set() and opened.exception() is None:
            opened.result().close()

    threading.Thread(target=opening, name="connecting", daemon=True).start()
    try:
        return opened.result(timeout=seconds)
    except TimeoutError:
        given_up.set()
        if opened.done() and opened.exception() is None:  # between the two lines
            opened.result().close()
        raise psycopg.errors.ConnectionTimeout("no connection in time") from None
