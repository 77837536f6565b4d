"""The rota that somebody asks for."""

from dataclasses import dataclass
from datetime import date, timedelta

from rota_adapter.planner.blocks import Weekend
from rota_adapter.planner.problem import Weights, Wish
from rota_adapter.rest_findings import AROUND
from routing.absence import Absence
from routing.intervals import Interval
from routing.organisation import Line, Organisation
from routing.rota import Shift
from routing.work import midnight

HISTORY = timedelta(weeks=26)
WEIGHTS = Weights()
_AFTER = timedelta(weeks=3)  # as many weekends as a rule about weekends looks at


@dataclass(frozen=True, slots=True)
class Request:
    """
    A rota wanted for *line*, from the date *first* and for so many *weeks*.

    Args:
        absences: everybody's that touch `reach`.
        in_force: the line's shifts there; those inside the rota's own time are to be replaced.
        elsewhere: the other lines' shifts there.
        mix: the positions of a block are to come from different districts.
        keep: each place of the rota in force that changes hands is to cost something.
    """

    organisation: Organisation
    line: Line
    first: date
    weeks: int
    absences: tuple[Absence, ...] = ()
    in_force: tuple[Shift, ...] = ()
    elsewhere: tuple[Shift, ...] = ()
    wishes: tuple[Wish, ...] = ()
    weekend: Weekend = Weekend.WHOLE
    mix: bool = False
    keep: bool = False
    weights: Weights = WEIGHTS

    @property
    def last(self) -> date:
        """The first date after the rota."""
        return self.first + timedelta(weeks=self.weeks)

    @property
    def reach(self) -> Interval:
        """The time of which absences and shifts must be known."""
        return Interval(
            midnight(self.first - HISTORY, self.line.zone) - AROUND,
            midnight(self.last + _AFTER, self.line.zone) + AROUND,
        )
