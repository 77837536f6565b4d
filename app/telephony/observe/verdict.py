"""What a behaviour turned out to be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.telephony.observe.seen import Seen


class Kind(StrEnum):
    """How what was seen stands to what is assumed."""

    AS_ASSUMED = "as assumed"
    OTHERWISE = "otherwise"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Verdict:
    """*reading* names the variants of the built-in carrier that do so, where they differ."""

    kind: Kind
    what: str
    reading: str = ""


# The requests of one behaviour, in order, and what the operator answered.
Judge = Callable[[Sequence[Seen], Sequence[bool]], Verdict]


def assumed(what: str, reading: str = "") -> Verdict:
    """It is as the service takes it to be."""
    return Verdict(Kind.AS_ASSUMED, what, reading)


def otherwise(what: str) -> Verdict:
    """It is not."""
    return Verdict(Kind.OTHERWISE, what)


def unseen(what: str) -> Verdict:
    """What would show it did not come."""
    return Verdict(Kind.NOT_SEEN, what)
