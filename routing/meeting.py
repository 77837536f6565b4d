"""Meetings over handovers: which meeting takes up which, and whom to write to about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from routing.ids import HandoverId, TherapistId

MeetingId = NewType("MeetingId", str)


@dataclass(frozen=True, slots=True)
class Meeting:
    """
    What one district has called people to, and for which handovers.

    *is_settled* where one of them has been acknowledged there already.
    """

    id: MeetingId
    due_at: datetime
    handovers: frozenset[HandoverId]
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Placing:
    """Which meeting is at each moment, None where it has yet to be called; and which are off."""

    at: Mapping[datetime, MeetingId | None]
    off: frozenset[MeetingId]


def placed(due: Mapping[HandoverId, datetime], meetings: Sequence[Meeting]) -> Placing:
    """
    Where the handovers in *due* are taken up, one meeting for each moment.

    A meeting stays where a handover is due at its moment.  Otherwise it moves along with most of
    its handovers, to a moment that has none.  One that is left without a handover is off, unless
    something was acknowledged at it: then it has done its work.

    Args:
        due: the handovers of one district that nobody has acknowledged.
        meetings: those of the district that are still to come; no two at one moment.
    """
    staying = {meeting.due_at: meeting for meeting in meetings}
    at: dict[datetime, MeetingId | None] = {}
    left = {meeting.id: meeting for meeting in meetings}
    moments = sorted(set(due.values()))
    for moment in moments:
        if moment in staying:
            at[moment] = left.pop(staying[moment].id).id
    for moment in moments:
        if moment in at:
            continue
        there = {handover for handover, when in due.items() if when == moment}
        found = [meeting for meeting in left.values() if meeting.handovers & there]
        if not found:
            at[moment] = None
            continue
        nearest = min(found, key=lambda m: (-len(m.handovers & there), m.due_at, m.id))
        at[moment] = left.pop(nearest.id).id
    off = frozenset(meeting.id for meeting in left.values() if not meeting.is_settled)
    return Placing(at, off)


class Word(StrEnum):
    """What somebody is told of a meeting."""

    INVITED = "invited"
    MOVED = "moved"
    CANCELLED = "cancelled"  # nobody meets
    UNINVITED = "uninvited"  # the others do


@dataclass(frozen=True, slots=True)
class Guest:
    """What one person was told last; *due_at* is the moment she was told of."""

    therapist: TherapistId
    address: str = field(repr=False)
    due_at: datetime
    sequence: int
    is_invited: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One mail about a meeting to one person."""

    word: Word
    therapist: TherapistId
    address: str = field(repr=False)
    due_at: datetime
    sequence: int


def messages(
    due_at: datetime | None,
    sequence: int,
    guests: Sequence[Guest],
    wanted: Mapping[TherapistId, str],
) -> tuple[Message, ...]:
    """
    What must be said of a meeting; nothing where all that there is to say has been said.

    Afterwards those *wanted* know of it at their addresses, and nobody else does.  All messages
    have one sequence number.  It is raised where somebody has heard of the meeting before, so that
    each message to a person has a number of its own and the last one counts.  At an address that is
    no longer hers the meeting is taken back; the next time around she is invited at the new one.

    Args:
        due_at: when it is; None where it is off.
        sequence: the last number that was used.

    Source: RFC 5546, 2.1.4 and 3.2.5; RFC 5545, 3.8.7.4.
    """
    invited = [guest for guest in guests if guest.is_invited]
    found = [one for guest in invited if (one := _news(guest, due_at, wanted)) is not None]
    if due_at is not None:
        here = {guest.therapist for guest in invited}
        new = [therapist for therapist in wanted if therapist not in here]
        found += [(Word.INVITED, therapist, wanted[therapist], due_at) for therapist in new]
    have_heard = {guest.therapist for guest in guests}
    must_raise = any(therapist in have_heard for _, therapist, _, _ in found)
    return tuple(Message(*each, sequence + must_raise) for each in found)


def _news(
    guest: Guest, due_at: datetime | None, wanted: Mapping[TherapistId, str]
) -> tuple[Word, TherapistId, str, datetime] | None:
    """What somebody who is invited does not know yet."""
    if due_at is None:
        return Word.CANCELLED, guest.therapist, guest.address, guest.due_at
    if wanted.get(guest.therapist) != guest.address:
        return Word.UNINVITED, guest.therapist, guest.address, guest.due_at
    if guest.due_at != due_at:
        return Word.MOVED, guest.therapist, guest.address, due_at
    return None
