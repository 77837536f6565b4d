"""CSV as spreadsheets save it: every fault is one line that names its place and quotes nothing."""

from pathlib import Path

import pytest

from rota_adapter.reading import Unusable
from rota_adapter.table import BadRow, Row, each_row, file_content, read_table
from routing.errors import InvalidInput

_COLUMNS = ("phone", "client")
_NAMELESS = "column without a name"


def _read(content: bytes | str) -> tuple[Row, ...]:
    return read_table("x.csv", content, _COLUMNS)


@pytest.mark.parametrize(
    "content",
    [
        "phone,client\n1,K-1\n",
        "phone;client\n1;K-1\n",
        "phone\tclient\n1\tK-1\n",
        "phone,client\r\n1,K-1\r\n",
        "phone,client\n1,K-1",
        "\ufeffphone,client\n1,K-1\n",
        "\ufeffphone;client\r\n1;K-1\r\n".encode(),
        '"phone";"client"\r\n"1";"K-1"\r\n',
        '"phone","client"\n1,"K-1"\n',
        " phone , client \n 1 ,\u00a0K-1 \n",
        "client,phone\nK-1,1\n",
    ],
)
def test_every_way_a_spreadsheet_saves_a_table_gives_the_same_rows(content: bytes | str) -> None:
    assert _read(content) == (Row(2, {"phone": "1", "client": "K-1"}),)


def test_a_row_has_the_line_it_begins_on() -> None:
    content = '\nphone,client\n\n1,"K\n1"\n,\n  \n2,K-2\n'

    assert [(line, values["phone"]) for line, values in _read(content)] == [(4, "1"), (8, "2")]


def test_separators_and_doubled_quotes_inside_quotes_are_kept() -> None:
    assert _read('phone;client\n"1;2";"a ""b"""\n')[0].values == {"phone": "1;2", "client": 'a "b"'}


def test_a_table_may_have_no_rows() -> None:
    assert _read("phone,client\n") == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "x.csv, line 1, phone: the column is missing"),
        ("\n\n", "x.csv, line 1, phone: the column is missing"),
        ("phone\n1\n", "x.csv, line 1, client: the column is missing"),
        ("070-174 06 05;K-1\n", "x.csv, line 1, phone: the column is missing"),
        ("Phone,client\n", "x.csv, line 1, phone: the column is missing"),
        ("phone;client;name\n", "x.csv, line 1, name: unknown column"),
        ("phone,client,\n", "x.csv, line 1, column without a name: unknown column"),
        ("\nphone,client,phone\n", "x.csv, line 2, phone: the column stands there twice"),
        ("phone,client\n1,K-1,2\n", "x.csv, line 2: 3 fields instead of 2"),
        ("phone,client\n1,K-1\n2\n", "x.csv, line 3: 1 fields instead of 2"),
        ("phone;client\n1,K-1\n", "x.csv, line 2: 1 fields instead of 2"),
        ('phone,client\n1,"K-1\n2,K-2\n', "x.csv, line 2: the quotation marks make no sense"),
        ('phone,client\n\n1,"K"-1\n', "x.csv, line 3: the quotation marks make no sense"),
        (b"phone,client\n1,K-1\n2,\xe5\n", "x.csv, line 3: not UTF-8: save the file as CSV UTF-8"),
        ("phone,client\n".encode("utf-16"), "x.csv, line 1: not UTF-8: save the file as CSV UTF-8"),
        (b"x" * 10_000_001, "x.csv: larger than 10000000 bytes"),
    ],
)
def test_a_faulty_table_is_refused_in_one_line(content: bytes | str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _read(content)

    assert str(caught.value) == message


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^none\.csv: cannot be read$"):
        file_content(tmp_path / "none.csv")


def test_no_more_of_a_file_is_read_than_may_be(tmp_path: Path) -> None:
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    large.write_bytes(b"x" * 11_000_000)
    small.write_bytes(b"phone,client\n")

    with pytest.raises(InvalidInput, match="larger than"):
        _read(file_content(large))
    assert _read(file_content(small)) == ()


def test_a_row_that_is_not_as_wide_as_the_rest_takes_no_other_with_it() -> None:
    rows = list(each_row("x.csv", "phone,client\n1,K-1\n2\n3,K-3\n", _COLUMNS))

    assert [row.values["client"] for row in rows if isinstance(row, Row)] == ["K-1", "K-3"]
    (fault,) = (row for row in rows if isinstance(row, BadRow))
    assert (fault.rule, fault.reason) == ("ROW_UNREADABLE", "1 fields instead of 2")
    assert str(fault) == "x.csv, line 3: 1 fields instead of 2"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "phone;Datum;Datum",
            "line 1, client: the column is missing; there are phone, Datum, Datum",
        ),
        (
            f'"A\n{"x" * 99}";phone;',
            f"line 1, client: the column is missing; there are A {'x' * 38}, phone, {_NAMELESS}",
        ),
        ("Astrid Exempel;070-174 06 05", "line 1, phone: the column is missing"),
        ('phone;client;"a\nb"', "line 1, a b: unknown column"),
    ],
    ids=["renamed", "odd names", "a row of facts", "a name on two lines"],
)
def test_the_columns_there_are_can_be_told_in_one_line(header: str, message: str) -> None:
    with pytest.raises(Unusable) as caught:
        each_row("x.csv", f"{header}\n", _COLUMNS, lists_names=True)

    assert (str(caught.value), caught.value.rule) == (f"x.csv, {message}", "WRONG_COLUMNS")
