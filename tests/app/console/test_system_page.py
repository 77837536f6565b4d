"""How the service is, as an administrator sees it: findings, ages, counts, and nobody's words."""

import re
import time
from datetime import timedelta

import pytest

from app.console.doctor_words import WORDS
from app.console.system_page import CHANNELS, FEEDS, STATES
from app.store import feeds
from app.store.database import add_once
from app.store.feeds import FeedState
from app.store.outbox import By, Letter, State, entry
from app.store.tables import outbox
from tests.app.console.conftest import MANAGERS_TOML, Console, ConsoleAt
from tests.app.console.test_readings_page import body, plain
from tests.app.duty.before_duty import manned
from tests.app.world import T4, YOUTH, changed, table_away
from tests.examples import EFTERVARD

NOW = "2026-03-03T19:04"


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at(NOW, shifts=manned())


def put(console: Console, **changed_: object) -> None:
    """A letter of the line's, as the clock would have left it."""
    parts = console.stage.parts
    letter = Letter("missed/CA1/t4", By.TEXT, EFTERVARD, T4, "Hemliga ord")
    _, row = entry(parts.cipher, letter, parts.clock())
    with parts.engine.begin() as connection:
        add_once(connection, outbox, [{**row, **changed_}])


def test_what_is_wrong_stands_first_with_what_to_do(console: Console) -> None:
    page = body(console.signed_in("a1"), "/system")

    assert "Ett samtal kan gå förlorat Klockan har aldrig gått" in page
    assert "Starta beredskap clock ." in page
    assert "Bör åtgärdas SMTP_URL är inte satt" in page
    assert page.index("Ett samtal kan gå förlorat") < page.index("Bör åtgärdas")


def test_signs_of_life(console: Console) -> None:
    console.stage.call(YOUTH)
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(minutes=3))
    console.stage.parts.tally.flush()
    console.stage.sweep(("clock.heartbeat",))
    for _ in range(4):
        console.stage.parts.tally.refused()
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(seconds=30))
    console.stage.parts.tally.flush()

    page = body(console.signed_in("a1"), "/system")

    assert re.search(r"Klockan gick senast tis 3 mars \d\d\.\d\d för 30 s sedan Går", page)
    assert re.search(r"Teleoperatören anropade senast tis 3 mars 19\.\d\d för 3 min sedan", page)
    assert "4 i dag och i går, det senaste tis 3 mars" in page
    assert re.search(r"sqlite Svarar version (\d{4}) av \1\b", page)
    assert "Väntar på att föras in i databasen tomt" in page


def test_a_clock_that_stands_still_is_seen(console: Console) -> None:
    console.stage.sweep(("clock.heartbeat",))
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(minutes=5))

    page = body(console.signed_in("a1"), "/system")

    assert "för 5 min sedan Står still" in page
    assert "Klockan har inte gått sedan tis 3 mars 19.04" in page


def test_letters_are_numbers_and_codes(console: Console) -> None:
    put(console, state=State.FAILED, error="30007")

    page = body(console.signed_in("a1"), "/system")

    assert "Sms 0 0 0 1" in page
    assert "30007 Sms 1 tis 3 mars 19.04" in page
    assert "Inget väntar på att skickas." in page
    assert "Hemliga" not in page
    assert "CA1" not in page
    assert "+46" not in page


def test_what_waits_says_since_when(console: Console) -> None:
    put(console)
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(minutes=6, seconds=30))

    page = body(console.signed_in("a1"), "/system")

    assert "1 väntar; det äldsta skrevs: tis 3 mars 19.04 för 6 min sedan" in page
    assert "1 utskick väntar, ett sedan tis 3 mars 19.04, och ingen skickar dem." in page


def test_the_fortnight_is_manned_or_says_when_not(console_at: ConsoleAt) -> None:
    full = body(console_at(NOW, shifts=manned()).signed_in("a1"), "/system")
    assert "Alla timmar som linjen är öppen är bemannade." in full


def test_gaps_are_told_of_in_the_order_they_come(console_at: ConsoleAt) -> None:
    page = body(console_at(NOW).signed_in("a1"), "/system")

    assert "ons 4 mars 17.00 – 22.00: ingen har första jouren" in page
    assert "ons 4 mars 17.00 – 22.00: en plats efter den första är tom" in page
    assert "Ingen har första jouren på eftervard från ons 4 mars 17.00" in page
    assert page.count("Ingen har första jouren på eftervard") == 1


def test_a_source_says_how_old_it_is(console_at: ConsoleAt) -> None:
    source = 'rota = { source = "csv", url = "https://rota.example.invalid/rota.csv" }'
    toml = changed(('rota = { source = "database" }', source)) + MANAGERS_TOML
    console = console_at(NOW, toml=toml)
    parts = console.stage.parts
    with parts.engine.begin() as connection:
        feeds.claim(connection, EFTERVARD, "csv", timedelta(minutes=5), parts.clock())
        feeds.settle(connection, EFTERVARD, FeedState.AWAY, "it does not answer", parts.clock())

    page = body(console.signed_in("a1"), "/system")

    assert "eftervard csv Svarar inte tis 3 mars 19.04 Aldrig hittills" in page
    assert "rota.example" not in page


@pytest.mark.parametrize("who", ["t1", "m1", "r1"])
def test_it_is_only_an_administrators(console: Console, who: str) -> None:
    assert console.signed_in(who).get("/system").status_code == 403
    assert console.visitor().get("/system").status_code == 303


def test_a_part_of_the_database_that_is_away_is_said_and_no_crash(console: Console) -> None:
    administrator = console.signed_in("a1")
    with table_away(console.stage.parts.engine, "outbox"):
        page = administrator.get("/system")

    assert page.status_code == 200
    assert "Databasen svarar inte (OperationalError)" in plain(page.text)


def test_it_answers_within_three_tenths_of_a_second(console: Console) -> None:
    administrator = console.signed_in("a1")
    administrator.get("/system")

    began = time.perf_counter()
    administrator.get("/system")

    assert time.perf_counter() - began < 0.3


def test_every_state_of_the_store_has_words() -> None:
    assert set(CHANNELS) == {str(one) for one in By}
    assert set(STATES) == {str(one) for one in State}
    assert set(FEEDS) == {str(one) for one in FeedState}
    assert all(words.what and words.remedy for words in WORDS.values())
