"""Messages about what is hard to use."""

from datetime import datetime

import sqlalchemy as sa

from app.store.fields import FieldCipher
from app.store.tables import feedback

_PURPOSE = "feedback.body"
_SHOWN = 50


def add(connection: sa.Connection, cipher: FieldCipher, words: str, now: datetime) -> None:
    sealed = cipher.seal(words, _PURPOSE)
    connection.execute(sa.insert(feedback).values(page="", body=sealed, sent_at=now))


def sent_since(connection: sa.Connection, since: datetime) -> int:
    """How many have come."""
    count = sa.select(sa.func.count()).where(feedback.c.sent_at > since)
    return connection.scalar(count) or 0


def latest(connection: sa.Connection, cipher: FieldCipher) -> list[tuple[datetime, str]]:
    """When and what, newest first."""
    rows = connection.execute(
        sa.select(feedback.c.sent_at, feedback.c.body)
        .order_by(feedback.c.sent_at.desc(), feedback.c.id.desc())
        .limit(_SHOWN)
    )
    return [(row.sent_at, cipher.open(row.body, _PURPOSE)) for row in rows]
