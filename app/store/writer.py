"""Adds rows over a connection of its own, as quickly as a durable commit can be had."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import sqlalchemy as sa

from app.store.spool import Entry
from app.store.tables import metadata
from routing.errors import RowsRefused, Unavailable

# How a row is inserted, and its values as the driver takes them.
Bound = tuple["_Insert", tuple[object, ...]]


class Writer:
    """
    Inserts rows whose keys are new, and leaves alone what is there.

    It speaks to the driver: on the way a caller waits for, SQLAlchemy's compiling and binding
    cost three times the insert.  Types and names still come from its tables.  For one thread at a
    time; it closes with the engine.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        driver = engine.dialect.loaded_dbapi
        self._driver_error = driver.Error
        # Not ProgrammingError: a table that is missing in mid-migration will be there in a moment.
        self._refusals = (driver.IntegrityError, driver.DataError)
        self._connection: sa.PoolProxiedConnection | None = None
        self._inserts: dict[tuple[str, ...], _Insert] = {}
        sa.event.listen(engine, "engine_disposed", lambda _: self.close())

    def bind(self, entries: Iterable[Entry]) -> list[Bound]:
        """The rows as the driver takes them; any thread may ask."""
        bound: list[Bound] = []
        for table, row in entries:
            insert = self._insert(table, row)
            bound.append((insert, insert.bind(row)))
        return bound

    def add_once(self, rows: Iterable[Bound]) -> None:
        """
        Insert the rows that are not there yet, all in one transaction that is on disk on return.

        Raises:
            Unavailable: nothing was inserted, as far as we know; repeating it does no harm.
            RowsRefused: nothing was inserted, and nothing ever will be.
        """
        values: dict[_Insert, list[tuple[object, ...]]] = {}
        for insert, row in rows:
            values.setdefault(insert, []).append(row)
        while True:
            kept = self._connection
            try:
                self._run(values)
            except (sa.exc.SQLAlchemyError, self._driver_error) as err:
                is_stale = kept is not None and self._has_ended(kept, err)
                self.close()
                if isinstance(err, self._refusals) and not is_stale:
                    raise RowsRefused("the database will not take the rows") from err
                if not is_stale:
                    raise Unavailable("the database does not answer") from err
                # The server was started anew since the last insert: once more, on a new connection.
            else:
                return

    def close(self) -> None:
        """Let go of the connection; the next insert opens another."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None

    def _has_ended(self, connection: sa.PoolProxiedConnection, err: Any) -> bool:  # noqa: ANN401
        return self._engine.dialect.is_disconnect(err, connection.driver_connection, None)

    def _insert(self, table: str, row: Mapping[str, object]) -> "_Insert":
        key = (table, *row)
        if key not in self._inserts:
            self._inserts[key] = _Insert(metadata.tables[table], tuple(row), self._engine.dialect)
        return self._inserts[key]

    def _run(self, values: Mapping["_Insert", list[tuple[object, ...]]]) -> None:
        driver = self._opened()
        # Each statement commits itself, so one alone needs no other two around it.
        is_several = len(values) > 1
        if is_several:
            driver.execute("BEGIN")
        for insert, rows in values.items():
            driver.execute(insert.of_rows(len(rows)), tuple(chain.from_iterable(rows)))
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
    """How rows with values for *names* are put into *table*; the rest takes its defaults."""

    def __init__(self, table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> None:
        preparer = dialect.identifier_preparer
        columns = [table.c[name] for name in names]
        kinds = (column.type.dialect_impl(dialect) for column in columns)
        self._binders = [kind.bind_processor(dialect) for kind in kinds]
        mark = "?" if dialect.name == "sqlite" else "%s"
        self._row = f"({', '.join([mark] * len(columns))})"
        written = ", ".join(map(preparer.format_column, columns))
        self._into = f"INSERT INTO {preparer.format_table(table)} ({written}) VALUES "  # noqa: S608 - ours
        self._of_rows: dict[int, str] = {}

    def bind(self, row: Mapping[str, object]) -> tuple[object, ...]:
        """The values of *row*, in the order of its columns."""
        return tuple(
            value if binder is None else binder(value)
            for binder, value in zip(self._binders, row.values(), strict=True)
        )

    def of_rows(self, number: int) -> str:
        """The statement for *number* rows; always the same object, which drivers keep prepared."""
        if number not in self._of_rows:
            rows = ", ".join([self._row] * number)
            self._of_rows[number] = f"{self._into}{rows} ON CONFLICT DO NOTHING"
        return self._of_rows[number]
