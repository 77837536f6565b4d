"""Reads the file that says what the caller and the phones of one call do."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.lab import phone_text
from app.lab.dial import E164
from app.lab.phone_text import PhoneTextError
from app.lab.phones import NOBODY_THERE, STAYS, Behaviour
from app.lab.variant import Variant

T = TypeVar("T")
_FIELDS = frozenset({"caller", "phones", "default", "variant"})


class ScriptError(ValueError):
    """A script that cannot be played; names the file, the line where known, and the field."""


@dataclass(frozen=True, slots=True)
class Script:
    """A call's cast; *phones* by number, one behaviour per attempt."""

    caller: Behaviour = STAYS
    phones: Mapping[str, tuple[Behaviour, ...]] = field(default_factory=dict)
    default: Behaviour = NOBODY_THERE
    variant: Variant = Variant.A


def read(path: Path, people: Mapping[str, str]) -> Script:
    """
    The script in the file at *path*; *people* gives the number behind each name.

    Raises:
        ScriptError: it cannot be read, or a field makes no sense.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise ScriptError(f"{path}: cannot be read") from err
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ScriptError(f"{path}: {err}") from err
    return _Reader(str(path), text, people).script(table)


class _Reader:
    def __init__(self, name: str, text: str, people: Mapping[str, str]) -> None:
        self._name = name
        self._lines = text.splitlines()
        self._people = people

    def script(self, table: Mapping[str, object]) -> Script:
        self._only(table, _FIELDS, "")
        caller = self._table(table, "caller")
        self._only(caller, frozenset({"does"}), "caller.")
        return Script(
            caller=self._understood("does", caller.get("does", ""), phone_text.caller),
            phones={
                self._number(name): self._attempts(name, does)
                for name, does in self._table(table, "phones").items()
            },
            default=self._understood(
                "default", table.get("default", "no answer"), phone_text.phone
            ),
            variant=self._understood("variant", table.get("variant", "A"), Variant),
        )

    def _only(self, table: Mapping[str, object], known: frozenset[str], where: str) -> None:
        for name in table:
            if name not in known:
                raise self._error(name, f"there is no field “{where}{name}”")

    def _table(self, table: Mapping[str, object], name: str) -> Mapping[str, object]:
        found = table.get(name, {})
        if not isinstance(found, dict):
            raise self._error(name, "is a table of its own, in square brackets")
        return found

    def _number(self, name: str) -> str:
        if E164.fullmatch(name):
            return name
        if name not in self._people:
            raise self._error(name, "is neither a number such as +46… nor anybody known")
        return self._people[name]

    def _attempts(self, name: str, does: object) -> tuple[Behaviour, ...]:
        sentences = does if isinstance(does, list) else [does]
        if not sentences:
            raise self._error(name, "the list of attempts is empty")
        return tuple(self._understood(name, text, phone_text.phone) for text in sentences)

    def _understood(self, field_: str, text: object, read_text: Callable[[str], T]) -> T:
        if not isinstance(text, str):
            raise self._error(field_, "is not text in quotes")
        try:
            return read_text(text)
        except PhoneTextError as err:
            raise self._error(field_, str(err)) from err
        except ValueError as err:
            raise self._error(field_, f"“{text}” is not possible here") from err

    def _error(self, field_: str, words: str) -> ScriptError:
        pattern = re.compile(rf"\s*\[?[\"']?{re.escape(field_)}[\"']?\s*[=\]]")
        places = (n for n, line in enumerate(self._lines, 1) if pattern.match(line))
        place = next(places, None)
        where = f"{self._name}, line {place}" if place else self._name
        return ScriptError(f"{where}: {field_}: {words}")
