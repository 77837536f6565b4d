"""How long a database is waited for: by a person at a page for seconds, by a caller for a blink."""

from dataclasses import dataclass, replace

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Patience:
    """
    The longest waits of one engine.

    The server gives up by itself on a lock or a statement, while it runs.  *answer* is our own
    limit, for a server that has stopped or a network that swallows everything.
    """

    lock_ms: int
    statement_ms: int
    answer: float  # seconds for each answer; with *in_all*, for everything from taking to returning
    connect: float  # seconds
    in_all: bool = False
    look: float = 1.0  # seconds for a look that finds nothing new; a slower one knows too late


# Nothing that pages or the clock ask takes a second; an export takes some.
PATIENT = Patience(lock_ms=2000, statement_ms=10_000, answer=12.0, connect=2.0)
# The same where calls are answered: a page that waits keeps a thread from them.
PAGES = replace(PATIENT, answer=2.5)
# A migration, which sets its own limits.
UNHURRIED = replace(PATIENT, answer=24 * 3600.0)
# What a call or a text waits for: after this it goes on without the database.
PROMPT = Patience(lock_ms=250, statement_ms=300, answer=0.4, connect=0.4, in_all=True)


def hurry(connection: sa.Connection, seconds: float) -> None:
    """Wait at most *seconds* for all that *connection* is still asked before it is given back."""
    limit = getattr(connection.connection.driver_connection, "hurry", None)
    if limit is not None:  # SQLite is in this process, and gives up by itself
        limit(seconds)
