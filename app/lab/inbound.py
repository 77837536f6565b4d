"""A call that comes in to one of our numbers."""

from app.lab.account import Number
from app.lab.engine import Script
from app.lab.leg import Leg, LegOver
from app.lab.params import base, progress
from app.lab.phones import Moment
from app.lab.trace import What
from app.lab.verbs import perform
from app.lab.webhooks import Hook


def come_in(leg: Leg, number: Number, *, forwarded_from: str = "") -> Script:
    """The script of a caller's leg, from dialling to the last status callback."""
    leg.fallback = (number.voice_fallback_url, number.voice_fallback_method)
    leg.began_at = leg.core.now()
    leg.status = "ringing"
    leg.note(What.CALLS)
    leg.notice(Moment.START)
    form = (*base(leg), ("CallToken", leg.core.sids.new("")))
    if forwarded_from:
        form = (*form, ("ForwardedFrom", forwarded_from))
    try:
        # Somebody else's application, or a trunk, takes the call before our address is asked.
        if number.voice_url and not (number.voice_application or number.trunk):
            voice = Hook("voice", number.voice_url, form, number.voice_method, leg.sid)
            yield from perform(leg, voice)
        leg.cut_off = True
        leg.note(What.IS_HUNG_UP)
        leg.finish()
    except LegOver:
        pass
    if number.status_callback:
        hook = Hook(
            "number status",
            number.status_callback,
            progress(leg, 0),
            number.status_callback_method,
            leg.sid,
        )
        leg.callbacks.add(hook)
    # A moment later, when the phones that were rung have told of their ends too.
    leg.core.engine.after(0.5, leg.callbacks.flush)
