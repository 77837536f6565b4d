"""How moments are put into words for people."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from routing.intervals import Interval
from routing.organisation import Line


def when(moment: datetime, line: Line) -> str:
    """*moment* on the line's own clocks, in figures, so that it reads the same in any language."""
    local = moment.astimezone(line.zone)
    return f"{local.day}/{local.month} {local:%H:%M}"


def moment_in_words(
    moment: datetime, line: Line, written: Mapping[str, str], names: Mapping[str, str]
) -> str:
    """
    *moment* for what is read years later, on the line's own clocks: ``fredag 5 mars 2027 16.30``.

    *written* and *names* are those of the language.
    """
    local = moment.astimezone(line.zone)
    return written["day_and_clock"].format(
        weekday=names[f"weekday_{local.isoweekday()}"],
        day=local.day,
        month=f"{names[f'month_{local.month}']} {local.year}",
        clock=written["clock"].format(hour=f"{local:%H}", minute=f"{local:%M}"),
    )


def clock_time(moment: datetime, line: Line) -> str:
    """*moment* as the line's own clocks show it, for something that is soon."""
    return f"{moment.astimezone(line.zone):%H:%M}"


def span_in_words(
    time: Interval, line: Line, written: Mapping[str, str], names: Mapping[str, str]
) -> str:
    """
    *time* on the line's own clocks, with weekday and month: ``torsdag 14 januari 16.30–22.00``.

    The day is said twice only where the second one is another.  *written* and *names* are those of
    the language.
    """
    start, end = time.start.astimezone(line.zone), time.end.astimezone(line.zone)
    last = end - timedelta(microseconds=1)  # what ends at midnight ends that day
    is_one_day = start.date() == last.date()

    def clock(at: datetime) -> str:
        return written["clock"].format(hour=f"{at:%H}", minute=f"{at:%M}")

    def with_day(at: datetime) -> str:
        return written["day_and_clock"].format(
            weekday=names[f"weekday_{at.isoweekday()}"],
            day=at.day,
            month=names[f"month_{at.month}"],
            clock=clock(at),
        )

    return f"{with_day(start)}–{clock(end) if is_one_day else with_day(end)}"
