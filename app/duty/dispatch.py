"""Sends what the outbox owes: each letter once, however many clocks send and however they die."""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from app.duty.call_back import TOO_LATE, is_too_late
from app.duty.invitation_calendar import method_of
from app.duty.notifier import Mailer, MayHaveSent, Telephone
from app.measures import LETTERS
from app.phrases import FIRST, phrases
from app.store import canaries, handovers, measures, outbox, texts
from app.store.contacts import row_of
from app.store.database import add_once
from app.store.fields import FieldCipher
from app.store.measures import Added
from app.store.outbox import By, Claimed, Letter, State
from app.store.tables import contact_events
from app.tracing import span
from routing import record
from routing.contact import Kind
from routing.errors import CarrierUnavailable, NoticeRefused
from routing.ids import ContactId, HandoverId
from routing.intervals import Interval
from routing.numbers import PhoneNumber
from routing.organisation import Organisation

log = get_logger()

# A notice that comes a day late is worth more than none; texts are passed on long before.
_KEEPS_TRYING_FOR = timedelta(hours=24)
_OURS = "outbound-api"  # Twilio: a call that was asked for, and not one that a Dial rang
_OPTED_OUT = "21610"  # Twilio: the recipient has sent STOP
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
# The carrier's list of messages may lag behind its own answer by a few seconds.
_BEFORE_ASKING = timedelta(seconds=10)
# Our clock may be minutes ahead of the carrier's: what we sent must not look older than our try.
_CLOCKS_DIFFER = timedelta(minutes=15)
_MOST_AT_ONCE = 100
# A report that has not come by now may have been lost; some carriers never send the last one.
_REPORTS_WITHIN, _ASKS_FOR = timedelta(minutes=2), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PostOffice:
    """What sending needs; without a mailer mails wait, and *doctor* says so."""

    engine: sa.Engine
    cipher: FieldCipher
    carrier: Telephone
    mailer: Mailer | None
    leave: Collection[str]  # keys of letters that are somebody else's to send
    report_to: Callable[[str], str]  # where the carrier tells what became of a letter, by its key
    call_to: Callable[[Letter], str]  # where the carrier learns what a call is about


def send_what_is_due(office: PostOffice, organisation: Organisation, now: datetime) -> int:
    """
    Try every letter that is due, one at a time; returns how many were tried.

    Each is claimed in a transaction of its own, sent outside any, and settled in another.  A
    sender that dies in between leaves a letter that the next one asks the carrier about.
    """
    tried = 0
    while tried < _MOST_AT_ONCE:
        with office.engine.begin() as connection:
            claimed = outbox.claim(connection, office.cipher, now, most=1, leave=office.leave)
        if not claimed:
            break
        letter = claimed[0].letter
        ids = outbox.about(letter.key) | ({"contact": letter.contact} if letter.contact else {})
        with bound_contextvars(**ids), span("letter", channel=letter.by, **ids):
            _send(office, organisation, claimed[0], now)
        tried += 1
    return tried


def ask_about_silence(office: PostOffice, now: datetime) -> int:
    """
    Ask what became of texts whose reports have not come; how many were asked about.

    The carrier reports once, whether we hear it or not: a text that did not arrive would
    otherwise be nobody's.
    """
    with office.engine.begin() as connection:
        silent = outbox.without_a_word(connection, now, now - _ASKS_FOR, _MOST_AT_ONCE)
    for key, carrier_id in silent:
        try:
            status, error = office.carrier.fate_of(carrier_id)
        except CarrierUnavailable:
            continue  # it is asked again
        with office.engine.begin() as connection:
            outbox.report(connection, key, status, error)
    return len(silent)


def _send(office: PostOffice, organisation: Organisation, claimed: Claimed, now: datetime) -> None:
    letter = claimed.letter
    if is_too_late(letter, now):
        _give_up(office, organisation, claimed, TOO_LATE, now)
        return
    try:
        carrier_id = _earlier(office, organisation, claimed, now) if claimed.unsure else None
        if carrier_id is None:
            carrier_id = _hand_over(office, organisation, claimed)
    except NoticeRefused as err:
        _give_up(office, organisation, claimed, err.reason, now)
    except MayHaveSent:
        _put_off(office, organisation, claimed, State.SENDING, now + _BEFORE_ASKING, now)
    except CarrierUnavailable:
        state = State.SENDING if claimed.unsure else State.PENDING
        _put_off(office, organisation, claimed, state, now, now)
    else:
        with office.engine.begin() as connection:
            asked_at = now + _REPORTS_WITHIN
            outbox.settle(
                connection, letter.key, State.SENT, due_at=asked_at, carrier_id=carrier_id
            )
            _tell(connection, claimed, Kind.RELAYED, now)
            _count(connection, letter, "sent")
            told = _told_of(connection, letter)
        log.info("outbox.sent", by=letter.by, tries=claimed.tries, found=claimed.unsure, **told)


def _hand_over(office: PostOffice, organisation: Organisation, claimed: Claimed) -> str:
    letter = claimed.letter
    if letter.by is By.MAIL:
        if office.mailer is None:
            raise CarrierUnavailable("no mail server is set")
        office.mailer.send_mail(
            letter.recipient,
            _subject(letter),
            letter.body,
            letter.key,
            calendar=letter.calendar,
            written_at=claimed.first_tried_at,
        )
        return ""
    line = organisation.lines.get(letter.line)
    if line is None:
        raise NoticeRefused("line_removed")
    sender = line.number.e164
    if letter.by is By.TEXT:
        report_to = office.report_to(letter.key)
        return office.carrier.send_text(letter.recipient, sender, letter.body, report_to)
    try:
        return office.carrier.start_call(letter.recipient, sender, office.call_to(letter))
    except MayHaveSent:
        return ""  # nobody is called twice on a doubt; whoever must know looks whether she answered


def _subject(letter: Letter) -> str:
    """What a mail is called; it holds no fact, as its words do not."""
    written = phrases(FIRST).written
    if letter.calendar is not None:
        is_off = method_of(letter.calendar) == "CANCEL"
        return written["invite_off_subject" if is_off else "handover_subject"]
    is_handover = letter.key.startswith("handover/")
    return written["handover_subject" if is_handover else "subject"]


def _earlier(
    office: PostOffice, organisation: Organisation, claimed: Claimed, now: datetime
) -> str | None:
    """The carrier's id of the text or the call if an earlier try got through after all."""
    letter, line = claimed.letter, organisation.lines.get(claimed.letter.line)
    if letter.by is By.MAIL or line is None:
        return None  # a mail that comes twice has one Message-ID
    sender, since = line.number.e164, claimed.first_tried_at - _CLOCKS_DIFFER
    if letter.by is By.TEXT:
        found = office.carrier.find_texts(letter.recipient, sender, letter.body, since)
    else:
        made = office.carrier.calls_from(sender, Interval(since, now + _CLOCKS_DIFFER))
        found = [c.id for c in made if c.to == letter.recipient and c.direction == _OURS]
    with office.engine.connect() as connection:
        others = outbox.known(connection, found)
    return next((carrier_id for carrier_id in found if carrier_id not in others), None)


def _put_off(
    office: PostOffice,
    organisation: Organisation,
    claimed: Claimed,
    state: State,
    earliest: datetime,
    now: datetime,
) -> None:
    if now - claimed.first_tried_at > _KEEPS_TRYING_FOR:
        _give_up(office, organisation, claimed, "tried_for_a_day", now)
        return
    pause = min(_FIRST_PAUSE * 2 ** (claimed.tries - 1), _LONGEST_PAUSE)
    due_at = earliest + pause * random.uniform(0.5, 1)  # noqa: S311 - spreads load, hides nothing
    with office.engine.begin() as connection:
        outbox.settle(connection, claimed.letter.key, state, due_at=due_at, error="unavailable")
        _count(connection, claimed.letter, "put_off")
    log.warning("outbox.put_off", by=claimed.letter.by, tries=claimed.tries, state=state)


def _give_up(
    office: PostOffice,
    organisation: Organisation,
    claimed: Claimed,
    reason: str,
    now: datetime,
) -> None:
    letter = claimed.letter
    with office.engine.begin() as connection:
        outbox.settle(connection, letter.key, State.FAILED, error=reason)
        _count(connection, letter, "failed")
        told = _told_of(connection, letter)
        if reason == _OPTED_OUT and letter.by is By.TEXT:
            number = PhoneNumber(letter.recipient)
            staff = organisation.staff_of.get(number)
            whose = None if staff is None else staff.id
            texts.opt_out(connection, office.cipher, number, now, whose)
    log.error("outbox.failed", by=letter.by, tries=claimed.tries, reason=reason, **told)


def _count(connection: sa.Connection, letter: Letter, result: str) -> None:
    """A canary's call is no letter that anybody waits for, and has numbers of its own."""
    if canaries.is_call(letter.key):
        return
    added = Added()
    added.add(LETTERS, (str(letter.by), result))
    measures.add(connection, added)


def _told_of(connection: sa.Connection, letter: Letter) -> dict[str, list[ContactId]]:
    """The contacts that a notice of a handover is about, so that each is found by its own id."""
    handover = outbox.about(letter.key).get("handover")
    found = None if handover is None else handovers.one(connection, HandoverId(handover))
    return {} if found is None else {"contacts": list(found.contacts)}


def _tell(connection: sa.Connection, claimed: Claimed, kind: Kind, now: datetime) -> None:
    """What became of a caller's words belongs to the contact, in the same transaction."""
    letter = claimed.letter
    if letter.contact is not None and letter.by is By.TEXT:
        event = record.of_text(letter.contact, letter.line, kind, now, letter.therapist)
        add_once(connection, contact_events, [row_of(event)])
