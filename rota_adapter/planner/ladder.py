"""What is given up, in which order, when no rota keeps everything that is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rota_adapter.planner.problem import (
    Effort,
    Problem,
    Rules,
    Running,
    Solve,
    Solved,
    Status,
    Tell,
    Waived,
)

# The law is on none of them: it is never given up.
RUNGS = (
    Rules(),
    Rules(slack=1),
    Rules(slack=1, running=Running.BACKUP),
    Rules(slack=1, running=Running.BACKUP, first_of_weekends=2),
    Rules(slack=1, running=Running.BACKUP, first_of_weekends=2, evenings_a_week=4),
    Rules(slack=2, running=Running.ANYBODY, first_of_weekends=None, evenings_a_week=None),
    Rules(slack=None, running=Running.ANYBODY, first_of_weekends=None, evenings_a_week=None),
)
# How far down to go where goals are not to be given up: only rounding differs.
STRICT = RUNGS[:2]

_EACH = 20.0  # the most effort for a question whose answer is yes or no
_ANY = Waived(cost=True)


@dataclass(frozen=True, slots=True)
class Descent:
    """
    Where the ladder ended: the rules that were kept, and the best rota under them.

    *unproved* are rules that were given up although nobody proved that they had to be.
    """

    rules: Rules
    solved: Solved
    unproved: tuple[Rules, ...] = ()


def descend(
    problem: Problem, solve: Solve, effort: Effort, tell: Tell, rungs: tuple[Rules, ...] = RUNGS
) -> Descent:
    """
    The cheapest rota of the first rung that has one, with all of it kept that can be.

    A rung gives up more than it may have to, so what it gave up is tried again, one by one: what
    is missing in the end cannot be had beside the rest.  Where no rung has a rota, the last one
    is given, impossible or unknown.
    """
    each = replace(effort, most=min(effort.most, _EACH))
    unproved: list[Rules] = []
    for rules in rungs:
        found = solve(problem, rules, each, waived=_ANY)
        if _is_found(found):
            kept, unsure = _climbed(problem, rules, solve, each)
            return Descent(kept, _cheapest(problem, kept, solve, effort, tell), unsure)
        if found.status is Status.UNKNOWN:
            unproved.append(rules)
    status = Status.UNKNOWN if unproved else Status.IMPOSSIBLE
    return Descent(rungs[-1], Solved(status), tuple(unproved))


def _climbed(
    problem: Problem, rules: Rules, solve: Solve, each: Effort
) -> tuple[Rules, tuple[Rules, ...]]:
    """*rules* with as much asked again as can be had, and what was given up without a proof."""
    unsure: list[Rules] = []
    for better in _steps_up(rules):
        asked = _stricter(rules, better)
        if asked == rules:
            continue
        found = solve(problem, asked, each, waived=_ANY)
        if _is_found(found):
            rules = asked
        elif found.status is Status.UNKNOWN:
            unsure.append(rules)
    return rules, tuple(unsure)


def _steps_up(rules: Rules) -> Iterator[Mapping[str, object]]:
    """What to ask again, the dearest first; of each kind the most before the next best."""
    above = RUNGS[: RUNGS.index(rules)]
    for name in ("running", "first_of_weekends", "slack", "evenings_a_week"):
        for value in dict.fromkeys(getattr(rung, name) for rung in above):
            yield {name: value}


def _stricter(rules: Rules, better: Mapping[str, object]) -> Rules:
    """*rules* with *better* in it, unless what they ask already is no less."""
    ((name, value),) = better.items()
    values = list(dict.fromkeys(getattr(rung, name) for rung in RUNGS))
    is_better = values.index(value) < values.index(getattr(rules, name))
    return replace(rules, **better) if is_better else rules  # type: ignore[arg-type]


def _cheapest(problem: Problem, rules: Rules, solve: Solve, effort: Effort, tell: Tell) -> Solved:
    solved = solve(problem, rules, effort, tell)
    if _is_found(solved):
        return solved
    # There is one, as has been seen; it is no good reason to show none.
    found = solve(problem, rules, effort, waived=_ANY)
    return replace(found, status=Status.FEASIBLE, cost=None, bound=None)


def _is_found(solved: Solved) -> bool:
    return solved.status in {Status.OPTIMAL, Status.FEASIBLE}


def given_up(rules: Rules) -> Iterator[str]:
    """What *rules* no longer ask, as sentences."""
    asked = Rules()
    if rules.slack is None:
        yield "evenings, weekends and red days may be shared unevenly (R18)"
    elif rules.slack != asked.slack:
        yield f"counts may differ by {rules.slack} more than rounding makes them (R18)"
    if rules.running is Running.BACKUP:
        yield "somebody may be on standby two weekends on end, if once as backup (R18)"
    elif rules.running is Running.ANYBODY:
        yield "somebody may be on standby two weekends on end (R18)"
    if rules.first_of_weekends is None:
        yield "position 1 may be one person's any number of weekends (R18)"
    elif rules.first_of_weekends != asked.first_of_weekends:
        yield f"position 1 may be one person's every {_ordinal(rules.first_of_weekends)} weekend"
    if rules.evenings_a_week is None:
        yield "somebody may be on standby any number of evenings a week"
    elif rules.evenings_a_week != asked.evenings_a_week:
        yield f"somebody may be on standby {rules.evenings_a_week} evenings a week"


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
