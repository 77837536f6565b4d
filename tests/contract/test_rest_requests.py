"""The REST requests that the service makes, held against Twilio's own description of its API."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests
from werkzeug.datastructures import MultiDict

from app.duty.notifier import MayHaveSent
from app.lab.account import Account, Number
from app.lab.carrier import Carrier
from app.lab.faults import RestFault
from app.lab.request_check import match, problems
from app.lab.rest_server import serve
from app.lab.transport import WsgiTransport
from app.telephony.carrier import TwilioCarrier
from routing.errors import CarrierUnavailable, NoticeRefused
from tests.app.world import LINE, T4, YOUTH

ACCOUNT, TOKEN = "AC" + "a" * 32, "a token for tests"
START = datetime(2026, 3, 3, 18, 4, tzinfo=UTC)
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
REPORT = "https://jour.example.se/twilio/report"


@pytest.fixture
def carrier() -> Carrier:
    """A carrier that fails a test whose request is not as Twilio describes it."""
    return Carrier(
        Account(ACCOUNT, TOKEN), Number(LINE), WsgiTransport(_takes_reports), start=START
    )


@pytest.fixture
def address(carrier: Carrier) -> Iterator[str]:
    with serve(carrier.rest) as found:
        yield found


@pytest.fixture
def ours(address: str) -> TwilioCarrier:
    return TwilioCarrier(ACCOUNT, TOKEN, address)


def send(ours: TwilioCarrier, to: str = T4, body: str = "Hej å 🙏") -> str:
    """Send a text as the service does."""
    return ours.send_text(to, LINE, body, REPORT)


def test_a_text_is_sent_as_twilio_describes_it(carrier: Carrier, ours: TwilioCarrier) -> None:
    sid = send(ours)

    (message,) = carrier.messages
    assert (message.sid, message.to, message.frm, message.body) == (sid, T4, LINE, "Hej å 🙏")
    assert carrier.failures == []


def test_texts_are_found_as_twilio_describes_it(carrier: Carrier, ours: TwilioCarrier) -> None:
    sid = send(ours)
    send(ours, to=YOUTH)
    send(ours, body="Något annat")
    carrier.run_until(START.replace(minute=5))

    found = ours.find_texts(T4, LINE, "Hej å 🙏", START)

    assert list(found) == [sid]
    assert carrier.failures == []


def test_texts_from_before_are_not_found(carrier: Carrier, ours: TwilioCarrier) -> None:
    send(ours)
    carrier.run_until(START.replace(hour=20))

    assert ours.find_texts(T4, LINE, "Hej å 🙏", START.replace(hour=19)) == []


def test_a_text_that_failed_counts_as_not_sent(carrier: Carrier, ours: TwilioCarrier) -> None:
    carrier.set_text_fates({T4: "failed 30008"})
    send(ours)
    carrier.run()

    assert ours.find_texts(T4, LINE, "Hej å 🙏", START) == []


@pytest.mark.parametrize(
    ("to", "code"),
    [("+15005550001", "21211"), ("+46846500450", "21614"), ("+4712345678", "21408")],
    ids=["no number", "a landline", "a country that is not allowed"],
)
def test_a_refusal_is_told_by_its_code_alone(to: str, code: str, ours: TwilioCarrier) -> None:
    with pytest.raises(NoticeRefused) as caught:
        send(ours, to=to)

    assert caught.value.reason == code
    assert to not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RestFault.TOO_MANY, CarrierUnavailable),
        (RestFault.UNAUTHORISED, CarrierUnavailable),
        (RestFault.ERROR_BEFORE, MayHaveSent),
        (RestFault.ERROR_AFTER, MayHaveSent),
        (RestFault.MALFORMED, MayHaveSent),
        (RestFault.REFUSED, MayHaveSent),
    ],
)
def test_what_is_not_known_is_told_apart_from_what_was_not_sent(
    fault: RestFault, error: type[Exception], carrier: Carrier, ours: TwilioCarrier
) -> None:
    carrier.faults.add(fault)

    with pytest.raises(CarrierUnavailable) as caught:
        send(ours)

    assert type(caught.value) is error


def test_nobody_at_the_address_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(CarrierUnavailable):
        send(TwilioCarrier(ACCOUNT, TOKEN, "http://127.0.0.1:9"))


def test_the_environment_of_twilio_s_library_has_no_say(
    address: str, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TWILIO_REGION", "ie1"), ("TWILIO_EDGE", "dublin")):
        monkeypatch.setenv(name, value)

    send(TwilioCarrier(ACCOUNT, TOKEN, address))

    assert len(carrier.messages) == 1


GOOD = {"To": T4, "From": LINE, "Body": "Hej"}
BAD = {
    "a parameter nobody knows": {**GOOD, "Boddy": "Hej"},
    "a missing recipient": {"From": LINE, "Body": "Hej"},
    "an address that is relative": {**GOOD, "StatusCallback": "/here"},
    "a word where a number is due": {**GOOD, "ValidityPeriod": "soon"},
    "a truth that is none": {**GOOD, "SmartEncoded": "yes"},
    "a word that is not on the list": {**GOOD, "RiskCheck": "maybe"},
}


def test_a_good_request_passes_the_check() -> None:
    assert found_in(GOOD) == []
    assert found_in({**GOOD, "StatusCallback": REPORT, "SmartEncoded": "true"}) == []


@pytest.mark.parametrize("what", BAD)
def test_a_request_that_is_not_as_described_fails(what: str) -> None:
    assert len(found_in(BAD[what])) == 1


def test_a_parameter_given_twice_fails() -> None:
    matched = match("POST", MESSAGES)
    assert matched is not None

    twice = MultiDict([*GOOD.items(), ("Body", "Hej igen")])

    assert len(list(problems(matched, MultiDict(), twice))) == 1


def test_a_wrong_request_is_refused_and_told_of(carrier: Carrier, address: str) -> None:
    reply = requests.post(
        f"{address}{MESSAGES}",
        data=BAD["a parameter nobody knows"],
        auth=(ACCOUNT, TOKEN),
        timeout=5,
    )

    assert reply.status_code == 400
    assert [failure.rule for failure in carrier.failures] == ["rest shape"]
    assert carrier.messages == []


def _takes_reports(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The service, as far as reports on texts go."""
    start_response("204 No Content", [])
    return ()


def found_in(form: dict[str, str]) -> list[str]:
    """What is wrong with a text's request, by Twilio's description."""
    matched = match("POST", MESSAGES)
    assert matched is not None
    return list(problems(matched, MultiDict(), MultiDict(form)))
