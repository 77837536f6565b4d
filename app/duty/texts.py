"""Texts that have come in: each is handled once, in the transaction that does what it asks for."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from app.duty import flood, staff_texts
from app.duty.handover import Desk
from app.duty.post import post
from app.duty.standby import Standby, standby
from app.duty.undelivered import letters_about
from app.phrases import phrases
from app.store import carried, contacts, texts
from app.store.contacts import row_of
from app.store.database import add_once, reading
from app.store.fields import FieldCipher
from app.store.mirror import Picture
from app.store.outbox import By, Letter
from app.store.tables import contact_events
from app.store.texts import Text
from app.wording import when
from routing import record
from routing.contact import Contact, Kind
from routing.ids import TherapistId, ThreadId
from routing.ladder import Seeker
from routing.numbers import PhoneNumber, takes_texts
from routing.reconciliation import still_goes_on
from routing.register import identify
from routing.segments import parts
from routing.text import OPEN_FOR, Keyword, Thread, keyword, relay_key

log = structlog.get_logger()

_MOST_AT_ONCE = 100
_AN_HOUR = timedelta(hours=1)
# So late that whoever reads a text must know when it was written.
_OLD = timedelta(minutes=15)


def handle_texts(desk: Desk, picture: Picture, now: datetime) -> int:
    """
    Do what each waiting text asks for; how many were handled.

    A text is claimed, its thread found and its letters queued in one transaction, so that a
    process that dies has done all of it or nothing.
    """
    organisation = picture.organisation
    with reading(desk.engine) as connection:
        waiting = texts.unhandled(connection, _MOST_AT_ONCE)
    handled = 0
    for contact in waiting:
        with desk.engine.begin() as connection:
            text = texts.claim(connection, desk.cipher, contact, now)
            if text is None:
                continue
            if text.line not in organisation.lines:
                log.error("text.line_removed", contact=contact)
                continue
            texts.lock_line(connection, text.line)
            on = standby(connection, organisation, organisation.lines[text.line], now)
            if text.staff is not None:
                staff_texts.handle(connection, desk, on, text, text.staff)
            else:
                _handle(connection, desk, picture, on, text)
            handled += 1
    return handled


def _handle(
    connection: sa.Connection, desk: Desk, picture: Picture, on: Standby, text: Text
) -> None:
    """A text from somebody who seeks help."""
    known = contacts.of_ids(connection, [text.contact])
    if not known:
        log.error("text.without_contact", contact=text.contact)
        return
    contact, number = known[0], _number(connection, desk.cipher, known[0])
    if number is not None and picture.is_blocked(desk.cipher.indexes(number), text.received_at):
        _refuse(connection, desk, on, contact, number)
        return
    said = keyword(text.body)
    if number is not None:
        _heed(connection, desk, number, said, on.now)
    thread = _thread(connection, desk, on, contact, number)
    own = _own_therapist(picture, on, number)
    tried = on.ladder(Seeker(contact.caller.home, own, number, contact.caller.label)).therapists
    # Whoever has the conversation keeps it, for as long as she is on standby.
    holder = thread.holder if thread.holder in tried else next(iter(tried), None)
    texts.thread_of(connection, text.contact, thread.id)
    if contact.found_at is not None and not still_goes_on(text.received_at, on.line, on.now):
        # The handover tells of it, and whoever looks at who waits: nobody is woken.
        late = record.of_text(contact.id, contact.line, Kind.UNDELIVERED, on.now)
        add_once(connection, contact_events, [row_of(late)])
        log.info("text.too_late", contact=text.contact)
        return
    texts.touch(connection, thread.id, holder, on.now)
    may_write = number is not None and _may_be_written_to(connection, desk, picture, on, number)
    is_held = not _is_known(picture, on, number) and flood.is_held(
        connection, contact, text.received_at, is_told=holder is None
    )
    if holder is None:
        is_open = on.line.hours.is_open(on.now)
        kind = Kind.UNDELIVERED if is_open else Kind.ENDED
        event = record.of_text(contact.id, contact.line, kind, on.now)
        add_once(connection, contact_events, [row_of(event)])
        if is_open and not is_held:
            post(connection, desk, letters_about(desk, on, contact), on.now)
        if number is not None and may_write:
            post(connection, desk, _closed_answer(connection, desk, on, contact, number), on.now)
        return
    if is_held:
        _hold(connection, desk, on, contact, thread, holder)
        return
    post(connection, desk, relay_letters(connection, desk, on, text, thread, holder), on.now)
    if number is not None and may_write:
        post(connection, desk, _besides(connection, on, text, thread, number, said), on.now)
    log.info("text.relayed", contact=text.contact)


def _heed(
    connection: sa.Connection, desk: Desk, number: PhoneNumber, said: Keyword | None, now: datetime
) -> None:
    """Whoever wants no more texts gets none, until they are wanted again."""
    if said is Keyword.STOP:
        texts.opt_out(connection, desk.cipher, number, now)
    if said is Keyword.START:
        texts.opt_in(connection, desk.cipher, number)


def _refuse(
    connection: sa.Connection, desk: Desk, on: Standby, contact: Contact, number: PhoneNumber
) -> None:
    """A blocked number's text is kept and given to nobody; the advice goes out once an hour."""
    event = record.blocked(contact.id, contact.line, on.now)
    add_once(connection, contact_events, [row_of(event)])
    sender = f"blocked/{on.line.id}/{desk.cipher.index(number).hex()}/"
    if takes_texts(number) and not carried.posted_since(connection, sender, on.now - _AN_HOUR):
        said = phrases(contact.caller.language or on.line.languages[0]).written["blocked"]
        letter = Letter(f"{sender}{contact.id}", By.TEXT, on.line.id, number.e164, said)
        post(connection, desk, [letter], on.now)
    log.info("text.blocked", contact=contact.id)


def _hold(
    connection: sa.Connection,
    desk: Desk,
    on: Standby,
    contact: Contact,
    thread: Thread,
    holder: TherapistId,
) -> None:
    """One text too many of a stranger: it stands in its thread, and *holder* is told of that."""
    event = record.of_text(contact.id, contact.line, Kind.UNDELIVERED, on.now)
    add_once(connection, contact_events, [row_of(event)])
    page = thread_address(desk, thread.id)
    if on.line.forward_texts:  # the page behind her code is for lines that send notices
        page = f"{desk.public_url}/threads/{thread.id}"
    said = staff_texts.wording("held", tag=thread.tag, address=page)
    post(connection, desk, flood.letter_about(connection, on, thread, holder, said), on.now)
    log.warning("text.held", contact=contact.id)


def relay_letters(
    connection: sa.Connection,
    desk: Desk,
    on: Standby,
    text: Text,
    thread: Thread,
    holder: TherapistId,
) -> Iterable[Letter]:
    """
    The letters that carry *text* to *holder*: tagged as soon as she knows of several open threads.

    Where the line only sends notices, one letter without a word of it.
    """
    phone = on.organisation.therapists[holder].phone
    if phone is None:
        return
    seen = carried.carried_to(connection, holder, on.now - OPEN_FOR)
    others = [
        t
        for t in texts.recent_threads(connection, text.line, on.now)
        if (t.holder == holder or t.id in seen) and t.is_open(on.now) and t.id != thread.id
    ]
    # The carrier refuses a text without a word, and a picture alone is still somebody who writes.
    words = text.body if text.body.strip() else staff_texts.wording("no_words")
    if on.now - text.received_at > _OLD:
        words = f"({when(text.received_at, on.line)}) {words}"
    bodies = parts(words, thread.tag if others else "")
    if not on.line.forward_texts:
        bodies = (staff_texts.wording("waiting", address=thread_address(desk, thread.id)),)
    for number, body in enumerate(bodies, start=1):
        key = f"{relay_key(text.contact, holder)}{number}"
        yield Letter(key, By.TEXT, text.line, phone.e164, body, text.contact, holder)


def thread_address(desk: Desk, thread: ThreadId) -> str:
    """Where a thread is read and answered; the address says nothing about anybody."""
    return f"{desk.public_url}/sms/{thread}"


def _thread(
    connection: sa.Connection,
    desk: Desk,
    on: Standby,
    contact: Contact,
    number: PhoneNumber | None,
) -> Thread:
    """The sender's open thread, or a new one; strangers without a number have one each time."""
    if number is not None:
        keys = desk.cipher.indexes(number)
        for thread in texts.recent_threads(connection, contact.line, on.now):
            if thread.caller.key in keys and thread.is_open(on.now):
                return thread
    is_answerable = number is not None and takes_texts(number)
    new = Thread(ThreadId(""), contact.line, "", contact.caller, is_answerable, None, on.now)
    return texts.open_thread(connection, desk.cipher, new, number)


def _is_known(picture: Picture, on: Standby, number: PhoneNumber | None) -> bool:
    """Whether a family in the register has the number: of one district, or of two."""
    entries = picture.register.get(number, ()) if number is not None else ()
    known = identify(entries, on.line.today(on.now))
    return known is not None and bool(known.homes)


def _own_therapist(picture: Picture, on: Standby, number: PhoneNumber | None) -> TherapistId | None:
    entries = picture.register.get(number, ()) if number is not None else ()
    known = identify(entries, on.line.today(on.now))
    return None if known is None else known.therapist


def _may_be_written_to(
    connection: sa.Connection, desk: Desk, picture: Picture, on: Standby, number: PhoneNumber
) -> bool:
    """Whether the service itself may start a text to the sender."""
    if not takes_texts(number):
        return False
    known = identify(picture.register.get(number, ()), on.line.today(on.now))
    if known is not None and (known.protected or not known.sms_ok):
        return False
    return not texts.has_opted_out(connection, desk.cipher, number)


def _closed_answer(
    connection: sa.Connection, desk: Desk, on: Standby, contact: Contact, number: PhoneNumber
) -> Iterable[Letter]:
    """When the line opens, and whom to call until then; once an hour at most."""
    sender = f"nobody/{on.line.id}/{desk.cipher.index(number).hex()}/"
    if carried.posted_since(connection, sender, on.now - _AN_HOUR):
        return
    written = phrases(contact.caller.language or on.line.languages[0]).written
    opens_at = on.line.hours.next_opening(on.now)
    opens = "" if opens_at is None else written["opens"].format(when=when(opens_at, on.line))
    body = " ".join(written["closed"].format(opens=opens).split())
    yield Letter(f"{sender}{contact.id}", By.TEXT, on.line.id, number.e164, body)


def _besides(
    connection: sa.Connection,
    on: Standby,
    text: Text,
    thread: Thread,
    number: PhoneNumber,
    said: Keyword | None,
) -> Iterable[Letter]:
    """What the sender is told besides: that pictures do not arrive, and what else there is."""
    written = phrases(thread.caller.language or on.line.languages[0]).written
    if text.media:
        key = f"pictures/{thread.id}"
        yield Letter(key, By.TEXT, text.line, number.e164, written["no_pictures"])
    key = f"help/{thread.id}/"
    if said is Keyword.HELP and not carried.posted_since(connection, key, on.now - _AN_HOUR):
        yield Letter(
            f"{key}{text.contact}", By.TEXT, text.line, number.e164, written["help_answer"]
        )


def _number(connection: sa.Connection, cipher: FieldCipher, contact: Contact) -> PhoneNumber | None:
    sealed = contacts.sealed_number(connection, contact.id)
    return None if sealed is None else PhoneNumber(cipher.open(sealed, contacts.NUMBER_PURPOSE))
