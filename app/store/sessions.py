"""Who is signed in, from where and since when; and the sign-ins that failed."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store.tables import refusals, sessions

# A telephone left on a table does not stay signed in, and nobody does for longer than a day's work.
IDLE, LONGEST = timedelta(minutes=60), timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)  # a page that is looked at costs no write each time
_KEPT = timedelta(days=30)
_COUNTED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody is, or was, signed in."""

    id: int
    account: int
    agent: str
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None

    def is_on(self, now: datetime) -> bool:
        """Whether it has neither been ended nor run out."""
        in_time = now - self.seen_at < IDLE and now - self.began_at < LONGEST
        return self.ended_at is None and in_time


def begin(connection: sa.Connection, account: int, agent: str, now: datetime) -> str:
    """A new session; returns what the browser is to keep, of which only a digest stays here."""
    kept = secrets.token_urlsafe(32)
    connection.execute(sa.delete(sessions).where(sessions.c.seen_at < now - _KEPT))
    connection.execute(
        sa.insert(sessions).values(
            digest=_digest(kept), account=account, agent=agent, began_at=now, seen_at=now
        )
    )
    return kept


def find(connection: sa.Connection, kept: str) -> Session | None:
    """The session of a browser that keeps *kept*."""
    row = connection.execute(_chosen().where(sessions.c.digest == _digest(kept))).one_or_none()
    return None if row is None else Session(**row._asdict())


def needs_seeing(session: Session, now: datetime) -> bool:
    """Whether it is long enough ago that the session was last seen."""
    return now - session.seen_at >= _SEEN_EVERY


def see(connection: sa.Connection, session: Session, now: datetime) -> None:
    """The person has done something."""
    chosen = sessions.c.id == session.id
    connection.execute(sa.update(sessions).where(chosen).values(seen_at=now))


def of_account(connection: sa.Connection, account: int, now: datetime) -> tuple[Session, ...]:
    """Where somebody is signed in at *now*, the latest first."""
    rows = connection.execute(
        _chosen().where(sessions.c.account == account).order_by(sessions.c.seen_at.desc())
    )
    return tuple(one for row in rows if (one := Session(**row._asdict())).is_on(now))


def end(connection: sa.Connection, account: int, number: int, now: datetime) -> bool:
    """End one session of *account*; whether there was one to end."""
    found = connection.execute(
        sa.update(sessions)
        .where(
            sessions.c.id == number, sessions.c.account == account, sessions.c.ended_at.is_(None)
        )
        .values(ended_at=now),
        execution_options={"preserve_rowcount": True},
    )
    return bool(found.rowcount)


def end_kept(connection: sa.Connection, account: int, kept: str, now: datetime) -> None:
    """End the session of *account* whose browser keeps *kept*: a copy of its cookie is no key."""
    s = sessions.c
    chosen = sa.and_(s.account == account, s.digest == _digest(kept), s.ended_at.is_(None))
    connection.execute(sa.update(sessions).where(chosen).values(ended_at=now))


def end_all(connection: sa.Connection, account: int, now: datetime, but: str = "") -> None:
    """Sign somebody out everywhere, *but* in the browser that keeps this."""
    s = sessions.c
    chosen = sa.and_(s.account == account, s.ended_at.is_(None), s.digest != _digest(but))
    connection.execute(sa.update(sessions).where(chosen).values(ended_at=now))


def refuse(connection: sa.Connection, login_key: bytes, now: datetime) -> None:
    """Somebody has tried in vain."""
    connection.execute(sa.delete(refusals).where(refusals.c.at < now - _COUNTED))
    connection.execute(sa.insert(refusals).values(login_key=login_key, at=now))


def forgive(connection: sa.Connection, login_key: bytes) -> None:
    """The right person has come: what was tried before counts no more."""
    connection.execute(sa.delete(refusals).where(refusals.c.login_key == login_key))


def tries(connection: sa.Connection, login_key: bytes, now: datetime) -> tuple[datetime, ...]:
    """
    When somebody lately tried in vain, in order; nobody else counts this one's until it commits.

    SQLite lets one write at a time in any case.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(login_key[:8], signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
    r = refusals.c
    wanted = sa.select(r.at).where(r.login_key == login_key, r.at > now - _COUNTED).order_by(r.at)
    return tuple(connection.scalars(wanted))


def _chosen() -> sa.Select[tuple[int, int, str, datetime, datetime, datetime | None]]:
    s = sessions.c
    return sa.select(s.id, s.account, s.agent, s.began_at, s.seen_at, s.ended_at)


def _digest(kept: str) -> bytes:
    # Random enough that nothing slow is needed.
    return hashlib.sha256(kept.encode()).digest()
