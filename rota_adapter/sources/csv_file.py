"""Reads the shifts of a line from a CSV file."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from rota_adapter.table import read_table
from rota_adapter.times import moment
from routing.errors import InvalidInput, Place
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Shift

COLUMNS = ("position", "therapist", "starts_at", "ends_at")
_LONGEST_SHIFT = timedelta(days=14)  # a longer one is a slip in the year or the month


def read_shifts(
    path: Path, content: bytes | str, line: Line, therapists: Collection[TherapistId]
) -> tuple[Shift, ...]:
    """
    Every shift in *content*, in the file's order; all or none.

    Args:
        path: where it came from, for errors.
        therapists: who may be on the rota.

    Raises:
        InvalidInput: naming the file, the line and the field of the first fault.
    """
    seen: dict[Shift, int] = {}
    for number, values in read_table(path.name, content, COLUMNS):
        shift = _shift(values, line, therapists, path.name, number)
        if shift in seen:
            raise InvalidInput(f"the same shift as on line {seen[shift]}", Place(path.name, number))
        seen[shift] = number
    return tuple(seen)


def _shift(
    values: Mapping[str, str],
    line: Line,
    therapists: Collection[TherapistId],
    file: str,
    number: int,
) -> Shift:
    therapist = TherapistId(values["therapist"])
    if therapist not in therapists:
        raise InvalidInput("there is no such therapist", Place(file, number, "therapist"))
    positions = {str(position): position for position in range(1, line.positions + 1)}
    position = positions.get(values["position"])
    if position is None:
        raise InvalidInput(f"must be from 1 to {line.positions}", Place(file, number, "position"))
    starts_at = moment(values["starts_at"], line.zone, Place(file, number, "starts_at"))
    ends_at = moment(values["ends_at"], line.zone, Place(file, number, "ends_at"))
    return Shift(_time(starts_at, ends_at, Place(file, number, "ends_at")), position, therapist)


def _time(starts_at: datetime, ends_at: datetime, place: Place) -> Interval:
    if ends_at <= starts_at:
        raise InvalidInput("the shift does not end after it starts", place)
    if ends_at - starts_at > _LONGEST_SHIFT:
        raise InvalidInput("the shift is longer than 14 days", place)
    return Interval(starts_at, ends_at)
