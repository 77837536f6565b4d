"""The report on rest as a workbook: a sheet for each of its tables."""

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import Cell as BookCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.console import rest_details as details
from app.console import rest_overview as overview
from app.console.rest_say import Say
from app.console.tables import Cell, Margin, Table
from app.contact_log import reckons

LENGTH, MOMENT = "[h]:mm", "yyyy-mm-dd hh:mm"
# A spreadsheet shows no time below nothing, so margins are whole minutes.
MARGIN = "+0;[Red]-0;0"
_A_MINUTE = timedelta(minutes=1)
_BOLD, _HEAD = Font(bold=True), PatternFill("solid", fgColor="E4E9EC")
_TOP = Alignment(vertical="top", wrap_text=True)


def workbook(say: Say) -> bytes:
    """
    The report as XLSX: the summary, days, weeks, findings, rest owed, and terms.

    Lengths are numbers that a spreadsheet adds up; margins are minutes; moments are local time.
    """
    book = Workbook()
    _summary(book.active, say)
    for table in (
        details.days(say),
        details.weeks(say),
        details.findings(say),
        details.owed(say),
        overview.terms(say),
    ):
        sheet = book.create_sheet(table.caption[:31])
        _widths(sheet, table)
        _rows(sheet, table, say, 1)
        sheet.freeze_panes = "A2"
        last = f"{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
        sheet.auto_filter.ref = f"A1:{last}"
    for sheet in book.worksheets:
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
        sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
        sheet.print_title_rows = "1:1"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _summary(sheet: Worksheet, say: Say) -> None:
    """Facts and smallest margins, then the table of people under a frozen title."""
    people = overview.people(say)
    sheet.title = say.words["summary"]
    _widths(sheet, people)
    sheet.append([])
    _put(sheet.cell(1, 1), say.words["title"], say.report.line.zone).font = Font(bold=True, size=14)
    row = 3
    for head, law, margin, whose in overview.least(say):
        said = (f"{head} ({law}), {say.words['minutes']}", margin, whose)
        row = _line(sheet, row, said, say)
    for fact in overview.facts(say):
        row = _line(sheet, row, fact, say)
    row += 1
    first = row + 1
    for table in (people, overview.rules(say), overview.versions(say)):
        _put(sheet.cell(row, 1), table.caption, say.report.line.zone).font = _BOLD
        row = _rows(sheet, table, say, row + 1) + 1
    last = get_column_letter(len(people.columns))
    sheet.auto_filter.ref = f"A{first}:{last}{first + len(people.rows)}"
    sheet.freeze_panes = "B2"


def _line(sheet: Worksheet, row: int, cells: Iterable[Cell], say: Say) -> int:
    """Write *cells* in *row*, the first of them bold; returns the next row."""
    for column, cell in enumerate(cells, start=1):
        written = _put(sheet.cell(row, column), cell, say.report.line.zone)
        written.alignment = Alignment(vertical="top", wrap_text=column == 1, horizontal="left")
        if column == 1:
            written.font = _BOLD
    return row + 1


def _rows(sheet: Worksheet, table: Table, say: Say, row: int) -> int:
    """Write *table* from *row* on; returns the first row after it."""
    zone = say.report.line.zone
    for column, heading in enumerate(table.columns, start=1):
        unit = f" ({say.words['minutes']})" if heading.is_margin else ""
        law = f"\n{heading.law}" if heading.law else ""
        head = _put(sheet.cell(row, column), f"{heading.head}{unit}{law}", zone)
        head.font, head.fill, head.alignment = _BOLD, _HEAD, _TOP
    for cells in table.rows:
        row += 1
        for column, cell in enumerate(cells, start=1):
            written = _put(sheet.cell(row, column), cell, zone)
            written.alignment = Alignment(vertical="top", wrap_text=isinstance(cell, str))
    return row + 1


def _put(place: BookCell, cell: Cell, zone: ZoneInfo) -> BookCell:
    match cell:
        case Margin():
            place.value, place.number_format = cell.length // _A_MINUTE, MARGIN
        case timedelta():
            place.value, place.number_format = cell, LENGTH
        case datetime():
            place.value = cell.astimezone(zone).replace(tzinfo=None, fold=0)
            place.number_format = MOMENT
        case str():
            place.value = ILLEGAL_CHARACTERS_RE.sub("", cell)
            if reckons(cell):
                place.data_type, place.quotePrefix = "s", True
        case _:
            place.value = cell
    return place


def _widths(sheet: Worksheet, table: Table) -> None:
    for column, heading in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = heading.width
