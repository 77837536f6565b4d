"""A backup of the whole database in one sealed file, the same for SQLite and PostgreSQL."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.store import sealed_file
from app.store.database import make_engine, snapshot
from app.store.fields import FieldCipher, UnreadableField, key_of
from app.store.migrate import alembic_config, migrating, upgrade
from app.store.outbox import By, State
from app.store.patience import UNHURRIED
from app.store.schema import UtcDateTime
from app.store.sealed_columns import SEALED
from app.store.tables import metadata
from routing.errors import Conflict, InvalidInput

_FORMAT = 1
_ROWS, _BYTES = 1000, 1 << 20  # of a chunk, whichever comes first
_VERSION = "alembic_version"
_SEALED = frozenset(one.name for one in SEALED)


class _Head(msgspec.Struct, frozen=True, tag="head"):
    """The first chunk."""

    format: int
    revision: str
    made_at: datetime
    engine: str
    tables: dict[str, list[str]]  # each with its columns, in the order in which they are restored


class _Some(msgspec.Struct, frozen=True, tag="rows"):
    """Rows of one table."""

    table: str
    rows: list[list[Any]]


class _Tail(msgspec.Struct, frozen=True, tag="end"):
    """The last chunk: what the others must come to."""

    counts: dict[str, int]
    numbers: dict[str, int]  # the last that each table has given to a row, also to one that is gone
    digest: bytes


_CHUNK: msgspec.msgpack.Decoder[_Head | _Some | _Tail] = msgspec.msgpack.Decoder(
    _Head | _Some | _Tail
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a file holds, all of it looked at."""

    made_at: datetime
    revision: str
    engine: str
    tables: Mapping[str, Sequence[str]]  # each with its columns
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def make(url: str, cipher: FieldCipher, path: Path, now: datetime) -> tuple[Backup, int]:
    """
    Write everything in the database at *url* into a new file; what is in it, and its size.

    All as it was at one moment, and nobody waits for it.

    Raises:
        InvalidInput: the file is there already.
        Conflict: the database is not of this version.
    """
    engine = make_engine(url, UNHURRIED)
    counts: Counter[str] = Counter()
    try:
        with snapshot(engine) as connection:
            revision = _revision(connection)
            if revision is None or revision != _history(connection).get_current_head():
                raise Conflict("the database is not of this version: run `beredskap init` first")
            tables = {str(t.name): [str(c.name) for c in t.columns] for t in metadata.sorted_tables}
            head = _Head(_FORMAT, revision, now, connection.dialect.name, tables)
            size = sealed_file.write(path, cipher, _chunks(connection, head, counts))
    finally:
        engine.dispose()
    return _backup(head, counts), size


def check(cipher: FieldCipher, path: Path) -> Backup:
    """
    Read the whole file, and write nothing.

    Raises:
        InvalidInput: it is no backup, or is torn, or was altered, or is of a later version.
        UnreadableField: it, or a value in it, was sealed with a key that is not among ours.
    """
    head: _Head | None = None
    tail: _Tail | None = None
    counts: Counter[str] = Counter()
    digest = hashlib.sha256()
    for chunk in sealed_file.read(path, cipher):
        match _decoded(chunk, path):
            case _Head() as head:
                if head.format != _FORMAT:
                    raise InvalidInput(f"{path.name} was made by a later version of the service")
            case _Some() as some:
                if head is None or some.table not in head.tables:
                    raise InvalidInput(f"{path.name} does not hold what it says it does")
                counts[some.table] += len(some.rows)
                _check_keys(cipher, some, head.tables[some.table])
            case _Tail() as tail:
                continue
        digest.update(chunk)
    if head is None or tail is None or tail.counts != counts or tail.digest != digest.digest():
        raise InvalidInput(f"{path.name} does not hold what it says it does")
    return _backup(head, counts)


def restore(url: str, cipher: FieldCipher, path: Path) -> Backup:
    """
    Put everything of the file at *path* into the database at *url*, which must hold no row.

    The whole file is looked at first; then all is written in one transaction, or nothing.  A
    text that waited may have been sent since, so the carrier is asked before it is sent.

    Raises:
        InvalidInput, UnreadableField: as `check`.
        Conflict: there is something in the database already, or it is of another version.
    """
    found = check(cipher, path)
    with migrating(url) as connection:
        _make_room(connection, found)
        tables = _tables(connection)
        for chunk in sealed_file.read(path, cipher):
            match _decoded(chunk, path):
                case _Head():
                    pass  # `check` has read it
                case _Some() as some:
                    _load(connection, tables.tables[some.table], found, some)
                case _Tail() as tail:
                    _set_numbers(connection, tables, tail.numbers)
        _ask_about_texts(connection, tables.tables["outbox"], found.made_at)
        upgrade(connection)
    return found


def _chunks(connection: sa.Connection, head: _Head, counts: Counter[str]) -> Iterator[bytes]:
    """What the file holds, chunk by chunk; *counts* is filled in on the way."""
    first = msgspec.msgpack.encode(head)
    digest = hashlib.sha256(first)
    yield first
    for table in metadata.sorted_tables:
        for rows in _portions(connection, table):
            chunk = msgspec.msgpack.encode(_Some(str(table.name), rows))
            counts[str(table.name)] += len(rows)
            digest.update(chunk)
            yield chunk
    yield msgspec.msgpack.encode(_Tail(dict(counts), _numbers(connection), digest.digest()))


def _portions(connection: sa.Connection, table: sa.Table) -> Iterator[list[list[Any]]]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    some: list[list[Any]] = []
    size = 0
    for row in connection.execute(query.execution_options(yield_per=_ROWS // 5)):
        some.append(list(row))
        size += sum(len(value) for value in row if isinstance(value, bytes | str))
        if len(some) >= _ROWS or size >= _BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _numbers(connection: sa.Connection) -> dict[str, int]:
    """The last number that was given to a row of each table that gives them."""
    if connection.dialect.name == "sqlite":
        if not _gives_numbers(connection):
            return {}
        rows = connection.execute(sa.text("SELECT name, seq FROM sqlite_sequence"))
        return {row.name: row.seq for row in rows if row.name in metadata.tables}
    found: dict[str, int] = {}
    for table in metadata.sorted_tables:
        if (sequence := _sequence(connection, table)) is not None:
            last = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"  # noqa: S608 - the server's own name
            found[str(table.name)] = connection.scalar(sa.text(last)) or 0
    return found


def _set_numbers(
    connection: sa.Connection, tables: sa.MetaData, numbers: Mapping[str, int]
) -> None:
    """A number that was given out never means another row."""
    for table in tables.sorted_tables:
        key = next(iter(table.primary_key.columns), None)
        if key is None or not isinstance(key.type, sa.Integer):
            continue
        largest = connection.scalar(sa.select(sa.func.max(key))) or 0
        last = max(largest, numbers.get(str(table.name), 0))
        if last:
            _set_number(connection, table, last)


def _set_number(connection: sa.Connection, table: sa.Table, last: int) -> None:
    if connection.dialect.name == "postgresql":
        if (sequence := _sequence(connection, table)) is not None:
            connection.execute(
                sa.text("SELECT setval(:name, :last)"), {"name": sequence, "last": last}
            )
        return
    if str(table.name) in _gives_numbers(connection):
        of = {"name": str(table.name), "last": last}
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), of)
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), of
        )


def _gives_numbers(connection: sa.Connection) -> frozenset[str]:
    """SQLite's tables that never give a number twice."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    return frozenset(connection.scalars(sa.text(query)))


def _sequence(connection: sa.Connection, table: sa.Table) -> str | None:
    """PostgreSQL's name of what gives a table's numbers."""
    if len(table.primary_key.columns) != 1:
        return None
    (key,) = table.primary_key.columns
    of = {"table": str(table.name), "key": key.name}
    name = connection.scalar(sa.text("SELECT pg_get_serial_sequence(:table, :key)"), of)
    return None if name is None else str(name)


def _make_room(connection: sa.Connection, found: Backup) -> None:
    """Tables as they were when the backup was made, without a row in them."""
    known = {script.revision for script in _history(connection).walk_revisions()}
    if found.revision not in known:
        raise InvalidInput("the backup was made by a later version of the service: use that one")
    current = _revision(connection)
    if current is None:
        if sa.inspect(connection).get_table_names():
            raise Conflict("the database holds tables of something else; give an empty one")
        upgrade(connection, found.revision)
    elif current != found.revision:
        raise Conflict(
            f"the database is of version {current} and the backup of {found.revision}: "
            "give a database without tables"
        )
    for table in _tables(connection).sorted_tables:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise Conflict(
                f"there is something in the database already ({table.name}): stop the service, "
                "and give an empty database"
            )


def _tables(connection: sa.Connection) -> sa.MetaData:
    """The tables as they are in the database now, whatever they are in the code."""
    found = sa.MetaData()
    found.reflect(connection)
    found.remove(found.tables[_VERSION])
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.DateTime):
                column.type = UtcDateTime()
            elif isinstance(column.type, sa.JSON):
                column.type = sa.JSON(none_as_null=True)
    return found


def _load(connection: sa.Connection, table: sa.Table, found: Backup, some: _Some) -> None:
    names = found.tables[some.table]
    dates = {c.name for c in table.columns if isinstance(c.type, sa.Date)}
    rows = [
        {
            name: date.fromisoformat(value) if name in dates and value is not None else value
            for name, value in zip(names, row, strict=True)
        }
        for row in some.rows
    ]
    connection.execute(table.insert(), rows)


def _ask_about_texts(connection: sa.Connection, outbox: sa.Table, made_at: datetime) -> None:
    """A text that waited may have been sent since: the carrier is asked before it is sent."""
    o = outbox.c
    waits = sa.and_(o.state == State.PENDING, o.channel == By.TEXT)
    first = sa.func.coalesce(o.first_tried_at, o.created_at, sa.literal(made_at, UtcDateTime()))
    changed = {"state": str(State.SENDING), "first_tried_at": first}
    connection.execute(outbox.update().where(waits).values(changed))


def _decoded(chunk: bytes, path: Path) -> _Head | _Some | _Tail:
    try:
        return _CHUNK.decode(chunk)
    except msgspec.DecodeError:
        raise InvalidInput(f"{path.name} was made by another version of the service") from None


def _backup(head: _Head, counts: Mapping[str, int]) -> Backup:
    every = {name: counts.get(name, 0) for name in head.tables}
    return Backup(head.made_at, head.revision, head.engine, head.tables, every)


def _history(connection: sa.Connection) -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config(connection))


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _check_keys(cipher: FieldCipher, some: _Some, columns: Sequence[str]) -> None:
    """Whether every sealed value can be opened with a key of ours, without opening it."""
    for place, column in enumerate(columns):
        if f"{some.table}.{column}" not in _SEALED:
            continue
        for row in some.rows:
            if row[place] is not None and key_of(row[place]) not in cipher.key_ids:
                raise UnreadableField(
                    f"the backup holds values ({some.table}.{column}) sealed with a key that "
                    "DATA_KEYS does not hold"
                )
