"""Who is on standby: shifts, and the immutable rota that answers for any moment without I/O."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from routing.finding import Finding
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
    Every shift of a line that touches some window of time, read from *source* at *read_at*.

    *findings* say what could not be read, or looks odd; there are no shifts for those.

    The line's time is cut at every start and end, and each piece keeps who is on, so that a
    question costs one search however many shifts there are.
    """

    def __init__(
        self,
        line: LineId,
        shifts: Iterable[Shift],
        *,
        source: str,
        read_at: datetime,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        self.line, self.source, self.read_at, self.findings = line, source, read_at, findings
        self.shifts = tuple(sorted(shifts))
        edges = sorted({edge for s in self.shifts for edge in (s.time.start, s.time.end)})
        self._edges = edges
        self._pieces: list[list[Shift]] = [[] for _ in edges]
        place = {edge: index for index, edge in enumerate(edges)}
        for shift in self.shifts:
            for index in range(place[shift.time.start], place[shift.time.end]):
                self._pieces[index].append(shift)
        for piece in self._pieces:
            piece.sort(key=lambda shift: (shift.position, shift.time.start, shift.therapist))

    @cached_property
    def digest(self) -> str:
        """The same for two rotas with the same shifts, in any process, and for no others."""
        lines = (
            f"{s.time.start.isoformat()} {s.time.end.isoformat()} {s.position} {s.therapist}\n"
            for s in self.shifts
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def on_call(self, at: datetime) -> tuple[Shift, ...]:
        """The shifts in force at *at*, in the order they are rung; empty when nobody is on."""
        piece = bisect_right(self._edges, at) - 1
        return tuple(self._pieces[piece]) if piece >= 0 else ()

    def gaps(self, wanted: Iterable[Interval], position: int) -> tuple[Interval, ...]:
        """What of *wanted* nobody holds in *position*; an empty rota leaves all of it."""
        return gaps((s.time for s in self.shifts if s.position == position), wanted)

    def overlaps(self) -> tuple[tuple[Shift, Shift, Interval], ...]:
        """Every two shifts that hold one position at once, the one that begins first, and when."""
        found: list[tuple[Shift, Shift, Interval]] = []
        for position in sorted({shift.position for shift in self.shifts}):
            going_on: list[Shift] = []
            for shift in (s for s in self.shifts if s.position == position):
                going_on = [other for other in going_on if other.time.end > shift.time.start]
                for other in going_on:
                    end = min(other.time.end, shift.time.end)
                    found.append((other, shift, Interval(shift.time.start, end)))
                going_on.append(shift)
        return tuple(found)

    def duties(self) -> tuple[Interval, ...]:
        """
        The duties, in order: each stretch that one therapist holds position 1 without a break.

        Shifts of one person that touch are one duty; a change of person ends it, so that everyone
        hands over what came in on her own watch.  While two hold the position, the duty is that
        of the one who is rung first, so that no two duties overlap.
        """
        duties: list[tuple[Interval, TherapistId]] = []
        for (start, end), piece in zip(pairwise(self._edges), self._pieces, strict=False):
            if not piece or piece[0].position != 1:
                continue
            duty, therapist = Interval(start, end), piece[0].therapist
            if duties and duties[-1][1] == therapist and duties[-1][0].end == start:
                duties[-1] = (Interval(duties[-1][0].start, end), therapist)
            else:
                duties.append((duty, therapist))
        return tuple(duty for duty, _ in duties)
