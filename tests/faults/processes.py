"""Processes of a test that count their steps, and that may be killed at any of them."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from app.bootstrap import Parts, assemble
from app.clock import Sweep
from app.settings import Settings
from app.store.bounded import BoundedConnection


class Killed(BaseException):
    """The process was killed; a BaseException, as no code of ours may live through it."""


@dataclass
class Fate:
    """Counts the steps of all processes, and says at which of them its process dies."""

    die_at: int | None = None
    dies_before: str | None = None  # a step by its name: the first such one
    counts: bool = False
    database_is_away: bool = False
    taken: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)

    def step(self, process: "Process", name: str) -> None:
        """
        *process* is about to do this, or has just done it.

        Raises:
            Killed: it dies here, or is dead already and goes no further.
        """
        if process.is_dead:
            raise Killed
        if not self.counts:
            return
        self.taken.append(f"{process.name}: {name}")
        if len(self.taken) == self.die_at or name == self.dies_before:
            process.is_dead, self.dies_before = True, None
            self.died.append(self.taken[-1])
            raise Killed


class Process:
    """A web worker or a clock: the parts of one, with a fate."""

    def __init__(
        self, name: str, settings: Settings, clock: Callable[[], datetime], fate: Fate
    ) -> None:
        self.name, self.fate, self.is_dead = name, fate, False
        self.parts: Parts = assemble(settings, clock)
        self.app: Flask | None = None
        self.sweeps: dict[str, Sweep] = {}
        self._open: list[_Sqlite | _Postgres] = []
        if self.parts.engine.dialect.name == "sqlite":
            sa.event.listen(self.parts.engine, "do_connect", self._connect)
        else:
            sa.event.listen(self.parts.engine, "connect", self._adopt)

    def step(self, name: str) -> None:
        self.fate.step(self, name)

    def cut(self) -> None:
        """The database server goes away and comes back: nobody's connection is good any more."""
        for connection in self._open:
            connection.end()
        self._open.clear()

    def bury(self) -> None:
        """What the operating system does for whoever was killed: its connections close."""
        self.is_dead = True
        for connection in self._open:
            connection.end()
        self.parts.engine.dispose()

    def _connect(
        self, dialect: sa.Dialect, _: object, where: Sequence[Any], how: dict[str, Any]
    ) -> "_Sqlite":
        if self.fate.database_is_away:
            raise dialect.loaded_dbapi.OperationalError("the database refuses the connection")
        made = sqlite3.connect(*where, factory=_Sqlite, **how)
        made.process = self
        self._open.append(made)
        return made

    def _adopt(self, made: Any, _: object) -> None:  # noqa: ANN401 - the driver's connection
        """The service opens it in a way of its own; from now on its steps are counted."""
        made.__class__ = _Postgres
        made.cursor_factory, made.process = _PostgresCursor, self
        self._open.append(made)


def _verb(statement: object) -> str:
    return " ".join(str(statement).split()[:3])


class _SqliteCursor(sqlite3.Cursor):
    connection: "_Sqlite"

    def execute(self, sql: str, *values: Any) -> "_SqliteCursor":  # noqa: ANN401 - as the driver's
        self.connection.step(sql)
        super().execute(sql, *values)
        return self

    def executemany(self, sql: str, *values: Any) -> "_SqliteCursor":  # noqa: ANN401 - as above
        self.connection.step(sql)
        super().executemany(sql, *values)
        return self


class _Sqlite(sqlite3.Connection):
    process: Process | None = None

    def step(self, sql: str) -> None:
        if self.process is not None and not sql.startswith("PRAGMA"):
            self.process.step(_verb(sql))

    def cursor(self, *_: object) -> _SqliteCursor:  # type: ignore[override] # the one kind we count
        return super().cursor(_SqliteCursor)

    def execute(self, sql: str, *values: Any) -> _SqliteCursor:  # noqa: ANN401 - as the driver's
        return self.cursor().execute(sql, *values)

    def commit(self) -> None:
        self.step("COMMIT")
        super().commit()

    def rollback(self) -> None:
        if self.process is None or not self.process.is_dead:
            super().rollback()

    def end(self) -> None:
        sqlite3.Connection.close(self)


class _PostgresCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, *values: Any, **how: Any) -> "_PostgresCursor":  # noqa: ANN401
        connection = self.connection
        if isinstance(connection, _Postgres) and connection.process is not None:
            connection.process.step(_verb(query))
        super().execute(query, *values, **how)
        return self

    def executemany(self, query: Any, *values: Any, **how: Any) -> None:  # noqa: ANN401
        connection = self.connection
        if isinstance(connection, _Postgres) and connection.process is not None:
            connection.process.step(_verb(query))
        super().executemany(query, *values, **how)


class _Postgres(BoundedConnection):
    process: Process | None = None

    def commit(self) -> None:
        if self.process is not None:
            self.process.step("COMMIT")
        super().commit()

    def rollback(self) -> None:
        if self.process is None or not self.process.is_dead:
            super().rollback()

    def end(self) -> None:
        self.close()
