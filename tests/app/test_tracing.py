"""Traces: nothing without an address; with one, spans with opaque ids, at no call's cost."""

import io
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import process_time
from typing import Self

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

from app import tracing
from app.tracing import ATTRIBUTES, require_what_is_set, span
from routing.errors import SettingsError
from tests.app.conftest import StageAt
from tests.app.world import LINE, NAMES, SILENT, YOUTH, post

EVENING = "2026-03-03T19:04"
NOBODY = "http://127.0.0.1:9"


@contextmanager
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """Somebody who takes traces, at an address, and what was sent there."""
    got: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def off_afterwards() -> Iterator[None]:
    yield
    tracing.stop()


def spans(bodies: list[bytes]) -> list[Sent]:
    every = (ExportTraceServiceRequest.FromString(body) for body in bodies)
    return [
        one
        for request in every
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for one in scope.spans
    ]


def said(one: Sent) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in one.attributes}


def test_a_missed_call_is_traced_to_its_notice_and_nothing_of_anybody(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    with receiver() as (address, got):
        tracing.start(f"{address}/", "web")
        call = stage.call(YOUTH, default=SILENT)
        post(stage, "/twilio/voice/ended/nonsense", {"CallSid": "CA77", "From": YOUTH})
        stage.carrier.run_until(stage.parts.clock().replace(minute=30))
        stage.sweep(["missed.alert"])
        stage.sweep(["outbox.send"])
        tracing.stop()

    sent = spans(got)
    mine = [one for one in sent if said(one).get("contact") == call.sid]
    assert {one.name for one in mine} == {"webhook", "letter"}
    assert {one.name for one in sent} == {"webhook", "sweep", "letter", "rest"}
    assert {key for one in sent for key in said(one)} <= ATTRIBUTES
    (letter,) = [one for one in mine if one.name == "letter"]
    (rest,) = [one for one in sent if one.parent_span_id == letter.span_id]
    assert said(rest) == {"resource": "messages", "status": "2xx"}
    rescued = [one for one in sent if said(one).get("answer") == "rescue"]
    assert [said(one)["contact"] for one in rescued] == ["CA77"]
    everything = b"".join(got)
    assert not [n for n in NAMES if n and (n in repr(everything) or n[1:] in repr(everything))]


def test_what_fails_is_marked_without_a_word_of_why() -> None:
    with receiver() as (address, got):
        tracing.start(address, "clock")
        with suppress(ValueError), span("sweep", sweep="x", whom="t4") as told:
            told.tell(number="070", contact="CA1")
            raise ValueError(f"ring {YOUTH}")
        tracing.stop()

    (one,) = spans(got)
    assert one.status.code == 2
    assert not one.status.message
    assert not one.events
    assert said(one) == {"sweep": "x", "contact": "CA1"}


def test_a_receiver_that_is_away_costs_no_call_anything_and_is_told_of_once(
    sqlite_stage_at: StageAt, log: io.StringIO
) -> None:
    stage = sqlite_stage_at(EVENING)
    tracing.start(NOBODY, "web")

    call = stage.call(YOUTH)
    for _ in range(2):
        with span("sweep", sweep="x"):
            pass
        tracing.flush()

    assert call.bridged_to is not None
    said = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert said.count("tracing.receiver_away") == 1
    assert "127.0.0.1" not in log.getvalue()


class _Broken:
    """A library that fails at one of the things that are asked of a span."""

    def __init__(self, at: str) -> None:
        self._at = at

    def start_as_current_span(self, *_: object, **__: object) -> Self:
        return self._do("start")

    def __enter__(self) -> Self:
        return self._do("enter")

    def set_attributes(self, _: object) -> None:
        self._do("tell")

    def __exit__(self, *_: object) -> None:
        self._do("exit")

    def _do(self, what: str) -> Self:
        if what == self._at:
            raise RuntimeError(what)
        return self


@pytest.mark.parametrize("at", ["start", "enter", "tell", "exit"])
def test_a_library_that_fails_costs_a_span_and_no_call(
    at: str, sqlite_stage_at: StageAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = sqlite_stage_at(EVENING)
    monkeypatch.setattr(tracing._Tracing, "tracer", _Broken(at))  # noqa: SLF001 - as `start` sets it

    # A state that nobody sealed: our own code fails, which a span is told of.
    nonsense = {"CallSid": "CA77", "From": YOUTH, "To": LINE, "Direction": "inbound"}
    rescued = post(stage, "/twilio/voice/ended/nonsense", nonsense)
    call = stage.call(YOUTH)

    assert (rescued.status, b"<Dial" in rescued.body) == (200, True)
    assert call.bridged_to is not None


def test_without_an_address_a_span_is_nothing() -> None:
    tracing.start(None, "web")

    first, second = span("webhook", endpoint="voice"), span("sweep", sweep="x")
    began = process_time()
    for _ in range(10_000):
        with span("webhook", endpoint="voice", contact="CA1"):
            pass
    taken = (process_time() - began) / 10_000

    assert first is second
    assert taken < 5e-6  # well below a microsecond on a machine that does nothing else


def test_without_the_extra_it_is_refused_before_an_evening_and_not_in_it(
    sqlite_stage_at: StageAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = sqlite_stage_at(EVENING)
    require_what_is_set(NOBODY)  # here it is installed
    for name in list(sys.modules):
        if name.startswith("opentelemetry.exporter"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)

    require_what_is_set(None)
    with pytest.raises(SettingsError, match="make tracing"):
        require_what_is_set(NOBODY)
    tracing.start(NOBODY, "web")
    assert stage.call(YOUTH).bridged_to is not None
