"""The engine for either database, transactions, and bringing the schema up to date."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry

# Long enough for a busy disk, short enough that a caller does not notice.
_PATIENCE_MS = 2000
# Nothing we ask takes a second; a statement that hangs must not keep a caller's thread.
_LONGEST_STATEMENT_MS = 10_000


def make_engine(url: str) -> sa.Engine:
    """
    The engine for *url*; nothing is opened before it is used.

    Bound values never show in an exception, since they hold what callers said.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = (
        f"-c lock_timeout={_PATIENCE_MS} -c statement_timeout={_LONGEST_STATEMENT_MS} "
        "-c timezone=UTC"
    )
    return sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=8,
        pool_timeout=_PATIENCE_MS / 1000,
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": 2,
            "tcp_user_timeout": _PATIENCE_MS,  # a server that has gone without a word
            "options": options,
        },
    )


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:  # noqa: ANN401 - DB-API
    connection.isolation_level = None  # SQLAlchemy begins, not the driver
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_PATIENCE_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # a webhook that was answered survives a power cut
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # Work that reads before it writes is refused without waiting unless it began as a writer.
    is_reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that only reads, and so takes no lock from those who write."""
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        yield connection


def insert_once(connection: sa.Connection, table: sa.Table) -> Any:  # noqa: ANN401 - two dialects
    """An insert that leaves alone what is already there, on either engine."""
    is_postgres = connection.dialect.name == "postgresql"
    return (postgresql if is_postgres else sqlite).insert(table).on_conflict_do_nothing()


def add_once(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert the rows whose keys are new; the caller commits."""
    if rows:
        connection.execute(insert_once(connection, table), rows)


@cache
def _bump(table: sa.Table, dialect: str) -> Any:  # noqa: ANN401 - two dialects
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    raised = {"version": table.c.version + 1}
    return insert.on_conflict_do_update(index_elements=["topic"], set_=raised)


def announce(connection: sa.Connection, changes: sa.Table, topic: str) -> None:
    """Tell every process that what it keeps of *topic* in memory is old, once this commits."""
    statement = _bump(changes, connection.dialect.name)
    connection.execute(statement, {"topic": topic, "version": 1})
