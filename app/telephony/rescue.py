"""What is answered when our own code has failed: still a person, by the smallest code there is."""

import structlog

from app.phrases import FIRST, phrases
from app.telephony.exchange import Exchange, label_of, line_of
from app.telephony.results import caller_gone
from app.telephony.twiml import HANG_UP, NOTHING, Speech, last_resort, tell_and_hang_up
from app.telephony.webhook import Form
from routing import record
from routing.contact import Caller, Channel
from routing.errors import BeredskapError, Unavailable
from routing.ids import ContactId, LineId
from routing.numbers import caller_number

log = structlog.get_logger()


def rescue_call(exchange: Exchange, fields: Form, error: Exception) -> str:
    """A document that puts the caller through without any more of our help."""
    code = error.code if isinstance(error, BeredskapError) else "unexpected"
    log.error("call.failed", code=code, contact=fields.get("CallSid"), exc_info=error)
    if fields.get("Direction") == "outbound-api":
        return HANG_UP  # the service called one of the staff
    if fields.get("Direction") == "outbound-dial":
        # Whoever pressed 1 gets the caller, written down or not; anyone else is let go.
        return NOTHING if fields.get("Digits") == "1" else HANG_UP
    contact, has_talked = ContactId(fields.get("CallSid", "")), fields.get("DialBridged") == "true"
    if caller_gone(fields) and not has_talked:
        return HANG_UP  # nobody is left to help
    speech = Speech(phrases(FIRST), exchange.public_url)
    try:
        line = line_of(exchange.mirror.picture, fields)
    except Unavailable:
        return HANG_UP if has_talked else tell_and_hang_up(speech, "nobody")
    if has_talked:
        exchange.record(record.talked(contact, line.id, exchange.clock()))
        return HANG_UP
    if caller_number(fields.get("From", "")) != line.number:  # the line, which called itself
        _remember(exchange, line.id, contact, fields.get("From", ""))
    return last_resort(tuple(f.number for f in line.fallback), line.number, speech)


def _remember(exchange: Exchange, line: LineId, contact: ContactId, shown: str) -> None:
    """Keep that somebody called; what was written down before the failure stays as it is."""
    at = exchange.clock()
    caller = Caller(label_of(exchange, caller_number(shown), contact))
    heard = record.received(contact, line, Channel.VOICE, caller, at)
    exchange.record(heard, record.rescued(contact, line, at))


def rescue_staff(fields: Form, error: Exception) -> str:
    """The end of a call that the service made to one of the staff; no caller waits in it."""
    log.error("staff_call.failed", call=fields.get("CallSid"), exc_info=error)
    return HANG_UP


def rescue_text(fields: Form, error: Exception) -> str:
    """An empty document: the carrier keeps the text, and reconciliation finds it there."""
    log.error("text.failed", contact=fields.get("MessageSid"), exc_info=error)
    return NOTHING
