"""What is wrong with a line's rota, as it is in force or as it would be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.duty.ledger import besides
from app.store import rota as stored_rota
from app.store import texts
from rota_adapter.findings import check, in_order
from rota_adapter.rest_findings import AROUND, Besides, check_rest
from routing.finding import Finding
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.override import Override, overlaid
from routing.rota import Rota, Shift


@dataclass(frozen=True, slots=True)
class Judged:
    """All that the findings of one line's rota in *span* follow from."""

    organisation: Organisation
    line: Line
    span: Interval
    shifts: tuple[Shift, ...]  # of `around_of` the span
    opted_out: frozenset[TherapistId]
    others: Besides

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with it, in the order it begins."""
        source = stored_rota.KEPT_HERE
        rota = Rota(self.line.id, self.shifts, source=source, read_at=self.span.start)
        found = (
            *check(self.organisation, self.line, rota, self.span, self.opted_out),
            *check_rest(self.organisation, self.line, rota, self.span, self.others),
        )
        return in_order(found, self.span)


class Judge:
    """Judges what differs from the last time it was asked about that line, and nothing twice."""

    def __init__(self) -> None:
        self._last: dict[LineId, tuple[Judged, tuple[Finding, ...]]] = {}

    def findings(self, judged: Judged) -> tuple[Finding, ...]:
        """As `Judged.findings`."""
        last = self._last.get(judged.line.id)
        if last is None or last[0] != judged:
            last = self._last[judged.line.id] = (judged, judged.findings())
        return last[1]


def rota_findings(
    connection: sa.Connection,
    organisation: Organisation,
    line: Line,
    span: Interval,
    now: datetime,
    also: Iterable[Override] = (),
) -> tuple[Finding, ...]:
    """
    What is wrong with the rota of *line* in *span*, in the order it begins.

    Args:
        also: what would be laid on top of the rota in force, to be judged before it is done.
    """
    around = around_of(span)
    shifts = overlaid(stored_rota.in_force(connection, line.id, around), also)
    opted_out = texts.opted_out_staff(connection)
    others = besides(connection, organisation, line.id, around, now)
    return Judged(organisation, line, span, shifts, opted_out, others).findings()


def around_of(span: Interval) -> Interval:
    """The time that must be known to judge *span*."""
    return Interval(span.start - AROUND, span.end + AROUND)
