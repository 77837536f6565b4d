"""Hosts with a network between them: namespaces of the kernel's, on one machine, for root alone."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_PATH = f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"
_NETWORK = "10.77.0"
_PATIENCE = 30.0
_A_NETWORK = 0x40000000  # CLONE_NEWNET


class NotPossible(Exception):
    """Namespaces cannot be made here; the message says why."""


@dataclass(slots=True)
class Host:
    """One host: a namespace with one address, and the processes that run there."""

    name: str
    address: str
    namespace: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        user: str = "",
    ) -> None:
        """Run *command* here, in *folder*, where what it says is kept."""
        as_user = [*_as_user(user), *command] if user else list(command)
        with (folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                ["ip", "netns", "exec", self.namespace, *as_user],
                cwd=folder,
                env={"PATH": _PATH, "LC_ALL": "C.UTF-8", **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End whatever runs here; killed, it has no time to put anything away."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, number)
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def enter(self) -> None:
        """Have this very process speak and listen on this host; before it has any threads."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/run/netns/{self.namespace}").open("rb") as namespace:
            if libc.setns(namespace.fileno(), _A_NETWORK) != 0:
                raise NotPossible(f"setns: {os.strerror(ctypes.get_errno())}")

    def unplug(self) -> None:
        """Nothing gets out of this host or in any more, and nobody is told."""
        _ip("-n", self.namespace, "link", "set", "eth0", "down")

    def plug_in(self) -> None:
        _ip("-n", self.namespace, "link", "set", "eth0", "up")

    def swallow(self, other: Self) -> None:
        """What this host sends to *other* goes nowhere; everybody else hears it as before."""
        _ip("-n", self.namespace, "route", "add", "blackhole", f"{other.address}/32")

    def hear(self, other: Self) -> None:
        """The end of `swallow`."""
        _ip("-n", self.namespace, "route", "del", "blackhole", f"{other.address}/32")


class Network:
    """Hosts on one bridge; everything is taken away when it is left."""

    def __init__(self, names: Sequence[str]) -> None:
        run = f"bd{os.getpid()}"
        self._bridge = f"{run}br"[:15]
        self.hosts = {
            name: Host(name, f"{_NETWORK}.{place}", f"{run}{name}")
            for place, name in enumerate(names, start=1)
        }

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise NotPossible("only root makes network namespaces: run this as root")
        if shutil.which("ip") is None:
            raise NotPossible("there is no `ip` here: install iproute2")
        try:
            self._build()
        except BaseException:
            self._tear_down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.hosts.values():
            host.stop()
        self._tear_down()

    def _build(self) -> None:
        """The bridge lies in the last host's namespace, and nothing in the machine's own."""
        *others, last = self.hosts.values()
        for host in self.hosts.values():
            _ip("netns", "add", host.namespace)
            _ip("-n", host.namespace, "link", "set", "lo", "up")
        _ip("-n", last.namespace, "link", "add", self._bridge, "type", "bridge")
        _ip("-n", last.namespace, "addr", "add", f"{last.address}/24", "dev", self._bridge)
        _ip("-n", last.namespace, "link", "set", self._bridge, "up")
        for place, host in enumerate(others):
            port = f"port{place}"
            _ip("-n", last.namespace, "link", "add", port, "type", "veth", "peer", "name", "eth0",
                "netns", host.namespace)  # fmt: skip
            _ip("-n", last.namespace, "link", "set", port, "master", self._bridge, "up")
            _ip("-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
            _ip("-n", host.namespace, "link", "set", "eth0", "up")

    def _tear_down(self) -> None:
        for host in self.hosts.values():
            subprocess.run(["ip", "netns", "del", host.namespace], check=False, stderr=-3)


def until(reached: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
    """Wait for what other processes do."""
    deadline = time.monotonic() + patience
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def _as_user(user: str) -> list[str]:
    group = pwd.getpwnam(user).pw_gid
    return ["setpriv", f"--reuid={user}", "--clear-groups", f"--regid={group}", "--"]


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotPossible(f"ip {arguments[0]}: {done.stderr.strip()}")
