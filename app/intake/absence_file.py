"""Reads absences from a CSV file."""

from collections.abc import Collection, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from app.intake.checks import one_of
from rota_adapter.table import file_content, read_table
from rota_adapter.times import moment
from routing.absence import Absence, AbsenceKind
from routing.errors import InvalidInput, Place
from routing.ids import TherapistId
from routing.intervals import Interval

COLUMNS = ("therapist", "starts_at", "ends_at", "kind")


def read_absences(
    path: Path, therapists: Collection[TherapistId], zone: ZoneInfo
) -> tuple[Absence, ...]:
    """
    Every absence in the file at *path*, in its order; all or none.

    Times without an offset are wall time in *zone*.

    Raises:
        InvalidInput: naming the file, the line and the field of the first fault.
    """
    found, faults = absences_in(path.name, file_content(path), therapists, zone)
    if faults:
        raise faults[0]
    return found


def absences_in(
    file: str, content: bytes, therapists: Collection[TherapistId], zone: ZoneInfo
) -> tuple[tuple[Absence, ...], tuple[InvalidInput, ...]]:
    """
    Every absence in the *content* of a file, and every fault in its rows, each in its order.

    Raises:
        InvalidInput: it is no such table at all, or an empty one.
    """
    rows = read_table(file, content, COLUMNS)
    if not rows:
        raise InvalidInput("there are no absences in the file", Place(file))
    found: list[Absence] = []
    faults: list[InvalidInput] = []
    for line, values in rows:
        try:
            found.append(_absence(values, therapists, zone, file, line))
        except InvalidInput as fault:
            faults.append(fault)
    return tuple(found), tuple(faults)


def _absence(
    values: Mapping[str, str],
    therapists: Collection[TherapistId],
    zone: ZoneInfo,
    file: str,
    line: int,
) -> Absence:
    therapist = TherapistId(values["therapist"])
    if therapist not in therapists:
        raise InvalidInput("there is no such therapist", Place(file, line, "therapist"))
    starts_at = moment(values["starts_at"], zone, Place(file, line, "starts_at"))
    ends_at = moment(values["ends_at"], zone, Place(file, line, "ends_at"))
    if ends_at <= starts_at:
        raise InvalidInput("the absence does not end after it starts", Place(file, line, "ends_at"))
    kind = AbsenceKind(one_of(values["kind"], AbsenceKind, Place(file, line, "kind")))
    return Absence(Interval(starts_at, ends_at), therapist, kind)
