"""Invitations: the meeting over handovers in the calendars of those who are to be there."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk, told_of
from app.duty.invitation_calendar import Occasion, calendar_of
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import meetings, outbox
from app.store.database import reading
from app.store.meetings import Ahead, Called, State
from app.store.outbox import By, Letter
from app.wording import when
from routing.handover import due_at
from routing.ids import HandoverId, TherapistId
from routing.meeting import Meeting, MeetingId, Message, Word, messages, placed
from routing.organisation import District, Line, Organisation

log = structlog.get_logger()

KEYS = "invite"  # what the keys of all these letters begin with
_WORDS = {
    Word.INVITED: "invite",
    Word.MOVED: "invite_moved",
    Word.CANCELLED: "invite_cancelled",
    Word.UNINVITED: "invite_taken_back",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a district meets over what one line brought it, and who is to be there now."""

    line: Line
    district: District
    wanted: Mapping[TherapistId, str] = field(repr=False)  # to their addresses
    organiser: str = field(repr=False)
    now: datetime


def refresh_due(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Let handovers that are still to be taken up be due when they would be if they were built now.

    Returns how many have moved: a day was closed, or the district meets at another hour.  One that
    would be due at a moment that has passed stays where people were told it is.

    Source: docs/architecture.md, promise 5.
    """
    with reading(desk.engine) as connection:
        found = meetings.ahead(connection, now)
    moving = [(one, due) for one in found if (due := _due(organisation, one, now)) != one.due_at]
    if not moving:
        return 0
    with desk.engine.begin() as connection:
        moved = [one for one, due in moving if meetings.put_off(connection, one, due)]
    for one in moved:
        log.info("handover.moved", handover=one.id)
    return len(moved)


def invite(desk: Desk, organisation: Organisation, organiser: str | None, now: datetime) -> int:
    """
    Bring the calendars of all concerned up to date by mail; how many mails there were.

    Handovers that one district takes up at one moment share a meeting.  What must be said is found
    by what was said last, and the mails are rows of the transaction that writes it down: a clock
    that dies has done all of it or nothing, and the second of two finds it done.

    Args:
        organiser: whom the mails come from; without one, or without a mail server, only the
            handovers themselves are moved.

    Source: RFC 5546, 3.2.2 and 3.2.5; docs/adr/0022.
    """
    refresh_due(desk, organisation, now)
    if not desk.mails or organiser is None:
        return 0
    with reading(desk.engine) as connection:
        have_begun = meetings.have_begun(connection, now)
        places = meetings.places(connection, now)
    if have_begun:
        _begin(desk, now)
    said = 0
    for line_id, district_id in sorted(places):
        line = organisation.lines.get(line_id)
        district = organisation.districts.get(district_id)
        if line is None or district is None:
            continue  # what people were told last stands: nobody is left to ask
        guests = told_of(organisation, line, district.id, now)
        wanted = {guest.id: guest.email for guest in guests if guest.email is not None}
        place = _Place(line, district, wanted, organiser, now)
        with desk.engine.begin() as connection:
            said += _settle(connection, desk, place)
    return said


def _due(organisation: Organisation, handover: Ahead, now: datetime) -> datetime:
    line = organisation.lines.get(handover.line)
    district = organisation.districts.get(handover.district)
    if line is None or district is None:
        return handover.due_at
    due = due_at(handover.built_at, district, line)
    return due if due > now else handover.due_at


def _begin(desk: Desk, now: datetime) -> None:
    """A mail that has not got away by the time people meet is of no use to them."""
    with desk.engine.begin() as connection:
        begun = meetings.begin(connection, now)
        outbox.withdraw(connection, [_key(*each) for each in begun], "meeting_begun", now)


def _settle(connection: sa.Connection, desk: Desk, place: _Place) -> int:
    """Let the meetings of one district be what its handovers want, and tell; how many were told."""
    line, district, now = place.line, place.district, place.now
    found = meetings.ahead(connection, now, line.id, district.id)  # another clock waits here
    called = {
        one.meeting.id: one
        for one in meetings.called(connection, desk.cipher, line.id, district.id, now)
    }
    due = {one.id: one.due_at for one in found if district.wants_empty or not one.is_empty}
    placing = placed(due, [one.meeting for one in called.values()])
    taken: defaultdict[datetime, list[HandoverId]] = defaultdict(list)
    for handover, moment in due.items():
        taken[moment].append(handover)
    said = 0
    for id_ in sorted(placing.off):
        said += _tell(connection, desk, place, called[id_], None)
    for moment, known in placing.at.items():
        meeting = called[known] if known is not None else _call(connection, place, moment)
        new = [handover for handover in taken[moment] if handover not in meeting.meeting.handovers]
        if new:  # else nothing is written, sweep after sweep
            meetings.take_up(connection, meeting.meeting.id, new)
        said += _tell(connection, desk, place, meeting, moment)
    return said


def _call(connection: sa.Connection, place: _Place, moment: datetime) -> Called:
    """A meeting at *moment*, which nobody has heard of yet."""
    # Source: RFC 7986, 5.3: an event's id is random and says nothing.
    new = Meeting(MeetingId(str(uuid.uuid4())), moment, frozenset())
    called = Called(new, 0, place.organiser)
    meetings.call(connection, place.line.id, place.district.id, called)
    return called


def _tell(
    connection: sa.Connection, desk: Desk, place: _Place, called: Called, moment: datetime | None
) -> int:
    """Let *called* be at *moment*, or off where there is none; how many people hear of it."""
    said = messages(moment, called.sequence, called.guests, place.wanted)
    sequence = max((one.sequence for one in said), default=called.sequence)
    id_ = called.meeting.id
    if moment is None:
        meetings.change(connection, id_, called.meeting.due_at, sequence, State.CANCELLED)
    elif (moment, sequence) != (called.meeting.due_at, called.sequence):
        meetings.change(connection, id_, moment, sequence, State.CALLED)
    if not said:
        return 0
    _overtake(connection, called, said, place.now)
    meetings.told(connection, desk.cipher, id_, said)
    post(connection, desk, _letters(desk, place, called, said), place.now)
    log.info("meeting.told", meeting=id_, sequence=sequence, people=len(said))
    return len(said)


def _overtake(
    connection: sa.Connection, called: Called, said: Sequence[Message], now: datetime
) -> None:
    """An earlier mail that comes after a later one would put back what was taken away."""
    hearing = {one.therapist for one in said}
    old = [
        _key(called.meeting.id, guest.sequence, guest.therapist)
        for guest in called.guests
        if guest.therapist in hearing
    ]
    outbox.withdraw(connection, old, "overtaken", now)


def _letters(
    desk: Desk, place: _Place, called: Called, said: Sequence[Message]
) -> Iterator[Letter]:
    """Neither mail nor calendar holds a fact: not even which district or how many."""
    written, address = phrases(FIRST).written, f"{desk.public_url}/"
    occasion = Occasion(
        called.meeting.id,
        called.organiser,
        place.line.zone,
        summary=written["handover_subject"],
        description=written["handover"].format(address=address),
        url=address,
    )
    for one in said:
        yield Letter(
            _key(called.meeting.id, one.sequence, one.therapist),
            By.MAIL,
            place.line.id,
            one.address,
            written[_WORDS[one.word]].format(when=when(one.due_at, place.line), address=address),
            calendar=calendar_of(occasion, one, place.now),
        )


def _key(meeting: MeetingId, sequence: int, therapist: str) -> str:
    return f"{KEYS}/{meeting}/{sequence}/{therapist}"
