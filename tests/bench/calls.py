"""The calls of a measurement: an organisation that is always open, and signed requests to it."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import sqlalchemy as sa

from app.bootstrap import utc_now
from app.intake.organisation_file import read_organisation
from app.lab.signature import sign
from app.store import organisation, register, rota
from app.store.database import make_engine
from app.store.fields import FieldCipher
from routing.ids import ClientId
from routing.intervals import Interval
from routing.register import RegisterEntry
from routing.rota import Shift
from tests.examples import EFTERVARD, ORGANISATION_TOML, entry, therapist

PUBLIC_URL = "https://beredskap.example"
TOKEN = "the token of nobody's account"
KEY = bytes(range(32))
CALLER = "+46701740650"

_HOURS_BEGIN, _HOURS_END = "hours = [\n", "]\nclosed_days"
_ALWAYS = (
    '{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "00:00", to = "00:00" },\n'
)
# Half a minute between calls, from the newest backwards; two rows for each.
_FILL = """
INSERT INTO contact_events (contact, key, at, kind, line, caller, home_district)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :contacts)
SELECT 'old' || i, kinds.key, {moment}, kinds.kind, 'eftervard', 'K-' || i, 'jarva'
FROM n, (SELECT 'received' AS key, 'received' AS kind UNION ALL SELECT 'ended', 'ended') AS kinds
"""
_MOMENTS = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', 'now', '-' || (30 * i) || ' seconds')",
    "postgresql": "now() - i * interval '30 seconds'",
}

_numbers = count()
_run = uuid4().hex[:20]


def environment(database_url: str, state: str) -> dict[str, str]:
    """Settings for a web process that answers the requests made here."""
    return {
        "DATABASE_URL": database_url,
        "PUBLIC_URL": PUBLIC_URL,
        "SECRET_KEY": "the secret of nobody's service",
        "DATA_KEYS": base64.urlsafe_b64encode(KEY).decode(),
        "TWILIO_AUTH_TOKEN": TOKEN,
        "STATE_DIR": state,
        "LOG_FORMAT": "json",
    }


def furnish(database_url: str, folder: Path, contacts: int = 0) -> None:
    """Load the organisation, a register and half a year of shifts, and *contacts* of the past."""
    before, _, rest = ORGANISATION_TOML.partition(_HOURS_BEGIN)
    after = rest.partition(_HOURS_END)[2]
    file = folder / "organisation.toml"
    file.write_text(f"{before}{_HOURS_BEGIN}{_ALWAYS}{_HOURS_END}{after}", encoding="utf-8")
    document = read_organisation(file).document
    cipher, now = FieldCipher([KEY]), utc_now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    nights = [midnight + timedelta(days=n) for n in range(-30, 150)]
    shifts = [
        Shift(Interval(n, n + timedelta(days=1)), position, therapist(1 + (i + position) % 6).id)
        for i, n in enumerate(nights)
        for position in (1, 2)
    ]
    known = [entry(CALLER), *_families()]
    engine = make_engine(database_url)
    try:
        with engine.begin() as connection:
            organisation.save(connection, cipher, document, now)
            register.replace_districts(connection, cipher, known)
            rota.publish(connection, EFTERVARD, shifts, rota.Signed("bench", "", now))
            if contacts:
                moment = _MOMENTS[connection.dialect.name]
                connection.execute(sa.text(_FILL.format(moment=moment)), {"contacts": contacts})
    finally:
        engine.dispose()


def kept(database_url: str) -> int:
    """How many calls of this run stand in the database, whole: received and passed on."""
    engine = make_engine(database_url)
    whole = (
        "SELECT count(*) FROM contact_events r JOIN contact_events o USING (contact)"
        " WHERE r.kind = 'received' AND o.kind = 'offered' AND contact LIKE :ours"
    )
    try:
        with engine.begin() as connection:
            return int(connection.scalar(sa.text(whole), {"ours": f"CA{_run}%"}) or 0)
    finally:
        engine.dispose()


def requests(number: int) -> tuple[bytes, ...]:
    """So many signed requests, each from the known caller with a CallSid of its own."""
    return tuple(_request() for _ in range(number))


def _request() -> bytes:
    url, form = f"{PUBLIC_URL}/twilio/voice", tuple(_form(f"CA{_run}{next(_numbers):012x}"))
    body = urlencode(form).encode()
    head = (
        "POST /twilio/voice HTTP/1.1\r\n"
        "Host: beredskap.example\r\n"
        "User-Agent: TwilioProxy/1.1\r\n"
        "Accept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"I-Twilio-Idempotency-Token: {uuid4()}\r\n"
        f"X-Twilio-Signature: {sign(TOKEN, url, form)}\r\n\r\n"
    )
    return head.encode() + body


def _form(call: str) -> Iterator[tuple[str, str]]:
    """The 27 fields of a Swedish call."""
    yield from {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "CallSid": call,
        "CallStatus": "ringing",
        "CallToken": "%7B%22parentCallInfoToken%22%3A%22" + "eyJhbGciOiJFUzI1NiJ9" * 8 + "%22%7D",
        "Direction": "inbound",
        "StirVerstat": "TN-Validation-Passed-C",
    }.items()
    for who, number in (
        ("Called", "+46766861004"),
        ("Caller", CALLER),
        ("From", CALLER),
        ("To", "+46766861004"),
    ):
        yield who, number
        yield f"{who}City", ""
        yield f"{who}Country", "SE"
        yield f"{who}State", "Stockholm"
        yield f"{who}Zip", ""


def _families() -> Iterator[RegisterEntry]:
    """Everybody whose number is set aside for fiction, except the caller."""
    numbers = (f"+4670174{n:04}" for n in range(605, 700))
    for place, number in enumerate(n for n in numbers if n != CALLER):
        yield entry(number, client=ClientId(f"K-{2000 + place}"))
