"""How moments are put into words for people."""

from datetime import datetime

from routing.organisation import Line


def when(moment: datetime, line: Line) -> str:
    """*moment* on the line's own clocks, in figures, so that it reads the same in any language."""
    local = moment.astimezone(line.zone)
    return f"{local.day}/{local.month} {local:%H:%M}"


def clock_time(moment: datetime, line: Line) -> str:
    """*moment* as the line's own clocks show it, for something that is soon."""
    return f"{moment.astimezone(line.zone):%H:%M}"
