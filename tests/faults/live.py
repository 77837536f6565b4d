"""Real processes, as a Procfile starts them, for whoever restarts them while calls go on."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.ready import is_ready

ROOT = Path(__file__).parents[2]
NGINX = ROOT / "docs/deployment/nginx.conf"
PROGRAM = shutil.which("nginx", path=f"{os.defpath}{os.pathsep}/usr/sbin")  # None without nginx
PATIENCE = 40.0  # seconds, on a busy machine


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def procfile(checkout: Path = ROOT) -> Mapping[str, str]:
    """A checkout's Procfile: what each line runs."""
    lines = (checkout / "Procfile").read_text(encoding="utf-8").splitlines()
    return {name: line.strip() for name, _, line in (one.partition(":") for one in lines)}


@dataclass
class Process:
    """One line of the Procfile, of the code in *checkout*."""

    name: str
    env: Mapping[str, str]
    folder: Path
    checkout: Path = ROOT
    port: int = 0
    more: str = ""  # options after the line's own
    starts: int = 0
    reloads: int = 0
    _running: psutil.Popen | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; a web process has answered when this returns."""
        line = procfile(self.checkout)[self.name]
        here = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "PYTHONPATH": str(self.checkout),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BIND": "127.0.0.1",
            "LOG_FORMAT": "json",
            **self.env,
        }
        if self.port:
            here["PORT"] = str(self.port)
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self._running = psutil.Popen(
                ["/bin/sh", "-c", f"exec {line} {self.more}"],
                cwd=self.checkout,
                env=here,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1
        if self.port:
            assert is_ready(self.port, PATIENCE), f"{self.name} did not come up"

    def stop(self) -> None:
        """Ask it to stop, as systemd and containers do, and wait until all of it is gone."""
        if self._running is None:
            return
        family = [self._running, *self._running.children(recursive=True)]
        self.ask_to_stop()
        _, left = psutil.wait_procs(family, timeout=20)
        for one in left:
            one.kill()
        self._running.wait(10)
        self._running = None

    def ask_to_stop(self) -> None:
        assert self._running is not None
        if self._running.is_running():
            self._running.send_signal(signal.SIGTERM)

    def restart(self) -> None:
        self.stop()
        self.start()

    def reload(self) -> None:
        """SIGHUP, until each worker is another one."""
        assert self._running is not None
        before = {child.pid for child in self._running.children()}
        self._running.send_signal(signal.SIGHUP)
        wait_until(lambda: not before & {child.pid for child in self._children()})
        self.reloads += len(before)

    def wait(self) -> None:
        """Until it has ended by itself, and well."""
        assert self._running is not None
        assert self._running.wait(PATIENCE) == 0, f"{self.name} failed"

    def _children(self) -> Sequence[psutil.Process]:
        return [] if self._running is None else self._running.children()


@dataclass
class Proxy:
    """nginx on the loopback with the configuration we ship, but for ports and certificates."""

    folder: Path
    ports: Sequence[int]
    port: int = field(default_factory=free_port)
    _running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        text = NGINX.read_text(encoding="utf-8")
        text = re.sub(r"server \{\s+listen 80;.*?\n\}\n", "", text, flags=re.DOTALL)
        text = re.sub(r"\n\s+listen \[::\].*", "", text)
        text = re.sub(r"\n\s+ssl_.*", "", text)
        text = text.replace("listen 443 ssl http2", f"listen 127.0.0.1:{self.port}")
        for number, port in zip((8001, 8002), self.ports, strict=True):
            text = text.replace(f"127.0.0.1:{number}", f"127.0.0.1:{port}")
        text = text.replace("/var/log/nginx", str(self.folder))
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = (
            f"daemon off;\npid {self.folder}/nginx.pid;\nerror_log {self.folder}/nginx.log;\n"
            f"events {{}}\nhttp {{\n{temporary}{text}}}\n"
        )
        path = self.folder / "nginx.conf"
        path.write_text(whole, encoding="utf-8")
        assert PROGRAM is not None, "there is no nginx here"
        self._running = subprocess.Popen([PROGRAM, "-c", str(path), "-e", "/dev/null"])
        wait_until(lambda: is_ready(self.port))

    def stop(self) -> None:
        if self._running is not None:
            self._running.terminate()
            self._running.wait(10)


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, "it did not come so far"
        threading.Event().wait(0.05)
