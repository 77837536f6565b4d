"""Runs the Procfile's processes side by side, for a machine without a platform."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from routing.errors import NotFound

_SECONDS_TO_STOP = 10
_PROCFILE = Path(__file__).resolve().parents[2] / "Procfile"


def commands(names: Sequence[str]) -> Mapping[str, str]:
    """The Procfile's lines for *names*; raises NotFound where there is no Procfile."""
    if not _PROCFILE.is_file():
        raise NotFound("there is no Procfile beside the package: run from a checkout")
    lines = dict(line.split(":", 1) for line in _PROCFILE.read_text().splitlines() if ":" in line)
    return {name: lines[name].strip() for name in names}


@contextmanager
def running(
    lines: Mapping[str, str], env: Mapping[str, str], *, quiet: bool = False
) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """
    The processes, until the block is left; then each is asked to stop, and made to if it must.

    With *quiet* their own output is not shown.
    """
    out = subprocess.DEVNULL if quiet else None
    here = {**env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"}
    started = [
        # The Procfile's lines hold ${NAME:-default}, which only a shell understands.
        subprocess.Popen(  # noqa: S603 - our own Procfile
            ["/bin/sh", "-c", f"exec {line}"], env=here, start_new_session=True, stdout=out
        )
        for line in lines.values()
    ]
    try:
        yield started
    finally:
        for process in started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for_any(processes: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until one of *processes* has ended, and return its status; Ctrl-C ends it with 0."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        while True:
            for process in processes:
                if (status := process.poll()) is not None:
                    return status or 1
            time.sleep(0.2)
    except KeyboardInterrupt:
        return 0
