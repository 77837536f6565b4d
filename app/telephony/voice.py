"""The line's voice webhooks: each gathers the facts, and hands them on."""

from functools import partial

import structlog
from flask import Blueprint

from app.telephony.answering import answer, answer_arrival, renderer, staff_speech
from app.telephony.callback import ask_for_code
from app.telephony.canary import is_no_caller, listen
from app.telephony.exchange import Exchange, arrival, line_of
from app.telephony.planning import facts, plan
from app.telephony.rescue import rescue_call
from app.telephony.results import caller_gone, result_of, seconds
from app.telephony.twiml import HANG_UP, NOTHING, ask_to_accept, tell_and_hang_up
from app.telephony.webhook import Form, Gate, Webhooks
from routing import record
from routing.call import AttemptEnded, CallerLeft, Facts, Keyed
from routing.callback import CallbackState
from routing.ids import ContactId
from routing.question import keyed

log = structlog.get_logger()

_ACCEPT = "1"


def voice_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """`POST /twilio/voice`, and the addresses that its TwiML leads to."""
    blueprint = Blueprint("voice", __name__, url_prefix="/twilio/voice")
    webhooks = Webhooks(blueprint, gate, partial(rescue_call, exchange))
    _add_the_callers(webhooks, exchange)
    _add_the_status(webhooks, exchange)
    _add_the_therapists(webhooks, exchange)
    return blueprint


def _add_the_callers(webhooks: Webhooks, exchange: Exchange) -> None:
    """What the carrier asks about the caller's own leg."""

    @webhooks.at("")
    def arrived(form: Form) -> str:
        came = arrival(exchange, form, ContactId(form.get("CallSid", "")))
        if came.number == came.line.number:
            return listen(exchange, came)
        staff = came.picture.organisation.staff_of.get(came.number) if came.number else None
        if staff is not None and exchange.may_try_a_code(staff, came):
            return ask_for_code(exchange, CallbackState(came.contact, came.line.id, staff.id))
        return answer_arrival(exchange, came)

    @webhooks.at("/district/<sealed>")
    def district(form: Form, sealed: str) -> str:
        state = exchange.open(sealed, form)
        if caller_gone(form):
            return answer(exchange, state, CallerLeft(), Facts())
        line = exchange.mirror.picture.organisation.lines[state.line]
        given = keyed(line, state, form.get("Digits", ""))
        came = arrival(exchange, form, state.contact, chosen=given.home)
        if given.home is None:
            return answer(exchange, state, given, facts(came, {None: plan(came)}))
        home = came.caller.home
        named = Keyed(home=home, role=came.caller.role)
        told = record.identified(state.contact, line.id, came.caller, came.at)
        return answer(exchange, state, named, facts(came, {home: plan(came)}), told=told)

    @webhooks.at("/ended/<sealed>")
    def ended(form: Form, sealed: str) -> str:
        state = exchange.open(sealed, form)
        event = AttemptEnded(result_of(form, state), seconds(form, "DialCallDuration"))
        away = exchange.mirror.picture.unreachable(state, exchange.clock())
        return answer(exchange, state, event, Facts(unreachable=away))


def _add_the_status(webhooks: Webhooks, exchange: Exchange) -> None:
    """What the carrier tells when the caller's leg is over, whichever document it was in."""

    @webhooks.at("/status")
    def status(form: Form) -> str:
        contact = ContactId(form.get("CallSid", ""))
        if contact and caller_gone(form):
            line = line_of(exchange.mirror.picture, form)
            if is_no_caller(exchange, form, line):
                return NOTHING
            lasted = seconds(form, "CallDuration")
            exchange.record(record.hung_up(contact, line.id, lasted, exchange.clock()))
        return NOTHING


def _add_the_therapists(webhooks: Webhooks, exchange: Exchange) -> None:
    """What the carrier asks about the leg of a therapist who is being rung."""

    @webhooks.at("/whisper/<sealed>")
    def whisper(form: Form, sealed: str) -> str:
        exchange.open(sealed, form)
        return ask_to_accept(staff_speech(exchange), exchange.address("voice/key", sealed))

    @webhooks.at("/key/<sealed>")
    def key(form: Form, sealed: str) -> str:
        state = exchange.open(sealed, form)
        if exchange.is_over(state.contact):
            return tell_and_hang_up(staff_speech(exchange), "caller_gone")
        accepted = form.get("Digits") == _ACCEPT
        exchange.record(record.of_key(state, accepted=accepted, at=exchange.clock()))
        event = "call.accepted" if accepted else "call.declined"
        log.info(event, contact=state.contact, rung=state.rung)
        return renderer(exchange, state).accepted(state) if accepted else HANG_UP
