"""Traces, where somebody has set an address for them; else a span is nothing, and costs nothing."""

import logging
from contextlib import suppress
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

import structlog

from routing.errors import SettingsError

log = structlog.get_logger()

# What a span may say: opaque ids, and words of our own.  Whatever else it is given stays here.
ATTRIBUTES = frozenset(
    {"answer", "channel", "contact", "endpoint", "handover", "resource", "status", "sweep"}
)
_WITHIN = 2  # seconds for the receiver; no caller waits for it, but an ending process does
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_MOST = 2048  # spans that wait for a receiver that is away; the next are dropped


class Span:
    """What is done within it, and of what; this one tells nobody."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def tell(self, **ids: str) -> None:
        """What was not known when it began."""


class _Told(Span):
    """
    One that is sent to the receiver when it ends.

    Whatever fails in the library costs the span alone: it stands around what a caller waits for.
    """

    def __init__(self, tracer: Any, name: str, ids: dict[str, str]) -> None:  # noqa: ANN401 - see start
        self._tracer, self._name, self._ids = tracer, name, ids
        self._open: Any = None
        self._span: Any = None

    def __enter__(self) -> Self:
        # What an error says is anybody's words: none is recorded.
        with suppress(Exception):
            self._open = self._tracer.start_as_current_span(
                self._name,
                attributes=_known(self._ids),
                record_exception=False,
                set_status_on_exception=False,
            )
            self._span = self._open.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._span is None:
            return
        with suppress(Exception):
            if error is not None:
                from opentelemetry.trace import StatusCode  # noqa: PLC0415 - see start

                self._span.set_status(StatusCode.ERROR)
            self._open.__exit__(None, None, None)

    def tell(self, **ids: str) -> None:
        with suppress(Exception):
            self._span.set_attributes(_known(ids))


class _Outlet:
    """An exporter that says once that its receiver is away, and once that it is back."""

    def __init__(self, exporter: Any) -> None:  # noqa: ANN401 - see start
        self._exporter = exporter
        self._is_away = False

    def export(self, spans: Any) -> Any:  # noqa: ANN401 - see start
        result = self._exporter.export(spans)
        is_away = result.name != "SUCCESS"
        if is_away and not self._is_away:
            log.warning("tracing.receiver_away")
        elif self._is_away and not is_away:
            log.info("tracing.receiver_back")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        flushed: bool = self._exporter.force_flush(timeout_millis)
        return flushed


_NOTHING = Span()


class _Tracing:
    tracer: Any = None  # of a library that most do without
    provider: Any = None


def span(name: str, **ids: str) -> Span:
    """What is done within this block, told to the receiver of traces, if there is one."""
    tracer = _Tracing.tracer
    return _NOTHING if tracer is None else _Told(tracer, name, ids)


def require_what_is_set(url: str | None) -> None:
    """
    Refuse an address for traces where nothing can send them: before an evening, and never in it.

    Raises:
        SettingsError: the extra is not installed.
    """
    if url is not None and not is_installed():
        raise SettingsError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and what sends traces is not installed: "
            "run `make tracing`, or unset it"
        )


def start(url: str | None, process: str) -> None:
    """
    Send spans to *url* from now on, as OTLP over HTTP; nothing without one.

    A *process* that answers calls starts without traces rather than not at all, and says so.
    """
    if url is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra
    except ImportError:
        log.error("tracing.not_installed", remedy="make tracing")  # noqa: TRY400 - nothing failed
        return
    # In the background, in batches: a receiver that is away costs spans, and nobody a moment.
    exporter = _Outlet(OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces", timeout=_WITHIN))
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # the outlet tells, and once
    resource = Resource({"service.name": "beredskap", "service.namespace": process})
    provider = TracerProvider(resource=resource, shutdown_on_exit=True)
    batches = BatchSpanProcessor(exporter, max_queue_size=_MOST)  # type: ignore[arg-type] # as one
    provider.add_span_processor(batches)
    _Tracing.provider, _Tracing.tracer = provider, provider.get_tracer("beredskap")


def flush() -> None:
    """Send what waits now."""
    if _Tracing.provider is not None:
        _Tracing.provider.force_flush()


def stop() -> None:
    """Send what waits, and no more after that."""
    provider, _Tracing.tracer, _Tracing.provider = _Tracing.provider, None, None
    if provider is not None:
        provider.shutdown()


def _known(ids: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in ids.items() if name in ATTRIBUTES}


def is_installed() -> bool:
    """Whether what sends traces is here."""
    try:
        return None not in map(find_spec, _NEEDED)
    except ModuleNotFoundError:  # not even what it stands on
        return False
