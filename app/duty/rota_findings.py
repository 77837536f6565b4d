"""What is wrong with a line's rota, as it is in force or as it would be."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from app.duty.ledger import Everywhere, besides
from app.store import rota as stored_rota
from app.store import texts
from rota_adapter.findings import check, in_order
from rota_adapter.rest_findings import AROUND, check_rest
from routing.finding import Finding
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.override import Override, overlaid
from routing.rota import Rota


def rota_findings(
    connection: sa.Connection,
    organisation: Organisation,
    line: Line,
    span: Interval,
    now: datetime,
    also: Iterable[Override] = (),
    known: Everywhere | None = None,
) -> tuple[Finding, ...]:
    """
    What is wrong with the rota of *line* in *span*, in the order it begins.

    Args:
        also: what would be laid on top of the rota in force, to be judged before it is done.
        known: what everybody does, where it has been read for several lines together.
    """
    around = around_of(span)
    shifts = overlaid(stored_rota.in_force(connection, line.id, around), also)
    rota = Rota(line.id, shifts, source=stored_rota.KEPT_HERE, read_at=now)
    opted_out = texts.opted_out_staff(connection)
    others = (
        besides(connection, organisation, line.id, around, now)
        if known is None
        else known.besides(line.id, {shift.therapist for shift in shifts})
    )
    found = (
        *check(organisation, line, rota, span, opted_out),
        *check_rest(organisation, line, rota, span, others),
    )
    return in_order(found, span)


def around_of(span: Interval) -> Interval:
    """The time that must be known to judge *span*."""
    return Interval(span.start - AROUND, span.end + AROUND)
