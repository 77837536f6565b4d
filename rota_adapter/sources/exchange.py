"""One question to a web server: redirects, the bytes of the answer, and how to end it early."""

import base64
import ipaddress
import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

_PIECE = 65_536  # bytes
_MOST_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_OURSELVES = {
    "User-Agent": "beredskap (reads on-call shifts)",
    # A small compressed answer can become a huge one; rotas are small enough to come as they are.
    "Accept-Encoding": "identity",
}
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


# Where a machine's own services answer whoever runs on it, with its keys among what they say: no
# rota is there.  The inside of a network is no such place, since a city's calendars may be.
# Source: RFC 3927; RFC 4291, 2.5.6; RFC 5771.
NOWHERE = tuple(
    ipaddress.ip_network(network)
    for network in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "224.0.0.0/4", "ff00::/8")
)


class Fault(Exception):
    """What is wrong, in words that hold no secret."""


class TooSlow(Exception):
    """The time is over."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and what to ask its server with the next time."""

    content: bytes = field(repr=False)
    etag: str | None = None
    last_modified: str | None = None

    def conditions(self) -> dict[str, str]:
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Question:
    method: str
    address: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    most_bytes: int
    body: bytes | None = field(default=None, repr=False)
    known: Answer | None = None


class Wire(HTTPAdapter):
    """Keeps hold of the sockets under a request, so that it can be ended from another thread."""

    def __init__(self) -> None:
        super().__init__()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def get_connection_with_tls_context(  # the hook that requests documents for subclasses
        self,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> urllib3.HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        known: Any = pool.ConnectionCls
        keep = self._keep

        class Watched(known):  # type: ignore[misc]  # its base depends on the scheme
            def connect(self) -> None:
                super().connect()
                keep(self.sock)
                if self.proxy is None:
                    _require_somewhere(self.sock)

        pool.ConnectionCls = Watched
        return pool

    def cut(self) -> None:
        """End whatever is under way; reading and writing fail from now on."""
        self._is_cut = True
        for found in self._sockets:
            with suppress(OSError):  # it was over already
                found.shutdown(socket.SHUT_RDWR)

    def _keep(self, connected: socket.socket) -> None:
        self._sockets.append(connected)
        if self._is_cut:
            self.cut()


def _require_somewhere(connected: socket.socket) -> None:
    """Ask nothing of a machine's own services, whatever name has led there this time."""
    here = ipaddress.ip_address(connected.getpeername()[0].partition("%")[0])
    found = (isinstance(here, ipaddress.IPv6Address) and here.ipv4_mapped) or here
    if any(found in network for network in NOWHERE):
        raise Fault("the address leads to this machine's own services")


class _Credentials(AuthBase):
    """Sends what stood in the address; being there at all, it keeps requests from any netrc."""

    def __init__(self, credentials: str | None) -> None:
        self._credentials = credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._credentials is not None:
            encoded = base64.b64encode(self._credentials.encode()).decode()  # RFC 7617
            request.headers.setdefault("Authorization", f"Basic {encoded}")
        return request


def ask(question: Question, wire: Wire, ends: float) -> Answer:
    address, credentials = _apart(question.address)
    with requests.Session() as session, closing(wire):
        for _ in range(_MOST_REDIRECTS + 1):
            asked = requests.Request(
                question.method,
                address,
                headers={**_OURSELVES, **question.headers},
                data=question.body,
                auth=_Credentials(credentials),
            )
            prepared = session.prepare_request(asked)
            # Proxies and certificates that the environment names. A session would go on to read
            # the whole body of a redirect, however large, so it is not what sends.
            settings = session.merge_environment_settings(
                address, proxies={}, stream=True, verify=None, cert=None
            )
            remaining = ends - monotonic()
            if remaining <= 0:
                raise TooSlow
            with wire.send(prepared, timeout=remaining, **settings) as response:
                if not (response.is_redirect and question.method == "GET"):
                    return _judged(response, question)
                address = _next(address, session.get_redirect_target(response) or "")
    raise Fault("the server redirects again and again")


def _judged(response: requests.Response, question: Question) -> Answer:
    status = response.status_code
    if status == HTTPStatus.NOT_MODIFIED and question.known is not None:
        return question.known
    if status in _REFUSED:
        raise Fault(f"the server refuses the token or password (status {status})")
    if status == HTTPStatus.NOT_FOUND:
        raise Fault("the server has nothing at that address (status 404)")
    if status != HTTPStatus.OK:
        raise Fault(f"the server answers with status {status}")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Fault("the server compresses its answer without being asked to")
    content = _body(response, question.most_bytes)
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return Answer(content, etag, modified)


def _body(response: requests.Response, most_bytes: int) -> bytes:
    body = bytearray()
    # As much as has arrived: a whole piece would be waited for byte by byte, and then be too much.
    while piece := response.raw.read1(_PIECE, decode_content=False):
        body += piece
        if len(body) > most_bytes:
            raise Fault(f"the answer is larger than {most_bytes} bytes")
    return bytes(body)


def _next(address: str, location: str) -> str:
    """
    Where a redirect from *address* leads.

    Another host could be anybody's, or a machine in our own network; another port another service.

    Source: RFC 9110, 10.2.2 (Location) and 17.9 (what an address may give away).
    """
    try:
        target, _ = _apart(urljoin(address, location))
        here, there = urlsplit(address), urlsplit(target)
        is_safe = (
            there.hostname == here.hostname
            and there.scheme in (here.scheme, "https")
            and (_port(there.scheme, there.port) == _port(here.scheme, here.port))
        )
    except ValueError:
        is_safe = False
    if not is_safe:
        raise Fault("the server redirects to another address")
    return target


def _port(scheme: str, port: int | None) -> int | None:
    """*port*, or None for the one that *scheme* has by itself."""
    return None if port == _PORTS[scheme] else port


def _apart(address: str) -> tuple[str, str | None]:
    """*address* without the user name and password in it, and those, as ``name:password``."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise Fault("the address in the organisation file makes no sense") from None
    userinfo, at, host = parts.netloc.rpartition("@")
    bare = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    if not at:
        return bare, None
    name, _, password = userinfo.partition(":")
    return bare, f"{unquote(name)}:{unquote(password)}"
