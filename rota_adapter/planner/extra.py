"""The solver, where it is installed: it is large, and nothing else needs it."""

from rota_adapter.planner.problem import Solve
from routing.errors import InvalidInput

_SOLVER = "ortools"


class PlannerMissing(InvalidInput):
    """The extra that planning needs is not installed."""

    code = "planner_missing"


def solver() -> Solve:
    """
    Whoever solves a problem; loading it takes a second or two.

    Raises:
        PlannerMissing: the extra is not installed.
    """
    try:
        from rota_adapter.planner.solver import solve  # noqa: PLC0415 - only when asked for
    except ModuleNotFoundError as err:
        if (err.name or "").partition(".")[0] != _SOLVER:
            raise
        raise PlannerMissing(
            "planning needs OR-Tools: install it with `make planner`, or with "
            "`pip install 'beredskap[planner]'`"
        ) from err
    return solve
