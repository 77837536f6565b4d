"""A request, worked out into a problem to be solved."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from rota_adapter.findings import Fault, faults
from rota_adapter.planner.blocks import blocks
from rota_adapter.planner.problem import Bar, Block, Place, Problem, Wanted
from rota_adapter.planner.request import HISTORY, Request
from rota_adapter.planner.rests import rest_weeks
from rota_adapter.planner.shares import Past, shares
from routing.finding import Severity
from routing.ids import TherapistId
from routing.intervals import Interval, gaps, inside, union
from routing.rest import findings as rest_findings
from routing.rest import overlaps
from routing.work import A_DAY, Work, dates, total

# Ordinary leave is everybody's and changes nobody's share; four weeks in a row are what the law
# gives every summer.  Source: semesterlagen (1977:480) 12 §.
_LONG_AWAY = timedelta(weeks=4)
_WEEKENDS_SEEN = timedelta(weeks=3)


@dataclass(frozen=True)
class Layout:
    """What a request comes to: its blocks, who may hold them, and the problem to be solved."""

    request: Request

    @cached_property
    def works(self) -> Mapping[TherapistId, Work]:
        """Everybody's work without any standby."""
        organisation = self.request.organisation
        away = self.request.absences
        return {
            therapist: Work(
                therapist,
                organisation.working_time_of(therapist),
                absences=tuple(a for a in away if a.therapist == therapist),
            )
            for therapist in organisation.therapists
        }

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return self._blocks(self.request.first, self.request.last)

    @cached_property
    def span(self) -> Interval:
        """From the first block's start to the last one's end."""
        times = [time for block in self.blocks for time in block.times]
        return Interval(min(t.start for t in times), max(t.end for t in times))

    @cached_property
    def standing(self) -> Mapping[TherapistId, tuple[Interval, ...]]:
        """The standby that no plan changes: before it, after it, and on other lines."""
        times: dict[TherapistId, list[Interval]] = {therapist: [] for therapist in self.works}
        for shift in self.request.elsewhere:
            times.setdefault(shift.therapist, []).append(shift.time)
        for shift in self.request.in_force:
            times.setdefault(shift.therapist, []).extend(gaps([self.span], [shift.time]))
        return {therapist: union(found) for therapist, found in times.items()}

    @cached_property
    def barred(self) -> Mapping[tuple[TherapistId, int], Bar]:
        """Why somebody may not hold a block, for each that she may not."""
        return {
            (therapist, place): bar
            for therapist in self.works
            for place, block in enumerate(self.blocks)
            if (bar := self._bar(therapist, block)) is not None
        }

    @cached_property
    def left_out(self) -> Mapping[TherapistId, str]:
        """Who may hold no block at all, and why."""
        found: dict[TherapistId, str] = {}
        for therapist, work in self.works.items():
            errors = (
                one.rule for one in rest_findings(work, self.span) if one.severity is Severity.ERROR
            )
            broken = next(errors, None)
            why = (fault for block in self.blocks for fault in self.faults(therapist, block))
            fault = next(why, None)
            if broken is not None:
                found[therapist] = f"the ordinary hours of {therapist} break {broken}"
            elif all((therapist, place) in self.barred for place in range(len(self.blocks))):
                away = f"{therapist} is away, at work or on another line all the time"
                found[therapist] = away if fault is None else fault.message
        return found

    @cached_property
    def team(self) -> tuple[TherapistId, ...]:
        """Those who may hold a block at least, in the organisation's order."""
        return tuple(therapist for therapist in self.works if therapist not in self.left_out)

    @cached_property
    def past(self) -> tuple[Past, ...]:
        """The blocks of the half-year before that somebody held."""
        if not self.request.in_force:
            return ()
        before = self._blocks(self.request.first - HISTORY, self.request.first)
        found = (Past(block, self._holders(block)) for block in before)
        return tuple(one for one in found if one.held)

    @cached_property
    def problem(self) -> Problem:
        request, therapists = self.request, self.request.organisation.therapists
        days = tuple(dates(request.first, request.last - A_DAY))
        mine = {
            therapist: {
                place: block
                for place, block in enumerate(self.blocks)
                if (therapist, place) not in self.barred
            }
            for therapist in self.team
        }
        return Problem(
            positions=request.line.positions,
            blocks=self.blocks,
            team=self.team,
            district_of={t: therapists[t].district for t in self.team},
            barred={key: bar for key, bar in self.barred.items() if key[0] in mine},
            rest_weeks=tuple(
                week
                for therapist, own in mine.items()
                for week in rest_weeks(self._bound(therapist), own, days)
            ),
            clashes=tuple(
                (therapist, place, day)
                for therapist, own in mine.items()
                for place, block in own.items()
                for day in self._dates(block)
            ),
            shares=shares(
                self.team,
                self.blocks,
                request.line.positions,
                self._counts_for,
                self._may_hold,
                self.past,
            ),
            weekends=self._weekends(),
            wishes=tuple(self._wishes()),
            kept=dict(self._kept()) if request.keep else {},
            mix=request.mix,
            weights=request.weights,
        )

    def _blocks(self, first: date, last: date) -> tuple[Block, ...]:
        # Leave is no reason to hand the line over at other hours.
        works = [replace(self.works[t], absences=()) for t in self._fit_some_day]
        return blocks(self.request.line, first, last, works, self.request.weekend)

    @cached_property
    def _fit_some_day(self) -> tuple[TherapistId, ...]:
        days = tuple(dates(self.request.first, self.request.last - A_DAY))
        return tuple(t for t in self.works if not all(self._faults_of[t](day) for day in days))

    @cached_property
    def _faults_of(self) -> Mapping[TherapistId, Callable[[date], tuple[Fault, ...]]]:
        """For each person, why she may not be on standby on a date."""
        organisation, line = self.request.organisation, self.request.line
        known: dict[tuple[TherapistId, date], tuple[Fault, ...]] = {}

        def of(therapist: TherapistId, day: date) -> tuple[Fault, ...]:
            if (therapist, day) not in known:
                known[therapist, day] = tuple(faults(organisation, line, therapist, day))
            return known[therapist, day]

        return {t: lambda day, t=t: of(t, day) for t in organisation.therapists}  # type: ignore[misc]

    def faults(self, therapist: TherapistId, block: Block) -> Iterator[Fault]:
        """Why *therapist* may not be on standby on a date that *block* touches, R20."""
        for day in self._dates(block):
            yield from self._faults_of[therapist](day)

    def _dates(self, block: Block) -> tuple[date, ...]:
        """The dates that *block* touches."""
        zone = self.request.line.zone
        return tuple(
            day
            for time in block.times
            for day in dates(
                time.start.astimezone(zone).date(),
                (time.end - datetime.resolution).astimezone(zone).date(),
            )
        )

    def _bar(self, therapist: TherapistId, block: Block) -> Bar | None:
        if next(self.faults(therapist, block), None) is not None:
            return Bar.UNFIT
        if any(inside(self.standing[therapist], time) for time in block.times):
            return Bar.ELSEWHERE
        return _bar_of_work(self.works[therapist], block)

    def _may_hold(self, therapist: TherapistId, block: Block) -> bool:
        return self._bar(therapist, block) is None

    def _counts_for(self, therapist: TherapistId, block: Block) -> bool:
        """Whether *block* is one of those that she has a share of."""
        work = self.works[therapist]
        away = union(absence.time for absence in work.absences)
        long_away = [time for time in away if time.length > _LONG_AWAY]
        return (
            next(self.faults(therapist, block), None) is None
            and _bar_of_work(replace(work, absences=()), block) is None
            and not any(inside(long_away, time) for time in block.times)
        )

    def _bound(self, therapist: TherapistId) -> Work:
        """Her work with the standby that no plan changes."""
        return replace(self.works[therapist], standby=self.standing[therapist])

    def _holders(self, block: Block) -> Mapping[int, TherapistId]:
        """Who has most of each position of *block* in the rota in force."""
        held: dict[tuple[int, TherapistId], timedelta] = {}
        for shift in self.request.in_force:
            common = total(inside(block.times, shift.time))
            if common:
                key = (shift.position, shift.therapist)
                held[key] = held.get(key, timedelta()) + common
        # The last one wins, and that is who has most; of two alike, the first by name.
        ranked = sorted(held.items(), key=lambda one: one[0][1], reverse=True)
        ranked.sort(key=lambda one: one[1])
        return {position: therapist for (position, therapist), _ in ranked}

    def _weekends(self) -> Mapping[tuple[TherapistId, date], frozenset[int]]:
        first, last = self.request.first, self.request.last
        if not self.request.in_force:
            return {}
        around = (
            *self._blocks(first - _WEEKENDS_SEEN, first),
            *self._blocks(last, last + _WEEKENDS_SEEN),
        )
        found: dict[tuple[TherapistId, date], frozenset[int]] = {}
        for block in around:
            if block.kind.is_weekend:
                for position, therapist in self._holders(block).items():
                    key = (therapist, block.week)
                    found[key] = found.get(key, frozenset()) | {position}
        return found

    def _wishes(self) -> Iterator[tuple[TherapistId, tuple[int, ...], Wanted]]:
        for wish in self.request.wishes:
            touched = tuple(
                place
                for place, block in enumerate(self.blocks)
                if inside(block.times, wish.time) and (wish.therapist, place) not in self.barred
            )
            if touched and wish.therapist in self.team:
                yield wish.therapist, touched, wish.wanted

    def _kept(self) -> Iterator[tuple[Place, TherapistId]]:
        for place, block in enumerate(self.blocks):
            for position, therapist in self._holders(block).items():
                if therapist in self.team and (therapist, place) not in self.barred:
                    yield (place, position), therapist


def _bar_of_work(work: Work, block: Block) -> Bar | None:
    """R9, asked of `routing.rest` as if the block were hers."""
    hull = Interval(block.times[0].start, block.times[-1].end)
    for found in overlaps(replace(work, standby=block.times), hull):
        return Bar.AWAY if "away" in found.numbers else Bar.AT_WORK
    return None
