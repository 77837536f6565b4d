"""Asking before a duty: what a turn is, and which step is due when, to the second."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routing.check_in import CheckIn, Progress, Stage, Step, Turn, next_step, turns
from routing.ids import TherapistId
from routing.intervals import Interval, union
from routing.rota import Shift
from tests.examples import at, shift, span

PLAN = CheckIn()
SECOND = timedelta(seconds=1)
DUTY = Turn(TherapistId("t4"), 1, span("2026-03-03T17:00", "2026-03-03T22:00"))
BEGINS = DUTY.time.start
FIVE, EIGHT, TEN = "2026-03-03T17:00", "2026-03-03T20:00", "2026-03-03T22:00"
_MIDNIGHT = datetime(2026, 10, 24, 22, tzinfo=UTC)  # the night on which clocks are put back


def before(minutes: float, seconds: float = 0) -> datetime:
    """So long before the duty; a negative time is after it has begun."""
    return BEGINS - timedelta(minutes=minutes, seconds=seconds)


ASKED = Progress(asked_at=before(120))
CALLED = Progress(asked_at=before(120), called_at=before(45))


def due(done: Progress, now: datetime, plan: CheckIn = PLAN) -> Step | None:
    return next_step(DUTY, done, plan, now)


# What a turn is.


def test_shifts_that_touch_are_one_turn() -> None:
    found = turns([shift("t4", FIVE, EIGHT), shift("t4", EIGHT, TEN)])

    assert found == (Turn(TherapistId("t4"), 1, span(FIVE, TEN)),)


def test_a_turn_through_two_positions_has_the_one_it_begins_with() -> None:
    backup_first = turns([shift("t4", FIVE, EIGHT, 2), shift("t4", EIGHT, TEN, 1)])
    both_at_once = turns([shift("t4", FIVE, TEN, 2), shift("t4", FIVE, EIGHT, 1)])

    assert backup_first == (Turn(TherapistId("t4"), 2, span(FIVE, TEN)),)
    assert both_at_once == (Turn(TherapistId("t4"), 1, span(FIVE, TEN)),)


def test_a_minute_between_makes_two_turns() -> None:
    found = turns([shift("t4", FIVE, "2026-03-03T19:59"), shift("t4", EIGHT, TEN)])

    assert [turn.time for turn in found] == [span(FIVE, "2026-03-03T19:59"), span(EIGHT, TEN)]


def test_a_change_of_person_ends_no_one_else_s_turn() -> None:
    found = turns([shift("t4", FIVE, EIGHT), shift("t5", EIGHT, TEN), shift("t1", FIVE, TEN, 2)])

    assert [(turn.therapist, turn.position) for turn in found] == [("t4", 1), ("t1", 2), ("t5", 1)]


def test_nobody_on_standby_has_no_turn() -> None:
    assert turns([]) == ()


def _hours(start: int, length: int, position: int, therapist: str) -> Shift:
    begins = _MIDNIGHT + timedelta(hours=start)
    time = Interval(begins, begins + timedelta(hours=length))
    return Shift(time, position, TherapistId(therapist))


_shifts = st.lists(
    st.builds(
        _hours,
        st.integers(0, 30),
        st.integers(1, 8),
        st.integers(1, 3),
        st.sampled_from(["t1", "t2", "t4"]),
    ),
    max_size=12,
)


@given(_shifts)
def test_turns_cover_each_person_s_shifts_and_nothing_else(shifts: list[Shift]) -> None:
    found = turns(shifts)

    assert {turn.therapist for turn in found} == {s.therapist for s in shifts}
    for person in {turn.therapist for turn in found}:
        own = tuple(turn.time for turn in found if turn.therapist == person)
        assert own == union(s.time for s in shifts if s.therapist == person)
    for turn in found:
        begin = [s.position for s in shifts if s.therapist == turn.therapist]
        assert turn.position in begin
    assert list(found) == sorted(found, key=lambda turn: turn.time)


# Which step is due, a second before and a second after.


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (before(120, 1), None),
        (before(120), Step.ASK),
        (before(119, 59), Step.ASK),
        (before(0, 1), Step.ASK),
        (before(0), None),
        (before(0, -1), None),
    ],
)
def test_she_is_asked_from_two_hours_before_until_the_duty_begins(
    now: datetime, step: Step | None
) -> None:
    assert due(Progress(), now) is step


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (before(119, 59), None),
        (before(45, 1), None),
        (before(45), Step.CALL),
        (before(44, 59), Step.CALL),
        (before(0, 1), Step.CALL),
        (before(0), Step.TELL),  # nothing called her in time, so somebody must know
        (before(-1), Step.TELL),
    ],
)
def test_who_is_silent_is_called_from_three_quarters_before_until_the_duty_begins(
    now: datetime, step: Step | None
) -> None:
    assert due(ASKED, now) is step


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (before(44), None),
        (before(20, 1), None),
        (before(20), Step.TELL),
        (before(19, 59), Step.TELL),
        (before(0), Step.TELL),
        (before(-30), Step.TELL),
    ],
)
def test_others_are_told_from_twenty_minutes_before_even_after_the_duty_has_begun(
    now: datetime, step: Step | None
) -> None:
    assert due(CALLED, now) is step


@pytest.mark.parametrize(
    ("after", "step"),
    [
        (timedelta(minutes=10) - SECOND, None),
        (timedelta(minutes=10), Step.CALL),
        (timedelta(minutes=10) + SECOND, Step.CALL),
    ],
)
def test_nobody_is_called_without_ten_minutes_to_answer_the_text(
    after: timedelta, step: Step | None
) -> None:
    asked = before(30)

    assert due(Progress(asked), asked + after) is step


@pytest.mark.parametrize(
    ("after", "step"),
    [
        (timedelta(minutes=2) - SECOND, None),
        (timedelta(minutes=2), Step.TELL),
        (timedelta(minutes=2) + SECOND, Step.TELL),
    ],
)
def test_others_are_not_told_while_she_may_be_picking_up(
    after: timedelta, step: Step | None
) -> None:
    called = before(20)

    assert due(Progress(before(120), called), called + after) is step


def test_a_duty_published_half_an_hour_before_goes_all_the_way() -> None:
    published = before(30)

    assert due(Progress(), published) is Step.ASK
    assert due(Progress(published), before(20, 1)) is None
    assert due(Progress(published), before(20)) is Step.CALL
    assert due(Progress(published, before(20)), before(18, 1)) is None
    assert due(Progress(published, before(20)), before(18)) is Step.TELL


def test_a_duty_published_nine_minutes_before_is_asked_about_and_told_of_when_it_begins() -> None:
    published = before(9)

    assert due(Progress(), published) is Step.ASK
    for minutes in (8, 1):
        assert due(Progress(published), before(minutes)) is None
    for minutes in (0, -1):
        assert due(Progress(published), before(minutes)) is Step.TELL


@pytest.mark.parametrize(
    "done",
    [
        Progress(before(120), confirmed_at=before(110)),
        Progress(before(120), before(45), confirmed_at=before(44)),
        Progress(before(120), before(45), before(20), before(10)),
        Progress(before(120), before(45), before(20)),
    ],
    ids=["confirmed by text", "confirmed in the call", "confirmed late", "told"],
)
@pytest.mark.parametrize("minutes", [100, 45, 20, 5, 0, -30])
def test_nothing_follows_a_yes_nor_the_last_step(done: Progress, minutes: int) -> None:
    assert due(done, before(minutes)) is None


def test_a_line_s_own_times_are_kept_to_the_second() -> None:
    plan = CheckIn(timedelta(hours=3), timedelta(hours=1), timedelta(minutes=30))

    assert due(Progress(), before(180, 1), plan) is None
    assert due(Progress(), before(180), plan) is Step.ASK
    assert due(Progress(before(180)), before(60, 1), plan) is None
    assert due(Progress(before(180)), before(60), plan) is Step.CALL
    assert due(Progress(before(180), before(60)), before(30, 1), plan) is None
    assert due(Progress(before(180), before(60)), before(30), plan) is Step.TELL


@pytest.mark.parametrize(
    ("begins", "asked"),
    [
        ("2026-03-29T04:00", "2026-03-29T01:00"),  # an hour is skipped: three on the wall
        ("2026-10-25T04:00", "2026-10-25T02:00+01:00"),
        ("2026-10-25T03:30", "2026-10-25T02:30+02:00"),  # an hour comes twice: one on the wall
    ],
)
def test_two_hours_are_two_hours_while_the_clocks_change(begins: str, asked: str) -> None:
    turn = Turn(TherapistId("t4"), 1, span(begins, "2026-12-31T00:00"))
    moment = at(asked).astimezone(UTC)

    assert next_step(turn, Progress(), PLAN, moment) is Step.ASK
    assert next_step(turn, Progress(), PLAN, moment - SECOND) is None


@pytest.mark.parametrize(
    ("done", "stage"),
    [
        (ASKED, Stage.ASKED),
        (CALLED, Stage.CALLED),
        (Progress(before(120), before(45), before(20)), Stage.SILENT),
        (Progress(before(120), before(45), before(20), before(1)), Stage.CONFIRMED),
        (Progress(before(120), confirmed_at=before(110)), Stage.CONFIRMED),
    ],
)
def test_how_far_it_has_come_is_the_last_thing_that_happened(done: Progress, stage: Stage) -> None:
    assert done.stage is stage


# Whatever the clock does.


def _played(sweeps: Sequence[int]) -> list[tuple[Step, datetime]]:
    """The steps taken by sweeps at so many seconds before the duty, nobody answering."""
    done, steps = Progress(), list[tuple[Step, datetime]]()
    for seconds in sorted(sweeps, reverse=True):
        now = BEGINS - timedelta(seconds=seconds)
        step = due(done, now)
        if step is None:
            continue
        steps.append((step, now))
        done = Progress(
            now if step is Step.ASK else done.asked_at,
            now if step is Step.CALL else done.called_at,
            now if step is Step.TELL else done.told_at,
        )
    return steps


@given(st.lists(st.integers(-7200, 4 * 3600), max_size=60))
@example([7200, 2700, 1200])
@example([7201, 7199, 599, 1, 0, -1])
def test_steps_come_in_order_and_once_whenever_the_clock_runs(sweeps: list[int]) -> None:
    steps = _played(sweeps)

    names = [step for step, _ in steps]
    in_order = [Step.ASK, Step.CALL, Step.TELL]
    assert names in (in_order[: len(names)], [Step.ASK, Step.TELL])
    at = dict(steps)
    assert all(moment < BEGINS for step, moment in steps if step is not Step.TELL)
    if Step.CALL in at:
        assert at[Step.CALL] - at[Step.ASK] >= timedelta(minutes=10)
    if Step.TELL in at:
        called = at.get(Step.CALL)
        assert called is not None or at[Step.TELL] >= BEGINS
        assert called is None or at[Step.TELL] - called >= timedelta(minutes=2)


@given(st.integers(1, 60), st.integers(0, 3599))
def test_a_clock_that_runs_every_minute_takes_all_three_steps_in_time(
    every: int, offset: int
) -> None:
    steps = _played(range(-600, 10_000 + offset, every))

    late = [
        moment - planned
        for (_, moment), planned in zip(steps, (before(120), before(45), before(20)), strict=True)
    ]
    assert all(timedelta() <= delay < timedelta(seconds=every) for delay in late)
