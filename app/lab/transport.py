"""How a webhook reaches the service: in the same process, or over the loopback."""

import http.client
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit
from wsgiref.types import WSGIApplication

from werkzeug.test import EnvironBuilder, run_wsgi_app


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    url: str  # without fragment
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpReply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    took: float = 0.0  # virtual seconds; nought in process

    def header(self, name: str) -> str:
        """The first header of that name, in any case; empty when there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


class NotConnected(Exception):
    """Nobody took the connection."""


class NoReply(Exception):
    """The connection was taken, and no answer came in time; the service may have acted."""


class Transport(Protocol):
    """The way to the service."""

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        """
        The service's answer to one request; redirects are not followed.

        Raises:
            NotConnected: it was not there.
            NoReply: it did not answer within *patience* seconds.
        """


class WsgiTransport:
    """Calls a WSGI application directly; whatever the host in the address, it is asked."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:  # noqa: ARG002 - no time passes in process
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        builder = EnvironBuilder(
            method=request.method,
            base_url=f"{parts.scheme}://{parts.netloc}/",
            headers=list(request.headers),
            data=request.body,
        )
        try:
            environ = builder.get_environ()
        finally:
            builder.close()
        # As a server does it: the decoded path for routing, the bytes as sent for the signature.
        environ["PATH_INFO"] = unquote(parts.path or "/", "latin-1")
        environ["QUERY_STRING"] = parts.query
        environ["RAW_URI"] = environ["REQUEST_URI"] = target
        environ["REMOTE_ADDR"] = "127.0.0.1"
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return HttpReply(int(status.split()[0]), tuple(headers), b"".join(body))


class HttpTransport:
    """
    Speaks HTTP to a service on this machine, and to nobody else.

    With *address* every request goes there, whatever host its address names:
    a service that believes to be ``https://jour.example.se`` can be played to
    on its local port.
    """

    def __init__(self, address: tuple[str, int] | None = None) -> None:
        self._address = address

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        parts = urlsplit(request.url)
        host, port = self._address or (parts.hostname or "", parts.port or 80)
        _must_be_loopback(host)
        connection = http.client.HTTPConnection(host, port, timeout=patience)
        try:
            return self._converse(connection, request, parts.netloc, parts.scheme)
        finally:
            connection.close()

    def _converse(
        self, connection: http.client.HTTPConnection, request: HttpRequest, host: str, scheme: str
    ) -> HttpReply:
        try:
            connection.connect()
        except OSError as err:
            raise NotConnected(str(err)) from err
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
            for key, value in self._headers(request, host, scheme):
                connection.putheader(key, value)
            connection.endheaders(request.body or None)
            reply = connection.getresponse()
            body = reply.read()
        except (OSError, http.client.HTTPException) as err:
            raise NoReply(type(err).__name__) from err
        return HttpReply(reply.status, tuple(reply.getheaders()), body)

    @staticmethod
    def _headers(request: HttpRequest, host: str, scheme: str) -> Iterable[tuple[str, str]]:
        yield "Host", host
        yield "X-Forwarded-Proto", scheme
        yield from request.headers
        if request.method == "POST":
            yield "Content-Length", str(len(request.body))


def _must_be_loopback(host: str) -> None:
    for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise NotConnected("the built-in carrier speaks only to this machine")
