"""Brings a database's schema up to date, once, however many processes ask at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import ConnectionPoolEntry

import migrations
from app.store.database import make_engine
from app.store.patience import UNHURRIED

# Any number will do, as long as nothing else in the database takes it.
_LOCK = 7_326_225
# Whoever comes for a table after us waits behind us, a call for 250 ms at most: so we give up our
# place sooner than that, undo everything, and come again.
_TABLE_LOCK = "200ms"
_TRIES, _BETWEEN_TRIES = 120, 0.5
_IN_THE_WAY = frozenset({"55P03", "40P01"})  # PostgreSQL's: lock_not_available, deadlock_detected


def migrate(url: str) -> None:
    """
    Create or migrate the database at *url*; safe to repeat and to run in several processes.

    The service may go on meanwhile: a table in use is waited for, and nobody waits behind us.
    """
    for left in reversed(range(_TRIES)):
        try:
            with migrating(url) as connection:
                upgrade(connection)
        except sa.exc.OperationalError as err:
            if getattr(err.orig, "sqlstate", None) not in _IN_THE_WAY or not left:
                raise
            Event().wait(_BETWEEN_TRIES)
        else:
            return


@contextmanager
def migrating(url: str) -> Iterator[sa.Connection]:
    """
    One transaction in which tables may be made anew, and all is in its place at the end.

    On PostgreSQL an advisory lock lets one run at a time; SQLite's own write lock does the same.
    """
    engine = make_engine(url, UNHURRIED, may_create=True)
    if engine.dialect.name == "sqlite":
        # A table that others refer to is changed by making it anew, which their keys would forbid.
        sa.event.listen(engine, "connect", _without_foreign_keys)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
                connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_TABLE_LOCK}'"))
            yield connection
            if connection.dialect.name == "sqlite":
                _check_foreign_keys(connection)
    finally:
        engine.dispose()


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the tables up to *revision*.  The caller commits."""
    command.upgrade(alembic_config(connection), revision)


def alembic_config(connection: sa.Connection) -> Config:
    """Alembic's configuration for work on *connection*; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def _without_foreign_keys(connection: Any, _: ConnectionPoolEntry) -> None:  # noqa: ANN401 - DB-API
    connection.execute("PRAGMA foreign_keys=OFF")


def _check_foreign_keys(connection: sa.Connection) -> None:
    """Nothing may refer to what is not there; raises RuntimeError, and nothing is migrated."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise RuntimeError(f"rows refer to others that are not there: {tables}")
