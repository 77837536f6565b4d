"""While a line calls itself in vain, every page of those whom it concerns says so."""

from datetime import timedelta

import pytest

from app.store import canaries
from routing.canary import Fault, Outcome, Verdict
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.duty.before_duty import manned
from tests.app.world import table_away
from tests.examples import EFTERVARD

BANNER = "Det senaste provsamtalet till Eftervård kom inte fram"


def ended(console: Console, outcome: Outcome) -> None:
    """A canary of the line has just ended so."""
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(minutes=1))
    parts = console.stage.parts
    now = parts.clock()
    with parts.engine.begin() as connection:
        canaries.begin(connection, EFTERVARD, now)
        (one,) = canaries.going_on(connection, EFTERVARD)
        fault = Fault.NOT_BACK if outcome is Outcome.FAILED else None
        canaries.finish(connection, one, Verdict(outcome, fault), None, now)


@pytest.fixture
def console(engine_console_at: ConsoleAt) -> Console:
    return engine_console_at("2026-03-03T15:40", shifts=manned())


def test_a_red_banner_stands_on_every_page_until_one_passes(console: Console) -> None:
    pages = [("t4", "/tonight"), ("m1", "/log"), ("m1", "/account"), ("a1", "/system")]
    for person, path in pages:
        assert BANNER not in console.signed_in(person).get(path).text

    ended(console, Outcome.FAILED)

    for person, path in pages:
        answer = console.signed_in(person).get(path)
        assert answer.status_code == 200
        assert BANNER in answer.text, path
        assert 'class="notice bad" role="alert"' in answer.text
    ended(console, Outcome.PASSED)
    for person, path in pages:
        assert BANNER not in console.signed_in(person).get(path).text


def test_it_is_not_for_a_reviewer_nor_for_whoever_is_signed_out(console: Console) -> None:
    ended(console, Outcome.FAILED)

    assert BANNER not in console.signed_in("r1").get("/account").text
    assert BANNER not in console.visitor().get("/sign-in").text


def test_one_through_the_webhooks_is_no_alarm(console: Console) -> None:
    ended(console, Outcome.BY_WEBHOOKS)

    assert BANNER not in console.signed_in("m1").get("/log").text


def test_a_page_is_shown_though_nobody_can_say_how_the_line_is(console_at: ConsoleAt) -> None:
    console = console_at("2026-03-03T15:40", shifts=manned())
    with table_away(console.stage.parts.engine, "canaries"):
        answer = console.signed_in("t4").get("/account")

    assert answer.status_code == 200
