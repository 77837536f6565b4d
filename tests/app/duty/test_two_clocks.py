"""Two clocks on one PostgreSQL, one of them killed in the middle of a sweep: one notice each."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.bootstrap import assemble
from app.lab.account import Account, Number
from app.lab.carrier import Carrier
from app.lab.rest_server import serve
from app.lab.transport import HttpTransport
from app.settings import Settings
from app.store.contacts import row_of
from routing import record
from routing.contact import Caller, Channel
from routing.ids import ContactId, TherapistId
from routing.intervals import Interval
from routing.rota import Shift
from tests.app.world import LINE, NAMES, environment, load_world, rows, settings_for
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA

ROOT = Path(__file__).parents[3]
ACCOUNT, TOKEN = "AC" + "a" * 32, "a token for tests"
PATIENCE = 30.0  # seconds, for processes on a busy machine
EVERYBODY = ["t1", "t2", "t3", "t4", "t5", "t6"]


class Trap:
    """The carrier's REST face, which takes the first text and then leaves its sender hanging."""

    def __init__(self, rest: Callable[..., Iterable[bytes]]) -> None:
        self._rest = rest
        self._first = threading.Lock()
        self.sprung, self.open = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        answer = [*self._rest(environ, start_response)]
        is_a_text = environ["REQUEST_METHOD"] == "POST"
        if is_a_text and self._first.acquire(blocking=False):
            self.sprung.set()
            self.open.wait(PATIENCE)
        return answer


@pytest.fixture
def service(postgres_url: str, tmp_path: Path) -> Settings:
    """A database with one evening of yesterday's in it, owed to both districts."""
    settings = settings_for(postgres_url, tmp_path)
    yesterday = datetime.now(UTC).replace(hour=17, minute=0) - timedelta(days=1)  # noqa: TID251 - real processes
    duty = Interval(yesterday, yesterday + timedelta(hours=5))
    load_world(settings, shifts=[Shift(duty, 1, TherapistId("t4"))])
    parts = assemble(settings)
    for number in range(10):
        home = JARVA if number % 2 else HASSELBY_VALLINGBY
        caller = Caller(f"K-{number}", home)
        contact, moment = ContactId(f"CA{number}"), yesterday + timedelta(minutes=number)
        heard = record.received(contact, EFTERVARD, Channel.VOICE, caller, moment)
        parts.exchange.journal.write([("contact_events", row_of(heard))])
    parts.engine.dispose()
    return settings


@pytest.fixture
def carrier() -> Carrier:
    account, number = Account(ACCOUNT, TOKEN), Number(LINE)
    now = datetime.now(UTC)  # noqa: TID251 - it is asked by real processes
    return Carrier(account, number, HttpTransport(), start=now)


@pytest.mark.slow
def test_each_person_gets_one_notice_though_one_of_two_clocks_is_killed_in_mid_sweep(
    service: Settings, carrier: Carrier, tmp_path: Path
) -> None:
    engine = assemble(service).engine
    trap = Trap(carrier.rest)
    with serve(trap) as address, _clock(service, address, tmp_path) as first:
        assert trap.sprung.wait(PATIENCE), "no text was ever sent"
        with _clock(service, address, tmp_path) as second:
            # The first is inside its sweep, with a text handed over whose answer it never sees.
            _wait_until(lambda: _states(engine).count("sent") == 5)
            os.killpg(first.pid, signal.SIGKILL)
            first.wait(PATIENCE)
            trap.open.set()
            assert _states(engine).count("sending") == 1
            _let_the_lease_run_out(engine)
            _wait_until(lambda: _states(engine) == ["sent"] * 6)
            assert second.poll() is None

    assert sorted(NAMES[message.to] for message in carrier.messages) == EVERYBODY
    assert len(rows(engine, "handovers")) == 2
    assert {row["state"] for row in rows(engine, "handovers")} == {"notified"}


@pytest.mark.slow
def test_two_clocks_that_start_together_tell_everybody_once(
    service: Settings, carrier: Carrier, tmp_path: Path
) -> None:
    engine = assemble(service).engine
    with (
        serve(carrier.rest) as address,
        _clock(service, address, tmp_path, "--once") as first,
        _clock(service, address, tmp_path, "--once") as second,
    ):
        ended = [first.wait(PATIENCE), second.wait(PATIENCE)]

    assert ended == [0, 0]
    assert sorted(NAMES[message.to] for message in carrier.messages) == EVERYBODY
    assert _states(engine) == ["sent"] * 6


@contextmanager
def _clock(
    service: Settings, address: str, folder: Path, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    """`beredskap clock` as a process of its own."""
    own = environment(service.database_url, folder, TWILIO_API_URL=address, LOG_FORMAT="json")
    command = [sys.executable, "-c", "from app.cli import main; main()", "clock", *options]
    with (folder / "clock.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={"PATH": os.defpath, **own}, stdout=log, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


def _states(engine: sa.Engine) -> list[object]:
    return [row["state"] for row in rows(engine, "outbox")]


def _let_the_lease_run_out(engine: sa.Engine) -> None:
    """As a minute later: nobody waits that long in a test."""
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE outbox SET due_at = now() WHERE state = 'sending'"))


def _wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, "the clocks did not get there"
        threading.Event().wait(0.05)
