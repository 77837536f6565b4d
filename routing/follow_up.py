"""
Follow-ups: ordered in daytime by a family's own district, carried out from the evening's rota.

A follow-up has one window, a rule of whom to turn to when nobody was reached, and ends with an
outcome that the district reads in its handover.  Several windows ordered together are a series.

Source: docs/follow-ups.md; the survey of what districts need after a police interview at Barnahus.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from routing.contact import Contact, Outcome
from routing.errors import Conflict, InvalidInput, Place
from routing.ids import ClientId, ContactId, DistrictId, FollowUpId, LineId, TherapistId
from routing.intervals import Interval
from routing.note import LONGEST
from routing.organisation import Line, Organisation, Therapist

MOST_ATTEMPTS, MOST_WINDOWS = 9, 9
ORDERED_AHEAD = timedelta(days=31)
# She may still be talking when the window ends, and what was said must not look like silence.
TO_RECORD = timedelta(minutes=30)


class FollowUpRefused(Conflict):
    """It cannot be done with the follow-up as it stands; the message says why."""

    code = "follow_up_refused"


class State(StrEnum):
    """How far a follow-up has come; stored as written, so never renamed."""

    ORDERED = "ordered"
    OPEN = "open"  # its window has come
    DONE = "done"
    NOT_REACHED = "not_reached"
    CANCELLED = "cancelled"


GOING_ON = frozenset({State.ORDERED, State.OPEN})


class Reached(StrEnum):
    """What she records; stored as written, so never renamed."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    OTHER_ADULT = "other_adult"  # somebody else at home, who was spoken with


class IfNotReached(StrEnum):
    """Who takes over when nobody was reached; stored as written, so never renamed."""

    SOCIALJOUREN = "socialjouren"  # she calls the line's fallback
    NEXT_WINDOW = "next_window"
    HOME_DISTRICT = "home_district"  # in the handover


class Result(StrEnum):
    """What came of one call to the family, by the carrier's word."""

    GOING_ON = "going_on"
    ANSWERED = "answered"  # by somebody, or by a machine
    NO_ANSWER = "no_answer"


class Step(StrEnum):
    """What the clock is to do."""

    OPEN = "open"
    ASK = "ask"  # for the outcome of a call that was answered
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class SafeContact:
    """
    How the family may be called.

    *number* is the keyed index of the one number that may be used: a number of the register, so
    that nobody types one.
    """

    number: bytes = field(repr=False)
    may_leave_voicemail: bool
    may_say_who_calls: bool
    language: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to the family; *contact* is the line's outgoing contact."""

    contact: ContactId
    therapist: TherapistId
    at: datetime
    result: Result


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it, in her words; the text is sealed where it is kept."""

    outcome: Reached
    text: str = field(repr=False)
    by: TherapistId
    at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """What is the same for a whole series."""

    line: LineId
    district: DistrictId  # the home district, which owns it
    client: ClientId = field(repr=False)
    instruction: str = field(repr=False)  # sealed where it is kept
    safe: SafeContact
    max_attempts: int  # in each window
    ordered_by: str  # a therapist's or a manager's id
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """When one follow-up is to be made, and what if nobody is reached."""

    time: Interval
    if_not_reached: IfNotReached


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up; those with the same *series* were ordered together."""

    id: FollowUpId
    series: int
    order: Order
    window: Window
    state: State
    attempts: tuple[Attempt, ...] = ()
    report: Report | None = None

    @property
    def attempts_left(self) -> int:
        return max(0, self.order.max_attempts - len(self.attempts))

    @property
    def was_tried(self) -> bool:
        return bool(self.attempts) or self.report is not None


def check_order(order: Order, windows: Sequence[Window], line: Line) -> None:
    """
    Nothing, where *order* may be kept.

    Raises:
        InvalidInput: naming the field: there is nothing to do, too much, a window that is over or
            in which the line is closed, or a rule that leads nowhere.
    """
    if not order.instruction.strip():
        raise InvalidInput("is empty", Place("order", field="instruction"))
    if len(order.instruction) > LONGEST:
        raise InvalidInput(f"longer than {LONGEST} characters", Place("order", field="instruction"))
    if not 1 <= order.max_attempts <= MOST_ATTEMPTS:
        raise InvalidInput(f"must be from 1 to {MOST_ATTEMPTS}", Place("order", field="attempts"))
    if not 1 <= len(windows) <= MOST_WINDOWS:
        said = f"there must be from 1 to {MOST_WINDOWS}"
        raise InvalidInput(said, Place("order", field="windows"))
    for number, window in enumerate(windows):
        earlier = windows[number - 1].time if number else None
        is_last = number == len(windows) - 1
        _check_window(order, window, earlier, line, Place("order", field=f"windows.{number + 1}"))
        if is_last and window.if_not_reached is IfNotReached.NEXT_WINDOW:
            said = "the last window has none after it: name who takes over"
            raise InvalidInput(said, Place("order", field="if_not_reached"))


def _check_window(
    order: Order, window: Window, earlier: Interval | None, line: Line, place: Place
) -> None:
    time = window.time
    if time.end <= order.ordered_at:
        raise InvalidInput("is over already", place)
    if time.end > order.ordered_at + ORDERED_AHEAD:
        raise InvalidInput(f"more than {ORDERED_AHEAD.days} days ahead", place)
    if earlier is not None and time.start < earlier.end:
        raise InvalidInput("begins before the one above it has ended", place)
    if line.hours.within(time) != (time,):
        raise InvalidInput("the line is not open all that time", place)
    if window.if_not_reached is IfNotReached.SOCIALJOUREN and not line.fallback:
        raise InvalidInput("the line has no fallback to turn to", place)


def with_results(
    attempts: Iterable[Attempt], contacts: Mapping[ContactId, Contact], now: datetime
) -> tuple[Attempt, ...]:
    """*attempts*, each with what came of its outgoing contact; without one it got nowhere."""
    found = []
    for attempt in attempts:
        contact = contacts.get(attempt.contact)
        result = Result.NO_ANSWER if contact is None else _result(contact.outcome_at(now))
        found.append(Attempt(attempt.contact, attempt.therapist, attempt.at, result))
    return tuple(found)


def _result(outcome: Outcome | None) -> Result:
    if outcome is None:
        return Result.GOING_ON
    return Result.ANSWERED if outcome is Outcome.ANSWERED else Result.NO_ANSWER


def due(task: FollowUp, now: datetime) -> Step | None:
    """
    What is due at *now*; None while there is nothing to do, or nothing more.

    It ends as not reached when the window is over, or when every attempt is used up: whoever takes
    over should not wait for the clock.  While somebody talks it does not end, and after a call that
    was answered she is asked what came of it and given *TO_RECORD* to say so.
    """
    if task.state not in GOING_ON or now < task.window.time.start:
        return None
    results = {attempt.result for attempt in task.attempts}
    is_over = now >= task.window.time.end
    if is_over or not task.attempts_left:
        if Result.GOING_ON in results:
            return None
        if Result.ANSWERED in results and now < task.window.time.end + TO_RECORD:
            return Step.ASK
        return Step.NOT_REACHED
    return Step.OPEN if task.state is State.ORDERED else None


def takes_over(task: FollowUp, series: Iterable[FollowUp]) -> IfNotReached:
    """
    Who takes over from *task*, when nobody was reached.

    A next window that has been cancelled meanwhile reaches nobody, so Socialjouren is called.
    """
    rule = task.window.if_not_reached
    if rule is not IfNotReached.NEXT_WINDOW:
        return rule
    is_there = any(
        other.series == task.series
        and other.window.time.start >= task.window.time.end
        and other.state in GOING_ON
        for other in series
    )
    return rule if is_there else IfNotReached.SOCIALJOUREN


def may_carry_out(
    organisation: Organisation, therapist: Therapist, task: FollowUp, now: datetime
) -> bool:
    """
    Whether *therapist* may be given *task*; that she is on standby is for the caller to know.

    Source: docs/follow-ups.md: the home district's own, or a mandate for that very task.
    """
    today = organisation.lines[task.order.line].today(now)
    home = organisation.current(task.order.district, today)
    return today in therapist.active and organisation.may_follow_up(therapist, home, today)


def whom_to_tell(
    able: Sequence[TherapistId], on_standby: Iterable[TherapistId], told: Sequence[TherapistId]
) -> TherapistId | None:
    """
    Who is to be told of an open follow-up now; None while somebody has it, or nobody may.

    Args:
        able: those on standby who may be told and may carry it out, in the ladder's order.
        on_standby: everybody on standby; who was told and is still there has it, also when she
            has paused since.
        told: those told before, in that order.
    """
    if set(told) & set(on_standby):
        return None
    return able[0] if able else None


def check_call(task: FollowUp, now: datetime) -> None:
    """
    Nothing, where the family may be called now.

    Raises:
        FollowUpRefused: it is not the time, somebody is talking with them, or enough was tried.
    """
    if task.state not in GOING_ON:
        raise FollowUpRefused(f"the follow-up is {_words(task.state)}")
    if now not in task.window.time:
        raise FollowUpRefused("it is not the time that was ordered")
    if any(attempt.result is Result.GOING_ON for attempt in task.attempts):
        raise FollowUpRefused("somebody is calling already")
    if not task.attempts_left:
        raise FollowUpRefused("every attempt is used up: record what came of it")


def check_report(task: FollowUp, report: Report) -> State:
    """
    The state that *report* leads to; one is kept also where the clock has given up before.

    Raises:
        InvalidInput: the text is empty or too long.
        FollowUpRefused: there is one already, or it has not begun, or nobody has been called.
    """
    if not report.text.strip():
        raise InvalidInput("is empty", Place("report", field="text"))
    if len(report.text) > LONGEST:
        raise InvalidInput(f"longer than {LONGEST} characters", Place("report", field="text"))
    if task.report is not None:
        raise FollowUpRefused("what came of it is recorded already")
    if task.state is State.CANCELLED:
        raise FollowUpRefused("the follow-up is cancelled")
    if report.at < task.window.time.start:
        raise FollowUpRefused("it has not begun")
    if report.outcome is not Reached.NOT_REACHED:
        return State.DONE
    if not task.attempts:
        raise FollowUpRefused("nobody has been called yet")
    return State.NOT_REACHED


def check_cancel(task: FollowUp) -> None:
    """
    Nothing, where *task* may be cancelled.

    Raises:
        FollowUpRefused: it is over.
    """
    if task.state not in GOING_ON:
        raise FollowUpRefused(f"the follow-up is {_words(task.state)}")


def _words(state: State) -> str:
    return state.value.replace("_", " ")
