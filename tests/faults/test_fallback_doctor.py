"""The doctor holds what others keep for us against what it should be, each thing by itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.bootstrap import utc_now
from app.console.doctor_words import WORDS
from app.demo.stage import Stage
from app.lab.faults import RestFault, WebhookFault
from app.review.doctor import diagnose
from app.review.system import examine
from app.store import pulses
from app.store.database import make_engine
from app.telephony.fallback_document import fallback_document
from app.telephony.outside import diagnose_outside
from routing.errors import RotaUnavailable
from tests.app.cli.terminal import Terminal
from tests.app.conftest import StageAt
from tests.app.texts.talk import WiredCarrier
from tests.app.world import FALLBACK, LINE, PUBLIC_URL
from tests.examples import EFTERVARD
from tests.faults.away import ELSEWHERE, begins, host_fallback, wait

SEVEN = "2026-03-03T19:00"


@dataclass
class Clinic:
    """A service that is well, and what the doctor finds outside it."""

    stage: Stage

    @property
    def right(self) -> str:
        return fallback_document(self.stage.organisation.lines[EFTERVARD])

    def finds(self, copy: str | None = None, *, readable: bool = True) -> Mapping[str, str]:
        """What is wrong, by its code, with that *copy* of the document: the right one without."""

        def read(address: str) -> str:
            assert address == ELSEWHERE
            if not readable:
                raise RotaUnavailable("the server answers with status 404")
            return self.right if copy is None else copy

        own = replace(self.stage.parts.settings, fallback_url=ELSEWHERE)
        organisation, carrier = self.stage.organisation, WiredCarrier(self.stage)
        found = diagnose_outside(organisation, own, carrier, read)
        for one in found:
            assert WORDS[one.code].what % one.values
            assert WORDS[one.code].remedy % one.values
        return {one.code: str(one.severity) for one in found}


@pytest.fixture
def clinic(sqlite_stage_at: StageAt) -> Clinic:
    stage = sqlite_stage_at(SEVEN)
    host_fallback(stage)
    return Clinic(stage)


def test_where_all_is_well_nothing_is_found(clinic: Clinic) -> None:
    assert clinic.finds() == {}
    assert clinic.finds(clinic.right.replace("><", ">\r\n<") + "\n") != {}
    assert clinic.finds(clinic.right + "\r\n") == {}


def test_an_old_copy_is_found(clinic: Clinic) -> None:
    old = clinic.right.replace("+46846500499", "+46846500498")
    assert clinic.finds(old) == {"fallback_differs": "error"}


def test_a_copy_that_cannot_be_read_is_found(clinic: Clinic) -> None:
    assert clinic.finds(readable=False) == {"fallback_unreadable": "error"}


@pytest.mark.parametrize(
    ("field", "value", "code", "severity"),
    [
        ("voice_url", "https://other.example.se/twilio/voice", "number_voice", "error"),
        ("voice_method", "GET", "number_voice", "error"),
        ("sms_url", "", "number_text", "error"),
        ("status_callback", "", "number_status", "warning"),
        ("voice_fallback_url", "", "number_fallback", "error"),
        ("voice_fallback_method", "POST", "number_fallback", "error"),
    ],
)
def test_a_number_that_is_set_up_otherwise_is_found(
    clinic: Clinic, field: str, value: str, code: str, severity: str
) -> None:
    setattr(clinic.stage.carrier.numbers[LINE], field, value)
    assert clinic.finds() == {code: severity}


def test_how_patient_the_carrier_is_to_be_makes_no_difference(clinic: Clinic) -> None:
    clinic.stage.carrier.numbers[LINE].voice_url = f"{PUBLIC_URL}/twilio/voice#ct=2000&rt=4000"
    assert clinic.finds() == {}


def test_a_number_that_the_account_lacks_is_found(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN)
    host_fallback(stage)
    stage.carrier.numbers[LINE].e164 = FALLBACK  # the account has another one
    assert Clinic(stage).finds() == {"number_not_ours": "error"}


@pytest.mark.parametrize("fault", sorted(set(RestFault) - {RestFault.SLOW}))
def test_without_a_network_it_says_what_could_not_be_asked(
    clinic: Clinic, fault: RestFault
) -> None:
    clinic.stage.carrier.faults.add(fault)
    assert clinic.finds(readable=False) == {
        "carrier_unasked": "warning",
        "fallback_unreadable": "warning",
    }


def test_a_log_that_has_not_been_compared_for_hours_is_found(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(SEVEN)
    begins(stage)

    def codes() -> set[str]:
        parts = stage.parts
        system = examine(parts.engine, parts.cipher, parts.settings.state_dir, parts.clock())
        return {one.code for one in diagnose(system, parts.settings)}

    wait(stage, hours=2, minutes=59)
    assert "reconcile_behind" not in codes()
    wait(stage, minutes=2)
    assert "reconcile_behind" in codes()


# The command, with a web server that hosts the document.


@contextmanager
def hosting(document: bytes) -> Iterator[str]:
    """An address at which *document* is hosted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fallback.xml"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    made = Terminal.at(sqlite_url, tmp_path)
    made.load()
    return made


def test_the_command_reads_what_is_hosted(terminal: Terminal) -> None:
    printed = terminal.run("fallback-twiml").out.encode()
    with hosting(printed) as address:
        terminal.env["FALLBACK_URL"] = address
        well = _codes(terminal)
    with hosting(printed.replace(b"112", b"113").replace(b"1 1 2", b"1 1 3")) as address:
        terminal.env["FALLBACK_URL"] = address
        ill = _codes(terminal)
    with hosting(b"x" * 70_000) as address:
        terminal.env["FALLBACK_URL"] = address
        huge = _codes(terminal)

    assert well == {"carrier_unasked"}
    assert ill == {"carrier_unasked", "fallback_differs"}
    assert huge == {"carrier_unasked", "fallback_unreadable"}


def _codes(terminal: Terminal) -> set[str]:
    found = terminal.run("doctor", "--json").json["findings"]
    outside = {"carrier_unasked", "fallback_differs", "fallback_unreadable"}
    return {one["code"] for one in found} & outside


# `beredskap reconcile` on a terminal.


def test_the_command_needs_to_know_from_when(terminal: Terminal) -> None:
    answer = terminal.run("reconcile")

    assert answer.status == 2
    assert "--since" in answer.err


@pytest.mark.parametrize("since", ["2020-01-01", "2099-01-01", "yesterday"])
def test_the_command_refuses_moments_that_make_no_sense(terminal: Terminal, since: str) -> None:
    assert terminal.run("reconcile", "--since", since).status == 2


def test_the_command_says_that_the_carrier_is_away(terminal: Terminal) -> None:
    now = utc_now()
    engine = make_engine(terminal.database_url)
    with engine.begin() as connection:
        pulses.beat(connection, pulses.RECONCILED, now - timedelta(hours=1))
    engine.dispose()

    answer = terminal.run("reconcile")

    assert answer.status == 1
    assert answer.err == "beredskap: the carrier's list of calls cannot be read\n"


def test_the_command_counts_and_shows_no_number(
    terminal: Terminal, sqlite_stage_at: StageAt
) -> None:
    now = utc_now()
    stage = sqlite_stage_at(f"{now - timedelta(hours=3):%Y-%m-%dT%H:%M}", shifts=[], strict=False)
    stage.carrier.faults.add(WebhookFault.DOWN, times=9)
    stage.call("+46701740651")
    stage.text("+46701740650", "Hej")
    stage.carrier.faults.clear()
    account = stage.carrier.account
    terminal.env["TWILIO_ACCOUNT_SID"], terminal.env["TWILIO_AUTH_TOKEN"] = (
        account.sid,
        account.token,
    )
    since = f"{now - timedelta(hours=6):%Y-%m-%dT%H:%M}"

    with stage.rest_face() as address:
        terminal.env["TWILIO_API_URL"] = address
        first = terminal.run("reconcile", "--since", since, "--json")
        again = terminal.run("reconcile", "--since", since)

    assert first.status == 0, first.err
    assert {k: v for k, v in first.json.items() if k != "since"} == {
        "calls": 1, "calls_added": 1, "calls_completed": 0,
        "texts": 1, "texts_added": 1, "of_staff": 0,
    }  # fmt: skip
    assert again.out == (
        "calls: 1 at the carrier, 0 added, 0 completed\ntexts: 1 at the carrier, 0 added\n"
    )
