"""
What the carrier's own lists say that the log does not, and how much of it may be believed.

A list tells who called, when, which telephones were rung and for how long each was connected.  It
does not tell whether a key was pressed, nor whether a person or a voicemail spoke.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from routing import record
from routing.call import Result
from routing.contact import LONGEST_CALL, OFFICE, ContactEvent, Direction, Kind
from routing.ids import ContactId, LineId
from routing.intervals import Interval
from routing.organisation import Line

# A call that lasts long is in the list from its beginning, and can be settled when it is over.
OVERLAP = LONGEST_CALL + timedelta(hours=1)
# The webhooks of a call that has just ended may still be on their way.
SETTLED_AFTER = timedelta(minutes=5)
# Older contacts are in no handover any more.
FARTHEST = timedelta(days=62)
_AT_A_TIME = timedelta(days=1)
# A call to oneself is listed twice, once for each end; they begin and end together.
_ENDS_DIFFER = timedelta(seconds=10)
_OUTBOUND = "outbound-api"  # asked for by the service, and not rung by a Dial
# Shorter is somebody who picked up and put down, or a machine that the caller did not wait for.
_TALKED_FOR = 10
# What she hears at her key takes about five seconds; then the two are put through.
_PUT_THROUGH_AFTER = timedelta(seconds=20)

# After this a text goes on as if it had just come only in daytime.
_FRESH_FOR = timedelta(hours=2)
_DAYTIME = range(7, 22)  # hours of wall time


@dataclass(frozen=True, slots=True)
class CarriedCall:
    """A call as the carrier lists it; *ended_at* and *seconds* are None while it goes on."""

    id: ContactId
    parent: ContactId | None
    shown: str = field(repr=False)  # the caller's number, or what stands for a withheld one
    to: str = field(repr=False)
    direction: str
    status: str
    began_at: datetime
    ended_at: datetime | None
    seconds: int | None

    def is_settled(self, now: datetime) -> bool:
        """Whether it is over, and nothing more is to be heard of it."""
        return self.ended_at is not None and now - self.ended_at >= SETTLED_AFTER


@dataclass(frozen=True, slots=True)
class CarriedText:
    """A text to one of our numbers as the carrier lists it."""

    id: ContactId
    shown: str = field(repr=False)
    to: str = field(repr=False)
    body: str = field(repr=False)
    at: datetime
    media: int


def windows(since: datetime, until: datetime) -> Iterator[Interval]:
    """What to ask for, from *since* and a little before it, a day at a time, the oldest first."""
    start = since - OVERLAP
    while start < until:
        end = min(start + _AT_A_TIME, until)
        yield Interval(start, end)
        start = end


def is_our_own(call: CarriedCall, listed: Iterable[CarriedCall]) -> bool:
    """Whether *call* is where a call comes in that the line made to itself, by those *listed*."""
    return call.shown == call.to and any(
        made.direction == _OUTBOUND
        and made.shown == made.to == call.to
        and made.began_at - _ENDS_DIFFER <= call.began_at
        and (made.ended_at is None or call.began_at <= made.ended_at + _ENDS_DIFFER)
        for made in listed
    )


def is_unfinished(known: Collection[ContactEvent]) -> bool:
    """Whether the log has a call's beginning, and not its end; what was found once is enough."""
    kinds = {event.kind for event in known}
    return Kind.RECEIVED in kinds and not kinds & {Kind.ENDED, Kind.RECONCILED}


def added(
    call: CarriedCall,
    rung: Iterable[CarriedCall],
    known: Sequence[ContactEvent],
    targets: Mapping[str, str],
    line: LineId,
) -> tuple[ContactEvent, ...]:
    """
    What *call*, which is over, and the calls *rung* for it add to the events *known* of it.

    Who was rung and did not answer is believed, and so is a fallback that was connected for ten
    seconds.  A therapist counts as having answered only if the log has her key and she was
    connected for longer than the words at it take: else it may have been her voicemail.

    Args:
        targets: whose telephone each number is, in the words of the log.
    """
    received = next((event for event in known if event.kind is Kind.RECEIVED), None)
    is_ours = received is not None and received.direction is Direction.OUTBOUND
    # Of a call that a therapist makes as the line, nobody knows here whether a family answered.
    attempts = () if is_ours else _attempts(call, rung, known, targets, line)
    end = _end(call, known, line)
    # Its end was told of by itself, so who did not answer is no news: only that somebody talked.
    is_news = bool(end) or any(event.result == Result.BRIDGED for event in attempts)
    return (*attempts, *end) if is_news else ()


def _end(
    call: CarriedCall, known: Sequence[ContactEvent], line: LineId
) -> tuple[ContactEvent, ...]:
    is_over = any(event.kind in {Kind.ENDED, Kind.HUNG_UP} for event in known)
    if is_over or call.ended_at is None:
        return ()
    return (record.hung_up(call.id, line, call.seconds, call.ended_at),)


def _attempts(
    call: CarriedCall,
    rung: Iterable[CarriedCall],
    known: Sequence[ContactEvent],
    targets: Mapping[str, str],
    line: LineId,
) -> tuple[ContactEvent, ...]:
    longest: dict[str, CarriedCall] = {}
    for child in sorted(rung, key=lambda c: (c.seconds or 0, c.began_at)):
        target = targets.get(child.to)
        if target is not None and child.parent == call.id and child.ended_at is not None:
            longest[target] = child
    told = {event.key: event for event in known}
    found: list[ContactEvent] = []
    for target, child in longest.items():
        result = _result(target, child, told.get(f"accepted/{target}"))
        if f"attempt_ended/{target}" in told or result is None or child.ended_at is None:
            continue
        if f"offered/{target}" not in told:
            found.append(record.offered(call.id, line, target, child.began_at))
        found.append(
            record.attempt_ended(call.id, line, target, result, child.seconds, child.ended_at)
        )
    return tuple(found)


def _result(target: str, child: CarriedCall, accepted: ContactEvent | None) -> Result | None:
    """How an attempt ended, as far as the list tells; None where a key was pressed in vain."""
    if child.status != "completed":
        return _RESULTS.get(child.status, Result.FAILED)
    if target == OFFICE or target.startswith("fallback-"):
        return Result.BRIDGED if (child.seconds or 0) >= _TALKED_FOR else Result.UNACCEPTED
    if accepted is None:
        return Result.UNACCEPTED
    until = child.ended_at or accepted.at
    return Result.BRIDGED if until - accepted.at >= _PUT_THROUGH_AFTER else None


_RESULTS = {
    "no-answer": Result.NO_ANSWER,
    "busy": Result.BUSY,
    "failed": Result.FAILED,
    "canceled": Result.CALLER_GONE,
}


def still_goes_on(received_at: datetime, line: Line, now: datetime) -> bool:
    """
    Whether a text that was found afterwards is passed on as if it had just come.

    Within two hours, and later on the same day while the line is open in daytime.  What is older
    wakes nobody: it is a contact that reached nobody, and the handover tells of it.
    """
    if now - received_at <= _FRESH_FOR:
        return True
    local = now.astimezone(line.zone)
    is_today = received_at.astimezone(line.zone).date() == local.date()
    return is_today and local.hour in _DAYTIME and line.hours.is_open(now)
