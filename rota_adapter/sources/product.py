"""What the on-call products have in common: limited spans, JSON, and people with several names."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec

from rota_adapter.people import People
from rota_adapter.reading import Reading, Unusable
from routing.errors import Place
from routing.finding import Finding, Severity
from routing.intervals import Interval
from routing.rota import Shift

_Answer = TypeVar("_Answer")


class Entry(NamedTuple):
    """Somebody on call in a position: *names* is everything that the product calls her."""

    position: int
    names: tuple[str, ...]
    time: Interval


def pieces(span: Interval, longest: timedelta) -> tuple[Interval, ...]:
    """*span* in order, cut so that no piece is longer than *longest*."""
    found: list[Interval] = []
    start = span.start
    while start < span.end:
        end = min(start + longest, span.end)
        found.append(Interval(start, end))
        start = end
    return tuple(found)


def midnight(moment: datetime) -> datetime:
    """
    The midnight before *moment*, in UTC.

    Shifts that are cut where the question ends are cut there all day long; at the moment of each
    question, they would make every snapshot differ from the one before.
    """
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def decoded(product: str, content: bytes, kind: type[_Answer]) -> _Answer:
    """
    The answer *content* of *product*.

    Raises:
        Unusable: it is not JSON, or not what the product's API describes.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise not_an_answer(product) from None  # the cause would quote what stands there


def not_an_answer(product: str, message: str = "") -> Unusable:
    return Unusable(
        "NOT_AN_ANSWER",
        message or "the answer is not what its interface describes",
        Place(product),
    )


def as_reading(product: str, entries: Iterable[Entry], people: People) -> Reading:
    """A shift for every entry whose person is known, and a finding for every other."""
    shifts: list[Shift] = []
    findings: list[Finding] = []
    for entry in dict.fromkeys(entries):  # two questions may have brought the same one
        known = (people.find(name) for name in entry.names if name)
        therapist = next((who for who in known if who is not None), None)
        if therapist is not None:
            shifts.append(Shift(entry.time, entry.position, therapist))
        else:
            findings.append(_unknown(product, entry))
    return Reading(tuple(shifts), tuple(findings))


def _unknown(product: str, entry: Entry) -> Finding:
    return Finding(
        "UNKNOWN_NAME",
        Severity.ERROR,
        None,
        entry.time.start,
        entry.time.end,
        f"whoever is on call in position {entry.position} is nobody in the organisation file",
        "say in the line's rota.map who is meant by the name, or give the therapist that name",
        Place(product, field=f"schedule {entry.position}"),
    )
