"""Adds rows over a connection of its own, as quickly as a durable commit can be had."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import sqlalchemy as sa

from app.store.spool import Entry
from app.store.tables import metadata
from routing.errors import Unavailable

# A table's name, and the values of one row as the driver takes them, column by column.
Bound = tuple[str, tuple[object, ...]]


class Writer:
    """
    Inserts rows whose keys are new, and leaves alone what is there.

    It speaks to the driver: on the way a caller waits for, SQLAlchemy's compiling and binding
    cost three times the insert.  Types and names still come from its tables.  For one thread at a
    time; it closes with the engine.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._driver_error = engine.dialect.loaded_dbapi.Error
        self._connection: sa.PoolProxiedConnection | None = None
        self._inserts = {name: _Insert(table, engine) for name, table in metadata.tables.items()}
        sa.event.listen(engine, "engine_disposed", lambda _: self.close())

    def bind(self, entries: Iterable[Entry]) -> list[Bound]:
        """The rows as the driver takes them; any thread may ask."""
        return [(name, self._inserts[name].bind(row)) for name, row in entries]

    def add_once(self, rows: Iterable[Bound]) -> None:
        """
        Insert the rows that are not there yet, all in one transaction that is on disk on return.

        Raises:
            Unavailable: nothing was inserted, as far as we know; repeating it does no harm.
        """
        values: dict[str, list[tuple[object, ...]]] = {}
        for table, row in rows:
            values.setdefault(table, []).append(row)
        try:
            if not self._is_stale_after(values):
                return
            self._run(values)
        except (sa.exc.SQLAlchemyError, self._driver_error) as err:
            self.close()
            raise Unavailable("the database does not answer") from err

    def close(self) -> None:
        """Let go of the connection; the next insert opens another."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None

    def _is_stale_after(self, values: Mapping[str, list[tuple[object, ...]]]) -> bool:
        """Whether trying showed only that the connection had ended since it was last used."""
        kept = self._connection
        try:
            self._run(values)
        except self._driver_error as err:
            dialect = self._engine.dialect
            if kept is None or not dialect.is_disconnect(err, kept.driver_connection, None):
                raise
            self.close()
            return True
        return False

    def _run(self, values: Mapping[str, list[tuple[object, ...]]]) -> None:
        driver = self._opened()
        # Each statement commits itself, so one alone needs no other two around it.
        is_several = len(values) > 1
        if is_several:
            driver.execute("BEGIN")
        for table, rows in values.items():
            statement = self._inserts[table].of_rows(len(rows))
            driver.execute(statement, tuple(chain.from_iterable(rows)))
        if is_several:
            driver.execute("COMMIT")

    def _opened(self) -> Any:  # noqa: ANN401 - either driver's connection
        if self._connection is not None:
            return self._connection.driver_connection
        self._connection = self._engine.raw_connection()
        driver: Any = self._connection.driver_connection
        if self._engine.dialect.name == "postgresql":
            driver.autocommit = True  # SQLite's already is, by app.store.database
        return driver


class _Insert:
    """How rows of one table are bound, and the text that inserts some of them."""

    def __init__(self, table: sa.Table, engine: sa.Engine) -> None:
        dialect = engine.dialect
        preparer = dialect.identifier_preparer
        kinds = (column.type.dialect_impl(dialect) for column in table.columns)
        self._binders = [
            (column.name, kind.bind_processor(dialect))
            for column, kind in zip(table.columns, kinds, strict=True)
        ]
        columns = ", ".join(map(preparer.format_column, table.columns))
        mark = "?" if dialect.name == "sqlite" else "%s"
        self._row = f"({', '.join([mark] * len(self._binders))})"
        self._into = f"INSERT INTO {preparer.format_table(table)} ({columns}) VALUES "  # noqa: S608 - ours
        self._of_rows: dict[int, str] = {}

    def bind(self, row: Mapping[str, object]) -> tuple[object, ...]:
        return tuple(
            binder(row.get(name)) if binder is not None else row.get(name)
            for name, binder in self._binders
        )

    def of_rows(self, number: int) -> str:
        """The statement for *number* rows; always the same object, which drivers keep prepared."""
        if number not in self._of_rows:
            rows = ", ".join([self._row] * number)
            self._of_rows[number] = f"{self._into}{rows} ON CONFLICT DO NOTHING"
        return self._of_rows[number]
