"""Brings a database's schema up to date, once, however many processes ask at the same time."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import ConnectionPoolEntry

import migrations
from app.store.database import make_engine

# Any number will do, as long as nothing else in the database takes it.
_LOCK = 7_326_225


def migrate(url: str) -> None:
    """
    Create or migrate the database at *url*; safe to repeat and to run in several processes.

    On PostgreSQL an advisory lock lets one run at a time; SQLite's own write lock does the same.
    """
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        # A table that others refer to is changed by making it anew, which their keys would forbid.
        sa.event.listen(engine, "connect", _without_foreign_keys)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
                connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            command.upgrade(alembic_config(connection), "head")
            if connection.dialect.name == "sqlite":
                _check_foreign_keys(connection)
    finally:
        engine.dispose()


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
