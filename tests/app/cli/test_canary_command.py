"""`beredskap canary`: what came of the last ones, and one more while somebody waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from threading import Event

import pytest

from app.bootstrap import utc_now
from app.settings import Settings
from app.store import canaries
from app.store.database import make_engine
from routing.canary import Fault, Outcome, Verdict
from tests.app.cli.terminal import Terminal
from tests.app.world import load_world
from tests.examples import EFTERVARD, at


@pytest.fixture
def terminal(sqlite_settings: Settings) -> Terminal:
    load_world(sqlite_settings)
    return Terminal.at(sqlite_settings.database_url, sqlite_settings.state_dir)


def ended(terminal: Terminal, due: str, verdict: Verdict, code: str | None = None) -> None:
    engine = make_engine(terminal.database_url)
    moment = at(due).astimezone(UTC)
    with engine.begin() as connection:
        canaries.begin(connection, EFTERVARD, moment)
        (one,) = canaries.going_on(connection, EFTERVARD)
        canaries.take_try(connection, one, moment)
        (one,) = canaries.going_on(connection, EFTERVARD)
        canaries.finish(connection, one, verdict, code, moment + timedelta(minutes=1))
    engine.dispose()


def test_none_yet(terminal: Terminal) -> None:
    answer = terminal.run("canary")

    assert (answer.status, answer.out) == (0, "eftervard has not called itself yet.\n")


def test_the_last_ones_and_whether_the_last_failed(terminal: Terminal) -> None:
    ended(terminal, "2026-03-03T15:30", Verdict(Outcome.PASSED))
    ended(terminal, "2026-03-04T15:30", Verdict(Outcome.BY_WEBHOOKS), "21216")
    assert terminal.run("canary").status == 0
    ended(terminal, "2026-03-05T15:30", Verdict(Outcome.FAILED, Fault.NOT_BACK))

    answer = terminal.run("canary", "--line", "eftervard")

    assert answer.status == 1
    assert answer.out.splitlines() == [
        "2026-03-05T15:30:00+01:00  failed: the call did not come back",
        "2026-03-04T15:30:00+01:00  passed through the webhooks only (the carrier's code: 21216)",
        "2026-03-03T15:30:00+01:00  passed",
    ]


def test_for_programs(terminal: Terminal) -> None:
    ended(terminal, "2026-03-05T15:30", Verdict(Outcome.FAILED, Fault.NOT_MADE), "20005")

    answer = terminal.run("canary", "--json")

    assert answer.status == 1
    assert answer.json == {
        "line": "eftervard",
        "canaries": [
            {
                "due_at": "2026-03-05T15:30:00+01:00",
                "by_hand": False,
                "calls": 1,
                "over_at": "2026-03-05T15:31:00+01:00",
                "outcome": "failed",
                "fault": "not_made",
                "code": "20005",
            }
        ],
    }


def test_there_is_no_such_line(terminal: Terminal) -> None:
    assert terminal.run("canary", "--line", "nowhere").status == 2


@contextmanager
def a_clock(terminal: Terminal, verdict: Verdict) -> Iterator[None]:
    """Somebody who ends whatever is asked for, as the clock would."""
    over, engine = Event(), make_engine(terminal.database_url)

    def work() -> None:
        while not over.wait(0.1):
            with engine.begin() as connection:
                for one in canaries.going_on(connection, EFTERVARD):
                    canaries.finish(connection, one, verdict, None, utc_now())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        engine.dispose()


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict(Outcome.PASSED), 0), (Verdict(Outcome.FAILED, Fault.SILENT), 1)],
)
def test_one_at_once_is_waited_for(terminal: Terminal, verdict: Verdict, status: int) -> None:
    with a_clock(terminal, verdict):
        answer = terminal.run("canary", "--now", "--json")

    assert answer.status == status
    (one,) = answer.json["canaries"]
    assert (one["by_hand"], one["outcome"]) == (True, str(verdict.outcome))
