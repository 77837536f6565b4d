"""Why there is no rota: which rule, in which weeks, and what would make one possible."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import product

from rota_adapter.planner.blocks import Weekend
from rota_adapter.planner.layout import Layout
from rota_adapter.planner.problem import (
    Bar,
    Block,
    Effort,
    Rules,
    Running,
    Solve,
    Solved,
    Status,
    Waived,
)
from rota_adapter.planner.request import Request
from rota_adapter.times import stated_span
from routing.hours import Window
from routing.ids import DistrictId, TherapistId
from routing.intervals import inside
from routing.organisation import Therapist, Validity

_EACH = 5.0  # effort for each question, whose answer is yes or no
_MOST_ABSENCES = 8  # how many are tried one by one
_MOST_NAMED = 3
_MOST_EARLIER = 4  # hours
_MOST_MORE = 2  # people
_SATURDAY = "sat"


class Reason(StrEnum):
    """What keeps somebody from a place that stays empty."""

    UNFIT = "may not be on standby (R20)"
    AWAY = "away (R9)"
    AT_WORK = "at work (R9)"
    ELSEWHERE = "on standby on another line"
    OTHER_POSITION = "in another position"
    BOUND = "kept from it by the rule"


_REASONS = {
    Bar.UNFIT: Reason.UNFIT,
    Bar.AWAY: Reason.AWAY,
    Bar.AT_WORK: Reason.AT_WORK,
    Bar.ELSEWHERE: Reason.ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Empty:
    """A place that nobody can hold, and what keeps each person from it."""

    block: Block
    position: int
    reasons: tuple[tuple[TherapistId, Reason], ...]

    def why(self) -> str:
        """Who is kept from it by what, in few words."""
        by_reason = {
            reason: [t for t, other in self.reasons if other is reason] for reason in Reason
        }
        return "; ".join(f"{reason}: {', '.join(by)}" for reason, by in by_reason.items() if by)


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    Why there is no rota.

    *rules* are those of which any one, if it were not there, would let a rota exist; none where
    even then it would not.  *empty* is a smallest set of places that stay empty, and *faults* say
    why somebody may not be on standby there at all, and what would change that.  Each of
    *remedies* would be enough by itself.
    """

    rules: tuple[str, ...]
    empty: tuple[Empty, ...]
    faults: tuple[str, ...]
    remedies: tuple[str, ...]

    @property
    def weeks(self) -> tuple[tuple[date, tuple[Empty, ...]], ...]:
        """The places that stay empty, by the Monday of their week."""
        mondays = sorted({one.block.week for one in self.empty})
        return tuple((m, tuple(e for e in self.empty if e.block.week == m)) for m in mondays)


def explain(layout: Layout, rules: Rules, solve: Solve, effort: Effort) -> Explanation:
    """Why no rota of *layout* keeps the law and *rules*; asks the solver a dozen questions."""
    each = replace(effort, most=_EACH)
    uneven = replace(rules, slack=None)
    thinnest = solve(layout.problem, uneven, each, waived=Waived(coverage=True))
    empty = tuple(_empty(layout, thinnest)) if _is_found(thinnest) else ()
    to_blame = tuple(
        name
        for name, others, waived in _rules_to_try(layout, rules, is_uneven=bool(empty))
        if _is_found(solve(layout.problem, others, each, waived=waived))
    )
    remedies = tuple(_remedies(layout, rules, empty, solve, each))
    return Explanation(to_blame, empty, tuple(_faults(layout, empty)), remedies)


def _is_found(solved: Solved) -> bool:
    return solved.status in {Status.OPTIMAL, Status.FEASIBLE}


def _rules_to_try(
    layout: Layout, rules: Rules, *, is_uneven: bool
) -> Iterator[tuple[str, Rules, Waived]]:
    """Each rule that may be to blame, and what is asked when it is not there."""
    waived = Waived(cost=True)
    asked = replace(rules, slack=None) if is_uneven else rules
    yield (
        "R6: 36 hours a week without work and standby (ATL 14 §)",
        asked,
        replace(waived, weekly_rest=True),
    )
    if layout.request.mix:
        yield (
            "--mix: the positions of a block from different districts",
            asked,
            replace(waived, mix=True),
        )
    if rules.running is not Running.ANYBODY:
        loose = replace(asked, running=Running.ANYBODY)
        yield "R18: nobody on standby two weekends on end", loose, waived
    if rules.first_of_weekends is not None:
        every = f"R18: position 1 at most one weekend in {rules.first_of_weekends}"
        yield every, replace(asked, first_of_weekends=None), waived
    if rules.evenings_a_week is not None:
        most = f"at most {rules.evenings_a_week} evenings a week"
        yield most, replace(asked, evenings_a_week=None), waived
    if rules.slack is not None and not is_uneven:
        yield "R18: an even share for everybody", replace(rules, slack=None), waived


def _empty(layout: Layout, thinnest: Solved) -> Iterator[Empty]:
    positions = range(1, layout.request.line.positions + 1)
    for place, block in enumerate(layout.blocks):
        for position in positions:
            if (place, position) not in thinnest.held:
                reasons = tuple(_reasons(layout, thinnest, place))
                yield Empty(block, position, reasons)


def _reasons(layout: Layout, thinnest: Solved, place: int) -> Iterator[tuple[TherapistId, Reason]]:
    holding = {t for (b, _), t in thinnest.held.items() if b == place}
    for therapist in layout.works:
        bar = layout.barred.get((therapist, place))
        if bar is not None:
            yield therapist, _REASONS[bar]
        elif therapist in layout.team:
            yield therapist, Reason.OTHER_POSITION if therapist in holding else Reason.BOUND


def _faults(layout: Layout, empty: tuple[Empty, ...]) -> Iterator[str]:
    """Each fault of somebody who might hold an empty place without it, with its cure, once."""
    found = {
        f"{fault.message}: {fault.cure}": None
        for one in empty
        for therapist, reason in one.reasons
        if reason is Reason.UNFIT
        for fault in layout.faults(therapist, one.block)
    }
    yield from found


def _remedies(
    layout: Layout, rules: Rules, empty: tuple[Empty, ...], solve: Solve, each: Effort
) -> Iterator[str]:
    def would_do(request: Request) -> bool:
        problem = Layout(request).problem
        return _is_found(solve(problem, rules, each, waived=Waived(cost=True)))

    request = layout.request
    yield from _more_people(request, would_do)
    by_day = replace(request, weekend=Weekend.DAYS)
    if request.weekend is not Weekend.DAYS and would_do(by_day):
        yield "weekends handed over by day (--weekend days)"
    for hours in range(1, _MOST_EARLIER + 1):
        shorter = _shorter_saturday(by_day, hours)
        if shorter is None:
            break
        if would_do(shorter):
            how = "" if request.weekend is Weekend.DAYS else ", and handed over by day"
            yield f"Saturdays that end {hours} h earlier{how}"
            break
    if request.mix and would_do(replace(request, mix=False)):
        yield "positions of a block from the same district (without --mix)"
    yield from _absences_to_move(request, empty, would_do)


def _more_people(request: Request, would_do: Callable[[Request], bool]) -> Iterator[str]:
    for number, district in product(range(1, _MOST_MORE + 1), request.line.districts):
        if would_do(_with_more(request, number, district)):
            people = "one more person" if number == 1 else f"{number} more people"
            yield f"{people} who may answer for the whole line, employed by {district}"
            return


def _absences_to_move(
    request: Request, empty: tuple[Empty, ...], would_do: Callable[[Request], bool]
) -> Iterator[str]:
    times = [time for one in empty for time in one.block.times]
    near = [a for a in request.absences if any(inside([a.time], time) for time in times)]
    named = 0
    for absence in near[:_MOST_ABSENCES]:
        others = tuple(a for a in request.absences if a != absence)
        if named < _MOST_NAMED and would_do(replace(request, absences=others)):
            named += 1
            when = stated_span(absence.time.start, absence.time.end, request.line.zone)
            yield f"{absence.therapist} not away ({absence.kind}) {when}"


def _with_more(request: Request, number: int, district: DistrictId) -> Request:
    """*request* with new people in that district, always there and else like the others."""
    organisation = request.organisation
    phone = next((t.phone for t in organisation.therapists.values() if t.phone is not None), None)
    ids = [TherapistId(f"new-{one}") for one in range(number)]
    new = {one: Therapist(one, "", phone, None, district, Validity()) for one in ids}
    people = {**organisation.therapists, **new}
    return replace(request, organisation=replace(organisation, therapists=people))


def _shorter_saturday(request: Request, hours: int) -> Request | None:
    """*request* with Saturdays that end so many hours earlier; None where none can."""
    windows: list[Window] = []
    for window in request.line.hours.windows:
        if _SATURDAY not in window.days or window.closes <= window.opens:
            windows.append(window)
            continue
        closes = datetime.combine(date.min, window.closes) - timedelta(hours=hours)
        if closes.date() != date.min or closes.time() <= window.opens:
            return None
        windows.append(replace(window, days=window.days - {_SATURDAY}))
        windows.append(replace(window, days=frozenset({_SATURDAY}), closes=closes.time()))
    if tuple(windows) == request.line.hours.windows:
        return None
    changed = replace(request.line.hours, windows=tuple(windows))
    return replace(request, line=replace(request.line, hours=changed))
