"""One interleaved run: every case in every round, so that a busy machine is busy for all."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg
from sqlalchemy.engine import make_url

from app.store.migrate import migrate
from tests.bench import calls
from tests.bench.load import drive
from tests.bench.servers import Kind, Server
from tests.databases import Databases, PostgresUnavailable

EXPECTED = b"<Dial "
BARE, INSERT, WEBHOOK = "bare Flask", "bare Flask, one insert", "webhook"
_APPS = {
    BARE: "tests.bench.plain:app",
    INSERT: "tests.bench.plain:app",
    WEBHOOK: "app.wsgi:app",
}
USUAL = "gunicorn-sync"  # what a Flask application is served by unless somebody measures
_DURABLY = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True, slots=True)
class Case:
    """Something measured; *engine* is empty where nothing is written down."""

    what: str
    engine: str
    kind: Kind
    contacts: int = 0  # in the database beforehand
    checkout: Path | None = None  # another state of the code

    def yardstick(self, what: str) -> "Case":
        """What it is compared with on the same server."""
        return Case(what, "" if what == BARE else self.engine, self.kind)

    def usual(self) -> "Case":
        """Bare Flask as it is usually served."""
        return Case(BARE, "", Kind(USUAL, self.kind.workers, 1))

    def __str__(self) -> str:
        parts = [self.what, self.engine, f"{self.contacts:,} contacts" if self.contacts else ""]
        other = f"at {self.checkout}" if self.checkout else ""
        return ", ".join(filter(None, [*parts, other])).replace(",000", " 000")


@dataclass(slots=True)
class Figures:
    """What was found out about one case, a value for each round."""

    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    fsync_ms: list[float] = field(default_factory=list)  # of the disk, just before each round
    start_s: list[float] = field(default_factory=list)
    megabytes: float = 0.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    requests: int
    connections: int
    starts: int


class Lost(Exception):
    """A call was answered and is not in the database."""


def cases(
    kinds: Sequence[Kind], engines: Sequence[str], contacts: int, against: Path | None
) -> list[Case]:
    """The webhook and its yardsticks, on each server and engine."""
    wanted: list[Case] = []
    for kind in kinds:
        wanted.append(Case(BARE, "", kind))
        for engine in engines:
            wanted += [Case(INSERT, engine, kind), Case(WEBHOOK, engine, kind)]
            if contacts:
                wanted.append(Case(WEBHOOK, engine, kind, contacts))
            if against is not None:
                wanted.append(Case(WEBHOOK, engine, kind, checkout=against))
    wanted += {case.usual(): None for case in wanted}
    return [*dict.fromkeys(wanted)]


def measure(wanted: Sequence[Case], size: Size) -> dict[Case, Figures]:
    """
    Every case's figures; one that needs PostgreSQL where there is none is left out.

    Raises:
        Lost: a webhook answered a call that is not in its database.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beredskap-bench-")))
        databases = stack.enter_context(_databases(folder))
        running: dict[Case, tuple[Server, str]] = {}
        figures: dict[Case, Figures] = {}
        for place, case in enumerate(wanted):
            own = folder / str(place)
            own.mkdir()
            try:
                url = stack.enter_context(_database(databases, case, own))
            except PostgresUnavailable as err:
                sys.stderr.write(f"left out: {case}. {err}\n")
                continue
            server = _server(case, url, own)
            stack.callback(server.stop)
            running[case], figures[case] = (server, url), Figures()
            _time_starts(server, figures[case], size.starts)
            server.pause()
        sent = dict.fromkeys(running, size.starts)
        for turn in range(size.rounds + 1):
            # The first round only warms up; each begins with another case.
            first = turn % len(running)
            for case in [*running][first:] + [*running][:first]:
                server, _ = running[case]
                sent[case] += _round(server, figures[case], size, folder, warms_up=turn == 0)
        for case, (server, url) in running.items():
            figures[case].megabytes = server.megabytes()
            if case.what == WEBHOOK and calls.kept(url) != sent[case]:
                raise Lost(f"{case}: {calls.kept(url)} of {sent[case]} calls were kept")
        return figures


def fsync_ms(folder: Path) -> float:
    """How long the disk takes to make 4 kB durable, in milliseconds; the median of twenty."""
    took = []
    fd = os.open(folder / "fsync", os.O_RDWR | os.O_CREAT)
    try:
        for place in range(20):
            began = time.perf_counter()
            os.pwrite(fd, b"x" * 4096, 4096 * place)
            os.fdatasync(fd)
            took.append(1000 * (time.perf_counter() - began))
    finally:
        os.close(fd)
    return median(took)


def _round(server: Server, found: Figures, size: Size, folder: Path, *, warms_up: bool) -> int:
    requests = calls.requests(size.requests // 2 or 1 if warms_up else size.requests)
    server.resume()
    disk, cpu = fsync_ms(folder), server.cpu_seconds()
    load = drive(server.port, requests, size.connections, EXPECTED)
    if not warms_up:
        found.fsync_ms.append(disk)
        found.cpu_us.append(1e6 * (server.cpu_seconds() - cpu) / len(requests))
        found.per_second.append(load.per_second)
        found.p50_ms.append(load.percentile(0.5))
        found.p99_ms.append(load.percentile(0.99))
    server.pause()
    return len(requests)


def _time_starts(server: Server, found: Figures, times: int) -> None:
    """Start it *times* times; the last time it stays."""
    for request in calls.requests(times):
        server.stop()
        found.start_s.append(server.start(request, EXPECTED))


def _server(case: Case, url: str, folder: Path) -> Server:
    env = calls.environment(url, str(folder)) if url else {}
    app = _APPS[case.what]
    if case.checkout is not None:
        return Server(case.kind, app, env, folder, case.checkout)
    return Server(case.kind, app, env, folder)


@contextmanager
def _databases(folder: Path) -> Iterator[Databases]:
    own = folder / "databases"
    own.mkdir()
    with closing(Databases(own, os.getpid())) as databases:
        yield databases


@contextmanager
def _database(databases: Databases, case: Case, folder: Path) -> Iterator[str]:
    """The URL of a furnished database of the case's own; empty for a case without."""
    with ExitStack() as stack:
        match case.engine:
            case "":
                yield ""
                return
            case "SQLite":
                url = f"sqlite:///{folder / 'bench.db'}"
            case _:
                url = stack.enter_context(databases.unmigrated_postgres())
                _make_durable(url)
        migrate(url)
        calls.furnish(url, folder, case.contacts)
        yield url


def _make_durable(url: str) -> None:
    """Undo what makes the tests' server quick: a commit is on disk before it is answered."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for setting in _DURABLY:
            connection.execute(f"ALTER SYSTEM SET {setting} = on")
        connection.execute("SELECT pg_reload_conf()")
        for setting in _DURABLY:
            while connection.execute(f"SHOW {setting}").fetchone() != ("on",):
                time.sleep(0.01)
