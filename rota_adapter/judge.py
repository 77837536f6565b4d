"""Whether what a source says may be gone by: it may change who is called, never make it nobody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rota_adapter.times import stated_span
from routing.finding import Finding, Severity
from routing.intervals import Interval, gaps, union
from routing.organisation import Line
from routing.rota import Rota, Shift

# How far ahead a thinner rota is refused outright: until somebody can have looked at it.
SOON = timedelta(hours=48)
_MOST_GONE = 1 / 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What calls are to go by from now on.

    *shifts* is None when the source is refused as a whole and the last good rota stays; *held*
    are those of them that the source is silent about.
    """

    shifts: tuple[Shift, ...] | None
    held: tuple[Shift, ...]
    findings: tuple[Finding, ...]


def judge(
    line: Line,
    new: Rota,
    in_use: Rota,
    ahead: Interval,
    said_before: Rota | None = None,
    may_be_rung: Callable[[Shift], bool] = lambda _: True,
) -> Verdict:
    """
    What becomes of a *new* reading when calls go by *in_use*.

    Refused as a whole: no shift ahead, an unknown person, nobody at an open hour of the next 48
    that the source covered before, or more than a third of all that is gone.  Where nothing is in
    use there is nothing to fall back on, and whatever can be read is better.  What is taken keeps
    the therapist of the last good rota wherever it names nobody, until a manager publishes it as
    it stands; what is in force just so is never refused again.

    Args:
        ahead: from now to as far as the source was asked.
        said_before: what the source itself said when it was last gone by, without what has been
            held since; as *in_use* where nothing is held.
        may_be_rung: whether the person may and can answer: a shift of anybody else covers nothing.
    """
    coming, lying = _ahead(new, ahead), _ahead(in_use, ahead)
    before = lying if said_before is None else _ahead(said_before, ahead)
    is_in_force = set(lying) == {s for s in coming if s.time.start < _end(lying)}
    refusal = None
    if lying and not is_in_force:
        fit = tuple(filter(may_be_rung, coming))
        refusal = _refusal(line, new, fit, tuple(filter(may_be_rung, before)), ahead)
    if refusal is not None:
        # A reader may have found the same; one fault is one thing to put right.
        others = (finding for finding in new.findings if finding.rule != refusal.rule)
        return Verdict(None, (), (*others, refusal))
    held = () if is_in_force else tuple(_held(line, filter(may_be_rung, coming), lying, ahead))
    said = tuple(_held_finding(shift, line) for shift in held)
    return Verdict((*coming, *held), held, (*new.findings, *said))


def _end(shifts: Iterable[Shift]) -> datetime:
    return max((shift.time.end for shift in shifts), default=datetime.max.replace(tzinfo=UTC))


def _ahead(rota: Rota, ahead: Interval) -> tuple[Shift, ...]:
    return tuple(shift for shift in rota.shifts if shift.time.overlap(ahead) is not None)


def _refusal(
    line: Line, new: Rota, coming: tuple[Shift, ...], lying: tuple[Shift, ...], ahead: Interval
) -> Finding | None:
    if not coming:
        return _refused("NO_SHIFTS", "the source has no shift ahead")
    if any(finding.rule == "UNKNOWN_NAME" for finding in new.findings):
        return _refused("UNKNOWN_PEOPLE", "the source names somebody who is not known here")
    soon = Interval(ahead.start, min(ahead.end, ahead.start + SOON))
    positions = range(1, line.positions + 1)
    for position in positions:
        # Hour by hour: more on another day is no help to whoever calls tonight, and what is held
        # now would count as lost at the next reading.
        if gaps(_held_in(position, coming), _covered(line, lying, position, soon)):
            words = (
                f"the source covers less of the next 48 hours in position {position} than before"
            )
            return _refused("COVERS_LESS", words)
    before, after = (
        sum((c.length for p in positions for c in _covered(line, s, p, ahead)), timedelta())
        for s in (lying, coming)
    )
    if after < before * (1 - _MOST_GONE):
        return _refused("SHIFTS_GONE", "more than a third of the coming shifts is gone")
    return None


def _refused(rule: str, message: str) -> Finding:
    remedy = "put the source right, or publish its draft if it is meant so"
    said = f"{message}; the last good rota stays in force"
    return Finding(rule, Severity.ERROR, None, None, None, said, remedy)


def _covered(
    line: Line, shifts: Iterable[Shift], position: int, span: Interval
) -> tuple[Interval, ...]:
    """The line's open hours in *span* in which somebody holds *position*."""
    held = union(_held_in(position, shifts))
    common = (stretch.overlap(time) for stretch in line.hours.within(span) for time in held)
    return tuple(c for c in common if c is not None)


def _held_in(position: int, shifts: Iterable[Shift]) -> Iterable[Interval]:
    return (shift.time for shift in shifts if shift.position == position)


def _held(
    line: Line, coming: Iterable[Shift], lying: Iterable[Shift], ahead: Interval
) -> Iterable[Shift]:
    wanted = line.hours.within(ahead)
    said = Rota(line.id, coming, source="", read_at=ahead.start)
    for position in range(1, line.positions + 1):
        for gap in said.gaps(wanted, position):
            for shift in lying:
                time = shift.time.overlap(gap) if shift.position == position else None
                if time is not None:
                    yield Shift(time, position, shift.therapist)


def _held_finding(shift: Shift, line: Line) -> Finding:
    when = stated_span(shift.time.start, shift.time.end, line.zone)
    return Finding(
        "HELD",
        Severity.WARNING,
        shift.therapist,
        shift.time.start,
        shift.time.end,
        f"the source names nobody in position {shift.position}, and {shift.therapist} stays",
        f"name somebody {when}, or publish the source's draft if nobody is right",
    )
