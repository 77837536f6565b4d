"""What a disturbed night owes: owed, overdue, repaid, and when to begin work again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from routing.intervals import Interval
from routing.rest_debts import Standing, debt_findings, debts
from routing.work import Work
from tests.examples import at
from tests.routing.weeks import (
    FRI,
    MON,
    NIGHT,
    SAT,
    SUN,
    THU,
    TUE,
    WED,
    WEEK,
    hours,
    time,
    work,
)

AT_TWO = time(WED, "02:00", "03:30")
# Nine to nine next day: no rest of thirteen hours before Thursday evening.
LONG_WEDNESDAY = time(WED, "17:00", "20:30")


def rules(done: Work, now: str, reasons: Sequence[str] = ()) -> list[tuple[str, str]]:
    found = debt_findings(done, WEEK, at(now), [at(reason) for reason in reasons])
    return [(f.rule, str(f.severity)) for f in found]


def test_a_debt_is_owed_until_a_rest_as_long_has_passed() -> None:
    (debt,) = debts(work([NIGHT], [AT_TWO]), WEEK)

    assert (debt.deficit, debt.required) == (hours(2), hours(13))
    assert debt.due == time(WED, "08:00", "08:00", THU)
    assert debt.latest == at("2026-03-18T08:00")
    assert debt.standing(at(f"{WED}T08:00")) is Standing.OWED
    assert debt.standing(at(f"{THU}T05:59")) is Standing.OWED
    assert debt.standing(at(f"{THU}T06:00")) is Standing.REPAID  # thirteen hours after 17


def test_rest_not_given_when_it_was_due_is_overdue_until_it_is() -> None:
    done = work([NIGHT], [AT_TWO, LONG_WEDNESDAY, time(THU, "17:00", "20:30")])

    (debt, *_) = debts(done, WEEK)

    assert debt.given_back is not None
    assert debt.given_back.start == at(f"{FRI}T17:00")
    assert debt.standing(at(f"{THU}T07:59")) is Standing.OWED
    assert debt.standing(at(f"{THU}T08:00")) is Standing.OVERDUE
    assert debt.standing(at(f"{THU}T08:00"), has_reason=True) is Standing.OWED
    assert debt.standing(at(f"{SAT}T05:59")) is Standing.OVERDUE
    assert debt.standing(at(f"{SAT}T06:00")) is Standing.REPAID


def test_after_fourteen_days_no_reason_helps() -> None:
    evenings = [time(f"2026-03-{day:02}", "17:00", "21:30") for day in range(4, 25)]
    weekends = [time(f"2026-03-{day:02}", "08:00", "17:00") for day in (7, 8, 14, 15, 21, 22)]
    (debt, *_) = debts(work([NIGHT], [AT_TWO, *evenings, *weekends]), WEEK)

    assert debt.given_back is None
    assert debt.standing(at("2026-03-18T07:59"), has_reason=True) is Standing.OWED
    assert debt.standing(at("2026-03-18T08:00"), has_reason=True) is Standing.OVERDUE


@pytest.mark.parametrize(
    ("standby", "due"),
    [
        pytest.param([NIGHT], time(WED, "08:00", "08:00", THU), id="one duty"),
        pytest.param(
            [NIGHT, time(WED, "17:00", "08:00", THU)],
            time(THU, "08:00", "08:00", FRI),
            id="two with only work between",
        ),
        pytest.param(
            [NIGHT, time(WED, "17:00", "22:00"), time(THU, "17:00", "22:00")],
            time(THU, "08:00", "08:00", FRI),
            id="three evenings running",
        ),
        pytest.param(
            [NIGHT, time(SUN, "10:00", "22:00")],
            time(WED, "08:00", "08:00", THU),
            id="another after a free day",
        ),
    ],
)
def test_in_a_series_of_duties_it_falls_due_after_the_last(
    standby: list[Interval], due: Interval
) -> None:
    done = work(standby, [AT_TWO], off=[FRI])

    (debt,) = debts(done, WEEK)

    assert debt.due == due
    assert debt.is_postponed == (due.start > at(f"{WED}T08:00"))


def test_the_findings_say_what_is_owed_what_is_overdue_and_when_to_begin() -> None:
    done = work([NIGHT], [AT_TWO, LONG_WEDNESDAY, time(THU, "17:00", "20:30")])

    assert rules(done, f"{WED}T04:00")[:2] == [("R3", "warning"), ("R4", "info")]
    assert rules(done, f"{WED}T14:30")[:1] == [("R3", "warning")]
    assert rules(done, f"{THU}T08:00")[:1] == [("R3", "error")]
    assert rules(done, f"{THU}T08:00", [f"{TUE}T08:00"])[:1] == [("R3", "warning")]
    assert rules(work([NIGHT], [AT_TWO]), f"{THU}T06:00") == []


def test_of_a_series_it_is_said_that_the_rest_falls_due_later() -> None:
    done = work([NIGHT, time(WED, "17:00", "08:00", THU)], [AT_TWO])

    assert ("R10", "info") in rules(done, f"{WED}T09:00")


@pytest.mark.parametrize(
    ("calls", "is_disturbed"),
    [
        ([time(TUE, "22:00", "01:00", WED)], False),
        ([time(TUE, "22:00", "01:01", WED)], True),
        ([time(TUE, "18:00", "22:00")], False),
        ([time(WED, "06:00", "08:00")], False),
        ([time(TUE, "22:10", "22:20"), time(WED, "01:00", "01:10")], False),
        (
            [time(TUE, "22:10", "22:20"), time(WED, "01:00", "01:10"), time(WED, "05:50", "06:10")],
            True,
        ),
    ],
    ids=["three hours", "a minute more", "before ten", "after six", "twice", "three times"],
)
def test_a_night_is_disturbed_by_long_work_or_many_calls(
    calls: list[Interval], is_disturbed: bool
) -> None:
    found = rules(work([NIGHT], calls), "2026-03-30T08:00")

    assert (("R10", "warning") in found) is is_disturbed


def test_without_work_the_next_morning_nobody_must_begin_later() -> None:
    (debt,) = debts(work([NIGHT], [AT_TWO], off=[WED]), WEEK)

    assert debt.next_work is None
    assert debts(work([NIGHT], [AT_TWO]), WEEK)[0].next_work == at(f"{WED}T08:00")


def test_call_outs_shorter_than_the_agreement_counts_owe_nothing() -> None:
    short = time(WED, "02:00", "02:04")
    counted = work([NIGHT], [short])
    agreed = replace(
        counted.terms, first=replace(counted.terms.first, shortest_callout=hours(0, 5))
    )

    assert len(debts(counted, WEEK)) == 1
    assert debts(replace(counted, terms=agreed), WEEK) == ()
    assert len(debts(replace(counted, terms=agreed, callouts=(AT_TWO,)), WEEK)) == 1


def test_a_night_before_the_span_is_not_told_again() -> None:
    assert debts(work([NIGHT], [AT_TWO]), time(SAT, "08:00", "08:00", SUN)) == ()
    assert (
        debt_findings(work([NIGHT], [AT_TWO]), time(SAT, "08:00", "12:00"), at(f"{MON}T08:00"))
        == ()
    )
