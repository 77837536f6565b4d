"""Swaps: what is offered, what it does to the rota, and which step of it may still be taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from routing.errors import Conflict, InvalidInput, Place
from routing.ids import LineId, SwapId, TherapistId
from routing.intervals import Interval, gaps, union
from routing.override import Override
from routing.rota import Shift

# How long before its start an offer that nobody has taken is spoken of once more.
REMINDED_BEFORE = timedelta(hours=24)


class Kind(StrEnum):
    """Whether somebody gives a duty away, or takes another for it."""

    GIVE = "give"
    EXCHANGE = "exchange"


class State(StrEnum):
    """How far a swap has come; only `PROPOSED` and `ACCEPTED` can change any more."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"  # and in force: nothing lies between the two
    DECLINED = "declined"  # by everybody who was asked
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNDONE = "undone"


class Step(StrEnum):
    """What the clock is to do about an offer that nobody has taken."""

    REMIND = "remind"
    EXPIRE = "expire"
    OVERTAKEN = "overtaken"  # the rota has changed: there is nothing left to take


class Why(StrEnum):
    """Why a step is refused."""

    NOT_HELD = "not_held"
    SHARED = "shared"
    BEGUN = "begun"
    OFFERED_ALREADY = "offered_already"
    NOBODY = "nobody"
    NOT_ASKED = "not_asked"
    TAKEN = "taken"
    OVER = "over"
    MAY_NOT = "may_not"
    UNLAWFUL = "unlawful"
    NOT_IN_FORCE = "not_in_force"
    ON_TOP = "on_top"
    NOT_YOURS = "not_yours"


class SwapRefused(Conflict):
    """A step of a swap that cannot be taken; *why* is for whoever words it in another language."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why
        self.code = f"swap_{why}"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A stretch of one position."""

    time: Interval
    position: int

    def overlaps(self, other: "Slot") -> bool:
        return self.position == other.position and self.time.overlap(other.time) is not None

    def held_by(self, therapist: TherapistId) -> Override:
        return Override(self.time, self.position, therapist)


@dataclass(frozen=True, slots=True)
class Terms:
    """*giver* offers *slot*; *back* is what she takes in return, None where she gives it away."""

    giver: TherapistId
    slot: Slot
    back: Slot | None = None

    @property
    def kind(self) -> Kind:
        return Kind.GIVE if self.back is None else Kind.EXCHANGE

    @property
    def slots(self) -> tuple[Slot, ...]:
        return (self.slot,) if self.back is None else (self.slot, self.back)

    @property
    def begins_at(self) -> datetime:
        """When the first of it begins: from then on nothing about it changes."""
        return min(slot.time.start for slot in self.slots)

    def effect(self, taker: TherapistId) -> tuple[Override, ...]:
        """What lies on top of the rota once *taker* has said yes."""
        return self._overrides(taker, self.giver)

    def undoing(self, taker: TherapistId) -> tuple[Override, ...]:
        """What lies on top of that once it is undone: everybody has what she had before."""
        return self._overrides(self.giver, taker)

    def _overrides(self, first: TherapistId, second: TherapistId) -> tuple[Override, ...]:
        made = self.slot.held_by(first)
        return (made,) if self.back is None else (made, self.back.held_by(second))


@dataclass(frozen=True, slots=True)
class Swap:
    """
    A swap and how far it has come.

    *asked* is who may answer, *declined* who of them said no.  *taker* is who said yes, or for whom
    a manager did; None before.
    """

    id: SwapId
    line: LineId
    terms: Terms
    state: State
    asked: tuple[TherapistId, ...] = ()
    declined: frozenset[TherapistId] = frozenset()
    taker: TherapistId | None = None

    @property
    def waiting_for(self) -> tuple[TherapistId, ...]:
        """Who was asked and has not said no."""
        return tuple(one for one in self.asked if one not in self.declined)


def duty_at(
    shifts: Iterable[Shift], therapist: TherapistId, at: datetime, position: int | None = None
) -> Slot:
    """
    The duty of *therapist* at a moment: the stretch for which she holds a position without a break.

    Raises:
        InvalidInput: she holds two positions then, and none was named.
        SwapRefused: she holds none.
    """
    own: dict[int, list[Interval]] = {}
    for shift in shifts:
        if shift.therapist == therapist and position in {None, shift.position}:
            own.setdefault(shift.position, []).append(shift.time)
    found = [Slot(time, held) for held, times in own.items() for time in union(times) if at in time]
    if len(found) > 1:
        raise InvalidInput(f"{therapist} holds two then: say which", Place("position"))
    if not found:
        raise SwapRefused(Why.NOT_HELD, f"{therapist} has no duty then")
    return found[0]


def part_of(duty: Slot, start: datetime | None, end: datetime | None) -> Slot:
    """
    *duty* from *start* to *end*; its own edge where one is None.

    Raises:
        InvalidInput: an edge lies outside the duty, or nothing is between them.
    """
    first, last = start or duty.time.start, end or duty.time.end
    for name, edge in (("from", first), ("until", last)):
        if not duty.time.start <= edge <= duty.time.end:
            raise InvalidInput("lies outside the duty", Place(name))
    if last <= first:
        raise InvalidInput("is not after the start", Place("until"))
    return Slot(Interval(first, last), duty.position)


def check_held(slot: Slot, holder: TherapistId, shifts: Iterable[Shift]) -> None:
    """
    Nothing, where *holder* has the whole of *slot* in *shifts*, and nobody else any of it.

    An override puts one person where it lies, so a swap must not begin where two are: one of them
    would be off duty without having been asked.

    Raises:
        SwapRefused: she has not, or somebody else has it too.
    """
    there = [s for s in shifts if s.position == slot.position and s.time.overlap(slot.time)]
    if gaps((s.time for s in there if s.therapist == holder), [slot.time]):
        raise SwapRefused(Why.NOT_HELD, f"{holder} does not have the whole of that duty")
    if any(s.therapist != holder for s in there):
        raise SwapRefused(Why.SHARED, "two people have that duty: put the rota right first")


def check_offer(
    terms: Terms, partner: TherapistId | None, shifts: Sequence[Shift], now: datetime
) -> None:
    """
    Nothing, where *terms* may be put to somebody now; *partner* is who gives something back.

    Raises:
        SwapRefused: some of it has begun, or is not theirs to give.
    """
    if terms.begins_at <= now:
        raise SwapRefused(Why.BEGUN, "that duty has begun")
    check_held(terms.slot, terms.giver, shifts)
    if terms.back is not None and partner is not None:
        check_held(terms.back, partner, shifts)


def check_open(swap: Swap, therapist: TherapistId, now: datetime) -> None:
    """
    Nothing, where *swap* waits for an answer of *therapist*.

    Raises:
        SwapRefused: she was not asked, somebody has taken it, or it is over in another way.
    """
    if therapist not in swap.asked:
        raise SwapRefused(Why.NOT_ASKED, f"{therapist} was not asked")
    if swap.state is State.ACCEPTED:
        raise SwapRefused(Why.TAKEN, f"{swap.taker} has taken it already")
    if swap.state is not State.PROPOSED:
        raise SwapRefused(Why.OVER, f"the swap is {swap.state}")
    if swap.terms.begins_at <= now:
        raise SwapRefused(Why.BEGUN, "that duty has begun")


def check_acceptance(
    swap: Swap, taker: TherapistId, shifts: Sequence[Shift], now: datetime
) -> None:
    """
    Nothing, where *taker* may say yes now, by the rota in force; rules are judged apart.

    Raises:
        SwapRefused: as `check_open` and `check_offer`.
    """
    check_open(swap, taker, now)
    check_offer(swap.terms, taker, shifts, now)


def check_undo(
    swap: Swap, standing: Iterable[Swap], shifts: Sequence[Shift], now: datetime
) -> TherapistId:
    """
    Who took the duty, where *swap* may be undone now.

    Args:
        standing: the swaps in force, in the order they came to be; one that came later and lies
            on the same time must be undone first, or the two would disagree about whose it is.

    Raises:
        SwapRefused: it is not in force, it has begun, or something lies on top of it.
    """
    if swap.state is not State.ACCEPTED or swap.taker is None:
        raise SwapRefused(Why.NOT_IN_FORCE, f"the swap is {swap.state}")
    if swap.terms.begins_at <= now:
        raise SwapRefused(Why.BEGUN, "that duty has begun")
    later = on_top(swap, standing)
    if later is not None:
        raise SwapRefused(Why.ON_TOP, f"swap {later.id} lies on top of it: undo that one first")
    check_held(swap.terms.slot, swap.taker, shifts)
    if swap.terms.back is not None:
        check_held(swap.terms.back, swap.terms.giver, shifts)
    return swap.taker


def on_top(swap: Swap, standing: Iterable[Swap]) -> Swap | None:
    """The first of *standing* that came after *swap* and touches what it is about."""
    came_after = False
    for other in standing:
        if other.id == swap.id:
            came_after = True
        elif came_after and any(a.overlaps(b) for a in swap.terms.slots for b in other.terms.slots):
            return other
    return None


def next_step(swap: Swap, *, reminded: bool, is_there: bool, now: datetime) -> Step | None:
    """
    What the clock is to do about an offer; None while it may wait.

    Args:
        is_there: whether those who would change still have what they would change.
    """
    if swap.state is not State.PROPOSED:
        return None
    left = swap.terms.begins_at - now
    if left <= timedelta():
        return Step.EXPIRE
    if not is_there:
        return Step.OVERTAKEN
    return Step.REMIND if left <= REMINDED_BEFORE and not reminded else None
