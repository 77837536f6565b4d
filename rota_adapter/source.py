"""What every place that shifts come from can do."""

from typing import Protocol

from routing.ids import LineId
from routing.intervals import Interval
from routing.rota import Rota


class RotaSource(Protocol):
    """A place where somebody keeps the shifts of a line."""

    def load(self, line: LineId, window: Interval) -> Rota:
        """
        A snapshot of *line* that holds every shift with any time in *window*, whole.

        A rota without shifts says that the source was asked and has nobody; a source that could
        not be asked says so by raising, and whoever asked goes on with the last good rota.
        Bounded in time and in bytes.

        Raises:
            RotaUnavailable: the source does not answer, or its answer makes no sense.
        """
