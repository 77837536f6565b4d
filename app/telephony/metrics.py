"""`GET /metrics`: what any process knows of the whole service, for Prometheus."""

import hmac
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from ipaddress import IPv6Address, ip_address
from time import monotonic

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, abort, request

from app.measures import (
    BUILD,
    DATABASE,
    DATABASE_AWAY,
    ON_STANDBY,
    OPEN,
    ROTA_AGE,
    ROTA_FRESH,
    ROWS_LOST_HERE,
    SPOOL,
    UNCOVERED_IN,
)
from app.review.measured import Sample, of_the_database
from app.review.system import head
from app.store.database import reading
from app.store.journal import Journal
from app.store.mirror import Mirror, Picture
from app.store.patience import hurry
from routing.errors import Unavailable
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Rota

log = structlog.get_logger()

# However often somebody asks, and however many: the database is asked once in this time.
_KEPT_FOR = 10.0
# Seconds for all that is asked of it; whoever reads the numbers waits ten at most.
_WITHIN = 3.0
_AHEAD = timedelta(days=14)
_AT_HOME = frozenset({"localhost", "127.0.0.1", "::1"})
_BY_A_PROXY = frozenset({"HTTP/1.0", "HTTP/1"})  # the second is Granian's word for it
# What a proxy says of whom it asks for.
_FORWARDED = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Real-IP",
)


def metrics_blueprint(
    engine: sa.Engine,
    mirror: Mirror,
    journal: Journal,
    clock: Callable[[], datetime],
    token: str | None,
    ticks: Callable[[], float] = monotonic,
) -> Blueprint:
    """`/metrics`, for whoever is on this machine or knows the *token*."""
    blueprint = Blueprint("metrics", __name__)
    asked = _Asked(engine, mirror, journal, clock, ticks)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if not (_knows(token) or _is_from_here()):
            abort(403)
        from app.telephony.exposition import exposed  # noqa: PLC0415 - nothing else needs its library

        text, kind = exposed(asked.samples(), request.headers.get("Accept", ""))
        return Response(text, content_type=kind, headers={"Cache-Control": "no-store"})

    return blueprint


def _knows(token: str | None) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), token.encode())


def _is_from_here() -> bool:
    """
    Whether whoever asks is on this machine, and no proxy here asks for somebody elsewhere.

    A proxy says so in a header, or names the address that it was asked by, or speaks as nobody
    else does any more (HTTP/1.0, which is nginx' own choice where nothing is set).
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    if request.environ.get("SERVER_PROTOCOL") in _BY_A_PROXY:
        return False
    host = request.headers.get("Host", "")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower() in _AT_HOME and _is_loopback(request.remote_addr or "")


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:  # a socket, or nothing
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


class _Asked:
    """What is known now; what the database said is kept for a while."""

    def __init__(
        self,
        engine: sa.Engine,
        mirror: Mirror,
        journal: Journal,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
    ) -> None:
        self._engine, self._mirror, self._journal = engine, mirror, journal
        self._clock, self._ticks = clock, ticks
        self._one_at_a_time = threading.Lock()
        self._kept: Sequence[Sample] = ()
        self._until: float | None = None

    def samples(self) -> Iterator[Sample]:
        """The process's own first: they are there whatever else is not."""
        now, picture = self._clock(), self._picture()
        lines = () if picture is None else tuple(picture.organisation.lines.values())
        yield Sample(BUILD, (_release(), head()), 1)
        stored = self._stored(lines, now)
        is_away = self._journal.breaker.is_open or stored is None
        yield Sample(DATABASE, (), not is_away)
        yield Sample(DATABASE_AWAY, (), self._journal.breaker.seconds)
        yield Sample(SPOOL, (), self._journal.spool.size)
        yield Sample(ROWS_LOST_HERE, (), self._journal.lost)
        yield Sample(ROTA_FRESH, (), picture is not None and picture.fresh)
        if picture is not None:
            for line in lines:
                yield from _of_a_line(line, picture.rotas.get(line.id), now)
        yield from stored or ()

    def _picture(self) -> Picture | None:
        try:
            return self._mirror.picture
        except Unavailable:
            return None

    def _stored(self, lines: Iterable[Line], now: datetime) -> Sequence[Sample] | None:
        """None while it is away; whoever comes while another asks is given what was last said."""
        if self._journal.breaker.is_open:
            return None
        if self._until is not None and self._ticks() < self._until:
            return self._kept
        if not self._one_at_a_time.acquire(timeout=_WITHIN):
            return self._kept or None
        try:
            if self._until is None or self._ticks() >= self._until:
                self._kept = self._read(lines, now)
                self._until = self._ticks() + _KEPT_FOR
        except sa.exc.SQLAlchemyError as err:
            # The breaker is the callers': they are told by what they ask themselves.
            log.warning("metrics.database_away", error=type(err).__name__)
            self._until = None
            return None
        finally:
            self._one_at_a_time.release()
        return self._kept

    def _read(self, lines: Iterable[Line], now: datetime) -> Sequence[Sample]:
        with reading(self._engine) as connection:
            hurry(connection, _WITHIN)
            return tuple(of_the_database(connection, lines, now))


def _of_a_line(line: Line, rota: Rota | None, now: datetime) -> Iterator[Sample]:
    yield Sample(OPEN, (line.id,), line.hours.is_open(now))
    if rota is None:
        return
    yield Sample(ROTA_AGE, (line.id,), max(0.0, (now - rota.read_at).total_seconds()))
    yield Sample(ON_STANDBY, (line.id,), len(rota.on_call(now)))
    wanted = line.hours.within(Interval(now, now + _AHEAD))
    gap = min(rota.gaps(wanted, 1), default=None)
    until = _AHEAD if gap is None else max(gap.start - now, timedelta(0))
    yield Sample(UNCOVERED_IN, (line.id,), until.total_seconds())


@lru_cache(maxsize=1)
def _release() -> str:
    try:
        return version("beredskap")
    except PackageNotFoundError:  # run from a folder that nobody installed
        return "unknown"
