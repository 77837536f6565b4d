"""Shifts out of an Excel workbook; what comes of odd ones is in test_nasty_tables."""

import warnings
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable, all_or_none
from rota_adapter.sources.csv_file import read_csv
from rota_adapter.sources.xlsx_file import read_xlsx
from routing.errors import InvalidInput, Place
from routing.finding import Finding, Severity
from routing.rota import Shift
from tests.examples import STOCKHOLM, line, shift, therapist
from tests.rota_adapter.nasty.tables.random_shifts import SHIFTS
from tests.rota_adapter.nasty.tables.workbooks import (
    HEADER,
    MONDAY,
    SHEET,
    STRINGS,
    TUESDAY,
    TYPES,
    WORKBOOK,
    Cell,
    edited,
    formulas,
    saved,
    shared_strings,
    sheet_of,
    workbook_of,
)

_PEOPLE = People(map(therapist, range(1, 7)))
_MONDAY = shift("t1", "2027-01-11T16:30", "2027-01-11T22:00")
_TUESDAY = shift("t4", "2027-01-12T16:30", "2027-01-12T22:00", position=2)
_MIDNIGHT = datetime(2027, 1, 11)  # noqa: DTZ001 - Excel knows no zones
_TWO_WEEKS_ON = MONDAY[2] + timedelta(days=14, minutes=1)


def _reading(content: bytes, zone: ZoneInfo = STOCKHOLM) -> Reading:
    return read_xlsx("rota.xlsx", content, line(zone=zone), _PEOPLE)


def test_the_shifts_come_in_the_sheets_order() -> None:
    assert _reading(workbook_of(TUESDAY, MONDAY)) == Reading((_TUESDAY, _MONDAY))


def test_columns_may_stand_in_any_order() -> None:
    content = workbook_of(MONDAY[::-1], header=HEADER[::-1])

    assert _reading(content) == Reading((_MONDAY,))


def test_a_date_is_wall_time_in_the_lines_zone() -> None:
    (found,) = _reading(workbook_of(MONDAY), ZoneInfo("Europe/Helsinki")).shifts

    assert found == shift("t1", "2027-01-11T15:30", "2027-01-11T21:00")


def test_a_shift_over_a_clock_change_has_its_elapsed_length() -> None:
    evening = datetime(2027, 3, 27, 22)  # noqa: DTZ001
    row = (1, "t1", evening, evening + timedelta(hours=10))

    (found,) = _reading(workbook_of(row)).shifts

    assert found.time.length == timedelta(hours=9)


_NO_TIME = "not a time such as 2026-03-03T17:00"
_ADD_AN_OFFSET = "in Europe/Stockholm, since the clocks change: add an offset"
_FAULTS: list[tuple[Sequence[Cell], str, str]] = [
    ((1, "t9", *MONDAY[2:]), "UNKNOWN_NAME", "therapist: there is no such therapist"),
    ((1, None, *MONDAY[2:]), "UNKNOWN_NAME", "therapist: there is no such therapist"),
    ((3, "t1", *MONDAY[2:]), "POSITION_UNKNOWN", "position: must be from 1 to 2"),
    (
        (1, "t1", MONDAY[3], MONDAY[2]),
        "END_BEFORE_START",
        "ends_at: the shift does not end after it starts",
    ),
    (
        (1, "t1", MONDAY[2], _TWO_WEEKS_ON),
        "VERY_LONG",
        "ends_at: the shift is longer than 14 days",
    ),
    ((1, "t1", "11/1/27", MONDAY[3]), "ROW_UNREADABLE", f"starts_at: {_NO_TIME}"),
    ((1, "t1", 46398, MONDAY[3]), "ROW_UNREADABLE", f"starts_at: {_NO_TIME}"),
    ((1, "t1", _MIDNIGHT.date(), MONDAY[3]), "ROW_UNREADABLE", f"starts_at: {_NO_TIME}"),
    (
        (1, "t1", MONDAY[2], datetime(2027, 3, 28, 2, 30)),  # noqa: DTZ001
        "NONEXISTENT_LOCAL_TIME",
        f"ends_at: 2027-03-28 02:30 does not exist {_ADD_AN_OFFSET}",
    ),
    (
        (1, "t1", datetime(2027, 10, 31, 2, 30), MONDAY[3]),  # noqa: DTZ001
        "AMBIGUOUS_LOCAL_TIME",
        f"starts_at: 2027-10-31 02:30 exists twice {_ADD_AN_OFFSET}",
    ),
]


@pytest.mark.parametrize(("row", "rule", "message"), _FAULTS)
def test_a_faulty_row_is_told_as_in_csv_and_takes_no_other_with_it(
    row: Sequence[Cell], rule: str, message: str
) -> None:
    found = _reading(workbook_of(MONDAY, (None,) * 4, row, TUESDAY))

    assert found.shifts == (_MONDAY, _TUESDAY)
    (finding,) = found.findings
    assert (finding.rule, finding.severity) == (rule, Severity.ERROR)
    with pytest.raises(InvalidInput) as caught:
        all_or_none(found)
    assert str(caught.value) == f"rota.xlsx, line 4, {message}"


def test_a_formula_that_was_never_worked_out_is_told_by_row_and_column() -> None:
    assert _reading(formulas()).findings[0] == Finding(
        "FORMULA_WITHOUT_VALUE",
        Severity.ERROR,
        None,
        None,
        None,
        "the formula has no value",
        "open and save the file in a spreadsheet program, or write the value",
        Place("rota.xlsx", 2, "starts_at"),
    )


@pytest.mark.parametrize("number_format", ["yyyy-mm-dd", "[$-41D]yyyy-mm-dd", 'yyyy" hours"', "d"])
def test_a_cell_that_shows_no_clock_is_midnight_only_to_excel(number_format: str) -> None:
    workbook, sheet = sheet_of([HEADER, (1, "t1", _MIDNIGHT, MONDAY[3])])
    sheet["C2"].number_format = "yyyy-mm-dd hh:mm"
    with_clock = _reading(saved(workbook))
    sheet["C2"].number_format = number_format

    without = _reading(saved(workbook))

    assert with_clock.shifts == (shift("t1", "2027-01-11T00:00", "2027-01-11T22:00"),)
    assert [finding.rule for finding in without.findings] == ["ROW_UNREADABLE", "NO_SHIFTS"]


def test_nothing_is_said_of_what_openpyxl_would_lose() -> None:
    extension = '<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"/></extLst>'
    content = edited(
        workbook_of(MONDAY),
        SHEET,
        lambda xml: xml.replace("</worksheet>", f"{extension}</worksheet>"),
    )

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = _reading(content)

    assert (found.shifts, told) == ((_MONDAY,), [])


def test_what_stands_in_a_damaged_workbook_is_not_told_by_the_error() -> None:
    content = edited(
        workbook_of(MONDAY),
        SHEET,
        lambda xml: xml.replace('r="A2" t="n"><v>1<', 'r="A2" t="n"><v>070-174 06 05<'),
    )

    with pytest.raises(Unusable) as caught:
        _reading(content)

    assert str(caught.value) == "rota.xlsx: not a workbook: save it as .xlsx or CSV"
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


@settings(deadline=None, max_examples=50)
@given(SHIFTS)
def test_shifts_come_back_as_they_were_written(shifts: list[Shift]) -> None:
    rows = [
        (one.position, one.therapist, _cell(one.time.start), _cell(one.time.end)) for one in shifts
    ]

    assert _reading(workbook_of(*rows)).shifts == tuple(shifts)


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 5_000), st.binary(max_size=3), min_size=1, max_size=4))
def test_a_damaged_zip_is_read_or_refused_and_nothing_else(damage: dict[int, bytes]) -> None:
    good = workbook_of(MONDAY, TUESDAY)
    content = b"".join(damage.get(place, good[place : place + 1]) for place in range(len(good)))

    with suppress(Unusable):
        assert len(_reading(content).shifts) <= 2


@settings(deadline=None)
@given(
    st.sampled_from([SHEET, STRINGS, WORKBOOK, TYPES, "xl/styles.xml"]),
    st.dictionaries(st.integers(0, 1_500), st.text(max_size=3), min_size=1, max_size=3),
)
def test_a_damaged_part_is_read_or_refused_and_nothing_else(
    part: str, damage: dict[int, str]
) -> None:
    content = edited(
        shared_strings(),
        part,
        lambda xml: "".join(damage.get(place, letter) for place, letter in enumerate(xml)),
    )

    with suppress(Unusable):
        assert len(_reading(content).shifts) <= 2


@pytest.mark.slow
def test_ten_thousand_rows_are_read_soon_and_as_in_csv() -> None:
    starts = [MONDAY[2] + timedelta(days=n // 2) for n in range(10_000)]
    ends = [start.replace(hour=22) for start in starts]
    rows = [
        (1 + n % 2, f"t{1 + n % 6}", *times)
        for n, times in enumerate(zip(starts, ends, strict=True))
    ]
    text = "\n".join(",".join(map(str, row)) for row in [HEADER, *rows])
    content = workbook_of(*rows)
    began = process_time()

    found = _reading(content)
    between = process_time()
    as_csv = read_csv("rota.csv", text, line(), _PEOPLE)

    assert (between - began < 6, process_time() - between < 2) == (True, True)
    assert len(found.shifts) == 10_000
    assert found == as_csv


def _cell(at: datetime) -> Cell:
    """*at* in Excel's own way, or in text where that could mean two moments."""
    wall = at.astimezone(STOCKHOLM)
    is_twice = wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset()
    return wall.isoformat() if is_twice else wall.replace(tzinfo=None)
