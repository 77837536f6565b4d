"""Reads CSV as spreadsheets save it."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from routing.errors import InvalidInput, Place

_LARGEST = 10_000_000  # bytes
_SEPARATORS = ",;"


class Row(NamedTuple):
    """What one row says of each column, without the space around it, and the line it begins on."""

    line: int
    values: Mapping[str, str]


def file_content(path: Path) -> bytes:
    """
    Everything in the file at *path*.

    Raises:
        InvalidInput: it cannot be read, or it is larger than any table of ours.
    """
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as err:
        raise InvalidInput("cannot be read", Place(path.name)) from err


def read_table(file: str, content: bytes | str, columns: Sequence[str]) -> tuple[Row, ...]:
    """
    The rows of the CSV *content*, whose header must name each of *columns* once, in any order.

    The separator is the one that makes sense of the header.  Rows in which nothing stands are
    left out.

    Args:
        file: its name, for errors.

    Raises:
        InvalidInput: naming file and line; no value is quoted, since it may be personal.
    """
    text = _text(file, content)
    headers = {separator: _header(text, separator) for separator in _SEPARATORS}
    for separator, (line, header) in headers.items():
        if sorted(header) == sorted(columns):
            records = _records(file, text, separator)
            return tuple(_row(file, at, header, fields) for at, fields in records if at != line)
    raise _wrong_header(file, headers.values(), columns)


def _text(file: str, content: bytes | str) -> str:
    if len(content) > _LARGEST:
        raise InvalidInput(f"larger than {_LARGEST} bytes", Place(file))
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = content.count(b"\n", 0, err.start) + 1
        raise InvalidInput("not UTF-8: save the file as CSV UTF-8", Place(file, line)) from err


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
        raise InvalidInput("the quotation marks make no sense", Place(file, line)) from err


def _header(text: str, separator: str) -> tuple[int, tuple[str, ...]]:
    """The first record and its line; no fields when *separator* makes no sense of it."""
    try:
        return next(_records("", text, separator), (1, ()))
    except InvalidInput:
        return 1, ()


def _wrong_header(
    file: str, headers: Iterable[tuple[int, tuple[str, ...]]], columns: Sequence[str]
) -> InvalidInput:
    """What is wrong with the header, read with the separator that finds the most columns in it."""
    line, header = max(headers, key=lambda found: len(set(found[1]) & set(columns)))
    for column in columns:
        if column not in header:
            return InvalidInput("the column is missing", Place(file, line, column))
    # With every column there this is a header, and not a row of somebody's facts: it may be quoted.
    name = next(n for n, count in Counter(header).items() if n not in columns or count > 1)
    if name in columns:
        return InvalidInput("the column stands there twice", Place(file, line, name))
    return InvalidInput("unknown column", Place(file, line, name or "column without a name"))


def _row(file: str, line: int, header: Sequence[str], fields: Sequence[str]) -> Row:
    if len(fields) != len(header):
        raise InvalidInput(f"{len(fields)} fields instead of {len(header)}", Place(file, line))
    return Row(line, dict(zip(header, fields, strict=True)))
