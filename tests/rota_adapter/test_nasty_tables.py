"""What comes of tables as people and programs really leave them, and of tables made to do harm."""

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from rota_adapter.people import People
from rota_adapter.reading import Unusable
from rota_adapter.sources.csv_file import read_csv
from rota_adapter.sources.xlsx_file import read_xlsx
from routing.ids import TherapistId
from routing.rota import Shift
from tests.examples import STOCKHOLM, line, therapist
from tests.rota_adapter.nasty.tables import workbooks as made

_FOLDER = Path(__file__).parent / "nasty" / "tables"
_PEOPLE = People(
    [*map(therapist, (1, 2, 3)), therapist(4, name="Åsa Exempel"), *map(therapist, (5, 6))],
    {"Exempel, Astrid, Ann, Mari": TherapistId("t1"), "Exempel, Åsa, Ann, Mari": TherapistId("t4")},
)

# A shift is therapist, position and wall time; a finding its severity, its rule and its place.
_MONDAY = "t1 1 2027-01-11T16:30 2027-01-11T22:00"
_TUESDAY = "t4 2 2027-01-12T16:30 2027-01-12T22:00"
_NO_SHIFTS = "warning NO_SHIFTS"
_NO_HEADER = "WRONG_COLUMNS: line 1, position: the column is missing"
_SAVE_IT = "save it as .xlsx or CSV"
_NO_START = "WRONG_COLUMNS: line 1, starts_at: the column is missing"
_NO_WORKBOOK = f"NOT_A_TABLE: not a workbook: {_SAVE_IT}"
_PASSWORD = "ENCRYPTED: the workbook has a password: save it without"

_CSV_OUTCOMES: dict[str, tuple[str, ...]] = {
    "swedish_excel": (_MONDAY, _TUESDAY, "warning NOT_UTF8, line 3"),
    "commas_in_every_name": (_MONDAY, _TUESDAY),
    "one_column": (f"{_NO_HEADER}; there are therapist",),
    "no_header": (_NO_HEADER,),
    "renamed": (f"{_NO_START}; there are position, therapist, Från, Till",),
    "datum_twice": (f"{_NO_START}; there are position, therapist, Datum, Datum",),
    "starts_at_twice": ("WRONG_COLUMNS: line 1, starts_at: the column stands there twice",),
    "clock_forms": (
        "t1 1 2027-01-11T16:30 2027-01-11T22:00",
        "t1 1 2027-01-11T17:31 2027-01-11T22:00",
        "t1 1 2027-01-11T16:32:30.500000 2027-01-11T22:00",
        "error ROW_UNREADABLE, line 2, starts_at",
        "error ROW_UNREADABLE, line 3, starts_at",
        "error ROW_UNREADABLE, line 4, starts_at",
        "error ROW_UNREADABLE, line 5, starts_at",
    ),
    "clock_only": ("error ROW_UNREADABLE, line 2, starts_at", _NO_SHIFTS),
    "over_midnight": (_TUESDAY, "error END_BEFORE_START, line 2, ends_at"),
    "date_forms": (
        _MONDAY,
        "error ROW_UNREADABLE, line 2, starts_at",
        "error ROW_UNREADABLE, line 3, starts_at",
        "error ROW_UNREADABLE, line 4, starts_at",
        "error ROW_UNREADABLE, line 5, starts_at",
        "error ROW_UNREADABLE, line 6, starts_at",
        "error ROW_UNREADABLE, line 7, starts_at",
    ),
    "clock_changes": (
        "t1 1 2027-03-27T22:00 2027-03-28T03:00",
        "t1 1 2027-10-30T22:00 2027-10-31T02:30",
        "error NONEXISTENT_LOCAL_TIME, line 2, ends_at",
        "error AMBIGUOUS_LOCAL_TIME, line 3, ends_at",
    ),
    # It speaks for January alone: nothing is carried on behind its last shift.
    "month": (
        "t1 1 2027-01-01T00:00 2027-01-14T00:00",
        "t1 1 2027-01-14T00:00 2027-01-28T00:00",
        "t4 1 2027-01-28T00:00 2027-02-01T00:00",
    ),
    "trailing_separators": (_TUESDAY, "error ROW_UNREADABLE, line 2"),
    "unclosed_quote": ("NOT_A_TABLE: line 3: the quotation marks make no sense",),
    "quoted_line_ends": (_MONDAY, _TUESDAY, "error UNKNOWN_NAME, line 5, therapist"),
    "old_mac": (_MONDAY, _TUESDAY),
    "open_end": (_TUESDAY, "error VERY_LONG, line 2, ends_at"),
    "likeness": (
        _TUESDAY,
        "error UNKNOWN_NAME, line 2, therapist",
        "error UNKNOWN_NAME, line 3, therapist",
        "error UNKNOWN_NAME, line 4, therapist",
    ),
    "only_faults": (
        "error UNKNOWN_NAME, line 2, therapist",
        "error POSITION_UNKNOWN, line 3, position",
        _NO_SHIFTS,
    ),
    "header_only": (_NO_SHIFTS,),
    "empty": (_NO_HEADER,),
    "sign_in_page": (f"NOT_A_TABLE: not a CSV file: {_SAVE_IT}",),
    "title_above": (_NO_HEADER,),
}

_WORKBOOKS: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "two shifts": (lambda: made.workbook_of(made.MONDAY, made.TUESDAY), (_MONDAY, _TUESDAY)),
    "texts kept apart": (made.shared_strings, (_MONDAY, _TUESDAY)),
    "no rows": (made.workbook_of, (_NO_SHIFTS,)),
    "nothing at all": (made.empty, (_NO_HEADER,)),
    "other columns": (
        lambda: made.workbook_of(header=("position", "therapist", "Datum", "Datum")),
        (f"{_NO_START}; there are position, therapist, Datum, Datum",),
    ),
    "a title above": (
        lambda: made.saved(made.sheet_of([("Jour vecka 2",), made.HEADER])[0]),
        (_NO_HEADER,),
    ),
    "times a little short of the minute": (
        made.serials,
        (_MONDAY, "error ROW_UNREADABLE, line 3, starts_at"),
    ),
    "dates": (
        made.dates,
        (
            "t1 1 2027-01-11T16:30 2027-01-12T00:00",
            _MONDAY,
            "error ROW_UNREADABLE, line 3, starts_at",
            "error ROW_UNREADABLE, line 4, starts_at",
            "error VERY_LONG, line 6, ends_at",
        ),
    ),
    "dates since 1904": (made.since_1904, (_MONDAY,)),
    "positions in every form": (
        made.numbers,
        (
            _MONDAY,
            _TUESDAY,
            "error POSITION_UNKNOWN, line 4, position",
            "error POSITION_UNKNOWN, line 5, position",
            "error POSITION_UNKNOWN, line 6, position",
            "error UNKNOWN_NAME, line 7, therapist",
        ),
    ),
    "merged cells": (
        made.merged,
        (
            _MONDAY,
            "t4 2 2027-01-11T16:30 2027-01-11T22:00",
            "t6 2 2027-01-12T16:30 2027-01-12T22:00",
            "t2 1 2027-01-12T16:30 2027-01-12T22:00",
            "error ROW_UNREADABLE, line 4, starts_at",
        ),
    ),
    "a merged header": (made.merged_header, (_MONDAY,)),
    "merged cells beyond measure": (made.merged_beyond_measure, (_MONDAY,)),
    "formulas": (
        made.formulas,
        (
            _MONDAY,
            "error FORMULA_WITHOUT_VALUE, line 2, starts_at",
            "error UNKNOWN_NAME, line 4, therapist",
            "error POSITION_UNKNOWN, line 5, position",
            "error FORMULA_WITHOUT_VALUE, line 6, position",
        ),
    ),
    "a hidden sheet first": (made.hidden_first, (_MONDAY,)),
    "empty rows and columns": (made.scattered, (_MONDAY, _TUESDAY)),
    "a note beside the table": (
        lambda: made.workbook_of((*made.MONDAY, None, "bytt"), made.TUESDAY),
        (_TUESDAY, "error ROW_UNREADABLE, line 2"),
    ),
    "a sheet that claims every row": (made.claims_every_row, (_MONDAY,)),
    "a sheet that is too wide": (
        lambda: made.workbook_of((*made.MONDAY, *[None] * 96, "x")),
        ("TOO_BIG: wider than 100 columns or longer than any sheet",),
    ),
    "a row beyond the last": (
        lambda: made.edited(
            made.workbook_of(made.MONDAY),
            made.SHEET,
            lambda xml: xml.replace('r="2"', 'r="99999999999"'),
        ),
        ("TOO_BIG: wider than 100 columns or longer than any sheet",),
    ),
    "a zip that unpacks to much": (
        lambda: made.with_parts(made.workbook_of(), [("xl/media/x.png", bytes(20_000_000))]),
        ("TOO_BIG: larger than 20000000 bytes when unpacked",),
    ),
    "a zip of many parts": (
        lambda: made.with_parts(made.workbook_of(), [(f"{n}", b"") for n in range(1_000)]),
        ("TOO_BIG: larger than 20000000 bytes when unpacked",),
    ),
    "a sheet of empty cells": (
        lambda: made.edited(
            made.workbook_of(),
            made.SHEET,
            lambda xml: xml.replace("</sheetData>", f"<row>{'<c/>' * 1_500_000}</row></sheetData>"),
        ),
        ("TOO_BIG: there are too many cells in the workbook",),
    ),
    "an entity that does no harm": (made.entity, (_NO_WORKBOOK,)),
    "entities within entities": (made.entity_bomb, (_NO_WORKBOOK,)),
    "ten thousand sheets in one": (
        made.many_sheets_in_one,
        (*(f"error UNKNOWN_NAME, line {n}, therapist" for n in range(2, 2_002)), _NO_SHIFTS),
    ),
    "larger than any table": (
        lambda: bytes(10_000_001),
        ("TOO_BIG: larger than 10000000 bytes",),
    ),
    "an old workbook": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        (f"NOT_A_TABLE: saved by an old Excel: {_SAVE_IT}",),
    ),
    "a web page": (
        lambda: b'\xef\xbb\xbf\r\n<html xmlns:x="urn:schemas-microsoft-com:office:excel">',
        (f"NOT_A_TABLE: a web page and not a workbook: {_SAVE_IT}",),
    ),
    "a workbook with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        (_PASSWORD,),
    ),
    "a zip with a password": (made.locked_zip, (_PASSWORD,)),
    "a CSV": ((_FOLDER / "old_mac.csv").read_bytes, (_NO_WORKBOOK,)),
    "nothing": (lambda: b"", (_NO_WORKBOOK,)),
    "half a workbook": (lambda: made.workbook_of()[:2_000], (_NO_WORKBOOK,)),
    "a zip of something else": (
        lambda: made.with_parts(b"", [("content.xml", b"<office/>")]),
        (_NO_WORKBOOK,),
    ),
    "no sheet that shows": (
        lambda: made.edited(
            made.workbook_of(),
            made.WORKBOOK,
            lambda xml: xml.replace('state="visible"', 'state="hidden"'),
        ),
        (f"NOT_A_TABLE: there is no sheet that can be read: {_SAVE_IT}",),
    ),
}


@pytest.mark.parametrize("name", _CSV_OUTCOMES)
def test_a_nasty_csv_file_has_its_outcome(name: str) -> None:
    content = (_FOLDER / f"{name}.csv").read_bytes()

    assert _outcome(f"{name}.csv", content) == _CSV_OUTCOMES[name]


def test_every_nasty_csv_file_is_looked_at() -> None:
    assert {path.stem for path in _FOLDER.glob("*.csv")} == set(_CSV_OUTCOMES)


@pytest.mark.parametrize("name", _WORKBOOKS)
def test_a_nasty_workbook_has_its_outcome_and_soon(name: str) -> None:
    make, expected = _WORKBOOKS[name]
    content = make()
    began = process_time()

    outcome = _outcome("rota.xlsx", content)

    assert outcome == expected
    assert process_time() - began < 5


def _outcome(file: str, content: bytes) -> tuple[str, ...]:
    read = read_csv if file.endswith(".csv") else read_xlsx
    try:
        reading = read(file, content, line(), _PEOPLE)
    except Unusable as err:
        return (f"{err.rule}: {str(err).removeprefix(file).lstrip(', :')}",)
    findings = (
        f"{finding.severity} {finding.rule}{str(finding.place).removeprefix(file)}"
        for finding in reading.findings
    )
    return (*map(_stated, reading.shifts), *findings)


def _stated(shift: Shift) -> str:
    start, end = (
        edge.astimezone(STOCKHOLM).replace(tzinfo=None).isoformat()
        for edge in (shift.time.start, shift.time.end)
    )
    return " ".join(
        (shift.therapist, str(shift.position), *(e.removesuffix(":00") for e in (start, end)))
    )
