"""Reads CSV as spreadsheets save it."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rota_adapter.reading import Unusable
from routing.errors import InvalidInput, Place

LARGEST = 10_000_000  # bytes
_SEPARATORS = ",;\t"
_LONGEST_NAME = 40  # characters of a column's name in a message


class Row(NamedTuple):
    """What one row says of each column, without the space around it, and the line it begins on."""

    line: int
    values: Mapping[str, str]


class BadRow(InvalidInput):
    """A row that cannot be used; *rule* is the code of what was found, *reason* the sentence."""

    code = "bad_row"

    def __init__(self, rule: str, reason: str, place: Place) -> None:
        super().__init__(reason, place)
        self.rule, self.reason = rule, reason


def file_content(path: Path, most: int = LARGEST) -> bytes:
    """
    Everything in the file at *path*, or one byte more than *most*: enough to be refused.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as err:
        raise InvalidInput("cannot be read", Place(path.name)) from err


def read_table(file: str, content: bytes | str, columns: Sequence[str]) -> tuple[Row, ...]:
    """
    The rows of the CSV *content*, whose header must name each of *columns* once, in any order.

    All or none, and in UTF-8 only.

    Args:
        file: its name, for errors.

    Raises:
        InvalidInput: naming file and line; no value is quoted, since it may be personal.
    """
    rows: list[Row] = []
    for row in each_row(file, _utf8(file, content), columns):
        if isinstance(row, BadRow):
            raise row
        rows.append(row)
    return tuple(rows)


def each_row(
    file: str, text: str, columns: Sequence[str], *, lists_names: bool = False
) -> Iterator[Row | BadRow]:
    """
    The rows of the CSV *text*, in its order, and an error for each that is not as wide as the rest.

    The separator is the one that makes sense of the header; guessing from the rows goes wrong
    with a comma in a name.  Rows in which nothing stands are left out.

    Args:
        lists_names: as in `wrong_header`.

    Raises:
        Unusable: the header does not name each of *columns* once and nothing else, or quotation
            marks make no sense, and then neither does what stands behind them.
    """
    headers = {separator: _header(text, separator) for separator in _SEPARATORS}
    for separator, (line, header) in headers.items():
        if sorted(header) == sorted(columns):
            records = _records(file, text, separator)
            return (_row(file, at, header, fields) for at, fields in records if at != line)
    raise wrong_header(file, headers.values(), columns, lists_names=lists_names)


def wrong_header(
    file: str,
    headers: Iterable[tuple[int, Sequence[str]]],
    columns: Sequence[str],
    *,
    lists_names: bool,
) -> Unusable:
    """
    What is wrong with a header that does not name each of *columns* once and nothing else.

    Args:
        headers: the same line read in several ways; the one that finds the most columns counts.
        lists_names: whether to say which columns there are, when one is missing.
    """
    line, header = max(headers, key=lambda found: len(set(found[1]) & set(columns)))
    for column in columns:
        if column not in header:
            message = "the column is missing"
            # Without one known name this may be a row of somebody's facts, and is not quoted.
            if lists_names and not set(header).isdisjoint(columns):
                message += f"; there are {', '.join(map(_shown, header))}"
            return _wrong(message, Place(file, line, column))
    # With every column there this is a header, and may be quoted.
    name = next(n for n, count in Counter(header).items() if n not in columns or count > 1)
    if name in columns:
        return _wrong("the column stands there twice", Place(file, line, name))
    return _wrong("unknown column", Place(file, line, _shown(name)))


def require_size(file: str, content: bytes | str) -> None:
    """
    Refuse what is larger than any table of ours.

    Raises:
        Unusable: it is.
    """
    if len(content) > LARGEST:
        raise Unusable("TOO_BIG", f"larger than {LARGEST} bytes", Place(file))


def not_utf8(file: str, content: bytes, err: UnicodeDecodeError) -> Unusable:
    """Why *content* is refused when only UTF-8 will do, with the line where it stops being that."""
    line = content.count(b"\n", 0, err.start) + 1
    return Unusable("NOT_UTF8", "not UTF-8: save the file as CSV UTF-8", Place(file, line))


def _utf8(file: str, content: bytes | str) -> str:
    require_size(file, content)
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise not_utf8(file, content, err) from err


def _records(file: str, text: str, separator: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each record that says anything, with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for record in reader:
            fields = tuple(field.strip() for field in record)
            if any(fields):
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as err:
        message = "the quotation marks make no sense"
        raise Unusable("NOT_A_TABLE", message, Place(file, line)) from err


def _header(text: str, separator: str) -> tuple[int, tuple[str, ...]]:
    """The first record and its line; no fields when *separator* makes no sense of it."""
    try:
        return next(_records("", text, separator), (1, ()))
    except Unusable:
        return 1, ()


def _wrong(message: str, place: Place) -> Unusable:
    return Unusable("WRONG_COLUMNS", message, place)


def _shown(name: str) -> str:
    """A column's name in one short line."""
    return " ".join(name.split())[:_LONGEST_NAME] or "column without a name"


def _row(file: str, line: int, header: Sequence[str], fields: Sequence[str]) -> Row | BadRow:
    if len(fields) != len(header):
        message = f"{len(fields)} fields instead of {len(header)}"
        return BadRow("ROW_UNREADABLE", message, Place(file, line))
    return Row(line, dict(zip(header, fields, strict=True)))
