"""Threads through the night: they follow the duty, and a text that is stuck goes to the next."""

from collections import defaultdict
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty.handover import Desk
from app.duty.post import post
from app.duty.staff_texts import wording
from app.duty.standby import Standby, standby
from app.duty.texts import relay_letters, thread_address
from app.duty.undelivered import letters_about
from app.store import carried, contacts, texts
from app.store.contacts import row_of
from app.store.database import add_once, reading
from app.store.outbox import By, Letter
from app.store.tables import contact_events
from routing import record
from routing.contact import Contact, Kind
from routing.ids import TherapistId
from routing.ladder import Seeker
from routing.organisation import Organisation
from routing.text import Thread, relay_key

log = structlog.get_logger()

# After this a text that has not been sent is passed on; a therapist's phone may be off.
PATIENCE = timedelta(minutes=2)
_PATIENCE_FOR_ANSWERS = timedelta(minutes=30)


def follow_the_duty(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Give open threads whose therapist is off duty to whoever is on; how many moved.

    The new therapist gets one notice with their tags; nobody gets a thread she may not read.
    """
    moved = 0
    with reading(desk.engine) as connection:
        busy = texts.lines_with_threads(connection, now)
    for line in (line for line in organisation.lines.values() if line.id in busy):
        with desk.engine.begin() as connection:
            texts.lock_line(connection, line.id)
            on = standby(connection, organisation, line, now)
            taken: defaultdict[TherapistId, list[Thread]] = defaultdict(list)
            for thread in texts.recent_threads(connection, line.id, now):
                to = _next_holder(on, thread)
                if to is not None and texts.hand_on(connection, thread, to):
                    taken[to].append(thread)
            for holder, threads in taken.items():
                post(connection, desk, _notice(desk, on, holder, threads), now)
            moved += sum(map(len, taken.values()))
    return moved


def pass_on_what_is_stuck(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """
    Carry texts that could not be delivered to the next on standby; how many were passed on.

    When everyone has been tried the contact is undelivered: the home district is told, and the
    sender waits to be called back.
    """
    with reading(desk.engine) as connection:
        stuck = carried.undelivered(connection, now, PATIENCE)
    passed = 0
    for contact, therapist in stuck:
        with desk.engine.begin() as connection:
            known = contacts.of_ids(connection, [contact])
            if not known:
                continue
            texts.lock_line(connection, known[0].line)
            line = organisation.lines.get(known[0].line)
            if not carried.give_up(connection, relay_key(contact, therapist), now) or line is None:
                continue
            on = standby(connection, organisation, line, now)
            _pass_on(connection, desk, on, known[0])
            passed += 1
    return passed


def tell_of_failed_answers(desk: Desk, organisation: Organisation, now: datetime) -> int:
    """Tell therapists of answers of theirs that did not get through; how many there were."""
    with reading(desk.engine) as connection:
        failed = carried.failed_answers(connection, now, _PATIENCE_FOR_ANSWERS)
    told = 0
    for contact in failed:
        with desk.engine.begin() as connection:
            known = contacts.of_ids(connection, [contact])
            if not known or not carried.give_up(connection, f"reply/{contact}/", now):
                continue
            _, thread = texts.kept(connection, desk.cipher, contact)
            event = record.of_text(contact, known[0].line, Kind.UNDELIVERED, now)
            add_once(connection, contact_events, [row_of(event)])
            therapist = organisation.therapists.get(known[0].therapist or TherapistId(""))
            if therapist is not None and therapist.phone is not None:
                number = therapist.phone.e164
                said = wording("not_delivered", tag="" if thread is None else thread.tag)
                letter = Letter(f"failed/{contact}", By.TEXT, known[0].line, number, said)
                post(connection, desk, [letter], now)
            told += 1
    return told


def _next_holder(on: Standby, thread: Thread) -> TherapistId | None:
    """Who has *thread* from now on; None where nothing changes."""
    if thread.holder is None or not thread.is_open(on.now):
        return None
    tried = on.ladder(Seeker(thread.caller.home, label=thread.caller.label)).therapists
    return None if not tried or thread.holder in tried else tried[0]


def _notice(desk: Desk, on: Standby, holder: TherapistId, threads: list[Thread]) -> list[Letter]:
    phone = on.organisation.therapists[holder].phone
    if phone is None:
        return []
    said = wording("follow", tags=", ".join(sorted(thread.tag for thread in threads)))
    if not on.line.forward_texts:  # she has had no word of them on her telephone
        said = " ".join((said, *(thread_address(desk, thread.id) for thread in threads)))
    key = f"follow/{on.line.id}/{holder}/{on.now.isoformat()}"
    return [Letter(key, By.TEXT, on.line.id, phone.e164, said)]


def _pass_on(connection: sa.Connection, desk: Desk, on: Standby, contact: Contact) -> None:
    tried = carried.tried_for(connection, contact.id)
    standing = on.ladder(Seeker(contact.caller.home, label=contact.caller.label)).therapists
    to = next((therapist for therapist in standing if therapist not in tried), None)
    text, thread = texts.kept(connection, desk.cipher, contact.id)
    if to is not None and text is not None and thread is not None:
        texts.touch(connection, thread.id, to, on.now)
        post(connection, desk, relay_letters(connection, desk, on, text, thread, to), on.now)
        log.warning("text.passed_on", contact=contact.id)
        return
    event = record.of_text(contact.id, contact.line, Kind.UNDELIVERED, on.now)
    add_once(connection, contact_events, [row_of(event)])
    post(connection, desk, letters_about(desk, on, contact), on.now)
    log.error("text.undelivered", contact=contact.id)
