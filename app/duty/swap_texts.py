"""BYT and NEJ: what a therapist's answer to a swap leads to, and what she is told."""

import sqlalchemy as sa

from app.duty import swap_letters as letters
from app.duty.handover import Desk
from app.duty.standby import Standby
from app.duty.swap_check import RotaNow
from app.duty.swap_offers import decline
from app.duty.swaps import accept
from app.phrases import FIRST, phrases
from app.store import swaps
from routing.errors import NotFound
from routing.ids import TherapistId
from routing.swap import SwapRefused, Why
from routing.swap_rules import SwapBarred

# Anything else that stands in the way is, to her, that the offer is gone.
_PHRASES = {Why.BEGUN: "begun", Why.NOT_HELD: "not_held", Why.SHARED: "not_held"}


def say_yes(
    connection: sa.Connection, desk: Desk, on: Standby, staff: TherapistId, number: int
) -> str | None:
    """
    Take what was offered; what to answer.

    None where it worked: she is told with everybody else.
    """
    rota = RotaNow(connection, on.organisation, on.line, on.now)
    try:
        accept(rota, desk, number, staff)
    except NotFound:
        return _unknown(number)
    except SwapRefused as err:
        return _refusal(rota, staff, number, err)
    return None


def say_no(
    connection: sa.Connection, desk: Desk, on: Standby, staff: TherapistId, number: int
) -> str:
    """Say no to what was offered; what to answer."""
    rota = RotaNow(connection, on.organisation, on.line, on.now)
    try:
        swap = decline(rota, desk, number, staff)
    except NotFound:
        return _unknown(number)
    except SwapRefused as err:
        return _refusal(rota, staff, number, err)
    return letters.about("no", swap, on.line)


def _unknown(number: int) -> str:
    return phrases(FIRST).written["swap_unknown"].format(number=number)


def _refusal(rota: RotaNow, staff: TherapistId, number: int, err: SwapRefused) -> str:
    if err.why is Why.NOT_ASKED:
        return _unknown(number)  # not even that there is one
    swap = swaps.one(rota.connection, rota.line.id, number)
    if isinstance(err, SwapBarred):
        return letters.barred(rota, swap, err.candidate)
    if err.why is Why.TAKEN:
        is_hers = swap.taker == staff
        return (
            letters.in_force(swap, rota.line)
            if is_hers
            else letters.about("taken", swap, rota.line)
        )
    return letters.about(_PHRASES.get(err.why, "over"), swap, rota.line)
