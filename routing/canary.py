"""The call that a line makes to itself: when one is due, what comes next, and what it proves."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from routing.hours import Hours, wall
from routing.intervals import Interval

_A_DAY = timedelta(days=1)
# Early enough to have a number mended, late enough to tell of how it is tonight.
EARLY = timedelta(minutes=90)
_NOON = time(12)
# The very first of a line is made on time or not at all: a service that has just been put up, or
# brought up to date, does not call before somebody expects it to.
_FIRST_WITHIN = timedelta(minutes=90)
# Whoever mends the number sees that it is mended; meanwhile nobody is told again before a day.
AGAIN_AFTER = timedelta(hours=1)
_REMINDED_AFTER = timedelta(hours=20)

TRIES, TRIES_BY_HAND = 2, 1
HEARD_WITHIN = timedelta(seconds=90)
_BETWEEN_TRIES = timedelta(minutes=5)
ASKS = 2
_ANSWERED_WITHIN = timedelta(seconds=15)

# Refusals that say that no call can be made, or none with this number, and nothing of calling
# oneself: an account that is closed or full, an address that makes no sense, a number not ours.
_NOTHING_GOES = frozenset({"10001", "10004", "20005", "21205", "21210", "21212"})


class Made(StrEnum):
    """What the carrier has said to a call that it was asked for."""

    WAITING = "waiting"  # nothing yet: it is away, or was never asked
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Outcome(StrEnum):
    """How a canary ended."""

    PASSED = "passed"
    BY_WEBHOOKS = "by_webhooks"  # the carrier makes no such calls, and the service answers
    FAILED = "failed"


class Fault(StrEnum):
    """Why one failed."""

    NOT_BACK = "not_back"  # the carrier took the call, which never came in: its side
    NOT_MADE = "not_made"  # the carrier did not take it
    SILENT = "silent"  # nor does the service answer at its own address: our side


class Step(StrEnum):
    """What is to be done about a canary that goes on."""

    CALL = "call"
    ASK = "ask"  # through the webhooks, as the carrier would


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it ended, and why it failed if it did."""

    outcome: Outcome
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What has been done about one canary; *made* and *code* are of its last call."""

    by_hand: bool = False  # somebody waits for it, and has tried before
    tries: int = 0
    tried_at: datetime | None = None
    made: Made = Made.WAITING
    code: str | None = None  # the carrier's, of a refusal
    heard_at: datetime | None = None
    asks: int = 0
    asked_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """The latest canary of a line; *over_at* is None while it goes on."""

    due_at: datetime
    over_at: datetime | None = None
    outcome: Outcome | None = None


def due_on(hours: Hours, day: date) -> datetime:
    """
    When the canary of *day* is due: so long before the line first opens on that date.

    A line that opens at no time of it, since it is open all night or closed all day, has it at
    noon: a closed line is called, too.
    """
    starts, ends = (wall(d, time(0), hours.zone, last=False) for d in (day, day + _A_DAY))
    # From the day before, so that what has long been open does not look like an opening.
    around = hours.within(Interval(starts - _A_DAY, ends))
    first = next((one.start for one in around if starts <= one.start), None)
    return wall(day, _NOON, hours.zone, last=False) if first is None else first - EARLY


def to_begin(hours: Hours, last: Last | None, now: datetime) -> datetime | None:
    """
    The moment at which the canary is due that is to be begun now; None where none is.

    One at a time; what was due while the clock stood still is made up for once; and after one
    that failed, another, until one passes.
    """
    today = now.astimezone(hours.zone).date()
    # What opens soon after midnight has its canary before it.
    days = (today + _A_DAY, today, today - _A_DAY)
    daily = next(due for day in days if (due := due_on(hours, day)) <= now)
    if last is None:
        return daily if now - daily < _FIRST_WITHIN else None
    if last.over_at is None:
        return None
    if daily > last.due_at:
        return daily
    again = last.over_at + AGAIN_AFTER
    return again if last.outcome is Outcome.FAILED and again <= now else None


def next_step(done: Progress, now: datetime) -> Step | Verdict | None:
    """
    What is to be done now about a canary that goes on; None while it has time.

    A call that is not heard is made once more.  If that is not heard either, or the carrier
    refuses, the service is asked through its webhooks: that tells whose side it is.
    """
    if done.heard_at is not None:
        return Verdict(Outcome.PASSED)
    if done.asked_at is not None:
        return _asked(done, done.asked_at, now)
    if done.tried_at is None:
        return Step.CALL
    if done.made is Made.REFUSED:
        return Step.ASK
    waited = now - done.tried_at
    if done.tries < (TRIES_BY_HAND if done.by_hand else TRIES):
        return Step.CALL if waited >= _BETWEEN_TRIES else None
    return Step.ASK if waited >= HEARD_WITHIN else None


def _asked(done: Progress, asked_at: datetime, now: datetime) -> Step | Verdict | None:
    if done.answered_at is not None:
        match done.made:
            case Made.REFUSED if done.code not in _NOTHING_GOES:
                return Verdict(Outcome.BY_WEBHOOKS)
            case Made.ACCEPTED:
                return Verdict(Outcome.FAILED, Fault.NOT_BACK)
            case _:
                return Verdict(Outcome.FAILED, Fault.NOT_MADE)
    if now - asked_at < _ANSWERED_WITHIN:
        return None
    return Step.ASK if done.asks < ASKS else Verdict(Outcome.FAILED, Fault.SILENT)


class News(StrEnum):
    """What the managers are told when a canary has ended."""

    FAILED = "failed"
    WELL_AGAIN = "well_again"


def news(
    before: Outcome | None, told_at: datetime | None, outcome: Outcome, now: datetime
) -> News | None:
    """
    What is to be told of *outcome*, after the one *before* and what was last told of a failure.

    Once for each failure, however often it is tried again, and once a day for as long as it lasts.
    """
    if outcome is not Outcome.FAILED:
        return News.WELL_AGAIN if before is Outcome.FAILED else None
    if before is not Outcome.FAILED or told_at is None or now - told_at >= _REMINDED_AFTER:
        return News.FAILED
    return None
