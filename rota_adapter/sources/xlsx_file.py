"""Reads the shifts of a line from an Excel workbook."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import IO, Any
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.xml.constants import SHEET_MAIN_NS

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable
from rota_adapter.sources.rows import COLUMNS, read_rows
from rota_adapter.table import BadRow, Row, require_size, wrong_header
from routing.errors import Place
from routing.organisation import Line

_SAVE_IT = "save it as .xlsx or CSV"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also what an encrypted workbook lies in
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
_DOCTYPES = tuple("<!DOCTYPE".encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be"))
_LARGEST_UNPACKED = 20_000_000  # bytes; a rota of 10 000 rows has two million
_MOST_PARTS = 1_000
_MOST_TAGS = 1_500_000  # time goes by elements and not by bytes: an empty one has four
_LAST_ROW = 1_048_576  # of any sheet in Excel
_WIDEST = 100  # columns with anything in them
_NO_FORMAT = re.compile(r'\[[^]]*\]|"[^"]*"|\\.')  # in a number format: what formats nothing


def read_xlsx(file: str, content: bytes, line: Line, people: People) -> Reading:
    """
    Every shift in the first sheet that shows, in its order, and a finding for each other row.

    A date with a time of day is wall time in the line's zone, rounded to the minute, since Excel
    counts in days and 22:00 comes out a little short; a text is read as in CSV.  What merged
    cells say is said by each of their rows.  Rows and columns in which nothing stands are
    skipped.

    Args:
        file: its name, for findings and errors.

    Raises:
        Unusable: it is no workbook of today's Excel, too large, has a password, or its header
            names other columns than a rota has.
    """
    require_size(file, content)
    _require_workbook(file, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's, of whatever it will not keep on saving
            _require_harmless(file, content)
            rows = tuple(_rows(file, *_open(file, content)))
    except Unusable:
        raise
    except Exception:  # noqa: BLE001 - openpyxl lets out whatever a damaged file leads it to
        # Without its cause, which may quote what stands in a cell.
        raise _no_workbook(file, "not a workbook") from None
    return read_rows(file, rows, line, people)


def _require_workbook(file: str, content: bytes) -> None:
    if content.startswith(_OLD_EXCEL):
        if _ENCRYPTED_PART in content:
            raise _locked(file)
        raise _no_workbook(file, "saved by an old Excel")
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise _no_workbook(file, "a web page and not a workbook")


def _require_harmless(file: str, content: bytes) -> None:
    """Refuse what takes long or grows large when it is unpacked or parsed."""
    with ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise _locked(file)
        # A part is never unpacked beyond the size that the directory gives for it.
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
            raise _too_big(file, f"larger than {_LARGEST_UNPACKED} bytes when unpacked")
        tags = 0
        for part in parts:
            unpacked = archive.read(part)
            tags += unpacked.count(b"<")
            # No workbook has a document type, and without one no entity can be defined.
            if any(doctype in unpacked for doctype in _DOCTYPES):
                raise _no_workbook(file, "not a workbook")
        if tags > _MOST_TAGS:
            raise _too_big(file, "there are too many cells in the workbook")


@dataclass(slots=True)
class _Layout:
    """What openpyxl does not tell of a sheet that it streams, by rows and columns from 1."""

    rows: set[int] = field(default_factory=set)  # that have anything in them
    width: int = 0
    merged: dict[tuple[int, int], int] = field(default_factory=dict)  # first cell, last row
    unvalued: set[tuple[int, int]] = field(default_factory=set)  # formulas never worked out


def _open(file: str, content: bytes) -> tuple[Any, _Layout]:
    """
    The first sheet that shows, and its layout.

    The sheet is streamed: a single merged range over all of it would fill the memory otherwise.
    The steps are those of openpyxl's `load_workbook`, which would look into every sheet.
    """
    reader = ExcelReader(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    for sheet, relation in reader.parser.find_sheets():
        if sheet.state == "visible" and relation.Type.endswith("/worksheet"):
            reader.parser.sheets = [sheet]
            reader.read_worksheets()
            with reader.archive.open(relation.target) as source:
                return reader.wb.worksheets[0], _layout(file, source)
    raise _no_workbook(file, "there is no sheet that can be read")


def _layout(file: str, source: IO[bytes]) -> _Layout:
    layout = _Layout()
    number = 0
    for _, element in iterparse(source):  # noqa: S314 - see _require_harmless
        if element.tag == _tag("row"):
            number = int(element.get("r", number + 1))
            _lay_out_row(layout, number, element)
            if layout.width > _WIDEST or number > _LAST_ROW:
                raise _too_big(file, f"wider than {_WIDEST} columns or longer than any sheet")
            element.clear()
        elif element.tag == _tag("mergeCell"):
            column, first, _, last = range_boundaries(element.get("ref"))
            layout.merged[first, column] = last
    return layout


def _lay_out_row(layout: _Layout, number: int, row: Element) -> None:
    column = 0
    for cell in row:
        reference = cell.get("r")
        column = column + 1 if reference is None else coordinate_to_tuple(reference)[1]
        if len(cell):  # else it has a format and nothing in it
            layout.rows.add(number)
            layout.width = max(layout.width, column)
        value = cell.find(_tag("v"))
        is_valued = value is not None and (value.text or cell.get("t") == "str")
        if not is_valued and cell.find(_tag("f")) is not None:
            layout.unvalued.add((number, column))


def _rows(file: str, sheet: Any, layout: _Layout) -> Iterator[Row | BadRow]:  # noqa: ANN401 - openpyxl has no types
    header: dict[int, str] = {}
    merged: dict[int, tuple[int, str | None]] = {}  # by column: up to which row, and what
    last = max(layout.rows, default=1)
    cells = sheet.iter_rows(max_row=last, max_col=max(layout.width, 1))
    for number, row in enumerate(cells, start=1):
        if number not in layout.rows:
            continue
        texts = {
            column: None if (number, column) in layout.unvalued else _text(cell)
            for column, cell in enumerate(row, start=1)
        }
        if all(text == "" for text in texts.values()):
            continue
        if not header:
            header = _header(file, number, texts)
            continue
        for column, text in texts.items():
            if (number, column) in layout.merged:
                merged[column] = layout.merged[number, column], text
            elif text == "" and column in merged and number <= merged[column][0]:
                texts[column] = merged[column][1]
        yield _row(file, number, header, texts)
    if not header:
        _header(file, 1, {})


def _header(file: str, number: int, texts: dict[int, str | None]) -> dict[int, str]:
    """The name of each column that has one."""
    header = {column: text for column, text in texts.items() if text}
    if sorted(header.values()) != sorted(COLUMNS):
        found = [(number, tuple(header.values()))]
        raise wrong_header(file, found, COLUMNS, lists_names=True)
    return header


def _row(
    file: str, number: int, header: dict[int, str], texts: dict[int, str | None]
) -> Row | BadRow:
    values: dict[str, str] = {}
    for column, text in texts.items():
        name = header.get(column)
        if name is None and text:
            message = "there is something in a column without a name"
            return BadRow("ROW_UNREADABLE", message, Place(file, number))
        if name is not None and text is None:
            message = "the formula has no value"
            return BadRow("FORMULA_WITHOUT_VALUE", message, Place(file, number, name))
        if name is not None and text is not None:
            values[name] = text
    return Row(number, values)


def _text(cell: Any) -> str:  # noqa: ANN401 - openpyxl has no types
    """What stands in a cell, written as in CSV."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        # A date alone is no moment, and is refused as in CSV.
        is_date = value.time() == time() and not _shows_clock(cell.number_format)
        return value.date().isoformat() if is_date else _rounded(value).isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _shows_clock(number_format: str) -> bool:
    return re.search("[hs]", _NO_FORMAT.sub("", number_format.lower())) is not None


def _rounded(wall: datetime) -> datetime:
    try:
        return (wall + timedelta(seconds=30)).replace(second=0, microsecond=0)
    except OverflowError:  # the last minute of the year 9999, which some write for open ends
        return wall


def _tag(name: str) -> str:
    return f"{{{SHEET_MAIN_NS}}}{name}"


def _locked(file: str) -> Unusable:
    message = "the workbook has a password: save it without"
    return Unusable("ENCRYPTED", message, Place(file))


def _no_workbook(file: str, what: str) -> Unusable:
    return Unusable("NOT_A_TABLE", f"{what}: {_SAVE_IT}", Place(file))


def _too_big(file: str, message: str) -> Unusable:
    return Unusable("TOO_BIG", message, Place(file))
