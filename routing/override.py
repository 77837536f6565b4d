"""Somebody else on standby for a while, on top of the rota: a duty taken over, a swap."""

from collections.abc import Iterable
from dataclasses import dataclass

from routing.ids import TherapistId
from routing.intervals import Interval, gaps
from routing.rota import Shift


@dataclass(frozen=True, slots=True)
class Override:
    """*therapist* holds *position* for that time, whoever the rota says."""

    time: Interval
    position: int
    therapist: TherapistId

    @property
    def shift(self) -> Shift:
        return Shift(self.time, self.position, self.therapist)


def overlaid(shifts: Iterable[Shift], overrides: Iterable[Override]) -> tuple[Shift, ...]:
    """
    The rota in force: *shifts* with *overrides* laid on top, in the order they were made.

    What an override covers is cut out of whatever was there, also out of an earlier override, so
    that a chain of swaps ends with the last who took the duty.  A rota that changes underneath
    leaves the override standing.
    """
    lying = list(shifts)
    for override in overrides:
        lying = [rest for shift in lying for rest in _without(shift, override)]
        lying.append(override.shift)
    return tuple(sorted(lying))


def _without(shift: Shift, override: Override) -> tuple[Shift, ...]:
    if shift.position != override.position:
        return (shift,)
    left = gaps([override.time], [shift.time])
    return tuple(Shift(time, shift.position, shift.therapist) for time in left)
