"""Who is on standby: shifts, and the immutable rota that answers for any moment without I/O."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from routing.ids import LineId, TherapistId
from routing.intervals import Interval, gaps


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """One therapist on standby in one position; position 1 is rung first."""

    time: Interval
    position: int
    therapist: TherapistId


class Rota:
    """
    Every shift of a line that touches *window*, read from *source* at *read_at*.

    The line's time is cut at every start and end, and each piece keeps who is on, so that a
    question costs one search however many shifts there are.
    """

    def __init__(
        self, line: LineId, shifts: Iterable[Shift], *, source: str, read_at: datetime
    ) -> None:
        self.line, self.source, self.read_at = line, source, read_at
        self.shifts = tuple(sorted(shifts))
        edges = sorted({edge for shift in self.shifts for edge in (shift.time.start, shift.time.end)})
        self._edges = edges
        self._pieces: list[list[Shift]] = [[] for _ in edges]
        place = {edge: index for index, edge in enumerate(edges)}
        for shift in self.shifts:
            for index in range(place[shift.time.start], place[shift.time.end]):
                self._pieces[index].append(shift)
        for piece in self._pieces:
            piece.sort(key=lambda shift: (shift.position, shift.time.start, shift.therapist))

    def on_call(self, at: datetime) -> tuple[Shift, ...]:
        """The shifts in force at *at*, in the order they are rung; empty when nobody is on."""
        piece = bisect_right(self._edges, at) - 1
        return tuple(self._pieces[piece]) if piece >= 0 else ()

    def gaps(self, wanted: Iterable[Interval], position: int) -> tuple[Interval, ...]:
        """What of *wanted* nobody holds in *position*; an empty rota leaves all of it."""
        return gaps((s.time for s in self.shifts if s.position == position), wanted)

    def overlaps(self) -> tuple[tuple[Shift, Shift, Interval], ...]:
        """Pairs of neighbouring shifts in the same position that overlap, and when they do."""
        found: list[tuple[Shift, Shift, Interval]] = []
        for position in sorted({shift.position for shift in self.shifts}):
            held = [shift for shift in self.shifts if shift.position == position]
            for one, other in pairwise(held):
                common = one.time.overlap(other.time)
                if common is not None:
                    found.append((one, other, common))
        return tuple(found)

    def duties(self) -> tuple[Interval, ...]:
        """
        The duties, in order: each stretch that one therapist holds position 1 without a break.

        Shifts of one person that touch are one duty; a change of person ends it, so that everyone
        hands over what came in on her own watch.
        """
        duties: list[tuple[Interval, TherapistId]] = []
        for shift in (s for s in self.shifts if s.position == 1):
            if duties and duties[-1][1] == shift.therapist and duties[-1][0].end >= shift.time.start:
                whole = Interval(duties[-1][0].start, max(duties[-1][0].end, shift.time.end))
                duties[-1] = (whole, shift.therapist)
            else:
                duties.append((shift.time, shift.therapist))
        return tuple(duty for duty, _ in duties)
