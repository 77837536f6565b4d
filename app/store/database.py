"""The engine for either database, transactions, and bringing the schema up to date."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.store.patience import PATIENT, Patience


def make_engine(url: str, patience: Patience = PATIENT, *, may_create: bool = False) -> sa.Engine:
    """
    The engine for *url*; nothing is opened before it is used, and nothing waited for too long.

    A file of SQLite's that is not there is only made for whoever *may_create* it: else a mistyped
    address would be an empty database, and look like one that has lost everything.

    Bound values never show in an exception, since they hold what callers said.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = file_of(parsed)
        if path is not None and may_create:
            path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url, hide_parameters=True)
        sa.event.listen(engine, "connect", lambda c, _: _prepare_sqlite(c, patience))
        sa.event.listen(engine, "begin", _begin_sqlite)
        if path is not None:
            _keep_to_the_file(engine, path, may_create=may_create)
        return engine
    options = (
        f"-c lock_timeout={patience.lock_ms} -c statement_timeout={patience.statement_ms} "
        "-c timezone=UTC"
    )
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=8,
        pool_timeout=patience.connect,
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": 2,  # the least that the driver takes; ours is shorter
            "tcp_user_timeout": 2000,  # a server that has gone without a word
            "keepalives_idle": 60,  # between evenings nothing is written, and a NAT forgets
            "options": options,
        },
    )
    from app.store.bounded import bound  # noqa: PLC0415 - SQLite does not need the driver

    bound(engine, patience)
    return engine


def _prepare_sqlite(connection: Any, patience: Patience) -> None:  # noqa: ANN401 - DB-API
    connection.isolation_level = None  # SQLAlchemy begins, not the driver
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={patience.lock_ms}",
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


def file_of(url: sa.URL) -> Path | None:
    """The file of a database of SQLite's; None where there is none, or its address is a URI."""
    name = url.database
    is_file = url.get_backend_name() == "sqlite" and name and name != ":memory:"
    return Path(name) if is_file and name and not name.startswith("file:") else None


def _keep_to_the_file(engine: sa.Engine, path: Path, *, may_create: bool) -> None:
    """
    A file that was moved away, or that another took the place of, counts as a database away.

    Else what is open would be written to for as long as the process lives, and nobody find it.
    """
    is_made = not may_create

    def look(*_: object) -> None:
        if is_made and not path.exists():  # opening it would make an empty one
            raise sqlite3.OperationalError("unable to open database file: there is none")

    def remember(_: object, record: Any) -> None:  # noqa: ANN401 - the pool's
        nonlocal is_made
        is_made = True
        record.info["file"] = (path, _identity(path))

    def check(_: object, record: Any, __: object) -> None:  # noqa: ANN401 - the pool's
        if is_elsewhere(record.info):
            raise sa.exc.DisconnectionError("the file is another one")

    sa.event.listen(engine, "do_connect", look)
    sa.event.listen(engine, "connect", remember)
    sa.event.listen(engine, "checkout", check)


def is_elsewhere(info: Mapping[str, Any]) -> bool:
    """Whether a connection with this *info* has a file open that is not at its path any more."""
    path, identity = info.get("file", (None, None))
    return path is not None and _identity(path) != identity


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that only reads, and so takes no lock from those who write."""
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        yield connection


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that reads everything as it is at one moment; those who write go on."""
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            yield connection
        return
    whole = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**whole) as connection, connection.begin():
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
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
