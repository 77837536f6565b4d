"""The rest rules against a checker written another way: every half hour, one by one."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.ids import TherapistId
from routing.intervals import Interval
from routing.rest import findings
from routing.weekdays import is_weekday
from routing.work import Work
from routing.working_time import STANDARD_TERMS
from tests.examples import STOCKHOLM, at

HALF = timedelta(minutes=30)
# The clocks go forward on the 29th: the second of the three weeks is an hour short.
START, END = (at(day).astimezone(UTC) for day in ("2026-03-16T08:00", "2026-04-06T08:00"))
JUDGED = Interval(START, END)
SLOTS = int((END - START) / HALF)


def slots(*, most: int) -> st.SearchStrategy[list[Interval]]:
    """Stretches of whole half hours inside the three weeks."""
    pairs = st.tuples(st.integers(0, SLOTS - 2), st.integers(1, 40))
    return st.lists(
        pairs.map(lambda p: Interval(START + p[0] * HALF, min(START + (p[0] + p[1]) * HALF, END))),
        max_size=most,
    )


def is_ordinary(slot: datetime) -> bool:
    """Monday to Friday from eight to five, on days when people are at work."""
    local = slot.astimezone(STOCKHOLM)
    return is_weekday(local.date()) and 8 <= local.hour < 17


def longest_free(free: list[bool]) -> timedelta:
    best = run = 0
    for is_free in free:
        run = run + 1 if is_free else 0
        best = max(best, run)
    return best * HALF


def broken_days_and_weeks(
    standby: list[Interval], callouts: list[Interval]
) -> tuple[set[datetime], set[datetime]]:
    """The starts of the days with less than 11 hours off, and of the weeks with less than 36."""
    days: dict[datetime, list[bool]] = {}
    weeks: dict[datetime, list[bool]] = {}
    day = week = START
    touched: set[datetime] = set()
    for number in range(SLOTS):
        slot = START + number * HALF
        local = slot.astimezone(STOCKHOLM)
        if (local.hour, local.minute) == (8, 0):
            day = slot
            week = slot if local.weekday() == 0 else week
        works = is_ordinary(slot) or any(slot in c for c in callouts)
        on_standby = any(slot in s for s in standby)
        days.setdefault(day, []).append(not works)
        weeks.setdefault(week, []).append(not works and not on_standby)
        if on_standby or any(slot in c for c in callouts):
            touched.add(week)
    short_days = {d for d, free in days.items() if longest_free(free) < timedelta(hours=11)}
    short_weeks = {w for w, free in weeks.items() if longest_free(free) < timedelta(hours=36)}
    return short_days, short_weeks & touched


@settings(max_examples=60, deadline=None)
@given(slots(most=8), slots(most=5))
@example([], [Interval(START + 561 * HALF, START + 601 * HALF)])
def test_the_same_days_and_weeks_are_found_as_slot_by_slot(
    standby: list[Interval], callouts: list[Interval]
) -> None:
    work = Work(TherapistId("t1"), STANDARD_TERMS, tuple(standby), tuple(callouts))

    found = findings(work, JUDGED)

    days, weeks = broken_days_and_weeks(standby, callouts)
    assert {f.period.start for f in found if f.rule in {"R1", "R2"}} == days
    assert {f.period.start for f in found if f.rule == "R6"} == weeks


@settings(max_examples=60, deadline=None)
@given(slots(most=8))
def test_a_year_of_weeks_later_everything_is_the_same(standby: list[Interval]) -> None:
    """364 days on, outside the weeks with a clock change and with holidays, nothing differs."""
    plain = Interval(at("2026-09-07T08:00"), at("2026-09-28T08:00"))
    moved = [Interval(s.start - START + plain.start, s.end - START + plain.start) for s in standby]
    year = timedelta(days=364)

    def told(by: timedelta) -> list[tuple[str, timedelta, object]]:
        later = tuple(Interval(s.start + by, s.end + by) for s in moved)
        work = Work(TherapistId("t1"), STANDARD_TERMS, later)
        span = Interval(plain.start + by, plain.end + by)
        return [
            (f.rule, f.period.start - by - plain.start, f.numbers.get("longest"))
            for f in findings(work, span)
            if f.rule != "R19"  # a month is not 28 days
        ]

    assert told(timedelta()) == told(year)
