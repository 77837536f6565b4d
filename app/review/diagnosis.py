"""One thing that is wrong with the service, for programs and for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from routing.finding import Severity

Value = str | int | datetime | date


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """
    One thing that is wrong; an error may cost a call.

    *code* is for programs and never changes; what it says stands in `app.console.doctor_words`.
    """

    code: str
    severity: Severity
    values: Mapping[str, Value] = field(default_factory=dict)


def error(code: str, /, **values: Value) -> Diagnosis:
    return Diagnosis(code, Severity.ERROR, values)


def warning(code: str, /, **values: Value) -> Diagnosis:
    return Diagnosis(code, Severity.WARNING, values)


def either(code: str, /, *, is_error: bool, **values: Value) -> Diagnosis:
    return Diagnosis(code, Severity.ERROR if is_error else Severity.WARNING, values)


def sorted_by_severity(found: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """*found*, what may cost a call first."""
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: order.index(one.severity)))


def may_lose_a_call(found: Iterable[Diagnosis]) -> bool:
    """Whether any of it may cost a call."""
    return any(one.severity is Severity.ERROR for one in found)
