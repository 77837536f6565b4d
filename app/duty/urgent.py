"""What is not left for the meeting: told at once, or when the office opens."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk, told_of
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import contacts, notes
from app.store.database import reading
from app.store.outbox import By, Letter
from app.store.tables import notes as notes_table
from app.store.tables import outbox
from routing.ids import ContactId, DistrictId
from routing.note import Urgency, reaction_due
from routing.organisation import Line, Organisation

log = structlog.get_logger()

_LOOK_BACK = timedelta(days=14)


def tell_what_is_urgent(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Tell the home district's people of urgent notes, and its managers of broken agreements unmet.

    At once, or when the office opens, each person once; the letters hold no fact.  How many notes
    somebody was told of.

    Source: the longest wait for a meeting, over Easter, is four and a half days; the mandate, a
    broken agreement is met the same day or the next weekday.
    """
    told = 0
    with reading(desk.engine) as connection:
        waiting = [
            (urgency, *one)
            for urgency in (Urgency.AT_ONCE, Urgency.URGENT)
            for one in notes.waiting(connection, urgency, now - _LOOK_BACK)
        ]
        unmet = _unmet(connection, organisation, now)
        known = _posted(connection, now) if waiting or unmet else frozenset()
    for urgency, contact, line_id, home, written_at in waiting:
        line = organisation.lines.get(line_id)
        if line is None:
            continue
        if urgency is Urgency.URGENT and now < _office_opens(organisation, written_at):
            continue
        letters = _urgent(desk, organisation, line, contact, home, now)
        told += _post(desk, contact, letters, known, now)
    for contact, line, home in unmet:
        letters = _reaction(desk, organisation, line, contact, home, now)
        told += _post(desk, contact, letters, known, now)
    return told


def _post(
    desk: Desk,
    contact: ContactId,
    letters: Iterator[Letter],
    known: Collection[str],
    now: datetime,
) -> int:
    """Where one of *letters* is known, those people have been told; another district's have not."""
    every = tuple(letters)
    if not every:
        if desk.said.first("urgent", contact):
            log.error("urgent.nobody_to_tell", contact=contact)
        return 0
    if any(letter.key in known for letter in every):
        return 0
    with desk.engine.begin() as connection:
        post(connection, desk, every, now)
    log.info("urgent.told", contact=contact, letters=len(every))
    return 1


def _office_opens(organisation: Organisation, written_at: datetime) -> datetime:
    """The first moment of ordinary hours from then on."""
    hours = organisation.working_time.at(written_at).ordinary
    if hours.is_open(written_at):
        return written_at
    return hours.next_opening(written_at) or written_at


def _urgent(
    desk: Desk,
    organisation: Organisation,
    line: Line,
    contact: ContactId,
    home: DistrictId,
    now: datetime,
) -> Iterator[Letter]:
    """To those named for it, else to those told of handovers and the managers besides."""
    body = phrases(FIRST).written["urgent"].format(address=f"{desk.public_url}/")
    district = organisation.districts.get(organisation.current(home, line.today(now)))
    if district is None:
        return
    named = [organisation.therapists.get(therapist) for therapist in district.urgent]
    today = line.today(now)
    people = [t for t in named if t is not None and t.phone is not None and today in t.active]
    for therapist in people or told_of(organisation, line, district.id, now):
        if therapist.phone is not None:
            key = f"urgent/{contact}/{therapist.id}"
            yield Letter(key, By.TEXT, line.id, therapist.phone.e164, body)
    if not people:
        yield from _managers(desk, organisation, line, district.id, f"urgent/{contact}", body, now)


def _reaction(
    desk: Desk,
    organisation: Organisation,
    line: Line,
    contact: ContactId,
    home: DistrictId,
    now: datetime,
) -> Iterator[Letter]:
    body = phrases(FIRST).written["reaction_late"].format(address=f"{desk.public_url}/")
    return _managers(desk, organisation, line, home, f"reaction/{contact}", body, now)


def _managers(
    desk: Desk,
    organisation: Organisation,
    line: Line,
    home: DistrictId,
    key: str,
    body: str,
    now: datetime,
) -> Iterator[Letter]:
    today = line.today(now)
    district = organisation.current(home, today)
    for manager in organisation.managers:
        if organisation.current(manager.district, today) != district:
            continue
        if manager.phone is not None:
            yield Letter(f"{key}/{manager.id}", By.TEXT, line.id, manager.phone.e164, body)
        elif manager.email is not None and desk.mails:
            yield Letter(f"{key}/{manager.id}", By.MAIL, line.id, manager.email, body)


def _unmet(
    connection: sa.Connection, organisation: Organisation, now: datetime
) -> list[tuple[ContactId, Line, DistrictId]]:
    """The broken agreements that nobody has met by the time they were due."""
    n = notes_table.c
    query = sa.select(n.contact, n.line, n.district).where(
        n.broken_agreement,
        n.reacted_at.is_(None),
        n.district.is_not(None),
        n.written_at >= now - _LOOK_BACK,
        n.urgency.in_(list(Urgency)),  # all of them, so that the index is used
    )
    rows = connection.execute(query).all()
    facts = {c.id: c for c in contacts.of_ids(connection, [row.contact for row in rows])}
    found = []
    for row in rows:
        contact, line = facts.get(row.contact), organisation.lines.get(row.line)
        if contact is None or line is None:
            continue
        if now >= reaction_due(contact.received_at, line):
            found.append((contact.id, line, DistrictId(row.district)))
    return found


def _posted(connection: sa.Connection, now: datetime) -> frozenset[str]:
    """The keys of the letters that have been written."""
    o = outbox.c
    query = sa.select(o.key).where(
        sa.or_(o.key.like("urgent/%"), o.key.like("reaction/%")),
        o.created_at >= now - _LOOK_BACK,
    )
    return frozenset(connection.scalars(query))
