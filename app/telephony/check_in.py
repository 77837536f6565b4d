"""The call before a duty: key 1 says that she is there, and that her phone and the line work."""

from flask import Blueprint

from app.duty.check_in import asked_by, confirm
from app.store.breaker import DatabaseAway
from app.store.outbox import Letter
from app.telephony.answering import staff_speech
from app.telephony.exchange import Exchange
from app.telephony.rescue import rescue_staff
from app.telephony.twiml import HANG_UP, ask_to_accept, tell_and_hang_up
from app.telephony.webhook import Form, Gate, Webhooks
from routing.callback import CallbackState
from routing.ids import ContactId


def check_in_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """Where the carrier comes when she answers, and when she has pressed a key."""
    blueprint = Blueprint("check_in", __name__, url_prefix="/twilio/check-in")
    webhooks = Webhooks(blueprint, gate, rescue_staff)

    @webhooks.at("/asked/<sealed>")
    def asked(form: Form, sealed: str) -> str:  # noqa: ARG001 - every webhook is given its form
        exchange.callback_seal.open(sealed)
        back = exchange.address("check-in/key", sealed)
        return ask_to_accept(staff_speech(exchange), back, "check_in")

    @webhooks.at("/key/<sealed>")
    def key(form: Form, sealed: str) -> str:
        state = exchange.callback_seal.open(sealed)
        if form.get("Digits") != "1":
            return HANG_UP
        try:
            with exchange.journal.changing() as connection:
                confirm(connection, state.contact, "call", exchange.clock())
        except DatabaseAway:
            # She is not told that it is kept; who has not confirmed is rung all the same.
            return tell_and_hang_up(staff_speech(exchange), "not_now")
        return tell_and_hang_up(staff_speech(exchange), "checked_in")

    return blueprint


def check_in_address(exchange: Exchange, letter: Letter) -> str:
    """Where the carrier learns what to say when it makes the call that *letter* is."""
    line, therapist, check_in = asked_by(letter)
    state = CallbackState(ContactId(check_in), line, therapist)
    return exchange.address("check-in/asked", exchange.callback_seal.close(state))
