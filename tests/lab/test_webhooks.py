"""What the carrier does when the service does not answer as it should."""

from urllib.parse import urljoin

import pytest
from flask import Flask, Response, request

from app.lab import overrides
from app.lab.account import Account
from app.lab.call import Outcome
from app.lab.carrier import Carrier
from app.lab.faults import WebhookFault
from app.lab.rest_server import serve
from app.lab.trace import CarrierFailure
from app.lab.transport import HttpRequest, HttpTransport, NotConnected
from app.lab.variant import Variant
from tests.lab.line import (
    ANNA,
    BASE,
    CALLER,
    LINE,
    SID,
    START,
    TOKEN,
    Line,
    carrier_of,
    number,
    ring,
)

ACCEPTS = "answer 4, press 1"
FALLBACK = (
    f'<Response><Dial callerId="{LINE}"><Number>+46846500400</Number></Dial>'
    '<Say language="sv-SE">Ring 112.</Say></Response>'
)


def with_fallback(line: Line) -> Carrier:
    line.pages["/fallback"] = FALLBACK
    carrier = carrier_of(line)
    carrier.numbers[LINE].voice_fallback_url = f"{BASE}/fallback"
    return carrier


def test_one_lost_connection_is_tried_again() -> None:
    carrier = carrier_of(Line())
    carrier.faults.add(WebhookFault.DOWN, path="/voice")

    call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert call.bridged_to == ANNA
    assert [seen.status for seen in call.requests[:2]] == [None, 200]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (WebhookFault.ERROR_BEFORE, 11200),
        (WebhookFault.ERROR_AFTER, 11200),
        (WebhookFault.SLOW, 11200),
        (WebhookFault.BAD_XML, 12100),
    ],
)
def test_the_fallback_takes_over_with_the_reason(fault: WebhookFault, code: int) -> None:
    line = Line()
    carrier = with_fallback(line)
    carrier.faults.add(fault, path="/voice")

    call = carrier.call(CALLER, phones={"+46846500400": "answer 3"})

    assert call.bridged_to == "+46846500400"
    assert [alert.code for alert in carrier.alerts] == [code]
    assert line.asked("/fallback")[0]["ErrorCode"] == str(code)
    assert line.asked("/fallback")[0]["ErrorUrl"] == f"{BASE}/voice"


def test_a_slow_answer_costs_the_caller_fifteen_seconds() -> None:
    carrier = with_fallback(Line())
    carrier.faults.add(WebhookFault.SLOW, path="/voice")

    call = carrier.call(CALLER, phones={"+46846500400": "answer 3"})

    assert call.waited == pytest.approx(18)


def test_without_fallback_the_caller_hears_an_error_and_that_is_a_failure() -> None:
    carrier = carrier_of(Line())
    carrier.faults.add(WebhookFault.ERROR_BEFORE, path="/voice")

    with pytest.raises(CarrierFailure, match="application error"):
        carrier.call(CALLER)


def test_a_page_in_plain_text_is_read_aloud() -> None:
    page = Response("Internal error 17", mimetype="text/plain")
    carrier = carrier_of(Line(pages={"/voice": lambda: page}), strict=False)

    call = carrier.call(CALLER)

    assert call.heard == ["Internal error 17"]
    assert call.outcome is Outcome.ENDED_BY_LINE
    assert [failure.rule for failure in carrier.failures] == ["content type"]


def test_an_unsigned_request_would_be_refused() -> None:
    carrier = carrier_of(Line(), strict=False)
    carrier.account.token = "f" * 32

    call = carrier.call(CALLER)

    assert (call.requests[0].status, call.outcome) == (403, Outcome.ERROR)


def test_only_a_promoted_token_signs() -> None:
    carrier = carrier_of(Line())
    carrier.account.token, carrier.account.secondary = "f" * 32, TOKEN

    carrier.account.promote_secondary()
    call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert call.bridged_to == ANNA


@pytest.mark.parametrize("variant", [Variant.A, Variant.B])
def test_a_duplicate_arrives_twice_and_changes_nothing_here(variant: Variant) -> None:
    line = Line()
    carrier = carrier_of(line, variant=variant)
    carrier.faults.add(WebhookFault.DUPLICATE, path="/accept")
    carrier.faults.add(WebhookFault.DUPLICATE_NEW_TOKEN, path="/ended")
    carrier.faults.add(WebhookFault.EXTRA_PARAMETERS, path="/voice")

    call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert call.dialled == [ANNA]
    assert (len(line.asked("/accept")), len(line.asked("/ended/0"))) == (2, 2)
    assert line.asked("/voice")[0]["NewParam"] == "åäö 🙏"


def test_callbacks_may_come_reversed_or_never() -> None:
    line = Line()
    carrier = carrier_of(line)
    carrier.faults.reverse_callbacks = True
    carrier.faults.add(WebhookFault.LOST, path="/after")

    carrier.call(CALLER, phones={ANNA: ACCEPTS})

    order = [form["SequenceNumber"] for form in line.asked("/progress")]
    assert order == sorted(order, reverse=True)
    assert line.asked("/after") == []


def test_a_retry_carries_the_same_token_or_another() -> None:
    for variant, tokens in ((Variant.A, 1), (Variant.B, 2)):
        carrier = carrier_of(Line(), variant=variant)
        carrier.faults.add(WebhookFault.DOWN, path="/voice")

        call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

        seen = {dict(ask.headers)["I-Twilio-Idempotency-Token"] for ask in call.requests[:2]}
        assert len(seen) == tokens


def test_redirects_are_followed_and_documents_count_from_where_they_end() -> None:
    line = Line()
    line.pages["/voice"] = lambda: Response(status=307, headers={"Location": f"{BASE}/deep/voice"})
    line.pages["/deep/voice"] = ring(ANNA).replace("/ended/0", "ended/0")
    line.pages["/deep/ended/0"] = "<Response><Hangup/></Response>"

    carrier_of(line).call(CALLER, phones={ANNA: "busy"})

    assert line.asked("/deep/ended/0")[0]["DialCallStatus"] == "busy"


def test_a_document_that_leads_to_itself_is_a_loop() -> None:
    line = Line(pages={"/voice": "<Response><Redirect>/voice</Redirect></Response>"})

    with pytest.raises(CarrierFailure, match="loop"):
        carrier_of(line).call(CALLER)


@pytest.mark.parametrize(
    "fragment", ["ct=50", "rc=6", "rp=never", "xx=1", "rt=abc", "e=stockholm", "sni=maybe"]
)
def test_a_connection_override_that_does_not_exist_is_refused(fragment: str) -> None:
    with pytest.raises(overrides.InvalidOverride):
        overrides.split(f"{BASE}/voice#{fragment}")


def test_connection_overrides_set_times_and_retries() -> None:
    url, limits = overrides.split(f"{BASE}/voice#ct=2000&rt=4000&rc=2&rp=ct,rt,5xx&e=dublin")

    assert url == f"{BASE}/voice"
    assert (limits.connect, limits.read, limits.retries) == (2, 4, 2)
    assert limits.retries_after("5xx")
    assert not limits.retries_after("4xx")


def test_with_overrides_an_error_is_tried_again() -> None:
    line = Line()
    carrier = carrier_of(line)
    carrier.numbers[LINE].voice_url = f"{BASE}/voice#rt=4000&rc=2&rp=ct,rt,5xx"
    carrier.faults.add(WebhookFault.ERROR_BEFORE, path="/voice")
    carrier.faults.add(WebhookFault.SLOW, path="/voice")

    call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert call.waited == pytest.approx(10)
    assert len(line.asked("/voice")) == 2


def test_a_cookie_comes_back_within_the_call() -> None:
    seen = []

    def voice() -> Response:
        seen.append(request.cookies.get("rung"))
        answer = Response(ring(ANNA), mimetype="text/xml")
        answer.set_cookie("rung", "0")
        return answer

    def ended() -> str:
        seen.append(request.cookies.get("rung"))
        return "<Response><Hangup/></Response>"

    carrier_of(Line(pages={"/voice": voice, "/ended/0": ended})).call(CALLER)

    assert seen == [None, "0"]


def test_the_service_can_be_reached_over_http() -> None:
    line = Line()
    with serve(line.app()) as base:
        host, port = base.removeprefix("http://").split(":")
        way = HttpTransport((host, int(port)))
        carrier = Carrier(Account(SID, TOKEN), number(), way, start=START)

        call = carrier.call(CALLER, phones={ANNA: ACCEPTS})

    assert call.bridged_to == ANNA
    assert len(line.asked("/voice")) == 1


def test_http_goes_to_this_machine_only() -> None:
    ask = HttpRequest("POST", urljoin("http://192.0.2.1/", "voice"), ())

    with pytest.raises(NotConnected):
        HttpTransport().send(ask, patience=1)


def test_nobody_at_home_is_no_connection() -> None:
    with serve(Flask("nobody")) as base:
        pass

    with pytest.raises(NotConnected):
        HttpTransport().send(HttpRequest("GET", f"{base}/voice", ()), patience=1)
