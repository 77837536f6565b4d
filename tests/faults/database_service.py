"""One web process as it runs: it looks at its database in the background, and is timed."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from app.bootstrap import Parts, assemble, create_app
from app.demo.stage import Stage
from app.lab.call import Call
from app.lab.transport import HttpReply, HttpRequest, WsgiTransport
from app.store.patience import PAGES
from tests.app.world import ANSWERS, SILENT, YOUTH, evening, load_world, settings_for
from tests.examples import at
from tests.faults.database_proxy import Proxy

EVENING = "2026-03-03T19:04"
LOOKS_EVERY = 0.05  # seconds; four times as often as in earnest
PATIENCE = 15.0
# What the first to meet a fault may wait, and everybody after: on a machine that others use too.
ONCE, AFTERWARDS = 0.9, 0.25


def stage_on(url: str, folder: Path) -> Iterator[Stage]:
    """An evening of t4's and then t1's, with its clock and its carrier beside the database."""
    settings = settings_for(url, folder)
    load_world(settings, shifts=evening(EVENING[:10]))
    stage = Stage(settings, at(EVENING).astimezone(UTC))
    yield stage
    stage.close()


def until(reached: Callable[[], bool], what: str) -> None:
    """Wait for what happens in the background."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, what
        pause.wait(0.01)


@dataclass
class Timed:
    """The service, and how many seconds each of the carrier's requests took, by its path."""

    app: Flask
    waits: list[tuple[str, float]] = field(default_factory=list)

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        began = time.perf_counter()
        reply = WsgiTransport(self.app).send(request, patience=patience)
        path = request.url.partition("/twilio/")[2].split("/ey")[0]
        self.waits.append((path, time.perf_counter() - began))
        return reply


@dataclass
class Service:
    """A web process at *url*, on a stage whose own parts see the database directly."""

    stage: Stage
    parts: Parts
    timed: Timed

    @property
    def waits(self) -> list[float]:
        return [seconds for _, seconds in self.timed.waits]

    def is_away(self) -> bool:
        return self.parts.exchange.journal.breaker.is_open

    def pass_by(self, seconds: float) -> None:
        carrier = self.stage.carrier
        carrier.run_until(carrier.now() + timedelta(seconds=seconds))

    def begin(self, **phones: str) -> Call:
        """A call from a youth; t4 does not answer, and t1 does, unless said otherwise."""
        named = {"t4": SILENT, "t1": ANSWERS, **phones}
        known = {t.id: t.phone for t in self.stage.organisation.therapists.values()}
        numbers = {phone.e164: named[who] for who, phone in known.items() if who in named and phone}
        return self.stage.carrier.begin_call(YOUTH, phones=numbers)

    def ready(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.timed.app.test_client().get("/readyz").get_json()
        return answer

    def is_mended(self) -> bool:
        return not self.is_away() and self.parts.spool.is_empty

    def events(self, call: Call) -> list[str]:
        """What the log says happened, in the order of the keys."""
        with self.stage.parts.engine.connect() as connection:
            query = "SELECT key FROM contact_events WHERE contact = :contact ORDER BY key"
            return list(connection.scalars(sa.text(query), {"contact": call.sid}))

    def nobody_waited(self, *, once: float = ONCE) -> None:
        """At most one request took longer than anybody notices, and that not long."""
        slow = [(path, round(s, 2)) for path, s in self.timed.waits if s > AFTERWARDS]
        assert len(slow) <= 1, slow
        assert max(self.waits) < once, slow


@contextmanager
def service(stage: Stage, url: str, state_dir: Path | None = None) -> Iterator[Service]:
    """A process that answers the carrier from now on, and watches in the background."""
    own = stage.parts.settings
    settings = replace(own, database_url=url, state_dir=state_dir or own.state_dir)
    parts = assemble(settings, clock=stage.carrier.now, patience=PAGES)
    parts.mirror.refresh()
    timed = Timed(create_app(parts))
    stage.carrier.transport = timed
    watching = parts.mirror.watch(LOOKS_EVERY, parts.tend)
    try:
        yield Service(stage, parts, timed)
    finally:
        parts.mirror.close()
        watching.join(PATIENCE)
        parts.engine.dispose()


@dataclass(frozen=True)
class Fault:
    """Something that befalls PostgreSQL, for as long as the block lasts."""

    name: str
    during: Callable[[Proxy, str], AbstractContextManager[None]]

    def __str__(self) -> str:
        return self.name


@contextmanager
def _hangs(proxy: Proxy, _: str) -> Iterator[None]:
    proxy.hang()
    yield
    proxy.mend()


@contextmanager
def _is_cut(proxy: Proxy, _: str) -> Iterator[None]:
    proxy.cut()
    yield
    proxy.mend()


@contextmanager
def _is_locked(_: Proxy, url: str) -> Iterator[None]:
    with plain(url) as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE contact_events IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def _takes_no_rows(_: Proxy, url: str) -> Iterator[None]:
    """A lock that lets others read: the look in the background sees nothing wrong."""
    with plain(url) as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE contact_events IN SHARE MODE")
        yield


@contextmanager
def _is_read_only(proxy: Proxy, url: str) -> Iterator[None]:
    name = sa.make_url(url).database
    with plain(url) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        proxy.cut()  # connections that are open stay as they were
        proxy.mend()
        yield
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        proxy.cut()
        proxy.mend()


@contextmanager
def _has_a_full_disk(_: Proxy, url: str) -> Iterator[None]:
    full = "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'"
    with plain(url) as connection:
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN {full}; END $$"
        )
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON contact_events EXECUTE FUNCTION full_disk()"
        )
        yield
        connection.execute("DROP FUNCTION full_disk CASCADE")


FAULTS: Sequence[Fault] = (
    Fault("hangs", _hangs),
    Fault("is cut off", _is_cut),
    Fault("is locked", _is_locked),
    Fault("takes no rows", _takes_no_rows),
    Fault("is read-only", _is_read_only),
    Fault("has a full disk", _has_a_full_disk),
)


def plain(url: str) -> psycopg.Connection[Any]:
    """The driver's own connection to *url*."""
    own = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(own, autocommit=True)
