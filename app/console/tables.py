"""Tables of typed cells, which a page and a workbook each show in their own way."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Margin:
    """How much longer a rest is than what is owed, and less than nothing where it is too short."""

    length: timedelta


Cell = str | int | timedelta | datetime | Margin | None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, the paragraph of the law beside it, and its width in a workbook, in letters."""

    head: str
    law: str = ""
    width: int = 14
    is_margin: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; *key* is its place in a page and never changes."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
