"""Shifts out of a CSV file: what is read, and what is found in rows that cannot be used."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable, all_or_none
from rota_adapter.sources.csv_file import read_csv
from routing.errors import InvalidInput, Place
from routing.finding import Finding, Severity
from routing.rota import Shift
from tests.examples import STOCKHOLM, at, line, shift, therapist
from tests.rota_adapter.nasty.tables.random_shifts import SHIFTS

_PEOPLE = People([therapist(1, name="Åsa Exempel"), *map(therapist, range(2, 7))])
_HEADER = "position,therapist,starts_at,ends_at\n"
_CLOCKS_CHANGE = "in Europe/Stockholm, since the clocks change: add an offset"
_GOOD = "1,t1,2026-03-03T17:00,2026-03-03T22:00\n"
_SHIFT = shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")
_EVENING = "2026-03-03T17:00,2026-03-03T22:00"
_NOBODY = "therapist: there is no such therapist"
_NO_POSITION = "position: must be from 1 to 2"
_NO_LENGTH = "ends_at: the shift does not end after it starts"
_NO_TIME = "not a time such as 2026-03-03T17:00"
_SKIPPED = f"ends_at: 2026-03-29 02:30 does not exist {_CLOCKS_CHANGE}"
_TWICE = f"starts_at: 2026-10-25 02:30 exists twice {_CLOCKS_CHANGE}"
_FAULTS = [
    (f"1,t9,{_EVENING}", "UNKNOWN_NAME", _NOBODY),
    (f"1,,{_EVENING}", "UNKNOWN_NAME", _NOBODY),
    (f"0,t1,{_EVENING}", "POSITION_UNKNOWN", _NO_POSITION),
    (f"3,t1,{_EVENING}", "POSITION_UNKNOWN", _NO_POSITION),
    (f"1.0,t1,{_EVENING}", "POSITION_UNKNOWN", _NO_POSITION),
    (f"²,t1,{_EVENING}", "POSITION_UNKNOWN", _NO_POSITION),
    ("1,t1,2026-03-03T22:00,2026-03-03T17:00", "END_BEFORE_START", _NO_LENGTH),
    ("1,t1,2026-03-03T17:00,2026-03-03T17:00", "END_BEFORE_START", _NO_LENGTH),
    (
        "1,t1,2026-03-03T17:00,2026-04-03T22:00",
        "VERY_LONG",
        "ends_at: the shift is longer than 14 days",
    ),
    ("1,t1,2026-03-03,2026-03-04", "ROW_UNREADABLE", f"starts_at: {_NO_TIME}"),
    ("1,t1,2026-03-03T17:00,22:00", "ROW_UNREADABLE", f"ends_at: {_NO_TIME}"),
    ("1,t1,0001-01-01T00:00,2026-03-03T22:00", "ROW_UNREADABLE", f"starts_at: {_NO_TIME}"),
    ("1,t1,2026-03-28T22:00,2026-03-29T02:30", "NONEXISTENT_LOCAL_TIME", _SKIPPED),
    ("1,t1,2026-10-25T02:30,2026-10-25T08:00", "AMBIGUOUS_LOCAL_TIME", _TWICE),
]


def _reading(content: bytes | str) -> Reading:
    return read_csv("rota.csv", content, line(), _PEOPLE)


def _read(rows: str) -> tuple[Shift, ...]:
    return all_or_none(_reading(_HEADER + rows)).shifts


def test_the_shifts_come_in_the_files_order() -> None:
    found = _read("2,t4,2026-03-04 17:00,2026-03-04 22:00\n" + _GOOD)

    assert found == (
        shift("t4", "2026-03-04T17:00", "2026-03-04T22:00", position=2),
        shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", position=1),
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_way_a_spreadsheet_saves_a_table_is_read(
    separator: str, line_end: str, mark: str
) -> None:
    text = mark + (_HEADER + _GOOD).replace(",", separator).replace("\n", line_end)

    assert _reading(text) == _reading(text.encode()) == Reading((_SHIFT,))


@pytest.mark.parametrize("who", ["t1", "T1", "t1@example.org", "Åsa  exempel", "A\u030asa Exempel"])
def test_a_therapist_is_found_by_id_mail_or_name(who: str) -> None:
    assert _read(_GOOD.replace("t1", who)) == (_SHIFT,)


def test_what_excel_in_swedish_saves_is_read_with_a_warning() -> None:
    text = (_HEADER + _GOOD.replace("t1", "Åsa Exempel")).replace(",", ";").replace("\n", "\r\n")

    found = _reading(text.encode("cp1252"))

    assert found.shifts == (_SHIFT,)
    assert found.findings == (
        Finding(
            "NOT_UTF8",
            Severity.WARNING,
            None,
            None,
            None,
            "not UTF-8, and read as Windows-1252",
            "save the file as CSV UTF-8",
            Place("rota.csv", 2),
        ),
    )
    assert all_or_none(found) is found


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


@pytest.mark.parametrize(("row", "rule", "message"), _FAULTS)
def test_a_faulty_row_is_refused_in_one_line(row: str, rule: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _read(f"{_GOOD}\n{row}\n")

    assert str(caught.value) == f"rota.csv, line 4, {message}"


@pytest.mark.parametrize(("row", "rule", "message"), _FAULTS)
def test_a_faulty_row_takes_no_other_with_it(row: str, rule: str, message: str) -> None:
    later = "2,t4,2026-03-04T17:00,2026-03-04T22:00\n"

    found = _reading(f"{_HEADER}{_GOOD}\n{row}\n{later}")

    field, _, sentence = message.partition(": ")
    assert found.shifts == (
        _SHIFT,
        shift("t4", "2026-03-04T17:00", "2026-03-04T22:00", position=2),
    )
    (finding,) = found.findings
    assert (finding.rule, finding.severity) == (rule, Severity.ERROR)
    assert finding.place == Place("rota.csv", 4, field)
    assert finding.message == sentence
    assert finding.remedy


def test_a_finding_tells_whose_shift_it_is_about_when_that_is_known() -> None:
    found = _reading(f"{_HEADER}1,t2,2026-03-03T17:00,2026-04-03T22:00\n1,t9,x,y\n")

    long, unknown, _ = found.findings
    assert (long.therapist, long.starts_at) == ("t2", at("2026-03-03T17:00"))
    assert long.ends_at == at("2026-04-03T22:00")
    assert (unknown.therapist, unknown.starts_at, unknown.ends_at) == (None, None, None)


def test_a_shift_may_last_fourteen_days() -> None:
    assert _read("1,t1,2026-03-01T17:00,2026-03-15T17:00\n")


def test_a_shift_that_comes_twice_counts_once() -> None:
    rows = _GOOD + "1,t1@example.org,2026-03-03T16:00Z,2026-03-03T22:00+01:00\n"

    found = _reading(_HEADER + rows)

    assert found.shifts == (_SHIFT,)
    assert [(f.rule, f.place) for f in found.findings] == [
        ("SAME_SHIFT_TWICE", Place("rota.csv", 3))
    ]
    with pytest.raises(InvalidInput, match=r"^rota\.csv, line 3: the same shift as on line 2$"):
        _read(rows)


def test_the_first_of_several_faults_is_told_in_the_files_order() -> None:
    with pytest.raises(InvalidInput, match=r"^rota\.csv, line 3, position: "):
        _read(_GOOD + "x,t1,2026-03-04T17:00,2026-03-04T22:00\n1,t1\n")


def test_a_table_without_a_shift_is_told_of() -> None:
    (finding,) = _reading(_HEADER).findings

    assert (finding.rule, finding.severity) == ("NO_SHIFTS", Severity.WARNING)
    assert finding.place == Place("rota.csv")


@pytest.mark.parametrize(
    ("content", "rule", "message"),
    [
        (b"x" * 10_000_001, "TOO_BIG", "rota.csv: larger than 10000000 bytes"),
        (_HEADER + "1\n" * 50_001, "TOO_BIG", "rota.csv: more than 50000 rows"),
        (
            "therapist,start\n",
            "WRONG_COLUMNS",
            "rota.csv, line 1, position: the column is missing; there are therapist, start",
        ),
        (
            _HEADER + '1,"t1,2026\n' + _GOOD,
            "NOT_A_TABLE",
            "rota.csv, line 2: the quotation marks make no sense",
        ),
        (
            (_HEADER + _GOOD).encode("utf-16"),
            "NOT_UTF8",
            "rota.csv, line 1: not UTF-8: save the file as CSV UTF-8",
        ),
        (
            (_HEADER + _GOOD).encode() + b"\x81",
            "NOT_UTF8",
            "rota.csv, line 3: not UTF-8: save the file as CSV UTF-8",
        ),
        (
            b"PK\x03\x04\x14\x00",
            "NOT_A_TABLE",
            "rota.csv: not a CSV file: save it as .xlsx or CSV",
        ),
        (
            "\ufeff\n<!DOCTYPE html>",
            "NOT_A_TABLE",
            "rota.csv: not a CSV file: save it as .xlsx or CSV",
        ),
    ],
    ids=["bytes", "rows", "columns", "quotes", "UTF-16", "no code page", "a zip", "a web page"],
)
def test_what_is_no_table_of_shifts_is_unusable(
    content: bytes | str, rule: str, message: str
) -> None:
    with pytest.raises(Unusable) as caught:
        _reading(content)

    assert (caught.value.rule, str(caught.value)) == (rule, message)


@given(
    SHIFTS,
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.booleans(),
)
def test_shifts_come_back_as_they_were_written(
    shifts: list[Shift], separator: str, line_end: str, coding: str, is_quoted: bool
) -> None:
    mark = '"' if is_quoted else ""
    rows = [_HEADER.strip().split(",")] + [
        [
            str(one.position),
            one.therapist,
            one.time.start.astimezone(STOCKHOLM).isoformat(),
            one.time.end.isoformat(" "),
        ]
        for one in shifts
    ]
    text = line_end.join(separator.join(f"{mark}{text}{mark}" for text in row) for row in rows)

    found = _reading(text.encode(coding))

    assert found.shifts == tuple(shifts)
    assert [finding.rule for finding in found.findings] == ([] if shifts else ["NO_SHIFTS"])


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 119), st.binary(max_size=3), max_size=8))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(damage: dict[int, bytes]) -> None:
    good = (_HEADER + _GOOD + '2,"Åsa Exempel",2026-03-04T17:00,2026-03-04T22:00\n').encode()
    content = b"".join(damage.get(place, good[place : place + 1]) for place in range(len(good)))

    with suppress(Unusable):
        assert len(_reading(content).shifts) <= 2
