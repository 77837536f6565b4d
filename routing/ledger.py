"""The ledger of disturbed duties: what standby and call-outs there were, from the contacts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from routing.contact import Channel, Contact, Direction
from routing.hours import wall
from routing.ids import TherapistId
from routing.intervals import Interval, gaps, inside, union
from routing.rota import Shift
from routing.weekdays import DAY_NAMES, kinds_of_day
from routing.working_time import STANDARD_WORKING_TIME

_A_MINUTE = timedelta(minutes=1)
_WORKING_DAYS = frozenset(DAY_NAMES[:5])


@dataclass(frozen=True, slots=True)
class Correction:
    """*therapist* says that this time *was_work*, or was none, whatever the contacts say."""

    therapist: TherapistId
    time: Interval
    was_work: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """One person's standby and call-outs in some time; *red* is on Saturdays, Sundays, holidays."""

    standby: timedelta
    standby_red: timedelta
    called_out: timedelta
    called_out_red: timedelta
    occasions: int


def call_outs(
    contacts: Iterable[Contact],
    now: datetime,
    joined_within: timedelta = STANDARD_WORKING_TIME.joined_within,
) -> Mapping[TherapistId, tuple[Interval, ...]]:
    """
    Each person's work during standby: calls taken or made, and texts read or written.

    Rounded outward to the minute, and joined where less than *joined_within* lies between.  A call
    that goes on lasts until *now*; one that was only rung is no work.
    """
    found: defaultdict[TherapistId, list[Interval]] = defaultdict(list)
    for contact in contacts:
        for therapist, start, end in _worked(contact, now):
            found[therapist].append(_rounded(start, end))
    return {who: _joined(times, joined_within) for who, times in found.items()}


def corrected(
    found: Mapping[TherapistId, tuple[Interval, ...]], corrections: Iterable[Correction]
) -> Mapping[TherapistId, tuple[Interval, ...]]:
    """The call-outs with *corrections* laid over them, in the order they were made."""
    result = dict(found)
    for one in corrections:
        before = result.get(one.therapist, ())
        if one.was_work:
            result[one.therapist] = union((*before, one.time))
        else:
            result[one.therapist] = gaps([one.time], before)
    return result


def hours_of(
    therapist: TherapistId,
    shifts: Iterable[Shift],
    called_out: Iterable[Interval],
    span: Interval,
    zone: ZoneInfo,
) -> Hours:
    """What *therapist* had of both in *span*; two positions held at once count as one standby."""
    standby = inside(union(s.time for s in shifts if s.therapist == therapist), span)
    worked = inside(called_out, span)
    return Hours(
        _total(standby),
        _total(piece for s in standby for piece in _red(s, zone)),
        _total(worked),
        _total(piece for w in worked for piece in _red(w, zone)),
        len(worked),
    )


def _worked(contact: Contact, now: datetime) -> Iterator[tuple[TherapistId, datetime, datetime]]:
    if contact.channel is Channel.TEXT or contact.direction is Direction.OUTBOUND:
        if contact.therapist is not None:
            ends = [a.ended_at for a in contact.attempts if a.ended_at is not None]
            yield contact.therapist, contact.received_at, max(ends, default=contact.received_at)
        return
    for attempt in contact.attempts:
        if attempt.accepted_at is not None and not attempt.is_fallback:
            talked = contact.talk if attempt.reached else None
            end = attempt.ended_at or (now if talked is None else attempt.accepted_at + talked)
            yield TherapistId(attempt.target), attempt.accepted_at, max(end, attempt.accepted_at)


def _rounded(start: datetime, end: datetime) -> Interval:
    first = start.replace(second=0, microsecond=0)
    last = end.replace(second=0, microsecond=0)
    return Interval(first, last if last == end and last > first else last + _A_MINUTE)


def _joined(times: Iterable[Interval], within: timedelta) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for stretch in union(times):
        if found and stretch.start - found[-1].end < within:
            found[-1] = Interval(found[-1].start, stretch.end)
        else:
            found.append(stretch)
    return tuple(found)


def _red(stretch: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    """What of *stretch* lies on a Saturday, a Sunday, a public holiday or an eve."""
    day = stretch.start.astimezone(zone).date()
    while True:
        whole = Interval(_midnight(day, zone), _midnight(day + timedelta(days=1), zone))
        piece = stretch.overlap(whole)
        if piece is None:
            return
        if not kinds_of_day(day) <= _WORKING_DAYS:
            yield piece
        day += timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return wall(day, time(0), zone, last=False)


def _total(times: Iterable[Interval]) -> timedelta:
    return sum((stretch.length for stretch in times), timedelta())
