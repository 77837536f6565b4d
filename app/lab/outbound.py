"""A call that the service asked for through the REST face."""

from dataclasses import dataclass

from app.lab.child import Noun, tell
from app.lab.documents import from_text
from app.lab.engine import Script
from app.lab.leg import Leg, LegOver, Redirected
from app.lab.own_number import comes_back
from app.lab.params import base
from app.lab.verbs import perform
from app.lab.webhooks import Hook


@dataclass(frozen=True, slots=True)
class Order:
    """What the service asked for: a document by address or outright, and what to be told."""

    url: str
    method: str
    twiml: str
    fallback: tuple[str, str]
    ring_for: float
    callback: str
    callback_method: str
    events: frozenset[str]


def go_out(leg: Leg, order: Order) -> Script:
    """The script of a leg to somebody whom the service calls."""
    leg.fallback = order.fallback
    leg.began_at = leg.core.now()
    noun = Noun(
        leg.to,
        callback=order.callback,
        callback_method=order.callback_method,
        events=order.events,
    )
    leg.status = "initiated"
    tell(leg, noun, "initiated")
    leg.ring()
    if (ours := leg.core.numbers.get(leg.to)) is not None:
        comes_back(leg, ours)
    tell(leg, noun, "ringing")
    try:
        yield from leg.picked_up_within(order.ring_for)
        tell(leg, noun, "answered")
        if order.twiml:
            yield from perform(leg, from_text(leg, order.twiml))
        else:
            hook = Hook("voice", order.url, base(leg), order.method, leg.sid)
            yield from perform(leg, hook)
        leg.cut_off = True
        leg.finish()
    except (LegOver, Redirected):
        leg.finish()
    tell(leg, noun, "completed")
    leg.core.engine.after(0.5, leg.callbacks.flush)
