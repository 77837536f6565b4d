"""A handover as plain text, 80 columns wide."""

from collections.abc import Iterable, Iterator

from app.duty.handover_document.harmless import columns, harmless
from app.duty.handover_document.sheet import Fact, Sheet

WIDTH = 80
_LABEL, _MOMENT = 24, 36  # columns of what stands before a text
_RULE = "-" * WIDTH


def as_text(sheet: Sheet) -> str:
    """*sheet* for a terminal or a printer; it ends with a line break."""
    return "\n".join(_lines(sheet)) + "\n"


def history_as_text(history: Iterable[Fact]) -> Iterator[str]:
    """What has become of a handover: when, and what."""
    return _facts(history, _MOMENT)


def _facts(facts: Iterable[Fact], room: int) -> Iterator[str]:
    """One or more lines for each of *facts*, its label first."""
    for fact in facts:
        label = harmless(fact.label)
        if columns(label) >= room:
            yield from _wrapped(label, WIDTH)
            label = ""
        for line in _wrapped(harmless(fact.text), WIDTH - room):
            padding = " " * (room - columns(label))
            yield f"{label}{padding}{line}".rstrip()
            label = ""


def _lines(sheet: Sheet) -> Iterator[str]:
    yield from _wrapped(harmless(f"{sheet.title}: {sheet.lead}"), WIDTH)
    yield ""
    yield from _facts(sheet.facts, _LABEL)
    for entry in sheet.entries:
        yield _RULE
        mark = f"{entry.mark} · " if entry.mark else ""
        yield from _wrapped(f"{mark}{harmless(entry.title)}", WIDTH)
        yield from _facts(entry.facts, _LABEL)
    yield _RULE
    yield sheet.words.word("history")
    yield from history_as_text(sheet.history)
    yield ""
    yield sheet.words.word("secrecy")


def _wrapped(text: str, width: int) -> Iterator[str]:
    """*text* in lines no wider than *width* columns, at spaces where there are any."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if columns(longer) <= width:
                line = longer
                continue
            if line:
                yield line
            *full, line = _cut(word, width)
            yield from full
        yield line


def _cut(word: str, width: int) -> Iterator[str]:
    part = ""
    for char in word:
        if part and columns(part + char) > width:
            yield part
            part = ""
        part += char
    yield part
