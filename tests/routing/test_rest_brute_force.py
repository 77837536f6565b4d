"""The rest rules against a checker written another way: every half hour, one by one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.absence import Absence, AbsenceKind
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rest import findings
from routing.weekdays import is_weekday
from routing.work import Work
from routing.working_time import STANDARD_TERMS, STANDARD_WORKING_TIME, Terms
from tests.examples import STOCKHOLM, at

T1 = TherapistId("t1")
HALF = timedelta(minutes=30)
# The clocks go forward on the 29th: the second of the three weeks is an hour short.
START, END = (at(day).astimezone(UTC) for day in ("2026-03-16T08:00", "2026-04-06T08:00"))
JUDGED = Interval(START, END)
SLOTS = int((END - START) / HALF)


LOCAL = [(START + n * HALF).astimezone(STOCKHOLM) for n in range(SLOTS + 1)]


def slots(*, most: int) -> st.SearchStrategy[list[Interval]]:
    """Stretches of whole half hours inside the three weeks."""
    pairs = st.tuples(st.integers(0, SLOTS - 2), st.integers(1, 40))
    return st.lists(
        pairs.map(lambda p: Interval(START + p[0] * HALF, min(START + (p[0] + p[1]) * HALF, END))),
        max_size=most,
    )


def marked(stretches: list[Interval]) -> list[bool]:
    """Of each half hour, whether it is in one of them."""
    found = [False] * SLOTS
    for stretch in stretches:
        for number in range((stretch.start - START) // HALF, (stretch.end - START) // HALF):
            found[number] = True
    return found


def is_ordinary(local: datetime) -> bool:
    """Monday to Friday from eight to five, on days when people are at work."""
    return is_weekday(local.date()) and 8 <= local.hour < 17


def longest_free(taken: list[bool]) -> timedelta:
    best = run = 0
    for is_taken in taken:
        run = 0 if is_taken else run + 1
        best = max(best, run)
    return best * HALF


def day_periods(moved_to: int, on: date) -> Iterator[tuple[int, int]]:
    """From one day break to the next: at eight, and *on* that day and later at another hour."""
    old = [n for n, local in enumerate(LOCAL) if (local.hour, local.minute) == (8, 0)]
    new = [
        n
        for n, local in enumerate(LOCAL)
        if (local.hour, local.minute) == (moved_to, 0) and local.date() >= on
    ]
    yield from ((n, end) for n, end in pairwise(old) if n < new[0])
    yield from pairwise(new)


def slot_by_slot(
    done: dict[str, list[bool]], moved_to: int, on: date
) -> dict[str, set[datetime] | set[int]]:
    """What each rule finds: the starts of days and weeks, or the half hours in question."""
    found: dict[str, set[datetime] | set[int]]
    planned = [
        (is_ordinary(LOCAL[n]) and not done["away"][n]) or done["jour"][n] for n in range(SLOTS)
    ]
    worked = [planned[n] or done["called"][n] for n in range(SLOTS)]
    days, eleven = [*day_periods(moved_to, on)], timedelta(hours=11)
    short = {a for a, b in days if longest_free(planned[a:b]) < eleven}
    shorter = {a for a, b in days if longest_free(worked[a:b]) < eleven}
    found = {
        "R1": {START + n * HALF for n in short},
        "R2": {START + n * HALF for n in shorter - short},
        "R5": {n for n in range(SLOTS) if planned[n] and LOCAL[n].hour < 5},
        "R9": {n for n in range(SLOTS) if done["standby"][n] and (planned[n] or done["away"][n])},
    }
    mondays = [n for n, d in enumerate(LOCAL) if (d.weekday(), d.hour, d.minute) == (0, 8, 0)]
    found["R6"] = {
        START + a * HALF
        for a, b in pairwise(mondays)
        if any(any(done[kind][a:b]) for kind in ("standby", "called", "jour"))
        if longest_free([worked[n] or done["standby"][n] for n in range(a, b)])
        < timedelta(hours=36)
    }
    return found


@settings(max_examples=50, deadline=None)
@given(
    slots(most=8),
    slots(most=5),
    slots(most=3),
    slots(most=4),
    st.integers(4, 14),
    st.dates(date(2026, 3, 17), date(2026, 4, 3)),
)
@example([], [Interval(START + 561 * HALF, START + 601 * HALF)], [], [], 8, date(2026, 3, 20))
def test_the_same_is_found_as_slot_by_slot(
    standby: list[Interval],
    called: list[Interval],
    jour: list[Interval],
    away: list[Interval],
    moved_to: int,
    on: date,
) -> None:
    moved = replace(STANDARD_WORKING_TIME, day_break=time(moved_to))
    absences = tuple(Absence(stretch, T1, AbsenceKind.OTHER) for stretch in away)
    work = Work(
        T1,
        Terms(STANDARD_WORKING_TIME, ((on, moved),)),
        tuple(standby),
        tuple(called),
        absences,
        tuple(jour),
    )

    found = [f for f in findings(work, JUDGED) if f.period.overlap(JUDGED) == f.period]

    done = {"standby": standby, "called": called, "jour": jour, "away": away}
    expected = slot_by_slot({name: marked(times) for name, times in done.items()}, moved_to, on)
    for rule in ("R1", "R2", "R6"):
        assert {f.period.start for f in found if f.rule == rule} == expected[rule], rule
    for rule in ("R5", "R9"):
        at_fault = marked([f.period for f in found if f.rule == rule])
        assert {n for n in range(SLOTS) if at_fault[n]} == expected[rule], rule


@settings(max_examples=60, deadline=None)
@given(slots(most=8))
def test_a_year_of_weeks_later_everything_is_the_same(standby: list[Interval]) -> None:
    """364 days on, outside the weeks with a clock change and with holidays, nothing differs."""
    plain = Interval(at("2026-09-07T08:00"), at("2026-09-28T08:00"))
    moved = [Interval(s.start - START + plain.start, s.end - START + plain.start) for s in standby]
    year = timedelta(days=364)

    def told(by: timedelta) -> list[tuple[str, timedelta, object]]:
        later = tuple(Interval(s.start + by, s.end + by) for s in moved)
        work = Work(T1, STANDARD_TERMS, later)
        span = Interval(plain.start + by, plain.end + by)
        return [
            (f.rule, f.period.start - by - plain.start, f.numbers.get("longest"))
            for f in findings(work, span)
            if f.rule != "R19"  # a month is not 28 days
        ]

    assert told(timedelta()) == told(year)
