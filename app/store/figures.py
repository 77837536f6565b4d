"""Facts that are counted: moments and states of a district's own, and never a word of a note."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.tables import (
    contact_events,
    follow_up_orders,
    follow_ups,
    handover_events,
    handovers,
    notes,
)
from routing.follow_up import State
from routing.handover import HandoverState
from routing.ids import DistrictId, LineId
from routing.intervals import Interval


@dataclass(frozen=True, slots=True)
class Broken:
    """When somebody told of a broken agreement, and when it was met; None while it is not."""

    line: LineId
    received_at: datetime
    met_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """When a handover was due, and when it was acknowledged; None while it is not."""

    due_at: datetime
    acknowledged_at: datetime | None


def broken_agreements(
    connection: sa.Connection, homes: Collection[DistrictId], span: Interval
) -> tuple[Broken, ...]:
    """Those told of in contacts received in *span*, in order."""
    n, e = notes.c, contact_events.c
    query = (
        sa.select(n.line, e.at, n.reacted_at)
        .join(contact_events, sa.and_(e.contact == n.contact, e.key == "received"))
        .where(n.district.in_(list(homes)), n.broken_agreement, e.at >= span.start, e.at < span.end)
        .order_by(e.at, n.contact)
    )
    return tuple(Broken(LineId(line), at, met) for line, at, met in connection.execute(query))


def handed_over(
    connection: sa.Connection, homes: Collection[DistrictId], span: Interval
) -> tuple[HandedOver, ...]:
    """The handovers due in *span*, in order."""
    h, e = handovers.c, handover_events.c
    is_done = sa.and_(e.handover == h.id, e.event == str(HandoverState.ACKNOWLEDGED))
    query = (
        sa.select(h.due_at, e.at)
        .outerjoin(handover_events, is_done)
        .where(h.district.in_(list(homes)), h.due_at >= span.start, h.due_at < span.end)
        .order_by(h.due_at, h.id)
    )
    return tuple(HandedOver(due, at) for due, at in connection.execute(query))


def followed_up(
    connection: sa.Connection, homes: Collection[DistrictId], span: Interval
) -> Mapping[State, int]:
    """How many windows that ended in *span* stand where."""
    f, o = follow_ups.c, follow_up_orders.c
    query = (
        sa.select(f.state, sa.func.count())
        .join(follow_up_orders, o.id == f.series)
        .where(o.district.in_(list(homes)), f.ends_at >= span.start, f.ends_at < span.end)
        .group_by(f.state)
    )
    found = {State(state): number for state, number in connection.execute(query)}
    return {state: found.get(state, 0) for state in State}
