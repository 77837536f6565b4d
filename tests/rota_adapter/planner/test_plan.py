"""A rota that is planned is lawful by rules that know nothing of how it was found."""

from dataclasses import replace
from datetime import date, time, timedelta
from functools import cache
from itertools import combinations, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rota_adapter.planner.blocks import Weekend
from rota_adapter.planner.extra import solver
from rota_adapter.planner.ladder import RUNGS
from rota_adapter.planner.layout import Layout
from rota_adapter.planner.plan import NoPlan, Plan, checked
from rota_adapter.planner.problem import Effort, Kind, Status, Wanted, Weights
from routing.absence import Absence, AbsenceKind
from routing.errors import InvalidInput
from routing.finding import Severity
from routing.hours import Hours, Window
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rest import weekly_rest
from routing.rota import Shift
from routing.weekdays import DAY_NAMES
from routing.work import midnight
from tests.examples import (
    HASSELBY_VALLINGBY,
    JARVA,
    STOCKHOLM,
    line,
    mandate,
    organisation,
    shift,
    span,
    therapist,
)
from tests.rota_adapter.planner.asked import (
    MONDAY,
    answer,
    away,
    blocks_of,
    on,
    planned,
    request,
    wish,
)

HOLIDAYS = date(2026, 12, 21)  # Christmas, New Year and Epiphany in three weeks
CLOCKS_CHANGE = date(2027, 3, 22)  # and Easter
people = st.integers(1, 6).map(lambda n: TherapistId(f"t{n}"))


@st.composite
def absences(draw: st.DrawFn, first: date) -> Absence:
    start = first + timedelta(days=draw(st.integers(-3, 20)))
    end = start + timedelta(days=draw(st.integers(1, 9)))
    time = Interval(midnight(start, STOCKHOLM), midnight(end, STOCKHOLM))
    return Absence(time, draw(people), draw(st.sampled_from(AbsenceKind)))


@st.composite
def earlier(draw: st.DrawFn, first: date) -> tuple[Shift, ...]:
    """The evenings of the week before, and somebody on its Sunday, which no day off is owed for."""
    days = [first - timedelta(days=n) for n in range(7, 2, -1)]
    evenings = [Shift(span(f"{day}T17:00", f"{day}T22:00"), 1, draw(people)) for day in days]
    sunday = first - timedelta(days=1)
    return (*evenings, Shift(span(f"{sunday}T10:00", f"{sunday}T22:00"), 1, draw(people)))


@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_a_planned_rota_never_has_an_error(data: st.DataObject) -> None:
    first = data.draw(
        st.sampled_from([MONDAY, HOLIDAYS, CLOCKS_CHANGE, MONDAY + timedelta(days=2)])
    )
    asked = request(
        data.draw(st.integers(1, 3)),
        data.draw(st.integers(4, 6)),
        first=first,
        line=line(positions=data.draw(st.integers(1, 2))),
        absences=tuple(data.draw(st.lists(absences(first), max_size=4))),
        in_force=data.draw(earlier(first)),
        weekend=data.draw(st.sampled_from(Weekend)),
        mix=data.draw(st.booleans()),
    )

    found = answer(asked, again=0)

    if isinstance(found, Plan):
        before = {f.message for f in checked(found.layout, (), ()) if f.rule == "R6"}
        assert [f for f in found.errors if f.message not in before] == []
        assert {f.rule for f in found.findings if f.severity is Severity.WARNING} <= {"R8", "R21"}


def test_the_cheapest_rota_costs_what_trying_all_of_them_finds() -> None:
    asked = request(1, 2, line=line(positions=1), weights=Weights(tight_rest=0))
    layout = Layout(asked)
    team, blocks = layout.team, layout.blocks

    @cache
    def days_off(held: tuple[int, ...]) -> int:
        """The fewest that leave the week's rest whole."""
        times = tuple(time for place in held for time in blocks[place].times)
        for number in range(4):
            for days in combinations([MONDAY + timedelta(days=n) for n in range(5)], number):
                free = tuple(
                    away(
                        team[0],
                        f"{day}T00:00",
                        f"{day + timedelta(days=1)}T00:00",
                        AbsenceKind.COMPENSATION,
                    )
                    for day in days
                )
                work = replace(layout.works[team[0]], standby=times, absences=free)
                clash = any(f.time.overlap(t) is not None for f in free for t in times)
                found = weekly_rest(work, layout.span)
                if not clash and not any(f.severity is Severity.ERROR for f in found):
                    return number
        return 99

    def cost(holders: tuple[str, ...]) -> int:
        evenings = [h for h, b in zip(holders, blocks, strict=True) if b.kind is Kind.EVENING]
        running = sum(1 for one, other in pairwise(evenings) if one == other)
        days = sum(
            days_off(tuple(p for p, holder in enumerate(holders) if holder == t)) for t in team
        )
        return 2 * running + 8 * days

    cheapest = min(cost(holders) for holders in product(team, repeat=len(blocks)))
    solved = solver()(layout.problem, RUNGS[-1], Effort(most=20))
    assert (solved.status, solved.cost, solved.bound) == (Status.OPTIMAL, cheapest, cheapest)


def test_the_same_seed_gives_the_same_rota() -> None:
    one, other = (planned(request(2), seed=7) for _ in range(2))

    assert one.solved.is_repeatable
    assert (one.shifts, one.days_off) == (other.shifts, other.days_off)


def test_a_weekend_is_paid_for_with_a_day_off_that_is_given_out() -> None:
    found = planned(request(1))

    weekend = set(on(found, "2027-01-16").values())
    assert {a.therapist for a in found.days_off} == weekend
    assert {a.kind for a in found.days_off} == {AbsenceKind.COMPENSATION}
    without = checked(found.layout, found.shifts, ())
    assert {f.therapist for f in without if f.rule == "R6"} == weekend


def test_nobody_is_on_standby_two_weekends_on_end_nor_beside_those_that_stand() -> None:
    stands = (
        shift("t1", "2027-01-09T10:00", "2027-01-09T22:00"),
        shift("t2", "2027-01-09T10:00", "2027-01-09T22:00", position=2),
        shift("t3", "2027-02-06T10:00", "2027-02-06T22:00"),
    )
    found = planned(request(3, in_force=stands))

    weekends = [set(on(found, day).values()) for day in ("2027-01-16", "2027-01-23", "2027-01-30")]
    assert not weekends[0] & {"t1", "t2"}
    assert not weekends[0] & weekends[1]
    assert not weekends[1] & weekends[2]
    assert "t3" not in weekends[2]


def test_nobody_is_on_standby_on_a_day_off() -> None:
    # All of it is hers, and only Tuesday and Wednesday together would leave her 36 hours.
    days = frozenset({"mon", "wed", "thu", "fri", "sat", "sun"})
    evenings = Hours((Window(days, time(17), time(22)),), STOCKHOLM)

    assert isinstance(answer(request(1, 1, line=line(positions=1, hours=evenings))), NoPlan)


def test_evenings_on_end_cost_something() -> None:
    weekdays = Hours((Window(frozenset(DAY_NAMES[:5]), time(17), time(22)),), STOCKHOLM)
    ill = away("t2", "2027-01-11", "2027-01-14")
    found = planned(request(1, 2, line=line(positions=1, hours=weekdays), absences=(ill,)))

    assert [on(found, f"2027-01-{day}")[1] for day in range(11, 16)] == ["t1"] * 3 + ["t2"] * 2
    assert found.solved.cost == 3 * Weights().evenings_running


def test_counts_differ_by_no_more_than_rounding() -> None:
    found = planned(request(5))  # 25 evenings and 5 weekends for six

    for kind in (Kind.EVENING, Kind.WEEKEND):
        for position in (0, 1):
            held = [c.held[position] for c in found.counts if c.kind is kind]
            assert max(held) - min(held) <= 1


def test_who_had_the_weekends_before_has_fewer_now() -> None:
    before = tuple(
        shift("t1", f"{day}T10:00", f"{day}T22:00", position)
        for day in ("2026-11-14", "2026-11-21", "2026-11-28", "2026-12-05", "2026-12-12")
        for position in (1,)
    )
    found = planned(request(6, in_force=before))

    weekends = {c.therapist: sum(c.held) for c in found.counts if c.kind is Kind.WEEKEND}
    assert weekends[TherapistId("t1")] == min(weekends.values()) == 1


def test_a_wish_is_granted_where_it_costs_less_than_it_is_worth() -> None:
    asked = request(
        2,
        wishes=(
            wish("t1", "2027-01-11", "2027-01-18"),
            wish("t2", "2027-01-23T10:00", "2027-01-24T22:00", Wanted.STANDBY),
        ),
    )
    found = planned(asked)

    first_week = [on(found, f"2027-01-{day}") for day in range(11, 18)]
    assert not any("t1" in held.values() for held in first_week)
    assert "t2" in on(found, "2027-01-23").values()


def test_positions_come_from_different_districts_where_that_is_asked() -> None:
    found = planned(request(3, mix=True))

    jarvas = {"t4", "t5", "t6"}
    for block in range(len(found.layout.blocks)):
        pair = {found.solved.held[block, 1], found.solved.held[block, 2]}
        assert len(pair & jarvas) == 1


def test_only_those_are_planned_who_may_answer_for_the_whole_line() -> None:
    team = {t.id: t for t in map(therapist, range(1, 7))}
    team[TherapistId("t2")] = therapist(2, phone=None)
    asked = request(
        1,
        organisation=organisation(therapists=team, mandates=(mandate(JARVA, HASSELBY_VALLINGBY),)),
        line=line(positions=1),
    )
    found = planned(asked)

    assert found.layout.team == ("t1", "t3")
    assert found.layout.left_out[TherapistId("t2")] == "t2 has no telephone number"
    assert found.layout.left_out[TherapistId("t4")].startswith("t4 has no mandate of")


def test_the_rota_in_force_is_kept_as_far_as_it_goes() -> None:
    first = planned(request(2))
    ill = request(2, in_force=first.shifts, absences=(away("t1", "2027-01-18", "2027-01-25"),))

    kept = planned(replace(ill, keep=True))

    lost = blocks_of(first, "t1")
    changed = {key for key, t in kept.solved.held.items() if first.solved.held[key] != t}
    assert 0 < len(changed) <= lost + 2


def test_a_line_that_is_closed_is_nothing_to_plan() -> None:
    never = Hours((Window(frozenset({"eve"}), time(10), time(22)),), STOCKHOLM)

    with pytest.raises(InvalidInput, match="the line is not open in that time"):
        answer(request(1, line=line(hours=never)))


@pytest.mark.slow
def test_half_a_year_for_six_people_is_solved_and_proved() -> None:
    leave = tuple(
        away(f"t{n}", str(start), str(start + timedelta(days=7)))
        for n in range(1, 7)
        for start in (date(2027, 1, 4) + timedelta(weeks=n + 8 * k) for k in range(3))
    )
    asked = request(26, first=date(2027, 1, 4), absences=leave)
    layout = Layout(asked)

    solved = solver()(layout.problem, RUNGS[0], Effort(again=0))

    assert solved.status is Status.OPTIMAL
    assert solved.cost == solved.bound
