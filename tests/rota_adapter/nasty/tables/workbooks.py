"""Workbooks for tests, whole and broken, made anew each time: none lies in the repository."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import pairwise
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

Cell = str | float | date | None

HEADER = ("position", "therapist", "starts_at", "ends_at")
MONDAY = (1, "t1", datetime(2027, 1, 11, 16, 30), datetime(2027, 1, 11, 22))  # noqa: DTZ001 - Excel knows no zones
TUESDAY = (2, "t4", datetime(2027, 1, 12, 16, 30), datetime(2027, 1, 12, 22))  # noqa: DTZ001
TYPES, STRINGS = "[Content_Types].xml", "xl/sharedStrings.xml"
SHEET, WORKBOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
_SERIAL = 46398  # 11 January 2027, as Excel counts


def saved(workbook: Workbook) -> bytes:
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def sheet_of(rows: Iterable[Sequence[Cell]]) -> tuple[Workbook, Worksheet]:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(row)
    return workbook, sheet


def empty() -> bytes:
    return saved(sheet_of([])[0])


def workbook_of(*rows: Sequence[Cell], header: Sequence[str] = HEADER) -> bytes:
    """A workbook with one sheet, which begins with *header*."""
    return saved(sheet_of([header, *rows])[0])


def edited(content: bytes, part: str, edit: Callable[[str], str]) -> bytes:
    """*content* with another text in one of its parts, and sizes and checksums that fit."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, edit(text.decode()) if name == part else text)
    return file.getvalue()


def with_parts(content: bytes, parts: Iterable[tuple[str, bytes]]) -> bytes:
    """*content* with more parts in it."""
    file = BytesIO(content)
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        for name, text in parts:
            archive.writestr(name, text)
    return file.getvalue()


def formulas() -> bytes:
    """A formula never worked out, one with a value, one that gives nothing, one that fails."""
    content = workbook_of(
        (1, "t1", '=DATE(2027,1,11)+"16:30"', MONDAY[3]),
        (1, "=B9", *MONDAY[2:]),
        (2, "=B3", *TUESDAY[2:]),
        ("=A4", "t1", *MONDAY[2:]),
        ("=A2", None, None, None),
    )

    def work_out(xml: str) -> str:
        xml = xml.replace(
            '<c r="B3"><f>B9</f><v />', '<c r="B3" t="str"><f>B9</f><v>t1</v>'
        ).replace('<c r="B4"><f>B3</f><v />', '<c r="B4" t="str"><f>B3</f><v></v>')
        return xml.replace('<c r="A5"><f>A4</f><v />', '<c r="A5" t="e"><f>A4</f><v>#REF!</v>')

    return edited(content, SHEET, work_out)


def serials() -> bytes:
    """Times a little short of the minute, as Excel's arithmetic leaves them, and bare numbers."""
    rows = [(1, "t1", _SERIAL + 0.6874999, _SERIAL + 0.9166666), (2, "t4", 46398.6875, 0.9166666)]
    workbook, sheet = sheet_of([HEADER, *rows])
    sheet["C2"].number_format = sheet["D2"].number_format = "yyyy-mm-dd hh:mm"
    sheet["D3"].number_format = "hh:mm"
    return saved(workbook)


def dates() -> bytes:
    """True dates with a time of day, at midnight, without one, and in text."""
    midnight = datetime(2027, 1, 12)  # noqa: DTZ001
    rows: list[Sequence[Cell]] = [
        (1, "t1", MONDAY[2], midnight),
        (1, "t1", midnight, TUESDAY[3]),
        (1, "t1", "11/1/27", MONDAY[3]),
        (1, "t1", "2027-01-11 16:30", "2027-01-11T21:00Z"),
        (1, "t1", "2027-01-11 16:30", datetime(9999, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    ]
    workbook, sheet = sheet_of([HEADER, *rows])
    sheet["C3"].number_format = '[$-41D]yyyy-mm-dd" hos oss"'
    sheet["D6"].number_format = "yyyy-mm-dd hh:mm:ss"
    return saved(workbook)


def merged() -> bytes:
    """Dates merged over two rows each, a range two columns wide, and an empty row in a range."""
    rows: list[Sequence[Cell]] = [
        MONDAY,
        (2, "t4", None, None),
        (1, "t5", None, None),
        (2, "t6", TUESDAY[2], TUESDAY[3]),
        (None, None, None, None),
        (1, "t2", None, None),
    ]
    workbook, sheet = sheet_of([HEADER, *rows])
    for cells in ("C2:C3", "D2:D3", "C5:C7", "D5:D7", "A9:D10"):
        sheet.merge_cells(cells)
    return saved(workbook)


def merged_header() -> bytes:
    """Every name of the header merged with the cell below it."""
    workbook, sheet = sheet_of([HEADER, (None,) * 4, MONDAY])
    for column in "ABCD":
        sheet.merge_cells(f"{column}1:{column}2")
    return saved(workbook)


def merged_beyond_measure() -> bytes:
    ranges = '<mergeCells count="1"><mergeCell ref="C2:XFD1048576"/></mergeCells>'
    return edited(
        workbook_of(MONDAY), SHEET, lambda xml: xml.replace("</sheetData>", f"</sheetData>{ranges}")
    )


def hidden_first() -> bytes:
    """A hidden sheet and a chart before the one that shows, and another behind it."""
    workbook, sheet = sheet_of([HEADER, TUESDAY])
    sheet.sheet_state = "hidden"
    workbook.create_chartsheet()
    for row in (MONDAY, TUESDAY):
        workbook.create_sheet().append(HEADER)
        workbook.worksheets[-1].append(row)
    return saved(workbook)


def scattered() -> bytes:
    """Empty rows and columns around and between, cells with a format only, one far below."""
    workbook, sheet = sheet_of([])
    for row, values in ((3, HEADER), (4, (None,) * 4), (6, MONDAY), (900_000, TUESDAY)):
        for column, value in zip((2, 4, 5, 7), values, strict=True):
            sheet.cell(row, column, value)
    sheet["XFD1048576"].number_format = sheet["C6"].number_format = "0.00"
    sheet["E900000"].number_format = sheet["G900000"].number_format = "yyyy-mm-dd hh:mm"
    return saved(workbook)


def claims_every_row() -> bytes:
    """A sheet that says it is as large as can be, and gives every row a height."""
    rows = "".join(f'<row r="{number}" ht="15"/>' for number in range(4, 200_000))

    def claim(xml: str) -> str:
        xml = re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', xml)
        return xml.replace("</sheetData>", f"{rows}</sheetData>")

    return edited(workbook_of(MONDAY), SHEET, claim)


def since_1904() -> bytes:
    workbook, _ = sheet_of([HEADER])
    workbook.epoch = CALENDAR_MAC_1904
    workbook.worksheets[0].append(MONDAY)
    return saved(workbook)


def numbers() -> bytes:
    """Positions as numbers and as text; 1.0 is what other programs than openpyxl write."""
    rows: list[Sequence[Cell]] = [
        (1.0, "t1", *MONDAY[2:]),
        ("2", "t4", *TUESDAY[2:]),
        ("1.0", "t1", *MONDAY[2:]),
        (1.5, "t1", *MONDAY[2:]),
        (True, "t1", *MONDAY[2:]),
        (1, 1, *MONDAY[2:]),
    ]
    return edited(workbook_of(*rows), SHEET, lambda xml: xml.replace("<v>1</v>", "<v>1.0</v>", 1))


def entity() -> bytes:
    doctype = '<!DOCTYPE worksheet [<!ENTITY a "position">]>'
    return edited(
        workbook_of(MONDAY), SHEET, lambda xml: doctype + xml.replace("position", "&a;", 1)
    )


def entity_bomb() -> bytes:
    """A text that would be ten thousand million letters long."""
    names = "abcdefghij"
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    doctype = f'<!DOCTYPE worksheet [<!ENTITY a "xxxxxxxxxx">{entities}]>'
    return edited(
        workbook_of(MONDAY), SHEET, lambda xml: doctype + xml.replace("position", "&j;", 1)
    )


def shared_strings() -> bytes:
    """Texts kept apart from the sheet, as Excel keeps them, one of them partly bold."""
    content = edited(
        workbook_of(MONDAY, (2, "t4", "2027-01-12 16:30", TUESDAY[3])),
        SHEET,
        lambda xml: re.sub(r't="inlineStr"><is><t>t(\d)</t></is>', r't="s"><v>\1</v>', xml),
    )
    bold = "<si><r><t>t</t></r><r><rPr><b/></rPr><t>1</t></r></si>"
    strings = f'<sst xmlns="{SHEET_MAIN_NS}"><si/>{bold}<si/><si/><si><t>t4</t></si></sst>'
    override = f'<Override PartName="/{STRINGS}" ContentType="{SHARED_STRINGS}"/>'
    listed = edited(content, TYPES, lambda xml: xml.replace("</Types>", f"{override}</Types>"))
    return with_parts(listed, [(STRINGS, strings.encode())])


def many_sheets_in_one() -> bytes:
    """A workbook that lists one part as ten thousand sheets."""
    big = workbook_of(*[(1, f"x{n}", *MONDAY[2:]) for n in range(2_000)])
    return edited(big, WORKBOOK, lambda xml: re.sub(r"(<sheet [^>]*>)", r"\1" * 10_000, xml))


def locked_zip() -> bytes:
    """A workbook whose parts are marked as encrypted by the zip itself."""
    content = bytearray(workbook_of(MONDAY))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)
