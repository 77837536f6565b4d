"""
The figures of a manager's own district, and the totals of its lines.

Leave is asked at the gate and stands in the reading log; counting then takes a transaction that
only reads, and so takes no lock from those who answer calls.  Nothing but counts and lengths of
time leaves this module: no contact, no reference, no word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.duty.gate import Gate, NotAllowed
from app.review.call_log import HELPED_WITHIN
from app.review.figures_own import Own, Spread, own_figures, spread
from app.review.figures_period import HalfYear, Period
from app.review.figures_totals import Totals, is_settled, published, tables_of
from app.store import contacts, figures, pulses, readings
from app.store import ledger as stored_ledger
from app.store import rota as stored_rota
from app.store.database import reading
from app.store.figures import Broken
from app.store.readings import Reading
from app.store.replica import Replica
from app.store.rights import Lift, lifted
from routing.access import Act, Matter, denied
from routing.contact import LONGEST_CALL, Contact
from routing.follow_up import State
from routing.ids import DistrictId
from routing.intervals import Interval
from routing.ledger import Hours, call_outs, corrected, hours_of
from routing.note import reaction_due
from routing.organisation import Line, Organisation


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave to count: whose contacts, in which time.  `asked` gives it, and nobody else."""

    period: Period
    organisation: Organisation
    district: DistrictId
    homes: frozenset[DistrictId]  # the district and those that were merged into it
    lines: tuple[Line, ...]
    now: datetime
    purged_to: date | None = None  # before that day, contacts have been removed

    @property
    def zone(self) -> ZoneInfo:
        return self.lines[0].zone


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Handovers that were due: acknowledged *on_time*, *late*, or not yet."""

    number: int
    on_time: int
    late: int


@dataclass(frozen=True, slots=True)
class Agreements:
    """Broken agreements told of: how many were met, how many *on_time*, and how soon."""

    number: int
    met: int
    on_time: int
    until_met: Spread


@dataclass(frozen=True, slots=True)
class LineTotals:
    """What may be said of a line in a half-year; None where it is too early, or too late."""

    line: Line
    half: HalfYear
    totals: Totals | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything on the page, of *leave*'s district and period."""

    leave: Leave
    own: Own
    handovers: HandedOver
    follow_ups: Mapping[State, int]
    agreements: Agreements
    hours: Hours  # of everybody whom the district employs, together
    totals: tuple[LineTotals, ...]
    as_of: datetime | None = None  # where they were counted on a copy: how new that is


def asked(gate: Gate, period: Period) -> Leave:
    """
    Leave to count the viewer's own district's contacts, and those of its lines in sum.

    Each district whose contacts are counted can see in its reading log that they were.

    Raises:
        NotAllowed: the viewer is no manager, or the district has no line.
    """
    organisation = gate.organisation
    every = list(organisation.lines.values())
    today = every[0].today(gate.now)
    mine = organisation.current(gate.viewer.district, today)
    lines = [x for x in every if mine in {organisation.current(d, today) for d in x.districts}]
    why = denied(gate.viewer, Act.COUNT, Matter((lines or every)[0]), organisation, gate.now)
    counted = [mine]
    purged = pulses.read(gate.connection).get(pulses.KEPT_FROM)
    purged_to = None if purged is None else every[0].today(purged.at)
    if why is None and any(_settled(period, organisation, today, purged_to)):
        others = (organisation.current(d, today) for line in lines for d in line.districts)
        counted = list(dict.fromkeys((mine, *others)))
    made = [Reading(gate.viewer, Act.COUNT, gate.now, home, denied=why) for home in counted]
    readings.add(gate.connection, made)
    if why is not None:
        raise NotAllowed(why)
    homes = {d for d in organisation.districts if organisation.current(d, today) == mine}
    own = frozenset(homes)
    return Leave(period, organisation, mine, own, tuple(lines), gate.now, purged_to)


def counted(engine: sa.Engine, leave: Leave, replica: Replica | None = None) -> Figures:
    """All figures of *leave*; counted on *replica* where there is one that answers."""

    def question(connection: sa.Connection) -> Figures:
        return _counted(connection, leave)

    answered = None if replica is None else replica.ask(question, leave.now)
    if answered is not None:
        found, as_of = answered
        return replace(found, as_of=as_of)
    with reading(engine) as connection:
        return question(connection)


def _counted(connection: sa.Connection, leave: Leave) -> Figures:
    span = leave.period.span(leave.zone)
    with lifted(connection, Lift.FIGURES):
        received = _received(connection, leave, span)
    own = [c for c in received if c.caller.home in leave.homes and c.received_at >= span.start]
    return Figures(
        leave,
        own_figures(own, span, leave.zone, leave.now),
        _handed_over(connection, leave, span),
        figures.followed_up(connection, leave.homes, _past(span, leave.now)),
        _agreements(leave, figures.broken_agreements(connection, leave.homes, span)),
        _hours(connection, leave, _past(span, leave.now), received),
        tuple(_totals(leave, received)),
    )


def _received(connection: sa.Connection, leave: Leave, span: Interval) -> tuple[Contact, ...]:
    """
    Every contact that any figure needs, put together once.

    Those just before too, since a call may last into the period; and for 48 hours after it, since
    a caller may be met then.
    """
    start, end = span.start - LONGEST_CALL, span.end + HELPED_WITHIN
    return tuple(
        contact
        for line in leave.organisation.lines
        for contact in contacts.received_between(connection, line, start, end)
    )


def _past(span: Interval, now: datetime) -> Interval:
    """The part of *span* that is over; of what lies ahead there is nothing to count."""
    return Interval(span.start, max(span.start + timedelta.resolution, min(span.end, now)))


def _handed_over(connection: sa.Connection, leave: Leave, span: Interval) -> HandedOver:
    due = figures.handed_over(connection, leave.homes, _past(span, leave.now))
    done = [one for one in due if one.acknowledged_at is not None]
    in_time = sum(one.acknowledged_at <= one.due_at for one in done if one.acknowledged_at)
    return HandedOver(len(due), in_time, len(done) - in_time)


def _agreements(leave: Leave, told: Iterable[Broken]) -> Agreements:
    lines, number, on_time = leave.organisation.lines, 0, 0
    took: list[timedelta] = []
    for one in told:
        number += 1
        if one.met_at is None:
            continue
        took.append(one.met_at - one.received_at)
        line = lines.get(one.line)
        on_time += line is not None and one.met_at <= reaction_due(one.received_at, line)
    return Agreements(number, len(took), on_time, spread(took))


def _hours(
    connection: sa.Connection, leave: Leave, span: Interval, received: Sequence[Contact]
) -> Hours:
    """Standby and call-outs of the district's own people, on every line, whoever called."""
    if span.start >= leave.now:
        return Hours(timedelta(), timedelta(), timedelta(), timedelta(), occasions=0)
    lines = leave.organisation.lines
    shifts = [s for line in lines for s in stored_rota.in_force(connection, line, span)]
    joined_within = leave.organisation.working_time.at(span.start).joined_within
    said = (correction for correction, _ in stored_ledger.corrections_in(connection, span))
    in_time = [contact for contact in received if contact.received_at < span.end]
    called = corrected(call_outs(in_time, leave.now, joined_within), said)
    each = [
        hours_of(person.id, shifts, called.get(person.id, ()), span, leave.zone)
        for person in leave.organisation.therapists.values()
        if person.district in leave.homes
    ]
    return Hours(
        sum((one.standby for one in each), timedelta()),
        sum((one.standby_red for one in each), timedelta()),
        sum((one.called_out for one in each), timedelta()),
        sum((one.called_out_red for one in each), timedelta()),
        occasions=0,  # not told: less the own contacts, it would be the other district's
    )


def _totals(leave: Leave, received: Sequence[Contact]) -> Iterable[LineTotals]:
    for line in leave.lines:
        today = line.today(leave.now)
        told = _settled(leave.period, leave.organisation, today, leave.purged_to)
        for half, is_told in zip(leave.period.halves(), told, strict=True):
            yield LineTotals(line, half, _of_line(leave, line, half, received) if is_told else None)


def _settled(
    period: Period, organisation: Organisation, today: date, purged_to: date | None
) -> list[bool]:
    kept = organisation.retention
    return [is_settled(half, today, kept, purged_to) for half in period.halves()]


def _of_line(leave: Leave, line: Line, half: HalfYear, received: Sequence[Contact]) -> Totals:
    """Contacts of the line's districts; those that nobody said whose they are belong to none."""
    span, today = half.span(line.zone), line.today(leave.now)
    current = leave.organisation.current
    by_home: dict[DistrictId, list[Contact]] = {current(d, today): [] for d in line.districts}
    for contact in received:
        home = contact.caller.home
        if home is None or contact.line != line.id or contact.received_at not in span:
            continue
        if (now := current(home, today)) in by_home:
            by_home[now].append(contact)
    months = half.months()
    return published({home: tables_of(some, months, line.zone) for home, some in by_home.items()})
