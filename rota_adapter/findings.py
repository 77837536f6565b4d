"""What is wrong with a rota, and what to do about it."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

from rota_adapter.times import stated_span
from routing.finding import Finding, Severity
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval, union
from routing.organisation import Line, Organisation
from routing.rota import Rota, Shift

COVERAGE, ELIGIBILITY = "R17", "R20"


def check(
    organisation: Organisation,
    line: Line,
    rota: Rota,
    span: Interval,
    opted_out: Container[TherapistId] = (),
) -> tuple[Finding, ...]:
    """
    What is wrong with *rota* inside *span*, in the order it begins, errors first.

    R17: nobody in a position while the line is open, two people in one, one person in two.
    R20: somebody on standby who may not or cannot be rung for every district of the line, or who
    has *opted_out* of texts.

    Source: docs/architecture.md, promises 2 and 6.
    """
    found = (
        *_gaps(line, rota, span),
        *_double_bookings(line, rota, span),
        *_two_places_at_once(line, rota, span),
        *_unfit(organisation, line, rota, span),
        *_without_texts(rota, span, opted_out),
    )
    return in_order(found, span)


def in_order(found: Iterable[Finding], span: Interval) -> tuple[Finding, ...]:
    """*found* in the order it begins, errors first."""
    severities = list(Severity)

    def order(finding: Finding) -> tuple[datetime, int, str, str]:
        worst_first = severities.index(finding.severity)
        return finding.starts_at or span.start, worst_first, finding.rule, finding.message

    return tuple(sorted(found, key=order))


def _gaps(line: Line, rota: Rota, span: Interval) -> Iterator[Finding]:
    wanted = line.hours.within(span)
    for position in range(1, line.positions + 1):
        for gap in rota.gaps(wanted, position):
            yield Finding(
                COVERAGE,
                Severity.ERROR if position == 1 else Severity.WARNING,
                None,
                gap.start,
                gap.end,
                f"nobody is in position {position} while the line is open",
                f"put somebody in position {position} {_stated(gap, line)}",
            )


def _double_bookings(line: Line, rota: Rota, span: Interval) -> Iterator[Finding]:
    for one, other, overlap in rota.overlaps():
        common = overlap.overlap(span)
        if common is not None and one.therapist != other.therapist:
            yield Finding(
                COVERAGE,
                Severity.WARNING,
                other.therapist,
                common.start,
                common.end,
                f"{one.therapist} and {other.therapist} are both in position {one.position}",
                f"take one of them out of position {one.position} {_stated(common, line)}",
            )


def _two_places_at_once(line: Line, rota: Rota, span: Interval) -> Iterator[Finding]:
    by_therapist: dict[TherapistId, list[Shift]] = {}
    for shift in rota.shifts:
        by_therapist.setdefault(shift.therapist, []).append(shift)
    for therapist, shifts in by_therapist.items():
        for place, one in enumerate(shifts):
            for other in shifts[place + 1 :]:
                if other.time.start >= one.time.end:
                    break
                overlap = one.time.overlap(other.time)
                common = overlap.overlap(span) if overlap is not None else None
                if common is not None and one.position != other.position:
                    yield _in_two_places(therapist, one, other, common, line)


def _in_two_places(
    therapist: TherapistId, one: Shift, other: Shift, common: Interval, line: Line
) -> Finding:
    first, second = sorted((one.position, other.position))
    return Finding(
        COVERAGE,
        Severity.WARNING,
        therapist,
        common.start,
        common.end,
        f"{therapist} is in position {first} and in position {second}, and is rung only once",
        f"put somebody else in position {second} {_stated(common, line)}",
    )


def _unfit(organisation: Organisation, line: Line, rota: Rota, span: Interval) -> Iterator[Finding]:
    for shift in rota.shifts:
        time = shift.time.overlap(span)
        when: dict[Fault, list[Interval]] = {}
        for day in by_day(time, line.zone) if time is not None else ():
            for fault in faults(organisation, line, shift.therapist, line.today(day.start)):
                when.setdefault(fault, []).append(day)
        for fault, days in when.items():
            for stretch in union(days):
                yield Finding(
                    ELIGIBILITY,
                    Severity.ERROR,
                    shift.therapist,
                    stretch.start,
                    stretch.end,
                    fault.message,
                    f"put somebody else in position {shift.position} {_stated(stretch, line)}, "
                    f"or {fault.cure}",
                )


def _without_texts(
    rota: Rota, span: Interval, opted_out: Container[TherapistId]
) -> Iterator[Finding]:
    """Who has opted out is called about texts, so this costs minutes and not the child's words."""
    for shift in rota.shifts:
        time = shift.time.overlap(span)
        if time is not None and shift.therapist in opted_out:
            yield Finding(
                ELIGIBILITY,
                Severity.WARNING,
                shift.therapist,
                time.start,
                time.end,
                f"{shift.therapist} has opted out of texts",
                f"have {shift.therapist} send START to the line",
            )


@dataclass(frozen=True, slots=True)
class Fault:
    """Why somebody may not be on standby, and what would change that."""

    message: str
    cure: str


def faults(
    organisation: Organisation, line: Line, therapist: TherapistId, day: date
) -> Iterator[Fault]:
    """
    Why *therapist* may not or cannot be rung for every district of *line* on *day*, R20.

    Nothing where she may be on standby.

    Source: docs/architecture.md, promise 2.
    """
    known = organisation.therapists.get(therapist)
    if known is None:
        yield Fault(f"{therapist} is not in the organisation file", f"add {therapist} to it")
        return
    if day not in known.active:
        yield Fault(f"{therapist} is not active", f"change when {therapist} is active")
        return
    if known.phone is None:
        yield Fault(f"{therapist} has no telephone number", f"give {therapist} one")
    for home in dict.fromkeys(organisation.current(d, day) for d in line.districts):
        district = organisation.districts.get(home)
        is_there = district is not None and day in district.valid
        if is_there and not organisation.may_answer(known, home, day):
            yield Fault(
                f"{therapist} has no mandate of {home}",
                f"load a mandate of {home} for the staff of {known.district}",
            )


def by_day(time: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    """*time*, cut at every midnight of *zone*."""
    start = time.start
    while start < time.end:
        tomorrow = start.astimezone(zone).date() + timedelta(days=1)
        end = min(wall(tomorrow, clock(0), zone, last=False), time.end)
        yield Interval(start, end)
        start = end


def _stated(time: Interval, line: Line) -> str:
    return stated_span(time.start, time.end, line.zone)
