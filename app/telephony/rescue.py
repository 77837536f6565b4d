"""What is answered when our own code has failed: still a person, by the smallest code there is."""

import structlog

from app.phrases import FIRST, phrases
from app.telephony.exchange import Exchange, line_of
from app.telephony.twiml import HANG_UP, NOTHING, last_resort, tell_and_hang_up
from app.telephony.webhook import Form
from routing.errors import BeredskapError, Unavailable

log = structlog.get_logger()


def rescue_call(exchange: Exchange, fields: Form, error: Exception) -> str:
    """A document that puts the caller through without any more of our help."""
    code = error.code if isinstance(error, BeredskapError) else "unexpected"
    log.error("call.failed", code=code, contact=fields.get("CallSid"), exc_info=error)
    if fields.get("Direction") == "outbound-dial":
        # Whoever pressed 1 gets the caller, written down or not; anyone else is let go.
        return NOTHING if fields.get("Digits") == "1" else HANG_UP
    spoken = phrases(FIRST)
    try:
        line = line_of(exchange.mirror.picture, fields)
    except Unavailable:
        return tell_and_hang_up(spoken, "nobody")
    return last_resort(tuple(f.number for f in line.fallback), line.number, spoken)


def rescue_text(fields: Form, error: Exception) -> str:
    """An empty document: the carrier keeps the text, and reconciliation finds it there."""
    log.error("text.failed", contact=fields.get("MessageSid"), exc_info=error)
    return NOTHING
