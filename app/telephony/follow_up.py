"""A therapist carries out a follow-up: the line rings her, and then the family."""

from dataclasses import replace
from functools import partial

import structlog
from flask import Blueprint

from app.duty.follow_ups import Ring, at_the_gate, connect
from app.duty.gate import NotAllowed
from app.duty.handover import Desk
from app.duty.notifier import Dialler
from app.store.breaker import DatabaseAway
from app.telephony.answering import staff_speech
from app.telephony.callback import dial_family
from app.telephony.exchange import Exchange
from app.telephony.rescue import rescue_call
from app.telephony.results import caller_gone
from app.telephony.twiml import HANG_UP, NOTHING, ask_to_accept, tell_and_hang_up
from app.telephony.webhook import Form, Gate, Webhooks
from routing.access import Office, Viewer
from routing.callback import CallbackState
from routing.errors import NotFound
from routing.follow_up import FollowUp, FollowUpRefused
from routing.ids import ContactId
from routing.organisation import Therapist

log = structlog.get_logger()


def follow_up_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """The addresses that such a call leads to, until the family's phone rings."""
    blueprint = Blueprint("follow_up", __name__, url_prefix="/twilio/follow-up")
    webhooks = Webhooks(blueprint, gate, partial(rescue_call, exchange))

    @webhooks.at("/answered/<sealed>")
    def answered(form: Form, sealed: str) -> str:
        # No fact is said here: whoever picked up, or whatever, has pressed nothing yet.
        state = exchange.callback_seal.open(sealed)
        state = replace(state, contact=ContactId(form.get("CallSid", "")))
        back = exchange.address("follow-up/connect", exchange.callback_seal.close(state))
        return ask_to_accept(staff_speech(exchange), back, "follow_up_waiting")

    @webhooks.at("/connect/<sealed>")
    def connect_her(form: Form, sealed: str) -> str:
        state = exchange.callback_seal.open(sealed)
        if caller_gone(form):
            return NOTHING
        return _connected(exchange, state) if form.get("Digits") == "1" else HANG_UP

    return blueprint


def ring_for(exchange: Exchange, dialler: Dialler) -> Ring:
    """What rings a therapist, so that `app.duty.follow_ups` knows neither carrier nor addresses."""

    def ring(task: FollowUp, therapist: Therapist) -> str:
        line = exchange.mirror.picture.organisation.lines[task.order.line]
        state = CallbackState(ContactId(""), line.id, therapist.id, follow_up=task.id)
        address = exchange.address("follow-up/answered", exchange.callback_seal.close(state))
        if therapist.phone is None:
            raise NotFound("the therapist has no telephone")
        return dialler.start_call(therapist.phone.e164, line.number.e164, address)

    return ring


def _connected(exchange: Exchange, state: CallbackState) -> str:
    """The line calls the family; her right to it, and that it is still due, are asked once more."""
    organisation = exchange.mirror.picture.organisation
    therapist = organisation.therapists.get(state.therapist)
    if therapist is None or state.follow_up is None:
        raise NotFound("no such therapist, or no follow-up")
    viewer = Viewer(therapist.id, Office.THERAPIST, therapist.district)
    desk = Desk(exchange.journal.engine, exchange.cipher, exchange.public_url, mails=False)
    try:
        with (
            exchange.journal.breaker.guarding(),
            at_the_gate(desk, organisation, viewer, exchange.clock()) as gate,
        ):
            number = connect(gate, state.follow_up, state.contact)
    except (NotAllowed, FollowUpRefused) as err:
        log.info("follow_up.not_called", follow_up=state.follow_up, code=err.code)
        return tell_and_hang_up(staff_speech(exchange), "follow_up_gone")
    except DatabaseAway:
        # Her right to it cannot be looked at; the follow-up stays due.
        return tell_and_hang_up(staff_speech(exchange), "not_now")
    return dial_family(exchange, state, organisation.lines[state.line], number.e164)
