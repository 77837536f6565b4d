"""What somebody found hard to use; the law asks that there is a way to say so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store import feedback as stored
from app.store.fields import FieldCipher
from routing.errors import InvalidInput, Unavailable

LONGEST = 2000  # characters
_MOST_A_DAY = 100  # nobody needs to sign in for it, and so it must not fill the database


@dataclass(frozen=True, slots=True)
class Feedback:
    """One message; *words* may say who wrote it, and are for the administrator alone."""

    sent_at: datetime
    words: str = field(repr=False)


def keep(engine: sa.Engine, cipher: FieldCipher, words: str, now: datetime) -> None:
    """
    Keep a message for the administrator.

    Raises:
        InvalidInput: it says nothing, or too much.
        Unavailable: there have been too many today.

    Source: lagen (2018:1937) om tillgänglighet till digital offentlig service, 13 §.
    """
    said = words.strip()
    if not said or len(said) > LONGEST:
        raise InvalidInput("the message is empty or too long")
    with engine.begin() as connection:
        if stored.sent_since(connection, now - timedelta(days=1)) >= _MOST_A_DAY:
            raise Unavailable("too many messages today")
        stored.add(connection, cipher, said, now)


def latest(connection: sa.Connection, cipher: FieldCipher) -> Sequence[Feedback]:
    """The latest messages, newest first."""
    return [Feedback(at, words) for at, words in stored.latest(connection, cipher)]
