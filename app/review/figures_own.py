"""
A district's own contacts, counted.  Pure: contacts are arguments, and so is the moment.

What each figure means stands here, and is shown to whoever reads it by `app.console.figures_words`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.review.call_log import HELPED_WITHIN, first_help
from app.store.call_log import UNANSWERED
from routing.contact import Channel, Contact, Direction, Outcome
from routing.intervals import Interval
from routing.role import Role
from routing.work import A_DAY

# A call on which somebody was to answer: not one that is blocked, nor one to a closed line.
_TO_ANSWER = frozenset(
    {
        Outcome.ANSWERED, Outcome.FALLBACK_ANSWERED, Outcome.FALLBACK_FAILED, Outcome.MISSED,
        Outcome.ABANDONED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the ninth tenth of some lengths of time: real ones, by nearest rank."""

    number: int
    median: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True, slots=True)
class Week:
    """A week from its Monday: incoming calls and texts, and calls and texts that went out."""

    monday: date
    calls: int
    texts: int
    outgoing: int

    @property
    def total(self) -> int:
        return self.calls + self.texts + self.outgoing


@dataclass(frozen=True, slots=True)
class Calls:
    """
    Incoming calls on which somebody was to answer, that are over: open line, number not blocked.

    *answered* by a therapist, who pressed 1; *by_fallback* by the office or a fallback;
    *abandoned* where the caller hung up first; *unmet* where everybody had been tried.
    *sent_on* are those in which a fallback was rung, whether or not anybody answered there.
    """

    number: int
    answered: int
    by_fallback: int
    abandoned: int
    unmet: int
    sent_on: int
    wait: Spread  # from the call coming in until the therapist pressed 1


@dataclass(frozen=True, slots=True)
class Missed:
    """
    Incoming calls and texts that nobody answered, each by itself, and whether the caller was met.

    Met is the same number answered within 48 hours: *called_back* by us, or *came_back* by itself.
    A *withheld* number cannot be called.  *open* were missed less than 48 hours ago.
    """

    number: int
    called_back: int
    came_back: int
    withheld: int
    open: int
    until_met: Spread

    @property
    def share_base(self) -> int:
        """Those of whom it can be said by now."""
        return self.number - self.withheld - self.open


@dataclass(frozen=True, slots=True)
class Own:
    """The contacts of one district in some time."""

    number: int
    weeks: tuple[Week, ...]
    hours: Mapping[tuple[int, int], int]  # incoming, by weekday from 0 and hour
    calls: Calls
    missed: Missed
    outcomes: Mapping[tuple[Outcome | None, Channel], int]  # incoming
    roles: Mapping[tuple[Role | None, Channel], int]  # incoming
    outgoing: Mapping[Channel, int]


def own_figures(contacts: Sequence[Contact], span: Interval, zone: ZoneInfo, now: datetime) -> Own:
    """
    The figures of those of *contacts* that were received in *span*.

    Args:
        contacts: the district's own, and for 48 hours after *span* too, so that a caller who was
            missed at its end and called back is found.
    """
    some = [c for c in contacts if c.received_at in span]
    came = [c for c in some if c.direction is Direction.INBOUND]
    outcomes = {c.id: c.outcome_at(now) for c in some}
    return Own(
        number=len(some),
        weeks=_weeks(some, span, zone, now),
        hours=_hours(came, zone),
        calls=_calls([c for c in came if c.channel is Channel.VOICE], now),
        missed=_missed([c for c in came if outcomes[c.id] in UNANSWERED], contacts, now),
        outcomes=Counter((outcomes[c.id], c.channel) for c in came),
        roles=Counter((c.caller.role, c.channel) for c in came),
        outgoing=Counter(c.channel for c in some if c.direction is Direction.OUTBOUND),
    )


def spread(lengths: Iterable[timedelta]) -> Spread:
    """Median and ninth tenth by nearest rank, so that each is a length that there was."""
    found = sorted(lengths)
    if not found:
        return Spread(0, None, None)
    return Spread(len(found), found[(len(found) - 1) // 2], found[(len(found) * 9 + 9) // 10 - 1])


def _weeks(
    some: Sequence[Contact], span: Interval, zone: ZoneInfo, now: datetime
) -> tuple[Week, ...]:
    """Every week that has begun, also those in which nothing came."""
    counts: Counter[tuple[date, str]] = Counter()
    for contact in some:
        is_out = contact.direction is Direction.OUTBOUND
        counts[_monday(contact.received_at, zone), "out" if is_out else contact.channel] += 1
    monday, weeks = _monday(span.start, zone), list[Week]()
    last = _monday(min(span.end - timedelta.resolution, max(now, span.start)), zone)
    while monday <= last:
        calls, texts = counts[monday, Channel.VOICE], counts[monday, Channel.TEXT]
        weeks.append(Week(monday, calls, texts, counts[monday, "out"]))
        monday += 7 * A_DAY
    return tuple(weeks)


def _monday(at: datetime, zone: ZoneInfo) -> date:
    day = at.astimezone(zone).date()
    return day - day.weekday() * A_DAY


def _hours(came: Iterable[Contact], zone: ZoneInfo) -> Mapping[tuple[int, int], int]:
    local = (contact.received_at.astimezone(zone) for contact in came)
    return Counter((at.weekday(), at.hour) for at in local)


def _calls(calls: Iterable[Contact], now: datetime) -> Calls:
    some = [call for call in calls if call.outcome_at(now) in _TO_ANSWER]
    found = Counter(call.outcome_at(now) for call in some)
    waits = (c.wait for c in some if c.outcome is Outcome.ANSWERED and c.wait is not None)
    return Calls(
        number=len(some),
        answered=found[Outcome.ANSWERED],
        by_fallback=found[Outcome.FALLBACK_ANSWERED],
        abandoned=found[Outcome.ABANDONED],
        unmet=found[Outcome.MISSED] + found[Outcome.FALLBACK_FAILED],
        sent_on=sum(call.escalated_to is not None for call in some),
        wait=spread(waits),
    )


def _missed(missed: Sequence[Contact], others: Sequence[Contact], now: datetime) -> Missed:
    reachable = [contact for contact in missed if contact.caller.key is not None]
    met = first_help(reachable, others, now)
    called = [i for i, by in met.items() if by.direction is Direction.OUTBOUND]
    waiting = [c for c in reachable if c.id not in met and now - c.received_at < HELPED_WITHIN]
    at = {contact.id: contact.received_at for contact in reachable}
    return Missed(
        number=len(missed),
        called_back=len(called),
        came_back=len(met) - len(called),
        withheld=len(missed) - len(reachable),
        open=len(waiting),
        until_met=spread(by.received_at - at[i] for i, by in met.items()),
    )
