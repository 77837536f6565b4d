"""What a therapist writes to the line: an answer to somebody, or a command."""

import uuid
from datetime import datetime, timedelta
from typing import assert_never

import sqlalchemy as sa
import structlog

from app.duty import check_in, flood
from app.duty.handover import Desk
from app.duty.post import post
from app.duty.standby import Standby
from app.duty.swap_texts import say_no, say_yes
from app.duty.take_over import TakeOverRefused
from app.duty.tonight_orders import PauseRefused, agree, ask_for_duty, pause, to_staff
from app.phrases import FIRST, phrases
from app.store import carried, check_ins, swaps, texts
from app.store.contacts import NUMBER_PURPOSE, SealedNumber, row_of
from app.store.database import add_once
from app.store.outbox import By, Letter
from app.store.tables import contact_events
from app.store.texts import TakeOver, Text
from app.wording import clock_time
from routing import record
from routing.ids import TherapistId
from routing.segments import parts
from routing.text import (
    OPEN_FOR,
    Asked,
    Command,
    Keyword,
    Misspelt,
    NotAnswerable,
    NoThread,
    NotYours,
    Order,
    Reply,
    TooLate,
    WhichThread,
    keyword,
    staff_text,
    stops_carrier,
)

log = structlog.get_logger()


def handle(
    connection: sa.Connection, desk: Desk, on: Standby, text: Text, staff: TherapistId
) -> None:
    """Do what *staff* means, or say why not; never silence, and never a guess."""
    if any(check(connection, desk, on, text, staff) for check in (_is_for_the_carrier, _is_flood)):
        return
    asked = _question(connection, text, staff, on.now)
    was_asked = texts.was_asked(connection, staff, text.line, on.now)
    meant = staff_text(
        text.body,
        staff,
        texts.recent_threads(connection, text.line, on.now),
        on.now,
        asked=_kind_of(asked, was_asked=was_asked),
        seen=carried.carried_to(connection, staff, on.now - OPEN_FOR),
        swaps=swaps.spoken_of(connection, staff, text.line, on.now),
    )
    match meant:
        case Reply():
            _send(connection, desk, on, text, staff, meant)
        case WhichThread(open_threads):
            tags = ", ".join(
                f"{thread.tag} ({clock_time(thread.last_at, on.line)})" for thread in open_threads
            )
            said = wording("which_thread", tags=tags, example=open_threads[0].tag)
            _answer(connection, desk, on, text, staff, said)
        case NoThread():
            _answer(connection, desk, on, text, staff, wording("no_thread"))
        case NotYours(tag):
            _answer(connection, desk, on, text, staff, wording("not_yours", tag=tag))
        case NotAnswerable(tag):
            _answer(connection, desk, on, text, staff, wording("not_answerable", tag=tag))
        case Misspelt():
            _answer(connection, desk, on, text, staff, wording("commands"))
        case TooLate():
            _answer(connection, desk, on, text, staff, wording("take_late"))
        case Order(command, number):
            _obey(connection, desk, on, text, staff, command, number or 0, asked)
        case _:
            assert_never(meant)
    log.info("text.from_staff", therapist=staff, meant=type(meant).__name__)


def _is_flood(
    connection: sa.Connection, desk: Desk, on: Standby, text: Text, staff: TherapistId
) -> bool:
    """Whether more than one person writes from her number, which can be forged; she is told."""
    if not flood.is_staff_flood(connection, text, staff):
        return False
    key = f"held/{on.line.id}/staff/{staff}/"
    if not carried.posted_since(connection, key, on.now - timedelta(hours=1)):
        letter = to_staff(on, f"{key}{text.contact}", staff, wording("held_staff"))
        post(connection, desk, letter, on.now)
    log.warning("text.staff_flood", therapist=staff)
    return True


def _question(
    connection: sa.Connection, text: Text, staff: TherapistId, now: datetime
) -> TakeOver | check_ins.Asked | None:
    """The question that a yes of hers would answer: the one that was asked last."""
    asked = (
        texts.asked_of(connection, staff, text.line, now),
        check_ins.waiting_for(connection, staff, text.line, now),
    )
    return max((a for a in asked if a is not None), key=lambda a: a.asked_at, default=None)


def _kind_of(asked: TakeOver | check_ins.Asked | None, *, was_asked: bool) -> Asked:
    match asked:
        case check_ins.Asked():
            return Asked.DUTY
        case TakeOver():
            return Asked.WAITING
        case None:
            return Asked.TOO_LATE if was_asked else Asked.NOTHING


def wording(phrase: str, **values: object) -> str:
    """A phrase in the language of the staff."""
    return phrases(FIRST).written[phrase].format(**values)


def _send(
    connection: sa.Connection,
    desk: Desk,
    on: Standby,
    text: Text,
    staff: TherapistId,
    reply: Reply,
) -> None:
    """The answer goes out from the line's number, and is a contact of the sender's district."""
    thread = reply.thread
    number = texts.sender(connection, desk.cipher, thread.id)
    if number is None or thread.caller.key is None:
        _answer(connection, desk, on, text, staff, wording("not_answerable", tag=thread.tag))
        return
    texts.thread_of(connection, text.contact, thread.id)
    texts.touch(connection, thread.id, staff, on.now)
    event = record.answered(text.contact, text.line, staff, thread.caller, on.now)
    sealed = SealedNumber(thread.caller.key, desk.cipher.seal(number, NUMBER_PURPOSE))
    add_once(connection, contact_events, [row_of(event, sealed)])
    letters = (
        Letter(f"reply/{text.contact}/{n}", By.TEXT, text.line, number, body, text.contact)
        for n, body in enumerate(parts(reply.body), start=1)
    )
    post(connection, desk, letters, on.now)


def _obey(
    connection: sa.Connection,
    desk: Desk,
    on: Standby,
    text: Text,
    staff: TherapistId,
    command: Command,
    number: int,
    asked: TakeOver | check_ins.Asked | None,
) -> None:
    match command:
        case Command.WHO:
            _answer(connection, desk, on, text, staff, _who(on))
        case Command.PAUSE:
            _answer(connection, desk, on, text, staff, _pause(connection, on, staff, number))
        case Command.TAKE:
            _ask_for(connection, desk, on, text, staff)
        case Command.YES:
            _agree(connection, desk, on, text, staff, asked)
        case Command.SWAP:
            refused = say_yes(connection, desk, on, staff, number)
            if refused is not None:
                _answer(connection, desk, on, text, staff, refused)
        case Command.NO:
            _answer(connection, desk, on, text, staff, say_no(connection, desk, on, staff, number))
        case _:
            assert_never(command)


def _ask_for(
    connection: sa.Connection, desk: Desk, on: Standby, text: Text, staff: TherapistId
) -> None:
    """She wants the duty: whoever has it is asked."""
    question, key = uuid.uuid4().hex, f"answer/{text.contact}"
    try:
        asked = ask_for_duty(connection, desk, on, staff, question, key)
    except TakeOverRefused as err:
        _answer(connection, desk, on, text, staff, str(err))
        return
    _answer(connection, desk, on, text, staff, wording("take_asked", giver=asked.giver))


def _agree(
    connection: sa.Connection,
    desk: Desk,
    on: Standby,
    text: Text,
    staff: TherapistId,
    asked: TakeOver | check_ins.Asked | None,
) -> None:
    """She says yes to what she was asked last."""
    if isinstance(asked, check_ins.Asked):
        check_in.confirm(connection, asked.id, "text", on.now)
        _answer(connection, desk, on, text, staff, wording("checked_in"))
        return
    if asked is None:
        return
    try:
        agree(connection, desk, on, asked, f"answer/{text.contact}")
    except TakeOverRefused as err:
        _answer(connection, desk, on, text, staff, str(err))


def _who(on: Standby) -> str:
    if not on.shifts:
        return wording("nobody_on")
    people = ", ".join(
        wording("who_item", therapist=s.therapist, until=clock_time(s.time.end, on.line))
        for s in on.shifts
    )
    return wording("who", people=people)


def _pause(connection: sa.Connection, on: Standby, staff: TherapistId, minutes: int) -> str:
    """Skipped for a while; refused where that would leave a caller with nobody, now or then."""
    try:
        until = pause(connection, on, staff, minutes)
    except PauseRefused:
        return wording("pause_refused")
    return wording("paused", until=clock_time(until, on.line))


def _is_for_the_carrier(
    connection: sa.Connection, desk: Desk, on: Standby, text: Text, staff: TherapistId
) -> bool:
    """
    Whether the words are the carrier's own: it lets nothing through to her, or all of it again.

    A child must not read them, and the carrier would refuse our answer to the first.
    """
    therapist = on.organisation.therapists.get(staff)
    if therapist is None or therapist.phone is None:
        return False
    if stops_carrier(text.body):
        texts.opt_out(connection, desk.cipher, therapist.phone, on.now, staff)
        log.warning("text.staff_opted_out", therapist=staff)
        return True
    was_out = texts.has_opted_out(connection, desk.cipher, therapist.phone)
    if not was_out or keyword(text.body) is not Keyword.START:
        return False
    texts.opt_in(connection, desk.cipher, therapist.phone)
    _answer(connection, desk, on, text, staff, wording("commands"))
    return True


def _answer(
    connection: sa.Connection,
    desk: Desk,
    on: Standby,
    text: Text,
    whom: TherapistId,
    said: str,
) -> None:
    post(connection, desk, to_staff(on, f"answer/{text.contact}/{whom}", whom, said), on.now)
