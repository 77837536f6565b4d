"""The line's voice webhooks: each gathers the facts, asks routing, writes it down and answers."""

from functools import partial

import structlog
from flask import Blueprint

from app.phrases import FIRST, phrases
from app.store import contacts
from app.telephony.exchange import Arrival, Exchange, arrival, line_of
from app.telephony.rescue import rescue_call
from app.telephony.twiml import HANG_UP, NOTHING, ask_to_accept, render, tell_and_hang_up
from app.telephony.webhook import Form, Gate, Webhooks
from routing import record
from routing.arrival import targets, unreachable
from routing.call import Arrived, AttemptEnded, CallState, Event, Facts, Person, Result, next_step
from routing.contact import Channel
from routing.ids import ContactId
from routing.ladder import Reason, Seeker, ladder
from routing.organisation import Line

log = structlog.get_logger()

# Any of these on a request about the caller's own leg means that there is nobody left to help.
_CALLER_GONE = frozenset({"completed", "canceled", "no-answer", "busy", "failed"})
_RESULTS = {
    "no-answer": Result.NO_ANSWER,
    "busy": Result.BUSY,
    "failed": Result.FAILED,
    "canceled": Result.CALLER_GONE,
    "completed": Result.UNACCEPTED,
    "answered": Result.UNACCEPTED,
}
_ACCEPT = "1"


def voice_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """`POST /twilio/voice`, and the addresses that its TwiML leads to."""
    blueprint = Blueprint("voice", __name__, url_prefix="/twilio/voice")
    webhooks = Webhooks(blueprint, gate, partial(rescue_call, exchange))

    @webhooks.at("")
    def arrived(form: Form) -> str:
        contact = ContactId(form.get("CallSid", ""))
        structlog.contextvars.bind_contextvars(contact=contact)
        came = arrival(exchange, form, contact)
        return _answer(exchange, _laid_out(came), Arrived(), came)

    @webhooks.at("/ended/<sealed>")
    def ended(form: Form, sealed: str) -> str:
        state = exchange.seal.open(sealed)
        structlog.contextvars.bind_contextvars(contact=state.contact)
        seconds = _seconds(form, "DialCallDuration")
        return _answer(exchange, state, AttemptEnded(result_of(form, state), seconds))

    @webhooks.at("/whisper/<sealed>")
    def whisper(_: Form, sealed: str) -> str:
        exchange.seal.open(sealed)
        key_address = f"{exchange.public_url}/twilio/voice/key/{sealed}"
        return ask_to_accept(phrases(FIRST), key_address)

    @webhooks.at("/key/<sealed>")
    def key(form: Form, sealed: str) -> str:
        state = exchange.seal.open(sealed)
        structlog.contextvars.bind_contextvars(contact=state.contact)
        if contacts.is_over(exchange.journal.engine, state.contact):
            return tell_and_hang_up(phrases(FIRST), "caller_gone")
        accepted = form.get("Digits") == _ACCEPT
        exchange.record(record.of_key(state, accepted=accepted, at=exchange.clock()))
        log.info("call.accepted" if accepted else "call.declined", rung=state.rung)
        # An empty document falls through to the caller; anything else must not.
        return NOTHING if accepted else HANG_UP

    @webhooks.at("/status")
    def status(form: Form) -> str:
        contact = ContactId(form.get("CallSid", ""))
        if contact and form.get("CallStatus") in _CALLER_GONE:
            line = line_of(exchange.mirror.picture, form)
            seconds = _seconds(form, "CallDuration")
            exchange.record(record.hung_up(contact, line.id, seconds, exchange.clock()))
        return NOTHING

    return blueprint


def result_of(fields: Form, state: CallState) -> Result:
    """
    How an attempt ended; any parameter may be missing.

    A therapist's voicemail gives ``completed`` too: only a bridge counts.  A fallback has no key
    to press, so there a completed call is a bridge where the carrier does not say otherwise.

    Source: Twilio docs, "TwiML Voice: Dial", the action request.
    """
    status, bridged = fields.get("DialCallStatus", ""), fields.get("DialBridged")
    target = state.targets[state.rung] if state.rung < len(state.targets) else None
    if bridged == "true":
        return Result.BRIDGED
    if bridged is None and status == "completed" and not isinstance(target, Person):
        return Result.BRIDGED
    if fields.get("CallStatus") in _CALLER_GONE:
        return Result.CALLER_GONE
    return _RESULTS.get(status, Result.FAILED)


def _laid_out(came: Arrival) -> CallState:
    organisation, line, home = came.picture.organisation, came.line, came.caller.home
    rota = came.picture.rotas.get(line.id)
    seeker = Seeker(home, came.identity.therapist, came.number)
    busy = dict.fromkeys(came.picture.in_call, Reason.IN_CALL)
    on_call = rota.on_call(came.at) if rota is not None else ()
    tried = ladder(organisation, line, on_call, seeker, came.at, busy).therapists
    return CallState(
        contact=came.contact,
        line=line.id,
        language=came.caller.language or line.languages[0],
        home=home,
        targets=targets(organisation, line, home, tried, came.at),
        closed=not line.hours.is_open(came.at),
    )


def _answer(exchange: Exchange, state: CallState, event: Event, came: Arrival | None = None) -> str:
    picture, now = exchange.mirror.picture, exchange.clock()
    organisation = picture.organisation
    line: Line = organisation.lines[state.line]
    away = unreachable(organisation, line, state.targets, picture.in_call, now)
    step = next_step(state, event, Facts(away))
    rows = []
    if came is not None:
        heard = record.received(came.contact, line.id, Channel.VOICE, came.caller, came.at)
        rows.append(came.received(exchange, heard))
    exchange.record(*record.of_step(state, event, step, now), rows=rows)
    log.info("call.step_taken", step=type(step).__name__, rung=step.state.rung)

    def address(name: str, back: CallState) -> str:
        return f"{exchange.public_url}/twilio/voice/{name}/{exchange.seal.close(back)}"

    return render(step, organisation, line, phrases(state.language), address)


def _seconds(fields: Form, name: str) -> int | None:
    given = fields.get(name, "")
    return int(given) if given.isdecimal() else None
