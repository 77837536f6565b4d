"""Numbers and messaging services over HTTP, held against Twilio's own description."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests

from app.lab.account import Account, Number, Service
from app.lab.carrier import Carrier
from app.lab.faults import RestFault
from app.lab.rest_server import serve
from app.lab.transport import WsgiTransport
from app.telephony.provision import Outcome, TwilioWorkbench, provision
from app.telephony.provisioning import Lack, Ours, Part, wanted_of
from routing.ids import LineId
from tests.app.world import LINE
from tests.examples import line

ACCOUNT, TOKEN = "AC" + "a" * 32, "a token for tests"
START = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
PUBLIC, ELSEWHERE = "https://jour.example.se", "https://spare.example.org/{line}.xml"
WANTED = wanted_of(line(), PUBLIC, ELSEWHERE)
THEIRS = "https://switchboard.example.org/call"


@dataclass(frozen=True, slots=True)
class Bench:
    """An account with one number, and our way to it."""

    carrier: Carrier
    ours: TwilioWorkbench
    address: str

    @property
    def number(self) -> Number:
        return self.carrier.numbers[LINE]

    def provision(self, *, dry_run: bool = False, take_over: bool = False) -> Outcome:
        """Set the line up; nothing of it may be asked in a way Twilio does not describe."""
        (outcome,) = provision(
            self.ours,
            [(LINE, WANTED)],
            Ours(PUBLIC, ELSEWHERE),
            dry_run=dry_run,
            take_over=take_over,
        )
        assert self.carrier.failures == []
        return outcome

    def theirs(self, text: str = "") -> Service:
        """A service of somebody else's, with our number in it."""
        service = Service("MG" + "9" * 32, "Theirs", text, numbers=[self.number.sid])
        self.carrier.services.append(service)
        return service


@pytest.fixture
def bench() -> Iterator[Bench]:
    demo = "https://demo.twilio.com/welcome"
    number = Number(LINE, voice_url=f"{demo}/voice/", sms_url=f"{demo}/sms/reply")
    carrier = Carrier(
        Account(ACCOUNT, TOKEN), number, WsgiTransport(_the_service), start=START, strict=False
    )
    with serve(carrier.rest) as address:
        yield Bench(carrier, TwilioWorkbench(ACCOUNT, TOKEN, address), address)


def undone(outcome: Outcome) -> dict[Part, str]:
    """What was not done, and why."""
    return {step.change.part: step.why_not for step in outcome.steps if not step.is_done}


def test_a_number_as_bought_is_set_up(bench: Bench) -> None:
    outcome = bench.provision()

    assert outcome.is_right
    assert undone(outcome) == {}
    number, (service,) = bench.number, bench.carrier.services
    assert (number.voice_url, number.voice_method) == WANTED.voice
    assert (number.voice_fallback_url, number.voice_fallback_method) == WANTED.voice_fallback
    assert (number.status_callback, number.status_callback_method) == WANTED.status
    assert (number.sms_url, number.sms_method) == WANTED.text
    assert (service.friendly_name, service.numbers) == ("Beredskap eftervard", [number.sid])
    assert (service.inbound_request_url, service.inbound_method) == WANTED.text
    assert (service.use_inbound_webhook_on_number, service.smart_encoding) == (True, False)


def test_a_second_time_there_is_nothing_to_do(bench: Bench) -> None:
    bench.provision()
    asked = len(bench.carrier.trace.asked)

    again = bench.provision()

    assert (again.steps, again.is_right) == ((), True)
    assert {one.method for one in bench.carrier.trace.asked[asked:]} == {"GET"}


def test_a_dry_run_only_asks(bench: Bench) -> None:
    outcome = bench.provision(dry_run=True)

    assert len(outcome.steps) == 5
    assert outcome.is_right
    assert {one.method for one in bench.carrier.trace.asked} == {"GET"}


def test_a_number_with_anything_of_somebody_else_s_is_left_alone(bench: Bench) -> None:
    bench.number.sms_url = THEIRS

    outcome = bench.provision()

    assert outcome.is_foreign
    assert not outcome.is_right
    assert {one.method for one in bench.carrier.trace.asked} == {"GET"}


def test_taken_over_the_number_is_ours_and_their_service_is_as_it_was(bench: Bench) -> None:
    number, theirs = bench.number, bench.theirs(THEIRS)
    number.sms_url = number.voice_fallback_url = number.sms_fallback_url = THEIRS
    number.trunk, number.sms_application = "TK" + "1" * 32, "AP" + "1" * 32

    assert bench.provision(take_over=True).is_right

    assert (number.sms_url, number.sms_fallback_url) == (WANTED.text[0], "")
    assert (number.trunk, number.sms_application) == ("", "")
    assert (theirs.numbers, theirs.inbound_request_url) == ([], THEIRS)
    assert bench.provision().steps == ()


def test_an_application_that_takes_the_calls_is_taken_away(bench: Bench) -> None:
    bench.number.voice_application = "AP" + "1" * 32

    assert bench.provision().is_foreign
    assert bench.provision(take_over=True).is_right
    assert bench.number.voice_application == ""


def test_a_service_of_ours_that_has_drifted_is_put_right(bench: Bench) -> None:
    bench.provision()
    (service,) = bench.carrier.services
    service.use_inbound_webhook_on_number, service.smart_encoding = False, True
    service.inbound_request_url, service.fallback_url = "", f"{PUBLIC}/x"

    assert len(bench.provision().steps) == 4
    assert bench.provision().steps == ()
    assert service.fallback_url == ""


def test_a_service_on_the_second_page_is_found(bench: Bench) -> None:
    many = [Service(f"MG{n:032x}", f"Service {n}") for n in range(60)]
    ours = Service("MG" + "8" * 32, "Beredskap eftervard", smart_encoding=False)
    bench.carrier.services.extend([*many, ours])

    bench.provision()

    assert ours.numbers == [bench.number.sid]
    assert len(bench.carrier.services) == 61


def test_what_the_carrier_refuses_is_named_and_the_rest_is_done(bench: Bench) -> None:
    wanted = wanted_of(line(), PUBLIC, "ftp://spare.example.org/x")

    (outcome,) = provision(
        bench.ours, [(LINE, wanted)], Ours(PUBLIC, None), dry_run=False, take_over=False
    )

    assert undone(outcome) == {Part.VOICE_FALLBACK: "the carrier refuses it (error 20001)"}
    assert not outcome.is_right
    assert bench.number.voice_url == WANTED.voice[0]


def test_once_the_carrier_is_away_the_rest_waits_for_the_next_time(bench: Bench) -> None:
    bench.carrier.faults.add(RestFault.ERROR_BEFORE, path="/IncomingPhoneNumbers/", skip=1)

    outcome = bench.provision()

    assert list(undone(outcome)) == [Part.STATUS, Part.VOICE, Part.TEXT, Part.SERVICE]
    assert undone(outcome)[Part.VOICE].startswith("not tried: ")
    assert bench.number.voice_fallback_url != ""
    assert [s.change.part for s in bench.provision().steps] == list(undone(outcome))


@pytest.mark.parametrize("skip", [1, 2], ids=["before it left theirs", "between the two"])
def test_a_service_that_was_made_without_its_number_is_found_again(bench: Bench, skip: int) -> None:
    bench.theirs()
    bench.carrier.faults.add(RestFault.ERROR_BEFORE, path="/PhoneNumbers", skip=skip)

    first = bench.provision(take_over=True)
    again = bench.provision(take_over=True)

    assert list(undone(first)) == [Part.SERVICE]
    assert again.is_right
    assert [s.friendly_name for s in bench.carrier.services] == ["Theirs", "Beredskap eftervard"]


def test_one_line_s_trouble_is_no_other_line_s(bench: Bench) -> None:
    other = wanted_of(line(id=LineId("other")), PUBLIC, ELSEWHERE)
    numbers = [("+46701740699", other), (LINE, WANTED)]

    first, second = provision(
        bench.ours, numbers, Ours(PUBLIC, ELSEWHERE), dry_run=False, take_over=False
    )

    assert (first.line, first.is_right) == ("other", False)
    assert (second.line, second.is_right, len(second.steps)) == ("eftervard", True, 5)


def test_a_number_that_is_not_there_or_cannot_be_texted_is_an_error(bench: Bench) -> None:
    bench.number.sms_capable = False
    (elsewhere,) = provision(
        bench.ours, [("+46701740699", WANTED)], Ours(PUBLIC, None), dry_run=False, take_over=False
    )

    assert elsewhere.lacks == (Lack.NO_NUMBER,)
    assert bench.provision().lacks == (Lack.NO_TEXTS,)
    assert bench.carrier.services == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (RestFault.UNAUTHORISED, "it does not know our token"),
        (RestFault.ERROR_BEFORE, "cannot say how a number is set up"),
        (RestFault.MALFORMED, "cannot say how a number is set up"),
    ],
)
def test_a_carrier_that_cannot_be_asked_says_why(
    bench: Bench, fault: RestFault, words: str
) -> None:
    bench.carrier.faults.add(fault)

    outcome = bench.provision()

    assert words in outcome.unasked
    assert not outcome.is_right


def test_once_set_up_a_text_comes_here_once(bench: Bench) -> None:
    bench.provision()

    bench.carrier.text("+46701740650", "Hej")

    (asked,) = [one for one in bench.carrier.trace.exchanges if one.purpose == "message"]
    assert asked.url == f"{PUBLIC}/twilio/sms"
    assert ("MessagingServiceSid", bench.carrier.services[0].sid) in asked.form


def test_in_a_service_that_does_not_ask_the_number_a_text_goes_where_the_service_says(
    bench: Bench,
) -> None:
    bench.number.sms_url = f"{PUBLIC}/twilio/sms"
    theirs = bench.theirs(THEIRS)

    bench.carrier.text("+46701740650", "Hej")
    theirs.inbound_request_url = ""
    bench.carrier.text("+46701740650", "Hallå")

    asked = [one.url for one in bench.carrier.trace.exchanges if one.purpose == "message"]
    assert asked == [THEIRS]


def test_before_an_application_or_a_trunk_our_addresses_are_not_asked(bench: Bench) -> None:
    bench.provision()
    bench.number.voice_application = bench.number.sms_application = "AP" + "1" * 32

    bench.carrier.call("+46701740650")
    bench.carrier.text("+46701740650", "Hej")

    assert {one.purpose for one in bench.carrier.trace.exchanges} == {"number status"}


def test_a_number_is_in_one_service_at_a_time(bench: Bench) -> None:
    theirs = bench.theirs()
    bench.carrier.services.append(Service("MG" + "8" * 32, "Another"))
    form = {"PhoneNumberSid": bench.number.sid}

    codes = [
        requests.post(
            f"{bench.address}/v1/Services/{sid}/PhoneNumbers",
            data=form,
            auth=(ACCOUNT, TOKEN),
            timeout=5,
        ).json()["code"]
        for sid in (theirs.sid, "MG" + "8" * 32)
    ]

    assert codes == [21710, 21712]


def _the_service(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The service, as far as it needs to answer here."""
    start_response("200 OK", [("Content-Type", "text/xml")])
    return (b"<Response/>",)
