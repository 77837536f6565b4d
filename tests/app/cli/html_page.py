"""A page as a screen reader meets it: its tables by id, and everything it points at."""

from collections.abc import Callable
from html.parser import HTMLParser


class Page(HTMLParser):
    """What is on a page: tables as rows of text, captions, tags, ids and addresses."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.captions: list[str] = []
        self.unscoped, self.tags, self.targets = 0, set[str](), list[str]()
        self.ids, self.language = list[str](), ""
        self._rows: list[list[str]] = []
        self._cell: Callable[[str], None] | None = None
        self.text = content.decode()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.targets += [given[name] for name in ("href", "src") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        match tag:
            case "html":
                self.language = given["lang"]
            case "table":
                self._rows = self.tables[given["id"]] = []
            case "tr":
                self._rows.append([])
            case "th" | "td":
                self.unscoped += tag == "th" and "scope" not in given
                self._rows[-1].append("")
                self._cell = self._add
            case "caption":
                self._cell = self.captions.append
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td", "caption"}:
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell(data)

    def _add(self, data: str) -> None:
        self._rows[-1][-1] += data
