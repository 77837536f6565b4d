"""How the number of each line is, by the last call that it made to itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.review.diagnosis import Diagnosis, error, warning
from app.store import canaries, pulses
from app.store.canaries import Canary
from routing.canary import Fault, Outcome
from routing.finding import Severity
from routing.ids import LineId
from routing.organisation import Line

# One is due each day, earlier on some than on others.
LATE_AFTER = timedelta(hours=36)
_FAILED = {
    Fault.NOT_BACK: "canary_failed",
    Fault.NOT_MADE: "canary_not_made",
    Fault.SILENT: "canary_silent",
}


@dataclass(frozen=True, slots=True)
class CanaryOf:
    """A line's *last* canary that is over, if any; there should have been one *since* then."""

    line: LineId
    last: Canary | None
    since: datetime | None


def canaries_of(connection: sa.Connection, lines: Iterable[Line]) -> Iterator[CanaryOf]:
    """The last one of each of *lines*."""
    begun = pulses.read(connection).get(pulses.COMPARED_FROM)
    for line in lines:
        last = canaries.last_over(connection, line.id)
        begun_at = None if begun is None else begun.at
        yield CanaryOf(line.id, last, begun_at if last is None else last.over_at)


def of_canaries(found: Iterable[CanaryOf], now: datetime) -> Iterator[Diagnosis]:
    """What is wrong, or to be known, by the last canary of each line."""
    for one in found:
        last = one.last
        if last is not None and last.fault is not None and last.over_at is not None:
            code = last.code or "-"
            yield error(_FAILED[last.fault], line=one.line, at=last.over_at, code=code)
        if one.since is not None and now - one.since > LATE_AFTER:
            yield warning("canary_late", line=one.line, since=one.since)
        if last is not None and last.outcome is Outcome.BY_WEBHOOKS:
            values = {"line": one.line, "code": last.code or "-"}
            yield Diagnosis("canary_by_webhooks", Severity.INFO, values)
