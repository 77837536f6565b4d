"""A therapist calls the line with her code, and is connected as the line to somebody who waits."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from xml.sax.saxutils import escape

import structlog
from flask import Blueprint

from app.duty.call_back import CALL_BACK
from app.duty.notifier import Dialler
from app.store import contacts
from app.store.breaker import DatabaseAway
from app.store.contacts import SealedNumber, row_of
from app.store.outbox import Letter
from app.telephony.answering import answer_arrival, staff_speech
from app.telephony.exchange import Exchange, arrival
from app.telephony.rescue import rescue_call
from app.telephony.results import caller_gone, dial_result, seconds
from app.telephony.twiml import (
    HANG_UP,
    NOTHING,
    ask_to_accept,
    document,
    element,
    tell_and_hang_up,
)
from app.telephony.webhook import Form, Gate, Webhooks
from app.wording import when
from routing import record
from routing.callback import CallbackState, may_call_back, waiting
from routing.contact import Contact, Direction
from routing.errors import NotFound
from routing.ids import ContactId, TherapistId
from routing.organisation import Line

log = structlog.get_logger()

_LOOK_BACK = timedelta(days=3)
_KEYS = 9
_SECONDS_FOR_CODE = 6
_SECONDS_TO_CHOOSE = 8


def callback_blueprint(exchange: Exchange, gate: Gate) -> Blueprint:
    """The addresses that a therapist's own call leads to."""
    blueprint = Blueprint("callback", __name__, url_prefix="/twilio/callback")
    webhooks = Webhooks(blueprint, gate, partial(rescue_call, exchange))

    @webhooks.at("/code/<sealed>")
    def code(form: Form, sealed: str) -> str:
        state = _opened(exchange, form, sealed)
        if caller_gone(form):
            return NOTHING
        picture = exchange.mirror.picture
        digest = picture.pins.get(state.therapist, b"")
        if not exchange.cipher.is_code(state.therapist, form.get("Digits", ""), digest):
            # Without the code a staff number is anybody's, since numbers can be forged.
            log.warning("callback.wrong_code", therapist=state.therapist)
            return answer_arrival(exchange, arrival(exchange, form, state.contact))
        return _or_part(exchange, state, partial(_offer, exchange, state))

    @webhooks.at("/pick/<sealed>")
    def pick(form: Form, sealed: str) -> str:
        state = _opened(exchange, form, sealed)
        return _or_part(exchange, state, partial(_picked, exchange, state, form))

    @webhooks.at("/answered/<sealed>")
    def answered(form: Form, sealed: str) -> str:
        # The service rang her, as she asked for in the console: now the call has an id of its own.
        state = exchange.callback_seal.open(sealed)
        state = replace(state, contact=ContactId(form.get("CallSid", "")))
        back = exchange.address("callback/connect", exchange.callback_seal.close(state))
        return ask_to_accept(staff_speech(exchange), back)

    @webhooks.at("/text/<sealed>")
    def text_waits(form: Form, sealed: str) -> str:
        # She takes no texts, so the service rang her about one.
        state = exchange.callback_seal.open(sealed)
        state = replace(state, contact=ContactId(form.get("CallSid", "")))
        back = exchange.address("callback/connect", exchange.callback_seal.close(state))
        return ask_to_accept(staff_speech(exchange), back, "text_waiting")

    @webhooks.at("/connect/<sealed>")
    def connect(form: Form, sealed: str) -> str:
        state = exchange.callback_seal.open(sealed)
        if form.get("Digits") != "1":
            return HANG_UP
        exchange.require_same(state, form)
        return _or_part(exchange, state, partial(_connect, exchange, state))

    @webhooks.at("/called/<sealed>")
    def called(form: Form, sealed: str) -> str:
        state = exchange.callback_seal.open(sealed)
        now, talked = exchange.clock(), seconds(form, "DialCallDuration")
        result = dial_result(form, needs_key=False)
        exchange.record(*record.called_back(state.contact, state.line, result, talked, now))
        return tell_and_hang_up(staff_speech(exchange), "goodbye")

    return blueprint


def start_callback(
    exchange: Exchange, dialler: Dialler, therapist: TherapistId, contact: ContactId
) -> str:
    """
    Ring *therapist* from the line, to connect her to the caller of *contact* when she presses 1.

    Returns the carrier's id of the call.

    Raises:
        NotFound: there is no such caller waiting whom she may call.
        Unavailable: the carrier cannot make the call just now.
    """
    organisation = exchange.mirror.picture.organisation
    staff = organisation.therapists.get(therapist)
    for line in organisation.lines.values():
        state = CallbackState(ContactId(""), line.id, therapist, chosen=contact)
        if staff is None or staff.phone is None:
            break
        if any(one.id == contact for one in _waiting_for(exchange, state, line)):
            address = exchange.address("callback/answered", exchange.callback_seal.close(state))
            return dialler.start_call(staff.phone.e164, line.number.e164, address)
    raise NotFound("no such caller is waiting whom this therapist may call back")


def call_address(exchange: Exchange, letter: Letter) -> str:
    """Where the carrier learns what to say when it makes the call that *letter* is."""
    path = "callback/answered" if letter.key.startswith(f"{CALL_BACK}/") else "callback/text"
    state = CallbackState(
        ContactId(""), letter.line, letter.therapist or TherapistId(""), chosen=letter.contact
    )
    return exchange.address(path, exchange.callback_seal.close(state))


def ask_for_code(exchange: Exchange, state: CallbackState) -> str:
    """The first words to a known staff number: silence makes her a caller like any other."""
    return _gather(
        staff_speech(exchange).say("pin"),
        exchange.address("callback/code", exchange.callback_seal.close(state)),
        timeout=_SECONDS_FOR_CODE,
        finishOnKey="#",
    )


def _opened(exchange: Exchange, form: Form, sealed: str) -> CallbackState:
    """The state of the very call that *form* is about; raises InvalidCallState for any other."""
    state = exchange.callback_seal.open(sealed)
    exchange.require_same(state, form)
    return state


def _or_part(exchange: Exchange, state: CallbackState, answer: Callable[[], str]) -> str:
    """Who waits is known to the database alone: without it she is told so, and is free again."""
    if exchange.has_left(state.contact):  # a request that comes again hours later
        return HANG_UP
    try:
        return answer()
    except DatabaseAway:
        return _part(exchange, state, "not_now")


def _offer(exchange: Exchange, state: CallbackState) -> str:
    line = exchange.mirror.picture.organisation.lines[state.line]
    found = _waiting_for(exchange, state, line)[:_KEYS]
    speech = staff_speech(exchange)
    if not found:
        return _part(exchange, state, "callback_none")
    names = speech.phrases.names
    name_of = exchange.mirror.picture.organisation.name_of
    choices = " ".join(
        speech.phrases.spoken["callback_choice"].format(
            when=when(contact.received_at, line),
            district=name_of(contact.caller.home) or names["unassigned"],
            role=names[contact.caller.role or "unknown"],
            key=key,
        )
        for key, contact in enumerate(found, start=1)
    )
    offered = replace(state, waiting=tuple(contact.id for contact in found))
    now = exchange.clock()
    exchange.record(record.took_up(state.contact, state.line, state.therapist, now))
    return _gather(
        speech.say("callback_some", count=len(found), choices=choices),
        exchange.address("callback/pick", exchange.callback_seal.close(offered)),
        timeout=_SECONDS_TO_CHOOSE,
        numDigits=1,
    )


def _picked(exchange: Exchange, state: CallbackState, form: Form) -> str:
    digits = form.get("Digits", "")
    if caller_gone(form) or not digits.isdecimal() or digits == "0":
        return _part(exchange, state, "goodbye")
    if int(digits) > len(state.waiting):
        return _offer(exchange, state)
    return _connect(exchange, replace(state, chosen=state.waiting[int(digits) - 1]))


def _part(exchange: Exchange, state: CallbackState, words: str) -> str:
    """She is done, and can be rung again, whether or not the carrier tells that her call ended."""
    if state.waiting:
        exchange.record(record.put_down(state.contact, state.line, exchange.clock()))
    return tell_and_hang_up(staff_speech(exchange), words)


def _connect(exchange: Exchange, state: CallbackState) -> str:
    """The line calls the chosen caller; the right to do so is looked at once more."""
    line = exchange.mirror.picture.organisation.lines[state.line]
    if (again := _begun_before(exchange, state, line)) is not None:
        return again
    chosen = next((c for c in _waiting_for(exchange, state, line) if c.id == state.chosen), None)
    if chosen is None:  # helped meanwhile, or not hers to call
        return _offer(exchange, state)
    now = exchange.clock()
    with exchange.journal.reading() as connection:
        sealed = contacts.sealed_number(connection, chosen.id)
    if sealed is None or chosen.caller.key is None:
        raise NotFound("the contact has no number")
    number = exchange.cipher.open(sealed, contacts.NUMBER_PURPOSE)
    called = record.calls_back(state.contact, line.id, state.therapist, chosen.caller, now)
    first, *more = called
    row = ("contact_events", row_of(first, SealedNumber(chosen.caller.key, sealed)))
    exchange.record(*more, rows=[row])
    log.info("callback.connected", contact=state.contact, for_contact=chosen.id)
    return dial_family(exchange, state, line, number)


def _begun_before(exchange: Exchange, state: CallbackState, line: Line) -> str | None:
    """The same answer once more, where this very call has one; nobody is rung when it is over."""
    with exchange.journal.reading() as connection:
        begun = next(iter(contacts.of_ids(connection, [state.contact])), None)
        if begun is None or begun.direction is not Direction.OUTBOUND:
            return None
        sealed = contacts.sealed_number(connection, state.contact)
    if begun.outcome is not None or sealed is None:
        return HANG_UP
    number = exchange.cipher.open(sealed, contacts.NUMBER_PURPOSE)
    return dial_family(exchange, state, line, number)


def dial_family(exchange: Exchange, state: CallbackState, line: Line, number: str) -> str:
    """The line calls the family, which sees the line's number; how it ends is told of here."""
    return document(
        staff_speech(exchange).say("calling"),
        element(
            "Dial",
            element("Number", number),
            action=exchange.address("callback/called", exchange.callback_seal.close(state)),
            method="POST",
            timeout=30,
            callerId=line.number.e164,
            ringTone="se",
        ),
    )


def _waiting_for(exchange: Exchange, state: CallbackState, line: Line) -> Sequence[Contact]:
    """The callers whom this therapist may call back, the first one first."""
    picture, now = exchange.mirror.picture, exchange.clock()
    therapist = picture.organisation.therapists[state.therapist]
    with exchange.journal.reading() as connection:
        found = contacts.received_between(connection, line.id, now - _LOOK_BACK, now)
    shifts = picture.rotas[line.id].shifts
    return [
        contact
        for contact in waiting(found, now)
        if may_call_back(picture.organisation, therapist, contact, shifts, now)
    ]


def _gather(prompt: str, action: str, **how: str | int) -> str:
    gather = element("Gather", prompt, input="dtmf", action=action, method="POST", **how)
    return document(gather, element("Redirect", escape(action), method="POST"))
