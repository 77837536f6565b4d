"""Shifts out of the rows of a table, whichever kind of file the table stands in."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable
from rota_adapter.table import BadRow, Row
from rota_adapter.times import moment
from routing.errors import InvalidInput, Place
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Shift

COLUMNS = ("position", "therapist", "starts_at", "ends_at")
_LONGEST_SHIFT = timedelta(days=14)  # a longer one is a slip in the year or the month
_MOST_ROWS = 50_000  # decades of duties; each faulty row costs a finding in memory
_UTC = ZoneInfo("UTC")
_REMEDIES = {
    "UNKNOWN_NAME": "write the id, mail address or name of one therapist in the organisation file",
    "POSITION_UNKNOWN": "write one of the line's positions as a number",
    "NONEXISTENT_LOCAL_TIME": "write the time with an offset, such as 2026-03-29T03:30+02:00",
    "AMBIGUOUS_LOCAL_TIME": "write the time with an offset, such as 2026-10-25T02:30+01:00",
    "END_BEFORE_START": "write the date on which the shift ends",
    "VERY_LONG": "put the date right, or make several rows of it",
    "SAME_SHIFT_TWICE": "remove one of the two rows",
    "FORMULA_WITHOUT_VALUE": "open and save the file in a spreadsheet program, or write the value",
    "ROW_UNREADABLE": "put the row right",
}


def read_rows(
    file: str,
    rows: Iterable[Row | BadRow],
    line: Line,
    people: People,
    oddities: Iterable[Finding] = (),
) -> Reading:
    """
    Every shift in *rows*, in their order, and an error for each row that cannot be used.

    A row that repeats an earlier one is an error too, and the earlier one stands.

    Args:
        oddities: what else was found in the file; comes before what is found in the rows.

    Raises:
        Unusable: the table is longer than any rota.
    """
    first_lines: dict[Shift, int] = {}
    findings = list(oddities)
    for count, row in enumerate(rows, start=1):
        if count > _MOST_ROWS:
            raise Unusable("TOO_BIG", f"more than {_MOST_ROWS} rows", Place(file))
        shift: Shift | None = None
        try:
            if isinstance(row, BadRow):
                raise row
            shift = _shift(file, row, line, people)
            _require_sense(file, row, shift, first_lines.get(shift))
        except BadRow as fault:
            findings.append(_finding(fault, shift))
        else:
            first_lines[shift] = row.line
    if not first_lines:
        findings.append(_no_shifts(file))
    return Reading(tuple(first_lines), tuple(findings))


def _shift(file: str, row: Row, line: Line, people: People) -> Shift:
    therapist = _therapist(row.values, people, Place(file, row.line, "therapist"))
    position = _position(row.values, line, Place(file, row.line, "position"))
    starts_at, ends_at = (
        _moment(row.values[column], line.zone, Place(file, row.line, column))
        for column in ("starts_at", "ends_at")
    )
    if ends_at <= starts_at:
        message = "the shift does not end after it starts"
        raise BadRow("END_BEFORE_START", message, Place(file, row.line, "ends_at"))
    return Shift(Interval(starts_at, ends_at), position, therapist)


def _therapist(values: Mapping[str, str], people: People, place: Place) -> TherapistId:
    therapist = people.find(values["therapist"])
    if therapist is None:
        raise BadRow("UNKNOWN_NAME", "there is no such therapist", place)
    return therapist


def _position(values: Mapping[str, str], line: Line, place: Place) -> int:
    # Looked up and not converted: int() takes a superscript, and 1_0 for ten.
    positions = {str(position): position for position in range(1, line.positions + 1)}
    position = positions.get(values["position"])
    if position is None:
        raise BadRow("POSITION_UNKNOWN", f"must be from 1 to {line.positions}", place)
    return position


def _moment(text: str, zone: ZoneInfo, place: Place) -> datetime:
    try:
        return moment(text, zone, place)
    except InvalidInput as err:
        reason = str(err).removeprefix(f"{place}: ")
        raise BadRow(_time_rule(text, zone, place), reason, place) from err


def _time_rule(text: str, zone: ZoneInfo, place: Place) -> str:
    """Whether *text* is refused because the clocks change in *zone*, or because it is no time."""
    try:
        wall = moment(text, _UTC, place).replace(tzinfo=zone)
    except InvalidInput:
        return "ROW_UNREADABLE"
    first, second = (wall.replace(fold=fold).utcoffset() for fold in (0, 1))
    if first is None or second is None or first == second:
        return "ROW_UNREADABLE"
    return "AMBIGUOUS_LOCAL_TIME" if first > second else "NONEXISTENT_LOCAL_TIME"


def _require_sense(file: str, row: Row, shift: Shift, first_line: int | None) -> None:
    if shift.time.length > _LONGEST_SHIFT:
        message = "the shift is longer than 14 days"
        raise BadRow("VERY_LONG", message, Place(file, row.line, "ends_at"))
    if first_line is not None:
        message = f"the same shift as on line {first_line}"
        raise BadRow("SAME_SHIFT_TWICE", message, Place(file, row.line))


def _finding(fault: BadRow, shift: Shift | None) -> Finding:
    return Finding(
        fault.rule,
        Severity.ERROR,
        None if shift is None else shift.therapist,
        None if shift is None else shift.time.start,
        None if shift is None else shift.time.end,
        fault.reason,
        _REMEDIES[fault.rule],
        fault.place,
    )


def _no_shifts(file: str) -> Finding:
    message = "there are no shifts in the file"
    remedy = "write one row for each shift below the header"
    return Finding("NO_SHIFTS", Severity.WARNING, None, None, None, message, remedy, Place(file))
