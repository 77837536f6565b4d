"""The problem as variables, constraints and costs for CP-SAT."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, floor

from ortools.sat.python import cp_model

from rota_adapter.planner.problem import (
    Kind,
    Problem,
    RestWeek,
    Rules,
    Running,
    Waived,
    Wanted,
)
from routing.ids import TherapistId

_A_DAY, _A_WEEK = timedelta(days=1), timedelta(weeks=1)

Term = cp_model.LinearExpr | int  # a number where nothing is left to decide


class Model:
    """
    What must hold, and in *cost* what is not wanted.

    Variables are who *holds* which position of which block, and who has which day *off*; all the
    rest is about those.  They come in the same order in every process, or one seed would not give
    one rota.
    """

    def __init__(self, problem: Problem, rules: Rules, waived: Waived) -> None:
        self.problem, self.rules, self.waived = problem, rules, waived
        self.cp = cp_model.CpModel()
        self.positions = range(1, problem.positions + 1)
        self.places = range(len(problem.blocks))
        self.holds = {
            (t, b, p): self.cp.new_bool_var(f"{t} holds {b}/{p}")
            for t in problem.team
            for b in self.places
            if (t, b) not in problem.barred
            for p in self.positions
        }
        self.off: dict[tuple[TherapistId, date], cp_model.IntVar] = {}
        for week in problem.rest_weeks:
            for day in sorted({day for way in week.ways for day in way.days_off}):
                key = (week.therapist, day)
                if key not in self.off:
                    self.off[key] = self.cp.new_bool_var(f"{week.therapist} off {day}")
        self.cost: list[Term] = []
        self._known: dict[tuple[TherapistId, date, tuple[int, ...]], Term] = {}
        self._build()

    def _build(self) -> None:
        self._cover()
        if self.problem.mix and not self.waived.mix:
            self._mix()
        if not self.waived.weekly_rest:
            self._rest()
        self._weekends()
        self._evenings()
        if not self.waived.coverage:
            self._share()
            self._wish()
            self._keep()
            self.cost.extend(self.problem.weights.day_off * off for off in self.off.values())
        if self.cost and not self.waived.cost:
            self.cp.minimize(sum(self.cost))

    def on(self, therapist: TherapistId, place: int) -> Term:
        """1 where she holds a position of that block, and else 0."""
        return sum(self._in(therapist, [place], self.positions))

    def _in(
        self, therapist: TherapistId, places: Iterable[int], positions: Iterable[int]
    ) -> Iterator[cp_model.IntVar]:
        wanted = tuple(positions)
        for b in places:
            for p in wanted:
                if (therapist, b, p) in self.holds:
                    yield self.holds[therapist, b, p]

    def _cover(self) -> None:
        for b in self.places:
            for p in self.positions:
                by = [self.holds[t, b, p] for t in self.problem.team if (t, b, p) in self.holds]
                if self.waived.coverage:
                    empty = self.cp.new_bool_var("")
                    by.append(empty)
                    # Position 1 is called first, so it is emptied last.
                    self.cost.append(empty * (3 if p == 1 else 2))
                self.cp.add_exactly_one(by)
            for t in self.problem.team:
                mine = list(self._in(t, [b], self.positions))
                if len(mine) > 1:
                    self.cp.add_at_most_one(mine)

    def _mix(self) -> None:
        districts = sorted(set(self.problem.district_of.values()))
        most = ceil(self.problem.positions / max(2, len(districts)))
        for b in self.places:
            for district in districts:
                own = (t for t in self.problem.team if self.problem.district_of[t] == district)
                self.cp.add(sum(self.on(t, b) for t in own) <= most)

    def _rest(self) -> None:
        for week in self.problem.rest_weeks:
            chosen = []
            for way in week.ways:
                literal = self.cp.new_bool_var("")
                chosen.append(literal)
                for day in sorted(way.days_off):
                    self.cp.add_implication(literal, self.off[week.therapist, day])
                for held in self._in(week.therapist, sorted(way.without), self.positions):
                    self.cp.add_implication(literal, ~held)
                if way.is_tight and not self.waived.coverage:
                    self.cost.append(self.problem.weights.tight_rest * literal)
            self.cp.add_at_least_one(chosen)
            self._cut(week)
        for t, b, day in self.problem.clashes:
            if (t, day) in self.off:
                self.cp.add(self.on(t, b) + self.off[t, day] <= 1)

    def _cut(self, week: RestWeek) -> None:
        """
        Say that a block which none of the ways without a day off allows costs such a day.

        It follows from the ways, and without it the solver proves nothing in reasonable time.
        """
        free = [way for way in week.ways if not way.days_off]
        days = sorted({day for way in week.ways for day in way.days_off})
        for b in sorted({b for way in free for b in way.without}):
            if all(b in way.without for way in free):
                off = sum(self.off[week.therapist, day] for day in days)
                self.cp.add(off >= self.on(week.therapist, b))

    def _weekends(self) -> None:
        mondays = sorted({b.week for b in self.problem.blocks if b.kind.is_weekend})
        if not mondays:
            return
        every = self.rules.first_of_weekends or 1
        firsts = {monday - n * _A_WEEK for monday in mondays for n in range(every)}
        for t in self.problem.team:
            for monday in sorted({mondays[0] - _A_WEEK, *mondays}):
                self._two_running(t, monday, monday + _A_WEEK)
            for monday in sorted(firsts) if every > 1 else ():
                self._one_of(t, [monday + n * _A_WEEK for n in range(every)])

    def _two_running(self, therapist: TherapistId, this: date, after: date) -> None:
        pair = [self._weekend(therapist, monday, self.positions) for monday in (this, after)]
        if all(isinstance(one, int) for one in pair):
            return  # nothing is left to decide
        if self.rules.running is Running.NOBODY:
            self.cp.add(sum(pair) <= 1)
            return
        if self.rules.running is Running.BACKUP:
            first = [self._weekend(therapist, monday, (1,)) for monday in (this, after)]
            self.cp.add(sum(first) <= 1)
        if not self.waived.coverage:
            both = self.cp.new_bool_var("")
            self.cp.add(both >= sum(pair) - 1)
            self.cost.append(self.problem.weights.weekends_running * both)

    def _one_of(self, therapist: TherapistId, mondays: list[date]) -> None:
        """Position 1 on one of those weekends at most, or on no more than lie there already."""
        held = [self._weekend(therapist, monday, (1,)) for monday in mondays]
        standing = sum(one for one in held if isinstance(one, int))
        asked = [one for one in held if not isinstance(one, int)]
        if asked:
            self.cp.add(sum(asked) <= max(0, 1 - standing))

    def _weekend(self, therapist: TherapistId, monday: date, positions: Iterable[int]) -> Term:
        """1 where she is on standby that weekend in one of *positions*, and else 0."""
        wanted = tuple(positions)
        if not self.problem.weekends.get((therapist, monday), frozenset()).isdisjoint(wanted):
            return 1
        if (therapist, monday, wanted) not in self._known:
            blocks = enumerate(self.problem.blocks)
            places = [b for b, one in blocks if one.kind.is_weekend and one.week == monday]
            held = list(self._in(therapist, places, wanted))
            if len(places) > 1 and held:
                some = self.cp.new_bool_var("")
                for one in held:
                    self.cp.add_implication(one, some)
                self._known[therapist, monday, wanted] = some
            else:
                self._known[therapist, monday, wanted] = sum(held)
        return self._known[therapist, monday, wanted]

    def _evenings(self) -> None:
        most = self.rules.evenings_a_week
        weekdays = [b for b in self.places if not self.problem.blocks[b].kind.is_weekend]
        for monday in sorted({self.problem.blocks[b].week for b in weekdays}):
            week = [b for b in weekdays if self.problem.blocks[b].week == monday]
            for t in self.problem.team:
                if most is not None:
                    self.cp.add(sum(self._in(t, week, self.positions)) <= most)
        if self.waived.coverage:
            return
        evenings = [b for b in weekdays if self.problem.blocks[b].kind is Kind.EVENING]
        for this, after in pairwise(evenings):
            if self.problem.blocks[after].day - self.problem.blocks[this].day != _A_DAY:
                continue
            for t in self.problem.team:
                if (t, this) in self.problem.barred or (t, after) in self.problem.barred:
                    continue
                both = self.cp.new_bool_var("")
                self.cp.add(both >= self.on(t, this) + self.on(t, after) - 1)
                self.cost.append(self.problem.weights.evenings_running * both)

    def _share(self) -> None:
        slack = self.rules.slack
        if slack is None:
            return
        for share in self.problem.shares:
            alike = [b for b in self.places if self.problem.blocks[b].kind is share.kind]
            mine = list(self._in(share.therapist, alike, share.positions))
            if mine:
                low = max(0, floor(share.amount) - slack)
                self.cp.add_linear_constraint(sum(mine), low, ceil(share.amount) + slack)

    def _wish(self) -> None:
        weight = self.problem.weights.wish
        for therapist, places, wanted in self.problem.wishes:
            held = [self.on(therapist, b) for b in places]
            if wanted is Wanted.FREE:
                self.cost.extend(weight * one for one in held)
                continue
            unmet = self.cp.new_bool_var("")
            self.cp.add(unmet + sum(held) >= 1)
            self.cost.append(weight * unmet)

    def _keep(self) -> None:
        for (b, p), therapist in self.problem.kept.items():
            self.cost.append(self.problem.weights.change * (1 - self.holds[therapist, b, p]))
