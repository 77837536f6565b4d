"""Web servers under measurement: started, timed to their first answer, weighed and stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from tests.bench.load import WrongAnswer, drive

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 30.0
_KINDS = {
    "granian": (
        "granian --interface wsgi --host 127.0.0.1 --port {port} --workers {workers}"
        " --blocking-threads {threads} --backlog 1024 --backpressure 512 --http 1 --no-ws"
        " --no-access-log {app}"
    ),
    "gunicorn-sync": "gunicorn --bind 127.0.0.1:{port} --workers {workers} {app}",
    "gunicorn-gthread": (
        "gunicorn --bind 127.0.0.1:{port} --workers {workers}"
        " --worker-class gthread --threads {threads} {app}"
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A server by name, with its worker processes and the threads in each."""

    name: str
    workers: int
    threads: int

    @classmethod
    def parse(cls, text: str, workers: int, threads: int) -> Self:
        """``granian`` with *workers* and *threads*, or ``granian:2x8`` with its own."""
        name, _, size = text.partition(":")
        if name not in _KINDS:
            raise ValueError(f"{name} is none of {', '.join(_KINDS)}")
        if size:
            workers, threads = map(int, size.split("x"))
        return cls(name, workers, 1 if name == "gunicorn-sync" else threads)

    def __str__(self) -> str:
        return f"{self.name} {self.workers}×{self.threads}"

    def command(self, app: str, port: int) -> list[str]:
        line = _KINDS[self.name].format(
            port=port, workers=self.workers, threads=self.threads, app=app
        )
        program, *rest = line.split(" ")
        return [str(Path(sys.executable).with_name(program)), *rest]


class Server:
    """
    One server with its processes, started by `start` and ended by `stop`.

    *checkout* is where the code is taken from, so that two states of it can be compared.
    """

    def __init__(
        self, kind: Kind, app: str, env: Mapping[str, str], folder: Path, checkout: Path = ROOT
    ) -> None:
        self._kind, self._app, self._folder, self._checkout = kind, app, folder, checkout
        self._env = {
            "PATH": os.environ["PATH"],  # noqa: TID251 - handed on to the server
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(checkout),
            **env,
        }
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, first: bytes, expected: bytes) -> float:
        """Start it; the seconds until the request *first* was answered with what is *expected*."""
        self.port = _free_port()
        with (self._folder / "server.log").open("ab") as log:
            began = time.perf_counter()
            self._process = subprocess.Popen(
                self._kind.command(self._app, self.port),
                cwd=self._checkout,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while True:
            try:
                drive(self.port, [first], 1, expected)
            except ConnectionError:
                if self._process.poll() is not None or time.perf_counter() - began > _PATIENCE:
                    raise WrongAnswer(f"{self._kind} did not start: {self._last_words()}") from None
                time.sleep(0.005)
            else:
                return time.perf_counter() - began

    def pause(self) -> None:
        """Take no more of the machine while others are measured."""
        for process in self._family():
            process.suspend()

    def resume(self) -> None:
        """Go on after `pause`."""
        for process in self._family():
            process.resume()

    def stop(self) -> None:
        """End the processes that `start` began, and wait until they are gone."""
        if self._process is None or self._process.poll() is not None:
            return
        self.resume()
        family = self._family()
        self._process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(family, timeout=10)
        for process in left:
            process.kill()
        self._process.wait()
        self._process = None

    def cpu_seconds(self) -> float:
        """What all its processes have used so far."""
        return sum(sum(p.cpu_times()[:2]) for p in self._family())

    def megabytes(self) -> float:
        """The memory of its largest process."""
        largest: int = max(p.memory_info().rss for p in self._family())
        return largest / 1e6

    def _family(self) -> Sequence[psutil.Process]:
        if self._process is None:
            return ()
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def _last_words(self) -> str:
        said = (self._folder / "server.log").read_text(errors="replace").splitlines()
        return "\n".join(said[-20:]) or "it said nothing"


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
