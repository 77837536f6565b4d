"""A web server on the loopback that answers as it is told to: well, wrongly, slowly or never."""

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came; *path* is all of its target, with the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What is sent, and how.

    Args:
        etag, modified: with these, a request that knows them is answered by a 304.
        raw: bytes to send instead of an answer that this server puts together.
        drip: seconds before each byte of *raw* or the body.
        hangs: say nothing until the server goes away.
        cut: hang up after so many bytes of the body, whatever its length was said to be.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    modified: str | None = None
    raw: bytes | None = None
    drip: float = 0
    hangs: bool = False
    cut: int | None = None


Answering = Reply | Callable[[Seen], Reply]
NOTHING_HERE = Reply(b"not found", 404)


class FeedServer:
    """What each path answers, what was asked, and whether a client has left while it was told."""

    def __init__(self) -> None:
        self.address = ""
        self.replies: dict[str, Answering] = {}
        self.otherwise: Answering = NOTHING_HERE
        self.seen: list[Seen] = []
        self.client_left = threading.Event()
        self.is_over = threading.Event()

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    def reply_to(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        path = seen.path if seen.path.startswith("http:") else urlsplit(seen.path).path
        found = self.replies.get(path, self.otherwise)
        reply = found if isinstance(found, Reply) else found(seen)
        return Reply(status=304) if _is_known(seen, reply) else reply


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[FeedServer]:
    """A server at ``http://127.0.0.1:…``, or https with *tls*, until the block is left."""
    feed = FeedServer()

    class Handler(_Handler):
        told_by = feed

    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    feed.address = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield feed
    finally:
        feed.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def tls_for_loopback(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody has signed, also written to *folder*."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(loopback, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that leave are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    told_by: FeedServer

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        seen = Seen(self.command, self.path, dict(self.headers.items()), body)
        self.close_connection = True
        reply = self.told_by.reply_to(seen)
        if reply.hangs:
            self.told_by.is_over.wait(30)
            return
        try:
            self._send(reply)
        except OSError:
            self.told_by.client_left.set()

    do_GET = do_POST = do_CONNECT = answer  # noqa: N815 - the names are the library's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
        """Say nothing."""

    def _send(self, reply: Reply) -> None:
        if reply.raw is not None:
            self._write(reply.raw, reply.drip)
            return
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        given = {"ETag": reply.etag, "Last-Modified": reply.modified}
        headers |= {name: value for name, value in given.items() if value is not None}
        head = [f"HTTP/1.1 {reply.status} {_reason(reply.status)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self._write("\r\n".join([*head, "", ""]).encode("latin-1"))
        self._write(reply.body[: reply.cut], reply.drip)

    def _write(self, content: bytes, drip: float = 0) -> None:
        if not drip:
            self.wfile.write(content)
            return
        for at in range(len(content)):
            if self.told_by.is_over.wait(drip):
                return
            self.wfile.write(content[at : at + 1])


def _is_known(seen: Seen, reply: Reply) -> bool:
    """RFC 9110, 13.1.3: the date does not count beside a tag."""
    tag, date = seen.headers.get("If-None-Match"), seen.headers.get("If-Modified-Since")
    if tag is not None:
        return tag == reply.etag
    return date is not None and date == reply.modified


def _reason(status: int) -> str:
    with suppress(ValueError):
        return HTTPStatus(status).phrase
    return "Unknown"
