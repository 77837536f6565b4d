"""A sitting as a file: from when, and what was done.  A recording is one, and so is each story."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.demo.phone_lab.deeds import Deed, Do, Trouble
from app.intake.locate import Whereabouts, lines_of
from app.lab import phone_text
from app.lab.phone_text import PhoneTextError
from routing.errors import InvalidInput

ZONE = ZoneInfo("Europe/Stockholm")
_FIELDS = frozenset({"start", "deeds", "title", "about", "expect"})
_OF_A_DEED = frozenset({"do", "who", "words", "after"})
_WITH_SOMEBODY = frozenset(Do) - {Do.TROUBLE, Do.NO_TROUBLE, Do.RESTART, Do.TRAVEL, Do.WAIT}
_WITH_WORDS = frozenset(
    {Do.TEXT, Do.PRESS, Do.HABIT, Do.NOTE, Do.BROKEN, Do.TROUBLE, Do.NO_TROUBLE, Do.TRAVEL}
)
MOST_DEEDS = 10_000
_LONGEST_WAIT = 10_000_000  # seconds

_Kind = TypeVar("_Kind", Do, Trouble)


@dataclass(frozen=True, slots=True)
class Sitting:
    """
    What is done from *start* on; stories have a title and a few words about them by language.

    *expect* is what a story must come to; `app.demo.phone_lab.outcome` says what can stand there.
    """

    start: datetime
    deeds: tuple[Deed, ...]
    title: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    expect: Mapping[str, object] = field(default_factory=dict)


def is_sitting(path: Path) -> bool:
    """Whether the file at *path* tells of a sitting, rather than of the cast of one call."""
    try:
        return "deeds" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # whoever reads it says what is wrong


def read(path: Path) -> Sitting:
    """
    The sitting in the file at *path*.

    Raises:
        InvalidInput: it cannot be read or makes no sense; names the file, the line and the field.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise InvalidInput("cannot be read", Whereabouts(path.name).of()) from err
    return parsed(text, path.name)


def parsed(text: str, name: str) -> Sitting:
    """The sitting that *text* tells of; *name* stands in errors.  Raises as `read` does."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise InvalidInput(str(err), Whereabouts(name).of()) from err
    return _Reader(Whereabouts(name, lines_of(text))).sitting(table)


def written(start: datetime, deeds: Sequence[Deed]) -> str:
    """The file that `read` reads; the moment is given in Stockholm's time, with its offset."""
    moment = start.astimezone(ZONE).isoformat(timespec="seconds")
    return "\n".join(["# A sitting in the phone lab.", f"start = {moment}", *_tables(deeds), ""])


def _tables(deeds: Sequence[Deed]) -> Iterator[str]:
    for deed in deeds:
        yield "\n[[deeds]]"
        yield f"do = {_quoted(deed.do)}"
        for name, value in (("who", deed.who), ("words", deed.words)):
            if value:
                yield f"{name} = {_quoted(value)}"
        if deed.after:
            yield f"after = {deed.after:g}"


def _quoted(text: str) -> str:
    """Every JSON string without astral escapes is a TOML string; DEL alone must be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


class _Reader:
    def __init__(self, where: Whereabouts) -> None:
        self._where = where

    def sitting(self, table: Mapping[str, object]) -> Sitting:
        self._only(table, _FIELDS)
        start = table.get("start")
        if not isinstance(start, datetime):
            raise InvalidInput(
                "must be a moment such as 2026-11-20T19:04:00", self._where.of("start")
            )
        deeds = table.get("deeds", [])
        if not isinstance(deeds, list) or len(deeds) > MOST_DEEDS:
            raise InvalidInput(f"must be at most {MOST_DEEDS} tables", self._where.of("deeds"))
        return Sitting(
            start if start.tzinfo is not None else start.replace(tzinfo=ZONE),
            tuple(self._deed(one, place) for place, one in enumerate(deeds)),
            self._words(table, "title"),
            self._words(table, "about"),
            self._table(table, "expect"),
        )

    def _deed(self, one: object, place: int) -> Deed:
        if not isinstance(one, dict):
            raise InvalidInput("must be a table", self._where.of("deeds", place))
        self._only(one, _OF_A_DEED, "deeds", place)
        do = self._one_of(Do, one.get("do"), place, "do")
        who, words = self._text(one, "who", place), self._text(one, "words", place)
        for name, value, needed in (
            ("who", who, do in _WITH_SOMEBODY),
            ("words", words, do in _WITH_WORDS),
        ):
            if needed and not value:
                raise InvalidInput(f"“{do}” needs it", self._where.of("deeds", place, name))
            if value and not needed:
                raise InvalidInput(f"“{do}” has none", self._where.of("deeds", place, name))
        if do in {Do.TROUBLE, Do.NO_TROUBLE}:
            self._one_of(Trouble, words, place, "words")
        if do is Do.HABIT:
            try:
                phone_text.phone(words)
            except PhoneTextError as err:
                raise InvalidInput(str(err), self._where.of("deeds", place, "words")) from err
        if do is Do.TRAVEL:
            self._moment(words, place)
        return Deed(do, who, words, self._seconds(one, place))

    def _moment(self, words: str, place: int) -> None:
        try:
            datetime.fromisoformat(words)
        except ValueError:
            raise InvalidInput(
                "must be a moment such as 2026-11-20T19:04:00",
                self._where.of("deeds", place, "words"),
            ) from None

    def _seconds(self, one: Mapping[str, object], place: int) -> float:
        after = one.get("after", 0)
        is_number = isinstance(after, int | float) and not isinstance(after, bool)
        if not is_number or not 0 <= float(str(after)) <= _LONGEST_WAIT:
            raise InvalidInput("must be seconds", self._where.of("deeds", place, "after"))
        return float(str(after))

    def _text(self, one: Mapping[str, object], name: str, place: int) -> str:
        value = one.get(name, "")
        if not isinstance(value, str):
            raise InvalidInput("must be text in quotes", self._where.of("deeds", place, name))
        return value

    def _one_of(self, kind: type[_Kind], value: object, place: int, name: str) -> _Kind:
        try:
            return kind(str(value))
        except ValueError:
            known = ", ".join(kind)
            raise InvalidInput(
                f"must be one of: {known}", self._where.of("deeds", place, name)
            ) from None

    def _words(self, table: Mapping[str, object], name: str) -> Mapping[str, str]:
        found = self._table(table, name)
        return {language: str(words) for language, words in found.items()}

    def _table(self, table: Mapping[str, object], name: str) -> Mapping[str, object]:
        found = table.get(name, {})
        if not isinstance(found, dict):
            raise InvalidInput("must be a table", self._where.of(name))
        return found

    def _only(self, table: Mapping[str, object], known: frozenset[str], *path: str | int) -> None:
        for name in table:
            if name not in known:
                raise InvalidInput("there is no such field", self._where.of(*path, name))
