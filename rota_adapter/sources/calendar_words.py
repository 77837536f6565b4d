"""What the words of an event say: which position, and who."""

import re
import unicodedata
from typing import NamedTuple

from rota_adapter.people import People
from rota_adapter.sources.calendar_text import Property
from routing.ids import TherapistId

_POSITIONS = {"primär": 1, "primary": 1, "bakjour": 2, "backup": 2}
_NUMBER = re.compile(r"(?:position )?(\d{1,3})", re.ASCII)
_PREFIX = re.compile(r"\s*(?:\[([^\]:]{1,40})\]:?|([^:\[\]]{1,40}):)\s*(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SEPARATOR = re.compile(r"(?<!\\),")


class Attendee(NamedTuple):
    """Somebody invited: the mail address, the name, and whether she said no."""

    mail: str
    name: str
    has_declined: bool


class Words(NamedTuple):
    """What people wrote into an event."""

    summary: str
    categories: tuple[str, ...]
    attendees: tuple[Attendee, ...]


def read_words(found: dict[str, list[Property]]) -> Words:
    """The words among the properties of an event."""
    summaries = found.get("SUMMARY", ())
    return Words(
        _text(summaries[0].value) if summaries else "",
        tuple(
            _text(word)
            for some in found.get("CATEGORIES", ())
            for word in _SEPARATOR.split(some.value)
        ),
        tuple(
            Attendee(
                re.sub("^mailto:", "", some.value, flags=re.IGNORECASE),
                some.parameters.get("CN", ""),
                some.parameters.get("PARTSTAT", "").upper() == "DECLINED",
            )
            for some in found.get("ATTENDEE", ())
        ),
    )


def position_of(words: Words) -> int | None:
    """
    The position that an event is for: what a category says, else a prefix of the summary, else 1.

    A position is a number, `position 2`, `Primär` or `primary` for 1, `Bakjour` or `backup` for 2;
    a prefix is one of them before a colon or in brackets.  None when the categories name two.
    """
    named = {number for word in words.categories if (number := _position(word)) is not None}
    if len(named) > 1:
        return None
    prefixed, _ = _split(words.summary)
    return named.pop() if named else prefixed if prefixed is not None else 1


def person_of(words: Words, people: People) -> TherapistId | None:
    """
    Who an event is about; None when that is nobody who is known.

    The summary, without the prefix for a position; else the only one who is invited.  A name is
    never taken apart: half of it may be somebody else.
    """
    _, name = _split(words.summary)
    found = people.find(words.summary) or people.find(name)
    if found is None and len(words.attendees) == 1:
        found = _attendee(words.attendees[0], people)
    return found


def has_declined(words: Words, person: TherapistId | None, people: People) -> bool:
    """Whether the one whom the event is about has said no; a guest's answer is her own affair."""
    if len(words.attendees) == 1:
        return words.attendees[0].has_declined
    return person is not None and any(
        invited.has_declined and _attendee(invited, people) == person for invited in words.attendees
    )


def _attendee(invited: Attendee, people: People) -> TherapistId | None:
    return people.find(invited.mail) or people.find(invited.name)


def _split(summary: str) -> tuple[int | None, str]:
    """The position before the name, and the name; no position when none is there."""
    match = _PREFIX.fullmatch(summary)
    position = _position(match[1] or match[2] or "") if match is not None else None
    return (position, match[3]) if match is not None and position is not None else (None, summary)


def _position(word: str) -> int | None:
    folded = " ".join(unicodedata.normalize("NFC", word).casefold().split())
    match = _NUMBER.fullmatch(folded)
    return int(match[1]) if match is not None else _POSITIONS.get(folded)


def _text(value: str) -> str:
    """*value* without its escapes (RFC 5545, 3.3.11)."""
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value).strip()
