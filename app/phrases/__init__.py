"""The phrase catalogue: everything that people hear or read, a file for each language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from routing.errors import InvalidInput, Place

FIRST = "sv"
_FOLDER = Path(__file__).parent
# A folder for each language; a recording takes over from the voice that would read the phrase.
RECORDINGS = _FOLDER / "recordings"


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's phrases, and the voice that speaks them."""

    language: str  # the carrier's code, such as sv-SE
    voice: str
    spoken: Mapping[str, str]
    written: Mapping[str, str]
    names: Mapping[str, str]  # what languages and roles are called in this one
    recordings: Mapping[str, str]  # phrases that somebody has read in: key to path below RECORDINGS


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
        return Phrases(
            read["language"],
            read["voice"],
            read["spoken"],
            read["written"],
            read["names"],
            _recordings(language),
        )
    except (tomllib.TOMLDecodeError, KeyError) as err:
        raise InvalidInput(f"not a phrase file: {err}", Place(path.name)) from err


def missing(language: str) -> tuple[str, ...]:
    """The phrases that *language* lacks, as ``section.key``: each must be written or read in."""
    own, first = phrases(language), phrases(FIRST)
    if own is first and language != FIRST:
        return ("everything",)
    return (
        *(f"spoken.{k}" for k in first.spoken if k not in {**own.spoken, **own.recordings}),
        *(f"written.{k}" for k in first.written if k not in own.written),
        *(f"names.{k}" for k in first.names if k not in own.names),
    )


def _recordings(language: str) -> Mapping[str, str]:
    files = sorted((RECORDINGS / language).glob("*.*"))
    return {
        file.stem: f"{language}/{file.name}" for file in files if file.suffix in {".wav", ".mp3"}
    }


def languages() -> tuple[str, ...]:
    """The languages that have a file of phrases."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
