"""Puts everything that is sealed under the newest key, beside a service that goes on."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from app.store.database import insert_once, reading
from app.store.fields import FieldCipher, UnreadableField
from app.store.sealed_columns import INDEXES, SEALED, KeyedIndex, SealedColumn
from routing.numbers import PhoneNumber

_AT_A_TIME = 200  # so few that nobody waits for the rows while they are written
_WAS = "was_"


@dataclass(frozen=True, slots=True)
class Renewed:
    """How many rows were put under the newest key, and how many values no key of ours opens."""

    rows: int
    unreadable: int


def renew(engine: sa.Engine, cipher: FieldCipher, more: Iterable[PhoneNumber] = ()) -> Renewed:
    """
    Seal under the newest key what is sealed under another, and make the keyed indexes anew.

    A few rows at a time, each only if it still is as it was read: what the service changes
    meanwhile stays.  Whatever is done is done, so that it may be broken off and begun again.
    *more* are numbers that stand in no column, such as those of the staff.
    """
    rows = unreadable = 0
    for sealed, index in _tables():
        for page in _pages(engine, cipher, sealed, index):
            found, lost = _changes(cipher, page, sealed, index)
            unreadable += lost
            if found:
                rows += _write(engine, found, sealed, index)
    return Renewed(rows + _renew_lone_indexes(engine, cipher, more), unreadable)


def numbers(
    connection: sa.Connection, cipher: FieldCipher, more: Iterable[PhoneNumber] = ()
) -> Iterator[PhoneNumber]:
    """Every number that is kept anywhere, some of them often; those that cannot be read are not."""
    yield from more
    for index in INDEXES:
        if index.number is None:
            continue
        purpose = f"{index.number.table.name}.{index.number.name}"
        query = sa.select(index.number).where(index.number.is_not(None))
        with connection.execute(query.execution_options(yield_per=1000)) as found:
            for sealed in found.scalars():
                with suppress(UnreadableField):
                    yield PhoneNumber(cipher.open(sealed, purpose))


def lone(connection: sa.Connection, index: KeyedIndex) -> frozenset[bytes]:
    """The entries of *index* in rows that do not keep the number itself."""
    query = sa.select(index.column).where(index.column.is_not(None)).distinct()
    if index.number is not None:
        query = query.where(index.number.is_(None))
    return frozenset(map(bytes, connection.scalars(query)))


def matched(
    cipher: FieldCipher, wanted: Iterable[bytes], known: Iterable[PhoneNumber]
) -> Mapping[bytes, PhoneNumber]:
    """Which of *known* each entry of *wanted* is of, under any key, as far as there is one."""
    missing, found = set(wanted), dict[bytes, PhoneNumber]()
    if not missing:
        return found
    for number in known:
        for entry in missing.intersection(cipher.indexes(number)):
            found[entry] = number
            missing.discard(entry)
        if not missing:
            break
    return found


def _renew_lone_indexes(engine: sa.Engine, cipher: FieldCipher, more: Iterable[PhoneNumber]) -> int:
    """Make anew the entries whose rows keep no number, where one kept elsewhere is theirs."""
    changed = 0
    with reading(engine) as connection:
        wanted = {index.name: lone(connection, index) for index in INDEXES}
        every = frozenset[bytes]().union(*wanted.values())
        known = matched(cipher, every, numbers(connection, cipher, more))
    for index in INDEXES:
        for entry in wanted[index.name].intersection(known):
            changed += _renew_lone(engine, cipher, index, entry, known[entry])
    return changed


def _renew_lone(
    engine: sa.Engine, cipher: FieldCipher, index: KeyedIndex, entry: bytes, number: PhoneNumber
) -> int:
    values: dict[str, object] = {index.column.name: cipher.index(number)}
    is_it = index.column == entry
    if index.number is None:
        if entry == cipher.index(number):
            return 0
    else:
        purpose = f"{index.number.table.name}.{index.number.name}"
        values[index.number.name] = cipher.seal(number.e164, purpose)
        is_it = sa.and_(is_it, index.number.is_(None))
    table = index.column.table
    with engine.begin() as connection:
        if index.column.primary_key and entry != cipher.index(number):
            is_there = sa.select(index.column).where(index.column == cipher.index(number))
            if connection.scalar(is_there) is not None:  # under both keys: the newest stays
                return connection.execute(sa.delete(table).where(is_it)).rowcount
        return connection.execute(sa.update(table).where(is_it).values(values)).rowcount


def _tables() -> Iterator[tuple[tuple[SealedColumn, ...], KeyedIndex | None]]:
    indexes = {index.number.table.name: index for index in INDEXES if index.number is not None}
    by_table = sorted(SEALED, key=lambda one: str(one.column.table.name))
    for name, some in groupby(by_table, key=lambda one: str(one.column.table.name)):
        yield tuple(some), indexes.get(name)


def key_in(column: sa.Column[Any]) -> sa.ColumnElement[bytes]:
    """The id of the key that a column's value is sealed under, in a query."""
    return sa.type_coerce(sa.func.substr(column, 2, 4), sa.LargeBinary)


def _pages(
    engine: sa.Engine,
    cipher: FieldCipher,
    sealed: tuple[SealedColumn, ...],
    index: KeyedIndex | None,
) -> Iterator[list[Any]]:
    """Rows that may have to be renewed, by key; each page is read on its own."""
    table = sealed[0].column.table
    keys = list(table.primary_key.columns)
    columns = {column.name: column for column in (*keys, *(one.column for one in sealed))}
    if index is not None:
        columns[index.column.name] = index.column
    is_old = [
        sa.and_(one.column.is_not(None), key_in(one.column) != cipher.key_ids[0]) for one in sealed
    ]
    if index is not None and index.number is not None:
        # An entry does not say which key it is of, so that each is made and compared.
        is_old.append(index.number.is_not(None))
    query = sa.select(*columns.values()).where(sa.or_(*is_old)).order_by(*keys).limit(_AT_A_TIME)
    after: Any = None
    while True:
        own = query
        if after is not None:
            last = [
                sa.bindparam(None, value, type_=key.type)
                for key, value in zip(keys, after, strict=True)
            ]
            own = query.where(sa.tuple_(*keys) > sa.tuple_(*last))
        with reading(engine) as connection:
            page = list(connection.execute(own))
        if not page:
            return
        yield page
        after = [page[-1]._mapping[key.name] for key in keys]  # noqa: SLF001 - its public name


def _changes(
    cipher: FieldCipher,
    page: list[Any],
    sealed: tuple[SealedColumn, ...],
    index: KeyedIndex | None,
) -> tuple[list[dict[str, object]], int]:
    """What becomes of each row of *page*, with what it was; and how much cannot be read."""
    found: list[dict[str, object]] = []
    unreadable = 0
    for row in page:
        was = dict(row._mapping)  # noqa: SLF001 - its public name
        now = dict(was)
        for one in sealed:
            name, value = one.column.name, was[one.column.name]
            of_index = index is not None and index.number is one.column
            if value is None or (cipher.is_newest(value) and not of_index):
                continue
            try:
                plain = cipher.open_bytes(value, one.purpose(row))
            except UnreadableField:
                unreadable += 1
                continue
            if not cipher.is_newest(value):
                now[name] = cipher.seal(plain, one.purpose(row))
            if index is not None and of_index:
                now[index.column.name] = cipher.index(PhoneNumber(plain.decode()))
        if now != was:
            found.append(now | {_WAS + name: value for name, value in was.items()})
    return found, unreadable


def _write(
    engine: sa.Engine,
    found: list[dict[str, object]],
    sealed: tuple[SealedColumn, ...],
    index: KeyedIndex | None,
) -> int:
    """Write the rows that are still as they were; how many."""
    table = sealed[0].column.table
    columns = [one.column for one in sealed]
    if index is not None:
        columns.append(index.column)
    is_same = [
        column.is_not_distinct_from(sa.bindparam(_WAS + column.name, type_=column.type))
        for column in {*table.primary_key.columns, *columns}
    ]
    if index is not None and index.column.primary_key:
        return _replace(engine, found, is_same, table)
    new = {column.name: sa.bindparam(f"new_{column.name}", type_=column.type) for column in columns}
    rows = [
        {_WAS + c.name: row[_WAS + c.name] for c in {*table.primary_key.columns, *columns}}
        | {f"new_{c.name}": row[c.name] for c in columns}
        for row in found
    ]
    with engine.begin() as connection:
        return connection.execute(sa.update(table).where(*is_same).values(new), rows).rowcount


def _replace(
    engine: sa.Engine,
    found: list[dict[str, object]],
    is_same: list[sa.ColumnElement[bool]],
    table: sa.Table,
) -> int:
    """Where the entry is the key of its row: a new row for the old one, unless it is there."""
    replaced = 0
    for row in found:
        was = {name: value for name, value in row.items() if name.startswith(_WAS)}
        with engine.begin() as connection:
            old = connection.execute(sa.select(table).where(*is_same), was).one_or_none()
            if old is None:
                continue
            connection.execute(sa.delete(table).where(*is_same), was)
            new = dict(old._mapping) | {  # noqa: SLF001 - its public name
                name: value for name, value in row.items() if not name.startswith(_WAS)
            }
            connection.execute(insert_once(connection, table), [new])
            replaced += 1
    return replaced
