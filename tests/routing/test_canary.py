"""When a line calls itself, what comes next of it, and who is told."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.canary import (
    ASKS,
    EARLY,
    Fault,
    Last,
    Made,
    News,
    Outcome,
    Progress,
    Step,
    Verdict,
    due_on,
    news,
    next_step,
    to_begin,
)
from routing.hours import Hours, Window
from tests.examples import STOCKHOLM, at, line

HOURS = line().hours  # weekdays from five, and free days from ten
ALL_DAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
ALWAYS = Hours((Window(ALL_DAYS, time(0), time(0)),), STOCKHOLM)
ON_MONDAYS = Hours((Window(frozenset({"mon"}), time(17), time(22)),), STOCKHOLM)
AT_NIGHT = Hours((Window(ALL_DAYS, time(22), time(6)),), STOCKHOLM)
EARLY_BIRD = Hours((Window(ALL_DAYS, time(0, 30), time(6)),), STOCKHOLM)
NOW = at("2026-03-03T16:00").astimezone(UTC)


def seconds(n: float) -> datetime:
    return NOW + timedelta(seconds=n)


def local(moment: datetime) -> str:
    return f"{moment.astimezone(STOCKHOLM):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("hours", "day", "due"),
    [
        (HOURS, "2026-03-03", "03-03 15:30"),
        (HOURS, "2026-03-07", "03-07 08:30"),  # a Saturday
        (HOURS, "2026-03-29", "03-29 08:30"),  # summer time begins
        (HOURS, "2026-10-25", "10-25 08:30"),  # and ends
        (ALWAYS, "2026-03-03", "03-03 12:00"),
        (ALWAYS, "2026-03-29", "03-29 12:00"),
        (ON_MONDAYS, "2026-03-02", "03-02 15:30"),
        (ON_MONDAYS, "2026-03-03", "03-03 12:00"),  # closed all day, and called all the same
        (AT_NIGHT, "2026-03-03", "03-03 20:30"),
        (EARLY_BIRD, "2026-03-03", "03-02 23:00"),
        (EARLY_BIRD, "2026-03-29", "03-28 23:00"),
    ],
)
def test_it_is_due_before_the_first_opening_or_at_noon(hours: Hours, day: str, due: str) -> None:
    assert local(due_on(hours, date.fromisoformat(day))) == due


def test_ninety_minutes_pass_between_it_and_the_opening_though_the_clocks_change() -> None:
    opens_at_three = Hours((Window(ALL_DAYS, time(3, 30), time(6)),), STOCKHOLM)

    due = due_on(opens_at_three, date(2026, 3, 29))

    assert local(due) == "03-29 01:00"  # and at two it is three
    assert opens_at_three.next_opening(due) == due + EARLY


@given(
    start=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    clock=st.times(),
    windows=st.lists(
        st.builds(Window, st.just(ALL_DAYS), st.times(), st.times()), min_size=0, max_size=2
    ),
)
def test_each_day_has_one_and_they_come_in_order(
    start: date, clock: time, windows: list[Window]
) -> None:
    hours = Hours(tuple(windows), STOCKHOLM)
    days = [start + timedelta(days=n) for n in range(4)]

    due = [due_on(hours, day) for day in days]

    assert all(one < other for one, other in pairwise(due))
    now = datetime.combine(start, clock, UTC)
    begun = to_begin(hours, Last(datetime.min.replace(tzinfo=UTC), now, Outcome.PASSED), now)
    assert begun is not None
    assert begun <= now < begun + timedelta(days=2)


@pytest.mark.parametrize(
    ("now", "last", "begun"),
    [
        ("03-03 15:29", None, None),
        ("03-03 15:30", None, "03-03 15:30"),
        ("03-03 16:59", None, "03-03 15:30"),
        ("03-03 17:00", None, None),  # the very first is on time or not at all
        ("03-03 15:30", ("03-02 15:30", Outcome.PASSED), "03-03 15:30"),
        ("03-03 15:29", ("03-02 15:30", Outcome.PASSED), None),
        ("03-03 21:00", ("03-02 15:30", Outcome.PASSED), "03-03 15:30"),  # the clock stood still
        ("03-03 15:31", ("03-03 15:30", Outcome.PASSED), None),
        ("03-03 15:31", ("03-03 15:30", None), None),  # one at a time
        ("03-03 16:29", ("03-03 15:30", Outcome.FAILED), None),
        ("03-03 16:30", ("03-03 15:30", Outcome.FAILED), "03-03 16:30"),
        ("03-03 16:30", ("03-03 15:30", Outcome.BY_WEBHOOKS), None),
        ("03-03 15:30", ("03-03 15:10", Outcome.PASSED), "03-03 15:30"),  # that was by hand
    ],
)
def test_which_is_begun(now: str, last: tuple[str, Outcome | None] | None, begun: str) -> None:
    moment = at(f"2026-{now.replace(' ', 'T')}").astimezone(UTC)
    before = None
    if last is not None:
        due = at(f"2026-{last[0].replace(' ', 'T')}").astimezone(UTC)
        before = Last(due, None if last[1] is None else due, last[1])

    found = to_begin(HOURS, before, moment)

    assert (None if found is None else local(found)) == begun


@pytest.mark.parametrize(
    ("done", "step"),
    [
        (Progress(), Step.CALL),
        (Progress(tries=1, tried_at=seconds(-299)), None),
        (Progress(tries=1, tried_at=seconds(-300)), Step.CALL),
        (Progress(tries=1, tried_at=seconds(-1), heard_at=NOW), Verdict(Outcome.PASSED)),
        (Progress(tries=1, tried_at=NOW, made=Made.REFUSED, code="21216"), Step.ASK),
        (Progress(tries=2, tried_at=seconds(-89)), None),
        (Progress(tries=2, tried_at=seconds(-90)), Step.ASK),
        (Progress(by_hand=True, tries=1, tried_at=seconds(-89)), None),
        (Progress(by_hand=True, tries=1, tried_at=seconds(-90)), Step.ASK),
    ],
)
def test_calls_come_first(done: Progress, step: Step | Verdict | None) -> None:
    assert next_step(done, NOW) == step


@pytest.mark.parametrize(
    ("made", "code", "verdict"),
    [
        (Made.ACCEPTED, None, Verdict(Outcome.FAILED, Fault.NOT_BACK)),
        (Made.WAITING, None, Verdict(Outcome.FAILED, Fault.NOT_MADE)),
        (Made.REFUSED, "21216", Verdict(Outcome.BY_WEBHOOKS)),
        (Made.REFUSED, None, Verdict(Outcome.BY_WEBHOOKS)),
        # Not ours to call from, and an account that is closed: these are no answer about oneself.
        (Made.REFUSED, "21210", Verdict(Outcome.FAILED, Fault.NOT_MADE)),
        (Made.REFUSED, "20005", Verdict(Outcome.FAILED, Fault.NOT_MADE)),
    ],
)
def test_what_the_webhooks_answer_tells_whose_side_it_is(
    made: Made, code: str | None, verdict: Verdict
) -> None:
    asked = Progress(tries=2, tried_at=NOW, made=made, code=code, asks=1, asked_at=NOW)

    answered = Progress(
        tries=2, tried_at=NOW, made=made, code=code, asks=1, asked_at=NOW, answered_at=NOW
    )
    assert next_step(answered, NOW) == verdict
    assert next_step(asked, NOW) is None
    assert next_step(asked, seconds(15)) is Step.ASK


def test_webhooks_that_never_answer_are_our_side() -> None:
    asked = Progress(tries=2, tried_at=NOW, made=Made.ACCEPTED, asks=ASKS, asked_at=NOW)

    assert next_step(asked, seconds(14)) is None
    assert next_step(asked, seconds(15)) == Verdict(Outcome.FAILED, Fault.SILENT)


@given(hears=st.integers(0, 2), refused=st.booleans(), by_hand=st.booleans())
def test_every_canary_comes_to_an_end(hears: int, refused: bool, by_hand: bool) -> None:
    """Played a second at a time: two calls at most, and an end within ten minutes."""
    done, now = Progress(by_hand=by_hand), NOW
    while now - NOW < timedelta(minutes=10):
        match next_step(done, now):
            case Step.CALL:
                tries = done.tries + 1
                heard = now if hears == tries and not refused else None
                made = Made.REFUSED if refused else Made.ACCEPTED
                done = Progress(by_hand, tries, now, made, heard_at=heard)
            case Step.ASK:
                done = Progress(
                    by_hand, done.tries, done.tried_at, done.made,
                    asks=done.asks + 1, asked_at=now, answered_at=now,
                )  # fmt: skip
            case Verdict(outcome):
                assert done.tries <= 2
                assert done.asks <= ASKS
                if outcome is Outcome.PASSED:
                    assert hears in range(1, done.tries + 1)
                return
            case None:
                pass
        now += timedelta(seconds=1)
    raise AssertionError("it never ends")


@pytest.mark.parametrize(
    ("before", "told_hours_ago", "outcome", "expected"),
    [
        (None, None, Outcome.PASSED, None),
        (None, None, Outcome.FAILED, News.FAILED),
        (Outcome.PASSED, 1, Outcome.FAILED, News.FAILED),
        (Outcome.FAILED, 1, Outcome.FAILED, None),
        (Outcome.FAILED, 20, Outcome.FAILED, News.FAILED),
        (Outcome.FAILED, 1, Outcome.PASSED, News.WELL_AGAIN),
        (Outcome.FAILED, 1, Outcome.BY_WEBHOOKS, News.WELL_AGAIN),
        (Outcome.PASSED, None, Outcome.BY_WEBHOOKS, None),
    ],
)
def test_somebody_is_told_once_and_that_it_is_well_again(
    before: Outcome | None,
    told_hours_ago: int | None,
    outcome: Outcome,
    expected: News | None,
) -> None:
    told = None if told_hours_ago is None else NOW - timedelta(hours=told_hours_ago)

    assert news(before, told, outcome, NOW) is expected
