"""Reads wishes from a CSV file."""

from collections.abc import Collection, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from rota_adapter.planner.problem import Wanted, Wish
from rota_adapter.table import file_content, read_table
from rota_adapter.times import moment
from routing.errors import InvalidInput, Place
from routing.ids import TherapistId
from routing.intervals import Interval

COLUMNS = ("therapist", "starts_at", "ends_at", "wish")


def read_wishes(
    path: Path, therapists: Collection[TherapistId], zone: ZoneInfo
) -> tuple[Wish, ...]:
    """
    Every wish in the file at *path*, in its order; all or none.

    Times without an offset are wall time in *zone*.

    Raises:
        InvalidInput: naming the file, the line and the field of the first fault.
    """
    rows = read_table(path.name, file_content(path), COLUMNS)
    return tuple(_wish(values, therapists, zone, path.name, line) for line, values in rows)


def _wish(
    values: Mapping[str, str],
    therapists: Collection[TherapistId],
    zone: ZoneInfo,
    file: str,
    line: int,
) -> Wish:
    therapist = TherapistId(values["therapist"])
    if therapist not in therapists:
        raise InvalidInput("there is no such therapist", Place(file, line, "therapist"))
    starts_at = moment(values["starts_at"], zone, Place(file, line, "starts_at"))
    ends_at = moment(values["ends_at"], zone, Place(file, line, "ends_at"))
    if ends_at <= starts_at:
        raise InvalidInput("the wish does not end after it starts", Place(file, line, "ends_at"))
    if values["wish"] not in set(Wanted):
        raise InvalidInput(f"must be one of {', '.join(Wanted)}", Place(file, line, "wish"))
    return Wish(therapist, Interval(starts_at, ends_at), Wanted(values["wish"]))
