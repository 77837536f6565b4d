"""
Calls go on while the web process is replaced; the small edition of `make rolling`.

Real processes over real HTTP: what hundreds of calls came to stands in docs/faults.md.
"""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import assemble, create_app
from app.lab.account import Account, Number
from app.lab.carrier import Carrier
from app.lab.rest_server import serve
from app.lab.transport import WsgiTransport
from app.settings import Settings
from tests.app.world import LINE, PUBLIC_URL, YOUTH, environment, rows
from tests.faults.live import PATIENCE, Process
from tests.faults.rolling import ACCOUNT, TOKEN, Given, Manner, run, the_first
from tests.faults.rolling_world import load

pytestmark = pytest.mark.slow


@pytest.fixture
def env(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A database with an organisation and a rota around now, and what its processes are told."""
    own = environment(sqlite_url, tmp_path)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    load()
    return own


def test_no_call_notices_that_a_web_process_is_restarted(env: dict[str, str]) -> None:
    manner = Manner("the first of two", the_first, webs=2, workers=1)

    given = Given(calls=20, lanes=2, pace=150.0, clock=False)

    found = run(manner, Settings.from_env(env), env, given)

    assert found.restarts == (1, 0)
    assert (found.calls, found.reached, found.told, found.left) == (20, 12, 4, 4)
    assert found.wrong == []
    assert found.elsewhere == 0  # nobody needed the document for when the service is away


def test_a_clock_that_is_stopped_ends_what_it_has_begun(
    env: dict[str, str], tmp_path: Path
) -> None:
    """Its letter is settled at once, and need not wait until another clock has asked about it."""
    parts = assemble(Settings.from_env(env))
    app = create_app(parts)
    parts.mirror.refresh()
    way = WsgiTransport(app)
    now = datetime.now(UTC)  # noqa: TID251 - it is asked by real processes
    number = Number(LINE, sms_url=f"{PUBLIC_URL}/twilio/sms")
    carrier = Carrier(Account(ACCOUNT, TOKEN), number, way, start=now)
    carrier.text(YOUTH, "Hej")
    took, may_answer = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        answer = [*carrier.rest(environ, start_response)]
        if environ["REQUEST_METHOD"] == "POST":
            took.set()
            may_answer.wait(PATIENCE)
        return answer

    with serve(slow) as address:
        clock = Process("clock", {**env, "TWILIO_API_URL": address}, tmp_path)
        clock.start()
        assert took.wait(PATIENCE), "the text was never sent"
        clock.ask_to_stop()
        may_answer.set()
        clock.stop()

    (letter,) = rows(parts.engine, "outbox")
    assert letter["state"] == "sent"
    assert [message.body for message in carrier.messages] == ["Hej"]
    parts.engine.dispose()
