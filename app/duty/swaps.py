"""
Duties that change hands: offered, accepted, arranged by a manager, undone.

Each step is one transaction of the caller's, which it begins by locking the line's rota: what is
decided by is what is in force.  Nothing is written before a step is certain, so that a refusal
leaves everything as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.duty import swap_letters as letters
from app.duty.handover import Desk
from app.duty.swap_check import (
    RotaNow,
    candidates,
    check_allowed,
    check_partner,
    manager_among,
    undoing,
)
from app.duty.swap_letters import record
from app.store import rota as stored_rota
from app.store import swaps
from app.store.rota import Signed
from app.store.swaps import What
from routing.errors import InvalidInput, Place
from routing.finding import Finding
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.override import Override
from routing.swap import (
    Kind,
    Slot,
    State,
    Swap,
    SwapRefused,
    Terms,
    Why,
    check_acceptance,
    check_held,
    check_undo,
)
from routing.swap_rules import SwapBarred, employer, managers_of


@dataclass(frozen=True, slots=True)
class Done:
    """A swap as it is now, and what that added to what is wrong with the rota."""

    swap: Swap
    added: tuple[Finding, ...] = ()


def accept(rota: RotaNow, desk: Desk, number: int, taker: TherapistId) -> Done:
    """
    Let *taker* have what she was asked about, from now on.

    Raises:
        NotFound: there is no such swap on this line.
        SwapRefused: she was not asked, another was first, the rota has changed, or a rule is in
            the way.  The swap is as it was, and the giver has the duty.
    """
    stored_rota.lock(rota.connection, rota.line.id)
    swap = swaps.one(rota.connection, rota.line.id, number)
    check_acceptance(swap, taker, rota.during(swap.terms.slots), rota.now)
    (found,) = candidates(rota, swap.terms, [taker])
    if not found.may_accept:
        raise SwapBarred(found)
    if not swaps.settle(rota.connection, swap, State.ACCEPTED, taker):
        raise SwapRefused(Why.TAKEN, "somebody has taken it already")
    done = replace(swap, state=State.ACCEPTED, taker=taker)
    _put_in_force(rota, desk, done, What.ACCEPTED, taker, found.added)
    return Done(done, found.added)


def arrange(
    rota: RotaNow, desk: Desk, terms: Terms, taker: TherapistId, author: str, reason: str
) -> Done:
    """
    Let a manager decide that *taker* has it, at once: for somebody who is ill, or against a rule.

    A duty that has begun is arranged from now on.  What stands in the way of anybody's being on
    standby at all, a manager does not change here.

    Raises:
        InvalidInput: there is no reason, or no such people.
        SwapRefused: it is not the giver's, or *author* is no manager of those concerned: of the
            employer of each whose rule is broken, and of one of the two otherwise.
    """
    stored_rota.lock(rota.connection, rota.line.id)
    if not reason.strip():
        raise InvalidInput("is needed: it is kept with the swap", Place("reason"))
    check_partner(rota, terms, taker)
    terms = _from_now_on(terms, rota.now)
    shifts = rota.during(terms.slots)
    check_held(terms.slot, terms.giver, shifts)
    if terms.back is not None:
        check_held(terms.back, taker, shifts)
    manager = manager_among(rota, author, (terms.giver, taker))
    if manager is None:
        said = f"{author} is no manager of {terms.giver} or {taker}"
        raise SwapRefused(Why.NOT_YOURS, said)
    (found,) = candidates(rota, terms, [taker])
    check_allowed(rota, found, manager, reason)
    swap = swaps.keep(
        rota.connection, rota.line.id, terms, State.ACCEPTED, (), taker=taker, reminded_at=rota.now
    )
    _put_in_force(rota, desk, swap, What.ARRANGED, author, found.added, reason)
    return Done(swap, found.added)


def undo(rota: RotaNow, desk: Desk, number: int, author: str, reason: str = "") -> Done:
    """
    Let everybody have what she had before a swap that has not begun.

    The giver takes back what she gave away; anything that would put a duty on somebody who has not
    asked for it is for a manager of either.

    Raises:
        NotFound: there is no such swap on this line.
        SwapRefused: it has begun, something lies on top of it, it is not *author*'s to undo, or a
            rule is in the way.
    """
    stored_rota.lock(rota.connection, rota.line.id)
    swap = swaps.one(rota.connection, rota.line.id, number)
    terms = swap.terms
    standing = swaps.standing(rota.connection, rota.line.id, rota.now)
    taker = check_undo(swap, standing, rota.during(terms.slots), rota.now)
    manager = manager_among(rota, author, (terms.giver, taker))
    takes_back = author == terms.giver and terms.kind is Kind.GIVE
    if manager is None and not takes_back:
        said = "only a giver who takes her duty back, or a manager of either, undoes it"
        raise SwapRefused(Why.NOT_YOURS, said)
    found = undoing(rota, terms, taker)
    check_allowed(rota, found, manager, reason)
    swaps.settle(rota.connection, swap, State.UNDONE)
    made = terms.undoing(taker)
    notes = letters.notes(rota, made)
    _lay(rota, made, author, f"swap {swap.id} undone")
    record(rota, desk, swap, What.UNDONE, author, found.added, reason)
    phrase = "undone" if terms.kind is Kind.GIVE else "undone_exchange"
    said = letters.about(phrase, swap, rota.line) + notes
    letters.tell(rota, desk, swap, "undone", [terms.giver, taker], said)
    return Done(replace(swap, state=State.UNDONE), found.added)


def _put_in_force(
    rota: RotaNow,
    desk: Desk,
    swap: Swap,
    what: What,
    author: str,
    added: Sequence[Finding],
    reason: str = "",
) -> None:
    """Lay *swap* on the rota, keep who did it, and tell everyone concerned."""
    terms, taker = swap.terms, swap.taker or TherapistId("")
    made = terms.effect(taker)
    notes = letters.notes(rota, made)
    _lay(rota, made, author, f"swap {swap.id}: {taker} from {terms.giver}")
    record(rota, desk, swap, what, author, added, reason)
    letters.recall(rota, swap)
    said = letters.in_force(swap, rota.line) + notes
    if what is What.ARRANGED:
        said += f" {letters.about('arranged', swap, rota.line)}"
        concerned = {
            employer(rota.organisation, rota.line, t, rota.now) for t in (terms.giver, taker)
        }
        others = managers_of(rota.organisation, rota.line, concerned, rota.now)
        to_tell = [manager for manager in others if manager.id != author]
        letters.tell_managers(rota, desk, swap, "in_force", to_tell, said)
    people = [terms.giver, taker, *swap.waiting_for]
    letters.tell(rota, desk, swap, "in_force", people, said)


def _from_now_on(terms: Terms, now: datetime) -> Terms:
    slot = terms.slot
    if slot.time.end <= now or (terms.back is not None and terms.back.time.start <= now):
        raise SwapRefused(
            Why.BEGUN, "that duty is over" if slot.time.end <= now else "it has begun"
        )
    if slot.time.start >= now:
        return terms
    return replace(terms, slot=Slot(Interval(now, slot.time.end), slot.position))


def _lay(rota: RotaNow, made: Sequence[Override], author: str, note: str) -> None:
    signed = Signed(author, note, rota.now)
    stored_rota.override(rota.connection, rota.line.id, made, signed)
