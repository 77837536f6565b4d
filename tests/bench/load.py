"""Sends requests over a few kept-alive connections, and says how long each answer took."""

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_PATIENCE = 30.0  # seconds without any answer at all
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class WrongAnswer(Exception):
    """Something other than the document that was asked for, or nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a number of requests; *waits* are the seconds each took, in order of size."""

    seconds: float
    waits: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return len(self.waits) / self.seconds

    def percentile(self, share: float) -> float:
        """The wait in milliseconds that *share* of the requests did not exceed."""
        return 1000 * self.waits[min(int(share * len(self.waits)), len(self.waits) - 1)]


@dataclass(slots=True)
class _Connection:
    port: int
    sock: socket.socket = field(init=False)
    got: bytes = b""
    sent_at: float = 0.0

    def __post_init__(self) -> None:
        self.sock = socket.create_connection(("127.0.0.1", self.port), _PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self.got, self.sent_at = b"", time.perf_counter()
        self.sock.sendall(request)

    def has_answer(self, expected: bytes) -> bool:
        """Take in what has come; whether the answer is whole, and then it is the right one."""
        some = self.sock.recv(65536)
        self.got += some
        head, found, body = self.got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if found and length and len(body) >= int(length[1]):
            if not head.startswith(b"HTTP/1.1 200 ") or expected not in body:
                raise WrongAnswer(head.partition(b"\r\n")[0].decode("latin-1"))
            return True
        if not some:
            raise WrongAnswer("the connection was closed without an answer")
        return False

    @property
    def is_done(self) -> bool:
        return _CLOSES.search(self.got) is not None


def drive(port: int, requests: Sequence[bytes], connections: int, expected: bytes) -> Load:
    """
    Send *requests* to the loopback, each connection one after the other, and read the answers.

    One thread does it all, so that the measuring takes as little as possible from the measured.

    Raises:
        WrongAnswer: an answer is not status 200, or does not hold *expected*.
    """
    waiting, waits = iter(requests), []
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for request in _first(waiting, connections):
            _start(selector, port, request)
        while selector.get_map():
            ready = selector.select(_PATIENCE)
            if not ready:
                raise WrongAnswer(f"no answer within {_PATIENCE:.0f} s")
            for key, _ in ready:
                connection: _Connection = key.data
                if not connection.has_answer(expected):
                    continue
                waits.append(time.perf_counter() - connection.sent_at)
                following = next(waiting, None)
                if following is not None and not connection.is_done:
                    connection.send(following)
                    continue
                selector.unregister(connection.sock)
                connection.sock.close()
                if following is not None:
                    _start(selector, port, following)
        return Load(time.perf_counter() - began, tuple(sorted(waits)))


def _first(waiting: Iterator[bytes], count: int) -> list[bytes]:
    return [request for _, request in zip(range(count), waiting, strict=False)]


def _start(selector: selectors.BaseSelector, port: int, request: bytes) -> None:
    began = time.perf_counter()
    connection = _Connection(port)
    selector.register(connection.sock, selectors.EVENT_READ, connection)
    connection.send(request)
    connection.sent_at = began  # a server that closes makes its callers connect anew
