"""
The audit chain: what was read and what was altered, in links that each hold the one before.

The clock puts new rows into a link, so that no page pays for it.  A link's digest covers its rows
as they read (a sealed column by its plain words, which a new key leaves as they are), the link
before, and a salt that is sealed: whoever has the database and not the keys can neither make a
link nor try out what a removed row may have said.
"""

import base64
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from app.store.fields import FieldCipher, UnreadableField
from app.store.tables import alterations, audit_links, readings

FIRST = bytes(32)  # what the first link holds in place of one before it
# What of a row the chain covers; a column that comes later is covered from its own version on.
COVERED: Mapping[sa.Table, tuple[str, ...]] = {
    readings: (
        "id", "at", "viewer", "viewer_district", "office", "act", "district", "contact",
        "handover", "denied",
    ),
    alterations: ("id", "author", "district", "what", "about", "at"),
}  # fmt: skip
_ABOUT, _SALT = "alterations.about", "audit_links.salt"
_PURGED = b"purged"
_MOST = 500  # of each table in one link
_LINKS = 20  # looked at together
_AT_A_TIME = 500
_LOCK = 7_326_226  # PostgreSQL's; one beside the migration's


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as it was at *at*: what is kept elsewhere, to be compared one day."""

    number: int
    digest: bytes
    rows: int  # in all links up to it
    at: datetime

    @property
    def text(self) -> str:
        """The digest in letters that no filter takes for a telephone number."""
        return written(self.digest)


def written(digest: bytes) -> str:
    """A digest as people write it down."""
    return base64.b32encode(digest).decode().rstrip("=")


def as_digest(text: str) -> bytes:
    """What `written` wrote; raises ValueError for anything else."""
    plain = text.strip().upper().replace("-", "").replace(" ", "")
    digest = base64.b32decode(plain + "=" * (-len(plain) % 8))
    if len(digest) != len(FIRST):
        raise ValueError("not a digest")
    return digest


def seal(connection: sa.Connection, cipher: FieldCipher, now: datetime) -> int:
    """
    Put the rows that are in no link yet into a new one; how many.  The caller commits.

    Only one does so at a time: whoever comes meanwhile has nothing to do.
    """
    if connection.dialect.name == "postgresql":
        is_mine = sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))
        if not connection.scalar(is_mine):
            return 0
    found = {table: _unsealed(connection, table) for table in COVERED}
    if not any(found.values()):
        return 0
    last = _last(connection)
    number, previous = (1, FIRST) if last is None else (last.number + 1, bytes(last.digest))
    salt = os.urandom(16)
    link = {
        "number": number,
        "previous": previous,
        "salt": cipher.seal(salt, _SALT),
        "readings": len(found[readings]),
        "alterations": len(found[alterations]),
        "sealed_at": now.astimezone(UTC),  # as it is read again
    }
    link["digest"] = digest_of(cipher, link, salt, found)
    connection.execute(audit_links.insert(), link)
    for table, rows in found.items():
        ids = [row.id for row in rows]
        for first in range(0, len(ids), _AT_A_TIME):
            some = table.c.id.in_(ids[first : first + _AT_A_TIME])
            connection.execute(table.update().where(some).values(link=number))
    return sum(map(len, found.values()))


def head(connection: sa.Connection) -> Head | None:
    """The end of the chain; None before there is a link."""
    last = _last(connection)
    if last is None:
        return None
    rows = sa.select(sa.func.sum(audit_links.c.readings + audit_links.c.alterations))
    return Head(last.number, bytes(last.digest), connection.scalar(rows) or 0, last.sealed_at)


def purge(
    connection: sa.Connection,
    cipher: FieldCipher,
    before: datetime,
    now: datetime,
    only: Collection[int] | None = None,
) -> Mapping[str, int]:
    """
    Remove the rows of the links from *before* then; how many of each table.  The caller commits.

    With *only*, of those links alone: others may be held.  The links stay, with how many rows each
    had and the digest, so that the chain is still whole.  The salt goes, and in its place stands,
    sealed, that the removal was the service's own.
    """
    a, removed = audit_links.c, {table.name: 0 for table in COVERED}
    query = sa.select(audit_links).where(is_past(before))
    if only is not None:
        query = query.where(a.number.in_(only))
    for link in connection.execute(query.order_by(a.number)).all():
        if link.sealed_at >= before and not _is_whole(connection, cipher, link):
            continue  # the age of its rows is their own word: see `app.store.audit_verify`
        for table in COVERED:
            gone = connection.execute(table.delete().where(table.c.link == link.number))
            removed[table.name] += gone.rowcount
        proof = cipher.seal(_PURGED + bytes(link.digest), _SALT)
        changed = audit_links.update().where(a.number == link.number)
        connection.execute(changed.values(salt=proof, purged_at=now))
    return removed


def is_past(before: datetime) -> sa.ColumnElement[bool]:
    """
    Whether a link with rows was sealed before then, or at least nothing in it is of later.

    What was read before there was a chain was put into it on one day.
    """
    a = audit_links.c
    later = (sa.exists().where(t.c.link == a.number, t.c.at >= before) for t in COVERED)
    return sa.and_(a.purged_at.is_(None), sa.or_(a.sealed_at < before, ~sa.or_(*later)))


def links(connection: sa.Connection) -> Iterator[tuple[Any, Mapping[sa.Table, Sequence[Any]]]]:
    """Each link in order, with the rows that name it, each table's by id."""
    after = 0
    while True:
        query = sa.select(audit_links).where(audit_links.c.number > after)
        page = connection.execute(query.order_by(audit_links.c.number).limit(_LINKS)).all()
        if not page:
            return
        span = page[0].number, page[-1].number
        rows = {table: _by_link(connection, table, span) for table in COVERED}
        for link in page:
            yield link, {table: rows[table].get(link.number, []) for table in COVERED}
        after = span[1]


def digest_of(
    cipher: FieldCipher,
    link: Mapping[str, Any],
    salt: bytes,
    rows: Mapping[sa.Table, Sequence[Any]],
) -> bytes:
    """
    The digest of a link with these rows.

    Raises:
        UnreadableField: a sealed value among them cannot be opened.
    """
    told = hashlib.sha256(bytes(link["previous"]) + salt)
    counts = link["readings"], link["alterations"]
    told.update(msgspec.json.encode([link["number"], link["sealed_at"], *counts]))
    for table, columns in COVERED.items():
        for row in rows[table]:
            values = [_plain(cipher, name, row._mapping[name]) for name in columns]  # noqa: SLF001
            # JSON breaks no line, so that no row reads as two.
            told.update(b"\n" + msgspec.json.encode([str(table.name), *values]))
    return told.digest()


def salt_of(cipher: FieldCipher, link: Any) -> bytes:  # noqa: ANN401 - a row of audit_links
    """A link's salt; raises UnreadableField where it is not what we wrote."""
    return cipher.open_bytes(bytes(link.salt), _SALT)


def is_proof(plain: bytes, digest: bytes) -> bool:
    """Whether what stands in a salt's place says that the service removed the link's rows."""
    return plain == _PURGED + digest


def _plain(cipher: FieldCipher, name: str, value: Any) -> object:  # noqa: ANN401 - a column's
    if name == "about" and value is not None:
        return cipher.open(bytes(value), _ABOUT)
    return value


def _is_whole(connection: sa.Connection, cipher: FieldCipher, link: Any) -> bool:  # noqa: ANN401 - a row of audit_links
    span = link.number, link.number
    own = {table: _by_link(connection, table, span).get(link.number, []) for table in COVERED}
    try:
        digest = digest_of(cipher, link._mapping, salt_of(cipher, link), own)  # noqa: SLF001 - its public name
    except UnreadableField:
        return False
    return digest == bytes(link.digest)


def _unsealed(connection: sa.Connection, table: sa.Table) -> list[Any]:
    query = sa.select(table).where(table.c.link.is_(None)).order_by(table.c.id).limit(_MOST)
    return list(connection.execute(query))


def _last(connection: sa.Connection) -> Any:  # noqa: ANN401 - a row of audit_links, or None
    newest = sa.select(audit_links).order_by(audit_links.c.number.desc()).limit(1)
    return connection.execute(newest).first()


def _by_link(
    connection: sa.Connection, table: sa.Table, span: tuple[int, int]
) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    query = sa.select(table).where(table.c.link.between(*span)).order_by(table.c.link, table.c.id)
    for row in connection.execute(query):
        found.setdefault(row.link, []).append(row)
    return found
