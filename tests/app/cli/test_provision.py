"""`beredskap provision` on a terminal: what would change, what did, and what a person must do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from app.cli.provision_words import by_hand, warnings_of
from app.lab.account import Account, Number, Service
from app.lab.carrier import Carrier
from app.lab.faults import RestFault
from app.lab.rest_server import serve
from app.lab.transport import WsgiTransport
from app.phrases import phrases
from app.settings import Settings
from app.telephony.provisioning import wanted_of
from tests.app.cli.terminal import Answer, Terminal, one_line
from tests.app.world import LINE, PUBLIC_URL
from tests.examples import line

TRIES = "#ct=2000&rt=4000&rc=2&rp=ct,rt,5xx"
THEIRS = "https://switchboard.example.org/call/46766861004?key=secret"


@dataclass(frozen=True, slots=True)
class Site:
    """A terminal with everything loaded, and an account with the line's number."""

    terminal: Terminal
    carrier: Carrier
    address: str

    @property
    def number(self) -> Number:
        return self.carrier.numbers[LINE]

    def provision(self, *words: str, **env: str) -> Answer:
        own = {
            **self.terminal.env,
            "TWILIO_API_URL": self.address,
            "FALLBACK_URL": "https://spare.example.org/{line}.xml",
            **env,
        }
        found = self.terminal.run("provision", *words, env=own)
        for secret in (LINE, LINE[1:], "secret", self.terminal.env["TWILIO_AUTH_TOKEN"]):
            assert secret not in found.out + found.err
        return found

    def changed(self) -> bool:
        """Whether anything but questions reached the carrier."""
        return any(one.method != "GET" for one in self.carrier.trace.asked)


@pytest.fixture
def site(loaded: Terminal) -> Iterator[Site]:
    account = Account(loaded.env["TWILIO_ACCOUNT_SID"], loaded.env["TWILIO_AUTH_TOKEN"])
    start = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
    carrier = Carrier(account, Number(LINE), WsgiTransport(lambda _, __: ()), start=start)
    with serve(carrier.rest) as address:
        yield Site(loaded, carrier, address)


def test_a_dry_run_prints_the_differences_and_changes_nothing(site: Site) -> None:
    found = site.provision("--dry-run")

    assert (found.status, found.err) == (0, "")
    assert found.out.splitlines() == [
        f"eftervard: {words}  (not changed)"
        for words in (
            "voice fallback: none → GET https://spare.example.org/eftervard.xml",
            f"call status: none → POST {PUBLIC_URL}/twilio/voice/status{TRIES}",
            f"voice: none → POST {PUBLIC_URL}/twilio/voice{TRIES}",
            f"text: none → POST {PUBLIC_URL}/twilio/sms{TRIES}",
            "messaging service: none → Beredskap eftervard",
        )
    ]
    assert not site.changed()


def test_once_everything_is_set_the_words_for_the_console_come_once(site: Site) -> None:
    first, again = site.provision(), site.provision()

    swedish = phrases("sv-SE").written
    for key in ("carrier_stopped", "carrier_started", "carrier_help"):
        assert swedish[key] in first.out
    assert "“Beredskap eftervard”, Opt-Out Management" in first.out
    assert (first.status, again.status) == (0, 0)
    assert again.out == "eftervard: nothing to do\n"
    assert site.number.voice_url == f"{PUBLIC_URL}/twilio/voice{TRIES}"


def test_for_programs_the_words_are_there_every_time(site: Site) -> None:
    site.provision()

    found = site.provision("--json")

    (line,) = found.json["lines"]
    assert (found.status, found.json["right"], line["changes"]) == (0, True, [])
    assert phrases("sv-SE").written["carrier_help"] in " ".join(line["by_hand"])


def test_somebody_else_s_number_is_shown_left_alone_and_a_failure(site: Site) -> None:
    site.number.voice_url = THEIRS

    found = site.provision()

    assert found.status == 1
    assert "left alone" in one_line(found.err)
    assert "--take-over" in found.err
    assert (
        f"voice: POST https://switchboard.example.org/call/…?… → "
        f"POST {PUBLIC_URL}/twilio/voice{TRIES}  (somebody else's)\n"
    ) in found.out
    assert f"text: none → POST {PUBLIC_URL}/twilio/sms{TRIES}  (left alone)\n" in found.out
    assert not site.changed()


def test_taken_over_it_is_done_and_said(site: Site) -> None:
    site.number.voice_url = THEIRS
    theirs = Service("MG" + "9" * 32, "Theirs", numbers=[site.number.sid])
    site.carrier.services.append(theirs)

    found = site.provision("--take-over")

    assert (found.status, found.err) == (0, "")
    assert f"messaging service: {theirs.sid} → Beredskap eftervard\n" in found.out
    assert theirs.numbers == []


def test_what_failed_is_named_and_the_next_time_goes_on(site: Site) -> None:
    site.carrier.faults.add(RestFault.ERROR_BEFORE, path="/v1/Services", skip=1)

    found, again = site.provision(), site.provision()

    assert found.status == 1
    assert "eftervard: messaging service: none → Beredskap eftervard: failed, " in found.err
    assert "Opt-Out" not in found.out
    assert (again.status, again.out.startswith("eftervard: messaging service")) == (0, True)
    assert "Opt-Out" in again.out


@pytest.mark.parametrize(
    "address", ["", "http://jour.example.se", "https://127.0.0.1:8443", "https://192.168.1.2"]
)
def test_an_address_that_twilio_cannot_reach_is_refused(site: Site, address: str) -> None:
    found = site.provision(PUBLIC_URL=address)

    assert found.status == 2
    assert "PUBLIC_URL" in one_line(found.err)
    assert site.carrier.trace.asked == []


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
def test_without_an_account_nothing_is_asked(site: Site, name: str) -> None:
    found = site.provision(**{name: ""})

    assert found.status == 2
    assert name in one_line(found.err)


def test_without_an_address_for_it_the_fallback_is_left_and_warned_of(site: Site) -> None:
    site.number.voice_fallback_url = THEIRS

    found = site.provision(FALLBACK_URL="")

    assert found.status == 0
    assert "FALLBACK_URL is not set" in one_line(found.err)
    assert site.number.voice_fallback_url == THEIRS


def test_a_fallback_at_our_own_host_is_warned_of(site: Site) -> None:
    found = site.provision(FALLBACK_URL=f"{PUBLIC_URL}/fallback.xml")

    assert found.status == 0
    assert "would be away together with it" in one_line(found.err)


@pytest.mark.parametrize(
    ("capability", "words"),
    [("voice_capable", "takes no calls"), ("sms_capable", "takes no texts")],
)
def test_a_number_that_lacks_a_capability_is_named_by_its_line(
    site: Site, capability: str, words: str
) -> None:
    setattr(site.number, capability, False)

    first, again = site.provision(), site.provision()

    assert (first.status, again.status) == (1, 1)
    assert words in one_line(again.err)
    assert "nothing to do" not in again.out


def test_a_wrong_token_is_said(site: Site) -> None:
    found = site.provision(TWILIO_AUTH_TOKEN="another token")

    assert found.status == 1
    assert one_line(found.err).endswith("it does not know our token\n")


def test_a_carrier_that_is_away_is_said(site: Site) -> None:
    found = site.provision(TWILIO_API_URL="http://127.0.0.1:9")

    assert found.status == 1
    assert "cannot say how a number is set up" in one_line(found.err)


def test_in_a_region_the_warning_and_the_words_are_others(site: Site) -> None:
    env = {**site.terminal.env, "TWILIO_API_URL": "https://api.dublin.ie1.twilio.com"}
    settings = Settings.from_env({**env, "FALLBACK_URL": "https://spare.example.org/x"})

    (warning,) = warnings_of(settings)
    words = " ".join(by_hand(line(), wanted_of(line(), PUBLIC_URL, None), "ie1"))

    assert "processes in ie1" in warning
    assert "support" in words
    assert "Opt-Out Management" not in words
