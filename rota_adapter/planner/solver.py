"""The search itself: the solver's settings, and what they were found to be good for."""

from dataclasses import replace
from math import ceil

from ortools.sat.python import cp_model

from rota_adapter.planner.model import Model
from rota_adapter.planner.problem import (
    NOTHING_WAIVED,
    Effort,
    Problem,
    Progress,
    Rules,
    Solved,
    Status,
    Tell,
    Waived,
    silent,
)

# With these two the optimum of half a year is proved in seconds; with the solver's own choice of
# workers it is not proved in minutes.  Measured in docs/planning.md.
_PROVERS = ("core", "default_lp")
_FINDERS = ("core", "default_lp", "reduced_costs")
_WORTH_REPEATING = 0.05
_STATUS = {
    cp_model.OPTIMAL: Status.OPTIMAL,
    cp_model.FEASIBLE: Status.FEASIBLE,
    cp_model.INFEASIBLE: Status.IMPOSSIBLE,
    cp_model.UNKNOWN: Status.UNKNOWN,
}


def solve(
    problem: Problem,
    rules: Rules,
    effort: Effort,
    tell: Tell = silent,
    waived: Waived = NOTHING_WAIVED,
) -> Solved:
    """
    The cheapest rota that keeps the law and *rules*, or what is known when the effort is spent.

    With coverage waived, as few places as possible are empty, and nothing else costs anything.

    Two workers at once prove the least cost quickly, and which of many rotas with that cost they
    meet first is chance.  So the rota itself is looked for anew, by workers that take turns, with
    the least cost known: that is slower, and comes out the same every time.  Where it does not
    get all the way, a rota hardly dearer that comes again is preferred to the cheapest.
    """
    model = Model(problem, rules, waived)
    solver = _solver(_PROVERS, effort)
    found = _solved(model, solver, solver.solve(model.cp, _Told(tell)), effort)
    is_whole = found.status is Status.OPTIMAL and waived == NOTHING_WAIVED
    if not is_whole or found.cost is None or not effort.again:
        return found
    if model.cost:
        model.cp.add(sum(model.cost) >= found.cost)
    again = _solver(_FINDERS, replace(effort, most=effort.again))
    again.parameters.interleave_search = True
    same = _solved(model, again, again.solve(model.cp), effort)
    spent = found.effort + same.effort
    if same.cut_short or same.cost is None or same.cost > found.cost * (1 + _WORTH_REPEATING):
        return replace(found, effort=spent)
    return replace(same, bound=found.cost, effort=spent, is_repeatable=True)


def _solver(workers: tuple[str, ...], effort: Effort) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = len(workers)
    solver.parameters.subsolvers.extend(workers)
    solver.parameters.random_seed = effort.seed
    solver.parameters.max_deterministic_time = effort.most
    solver.parameters.max_time_in_seconds = effort.guard.total_seconds()
    return solver


def _solved(
    model: Model, solver: cp_model.CpSolver, answer: cp_model.CpSolverStatus, effort: Effort
) -> Solved:
    status, spent = _STATUS[answer], solver.response_proto.deterministic_time
    if status in {Status.IMPOSSIBLE, Status.UNKNOWN}:
        cut_short = status is Status.UNKNOWN and spent < effort.most
        return Solved(status, effort=spent, cut_short=cut_short)
    return Solved(
        status,
        held={(b, p): t for (t, b, p), one in model.holds.items() if solver.value(one)},
        days_off=frozenset(key for key, one in model.off.items() if solver.value(one)),
        cost=round(solver.objective_value),
        bound=_whole(solver.best_objective_bound),
        effort=spent,
        cut_short=status is Status.FEASIBLE and spent < effort.most,
    )


def _whole(bound: float) -> int:
    """Costs are whole numbers, so what no rota can cost less than is one too."""
    return ceil(bound - 1e-6)


class _Told(cp_model.CpSolverSolutionCallback):
    """Tells of every better rota."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def on_solution_callback(self) -> None:
        cost, bound = round(self.objective_value), _whole(self.best_objective_bound)
        self._tell(Progress(self.wall_time, cost, bound))
