"""Reads the shifts of a line from a CSV file."""

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable
from rota_adapter.sources.rows import COLUMNS, read_rows
from rota_adapter.table import each_row, not_utf8, require_size
from routing.errors import Place
from routing.finding import Finding, Severity
from routing.organisation import Line

_STRANGERS = ("PK\x03\x04", "<")  # how a zip, and so a workbook, begins; and a web page


def read_csv(file: str, content: bytes | str, line: Line, people: People) -> Reading:
    """
    Every shift in *content*, in the file's order, and a finding for each other row.

    What is not UTF-8 is read as the Windows-1252 that Excel in Swedish saves, with a warning.

    Args:
        file: its name, for findings and errors.

    Raises:
        Unusable: it is no CSV, too large, or its header names other columns than a rota has.
    """
    require_size(file, content)
    text, oddities = _text(file, content)
    if text.lstrip().startswith(_STRANGERS):
        raise Unusable("NOT_A_TABLE", "not a CSV file: save it as .xlsx or CSV", Place(file))
    rows = each_row(file, text, COLUMNS, lists_names=True)
    return read_rows(file, rows, line, people, oddities)


def _text(file: str, content: bytes | str) -> tuple[str, tuple[Finding, ...]]:
    if isinstance(content, str):
        return content.removeprefix("\ufeff"), ()
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError as err:
        fault = not_utf8(file, content, err)
        if b"\0" in content:  # UTF-16, or no text at all
            raise fault from err
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise fault from err
        return text, (_guessed(fault.place),)


def _guessed(place: Place | None) -> Finding:
    message = "not UTF-8, and read as Windows-1252"
    remedy = "save the file as CSV UTF-8"
    return Finding("NOT_UTF8", Severity.WARNING, None, None, None, message, remedy, place)
