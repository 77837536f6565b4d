"""Texts that wait to be handled, the threads they belong to, and who must not be written to."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store.database import add_once, announce
from app.store.fields import FieldCipher
from app.store.spool import Entry
from app.store.staff import TOPIC as STAFF
from app.store.tables import changes, optouts, pauses, takeovers, texts, threads
from routing.contact import Caller
from routing.ids import ContactId, DistrictId, LineId, TherapistId, ThreadId
from routing.numbers import PhoneNumber
from routing.role import Role
from routing.text import TAG_RESTS, Thread, next_tag

_BODY, _SENDER, _OPTED_OUT = "texts.body", "threads.sender", "optouts.number"
_AT_A_TIME = 500
_ASKED_FOR, _REMEMBERED_FOR = timedelta(minutes=30), timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it came in; *staff* where a therapist wrote it."""

    contact: ContactId
    line: LineId
    body: str = field(repr=False)
    received_at: datetime
    staff: TherapistId | None
    media: int


@dataclass(frozen=True, slots=True)
class TakeOver:
    """*taker* has asked *giver* for the duty, until its end."""

    id: str
    line: LineId
    taker: TherapistId
    giver: TherapistId
    until: datetime
    asked_at: datetime


def entry(cipher: FieldCipher, text: Text) -> Entry:
    """*text* as a row for the journal."""
    return (
        "texts",
        {
            "contact": text.contact,
            "body": cipher.seal(text.body, _BODY),
            "line": text.line,
            "received_at": text.received_at,
            "staff": text.staff,
            "media": text.media,
        },
    )


def no_words(cipher: FieldCipher) -> bytes:
    """What stands in the place of a text's words once their time has come."""
    return cipher.seal("", _BODY)


def unhandled(connection: sa.Connection, most: int) -> tuple[ContactId, ...]:
    """The texts that nothing has been done about, oldest first."""
    t = texts.c
    query = sa.select(t.contact).where(t.handled_at.is_(None)).order_by(t.received_at).limit(most)
    return tuple(map(ContactId, connection.scalars(query)))


def kept_of(connection: sa.Connection, ids: Sequence[ContactId]) -> frozenset[ContactId]:
    """Those of *ids* that came in here, whoever wrote them."""
    t, found = texts.c, set[ContactId]()
    for first in range(0, len(ids), _AT_A_TIME):
        some = ids[first : first + _AT_A_TIME]
        rows = connection.scalars(sa.select(t.contact).where(t.contact.in_(some)))
        found.update(map(ContactId, rows))
    return frozenset(found)


def claim(
    connection: sa.Connection, cipher: FieldCipher, contact: ContactId, now: datetime
) -> Text | None:
    """
    The text, for this transaction alone to handle; None when another one has.

    Marked as handled here, so leaving the transaction by an error leaves it to be done.
    """
    t = texts.c
    claimed = connection.execute(
        texts.update().where(t.contact == contact, t.handled_at.is_(None)).values(handled_at=now)
    )
    if claimed.rowcount != 1:
        return None
    return _text(connection.execute(sa.select(texts).where(t.contact == contact)).one(), cipher)


def kept(
    connection: sa.Connection, cipher: FieldCipher, contact: ContactId
) -> tuple[Text | None, Thread | None]:
    """A text that was handled before, and its thread."""
    row = connection.execute(sa.select(texts).where(texts.c.contact == contact)).one_or_none()
    if row is None or row.thread is None:
        return None, None
    thread = connection.execute(sa.select(threads).where(threads.c.id == row.thread)).one_or_none()
    return _text(row, cipher), None if thread is None else _thread(thread)


def lock_line(connection: sa.Connection, line: LineId) -> None:
    """Let one transaction at a time decide about the threads of *line*; SQLite does so anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"threads {line}"}
        )


def recent_threads(connection: sa.Connection, line: LineId, now: datetime) -> tuple[Thread, ...]:
    """The threads of *line* whose tags still mean something, the latest first."""
    t = threads.c
    rows = connection.execute(
        sa.select(threads)
        .where(t.line == line, t.last_at > now - TAG_RESTS)
        .order_by(t.last_at.desc(), t.id)
    )
    return tuple(map(_thread, rows))


def lines_with_threads(connection: sa.Connection, now: datetime) -> frozenset[LineId]:
    """The lines that have threads whose tags still mean something."""
    t = threads.c
    found = connection.scalars(sa.select(t.line).where(t.last_at > now - TAG_RESTS).distinct())
    return frozenset(map(LineId, found))


def open_thread(
    connection: sa.Connection, cipher: FieldCipher, new: Thread, number: PhoneNumber | None
) -> Thread:
    """Begin a thread with a tag that no recent one has; *new* holds an empty one."""
    used = [thread.tag for thread in reversed(recent_threads(connection, new.line, new.last_at))]
    tag = next_tag(used)
    thread_id = ThreadId(uuid.uuid4().hex)
    connection.execute(
        threads.insert(),
        {
            "id": thread_id,
            "line": new.line,
            # The contact may have come in before the newest key was there.
            "sender_key": new.caller.key if number is None else cipher.index(number),
            "sender": None if number is None else cipher.seal(number.e164, _SENDER),
            "answerable": new.answerable,
            "caller": new.caller.label,
            "home_district": new.caller.home,
            "role": new.caller.role,
            "language": new.caller.language,
            "tag": tag,
            "holder": new.holder,
            "opened_at": new.last_at,
            "last_at": new.last_at,
        },
    )
    return Thread(thread_id, new.line, tag, new.caller, new.answerable, new.holder, new.last_at)


def touch(
    connection: sa.Connection, thread: ThreadId, holder: TherapistId | None, now: datetime
) -> None:
    """Keep that *thread* is alive, and with whom."""
    values: dict[str, object] = {"last_at": now, "holder": holder}
    connection.execute(threads.update().where(threads.c.id == thread).values(values))


def hand_on(connection: sa.Connection, thread: Thread, holder: TherapistId) -> bool:
    """Give *thread* to *holder*; whether this process was the one that did."""
    t = threads.c
    was = t.holder.is_(None) if thread.holder is None else t.holder == thread.holder
    moved = connection.execute(threads.update().where(t.id == thread.id, was).values(holder=holder))
    return moved.rowcount == 1


def sender(connection: sa.Connection, cipher: FieldCipher, thread: ThreadId) -> str | None:
    """The number at the other end of *thread*."""
    sealed = connection.scalar(sa.select(threads.c.sender).where(threads.c.id == thread))
    return None if sealed is None else cipher.open(sealed, _SENDER)


def thread_of(connection: sa.Connection, contact: ContactId, thread: ThreadId) -> None:
    """Keep which thread a text belongs to."""
    connection.execute(texts.update().where(texts.c.contact == contact).values(thread=thread))


def opt_out(
    connection: sa.Connection,
    cipher: FieldCipher,
    number: PhoneNumber,
    since: datetime,
    therapist: TherapistId | None = None,
) -> None:
    """Keep that no text may be sent to *number*; what was kept under an older key is enough."""
    if has_opted_out(connection, cipher, number):
        return
    row = {
        "number_key": cipher.index(number),
        "therapist": therapist,
        "since": since,
        "number": cipher.seal(number.e164, _OPTED_OUT),
    }
    add_once(connection, optouts, [row])


def opt_in(connection: sa.Connection, cipher: FieldCipher, number: PhoneNumber) -> None:
    """Texts may be sent to *number* again."""
    keys = cipher.indexes(number)
    connection.execute(optouts.delete().where(optouts.c.number_key.in_(keys)))


def has_opted_out(connection: sa.Connection, cipher: FieldCipher, number: PhoneNumber) -> bool:
    """Whether no text may be sent to *number*."""
    is_out = sa.exists().where(optouts.c.number_key.in_(cipher.indexes(number)))
    return bool(connection.scalar(sa.select(is_out)))


def opted_out_staff(connection: sa.Connection) -> frozenset[TherapistId]:
    """Therapists who can be called but not written to."""
    query = sa.select(optouts.c.therapist).where(optouts.c.therapist.is_not(None))
    return frozenset(map(TherapistId, connection.scalars(query)))


def pause(connection: sa.Connection, therapist: TherapistId, until: datetime) -> None:
    """Leave *therapist* out of every ladder until then."""
    connection.execute(pauses.delete().where(pauses.c.therapist == therapist))
    connection.execute(pauses.insert(), {"therapist": therapist, "until": until})
    announce(connection, changes, STAFF)


def paused(connection: sa.Connection) -> Mapping[TherapistId, datetime]:
    """Who has asked to be skipped, and until when; some of it may be over."""
    rows = connection.execute(sa.select(pauses.c.therapist, pauses.c.until))
    return {TherapistId(row.therapist): row.until for row in rows}


def ask_take_over(connection: sa.Connection, asked: TakeOver) -> None:
    """Keep that *asked* waits for a yes."""
    row = {
        "id": asked.id,
        "line": asked.line,
        "taker": asked.taker,
        "giver": asked.giver,
        "until": asked.until,
        "asked_at": asked.asked_at,
    }
    add_once(connection, takeovers, [row])


def asked_of(
    connection: sa.Connection, giver: TherapistId, line: LineId, now: datetime
) -> TakeOver | None:
    """The latest question to *giver* about *line* that still waits for a yes."""
    return _waiting(connection, takeovers.c.giver == giver, line, now)


def asked_by(
    connection: sa.Connection, taker: TherapistId, line: LineId, now: datetime
) -> TakeOver | None:
    """The latest question of *taker* about *line* that still waits for a yes."""
    return _waiting(connection, takeovers.c.taker == taker, line, now)


def _waiting(
    connection: sa.Connection, whose: sa.ColumnElement[bool], line: LineId, now: datetime
) -> TakeOver | None:
    t = takeovers.c
    row = connection.execute(
        sa.select(takeovers)
        .where(
            whose,
            t.line == line,
            t.agreed_at.is_(None),
            t.asked_at > now - _ASKED_FOR,
            t.until > now,
        )
        .order_by(t.asked_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return TakeOver(
        row.id,
        LineId(row.line),
        TherapistId(row.taker),
        TherapistId(row.giver),
        row.until,
        row.asked_at,
    )


def was_asked(connection: sa.Connection, giver: TherapistId, line: LineId, now: datetime) -> bool:
    """Whether *giver* has been asked lately, so that a yes is still likely to be about it."""
    t = takeovers.c
    recent = sa.and_(t.giver == giver, t.line == line, t.asked_at > now - _REMEMBERED_FOR)
    return bool(connection.scalar(sa.select(sa.exists().where(recent))))


def agree(connection: sa.Connection, asked: TakeOver, now: datetime) -> bool:
    """Keep the yes; whether it was the first."""
    t = takeovers.c
    agreed = connection.execute(
        takeovers.update().where(t.id == asked.id, t.agreed_at.is_(None)).values(agreed_at=now)
    )
    return agreed.rowcount == 1


def conversation(
    connection: sa.Connection, cipher: FieldCipher, thread: ThreadId
) -> tuple[Thread, tuple[Text, ...]] | None:
    """*thread* and every text in it, the oldest first; None where there is no such thread."""
    row = connection.execute(sa.select(threads).where(threads.c.id == thread)).one_or_none()
    if row is None:
        return None
    t = texts.c
    query = sa.select(texts).where(t.thread == thread).order_by(t.received_at, t.contact)
    return _thread(row), tuple(_text(found, cipher) for found in connection.execute(query))


def _text(row: sa.Row[tuple[object, ...]], cipher: FieldCipher) -> Text:
    return Text(
        contact=ContactId(row.contact),
        line=LineId(row.line),
        body=cipher.open(row.body, _BODY),
        received_at=row.received_at,
        staff=row.staff and TherapistId(row.staff),
        media=row.media,
    )


def _thread(row: sa.Row[tuple[object, ...]]) -> Thread:
    caller = Caller(
        label=row.caller,
        home=row.home_district and DistrictId(row.home_district),
        role=row.role and Role(row.role),
        language=row.language,
        key=row.sender_key and bytes(row.sender_key),
    )
    holder = row.holder and TherapistId(row.holder)
    return Thread(
        ThreadId(row.id), LineId(row.line), row.tag, caller, row.answerable, holder, row.last_at
    )
