"""Virtual time: what is due next happens next, and nobody sleeps."""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.lab.baton import Baton

MOST_STEPS = 200_000  # in one run; a scenario needs hundreds, so this is a loop


@dataclass(frozen=True, slots=True)
class Wait:
    """What a script yields: wake me after *seconds* or at a signal; None means only at a signal."""

    seconds: float | None = None


Script = Generator[Wait, object, None]


class RunawayEngine(RuntimeError):
    """Events caused events without end."""


class Engine:
    """
    A queue of things to do, ordered by virtual time and then by when they were asked for.

    The clock stands still while something is done and jumps to whatever is
    due next, so that a night of calls takes milliseconds.  A live mode calls
    :meth:`run_until` with the time on the wall instead.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            msg = "the carrier's clock starts at an aware moment"
            raise ValueError(msg)
        self.baton = Baton()
        self._start = start.astimezone(UTC)
        self._elapsed = 0.0
        self._order = itertools.count()
        self._queue: list[tuple[float, int, Callable[[], None], Callable[[], bool]]] = []

    def now(self) -> datetime:
        """The virtual moment, aware and in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    @property
    def elapsed(self) -> float:
        """Seconds of virtual time since the start."""
        return self._elapsed

    @property
    def next_at(self) -> datetime | None:
        """When something is to happen next that is still wanted; None when nothing is."""
        with self.baton:
            wanted = (due for due, _, _, still_wanted in self._queue if still_wanted())
            due = min(wanted, default=None)
        return None if due is None else self._start + timedelta(seconds=due)

    def after(
        self,
        seconds: float,
        action: Callable[[], None],
        still_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """
        Do *action* after so many virtual seconds; nought means after what is going on now.

        One that is no longer *still_wanted* when it falls due takes no time: a call that is over
        would otherwise last until the alarm that would have ended it.
        """
        with self.baton:
            due = self._elapsed + max(seconds, 0.0)
            heapq.heappush(self._queue, (due, next(self._order), action, still_wanted))

    def pass_by(self, seconds: float) -> None:
        """Let time pass in the middle of something; what fell due meanwhile is done late."""
        self._elapsed += seconds

    def start(self, script: Script, after: float = 0.0) -> "Process":
        """A process that follows *script*, its first step taken after so many seconds."""
        process = Process(self, script)
        self.after(after, process.begin)
        return process

    def run(self) -> None:
        """Do everything that is due or will become due, until nothing is."""
        self._run(float("inf"))

    def run_until(self, moment: datetime) -> None:
        """Do everything due up to and at *moment*; then it is *moment*, never earlier."""
        limit = (moment.astimezone(UTC) - self._start).total_seconds()
        self._run(limit)
        with self.baton:
            self._elapsed = max(self._elapsed, limit)

    def _run(self, limit: float) -> None:
        for _ in range(MOST_STEPS):
            with self.baton:
                if not self._queue or self._queue[0][0] > limit:
                    return
                due, _order, action, still_wanted = heapq.heappop(self._queue)
                if still_wanted():
                    self._elapsed = max(self._elapsed, due)
                    action()
        raise RunawayEngine(f"more than {MOST_STEPS} events in one run")


class Process:
    """A script under way: a generator that waits, and an inbox of signals that wake it."""

    def __init__(self, engine: Engine, script: Script) -> None:
        self.done = False
        self._engine = engine
        self._script = script
        self._inbox: deque[object] = deque()
        self._waiting: object | None = None

    def begin(self) -> None:
        self._resume(None)

    def signal(self, event: object) -> None:
        """Wake the script with *event*, after what is going on now; ignored when it is done."""
        with self._engine.baton:
            if self.done:
                return
            self._inbox.append(event)
            if self._waiting is not None:
                self._wake_after(0.0)

    def _wake_after(self, seconds: float) -> None:
        waiting = self._waiting

        def is_still_waiting() -> bool:
            # The script may have been woken by something else since.
            return waiting is self._waiting and not self.done

        def wake() -> None:
            self._resume(self._inbox.popleft() if self._inbox else None)

        self._engine.after(seconds, wake, is_still_waiting)

    def _resume(self, event: object) -> None:
        self._waiting = None
        try:
            wait = self._script.send(event)
        except StopIteration:
            self.done = True
            return
        except BaseException:
            self.done = True
            raise
        self._waiting = object()
        if self._inbox:
            self._wake_after(0.0)
        elif wait.seconds is not None:
            self._wake_after(wait.seconds)
