"""A step of a call: decided by routing, written down, and answered as TwiML."""

from functools import lru_cache

import structlog

from app.phrases import FIRST, phrases
from app.store.journal import Kept
from app.telephony.exchange import Arrival, Exchange
from app.telephony.planning import asks, facts, laid_out, plan
from app.telephony.twiml import Renderer, Speech
from routing import record
from routing.call import Arrived, CallState, Ending, Event, Facts, Farewell, Ring, next_step
from routing.contact import Channel, ContactEvent

log = structlog.get_logger()


def answer_arrival(exchange: Exchange, came: Arrival) -> str:
    """The first document of a caller's call."""
    event = Arrived(
        ask_district=asks(came),
        blocked=exchange.is_blocked(came),
        crowding=exchange.is_crowding(came),
    )
    is_settled = event.ask_district or event.blocked
    targets = {} if is_settled else {came.caller.home: plan(came)}
    return answer(exchange, laid_out(came), event, facts(came, targets), came=came)


def answer(
    exchange: Exchange,
    state: CallState,
    event: Event,
    known: Facts,
    *,
    told: ContactEvent | None = None,
    came: Arrival | None = None,
) -> str:
    """The document for what comes next; what happened is kept before it is handed out."""
    step, now = next_step(state, event, known), exchange.clock()
    # A request that comes again hours later must ring nobody, and tell nobody's number.
    if came is None and isinstance(step, Ring) and exchange.has_left(state.contact):
        step = Farewell(Ending.CALLER_LEFT, step.state)
    rows = []
    if came is not None:
        heard = record.received(came.contact, state.line, Channel.VOICE, came.caller, came.at)
        rows.append(came.received(exchange, heard))
    kept = exchange.record(told, *record.of_step(state, event, step, now), rows=rows)
    # The first request of a call is known by its rows being new, and then nothing is looked up.
    is_again = came is not None and kept is Kept.AGAIN
    if is_again and isinstance(step, Ring) and exchange.has_left(state.contact):
        step = Farewell(Ending.CALLER_LEFT, step.state)
    name, rung = type(step).__name__, step.state.rung
    log.info("call.step_taken", contact=state.contact, step=name, rung=rung)
    return renderer(exchange, state).render(step)


def renderer(exchange: Exchange, state: CallState) -> Renderer:
    """What makes documents for the line that *state* is on."""
    organisation = exchange.mirror.picture.organisation
    # A document comes back to several addresses with one state, and sealing takes a while.
    seal = lru_cache(maxsize=1)(exchange.seal.close)

    def address(name: str, back: CallState) -> str:
        return exchange.address(f"voice/{name}", seal(back))

    return Renderer(organisation, organisation.lines[state.line], address, exchange.public_url)


def staff_speech(exchange: Exchange) -> Speech:
    """What speaks to therapists."""
    return Speech(phrases(FIRST), exchange.public_url)
