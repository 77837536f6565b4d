"""
The line calls itself: what the one end plays, and the other hears.

Whoever shows the line's own number is listened to for some seconds, and is a caller like any other
after that: numbers can be forged, and a telephone that forwards to the line may show it, too.
"""

import hmac
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urldefrag, urlencode
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import structlog
from flask import Blueprint

from app.duty.canary import asked_key
from app.store import canaries, contacts
from app.store.breaker import DatabaseAway
from app.store.canaries import Canary, call_key
from app.store.outbox import Letter
from app.telephony.answering import answer_arrival
from app.telephony.exchange import Arrival, Exchange, arrival
from app.telephony.rescue import rescue_call, rescue_staff
from app.telephony.results import caller_gone
from app.telephony.signature import signature_of
from app.telephony.twiml import HANG_UP, document, element
from app.telephony.webhook import OURSELVES, Form, Gate, Webhooks
from routing.callback import CallbackState
from routing.errors import Unavailable
from routing.ids import ContactId, TherapistId
from routing.numbers import caller_number
from routing.organisation import Line

log = structlog.get_logger()

# Posts a body with headers to an address, and returns what is answered; raises Unavailable.
Post = Callable[[str, bytes, Mapping[str, str]], bytes]

_DIGITS = 7
_UNTIL_HEARD = "w" * 4  # two seconds, until the other end listens
# Our own end is gone before the other has waited so long: a canary that is not heard rings nobody.
_LISTENS_FOR = 10
_AFTER_WRONG_KEYS = 3


def canary_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """Where the carrier comes for the end that speaks, and with what the other has heard."""
    blueprint = Blueprint("canary", __name__, url_prefix="/twilio/canary")
    ours = Webhooks(blueprint, gate, rescue_staff)
    callers = Webhooks(blueprint, gate, partial(rescue_call, exchange))

    @ours.at("/ring/<sealed>")
    def ring(form: Form, sealed: str) -> str:  # noqa: ARG001 - every webhook is given its form
        key = exchange.callback_seal.open(sealed).contact
        return document(
            element("Pause", length=1),
            element("Play", digits=f"{_UNTIL_HEARD}{code_of(exchange, key)}"),
            element("Pause", length=1),
            element("Hangup"),
        )

    @callers.at("/heard/<sealed>")
    def heard(form: Form, sealed: str) -> str:
        state = exchange.callback_seal.open(sealed)
        exchange.require_same(state, form)
        digits = form.get("Digits", "")
        if digits and _hears(exchange, state, digits):
            return HANG_UP
        if caller_gone(form):
            return HANG_UP
        if digits:
            # A code that was garbled on its way: its other end hangs up before anybody is rung.
            again = element("Redirect", escape(_heard(exchange, state)), method="POST")
            return document(element("Pause", length=_AFTER_WRONG_KEYS), again)
        return answer_arrival(exchange, arrival(exchange, form, state.contact))

    return blueprint


def ring_address(exchange: Exchange, letter: Letter) -> str:
    """Where the carrier learns what to play in the call that *letter* is."""
    state = CallbackState(ContactId(letter.key), letter.line, TherapistId(""))
    return exchange.address("canary/ring", exchange.callback_seal.close(state))


def listen(exchange: Exchange, came: Arrival) -> str:
    """The first document for a call that shows the line's own number."""
    back = _heard(exchange, CallbackState(came.contact, came.line.id, TherapistId("")))
    gather = element(
        "Gather",
        input="dtmf",
        numDigits=_DIGITS,
        timeout=_LISTENS_FOR,
        action=back,
        method="POST",
    )
    return document(gather, element("Redirect", escape(back), method="POST"))


def is_no_caller(exchange: Exchange, form: Form, line: Line) -> bool:
    """Whether a call that is over showed the line's own number, and was never a caller's."""
    if caller_number(form.get("From", "")) != line.number:
        return False
    contact = ContactId(form.get("CallSid", ""))
    try:
        with exchange.journal.reading() as connection:
            return not contacts.events_of(connection, [contact])
    except DatabaseAway:
        return False


def code_of(exchange: Exchange, key: str) -> str:
    """The keys that stand for *key*: another each time, and known to nobody without our keys."""
    return f"{exchange.cipher.opaque_number(key):0{_DIGITS}}"


def knock(exchange: Exchange, token: str, post: Post, line: Line, key: str) -> None:
    """
    Do what the carrier does when the line calls itself, as far as our own address is asked.

    Whether the code was heard is written down by whoever answers; here it is only sent.
    """

    def ask(address: str, form: Mapping[str, str]) -> bytes:
        pairs = tuple(form.items())
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature_of(address, pairs, token),
        }
        return post(address, urlencode(pairs).encode(), headers)

    form = {
        "CallSid": f"CA{exchange.cipher.opaque_number(key):032}",
        "From": line.number.e164,
        "To": line.number.e164,
        "Direction": "inbound",
        "CallStatus": "ringing",
        OURSELVES: "canary",
    }
    try:
        said = ask(f"{exchange.public_url}/twilio/voice", form)
        gather = ET.fromstring(said).find("Gather")  # noqa: S314 - our own service wrote it
        action = "" if gather is None else urldefrag(gather.get("action", "")).url
        if not action.startswith(f"{exchange.public_url}/twilio/canary/"):
            log.warning("canary.not_listened_to", line=line.id)
            return
        ask(action, {**form, "CallStatus": "in-progress", "Digits": code_of(exchange, key)})
    except (Unavailable, ET.ParseError) as err:
        log.warning("canary.no_answer", line=line.id, error=type(err).__name__)


def _heard(exchange: Exchange, state: CallbackState) -> str:
    return exchange.address("canary/heard", exchange.callback_seal.close(state))


def _hears(exchange: Exchange, state: CallbackState, digits: str) -> bool:
    """Whether *digits* are the code of a canary of the line that goes on, which is then heard."""
    now = exchange.clock()
    try:
        with exchange.journal.changing() as connection:
            for one in canaries.going_on(connection, state.line):
                if _is_one_of(exchange, digits, _call_keys(one)):
                    canaries.heard(connection, one.id, state.contact, now)
                    log.info("canary.heard", line=state.line)
                    return True
                if _is_one_of(exchange, digits, _asked_keys(one)):
                    canaries.answered(connection, one.id, now)
                    log.info("canary.answered", line=state.line)
                    return True
            # A request that comes again, after all is over.
            return canaries.was_heard(connection, state.contact)
    except DatabaseAway:
        return False  # nothing can be kept, so it is a caller like any other


def _call_keys(one: Canary) -> list[str]:
    return [call_key(one.id, n) for n in range(1, one.tries + 1)]


def _asked_keys(one: Canary) -> list[str]:
    return [asked_key(one.id, n) for n in range(1, one.asks + 1)]


def _is_one_of(exchange: Exchange, digits: str, keys: list[str]) -> bool:
    given = digits.encode()
    return any(hmac.compare_digest(given, code_of(exchange, key).encode()) for key in keys)
