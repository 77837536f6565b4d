"""The phrase catalogue: everything that people hear or read, a file for each language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from routing.errors import InvalidInput, Place

FIRST = "sv"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's phrases, and the voice that speaks them."""

    language: str  # the carrier's code, such as sv-SE
    voice: str
    spoken: Mapping[str, str]
    written: Mapping[str, str]


@cache
def phrases(language: str) -> Phrases:
    """
    The phrases of *language*, or the Swedish ones where we do not speak it.

    Raises:
        InvalidInput: somebody edited the file into nonsense.
    """
    path = _FOLDER / f"{language}.toml"
    if not path.is_file():
        return phrases(FIRST)
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        return Phrases(read["language"], read["voice"], read["spoken"], read["written"])
    except (tomllib.TOMLDecodeError, KeyError) as err:
        raise InvalidInput(f"not a phrase file: {err}", Place(path.name)) from err


def languages() -> tuple[str, ...]:
    """The languages that have a file of phrases."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
