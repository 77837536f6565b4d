"""A lock that its holder may take twice, and may put down while it waits for somebody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class Baton:
    """
    Whoever holds it may change the carrier's state.

    The carrier puts it down while the service answers a webhook: the service
    may well send a text in the middle of its answer, from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._holder != me:
            self._lock.acquire()
            self._holder = me
        self._depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._holder = None
            self._lock.release()

    @contextmanager
    def put_down(self) -> Iterator[None]:
        """Let others hold it meanwhile; does nothing for somebody who does not hold it."""
        me = threading.get_ident()
        if self._holder != me:
            yield
            return
        depth, self._depth, self._holder = self._depth, 0, None
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._holder, self._depth = me, depth
