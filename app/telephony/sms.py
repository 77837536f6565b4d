"""The line's message webhooks: a text is kept durably, and the clock does what it asks for."""

import base64

import structlog
from flask import Blueprint
from structlog.contextvars import bind_contextvars, unbind_contextvars

from app.store import outbox, texts
from app.store.breaker import DatabaseAway
from app.store.journal import Kept
from app.store.texts import Text
from app.telephony.exchange import TRIES_AGAIN, Arrival, Exchange, arrival
from app.telephony.rescue import rescue_text
from app.telephony.twiml import NOTHING
from app.telephony.waiting_text import Told, answer_to_waiting
from app.telephony.webhook import Form, Gate, Webhooks
from routing import record
from routing.contact import Channel
from routing.ids import ContactId

log = structlog.get_logger()


def sms_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """`POST /twilio/sms`, and where the carrier reports what became of our own texts."""
    blueprint = Blueprint("sms", __name__, url_prefix="/twilio/sms")
    webhooks, told = Webhooks(blueprint, gate, rescue_text), Told()

    @webhooks.at("")
    def arrived(form: Form) -> str:
        came = arrival(exchange, form, ContactId(form.get("MessageSid", "")))
        if came.number == came.line.number:
            log.warning("text.from_ourselves")  # two services that answer each other never stop
            return NOTHING
        return NOTHING if _keep(exchange, came, form) else answer_to_waiting(exchange, told, came)

    @webhooks.at("/status/<key>")
    def reported(form: Form, key: str) -> str:
        status, error = form.get("MessageStatus", ""), form.get("ErrorCode")
        letter = letter_key(key)
        unbind_contextvars("contact")  # the id of our own text, and no contact's
        bind_contextvars(**outbox.about(letter))
        try:
            with exchange.journal.changing() as connection:
                if outbox.report(connection, letter, status, error) and outbox.is_final(status):
                    log.info("text.reported", status=status, code=error)
        except DatabaseAway:
            # The clock asks the carrier about texts that nothing more was heard of.
            log.warning("text.report_missed", status=status)
        return NOTHING

    return blueprint


def report_address(public_url: str, key: str) -> str:
    """Where the carrier reports on the letter with *key*; a key holds ids, never a number."""
    return f"{public_url}/twilio/sms/status/{_packed(key)}{TRIES_AGAIN}"


def letter_key(packed: str) -> str:
    """The key in such an address; empty when it is not one of ours."""
    try:
        return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except ValueError:  # an address may hold anything
        return ""


def _packed(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _keep(exchange: Exchange, came: Arrival, form: Form) -> bool:
    """Write the text down; whether in the database, where the clock will find it at once."""
    staff = came.picture.organisation.staff_of.get(came.number) if came.number else None
    media = form.get("NumMedia", "")
    text = Text(
        contact=came.contact,
        line=came.line.id,
        body=form.get("Body", ""),
        received_at=came.at,
        staff=None if staff is None else staff.id,
        media=int(media) if media.isdecimal() else 0,
    )
    rows = [texts.entry(exchange.cipher, text)]
    if staff is None:  # what a therapist writes is no contact, before it is known to whom
        heard = record.received(came.contact, came.line.id, Channel.TEXT, came.caller, came.at)
        rows.insert(0, came.received(exchange, heard))
    is_there = exchange.record(rows=rows) is not Kept.ELSEWHERE
    log.info("text.received", contact=came.contact, from_staff=staff is not None)
    return is_there
