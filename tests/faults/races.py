"""Two web workers that are asked the same at the same moment, and two clocks that sweep at once."""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from app.bootstrap import create_app
from tests.faults.deaths import MortalStage
from tests.faults.processes import Process

_PATIENCE = 30.0
_ADDRESS = re.compile(rb"https?://[^\"<]*")


def at_once(*does: Callable[[], object]) -> list[object]:
    """What each of them returns, all begun at one moment; raises what any of them raises."""
    start = threading.Barrier(len(does))
    found: list[object] = [None] * len(does)
    errors: list[BaseException] = []

    def run(place: int, do: Callable[[], object]) -> None:
        try:
            start.wait(_PATIENCE)
            found[place] = do()
        except Exception as err:  # noqa: BLE001 - handed on to whoever waits
            errors.append(err)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(does)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    for error in errors:
        raise error
    return found


class RacingStage(MortalStage):
    """
    A stage on which everything comes twice at once.

    Each webhook is answered by two workers at the same moment, each with memory and connections of
    its own, and the carrier is given one of the answers; each sweep is done by all clocks together.
    """

    twin: Process | None = None
    answered_otherwise: list[tuple[bytes, bytes]]

    def sweep(self, names: Sequence[str] = (), *, live: bool = False) -> None:
        for clock in self.clocks:
            self._known(clock)
            clock.parts.mirror.refresh()
        for name in self.clocks[0].sweeps:
            if not names or name in names:
                at_once(*(clock.sweeps[name] for clock in self.clocks))
        if not live:
            self.carrier.run()

    def close(self) -> None:
        if self.twin is not None:
            self.twin.bury()
        super().close()

    def _answered(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        if self.twin is None:
            self.twin = self._process("web")
            self.answered_otherwise = []
            # Before they race: a process makes its application alone, and two that are made at once
            # in one interpreter may trip over each other in its compiler.
            for one in (self.worker, self.twin):
                one.app = create_app(one.parts)
        body = environ["wsgi.input"].read()
        told: list[Any] = []
        answers: list[bytes] = []

        def told_of(*given: Any) -> Callable[[bytes], object]:  # noqa: ANN401 - as WSGI has it
            told.append(given)
            return answers.append

        def ask(worker: Process) -> None:
            own = {**environ, "wsgi.input": _Body(body)}
            worker.parts.mirror.refresh()
            app = worker.app or create_app(worker.parts)
            answers.append(b"".join(app(own, told_of)))

        at_once(lambda: ask(self.worker), lambda: ask(self.twin or self.worker))
        plain = [_ADDRESS.sub(b"", answer) for answer in answers]
        if plain[0] != plain[1]:
            self.answered_otherwise.append((plain[0], plain[1]))
        start_response(*told[0])
        return [answers[0]]


class _Body:
    """What was posted, for one reader."""

    def __init__(self, body: bytes) -> None:
        self._left = body

    def read(self, size: int = -1) -> bytes:
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)
