"""Adds rows over a connection of its own, as quickly as a durable commit can be had."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import sqlalchemy as sa

from app.store.database import is_elsewhere
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
        self._is_postgres = engine.dialect.name == "postgresql"
        # Not ProgrammingError: a table that is missing in mid-migration will be there in a moment.
        # A value that cannot even be told to the database is an error of Python's own.
        self._refusals = (driver.IntegrityError, driver.DataError, ValueError, OverflowError)
        self._connection: sa.PoolProxiedConnection | None = None
        self._inserts: dict[tuple[str, ...], _Insert] = {}
        sa.event.listen(engine, "engine_disposed", lambda _: self.close())

    def bind(self, entries: Iterable[Entry]) -> list[Bound]:
        """
        The rows as the driver takes them; any thread may ask.

        Raises:
            RowsRefused: they are for a table or a column that this version does not know.
        """
        bound: list[Bound] = []
        for table, row in entries:
            try:
                insert = self._insert(table, row)
            except KeyError as err:
                raise RowsRefused("no such table, or no such column") from err
            bound.append((insert, insert.bind(row)))
        return bound

    def add_once(self, rows: Iterable[Bound]) -> bool:
        """
        Insert the rows that are not there yet, all in one transaction that is on disk on return.

        Whether all of them were new.  Without rows the database is only asked whether it is there.

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
                return self._run(values)
            except (sa.exc.SQLAlchemyError, self._driver_error, *self._refusals) as err:
                is_stale = kept is not None and self._has_ended(kept, err)
                self.close()
                if isinstance(err, self._refusals) and not is_stale:
                    raise RowsRefused("the database will not take the rows") from err
                if not is_stale:
                    raise Unavailable("the database does not answer") from err
                # The server was started anew since the last insert: once more, on a new connection.

    @property
    def is_closed(self) -> bool:
        """Whether the next insert must open a connection first."""
        return self._connection is None

    def close(self) -> None:
        """Let go of the connection; the next insert opens another."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None

    def _has_ended(self, connection: sa.PoolProxiedConnection, err: Any) -> bool:  # noqa: ANN401
        driver = connection.driver_connection
        # A server that let us wait until we gave up would let us wait once more.
        gave_up = getattr(driver, "gave_up", False)
        return not gave_up and self._engine.dialect.is_disconnect(err, driver, None)

    def _insert(self, table: str, row: Mapping[str, object]) -> "_Insert":
        key = (table, *row)
        if key not in self._inserts:
            self._inserts[key] = _Insert(metadata.tables[table], tuple(row), self._engine.dialect)
        return self._inserts[key]

    def _run(self, values: Mapping["_Insert", list[tuple[object, ...]]]) -> bool:
        driver = self._opened()
        if not values:
            driver.execute("SELECT 1")
        # Each statement commits itself, so one alone needs no other two around it.
        is_several = len(values) > 1
        if is_several:
            driver.execute("BEGIN")
        are_new = True
        for insert, rows in values.items():
            done = driver.execute(insert.of_rows(len(rows)), tuple(chain.from_iterable(rows)))
            are_new = are_new and done.rowcount == len(rows)
        if is_several:
            driver.execute("COMMIT")
        return are_new

    def _opened(self) -> Any:  # noqa: ANN401 - either driver's connection
        if self._connection is not None and is_elsewhere(self._connection.info):
            self.close()
        if self._connection is None:
            self._connection = self._engine.raw_connection()
            if self._is_postgres:
                opened: Any = self._connection.driver_connection
                opened.autocommit = True  # SQLite's already is, by app.store.database
        driver: Any = self._connection.driver_connection
        if self._is_postgres:
            driver.hurry(driver.patience.answer)  # it is never given back, which would begin anew
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
