"""What the database says of the service as numbers: whole, and with nothing of any caller in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

import sqlalchemy as sa

from app.measures import (
    ANSWERED_AFTER,
    CANARY_AGE,
    CANARY_OK,
    CLOCK_AGE,
    COMPARED_AGE,
    CONTACTS,
    FEED_AGE,
    FEED_TROUBLE,
    FINDINGS,
    HANDOVERS_OVERDUE,
    KEPT,
    LETTERS,
    LETTERS_OLDEST,
    LETTERS_OVERDUE,
    LETTERS_OWED,
    PURGED_AGE,
    REST,
    ROWS_LOST,
    RUNGS,
    SWEEP_AGE,
    TEXTS_OLDEST,
    TEXTS_WAITING,
    UNSIGNED,
    VALUES,
    WEBHOOK_AGE,
    WEBHOOKS,
    Measure,
)
from app.store import canaries, feeds, measures, pulses
from app.store.canaries import Canary
from app.store.feeds import FeedState
from app.store.measures import ONLY, Labels
from app.store.outbox import State
from app.store.pulses import Pulse
from app.store.tables import handovers, outbox, texts, watched
from routing.canary import Outcome
from routing.handover import DONE, HandoverState
from routing.organisation import Line

# A sweep that no clock knows any more, after an upgrade, is not late for ever.
_SWEEPS_WITHIN = timedelta(days=7)
_OWED = (State.PENDING, State.SENDING)
_NEVER = float("inf")
# What can become of a contact of each kind: each is shown from the beginning, with nought, since
# whoever looks for an increase would else not see the first.
_POSSIBLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("voice", "inbound"): (
        "answered", "missed", "abandoned", "fallback_answered", "fallback_failed", "closed",
        "blocked",
    ),
    ("voice", "outbound"): ("answered", "missed", "abandoned"),
    ("text", "inbound"): ("relayed", "undelivered", "closed", "blocked", "missed"),
    ("text", "outbound"): ("relayed", "undelivered"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of a measure, and its value; of a histogram, how many and the sum by bound."""

    measure: Measure
    labels: Labels
    value: float = 0
    parts: Mapping[str, float] | None = None


def of_the_database(
    connection: sa.Connection, lines: Iterable[Line], now: datetime
) -> Iterator[Sample]:
    """Everything that all processes have counted, and how old what waits is."""
    every = tuple(lines)
    yield from _sums(connection, every)
    yield from _beats(pulses.read(connection), now)
    yield from _letters(connection, now)
    yield from _texts(connection, now)
    yield from _of_lines(connection, every, now)
    w = watched.c
    query = sa.select(w.severity, sa.func.count()).where(w.closed_at.is_(None))
    found = {row[0]: row[1] for row in connection.execute(query.group_by(w.severity))}
    for severity in VALUES["severity"]:
        yield Sample(FINDINGS, (severity,), found.get(severity, 0))


def _sums(connection: sa.Connection, lines: tuple[Line, ...]) -> Iterator[Sample]:
    kept = measures.read(connection)
    nought = _from_the_beginning(lines)
    for measure in KEPT:
        found = kept.get(measure.name, {})
        for labels in sorted({*found, *nought.get(measure.name, ())}):
            if len(labels) != len(measure.labels):
                continue  # of another release
            parts = found.get(labels, {})
            yield Sample(measure, labels, parts.get(ONLY, 0), parts)


def _from_the_beginning(lines: tuple[Line, ...]) -> dict[str, set[Labels]]:
    ids = [str(line.id) for line in lines]
    outcomes: set[Labels] = {
        (line, *kind, outcome)
        for line, (kind, outcomes) in product(ids, _POSSIBLE.items())
        for outcome in outcomes
    }
    return {
        CONTACTS.name: outcomes,
        ANSWERED_AFTER.name: set(product(ids, VALUES["by"])),
        RUNGS.name: {(line,) for line in ids},
        LETTERS.name: set(product(("text", "mail", "call"), VALUES["result"])),
        WEBHOOKS.name: set(product(VALUES["endpoint"], VALUES["answer"])),
        UNSIGNED.name: {()},
        REST.name: set(product(("messages", "calls"), ("2xx", "4xx", "429", "5xx", "none"))),
    }


def _beats(found: Mapping[str, Pulse], now: datetime) -> Iterator[Sample]:
    clock = found.get(pulses.CLOCK)
    yield Sample(CLOCK_AGE, (), _NEVER if clock is None else _age(clock.at, now))
    for measure, name in (
        (WEBHOOK_AGE, pulses.WEBHOOK),
        (COMPARED_AGE, pulses.RECONCILED),
        (PURGED_AGE, pulses.PURGED),
    ):
        if name in found:
            yield Sample(measure, (), _age(found[name].at, now))
    for sweep, pulse in sorted(pulses.sweeps_of(found).items()):
        if now - pulse.at < _SWEEPS_WITHIN:
            yield Sample(SWEEP_AGE, (sweep,), _age(pulse.at, now))
    yield Sample(ROWS_LOST, (), found[pulses.LOST].count if pulses.LOST in found else 0)


def _letters(connection: sa.Connection, now: datetime) -> Iterator[Sample]:
    o = outbox.c
    query = sa.select(
        o.channel, sa.func.count(), sa.func.min(o.created_at), sa.func.min(o.due_at)
    ).where(o.state.in_(_OWED))
    rows = [tuple(row) for row in connection.execute(query.group_by(o.channel))]
    counts = {channel: count for channel, count, _, _ in rows}
    for channel in ("text", "mail", "call"):
        yield Sample(LETTERS_OWED, (channel,), counts.get(channel, 0))
    yield Sample(LETTERS_OLDEST, (), _oldest((row[2] for row in rows), now))
    yield Sample(LETTERS_OVERDUE, (), _oldest((row[3] for row in rows), now))


def _texts(connection: sa.Connection, now: datetime) -> Iterator[Sample]:
    t = texts.c
    query = sa.select(sa.func.count(), sa.func.min(t.received_at)).where(t.handled_at.is_(None))
    count, oldest = connection.execute(query).one()
    yield Sample(TEXTS_WAITING, (), count)
    yield Sample(TEXTS_OLDEST, (), _oldest([oldest], now))


def _of_lines(
    connection: sa.Connection, lines: tuple[Line, ...], now: datetime
) -> Iterator[Sample]:
    h = handovers.c
    # Those that are not done are named, so that the index by state is used.
    waiting = sorted(frozenset(HandoverState) - DONE)
    query = sa.select(h.line, sa.func.count()).where(h.state.in_(waiting), h.due_at < now)
    late = {row[0]: row[1] for row in connection.execute(query.group_by(h.line))}
    for line in lines:
        yield Sample(HANDOVERS_OVERDUE, (line.id,), late.get(line.id, 0))
        yield from _of_the_canary(canaries.last_over(connection, line.id), line, now)
        status = feeds.status(connection, line.id)
        if line.feed is None or status is None:
            continue
        trouble = 0.0 if status.state is FeedState.READ else _age(status.since, now)
        yield Sample(FEED_TROUBLE, (line.id,), trouble)
        if status.read_at is not None:
            yield Sample(FEED_AGE, (line.id,), _age(status.read_at, now))


def _of_the_canary(last: Canary | None, line: Line, now: datetime) -> Iterator[Sample]:
    """Nothing before the first: that there is none for a day is seen by the age of the next."""
    if last is not None and last.over_at is not None:
        yield Sample(CANARY_OK, (line.id,), last.outcome is not Outcome.FAILED)
        yield Sample(CANARY_AGE, (line.id,), _age(last.over_at, now))


def _oldest(moments: Iterable[datetime | None], now: datetime) -> float:
    return max((_age(moment, now) for moment in moments if moment is not None), default=0.0)


def _age(moment: datetime, now: datetime) -> float:
    """Never below nought: the clocks of several machines differ."""
    return max(0.0, (now - moment).total_seconds())
