"""The server itself: bodies without end, clients that dawdle, methods and files that are none."""

import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.bootstrap import create_app
from app.demo.stage import Stage
from app.lab.signature import sign
from app.telephony.webhook import LARGEST_FORM
from tests.app.conftest import StageAt
from tests.app.world import (
    LINE,
    PUBLIC_URL,
    YOUTH,
    environment,
    evening,
    load_world,
    post,
    rows,
    settings_for,
)
from tests.bench.servers import Kind, Server

EVENING = "2026-03-03T19:04"
TREE = (
    "/static/../bootstrap.py",
    "/static/%2e%2e/bootstrap.py",
    "/static/..%2fbootstrap.py",
    "/static/....//bootstrap.py",
    "/static//etc/passwd",
    "/static/%00",
    "/static/..\\\\bootstrap.py",
    "/recordings/sv/../../__init__.py",
    "/recordings/..%2f..%2f__init__.py/x",
    "/recordings/../sv.toml",
    "/calendar/../../etc/passwd.ics",
    "/.env",
    "/.git/config",
)


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(EVENING)


def ask(web: Flask, path: str, method: str = "GET", **more: object) -> tuple[int, bytes]:
    """The status and body of one raw request."""
    builder = EnvironBuilder(path="/", method=method, **more)  # type: ignore[arg-type]
    environ = builder.get_environ()
    environ["PATH_INFO"] = path.encode().decode("latin-1")
    body, status, _ = run_wsgi_app(web, environ, buffered=True)
    return int(status.split()[0]), b"".join(body)


def test_no_path_leads_out_of_what_is_served(stage: Stage) -> None:
    web = create_app(stage.parts)
    for path in TREE:
        status, body = ask(web, path)
        assert status in {303, 308, 400, 404}, path
        assert b"import" not in body
        assert b"root:" not in body


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
def test_a_webhook_takes_nothing_but_a_post(stage: Stage, method: str) -> None:
    web = create_app(stage.parts)
    for path in ("/twilio/voice", "/twilio/sms", "/twilio/voice/status"):
        status, body = ask(web, path, method, headers={"X-HTTP-Method-Override": "POST"})
        assert status == (200 if method == "OPTIONS" else 405)
        assert b"<Response>" not in body
    assert rows(stage.parts.engine, "contact_events") == []


@pytest.mark.parametrize("size", [LARGEST_FORM + 1, 5_000_000])
def test_a_body_that_is_too_large_is_not_read(stage: Stage, size: int) -> None:
    kind = "application/x-www-form-urlencoded"
    whole = b"Body=" + b"x" * size

    status, _ = ask(create_app(stage.parts), "/twilio/sms", "POST", data=whole, content_type=kind)

    assert status == 413


def test_a_body_without_a_length_is_not_read_on_for_ever(stage: Stage) -> None:
    """Chunked, so that no header says how much there is to come."""
    read: list[int] = []

    class Endless:
        def read(self, size: int = -1) -> bytes:
            read.append(size)
            assert sum(map(abs, read)) < 10 * LARGEST_FORM
            return b"x" * min(abs(size), 65_536)

        def readline(self, size: int = -1) -> bytes:
            return self.read(size)

    builder = EnvironBuilder(path="/twilio/sms", method="POST")
    environ = builder.get_environ() | {"wsgi.input": Endless(), "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    _, status, _ = run_wsgi_app(create_app(stage.parts), environ, buffered=True)

    assert int(status.split()[0]) in {403, 413}


def test_more_fields_than_a_webhook_has_are_not_looked_at(stage: Stage) -> None:
    form = {f"F{n}": "x" for n in range(500)} | {"CallSid": "CA1", "From": YOUTH, "To": LINE}

    assert post(stage, "/twilio/voice", form).status == 403
    assert rows(stage.parts.engine, "contact_events") == []


@pytest.mark.parametrize(
    "header",
    [
        ("Host", "evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "host=evil.example;proto=http"),
        ("X-Original-URL", "/sign-out"),
    ],
)
def test_no_header_changes_the_address_that_is_given_out(
    stage: Stage, header: tuple[str, str]
) -> None:
    web = create_app(stage.parts)
    for path in ("/", "/sign-in", "/tonight"):
        environ = EnvironBuilder(path=path, headers=[header]).get_environ()
        body, _, headers = run_wsgi_app(web, environ, buffered=True)
        assert b"evil.example" not in b"".join(body)
        where = headers.get("Location", "/")
        assert where.startswith("/"), (path, header)


def _signed_call(port: int) -> bytes:
    """A caller's first webhook, as bytes on the wire."""
    form = [("CallSid", "CA" + "1" * 32), ("From", YOUTH), ("To", LINE), ("Direction", "inbound")]
    body = urlencode(form).encode()
    signature = sign("a token for tests", f"{PUBLIC_URL}/twilio/voice", form)
    return (
        b"POST /twilio/voice HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n"
        b"X-Twilio-Signature: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (port, signature.encode(), len(body), body)
    )


def _dawdles(port: int, beginning: bytes) -> socket.socket:
    """A client that begins a request and never ends it."""
    slow = socket.create_connection(("127.0.0.1", port), timeout=5)
    slow.sendall(beginning)
    return slow


def _answer(port: int, request: bytes) -> tuple[bytes, float]:
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as own:
        own.sendall(request)
        answer = b"".join(iter(lambda: own.recv(65_536), b""))
    return answer, time.perf_counter() - began


def test_clients_that_dawdle_over_their_headers_keep_no_caller_waiting(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Ten times as many as the server has threads; for bodies see docs/security.md, 12.1."""
    load_world(settings_for(sqlite_url, tmp_path), shifts=evening("2026-03-03"))
    kind, env = Kind("granian", 1, 2), environment(sqlite_url, tmp_path)
    server = Server(kind, "app.wsgi:app", env, tmp_path)
    health = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ExitStack() as slow:
        slow.callback(server.stop)
        server.start(health, b"ok\n")
        for _ in range(20):
            beginning = b"POST /twilio/voice HTTP/1.1\r\nHost: x\r\nX-Slow: "
            slow.enter_context(closing(_dawdles(server.port, beginning)))

        answer, took = _answer(server.port, _signed_call(server.port))

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"<Response>" in answer
    assert took < 2
