"""What of the coming fortnight nobody can answer, by hour, by person and by district."""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from rota_adapter.findings import by_day, check
from routing.finding import Finding
from routing.ids import DistrictId, TherapistId
from routing.intervals import Interval, gaps, union
from routing.organisation import Line, Organisation
from routing.rota import Rota


@dataclass(frozen=True, slots=True)
class Coverage:
    """
    What of the coming fortnight of a line nobody has, or somebody who cannot be rung.

    *unheard* are the times of a district for whose callers nobody of those on standby may be rung;
    *without_fallback* those of the line's own hours in which every fallback is closed.
    """

    line: Line
    findings: tuple[Finding, ...]
    unheard: tuple[tuple[DistrictId, Interval], ...] = ()
    without_fallback: tuple[Interval, ...] = ()


def cover(
    organisation: Organisation,
    line: Line,
    rota: Rota,
    span: Interval,
    opted_out: Container[TherapistId] = (),
) -> Coverage:
    """What is wrong with *rota* in *span*, for every hour that the line is open."""
    return Coverage(
        line,
        check(organisation, line, rota, span, opted_out),
        tuple(_unheard(organisation, line, rota, span)),
        _without_fallback(line, span),
    )


def _unheard(
    organisation: Organisation, line: Line, rota: Rota, span: Interval
) -> Iterator[tuple[DistrictId, Interval]]:
    """
    When somebody is on standby, but nobody who may be rung for a district's callers.

    Somebody who may not is a finding by herself; that nobody else may either is another.

    Source: docs/architecture.md, promises 1 and 2.
    """
    # By the day, in the line's own calendar: mandates, people and districts begin and end with one.
    wanted = [day for open_ in line.hours.within(span) for day in by_day(open_, line.zone)]
    heard: dict[DistrictId, list[Interval]] = {}
    there: dict[DistrictId, list[Interval]] = {}
    for day in wanted:
        today = line.today(day.start)
        on_duty = [
            (known, common)
            for shift in rota.shifts
            if (common := shift.time.overlap(day)) is not None
            and (known := organisation.therapists.get(shift.therapist)) is not None
            and today in known.active
            and known.phone is not None
        ]
        for home in dict.fromkeys(organisation.current(d, today) for d in line.districts):
            district = organisation.districts.get(home)
            if district is None or today not in district.valid:
                continue
            there.setdefault(home, []).append(day)
            heard.setdefault(home, []).extend(
                common for known, common in on_duty if organisation.may_answer(known, home, today)
            )
    nobody_at_all = gaps((shift.time for shift in rota.shifts), wanted)
    for home, open_ in there.items():
        manned = gaps(nobody_at_all, open_)
        for stretch in gaps(heard[home], manned):
            yield home, stretch


def _without_fallback(line: Line, span: Interval) -> tuple[Interval, ...]:
    """When the line is open and has fallbacks, but none that is."""
    hours = [fallback.hours for fallback in line.fallback]
    always = [one for one in hours if one is None]
    if always or not hours:
        return ()
    open_ = union(stretch for one in hours if one is not None for stretch in one.within(span))
    return gaps(open_, line.hours.within(span))
