"""Duties that are offered: put to colleagues, declined, withdrawn, and over in time."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.duty import swap_letters as letters
from app.duty.handover import Desk
from app.duty.swap_check import RotaNow, candidates, check_partner, manager_among
from app.duty.swap_letters import record
from app.store import rota as stored_rota
from app.store import swaps
from app.store.database import reading
from app.store.swaps import What
from routing.ids import TherapistId
from routing.organisation import Organisation
from routing.swap import (
    REMINDED_BEFORE,
    State,
    Step,
    Swap,
    SwapRefused,
    Terms,
    Why,
    check_held,
    check_offer,
    check_open,
    next_step,
)
from routing.swap_rules import Candidate, SwapBarred

_CLOCK = "clock"  # who signs what nobody did


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer that has been put, and what was found about each colleague before that."""

    swap: Swap
    candidates: tuple[Candidate, ...]


def offer(rota: RotaNow, desk: Desk, terms: Terms, to: TherapistId | None = None) -> Offered:
    """
    Offer a duty to one colleague, or to everybody who may take it lawfully.

    The giver has it until somebody has accepted, and silence changes nothing.

    Raises:
        InvalidInput: there is nobody to exchange with, or it is the giver herself.
        SwapRefused: it is not hers to give, has begun or is offered already; or nobody may take it.
    """
    stored_rota.lock(rota.connection, rota.line.id)
    check_partner(rota, terms, to)
    check_offer(terms, to, rota.during(terms.slots), rota.now)
    for kept in swaps.open_ones(rota.connection, rota.line.id):
        other = kept.swap
        if other.terms.giver == terms.giver and other.terms.slot.overlaps(terms.slot):
            said = f"swap {other.id} offers it already: withdraw that one first"
            raise SwapRefused(Why.OFFERED_ALREADY, said)
    found = candidates(rota, terms, None if to is None else (to,))
    asked = [one.therapist for one in found if one.may_accept]
    if to is not None and not asked:
        raise SwapBarred(found[0])
    if not asked:
        said = "nobody may take it without breaking a rule: a manager may arrange it"
        raise SwapRefused(Why.NOBODY, said)
    # Who is asked on the last day needs no reminder.
    is_soon = terms.begins_at - rota.now <= REMINDED_BEFORE
    reminded_at = rota.now if is_soon else None
    swap = swaps.keep(
        rota.connection, rota.line.id, terms, State.PROPOSED, asked, reminded_at=reminded_at
    )
    record(rota, desk, swap, What.OFFERED, terms.giver)
    letters.ask(rota, desk, swap)
    said = letters.about("asked", swap, rota.line, asked=", ".join(asked))
    letters.tell(rota, desk, swap, "asked", [terms.giver], said)
    return Offered(swap, found)


def decline(rota: RotaNow, desk: Desk, number: int, therapist: TherapistId) -> Swap:
    """
    Keep that *therapist* says no; when everybody has, the offer is over and the giver is told.

    Raises:
        NotFound: there is no such swap on this line.
        SwapRefused: she was not asked, or it is over.
    """
    stored_rota.lock(rota.connection, rota.line.id)
    swap = swaps.one(rota.connection, rota.line.id, number)
    check_open(swap, therapist, rota.now)
    if not swaps.decline(rota.connection, swap, therapist, rota.now):
        return swap
    record(rota, desk, swap, What.DECLINED, therapist)
    swap = replace(swap, declined=swap.declined | {therapist})
    if swap.waiting_for:
        return swap
    swaps.settle(rota.connection, swap, State.DECLINED)
    said = letters.about("declined", swap, rota.line)
    letters.tell(rota, desk, swap, "declined", [swap.terms.giver], said)
    return replace(swap, state=State.DECLINED)


def withdraw(rota: RotaNow, desk: Desk, number: int, author: str) -> Swap:
    """
    Take an offer back: the giver does, or a manager of hers.

    Raises:
        NotFound: there is no such swap on this line.
        SwapRefused: it is over, or somebody else's.
    """
    stored_rota.lock(rota.connection, rota.line.id)
    swap = swaps.one(rota.connection, rota.line.id, number)
    giver = swap.terms.giver
    if author != giver and manager_among(rota, author, [giver]) is None:
        raise SwapRefused(Why.NOT_YOURS, f"only {giver} or a manager of hers withdraws it")
    if swap.state is State.ACCEPTED:
        raise SwapRefused(Why.TAKEN, f"{swap.taker} has taken it already")
    if swap.state is not State.PROPOSED:
        raise SwapRefused(Why.OVER, f"the swap is {swap.state}")
    swaps.settle(rota.connection, swap, State.WITHDRAWN)
    record(rota, desk, swap, What.WITHDRAWN, author)
    letters.recall(rota, swap)
    said = letters.about("withdrawn", swap, rota.line)
    people = swap.waiting_for if author == giver else (*swap.waiting_for, giver)
    letters.tell(rota, desk, swap, "withdrawn", people, said)
    return replace(swap, state=State.WITHDRAWN)


def expire_swaps(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    End the offers whose time has come, and speak once more of those that nobody has taken.

    How many were taken a step further.  Two clocks take each step once.
    """
    done = 0
    with reading(desk.engine) as connection:
        offered = swaps.lines_with_open_ones(connection)
    for line in (line for line in organisation.lines.values() if line.id in offered):
        with desk.engine.begin() as connection:
            stored_rota.lock(connection, line.id)
            rota = RotaNow(connection, organisation, line, now)
            for kept in swaps.open_ones(connection, line.id):
                step = next_step(
                    kept.swap,
                    reminded=kept.reminded_at is not None,
                    is_there=_is_there(rota, kept.swap),
                    now=now,
                )
                if step is not None:
                    _take(rota, desk, kept.swap, step)
                    done += 1
    return done


def _take(rota: RotaNow, desk: Desk, swap: Swap, step: Step) -> None:
    giver = [swap.terms.giver]
    if step is Step.REMIND:
        if swaps.remind(rota.connection, swap, rota.now):
            record(rota, desk, swap, What.REMINDED, _CLOCK)
            letters.ask(rota, desk, swap, again=True)
            said = letters.about("waiting", swap, rota.line)
            letters.tell(rota, desk, swap, "waiting", giver, said)
        return
    swaps.settle(rota.connection, swap, State.EXPIRED)
    letters.recall(rota, swap)
    if step is Step.EXPIRE:
        record(rota, desk, swap, What.EXPIRED, _CLOCK)
        said = letters.about("expired", swap, rota.line)
        letters.tell(rota, desk, swap, "expired", giver, said)
    else:
        record(rota, desk, swap, What.OVERTAKEN, _CLOCK)
        said = letters.about("overtaken", swap, rota.line)
        letters.tell(rota, desk, swap, "overtaken", [*giver, *swap.waiting_for], said)


def _is_there(rota: RotaNow, swap: Swap) -> bool:
    """Whether everybody in *swap* still has what it is about."""
    shifts = rota.during(swap.terms.slots)
    try:
        check_held(swap.terms.slot, swap.terms.giver, shifts)
        if swap.terms.back is not None:
            check_held(swap.terms.back, swap.asked[0], shifts)
    except SwapRefused:
        return False
    return True
