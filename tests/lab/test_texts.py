"""Texts both ways, over the REST face and the webhooks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from app.lab.carrier import Carrier
from app.lab.faults import RestFault
from app.lab.rest import RestRefused, RestTimedOut
from app.lab.rest_server import serve
from app.lab.segments import segments
from tests.lab.line import ANNA, BASE, CALLER, LANDLINE, LINE, SID, TOKEN, Line, carrier_of

MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"
STATUS = f"{BASE}/sms-status?id=7"


def send(carrier: Carrier, **form: str) -> TestResponse:
    """Create a message in process, as the service would."""
    given = {"To": CALLER, "From": LINE, "Body": "Hej", "StatusCallback": STATUS} | form
    return Browser(carrier.rest).post(MESSAGES, data=given, auth=(SID, TOKEN))


def test_an_accepted_text_is_kept_and_its_delivery_told() -> None:
    line = Line()
    carrier = carrier_of(line)

    reply = send(carrier)
    carrier.run()

    assert reply.status_code == 201
    assert reply.json
    assert (reply.json["status"], reply.json["num_segments"]) == ("queued", "1")
    assert [(m.frm, m.to, m.body, m.status) for m in carrier.messages] == [
        (LINE, CALLER, "Hej", "delivered")
    ]
    assert [form["MessageStatus"] for form in line.asked("/sms-status")] == ["sent", "delivered"]
    assert line.asked("/sms-status")[0]["id"] == "7"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": "070"}, 21211),
        ({"To": LANDLINE}, 21614),
        ({"To": "+447700900123"}, 21408),
        ({"To": LINE}, 21266),
        ({"From": "+46701740699"}, 21606),
        ({"From": "Jouren"}, 21212),
        ({"Body": ""}, 21602),
        ({"Body": "a" * 1601}, 21617),
        ({"To": "+15005550009"}, 21614),
    ],
)
def test_a_text_that_cannot_go_is_refused_with_twilios_code(
    form: dict[str, str], code: int
) -> None:
    carrier = carrier_of(Line())

    reply = send(carrier, **form)

    assert (reply.status_code, reply.json and reply.json["code"]) == (400, code)
    assert carrier.messages == []
    assert carrier.failures == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"Boddy": "Hej"}, "there is no form parameter “Boddy”"),
        ({"StatusCallback": "/sms-status"}, "“StatusCallback” is not a uri"),
        ({"SmartEncoded": "True"}, "“SmartEncoded” is not a boolean"),
        ({"MessagingServiceSid": "MG1"}, "“MessagingServiceSid”"),
    ],
)
def test_a_request_of_the_wrong_shape_is_a_failure(form: dict[str, str], words: str) -> None:
    carrier = carrier_of(Line())

    reply = send(carrier, **form)

    assert reply.status_code == 400
    assert [failure.rule for failure in carrier.failures] == ["rest shape"]
    assert words in carrier.failures[0].words


def test_wrong_credentials_open_nothing() -> None:
    carrier = carrier_of(Line())

    reply = Browser(carrier.rest).get(MESSAGES, auth=(SID, "wrong"))

    assert (reply.status_code, reply.json and reply.json["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        ("undelivered 30003", ["sent", "undelivered"]),
        ("failed 30008", ["failed"]),
        ("never", ["sent"]),
        ("delivered, out_of_order", ["delivered", "sent"]),
        ("delivered, dup", ["sent", "sent", "delivered", "delivered"]),
    ],
)
def test_each_fate_is_told_in_its_way(fate: str, told: list[str]) -> None:
    line = Line()
    carrier = carrier_of(line)
    carrier.set_text_fates({CALLER: fate})

    send(carrier)
    carrier.run()

    assert [form["MessageStatus"] for form in line.asked("/sms-status")] == told
    assert line.asked("/sms-status")[-1].get("ErrorCode", "") in {"", "30003", "30008"}


def test_a_status_may_come_before_the_reply() -> None:
    line = Line()
    carrier = carrier_of(line)
    carrier.faults.callback_before_reply = True

    reply = send(carrier)

    assert [form["MessageStatus"] for form in line.asked("/sms-status")] == ["sent"]
    assert reply.json
    assert reply.json["status"] == "queued"


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        (RestFault.TOO_MANY, 429, 0),
        (RestFault.ERROR_BEFORE, 500, 0),
        (RestFault.ERROR_AFTER, 500, 1),
        (RestFault.UNAUTHORISED, 401, 0),
        (RestFault.MALFORMED, 201, 1),
        (RestFault.SLOW, 201, 1),
    ],
)
def test_faults_say_honestly_whether_the_text_was_accepted(
    fault: RestFault, status: int, accepted: int
) -> None:
    carrier = carrier_of(Line())
    carrier.faults.add(fault)

    first, second = send(carrier), send(carrier)

    assert first.status_code == status
    assert second.status_code == 201
    assert len(carrier.messages) == accepted + 1


def test_a_refused_connection_accepts_nothing_and_a_lost_answer_does() -> None:
    carrier = carrier_of(Line())
    carrier.faults.add(RestFault.REFUSED)
    carrier.faults.add(RestFault.TIMED_OUT_AFTER)

    with pytest.raises(RestRefused):
        send(carrier)
    with pytest.raises(RestTimedOut):
        send(carrier)

    assert len(carrier.messages) == 1


def test_stop_is_obeyed_told_and_taken_back() -> None:
    line = Line()
    carrier = carrier_of(line)

    carrier.text(CALLER, " Stop ")
    refused = send(carrier)
    carrier.text(CALLER, "yes")
    accepted = send(carrier)

    assert refused.json
    assert refused.json["code"] == 21610
    assert accepted.status_code == 201
    assert [form["Body"] for form in line.asked("/sms")] == [" Stop ", "yes"]


def test_swedish_stop_words_are_not_known_to_the_carrier() -> None:
    carrier = carrier_of(Line())

    carrier.text(CALLER, "STOPP")

    assert send(carrier).status_code == 201


def test_a_reply_in_twiml_is_sent() -> None:
    carrier = carrier_of(Line(pages={"/sms": "<Response><Message>Tack</Message></Response>"}))

    carrier.text(CALLER, "Hej å ä ö 🙏\n")

    assert [(m.to, m.body, m.direction) for m in carrier.messages] == [
        (CALLER, "Tack", "outbound-reply")
    ]


def test_a_text_that_could_not_be_delivered_to_the_service_is_still_listed() -> None:
    carrier = carrier_of(Line(pages={"/sms": lambda: "nonsense"}))

    carrier.text(CALLER, "Hej")
    listed = Browser(carrier.rest).get(MESSAGES, query_string={"To": LINE}, auth=(SID, TOKEN))

    assert [alert.code for alert in carrier.alerts] == [12100]
    assert listed.json
    assert [m["body"] for m in listed.json["messages"]] == ["Hej"]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("🙏" * 35, 1),
        ("🙏" * 36, 2),
        ("å" * 1600, 11),
    ],
)
def test_long_texts_take_several_parts(body: str, parts: int) -> None:
    assert segments(body) == parts


class Loopback(TwilioHttpClient):  # type: ignore[misc]  # the library is untyped
    """Twilio's own client, sent to this machine."""

    def __init__(self, base: str, patience: float = 5) -> None:
        super().__init__(timeout=patience)
        self._base = base

    def request(self, method: str, url: str, *args: object, **more: object) -> object:
        path = url.partition("://")[2].partition("/")[2]
        return super().request(method, f"{self._base}/{path}", *args, **more)


@pytest.fixture
def client_and_carrier() -> Iterator[tuple[Client, Carrier]]:
    carrier = carrier_of(Line())
    with serve(carrier.rest) as base:
        yield Client(SID, TOKEN, http_client=Loopback(base)), carrier


def test_twilios_own_client_gets_along_with_it(
    client_and_carrier: tuple[Client, Carrier],
) -> None:
    client, carrier = client_and_carrier

    for n in range(3):
        client.messages.create(to=CALLER, from_=LINE, body=f"Hej {n}", status_callback=STATUS)
    carrier.run()
    carrier.text(ANNA, "Svar")
    listed = client.messages.list(to=CALLER, page_size=2)
    since = client.messages.list(to=LINE, date_sent_after=carrier.now().replace(hour=0))
    first = client.messages(listed[0].sid)
    redacted = first.update(body="")
    deleted = first.delete()

    assert len(listed) == 3
    assert [message.body for message in since] == ["Svar"]
    assert redacted.body == ""
    assert deleted is True
    with pytest.raises(TwilioRestException) as gone:
        first.fetch()
    assert gone.value.code == 20404


def test_numbers_can_be_read_and_set(client_and_carrier: tuple[Client, Carrier]) -> None:
    client, carrier = client_and_carrier

    found = client.incoming_phone_numbers.list(phone_number=LINE)[0]
    changed = found.update(voice_url=f"{BASE}/other", voice_method="POST")

    assert found.capabilities["sms"] is True
    assert changed.voice_url == f"{BASE}/other"
    assert carrier.failures == []


def test_a_call_can_be_made_watched_and_forgotten(
    client_and_carrier: tuple[Client, Carrier],
) -> None:
    client, carrier = client_and_carrier
    carrier.set_phones({ANNA: "answer 2"})
    said = '<Response><Say language="sv-SE">Ingen har jour.</Say><Hangup/></Response>'

    made = client.calls.create(
        to=ANNA,
        from_=LINE,
        twiml=said,
        status_callback=f"{BASE}/progress",
        status_callback_event=["initiated", "answered", "completed"],
    )
    carrier.run()
    seen = client.calls(made.sid).fetch()

    assert (seen.status, seen.direction) == ("completed", "outbound-api")
    assert [entry.words for entry in carrier.trace.entries if entry.words] == ["Ingen har jour."]
    assert client.calls(made.sid).delete() is True
    assert client.calls.list() == []


def test_over_http_a_refusal_and_a_lost_answer_look_like_the_real_ones() -> None:
    carrier = carrier_of(Line())
    carrier.faults.add(RestFault.REFUSED)
    carrier.faults.add(RestFault.TIMED_OUT_AFTER)

    with serve(carrier.rest) as base:
        client = Client(SID, TOKEN, http_client=Loopback(base, patience=0.3))
        with pytest.raises(requests.ConnectionError):
            client.messages.create(to=CALLER, from_=LINE, body="Hej")
        with pytest.raises(requests.ReadTimeout):
            client.messages.create(to=CALLER, from_=LINE, body="Hej")

    assert len(carrier.messages) == 1


def test_several_threads_may_send_at_once(client_and_carrier: tuple[Client, Carrier]) -> None:
    client, carrier = client_and_carrier

    with ThreadPoolExecutor(4) as pool:
        bodies = [f"Hej {n}" for n in range(12)]
        sids = [
            made.sid
            for made in pool.map(
                lambda body: client.messages.create(to=CALLER, from_=LINE, body=body), bodies
            )
        ]

    assert len(set(sids)) == 12
    assert sorted(message.body for message in carrier.messages) == sorted(bodies)


def test_a_call_made_from_text_needs_whole_addresses_and_whole_xml() -> None:
    carrier = carrier_of(Line(), strict=False)
    carrier.set_phones({ANNA: "answer 1"})
    relative = "<Response><Redirect>/voice</Redirect></Response>"
    path, auth = f"/2010-04-01/Accounts/{SID}/Calls.json", (SID, TOKEN)

    broken = Browser(carrier.rest).post(
        path, data={"To": ANNA, "From": LINE, "Twiml": "<Response>"}, auth=auth
    )
    Browser(carrier.rest).post(path, data={"To": ANNA, "From": LINE, "Twiml": relative}, auth=auth)
    carrier.run()

    assert broken.json
    assert broken.json["code"] == 12100
    assert [failure.rule for failure in carrier.failures] == ["lint", "application error"]
