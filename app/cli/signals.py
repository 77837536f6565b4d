"""Ends a command in its own time: it puts back what it has borrowed, whoever wants it to end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Ctrl-C, `kill` and whoever shuts the machine down, and a terminal's window that is closed.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_once() -> Iterator[Callable[[], None]]:
    """
    The first of `ENDINGS` is a KeyboardInterrupt within the block, and those after it are nothing.

    What is yielded has all of them be nothing from then on: what it was borrowed for is over.
    """

    def deaf(*_: object) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)

    def end(*_: object) -> None:
        deaf()
        raise KeyboardInterrupt

    handlers = {one: signal.getsignal(one) for one in ENDINGS}
    # Whoever started it with nohup has said that it goes on.
    before = {one: known for one, known in handlers.items() if known not in {signal.SIG_IGN, None}}
    for one in before:
        signal.signal(one, end)
    try:
        yield deaf
    finally:
        for one, known in before.items():
            signal.signal(one, known)
