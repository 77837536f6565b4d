"""A call from one of our numbers to one of them: two ends, which hear each other's keys."""

from collections.abc import Iterator

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from app.lab.carrier import Carrier
from app.lab.rest_server import serve
from tests.lab.line import LINE, NOBODY, SID, TOKEN, Line, carrier_of
from tests.lab.test_texts import Loopback

ASKS = (
    '<Response><Gather numDigits="3" timeout="10" action="/keyed"/>'
    '<Redirect method="POST">/silent</Redirect></Response>'
)
PLAYS = '<Response><Pause length="1"/><Play digits="ww123"/><Pause length="2"/><Hangup/></Response>'


@pytest.fixture
def line() -> Line:
    return Line(
        pages={"/voice": ASKS, "/keyed": "<Response><Hangup/></Response>", "/silent": NOBODY}
    )


@pytest.fixture
def carrier(line: Line) -> Carrier:
    return carrier_of(line)


@pytest.fixture
def client(carrier: Carrier) -> Iterator[Client]:
    with serve(carrier.rest) as base:
        yield Client(SID, TOKEN, http_client=Loopback(base))


def test_what_one_end_plays_the_other_hears(line: Line, carrier: Carrier, client: Client) -> None:
    client.calls.create(to=LINE, from_=LINE, twiml=PLAYS)
    carrier.run()

    (came,) = line.asked("/voice")
    assert (came["From"], came["To"], came["Direction"]) == (LINE, LINE, "inbound")
    (keyed,) = line.asked("/keyed")
    assert keyed["Digits"] == "123"
    out, in_ = carrier.legs
    assert out.sid != in_.sid
    assert [leg.status for leg in (out, in_)] == ["completed", "completed"]
    assert in_.seconds() == 3  # a second of silence, one of w's, and two keys until the third


def test_an_end_that_hangs_up_takes_the_other_with_it(
    line: Line, carrier: Carrier, client: Client
) -> None:
    client.calls.create(
        to=LINE, from_=LINE, twiml='<Response><Pause length="2"/><Hangup/></Response>'
    )
    carrier.run()

    assert line.asked("/keyed") == line.asked("/silent") == []
    assert all(leg.over and leg.seconds() == 2 for leg in carrier.legs)


def test_an_end_that_takes_no_call_leaves_the_other_unanswered(
    line: Line, carrier: Carrier, client: Client
) -> None:
    line.pages["/voice"] = '<Response><Reject reason="busy"/></Response>'
    client.calls.create(to=LINE, from_=LINE, twiml=PLAYS)
    carrier.run()

    assert [leg.status for leg in carrier.legs] == ["no-answer", "busy"]


def test_an_account_that_may_not_is_refused(carrier: Carrier, client: Client) -> None:
    carrier.account.calls_itself = False

    with pytest.raises(TwilioRestException) as refused:
        client.calls.create(to=LINE, from_=LINE, twiml=PLAYS)

    assert refused.value.code == 21216
    assert carrier.legs == []
