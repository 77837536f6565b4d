"""Handovers: to which duty a contact belongs, and when its home district is told of it."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from routing.intervals import Interval
from routing.organisation import District, Line
from routing.weekdays import next_weekday_at


class HandoverState(StrEnum):
    """How far a handover has come; stored as written, so never renamed."""

    BUILT = "built"
    NOTIFIED = "notified"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    TRANSFERRED = "transferred"
    CLOSED = "closed"


DONE = frozenset({HandoverState.ACKNOWLEDGED, HandoverState.TRANSFERRED, HandoverState.CLOSED})

# Which states each may be reached from; what is skipped was not needed.
_FROM: Mapping[HandoverState, frozenset[HandoverState]] = {
    HandoverState.BUILT: frozenset(),
    HandoverState.NOTIFIED: frozenset({HandoverState.BUILT}),
    HandoverState.OPENED: frozenset({HandoverState.BUILT, HandoverState.NOTIFIED}),
    HandoverState.ACKNOWLEDGED: frozenset(
        {HandoverState.BUILT, HandoverState.NOTIFIED, HandoverState.OPENED}
    ),
    HandoverState.TRANSFERRED: frozenset({HandoverState.ACKNOWLEDGED}),
    HandoverState.CLOSED: frozenset({HandoverState.ACKNOWLEDGED, HandoverState.TRANSFERRED}),
}


def reached_from(state: HandoverState) -> frozenset[HandoverState]:
    """The states from which a handover may come to *state*; it never goes back."""
    return _FROM[state]


def due_at(duty_ended_at: datetime, district: District, line: Line) -> datetime:
    """
    When *district* meets over a duty: its own hour on the next weekday, as wall time.

    Source: the mandate, "dagen därpå eller nästkommande vardag"; docs/architecture.md, promise 5.
    """
    return next_weekday_at(duty_ended_at, district.handover_at, line.zone, line.closed_days)


def duty_end(
    received_at: datetime, duties: Sequence[Interval], district: District, line: Line
) -> datetime:
    """
    The end of the duty that answers for a contact received at *received_at*.

    The duty going on then.  A contact that came between duties (the line was closed, or nobody was
    on it) joins the duty before if that one's meeting is still to come, else the duty after, so
    that it is told of at the first meeting there is; with no duty at all it stands alone.

    Args:
        duties: in order, not overlapping.
    """
    after = bisect_right(duties, received_at, key=lambda duty: duty.start)
    before = duties[after - 1] if after else None
    if before is not None and received_at < before.end:
        return before.end
    if before is not None and due_at(before.end, district, line) > received_at:
        return before.end
    if after < len(duties) and due_at(received_at, district, line) >= duties[after].end:
        return duties[after].end
    return received_at
