"""What is written between somebody and the line: read, and answered from the line's number."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
import structlog

from app.duty import tonight_drafts as drafts
from app.duty.gate import Gate, NotAllowed
from app.store import texts as stored
from app.store.database import add_once
from app.store.outbox import State
from app.store.readings import Reading
from app.store.tables import outbox
from app.store.tables import texts as texts_table
from app.store.texts import Text
from routing.access import Act, Denial
from routing.errors import Conflict, InvalidInput, Place
from routing.ids import ContactId, LineId, ThreadId
from routing.organisation import Line
from routing.segments import LONGEST, parts
from routing.text import Thread

log = structlog.get_logger()


class Fate(StrEnum):
    """What has become of an answer."""

    ON_ITS_WAY = "on_its_way"
    SENT = "sent"  # to the carrier, who has not said more
    ARRIVED = "arrived"
    LOST = "lost"


class NotAnswerable(Conflict):
    """Nothing can be sent: the thread is over, or whoever wrote can receive no texts."""

    code = "not_answerable"


@dataclass(frozen=True, slots=True)
class Said:
    """One text, as it is shown."""

    contact: ContactId
    is_ours: bool
    at: datetime
    body: str = field(repr=False)
    media: int
    fate: Fate | None  # of ours


@dataclass(frozen=True, slots=True)
class Shown:
    """A thread, for whoever may read it; *is_hers* is leave to answer."""

    thread: Thread
    line: Line
    said: tuple[Said, ...]
    is_hers: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open thread, without a word of it; *since* is when the text came that has no answer."""

    thread: Thread
    last_at: datetime
    since: datetime | None


def show(gate: Gate, thread: ThreadId, *, again: bool = False) -> Shown:
    """
    The whole thread, in order; *again* where a page asks by itself.

    Raises:
        NotFound, NotAllowed: as `Gate.conversation`.
    """
    found = gate.conversation(thread, again=again)
    said = said_by(gate, found.thread, found.texts)
    is_hers = found.thread.holder == gate.viewer.id
    line = gate.organisation.lines[found.thread.line]
    return Shown(found.thread, line, said, is_hers, found.thread.is_open(gate.now))


def said_by(gate: Gate, thread: Thread, texts: Sequence[Text]) -> tuple[Said, ...]:
    """*texts* of *thread*, which the viewer has leave to read, as they are shown."""
    own = [text for text in texts if text.staff is not None]
    fates = _fates(gate.connection, thread, own)
    return tuple(
        Said(
            text.contact,
            text.staff is not None,
            text.received_at,
            _words(thread, text),
            text.media,
            fates.get(text.contact),
        )
        for text in texts
    )


def answer(gate: Gate, thread: ThreadId, body: str, opened_at: datetime) -> None:
    """
    Answer *thread*: kept as a text that the viewer wrote on her telephone, and handled as one.

    Args:
        opened_at: when the form was given to her; a second tap sends nothing more.

    Raises:
        NotFound, NotAllowed: as `Gate.conversation`, or it is with somebody else.
        InvalidInput: there is no text, or too much.
        NotAnswerable: nothing can be sent.
        SentMeanwhile: something was sent after the form was opened, by her and from anywhere.
    """
    found = gate.conversation(thread)
    if found.thread.holder != gate.viewer.id:
        raise NotAllowed(Denial.NOT_YOUR_CONTACT)
    text = reply_in(found.thread, body, gate.now)
    subject = f"reply:{thread}"
    drafts.check_unsent(gate, subject, opened_at)
    add_once(gate.connection, texts_table, [stored.entry(gate.cipher, text)[1]])
    drafts.sent(gate, subject)
    log.info("thread.answered", thread=thread, therapist=gate.viewer.id)


def reply_in(thread: Thread, body: str, now: datetime) -> Text:
    """
    The text by which whoever holds *thread* answers it with *body*.

    Raises:
        InvalidInput, NotAnswerable: as `answer`.
    """
    words = body.strip()
    if not words:
        raise InvalidInput("is empty", Place("reply", field="body"))
    if len(words) > LONGEST:
        raise InvalidInput(f"longer than {LONGEST} characters", Place("reply", field="body"))
    if not thread.answerable or not thread.is_open(now) or thread.holder is None:
        raise NotAnswerable("nobody can be answered there")
    contact = ContactId(f"web-{uuid.uuid4().hex}")
    return Text(contact, thread.line, f"{thread.tag} {words}", now, thread.holder, media=0)


def waiting(gate: Gate, line: LineId) -> tuple[Waiting, ...]:
    """The open threads of *line* that the viewer holds, those without an answer first."""
    recent = stored.recent_threads(gate.connection, line, gate.now)
    own = [t for t in recent if t.holder == gate.viewer.id and t.is_open(gate.now)]
    last = _last_texts(gate.connection, [thread.id for thread in own])
    gate.write_down(
        [
            Reading(gate.viewer, Act.LOG, gate.now, thread.caller.home, last[thread.id].contact)
            for thread in own
            if thread.id in last
        ],
        again=True,
    )
    found = []
    for thread in own:
        latest = last.get(thread.id)
        since = None if latest is None or latest.is_ours else latest.at
        found.append(Waiting(thread, thread.last_at, since))
    return tuple(sorted(found, key=lambda one: (one.since is None, one.since or one.last_at)))


@dataclass(frozen=True, slots=True)
class _Latest:
    contact: ContactId
    is_ours: bool
    at: datetime


def _last_texts(
    connection: sa.Connection, threads: Sequence[ThreadId]
) -> Mapping[ThreadId, _Latest]:
    """The latest text of each thread, without its words."""
    t = texts_table.c
    query = (
        sa.select(t.thread, t.contact, t.staff, t.received_at)
        .where(t.thread.in_(list(threads)))
        .order_by(t.received_at, t.contact)
    )
    rows = connection.execute(query)
    return {
        ThreadId(row.thread): _Latest(
            ContactId(row.contact), row.staff is not None, row.received_at
        )
        for row in rows
    }


def _words(thread: Thread, text: Text) -> str:
    """Without the tag by which she named the thread."""
    return text.body if text.staff is None else text.body.removeprefix(f"{thread.tag} ")


def _fates(
    connection: sa.Connection, thread: Thread, own: Sequence[Text]
) -> Mapping[ContactId, Fate]:
    """What has become of our texts; of several parts the worst."""
    keys = {
        f"reply/{text.contact}/{number}": text.contact
        for text in own
        for number, _ in enumerate(parts(_words(thread, text)), start=1)
    }
    o = outbox.c
    query = sa.select(o.key, o.state, o.delivery).where(o.key.in_(list(keys)))
    found: dict[ContactId, Fate] = {text.contact: Fate.ON_ITS_WAY for text in own}
    told: dict[ContactId, list[Fate]] = {}
    for row in connection.execute(query):
        told.setdefault(keys[row.key], []).append(_fate(row.state, row.delivery))
    return {**found, **{contact: min(some, key=_WORST.index) for contact, some in told.items()}}


def _fate(state: str, delivery: str | None) -> Fate:
    if state == State.FAILED or delivery in {"undelivered", "failed"}:
        return Fate.LOST
    if delivery == "delivered":
        return Fate.ARRIVED
    return Fate.SENT if state == State.SENT else Fate.ON_ITS_WAY


_WORST = (Fate.LOST, Fate.ON_ITS_WAY, Fate.SENT, Fate.ARRIVED)
