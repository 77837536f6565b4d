"""The line's message webhook: a text is kept, and sent on to whoever is on standby."""

import structlog
from flask import Blueprint

from app.phrases import phrases
from app.store import outbox
from app.store.outbox import By, Letter
from app.store.spool import Entry
from app.telephony.exchange import Arrival, Exchange, arrival
from app.telephony.rescue import rescue_text
from app.telephony.twiml import NOTHING
from app.telephony.webhook import Form, Gate, Webhooks
from app.wording import when
from routing import record
from routing.contact import Channel, Kind
from routing.ids import ContactId
from routing.ladder import Seeker, ladder
from routing.numbers import takes_texts

log = structlog.get_logger()

_BODY = "texts.body"


def sms_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """`POST /twilio/sms`."""
    blueprint = Blueprint("sms", __name__, url_prefix="/twilio/sms")
    webhooks = Webhooks(blueprint, gate, rescue_text)

    @webhooks.at("")
    def arrived(form: Form) -> str:
        contact = ContactId(form.get("MessageSid", ""))
        structlog.contextvars.bind_contextvars(contact=contact)
        came = arrival(exchange, form, contact)
        if came.number == came.line.number:
            log.warning("text.from_ourselves")  # two services that answer each other never stop
            return NOTHING
        _take_in(exchange, came, form.get("Body", ""))
        return NOTHING

    return blueprint


def _take_in(exchange: Exchange, came: Arrival, body: str) -> None:
    line, at = came.line, came.at
    heard = record.received(came.contact, line.id, Channel.TEXT, came.caller, at)
    rows: list[Entry] = [
        came.received(exchange, heard),
        ("texts", {"contact": came.contact, "body": exchange.cipher.seal(body, _BODY)}),
    ]
    letter = _to_standby(came, body)
    if letter is not None:
        rows.append(outbox.entry(exchange.cipher, letter, at))
        exchange.record(rows=rows)
        log.info("text.received", relayed=True)
        return
    reply = _nobody_is_here(exchange, came)
    if reply is not None:
        rows.append(outbox.entry(exchange.cipher, reply, at))
    is_open = line.hours.is_open(at)
    kind = Kind.UNDELIVERED if is_open else Kind.ENDED
    exchange.record(record.of_text(came.contact, line.id, kind, at), rows=rows)
    log.info("text.received", relayed=False)


def _to_standby(came: Arrival, body: str) -> Letter | None:
    """The text for the first on standby who may read it; None when there is nobody."""
    line, organisation = came.line, came.picture.organisation
    rota = came.picture.rotas.get(line.id)
    if rota is None or not line.hours.is_open(came.at):
        return None
    seeker = Seeker(came.caller.home, came.identity.therapist, came.number)
    # Somebody in a call can still read, so nobody is out.
    tried = ladder(organisation, line, rota.on_call(came.at), seeker, came.at, out={})
    for therapist in tried.therapists:
        phone = organisation.therapists[therapist].phone
        if phone is not None:
            # Not by therapist: the webhook may come again after the watch has changed.
            key = f"relay/{came.contact}"
            return Letter(key, By.TEXT, line.id, phone.e164, body, came.contact, therapist)
    return None


def _nobody_is_here(exchange: Exchange, came: Arrival) -> Letter | None:
    """
    One short answer to somebody who writes when nobody is on standby, once an hour at most.

    None for those who cannot or must not be written to.
    """
    identity, number = came.identity, came.number
    if number is None or not takes_texts(number) or not identity.sms_ok or identity.protected:
        return None
    written = phrases(came.caller.language or came.line.languages[0]).written
    opens_at = came.line.hours.next_opening(came.at)
    opens = "" if opens_at is None else written["opens"].format(when=when(opens_at, came.line))
    body = " ".join(written["closed"].format(opens=opens).split())
    sender = exchange.cipher.index(number).hex()
    key = f"nobody/{came.line.id}/{sender}/{came.at:%Y-%m-%dT%H}"
    return Letter(key, By.TEXT, came.line.id, number.e164, body)
