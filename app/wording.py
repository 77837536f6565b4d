"""How moments are put into words for people."""

from datetime import datetime

from routing.organisation import Line


def when(moment: datetime, line: Line) -> str:
    """*moment* on the line's own clocks, in figures, so that it reads the same in any language."""
    local = moment.astimezone(line.zone)
    return f"{local.day}/{local.month} {local:%H:%M}"
