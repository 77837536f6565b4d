"""A stretch of network between the service and PostgreSQL that can hang, refuse and heal."""

import selectors
import socket
import struct
import threading
from pathlib import Path
from typing import Self

from sqlalchemy.engine import URL, make_url

_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)
_PORT = 5432
_TICK = 0.01


class Proxy:
    """
    Forwards a port of the loopback to the server's own socket.

    While it hangs, connections are taken and kept, as the kernel of a stopped server does, and
    nothing is passed on in either direction.
    """

    def __init__(self, url: str) -> None:
        self._behind = make_url(url)
        self._listening: socket.socket | None = None
        self._peers: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._flows, self._stopped = threading.Event(), threading.Event()
        self._guard = threading.RLock()
        self._port = 0
        self.mend()
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._flows.set()
        self._thread.join()
        self.cut()

    @property
    def url(self) -> str:
        """The same database, through here."""
        behind = self._behind
        through = URL.create(
            behind.drivername,
            username=behind.username,
            host="127.0.0.1",
            port=self._port,
            database=behind.database,
        )
        return through.render_as_string(hide_password=False)

    def hang(self) -> None:
        self._flows.clear()

    def cut(self) -> None:
        """Reset what is open, and refuse what is asked for."""
        with self._guard:
            if self._listening is not None:
                self._selector.unregister(self._listening)
                self._listening.close()
                self._listening = None
            for one in list(self._peers):
                self._end(one)

    def mend(self) -> None:
        """Everything flows again; what was cut has to be opened anew."""
        with self._guard:
            if self._listening is None:
                self._listening = socket.create_server(("127.0.0.1", self._port), backlog=64)
                self._port = self._listening.getsockname()[1]
                self._selector.register(self._listening, selectors.EVENT_READ)
        self._flows.set()

    def _forward(self) -> None:
        while not self._stopped.is_set():
            if not self._flows.wait(_TICK):
                continue
            ready = self._selector.select(_TICK)
            with self._guard:
                for key, _ in ready:
                    if not self._flows.is_set():
                        break
                    self._pass_on(key.fileobj)

    def _pass_on(self, one: object) -> None:
        if one is self._listening:
            self._take()
        elif isinstance(one, socket.socket) and one in self._peers:
            try:
                said = one.recv(65536)
                self._peers[one].sendall(said)
            except OSError:
                said = b""
            if not said:
                self._end(one)

    def _take(self) -> None:
        if self._listening is None:
            return
        here, _ = self._listening.accept()
        there = socket.socket(socket.AF_UNIX)
        there.connect(str(Path(str(self._behind.query["host"])) / f".s.PGSQL.{_PORT}"))
        for one, other in ((here, there), (there, here)):
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _end(self, one: socket.socket) -> None:
        for end in (one, self._peers.get(one)):
            if end is not None and self._peers.pop(end, None) is not None:
                self._selector.unregister(end)
                if end.family == socket.AF_INET:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
                end.close()
