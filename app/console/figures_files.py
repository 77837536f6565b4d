"""The figures as a workbook or on paper, for the yearly report of the funding programme."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path

from flask_babel import get_locale
from flask_babel import gettext as _

import app.duty.handover_document as document
from app.console.figures_report import Cell, Report, Section, Table
from app.contact_log import harmless

FORMATS = ("xlsx", "pdf")
MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_FONT = Path(document.__file__).parent / "fonts" / "DejaVuSans.ttf"
_FORBIDDEN = str.maketrans("", "", "[]:*?/\\")  # in the name of a sheet


def written(report: Report, form: str) -> bytes:
    """*report* as a file of one of *FORMATS*."""
    return _MAKERS[form](report)


def _workbook(report: Report) -> bytes:
    """A first sheet with what the figures are of, and one for each measure."""
    from openpyxl import Workbook  # noqa: PLC0415 - costs a tenth of a second
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415

    book = Workbook()
    sheet = book.active
    sheet.title = report.title
    for row in (
        (report.title, report.district),
        (_("Period"), report.period),
        (_("Made on"), report.made, *([report.as_of] if report.as_of else [])),
    ):
        sheet.append(tuple(map(_safe, row)))
    sheet.append(())
    for section in report.sections:
        sheet.append((section.title, section.how))
    for section in report.sections:
        own = book.create_sheet(section.title.translate(_FORBIDDEN)[:31])
        own.append((section.title,))
        for text in (section.how, *section.notes):
            own.append((_safe(text),))
        own.append(())
        for fact in section.facts:
            own.append(tuple(map(_safe, fact)))
        for table in section.tables:
            own.append(())
            own.append((_safe(table.caption),))
            own.append(tuple(map(_safe, table.heads)))
            for cells in table.rows:
                own.append(tuple(map(_safe, cells)))
        own["A1"].font = Font(bold=True, size=14)
        own.column_dimensions["A"].width = 44
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, 110
    for (cell,) in sheet["B5" : f"B{sheet.max_row}"]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _safe(cell: Cell) -> str | int:
    """A cell that no spreadsheet takes for a formula."""
    return harmless(cell if isinstance(cell, int) else str(cell))


def _pdf(report: Report) -> bytes:
    from fpdf import FPDF  # noqa: PLC0415 - most of a second, and never by what answers calls

    paper = FPDF(format="A4", unit="mm")
    paper.add_font("DejaVu", fname=_FONT)
    paper.set_font("DejaVu", size=10)
    paper.set_title(f"{report.title}, {report.district}")
    paper.set_lang("sv-SE" if get_locale().language == "sv" else "en-GB")
    paper.set_creator("Beredskap")
    paper.set_margins(18, 18, 18)
    paper.set_auto_page_break(auto=True, margin=18)
    paper.add_page()

    def say(text: str, size: float, after: float = 1) -> None:
        paper.set_font("DejaVu", size=size)
        paper.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT")
        paper.ln(after)

    say(f"{report.title}: {report.district}", 18, 2)
    say(f"{_('Period')}: {report.period}", 11)
    say(f"{_('Made on')}: {report.made}. {report.as_of}".removesuffix(". "), 9, 4)
    for section in report.sections:
        if paper.will_page_break(40):
            paper.add_page()
        paper.start_section(section.title)
        say(section.title, 13)
        say(section.how, 8)
        for text in section.notes:
            say(text, 8)
        _print_tables(paper, section)
        paper.ln(4)
    return bytes(paper.output())


def _print_tables(paper: "FPDF", section: Section) -> None:  # type: ignore[name-defined]  # noqa: F821 - loaded late
    facts = Table("", (), section.facts)
    for table in (facts, *section.tables):
        rows = ([table.heads] if table.heads else []) + list(table.rows)
        if not rows:
            continue
        is_wide = table.kind == "heat"
        paper.set_font("DejaVu", size=6.5 if is_wide else 8.5)
        if table.caption:
            paper.multi_cell(0, 5, table.caption, new_x="LMARGIN", new_y="NEXT")
        widths = (14, *[6] * (len(rows[0]) - 1)) if is_wide else None
        with paper.table(
            first_row_as_headings=False,
            col_widths=widths,
            line_height=4.2,
            borders_layout="HORIZONTAL_LINES",
        ) as grid:
            for cells in rows:
                line = grid.row()
                for cell in cells:
                    line.cell(str(cell))
        paper.ln(2)


_MAKERS: Mapping[str, Callable[[Report], bytes]] = {"xlsx": _workbook, "pdf": _pdf}
