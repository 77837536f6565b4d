"""
A handover on paper: A4, with page numbers, and tags by which a screen reader finds its way.

Loading this module loads the library and takes most of a second; `app.duty.handover_document`
does so when a PDF is asked for.
"""

import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from fpdf import FPDF, ViewerPreferences
from fpdf.bidi import auto_detect_base_direction
from fpdf.enums import Align, TextDirection, TextMode
from fpdf.fonts import TTFFont

from app.duty.handover_document.harmless import harmless
from app.duty.handover_document.sheet import Entry, Fact, Sheet

# It would log which letters there are.
logging.getLogger("fontTools").setLevel(logging.WARNING)

_FONT = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
_FAMILY = "DejaVu"
UNSEEN = "□"  # stands for a character that the typeface lacks
_LEFT, _TOP, _FOOT = 20.0, 27.0, 20.0  # millimetres
_LABEL = 40.0  # the width of the column of labels
_LINE = 1.35  # line height, in sizes
_KEEP = 30.0  # what must be left of a page for a contact to begin on it
_NON_JOINER, _NARROW_SPACE = "\u200c", "\u202f"
_BLACK, _GREY, _RED = (0, 0, 0), (80, 80, 80), (150, 0, 0)


def as_pdf(sheet: Sheet, made_at: datetime) -> bytes:
    """
    *sheet* as a PDF.

    What the typeface cannot show stands as □, and the first page says how often.
    """
    paper = _Paper(sheet, made_at)
    paper.compose()
    content = bytes(paper.output())
    paper.typeface.close()  # it keeps its file open
    return content


class _Paper(FPDF):
    """The pages; lines are broken here, so that writing from the right is reordered by the line."""

    def __init__(self, sheet: Sheet, made_at: datetime) -> None:
        super().__init__(format="A4", unit="mm")
        self.sheet = sheet
        self._widths: dict[tuple[str, float], float] = {}
        # Otherwise these letters in somebody's words would become the number of pages.
        self.str_alias_nb_pages = None  # type: ignore[assignment] # documented, and not in its type
        self.add_font(_FAMILY, fname=_FONT)
        self.set_font(_FAMILY)
        self.set_text_shaping(use_shaping_engine=True)
        typeface = self.fonts[_FAMILY.lower()]
        assert isinstance(typeface, TTFFont)  # noqa: S101 - for the type
        self.typeface = typeface
        self.set_margins(_LEFT, _TOP, _LEFT)
        self.c_margin = 0
        self.set_auto_page_break(auto=False, margin=_FOOT)
        self.set_title(f"{sheet.title}, {sheet.facts[1].text}")
        self.set_lang("sv-SE" if sheet.language == "sv" else "en-GB")
        self.set_creator("Beredskap")
        self.set_creation_date(made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def header(self) -> None:
        ended, due = self.sheet.facts[1], self.sheet.facts[2]
        with self._artifact():
            self._line(self.sheet.title, _LEFT, self.epw, y=12, size=8)
            times = f"{ended.label} {ended.text} · {due.label} {due.text}"
            self._line(times, _LEFT, self.epw, y=16, size=8)
            self.set_draw_color(*_GREY)
            self.set_line_width(0.2)
            self.line(_LEFT, 21, self.w - _LEFT, 21)
        self.set_y(_TOP)

    def _feet(self) -> None:
        """What stands below each page, when it is known how many there are."""
        words, last, y = self.sheet.words, self.page, self.h - 13
        for self.page in range(1, last + 1):
            self.set_font_size(1)  # so that the size is said anew on each page
            with self._artifact():
                self._line(words.word("secrecy"), _LEFT, self.epw, y=y, size=8)
                page = words.word("page", page=self.page, pages=last)
                self._line(page, _LEFT, self.epw, y=y, size=8, align=Align.R)

    def compose(self) -> None:
        """Everything, once."""
        sheet = self.sheet
        unseen = sum(self._shown(text).count(UNSEEN) - text.count(UNSEEN) for text in _texts(sheet))
        self.add_page()
        self._paragraph(sheet.title, "/H1", size=16, bold=True)
        self._paragraph(sheet.lead, "/P", size=12)
        if unseen:
            self._paragraph(sheet.words.word("unseen", n=unseen), "/P", size=9, colour=_RED)
        self.ln(2)
        for fact in sheet.facts:
            self._fact(fact)
        for entry in sheet.entries:
            self._entry(entry)
        self._heading(sheet.words.word("history"))
        for fact in sheet.history:
            self._fact(fact, label_width=70)
        self._feet()

    def _entry(self, entry: Entry) -> None:
        self._heading(entry.title, entry.mark)
        for fact in entry.facts:
            self._fact(fact)

    def _heading(self, title: str, mark: str = "") -> None:
        """A rule, and what comes below it; never alone at the foot of a page."""
        if self.y + _KEEP > self.page_break_trigger:
            self.add_page()
        self.ln(3)
        with self._artifact():
            self.set_draw_color(*_GREY)
            self.set_line_width(0.2)
            self.line(_LEFT, self.y, self.w - _LEFT, self.y)
        self.ln(2)
        if mark:
            self._paragraph(mark, "/P", size=10, bold=True, colour=_RED)
        self._paragraph(title, "/H2", size=10.5, bold=True)
        self.ln(0.5)

    def _fact(self, fact: Fact, label_width: float = _LABEL) -> None:
        if self.y + 2 * self._height(10) > self.page_break_trigger:  # a label has two lines at most
            self.add_page()
        y = self.y
        self._paragraph(fact.label, "/P", size=8.5, colour=_GREY, width=label_width - 2, drop=0.35)
        below = self.y
        self.set_y(y)
        colour = _RED if fact.stands_out else _BLACK
        self._paragraph(fact.text, "/P", size=10, left=_LEFT + label_width, colour=colour)
        self.set_y(max(below, self.y) if self.y > y else self.y)
        self.ln(0.6)

    def _paragraph(
        self,
        text: str,
        tag: str,
        *,
        size: float,
        left: float = _LEFT,
        width: float = 0,
        bold: bool = False,
        colour: tuple[int, int, int] = _BLACK,
        drop: float = 0,
    ) -> None:
        """*text* over as many lines and pages as it takes; on each page it is tagged anew."""
        room = width or self.w - _LEFT - left
        height = self._height(size)
        self.set_font_size(size)
        lines = list(self._lines(self._shown(text), room))
        while lines:
            fit = max(0, int((self.page_break_trigger - self.y) / height))
            here, lines = lines[:fit], lines[fit:]
            if here:
                with self._tagged(tag):
                    for line, direction in here:
                        y = self.y
                        self.set_text_shaping(use_shaping_engine=True, direction=direction)
                        align = Align.R if direction is TextDirection.RTL else Align.L
                        self._line(line, left, room, y=y + drop, size=size, bold=bold,
                                   colour=colour, align=align)  # fmt: skip
                        self.set_y(y + height)
            if lines:
                self.add_page()
                self.set_font_size(size)

    def _lines(self, text: str, room: float) -> Iterator[tuple[str, TextDirection]]:
        for paragraph in text.split("\n"):
            direction = auto_detect_base_direction(paragraph)  # every line has its paragraph's
            line, taken, space = "", 0.0, self._width(" ")
            for word in paragraph.split(" "):
                wide = self._width(word)
                if line and taken + space + wide <= room:
                    line, taken = f"{line} {word}", taken + space + wide
                    continue
                if line:
                    yield line, direction
                *full, line = [word] if wide <= room else self._cut(word, room)
                yield from ((part, direction) for part in full)
                taken = self._width(line)
            yield line, direction

    def _cut(self, word: str, room: float) -> Iterator[str]:
        part, taken = "", 0.0
        for char in word:
            wide = self._width(char)
            if part and taken + wide > room:
                yield part
                part, taken = "", 0.0
            part, taken = part + char, taken + wide
        yield part

    def _width(self, text: str) -> float:
        """How wide *text* is; shaping takes long, and words come again."""
        key = (text, self.font_size_pt)
        if key not in self._widths:
            self._widths[key] = self.get_string_width(text)
        return self._widths[key]

    def _line(
        self,
        text: str,
        left: float,
        width: float,
        *,
        y: float,
        size: float,
        bold: bool = False,
        colour: tuple[int, int, int] = _GREY,
        align: Align = Align.L,
    ) -> None:
        self.set_font_size(size)
        self.set_text_color(*colour)
        self.set_draw_color(*colour)
        self.set_line_width(0.25)
        # One font file: what is bold is drawn with an outline.
        mode = TextMode.FILL_STROKE if bold else TextMode.FILL
        self.set_xy(left, y)
        if text:
            with self.local_context(text_mode=mode):
                self.cell(width, self._height(size), text, align=align)

    def _height(self, size: float) -> float:
        return size * _LINE / self.k

    def _shown(self, text: str) -> str:
        """*text* with a mark for each character that the typeface lacks."""
        return "".join(map(self._seen, harmless(text)))

    def _seen(self, char: str) -> str:
        if char == _NON_JOINER:
            return _NARROW_SPACE  # as Persian is written where the other is not to be had
        if unicodedata.bidirectional(char) == "BN":
            return ""  # invisible, and the library would turn round what stands on each side of it
        if ord(char) in self.typeface.cmap or char == "\n":
            return char
        if unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f":
            return ""  # it only joins or shapes its neighbours, and has nothing to show
        return UNSEEN

    @contextmanager
    def _tagged(self, tag: str) -> Iterator[None]:
        """Tell readers what the lines are that are written inside; all of them on this page."""
        mcid = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=tag, mcid=mcid)
        self._out(f"{tag} <</MCID {mcid}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def _artifact(self) -> Iterator[None]:
        """What is not part of the text: rules, and what stands on every page."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")


def _texts(sheet: Sheet) -> Iterator[str]:
    facts = (*sheet.facts, *sheet.history, *(fact for e in sheet.entries for fact in e.facts))
    yield from (fact.text for fact in facts)
    yield from (entry.title for entry in sheet.entries)
