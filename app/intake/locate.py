"""On which line of a TOML file each key stands, since the standard parser does not say."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.errors import Place

KeyPath = tuple[str | int, ...]  # keys, and places in lists counted from 0

# Strings of several lines come first: their opening quotes also look like an empty string.
_TOKEN = re.compile(
    r'(?P<string>"""(?:\\.|(?!""")[^\\])*"{3,5}|\'\'\'(?:(?!\'\'\').)*\'{3,5}'
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<space>[ \t\r]+|\#[^\n]*)|(?P<mark>[\n\[\]{}=,.])|(?P<word>[^\s\[\]{}=,.\"'\#]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where everything in one file stands; without lines it still names file and field."""

    file: str
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def of(self, *path: str | int) -> Place:
        """The place of the key at *path*, or of the nearest table around it when it is missing."""
        line = next(
            (self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), None
        )
        names = ".".join(part for part in path if isinstance(part, str))
        return Place(self.file, line, names or None)


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """The line, counted from 1, of every key and list element in *text*, which is valid TOML."""
    return _Reading(text).document()


@dataclass(slots=True)
class _Token:
    text: str
    line: int


class _Reading:
    """One walk through a file; knowing that it is valid, it looks at no more than it must."""

    def __init__(self, text: str) -> None:
        self.tokens: list[_Token] = []
        line = 1
        for match in _TOKEN.finditer(text):
            if match.lastgroup != "space":
                self.tokens.append(_Token(match.group(), line))
            line += match.group().count("\n")
        self.place = 0
        self.found: dict[KeyPath, int] = {}
        self.tables: Counter[KeyPath] = Counter()

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while (token := self._next()) is not None:
            if token.text == "[":
                table = self._header(token.line)
            elif token.text != "\n":
                self.place -= 1
                self._pair(table)
        return self.found

    def _next(self) -> _Token | None:
        if self.place >= len(self.tokens):
            return None
        self.place += 1
        return self.tokens[self.place - 1]

    def _peek(self) -> str:
        return self.tokens[self.place].text if self.place < len(self.tokens) else "\n"

    def _header(self, line: int) -> KeyPath:
        is_list = self._peek() == "["
        path: KeyPath = ()
        names = self._names_until("]")
        for depth, name in enumerate(names, start=1):
            path = (*path, name)
            self.found.setdefault(path, line)
            if is_list and depth == len(names):
                self.tables[path] += 1
            if self.tables[path]:
                path = (*path, self.tables[path] - 1)
                self.found.setdefault(path, line)
        return path

    def _names_until(self, end: str) -> list[str]:
        names: list[str] = []
        while (token := self._next()) is not None and token.text != end:
            if token.text not in "[.":
                names.append(token.text.strip("\"'"))
        if end == "]" and self._peek() == "]":
            self.place += 1
        return names

    def _pair(self, table: KeyPath) -> None:
        line = self.tokens[self.place].line
        path = table
        for name in self._names_until("="):
            path = (*path, name)
            self.found.setdefault(path, line)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        match self._peek():
            case "[":
                self._list(path)
            case "{":
                self._inline_table(path)
            case _:
                while self._peek() not in "\n,]}":
                    self.place += 1

    def _list(self, path: KeyPath) -> None:
        self.place += 1
        element = 0
        while (token := self._next()) is not None and token.text != "]":
            if token.text == ",":
                element += 1
            elif token.text != "\n":
                self.place -= 1
                self.found.setdefault((*path, element), token.line)
                self._value((*path, element))

    def _inline_table(self, path: KeyPath) -> None:
        self.place += 1
        while (token := self._next()) is not None and token.text != "}":
            if token.text not in "\n,":
                self.place -= 1
                self._pair(path)
