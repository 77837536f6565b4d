"""The signature under a webhook, against vectors on which Twilio's libraries agree."""

import pytest

from app.lab.signature import sign, signed_address

TOKEN = "0123456789abcdef0123456789abcdef"
V1 = {
    "AccountSid": "AC" + "a" * 32,
    "ApiVersion": "2010-04-01",
    "CallSid": "CA" + "1" * 32,
    "CallStatus": "ringing",
    "Called": "+46766861004",
    "Caller": "+46701740605",
    "Direction": "inbound",
    "From": "+46701740605",
    "FromCity": "",
    "FromCountry": "SE",
    "FromState": "",
    "FromZip": "",
    "To": "+46766861004",
    "ToCity": "",
    "ToCountry": "SE",
    "ToState": "",
    "ToZip": "",
}
V2 = {
    "MessageSid": "SM" + "2" * 32,
    "SmsSid": "SM" + "2" * 32,
    "SmsMessageSid": "SM" + "2" * 32,
    "AccountSid": "AC" + "a" * 32,
    "From": "+46701740605",
    "To": "+46766861004",
    "NumMedia": "0",
    "NumSegments": "1",
    "SmsStatus": "received",
    "ApiVersion": "2010-04-01",
    "FromCountry": "SE",
    "ToCountry": "SE",
    "FromCity": "",
    "ToCity": "",
    "Body": " Hej! Kan nån ringa? \U0001f64f\nåäö ÅÄÖ é \"'<>&=%+ ",
}
V3 = [
    ("CallStatus", "completed"),
    ("CallSid", "CA" + "3" * 32),
    ("X", "b"),
    ("X", "a"),
    ("X", "b"),
    ("Empty", ""),
]
V4 = (
    "https://jour.example.se/twilio/voice/incoming?CallSid=CA44444444444444444444444444444444"
    "&From=%2B46701740605&To=%2B46766861004"
)


@pytest.mark.parametrize(
    ("url", "form", "expected"),
    [
        (
            "https://jour.example.se/twilio/voice/incoming?v=1",
            list(V1.items()),
            "Tu0uQkf0LfpOB4hkBm15bmP8ts0=",
        ),
        (
            "https://jour.example.se/twilio/sms/incoming",
            list(V2.items()),
            "3QZaLdCxNtomzOkDkn/HiU3paz4=",
        ),
        (
            "http://127.0.0.1:8080/twilio/status?leg=2&t=a%20b",
            V3,
            "/OEgzscqAX8XIpGpAvieja8QjIE=",
        ),
        (V4, [], "fUyBFks7SqDPP55olXyTHEmQbvc="),
    ],
)
def test_known_requests_get_known_signatures(
    url: str, form: list[tuple[str, str]], expected: str
) -> None:
    assert sign(TOKEN, url, form) == expected


def test_the_documented_example_gets_the_documented_signature() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }

    signature = sign("12345", "https://example.com/myapp.php?foo=1&bar=2", form.items())

    assert signature == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_voice_over_https_is_signed_without_its_port_and_texts_with_it() -> None:
    url = "https://jour.example.se:8443/a?b=1"

    assert signed_address(url, voice=True) == "https://jour.example.se/a?b=1"
    assert signed_address(url, voice=False) == url
    assert signed_address("http://127.0.0.1:8000/a", voice=True) == "http://127.0.0.1:8000/a"
