"""The parameters of voice webhooks, as Twilio sends them."""

from datetime import datetime
from email.utils import format_datetime

from app.lab.leg import Leg
from app.lab.webhooks import Form

_GEO = ("City", "State", "Zip")


def base(leg: Leg, status: str | None = None) -> Form:
    """
    What every request about *leg* carries.

    Source: Twilio, docs/voice/twiml; the geo parameters are empty for numbers
    outside North America, as observed.
    """
    form = [
        ("AccountSid", leg.core.account.sid),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", leg.sid),
        ("CallStatus", status or leg.status),
        ("Called", leg.to),
        ("Caller", leg.frm),
        ("Direction", leg.direction),
        ("From", leg.frm),
        ("To", leg.to),
    ]
    for party, number in (
        ("Called", leg.to),
        ("Caller", leg.frm),
        ("From", leg.frm),
        ("To", leg.to),
    ):
        form += [(f"{party}{part}", "") for part in _GEO]
        form.append((f"{party}Country", country(number)))
    if leg.parent is not None:
        form.append(("ParentCallSid", leg.parent.sid))
    return tuple(form)


def country(number: str) -> str:
    """The country that a number's code names; empty when it names none the lab knows."""
    known = {"+46": "SE", "+47": "NO", "+45": "DK", "+358": "FI", "+44": "GB"}
    return next((land for code, land in known.items() if number.startswith(code)), "")


def progress(leg: Leg, sequence: int, status: str | None = None) -> Form:
    """What a status callback about *leg* carries; durations only once it has ended."""
    form = [
        *base(leg, status),
        ("Timestamp", moment(leg.core.now())),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(sequence)),
    ]
    if leg.over:
        seconds = leg.seconds()
        form.append(("CallDuration", str(seconds)))
        form.append(("Duration", str(-(-seconds // 60))))  # minutes: a trap in the original too
        sip = {"busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
        form.append(("SipResponseCode", sip.get(leg.status, "200")))
    return tuple(form)


def moment(at: datetime) -> str:
    """RFC 2822, as Twilio writes dates."""
    return format_datetime(at)
