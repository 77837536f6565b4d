"""Whether the audit chain is whole: link by link, and against heads that are kept elsewhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.store import audit_chain
from app.store.audit_chain import COVERED, FIRST, Head
from app.store.fields import FieldCipher, UnreadableField
from app.store.tables import audit_links

# A clock that lives seals each minute; after this somebody keeps rows out of the chain.
SEALED_WITHIN = timedelta(minutes=15)
_MOST_NAMED = 20


class Fault(StrEnum):
    """What is wrong; programs go by the word, so that it never changes."""

    ALTERED = "rows_altered"  # or the link itself: as many as were counted, and not the same
    REMOVED = "rows_removed"
    ADDED = "rows_added"
    LINK_MISSING = "link_missing"
    LINK_BROKEN = "link_broken"  # it does not hold the one before it
    UNREADABLE = "link_unreadable"  # it, or a row of it, was not sealed by us
    PURGE_UNPROVED = "purge_unproved"  # its rows are gone, and not by the service
    NO_LINK = "rows_of_no_link"
    UNSEALED = "rows_unsealed"
    TRUNCATED = "chain_truncated"  # a head kept elsewhere lies beyond the end
    OTHER_CHAIN = "not_the_head"  # a head kept elsewhere says something else


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in which link, and in which rows, such as ``readings 12``."""

    fault: Fault
    link: int | None = None
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and what is wrong with it."""

    links: int
    rows: int
    purged: int  # links whose rows have been removed, their time having come
    head: Head | None
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        return not self.findings


def verify(
    connection: sa.Connection,
    cipher: FieldCipher,
    now: datetime,
    heads: Iterable[tuple[int | None, bytes]] = (),
) -> Verdict:
    """
    Look at the whole chain.

    Args:
        heads: what is kept elsewhere, as number and digest; without a number any link may be it.
    """
    found: list[Finding] = []
    links = rows = purged = 0
    previous, expected = FIRST, 1
    for link, own in audit_chain.links(connection):
        if link.number != expected:
            gap = f"links {expected} to {link.number - 1}"
            found.append(Finding(Fault.LINK_MISSING, expected, (gap,)))
        elif bytes(link.previous) != previous:
            found.append(Finding(Fault.LINK_BROKEN, link.number))
        fault = _fault_of(cipher, link, own)
        if fault is not None:
            found.append(Finding(fault, link.number, _named(own)))
        previous, expected = bytes(link.digest), link.number + 1
        links += 1
        rows += sum(map(len, own.values()))
        purged += link.purged_at is not None
    found.extend(_outside(connection, now))
    found.extend(_against(connection, heads))
    return Verdict(links, rows, purged, audit_chain.head(connection), tuple(found))


def _fault_of(cipher: FieldCipher, link: Any, own: Any) -> Fault | None:  # noqa: ANN401 - rows
    counted = {"readings": link.readings, "alterations": link.alterations}
    there = {table.name: len(rows) for table, rows in own.items()}
    try:
        salt = audit_chain.salt_of(cipher, link)
        if link.purged_at is not None:
            is_proved = audit_chain.is_proof(salt, bytes(link.digest)) and not any(there.values())
            return None if is_proved else Fault.PURGE_UNPROVED
        if any(there[name] > count for name, count in counted.items()):
            return Fault.ADDED
        if there != counted:
            return Fault.REMOVED
        digest = audit_chain.digest_of(cipher, link._mapping, salt, own)  # noqa: SLF001 - its public name
    except UnreadableField:
        return Fault.UNREADABLE
    return None if digest == bytes(link.digest) else Fault.ALTERED


def _named(own: Any) -> tuple[str, ...]:  # noqa: ANN401 - rows by table
    every = [f"{table.name} {row.id}" for table, rows in own.items() for row in rows]
    return (*every[:_MOST_NAMED], *(["…"] if len(every) > _MOST_NAMED else []))


def _outside(connection: sa.Connection, now: datetime) -> Iterator[Finding]:
    """Rows that stand in no link although they should, or in one that there is not."""
    for table in COVERED:
        late = sa.and_(table.c.link.is_(None), table.c.at < now - SEALED_WITHIN)
        astray = sa.and_(
            table.c.link.is_not(None), ~sa.exists().where(audit_links.c.number == table.c.link)
        )
        for fault, which in ((Fault.UNSEALED, late), (Fault.NO_LINK, astray)):
            ids = list(connection.scalars(sa.select(table.c.id).where(which).limit(_MOST_NAMED)))
            if ids:
                yield Finding(fault, None, tuple(f"{table.name} {id_}" for id_ in ids))


def _against(
    connection: sa.Connection, heads: Iterable[tuple[int | None, bytes]]
) -> Iterator[Finding]:
    a = audit_links.c
    last = connection.scalar(sa.select(sa.func.max(a.number))) or 0
    for number, digest in heads:
        if number is None:
            is_there = sa.select(sa.exists().where(a.digest == digest))
            if not connection.scalar(is_there):
                yield Finding(Fault.OTHER_CHAIN)
        elif number > last:
            yield Finding(Fault.TRUNCATED, number)
        elif connection.scalar(sa.select(a.digest).where(a.number == number)) != digest:
            yield Finding(Fault.OTHER_CHAIN, number)
