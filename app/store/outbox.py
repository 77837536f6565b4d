"""Everything that is sent out: rows with keys of their own, claimed, retried and settled."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import cycle

import sqlalchemy as sa

from app.store.fields import FieldCipher
from app.store.spool import Entry
from app.store.tables import outbox
from routing.ids import ContactId, LineId, TherapistId

# How long a sender may be silent before another takes over; longer than any time-out of its own.
LEASE = timedelta(seconds=60)
# Letters of one moment are told apart by millionths of a second, so that they go out in the order
# in which they were written, whatever a database makes of a tie.
_NUMBERS = cycle(range(1_000_000))
_RECIPIENT, _BODY, _CALENDAR = "outbox.recipient", "outbox.body", "outbox.calendar"


class By(StrEnum):
    """How a letter travels."""

    TEXT = "text"
    MAIL = "mail"
    CALL = "call"  # what is said stands at an address that the letter's key leads to


class State(StrEnum):
    """How far a letter has come."""

    PENDING = "pending"  # certainly not sent
    SENDING = "sending"  # handed to the carrier, whose answer is not known
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Letter:
    """
    One text or mail to one person.

    *key* says what it is for; the same key is never sent twice.  *contact* is the contact whose
    words it carries on, and *therapist* whom they are carried to.  A mail may carry a *calendar*
    besides its words: a whole iCalendar object with a method.
    """

    key: str
    by: By
    line: LineId
    recipient: str = field(repr=False)
    body: str = field(repr=False)
    contact: ContactId | None = None
    therapist: TherapistId | None = None
    calendar: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this process alone may send now; *unsure* if it may have been sent before."""

    letter: Letter
    tries: int
    unsure: bool
    first_tried_at: datetime


# How the keys of letters begin, by what follows: whose contact it is, and which handover or task.
_ABOUT = {
    **dict.fromkeys(
        (
            "answer", "call_back", "failed", "late", "missed", "reaction", "relay", "reply",
            "undelivered", "urgent",
        ),
        "contact",
    ),
    "handover": "handover",
    "follow_up": "follow_up",
}  # fmt: skip


def about(key: str) -> dict[str, str]:
    """
    What the letter with this *key* is about, as ids for a log.

    Never the key itself: some keys hold an index that a number can be known again by.
    """
    beginning, _, rest = key.partition("/")
    name, what = _ABOUT.get(beginning), rest.partition("/")[0]
    return {name: what} if name and what else {}


def entry(cipher: FieldCipher, letter: Letter, now: datetime) -> Entry:
    """*letter* as a row for the journal or `put`."""
    calendar = None if letter.calendar is None else cipher.seal(letter.calendar, _CALENDAR)
    return (
        str(outbox.name),  # SQLAlchemy's own kind of text cannot be spooled
        {
            "key": letter.key,
            "channel": str(letter.by),
            "line": letter.line,
            "recipient": cipher.seal(letter.recipient, _RECIPIENT),
            "body": cipher.seal(letter.body, _BODY),
            "calendar": calendar,
            "contact": letter.contact,
            "therapist": letter.therapist,
            "state": str(State.PENDING),
            "due_at": now,
            "created_at": now + timedelta(microseconds=next(_NUMBERS)),
            "tries": 0,
        },
    )


def no_words(cipher: FieldCipher) -> bytes:
    """What stands in the place of a letter's words once their time has come."""
    return cipher.seal("", _BODY)


def owed(connection: sa.Connection) -> frozenset[str]:
    """The keys of all letters that are still to be sent."""
    query = sa.select(outbox.c.key).where(outbox.c.state.in_([State.PENDING, State.SENDING]))
    return frozenset(connection.scalars(query))


def claim(
    connection: sa.Connection,
    cipher: FieldCipher,
    now: datetime,
    most: int,
    leave: Collection[str] = (),
) -> tuple[Claimed, ...]:
    """
    Letters that are due, for this process to send before its lease runs out.

    A letter whose sender died comes back as *unsure*; those whose keys are in *leave* are not
    ours to send.  The caller commits before it sends.
    """
    due = (
        sa.select(outbox)
        .where(
            outbox.c.state.in_([State.PENDING, State.SENDING]),
            outbox.c.due_at <= now,
            outbox.c.key.not_in(leave),
        )
        .order_by(outbox.c.due_at, outbox.c.created_at)  # parts of one text in their order
        .limit(most)
        .with_for_update(skip_locked=True)  # two clocks share the work; SQLite lets one write
    )
    rows = connection.execute(due).all()
    for row in rows:
        connection.execute(
            outbox.update()
            .where(outbox.c.key == row.key)
            .values(
                state=State.SENDING,
                due_at=now + LEASE,
                tries=row.tries + 1,
                first_tried_at=row.first_tried_at or now,
            )
        )
    return tuple(_claimed(row, cipher, now) for row in rows)


def settle(
    connection: sa.Connection,
    key: str,
    state: State,
    *,
    due_at: datetime | None = None,
    carrier_id: str | None = None,
    error: str | None = None,
) -> None:
    """
    Write down how a try ended.  The caller commits.

    A letter that was given up on meanwhile is not taken up again.
    """
    values: dict[str, object] = {"state": state, "error": error}
    if due_at is not None:
        values["due_at"] = due_at
    if carrier_id is not None:
        values["carrier_id"] = carrier_id
    settled = outbox.update().where(outbox.c.key == key)
    if state in {State.PENDING, State.SENDING}:
        settled = settled.where(outbox.c.passed_on_at.is_(None))
    connection.execute(settled.values(values))


def withdraw(connection: sa.Connection, keys: Collection[str], reason: str, now: datetime) -> None:
    """
    Give up those letters of *keys* that are still to be sent, since it is too late for them.

    One that a sender has in its hands may arrive all the same.  The caller commits.
    """
    o = outbox.c
    waits = (o.key.in_(keys), o.state.in_([State.PENDING, State.SENDING]))
    values = {"state": State.FAILED, "error": reason, "passed_on_at": now}
    connection.execute(outbox.update().where(*waits).values(values))


# How final each word of the carrier is; a later one of lower rank is old news.
_RANKS = {
    "accepted": 1,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "undelivered": 4,
    "failed": 4,
    "delivered": 5,
}


_FINAL = 4


def is_final(status: str) -> bool:
    """Whether nothing more is expected of a text after the carrier's word *status*."""
    return _RANKS.get(status, 0) >= _FINAL


def report(connection: sa.Connection, key: str, status: str, error: str | None) -> bool:
    """
    Keep the carrier's word on what became of a letter, unless a more final one came before.

    Whether anything changed.  Callbacks come in any order, twice, or never.

    Source: Twilio docs, "Outbound message status in status callbacks".
    """
    rank = _RANKS.get(status, 0)
    o = outbox.c
    values: dict[str, object] = {"delivery": status, "rank": rank}
    if error:
        values["error"] = error
    kept = connection.execute(outbox.update().where(o.key == key, o.rank < rank).values(values))
    return kept.rowcount == 1


def without_a_word(
    connection: sa.Connection, now: datetime, since: datetime, most: int
) -> tuple[tuple[str, str], ...]:
    """
    Texts sent after *since* of which no final word has come, for this process to ask about.

    Each as key and carrier's id; asked about again when twice as old.  The caller commits.
    """
    o = outbox.c
    rows = connection.execute(
        sa.select(o.key, o.carrier_id, o.first_tried_at)
        .where(
            o.state == State.SENT,
            o.channel == By.TEXT,
            o.due_at <= now,
            o.first_tried_at > since,
            o.rank < _FINAL,
            o.passed_on_at.is_(None),
            o.carrier_id.is_not(None),
        )
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        again = now + (now - row.first_tried_at)
        connection.execute(outbox.update().where(o.key == row.key).values(due_at=again))
    return tuple((row.key, row.carrier_id) for row in rows)


def known(connection: sa.Connection, carrier_ids: Iterable[str]) -> frozenset[str]:
    """Those of *carrier_ids* that some letter has already been settled with."""
    column = outbox.c.carrier_id
    return frozenset(connection.scalars(sa.select(column).where(column.in_(list(carrier_ids)))))


def _claimed(row: sa.Row[tuple[object, ...]], cipher: FieldCipher, now: datetime) -> Claimed:
    letter = Letter(
        key=row.key,
        by=By(row.channel),
        line=LineId(row.line),
        recipient=cipher.open(row.recipient, _RECIPIENT),
        body=cipher.open(row.body, _BODY),
        contact=row.contact,
        therapist=row.therapist,
        calendar=None if row.calendar is None else cipher.open(row.calendar, _CALENDAR),
    )
    first = row.first_tried_at or now
    return Claimed(letter, row.tries + 1, row.state == State.SENDING, first)
