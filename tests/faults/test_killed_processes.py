"""Real processes over real HTTP: a web worker and a clock are killed without a word, and go on."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.bootstrap import assemble
from app.lab.account import Account, Number
from app.lab.carrier import Carrier
from app.lab.rest_server import serve
from app.lab.transport import HttpReply, HttpRequest, HttpTransport, NotConnected
from app.settings import Settings
from app.telephony.exchange import TRIES_AGAIN
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rota import Shift
from tests.app.world import (
    GUARDIAN,
    LINE,
    NAMES,
    PUBLIC_URL,
    T1,
    T4,
    YOUTH,
    changed,
    environment,
    load_world,
    rows,
    settings_for,
)
from tests.bench.servers import Kind

ROOT = Path(__file__).parents[2]
ACCOUNT, TOKEN = "AC" + "a" * 32, "a token for tests"
PATIENCE = 20.0  # seconds, for processes on a busy machine
_ALWAYS_OPEN = changed(
    ('"thu", "fri"], from = "17:00", to = "22:00"', '"thu", "fri"], from = "00:00", to = "00:00"'),
    (
        '["sat", "sun", "holiday", "eve"], from = "10:00", to = "22:00"',
        '["sat", "sun", "holiday", "eve"], from = "00:00", to = "00:00"',
    ),
)


class _Killing(HttpTransport):
    """Speaks HTTP with the service, and kills its worker while some requests are under way."""

    def __init__(self, port: int, server: psutil.Process) -> None:
        super().__init__(("127.0.0.1", port))
        self._server = server
        self.kills_at: set[int] = set()
        self.asked = 0
        self.killed = 0

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        self.asked += 1
        if self.asked not in self.kills_at:
            return self._sent_when_it_is_back(request, patience)
        (worker,) = self._server.children()
        kill = threading.Thread(target=worker.kill)
        kill.start()
        try:
            return super().send(request, patience=patience)
        finally:
            kill.join()
            self.killed += 1

    def _sent_when_it_is_back(self, request: HttpRequest, patience: float) -> HttpReply:
        """The carrier's clock is virtual: what it asks again at once comes seconds later."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return super().send(request, patience=patience)
            except NotConnected:
                if time.monotonic() > deadline:
                    raise
                threading.Event().wait(0.05)


@pytest.mark.slow
def test_calls_and_texts_go_on_though_the_worker_and_the_clock_are_killed(
    sqlite_url: str, tmp_path: Path
) -> None:
    settings = settings_for(sqlite_url, tmp_path)
    now = datetime.now(UTC)  # noqa: TID251 - it is asked by real processes
    duty = Interval(now - timedelta(hours=1), now + timedelta(hours=5))
    shifts = [Shift(duty, 1, TherapistId("t4")), Shift(duty, 2, TherapistId("t1"))]
    load_world(settings, shifts=shifts, toml=_ALWAYS_OPEN)
    base = f"{PUBLIC_URL}/twilio"
    number = Number(
        LINE,
        voice_url=f"{base}/voice{TRIES_AGAIN}",
        status_callback=f"{base}/voice/status{TRIES_AGAIN}",
        sms_url=f"{base}/sms{TRIES_AGAIN}",
    )
    with _web(settings, tmp_path) as (port, server):
        way = _Killing(port, server)
        carrier = Carrier(Account(ACCOUNT, TOKEN), number, way, start=now)
        # While a therapist's key is on its way; a second death within seconds would end the
        # server as a whole, for whoever started it to start it again.
        way.kills_at = {5}
        answers = "answer 4, press 1 after 3, talk 20"

        by_the_second = carrier.call(YOUTH, phones={T4: "no answer", T1: answers})
        by_the_first = carrier.call(GUARDIAN, phones={T4: answers})
        carrier.text(YOUTH, "Kan någon ringa?")

        assert way.killed == 1
        assert [NAMES[number] for number in by_the_second.dialled] == ["t4", "t1"]
        assert [NAMES[number] for number in by_the_first.dialled] == ["t4"]
        assert (by_the_second.bridged_to, by_the_first.bridged_to) == (T1, T4)
        _relayed_though_a_clock_is_killed(settings, carrier, tmp_path)
    kept = rows(assemble(settings).engine, "contact_events")
    assert sum(row["kind"] == "received" for row in kept) == 3
    assert sum(row["kind"] == "accepted" for row in kept) == 2


def _relayed_though_a_clock_is_killed(settings: Settings, carrier: Carrier, folder: Path) -> None:
    """The first clock dies with the text in its hands; another one asks whether it was sent."""
    took, may_answer = threading.Event(), threading.Event()

    def trap(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        answer = [*carrier.rest(environ, start_response)]
        if environ["REQUEST_METHOD"] == "POST" and not took.is_set():
            took.set()
            may_answer.wait(PATIENCE)
        return answer

    engine = assemble(settings).engine
    with serve(trap) as address:
        with _process(settings, folder, address, "clock") as first:
            assert took.wait(PATIENCE), "the text was never sent"
            os.killpg(first.pid, signal.SIGKILL)
            first.wait(PATIENCE)
        may_answer.set()
        with engine.begin() as connection:  # as a minute later, which nobody waits for in a test
            connection.exec_driver_sql(
                "UPDATE outbox SET due_at = first_tried_at WHERE state = 'sending'"
            )
        with _process(settings, folder, address, "clock", "--once") as second:
            assert second.wait(PATIENCE) == 0
    (letter,) = rows(engine, "outbox")
    assert letter["state"] == "sent"
    assert [message.body for message in carrier.messages] == ["Kan någon ringa?"]


@contextmanager
def _web(settings: Settings, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """`beredskap`'s web process as the Procfile starts it, but for its port: one worker."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    again = ["--respawn-failed-workers", "--respawn-interval", "0.2"]
    command = [*Kind("granian", 1, 4).command("app.wsgi:app", port), *again]
    with (folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PATH": os.defpath, **_environment(settings, folder)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = psutil.Process(process.pid)
    try:
        _wait_until(lambda: _answers(port))
        yield port, server
    finally:
        family = [server, *server.children(recursive=True)]
        process.terminate()
        _, left = psutil.wait_procs(family, timeout=10)
        for one in left:
            one.kill()
        process.wait(PATIENCE)


@contextmanager
def _process(
    settings: Settings, folder: Path, address: str, *command: str
) -> Iterator[subprocess.Popen[bytes]]:
    own = _environment(settings, folder, TWILIO_API_URL=address)
    with (folder / "clock.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from app.cli import main; main()", *command],
            cwd=ROOT,
            env={"PATH": os.defpath, **own},
            stdout=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


def _environment(settings: Settings, folder: Path, **more: str) -> dict[str, str]:
    return environment(settings.database_url, folder, LOG_FORMAT="json", **more)


def _answers(port: int) -> bool:
    request = HttpRequest("GET", f"{PUBLIC_URL}/readyz", ())
    try:
        return HttpTransport(("127.0.0.1", port)).send(request, patience=5).status == 200
    except Exception:  # noqa: BLE001 - it is not there yet, for whatever reason
        return False


def _wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, "it did not come so far"
        threading.Event().wait(0.05)
