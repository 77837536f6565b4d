"""What was found in a source: the shifts, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from routing.errors import InvalidInput, Place
from routing.finding import Finding, Severity
from routing.rota import Shift


class Unusable(InvalidInput):
    """A source that makes no sense as a whole; *rule* is the code of what was found."""

    code = "unusable_source"

    def __init__(self, rule: str, message: str, place: Place | None = None) -> None:
        super().__init__(message, place)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Reading:
    """Every shift that could be read, and a finding for whatever could not or looks odd."""

    shifts: tuple[Shift, ...]
    findings: tuple[Finding, ...] = ()


def all_or_none(reading: Reading) -> Reading:
    """
    *reading* itself, when nothing in it is an error.

    Raises:
        InvalidInput: naming file, line and field of the first thing that is.
    """
    fault = first_error(reading.findings)
    if fault is not None:
        raise InvalidInput(fault.message, fault.place)
    return reading


def first_error(findings: Iterable[Finding]) -> Finding | None:
    """The first finding that must be put right; None when there is none."""
    return next((f for f in findings if f.severity is Severity.ERROR), None)
