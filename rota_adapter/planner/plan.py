"""A rota for a request: found, turned into shifts and days off, and checked by other means."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from rota_adapter.findings import check, in_order
from rota_adapter.planner.explain import Explanation, explain
from rota_adapter.planner.ladder import RUNGS, STRICT, Descent, descend, given_up
from rota_adapter.planner.layout import Layout
from rota_adapter.planner.problem import Effort, Kind, Solve, Solved, Status, Tell
from rota_adapter.planner.request import Request
from rota_adapter.rest_findings import Besides, check_rest
from routing.absence import Absence, AbsenceKind
from routing.errors import InvalidInput
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval, gaps
from routing.rota import Rota, Shift
from routing.work import midnight

SOURCE = "planner"


@dataclass(frozen=True, slots=True)
class Count:
    """How many blocks of *kind* somebody holds, by position, and what she held before."""

    therapist: TherapistId
    kind: Kind
    held: tuple[int, ...]  # in position 1, in position 2 …
    before: tuple[int, ...]
    share: Fraction  # of all positions together


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A rota, the days off that make it lawful, and what can be said against it.

    *findings* come from `rota_adapter.findings` and `routing.rest`, which know nothing of how it
    was found; they hold with *days_off* loaded as absences, and not without.
    """

    layout: Layout
    shifts: tuple[Shift, ...]
    days_off: tuple[Absence, ...]
    solved: Solved
    given_up: tuple[str, ...]
    had_to_be: bool  # whether it is proved that nothing of this could be kept beside the rest
    findings: tuple[Finding, ...]
    counts: tuple[Count, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class NoPlan:
    """There is no rota, and why; None where the effort did not suffice to know."""

    layout: Layout
    why: Explanation | None


def plan(
    request: Request, solve: Solve, effort: Effort, tell: Tell, *, strict: bool = False
) -> Plan | NoPlan:
    """
    The best rota for *request*, going down the ladder as far as needed.

    Args:
        strict: give nothing up but rounding, and explain instead.

    Raises:
        InvalidInput: the line is not open in that time.
    """
    layout = Layout(request)
    if not layout.blocks:
        raise InvalidInput("the line is not open in that time")
    done = descend(layout.problem, solve, effort, tell, STRICT if strict else RUNGS)
    if done.solved.status is Status.UNKNOWN:
        return NoPlan(layout, None)
    if done.solved.status is Status.IMPOSSIBLE:
        return NoPlan(layout, explain(layout, done.rules, solve, effort))
    return _plan(layout, done)


def _plan(layout: Layout, done: Descent) -> Plan:
    solved, request = done.solved, layout.request
    shifts = tuple(
        sorted(
            Shift(time, position, therapist)
            for (place, position), therapist in solved.held.items()
            for time in layout.blocks[place].times
        )
    )
    zone = request.line.zone
    days_off = tuple(
        sorted(
            Absence(
                Interval(midnight(day, zone), midnight(day + timedelta(days=1), zone)),
                therapist,
                AbsenceKind.COMPENSATION,
            )
            for therapist, day in solved.days_off
        )
    )
    return Plan(
        layout,
        shifts,
        days_off,
        solved,
        tuple(given_up(done.rules)),
        not done.unproved,
        checked(layout, shifts, days_off),
        tuple(_counts(layout, solved)),
    )


def checked(
    layout: Layout, shifts: tuple[Shift, ...], days_off: tuple[Absence, ...]
) -> tuple[Finding, ...]:
    """What is wrong with *shifts* where they replace the rota in force, with *days_off* given."""
    request, span = layout.request, layout.span
    around = (
        Shift(time, shift.position, shift.therapist)
        for shift in request.in_force
        for time in gaps([span], [shift.time])
    )
    rota = Rota(request.line.id, (*shifts, *around), source=SOURCE, read_at=span.start)
    besides = Besides((*request.absences, *days_off), {}, request.elsewhere)
    found = (
        *check(request.organisation, request.line, rota, span),
        *check_rest(request.organisation, request.line, rota, span, besides),
    )
    return in_order(found, span)


def _counts(layout: Layout, solved: Solved) -> Iterator[Count]:
    positions = range(1, layout.request.line.positions + 1)
    held = [
        (therapist, layout.blocks[place].kind, position)
        for (place, position), therapist in solved.held.items()
    ]
    before = [
        (therapist, past.block.kind, position)
        for past in layout.past
        for position, therapist in past.held.items()
    ]
    for share in layout.problem.shares:
        if len(share.positions) == len(positions):
            key = (share.therapist, share.kind)
            yield Count(
                *key,
                tuple(held.count((*key, position)) for position in positions),
                tuple(before.count((*key, position)) for position in positions),
                share.amount,
            )
