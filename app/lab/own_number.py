"""A call from one of our numbers to one of them: both ends are ours."""

from app.lab.account import Number
from app.lab.inbound import come_in
from app.lab.leg import Leg
from app.lab.phones import STAYS


def comes_back(leg: Leg, number: Number) -> None:
    """Let the call that *leg* makes come in at *number*, as anybody's would."""
    other = Leg(leg.core, direction="inbound", frm=leg.frm, to=number.e164, behaviour=STAYS)
    other.book = leg.book
    leg.other, other.other = other, leg
    other.begin(come_in(other, number))
