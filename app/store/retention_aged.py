"""Tables whose rows go by one moment of their own, and what goes with each row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.store.tables import (
    absences,
    accounts,
    blocks,
    calendar_links,
    canaries,
    check_ins,
    corrections,
    drafts,
    feedback,
    findings,
    holds,
    organisations,
    overrides,
    passkeys,
    pauses,
    refusals,
    rest_reasons,
    rota_versions,
    sessions,
    shifts,
    sign_offs,
    swap_answers,
    swap_events,
    swaps,
    takeovers,
    watched,
    wishes,
)
from routing.retention import Cutoffs

_AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Aged:
    """A table, which of its rows are past their term, and the columns that point at them."""

    table: sa.Table
    is_past: Callable[[Cutoffs], sa.ColumnElement[bool]]
    children: tuple[sa.Column[Any], ...] = ()

    @property
    def name(self) -> str:
        return str(self.table.name)


def past(connection: sa.Connection, aged: Aged, cut: Cutoffs) -> int:
    """How many rows are past their term."""
    query = sa.select(sa.func.count()).select_from(aged.table).where(aged.is_past(cut))
    return connection.scalar(query) or 0


def remove_some(connection: sa.Connection, aged: Aged, cut: Cutoffs) -> int:
    """Remove some of them, with what points at them; how many.  The caller commits."""
    key = tuple(aged.table.primary_key)
    query = sa.select(*key).where(aged.is_past(cut)).limit(_AT_A_TIME).with_for_update()
    going = [tuple(row) for row in connection.execute(query)]
    for child in aged.children:
        connection.execute(child.table.delete().where(child.in_([one for (one,) in going])))
    which = key[0].in_([row[0] for row in going]) if len(key) == 1 else sa.tuple_(*key).in_(going)
    return connection.execute(aged.table.delete().where(which)).rowcount


def _before(column: sa.ColumnElement[Any], term: str) -> Callable[[Cutoffs], Any]:
    return lambda cut: column < getattr(cut, term)


def _version_is_past(cut: Cutoffs) -> sa.ColumnElement[bool]:
    """Nothing that it brought or took away is kept, and something came after it."""
    later, s = rota_versions.alias(), shifts.c
    is_followed = sa.exists().where(
        later.c.line == rota_versions.c.line, later.c.id > rota_versions.c.id
    )
    used = sa.or_(s.published_in == rota_versions.c.id, s.withdrawn_in == rota_versions.c.id)
    is_used = sa.exists().where(used, s.ends_at >= cut.working_time)
    is_old = rota_versions.c.published_at < cut.working_time
    return sa.and_(is_old, is_followed, ~is_used)


def _account_is_past(cut: Cutoffs) -> sa.ColumnElement[bool]:
    """It was closed, and nobody has been signed in with it for as long as traces are kept."""
    is_recent = sa.exists().where(
        sessions.c.account == accounts.c.id, sessions.c.seen_at >= cut.traces
    )
    return sa.and_(~accounts.c.active, accounts.c.made_at < cut.traces, ~is_recent)


def _organisation_is_past(cut: Cutoffs) -> sa.ColumnElement[bool]:
    """It was loaded so long ago that nobody asks who had which right then; the last one stays."""
    latest = sa.select(sa.func.max(organisations.c.version)).scalar_subquery()
    return sa.and_(organisations.c.loaded_at < cut.audit, organisations.c.version < latest)


_swap_ends = sa.case(
    (swaps.c.back_ends_at > swaps.c.ends_at, swaps.c.back_ends_at), else_=swaps.c.ends_at
)
_block_ends = sa.func.coalesce(blocks.c.lifted_at, blocks.c.until, type_=blocks.c.until.type)

# In an order in which what points at something goes before it.
AGED: Sequence[Aged] = (
    Aged(refusals, _before(refusals.c.at, "traces")),
    Aged(sessions, _before(sessions.c.seen_at, "traces")),
    Aged(accounts, _account_is_past, (passkeys.c.account, sessions.c.account)),
    Aged(calendar_links, _before(calendar_links.c.revoked_at, "traces")),
    Aged(canaries, _before(canaries.c.due_at, "traces")),
    Aged(check_ins, _before(check_ins.c.ends_at, "traces")),
    Aged(drafts, _before(drafts.c.ends_at, "traces")),  # their shifts go with them
    Aged(pauses, _before(pauses.c.until, "traces")),
    Aged(takeovers, _before(takeovers.c.until, "traces")),
    Aged(watched, _before(watched.c.closed_at, "traces")),
    Aged(wishes, _before(wishes.c.ends_at, "traces")),
    Aged(feedback, _before(feedback.c.sent_at, "feedback")),
    Aged(blocks, _before(_block_ends, "contacts")),
    Aged(sign_offs, _before(sign_offs.c.duty_ended_at, "contacts")),
    Aged(holds, _before(holds.c.lifted_at, "audit")),
    Aged(organisations, _organisation_is_past),
    Aged(absences, _before(absences.c.ends_at, "working_time")),
    Aged(corrections, _before(corrections.c.ends_at, "working_time")),
    Aged(rest_reasons, _before(rest_reasons.c.period_starts_at, "working_time")),
    Aged(overrides, _before(overrides.c.ends_at, "working_time")),
    Aged(swaps, _before(_swap_ends, "working_time"), (swap_answers.c.swap, swap_events.c.swap)),
    Aged(shifts, _before(shifts.c.ends_at, "working_time")),
    Aged(rota_versions, _version_is_past, (findings.c.version,)),
)
