"""Wishes are read, and a plan is written so that it can be loaded again."""

from pathlib import Path

import pytest

from rota_adapter.planner.problem import Wanted
from rota_adapter.planner.wish_file import read_wishes
from rota_adapter.planner.written import absences_csv, rota_csv
from routing.absence import AbsenceKind
from routing.errors import InvalidInput
from routing.ids import TherapistId
from tests.examples import STOCKHOLM, shift
from tests.rota_adapter.planner.asked import away, wish

HEADER = "therapist,starts_at,ends_at,wish\n"
TEAM = {TherapistId("t1"), TherapistId("t2")}


def read(folder: Path, text: str) -> tuple[object, ...]:
    path = folder / "wishes.csv"
    path.write_text(text)
    return read_wishes(path, TEAM, STOCKHOLM)


def test_wishes_are_read_in_their_order(tmp_path: Path) -> None:
    first = "t2,2027-01-16T00:00,2027-01-18T00:00,free\n"
    second = "t1,2027-01-23T10:00,2027-01-24T22:00,standby\n"

    assert read(tmp_path, HEADER + first + second) == (
        wish("t2", "2027-01-16", "2027-01-18"),
        wish("t1", "2027-01-23T10:00", "2027-01-24T22:00", Wanted.STANDBY),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{HEADER}t9,2027-01-16T00:00,2027-01-18T00:00,free\n",
            "wishes.csv, line 2, therapist: there is no such therapist",
        ),
        (
            f"{HEADER}t1,2027-01-16,2027-01-18T00:00,free\n",
            "wishes.csv, line 2, starts_at: not a time such as 2026-03-03T17:00",
        ),
        (
            f"{HEADER}t1,2027-01-16T00:00,2027-01-16T00:00,free\n",
            "wishes.csv, line 2, ends_at: the wish does not end after it starts",
        ),
        (
            f"{HEADER}t1,2027-01-16T00:00,2027-01-18T00:00,maybe\n",
            "wishes.csv, line 2, wish: must be one of free, standby",
        ),
        ("therapist,starts_at,ends_at\n", "wishes.csv, line 1, wish: the column is missing"),
    ],
)
def test_a_bad_wish_is_one_error_that_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(tmp_path, text)

    assert str(error.value) == message


def test_shifts_are_written_with_the_offset_of_their_night() -> None:
    night = shift("t1", "2027-03-27T22:00", "2027-03-28T10:00")

    assert rota_csv([night], STOCKHOLM) == (
        "position,therapist,starts_at,ends_at\r\n"
        "1,t1,2027-03-27T22:00:00+01:00,2027-03-28T10:00:00+02:00\r\n"
    )


def test_leave_that_an_import_would_take_away_is_written_with_the_days_off() -> None:
    days_off = [
        away("t1", "2027-01-15", "2027-01-16", AbsenceKind.COMPENSATION),
        away("t1", "2027-03-05", "2027-03-06", AbsenceKind.COMPENSATION),
    ]
    between = away("t1", "2027-02-01", "2027-02-08")
    others = (away("t2", "2027-02-01", "2027-02-08"), away("t1", "2027-03-01", "2027-03-12"))

    written = absences_csv(days_off, (between, *others), STOCKHOLM)

    assert written == (
        "therapist,starts_at,ends_at,kind\r\n"
        "t1,2027-01-15T00:00:00+01:00,2027-01-16T00:00:00+01:00,compensation\r\n"
        "t1,2027-02-01T00:00:00+01:00,2027-02-08T00:00:00+01:00,leave\r\n"
        "t1,2027-03-05T00:00:00+01:00,2027-03-06T00:00:00+01:00,compensation\r\n"
    )
    assert absences_csv([], others, STOCKHOLM) == "therapist,starts_at,ends_at,kind\r\n"
