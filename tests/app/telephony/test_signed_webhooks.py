"""Only what the account's carrier signed gets in, whatever the address looks like on the way."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from app.bootstrap import Parts, assemble, create_app
from app.demo.stage import Stage
from app.lab.signature import sign
from app.lab.transport import HttpRequest, WsgiTransport
from app.settings import Settings
from app.telephony.signature import is_signed, signature_of
from tests.app.conftest import StageAt
from tests.app.world import ANSWERS, PUBLIC_URL, YOUTH, load_world, reached, rows, with_tokens
from tests.examples import at

T = "0123456789abcdef0123456789abcdef"
Pairs = list[tuple[str, str]]


def pairs(text: str) -> Pairs:
    return [(name, value) for name, _, value in (part.partition("=") for part in text.split())]


CALL = pairs(
    f"AccountSid=AC{'a' * 32} ApiVersion=2010-04-01 CallSid=CA{'1' * 32} CallStatus=ringing "
    "Called=+46766861004 Caller=+46701740605 Direction=inbound From=+46701740605 FromCity= "
    "FromCountry=SE FromState= FromZip= To=+46766861004 ToCity= ToCountry=SE ToState= ToZip="
)
WORDS = (
    " Hej! Kan n\u00e5n ringa? \U0001f64f\n\u00e5\u00e4\u00f6 \u00c5\u00c4\u00d6 \u00e9 \"'<>&=%+ "
)
TEXT = [
    *pairs(
        f"MessageSid=SM{'2' * 32} SmsSid=SM{'2' * 32} SmsMessageSid=SM{'2' * 32} "
        f"AccountSid=AC{'a' * 32} From=+46701740605 To=+46766861004 NumMedia=0 NumSegments=1 "
        "SmsStatus=received ApiVersion=2010-04-01 FromCountry=SE ToCountry=SE FromCity= ToCity="
    ),
    ("Body", WORDS),
]
VECTORS: dict[str, tuple[str, str, Pairs, str]] = {
    "Twilio's own example": (
        "12345",
        "https://example.com/myapp.php?foo=1&bar=2",
        pairs(
            "CallSid=CA1234567890ABCDE Caller=+14158675310 Digits=1234 From=+14158675310 "
            "To=+18005551212"
        ),
        "L/OH5YylLD5NRKLltdqwSvS0BnU=",
    ),
    "empty values": (
        T,
        "https://jour.example.se/twilio/voice/incoming?v=1",
        CALL,
        "Tu0uQkf0LfpOB4hkBm15bmP8ts0=",
    ),
    "letters, spaces and a new line": (
        T,
        "https://jour.example.se/twilio/sms/incoming",
        TEXT,
        "3QZaLdCxNtomzOkDkn/HiU3paz4=",
    ),
    "repeated names, and a port": (
        T,
        "http://127.0.0.1:8080/twilio/status?leg=2&t=a%20b",
        pairs(f"CallStatus=completed CallSid=CA{'3' * 32} X=b X=a X=b Empty="),
        "/OEgzscqAX8XIpGpAvieja8QjIE=",
    ),
    "parameters in the address": (
        T,
        (
            "https://jour.example.se/twilio/voice/incoming?CallSid=CA44444444444444444444444444444444"
            "&From=%2B46701740605&To=%2B46766861004"
        ),
        [],
        "fUyBFks7SqDPP55olXyTHEmQbvc=",
    ),
    "a hash of the body in the address": (
        "12345",
        (
            "https://example.com/myapp?bodySHA256="
            "5ccde7145dfb8f56479710896586cb9d5911809d83afbe34627818790db0aec9"
        ),
        [],
        "hPXmLwIy3Fgqv1i9KPmH/HhQ6zo=",
    ),
}


@pytest.mark.parametrize("vector", VECTORS)
def test_the_signature_is_twilio_s(vector: str) -> None:
    token, url, params, signature = VECTORS[vector]

    assert signature_of(url, params, token) == signature
    assert is_signed(url, params, signature, ["another", token])


@pytest.mark.parametrize("vector", VECTORS)
def test_whatever_is_changed_breaks_the_signature(vector: str) -> None:
    token, url, params, signature = VECTORS[vector]
    scheme, _, rest = url.partition("://")
    path, mark, query = url.partition("?")

    wrong = [
        is_signed(url, params, signature, ["another"]),
        is_signed(url, params, signature, []),
        is_signed(url, params, "", [token]),
        is_signed(url, params, "å" + signature, [token]),
        is_signed(url, [*params, ("Extra", "")], signature, [token]),
        is_signed(
            {"http": "https", "https": "http"}[scheme] + "://" + rest, params, signature, [token]
        ),
        is_signed(f"{path}/{mark}{query}", params, signature, [token]),
        is_signed(f"{url}#rc=2", params, signature, [token]),
        *(is_signed(url, changed, signature, [token]) for changed in _each_changed(params)),
    ]

    assert not any(wrong)


def test_a_signature_by_a_stronger_algorithm_is_not_taken_for_ours() -> None:
    token, url, params, _ = VECTORS["letters, spaces and a new line"]
    text = url + "".join(name + value for name, value in sorted(params))
    strong = base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha256)).decode()

    assert strong == "m6ZMQh34astxSDHQk7L0JYWl7Xg1XVXKdk38tnE+IRc="
    assert not is_signed(url, params, strong, [token])


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
forms = st.lists(st.tuples(anything, anything), max_size=8)


@given(params=forms, repeated=forms, query=st.text("abc=&%20+", max_size=10), token=anything)
def test_the_signature_is_that_of_twilio_s_own_library(
    params: Pairs, repeated: Pairs, query: str, token: str
) -> None:
    everything = [*params, *repeated, *params]
    url = f"https://jour.example.se/twilio/voice?{query}"

    theirs = RequestValidator(token).compute_signature(url, MultiDict(everything))

    assert signature_of(url, everything, token) == theirs


@pytest.mark.parametrize(
    ("signed", "seen", "passes"),
    [
        ("https://jour.example.se/x", "https://jour.example.se:8443/x", True),  # calls
        ("https://jour.example.se:8443/x", "https://jour.example.se:8443/x", True),  # texts
        ("https://jour.example.se:8443/x", "https://jour.example.se/x", False),
        ("http://jour.example.se/x", "http://jour.example.se:8080/x", False),
    ],
)
def test_a_port_counts_as_twilio_counts_it(signed: str, seen: str, *, passes: bool) -> None:
    signature = signature_of(signed, CALL, T)

    assert is_signed(seen, CALL, signature, [T]) is passes


@pytest.fixture
def parts(sqlite_settings: Settings) -> Parts:
    """A service that knows its organisation, at seven o'clock on a Tuesday."""
    load_world(sqlite_settings)
    own = with_tokens(sqlite_settings, T, "the token before")
    assembled = assemble(own, clock=lambda: at("2026-03-03T19:04"))
    assembled.mirror.refresh()
    return assembled


def answer_to(
    parts: Parts, signed_url: str, *, token: str = T, body: Pairs = CALL, sent: Pairs | None = None
) -> int:
    """The status of a request signed for *signed_url*, which arrives at /twilio/voice."""
    return _post(parts, _target(), signed_url, token=token, body=body, sent=sent)


def test_a_signed_call_is_let_in(parts: Parts) -> None:
    assert answer_to(parts, f"{PUBLIC_URL}/twilio/voice") == 200


def test_a_call_signed_with_either_token_is_let_in_while_they_are_rotated(parts: Parts) -> None:
    url = f"{PUBLIC_URL}/twilio/voice"

    assert [answer_to(parts, url, token=t) for t in (T, "the token before", "an older one")] == [
        200,
        200,
        403,
    ]


@pytest.mark.parametrize(
    "address",
    [
        f"{PUBLIC_URL}/twilio/voice/",
        f"{PUBLIC_URL}/twilio/voice#rc=2",
        f"{PUBLIC_URL}/twilio/voice?x=1",
        f"{PUBLIC_URL}/twilio/sms",
        "http://jour.example.se/twilio/voice",
        "https://JOUR.example.se/twilio/voice",
        "https://somewhere.example.org/twilio/voice",
    ],
)
def test_a_signature_for_another_address_gets_403_and_leaves_no_trace(
    address: str, parts: Parts
) -> None:
    assert answer_to(parts, address) == 403
    assert rows(parts.engine, "contact_events") == []


def test_one_changed_parameter_gets_403(parts: Parts) -> None:
    sent = [(name, "+46701740699" if name == "From" else value) for name, value in CALL]

    assert answer_to(parts, f"{PUBLIC_URL}/twilio/voice", sent=sent) == 403


@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/voice/status", "/twilio/sms"])
def test_a_request_without_a_signature_gets_403(path: str, parts: Parts) -> None:
    assert create_app(parts).test_client().post(path, data=dict(CALL)).status_code == 403


@pytest.mark.parametrize("step", ["ended", "whisper", "key"])
def test_the_addresses_within_a_call_are_guarded_too(step: str, parts: Parts) -> None:
    reply = create_app(parts).test_client().post(f"/twilio/voice/{step}/x", data=dict(CALL))

    assert reply.status_code == 403


def test_without_a_token_nobody_gets_in(parts: Parts) -> None:
    closed = assemble(with_tokens(parts.settings))

    assert answer_to(closed, f"{PUBLIC_URL}/twilio/voice", token="") == 403


def test_what_a_proxy_says_of_itself_has_no_say(parts: Parts) -> None:
    url = f"{PUBLIC_URL}/twilio/voice"
    told = {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "http", "Host": "x"}

    reply = _client(parts).post(
        "/twilio/voice", headers={**told, **_signed(url, CALL, T)}, data=urlencode(CALL)
    )

    assert reply.status_code == 200


@pytest.mark.parametrize(
    "query", ["v=1", "x=%C3%A5&y=a%20b", "x=a+b", "x=&x=2&x=1", "x=%7E%27%2F", "flag"]
)
def test_a_query_counts_as_it_was_sent(query: str, parts: Parts) -> None:
    url = f"{PUBLIC_URL}/twilio/voice?{query}"

    assert _post(parts, _target(query), url) == 200


@pytest.mark.parametrize(
    "body",
    [
        [*CALL, ("X", "b"), ("X", "a"), ("X", "b"), ("Empty", "")],
        [*CALL, ("Körsbär", "å ä ö\n\u2028 '\"<>&=%+ "), ("x" * 100, "\U0001f64f")],
        [(name, value) for name, value in CALL if value],
    ],
    ids=["repeated and empty", "letters of all kinds", "no empty ones"],
)
def test_parameters_of_all_kinds_are_let_in(body: Pairs, parts: Parts) -> None:
    assert answer_to(parts, f"{PUBLIC_URL}/twilio/voice", body=body) == 200


def test_a_body_that_is_no_form_gets_403(parts: Parts) -> None:
    url = f"{PUBLIC_URL}/twilio/voice"

    reply = _client(parts).post(
        "/twilio/voice", headers=_signed(url, [], T), data=b"\xff\xfe not a form"
    )

    assert reply.status_code == 403


PREFIXES = ["/jour", "/l%C3%A4nk%20till/jouren", "/v1.0~x/%27a%27"]


@pytest.mark.parametrize("strips", [True, False], ids=["stripped", "kept"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_call_works_below_a_path_whether_the_proxy_strips_it_or_not(
    prefix: str, sqlite_stage_at: StageAt, *, strips: bool
) -> None:
    stage = _below(sqlite_stage_at("2026-03-03T19:04"), prefix, strips=strips)

    call = stage.call(YOUTH, phones={"t4": "no answer", "t1": ANSWERS})

    assert reached(call) == "t1"
    assert {exchange.status for exchange in call.requests} == {200}
    # The lab would rather not see percent signs in addresses; nothing else is amiss.
    assert {failure.words for failure in stage.carrier.failures} <= {
        "an address holds characters that a signature may not survive"
    }


def _below(stage: Stage, prefix: str, *, strips: bool) -> Stage:
    settings = replace(stage.parts.settings, public_url=PUBLIC_URL + prefix)
    below = Stage(settings, stage.carrier.now(), strict=False)
    if strips:
        below.carrier.transport = WsgiTransport(_without(prefix, create_app(below.parts)))
    stage.close()
    return below


def _without(prefix: str, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """*app* behind a proxy that takes the prefix off."""

    def proxied(environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
        encoded = quote(environ["PATH_INFO"].encode("latin-1"), safe="/~'")
        plain = prefix.replace("%27", "'")
        assert encoded.startswith(plain)
        environ["PATH_INFO"] = encoded.removeprefix(plain)
        return app(environ, start_response)

    return proxied


def _each_changed(params: Sequence[tuple[str, str]]) -> Iterable[Pairs]:
    for place, (name, value) in enumerate(params):
        yield [*params[:place], (name, value + "x"), *params[place + 1 :]]
        if params.count((name, value)) == 1:
            yield [*params[:place], *params[place + 1 :]]


def _target(query: str = "") -> str:
    return "/twilio/voice" + (f"?{query}" if query else "")


def _client(parts: Parts) -> FlaskClient:
    return create_app(parts).test_client()


def _signed(url: str, body: Pairs, token: str) -> dict[str, str]:
    return {
        "X-Twilio-Signature": sign(token, url, body),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    }


def _post(
    parts: Parts,
    target: str,
    signed_url: str,
    *,
    token: str = T,
    body: Pairs = CALL,
    sent: Pairs | None = None,
) -> int:
    headers = tuple(_signed(signed_url, body, token).items())
    form = urlencode(body if sent is None else sent).encode()
    transport = WsgiTransport(create_app(parts))
    request = HttpRequest("POST", PUBLIC_URL + target, headers, form)
    return transport.send(request, patience=5).status
