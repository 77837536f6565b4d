"""What became of the letters that carry texts: which are stuck, given up, or known to somebody."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store.schema import UtcDateTime
from app.store.tables import outbox, texts
from routing.ids import ContactId, TherapistId, ThreadId

_FINAL = ("delivered", "undelivered", "failed")
_CONFIRMS_STILL = timedelta(days=30)
# Longer than any outage in which passing a text on would still help; older ones are history.
_LOOKED_AFTER_FOR = timedelta(days=2)


def _stuck() -> sa.Select[str, str]:
    o, earlier = outbox.c, outbox.alias("earlier")
    since, unsent_by, unconfirmed_by, confirmed_since = (
        sa.bindparam(name, type_=UtcDateTime())
        for name in ("since", "unsent_by", "unconfirmed_by", "confirmed_since")
    )
    confirms = sa.exists().where(
        earlier.c.therapist == o.therapist,
        earlier.c.delivery == "delivered",
        earlier.c.created_at > confirmed_since,
    )
    return (
        sa.select(o.contact, o.therapist)
        .distinct()
        .where(
            o.created_at > since,
            o.key.like("relay/%"),
            o.passed_on_at.is_(None),
            sa.or_(
                o.state == "failed",
                o.delivery.in_(["undelivered", "failed"]),
                sa.and_(o.state.in_(["pending", "sending"]), o.created_at < unsent_by),
                sa.and_(
                    o.state == "sent",
                    o.created_at < unconfirmed_by,
                    sa.or_(o.delivery.is_(None), o.delivery.not_in(_FINAL)),
                    confirms,
                ),
            ),
        )
    )


_STUCK = _stuck()  # made once, for it is asked every few seconds


def undelivered(
    connection: sa.Connection, now: datetime, patience: timedelta
) -> tuple[tuple[ContactId, TherapistId], ...]:
    """
    Texts that could not be carried to a therapist, or are not sent within *patience*.

    One letter of several is enough; those passed on already are left out.  A phone that has
    confirmed texts before and does not confirm this one in twice the time is taken to be off:
    some carriers never confirm, and theirs would all be carried on otherwise.
    """
    times = {
        "since": now - _LOOKED_AFTER_FOR,
        "unsent_by": now - patience,
        "unconfirmed_by": now - 2 * patience,
        "confirmed_since": now - _CONFIRMS_STILL,
    }
    rows = connection.execute(_STUCK, times)
    return tuple((ContactId(row.contact), TherapistId(row.therapist)) for row in rows)


def failed_answers(
    connection: sa.Connection, now: datetime, patience: timedelta
) -> tuple[ContactId, ...]:
    """
    Therapists' answers that did not get through, or not the whole of them.

    Also those that could not be handed over within *patience*: their time has passed.
    """
    o = outbox.c
    found = connection.scalars(
        sa.select(o.contact)
        .distinct()
        .where(
            o.created_at > now - _LOOKED_AFTER_FOR,
            o.key.like("reply/%"),
            o.passed_on_at.is_(None),
            sa.or_(
                o.state == "failed",
                o.delivery.in_(["undelivered", "failed"]),
                sa.and_(o.state.in_(["pending", "sending"]), o.created_at < now - patience),
            ),
        )
    )
    return tuple(map(ContactId, found))


def give_up(connection: sa.Connection, beginning: str, now: datetime) -> bool:
    """
    Give up for good on the letters whose keys begin so, which carry one text between them.

    Whether this process was the one that did.  What is not sent by now never will be.
    """
    o = outbox.c
    waits = o.state.in_(["pending", "sending"])
    given_up = connection.execute(
        outbox.update()
        .where(o.key.startswith(beginning, autoescape=True), o.passed_on_at.is_(None))
        .values(passed_on_at=now, state=sa.case((waits, "failed"), else_=o.state))
    )
    return given_up.rowcount > 0


def not_given_up(connection: sa.Connection, keys: Collection[str]) -> frozenset[str]:
    """Those of *keys* that are letters on which nobody has given up."""
    o = outbox.c
    query = sa.select(o.key).where(o.key.in_(keys), o.passed_on_at.is_(None))
    return frozenset(connection.scalars(query)) if keys else frozenset()


def posted_since(connection: sa.Connection, beginning: str, since: datetime) -> bool:
    """Whether a letter whose key begins so has been written after *since*."""
    o = outbox.c
    written = sa.exists().where(o.key.startswith(beginning, autoescape=True), o.created_at > since)
    return bool(connection.scalar(sa.select(written)))


def tried_for(connection: sa.Connection, contact: ContactId) -> frozenset[TherapistId]:
    """The therapists to whom *contact* was carried, or should have been."""
    o = outbox.c
    query = sa.select(o.therapist).where(o.contact == contact, o.key.like("relay/%"))
    return frozenset(TherapistId(name) for name in connection.scalars(query) if name)


def carried_to(
    connection: sa.Connection, therapist: TherapistId, since: datetime
) -> frozenset[ThreadId]:
    """The threads of which *therapist* has been sent a text after *since*."""
    o, t = outbox.c, texts.c
    query = (
        sa.select(t.thread)
        .join(outbox, o.contact == t.contact)
        .where(o.therapist == therapist, o.key.like("relay/%"), o.created_at > since)
    )
    return frozenset(ThreadId(thread) for thread in connection.scalars(query) if thread)
