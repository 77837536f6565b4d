"""Shifts out of a CSV file: all or none, and the first fault in one line."""

from datetime import timedelta
from pathlib import Path

import pytest

from rota_adapter.sources.csv_file import read_shifts
from routing.errors import InvalidInput
from routing.ids import TherapistId
from routing.rota import Shift
from tests.examples import line, shift

_THERAPISTS = [TherapistId(f"t{n}") for n in range(1, 7)]
_HEADER = "position,therapist,starts_at,ends_at\n"
_CLOCKS_CHANGE = "in Europe/Stockholm, since the clocks change: add an offset"
_GOOD = "1,t1,2026-03-03T17:00,2026-03-03T22:00\n"


def _read(rows: str) -> tuple[Shift, ...]:
    return read_shifts(Path("some/where/rota.csv"), _HEADER + rows, line(), _THERAPISTS)


def test_the_shifts_come_in_the_files_order() -> None:
    found = _read("2,t4,2026-03-04 17:00,2026-03-04 22:00\n" + _GOOD)

    assert found == (
        shift("t4", "2026-03-04T17:00", "2026-03-04T22:00", position=2),
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", position=1),
    )


def test_excel_in_swedish_is_read() -> None:
    content = (
        "\ufeffposition;therapist;starts_at;ends_at\r\n1;t1;2026-03-03 17:00;2026-03-03 22:00\r\n"
    )

    found = read_shifts(Path("rota.csv"), content.encode(), line(), _THERAPISTS)

    assert found == (shift("t1", "2026-03-03T17:00", "2026-03-03T22:00"),)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-28T22:00", "2026-03-29T08:00", 9),
        ("2026-10-24T22:00", "2026-10-25T08:00", 11),
        ("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", 1),
    ],
)
def test_a_shift_over_a_clock_change_has_its_elapsed_length(
    start: str, end: str, hours: int
) -> None:
    (found,) = _read(f"1,t1,{start},{end}\n")

    assert found.time.length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,t9,2026-03-03T17:00,2026-03-03T22:00", "therapist: there is no such therapist"),
        ("1,,2026-03-03T17:00,2026-03-03T22:00", "therapist: there is no such therapist"),
        ("0,t1,2026-03-03T17:00,2026-03-03T22:00", "position: must be from 1 to 2"),
        ("3,t1,2026-03-03T17:00,2026-03-03T22:00", "position: must be from 1 to 2"),
        ("1.0,t1,2026-03-03T17:00,2026-03-03T22:00", "position: must be from 1 to 2"),
        ("²,t1,2026-03-03T17:00,2026-03-03T22:00", "position: must be from 1 to 2"),
        (
            "1,t1,2026-03-03T22:00,2026-03-03T17:00",
            "ends_at: the shift does not end after it starts",
        ),
        (
            "1,t1,2026-03-03T17:00,2026-03-03T17:00",
            "ends_at: the shift does not end after it starts",
        ),
        (
            "1,t1,2026-03-03T17:00,2026-04-03T22:00",
            "ends_at: the shift is longer than 14 days",
        ),
        ("1,t1,2026-03-03,2026-03-04", "starts_at: not a time such as 2026-03-03T17:00"),
        ("1,t1,2026-03-03T17:00,22:00", "ends_at: not a time such as 2026-03-03T17:00"),
        (
            "1,t1,2026-03-28T22:00,2026-03-29T02:30",
            f"ends_at: 2026-03-29 02:30 does not exist {_CLOCKS_CHANGE}",
        ),
        (
            "1,t1,2026-10-25T02:30,2026-10-25T08:00",
            f"starts_at: 2026-10-25 02:30 exists twice {_CLOCKS_CHANGE}",
        ),
    ],
)
def test_a_faulty_row_is_refused_in_one_line(row: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _read(f"{_GOOD}\n{row}\n")

    assert str(caught.value) == f"rota.csv, line 4, {message}"


def test_a_shift_may_last_fourteen_days_and_a_row_comes_once() -> None:
    assert _read("1,t1,2026-03-01T17:00,2026-03-15T17:00\n")
    with pytest.raises(InvalidInput, match=r"^rota\.csv, line 3: the same shift as on line 2$"):
        _read(_GOOD + "1,t1,2026-03-03T16:00Z,2026-03-03T22:00+01:00\n")


def test_a_fault_in_the_last_row_refuses_the_whole_file() -> None:
    with pytest.raises(InvalidInput, match="line 3, position"):
        _read(_GOOD + "x,t1,2026-03-04T17:00,2026-03-04T22:00\n")
