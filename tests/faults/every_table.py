"""A database with rows in every table, made from what the tables say of themselves."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.store.fields import FieldCipher
from app.store.schema import UtcDateTime
from app.store.sealed_columns import INDEXES, SEALED
from app.store.tables import metadata
from routing.numbers import PhoneNumber

THEN = datetime(2026, 3, 3, 18, 0, 0, 123456, UTC)
PLAIN = "Räksmörgås 🙂"
_PURPOSES = {one.name: one.purpose for one in SEALED}
_NUMBERS = {i.number.table.name + "." + i.number.name for i in INDEXES if i.number is not None}
_INDEXES = {one.name for one in INDEXES}


def number(n: int) -> PhoneNumber:
    """One of the numbers that stand in the rows."""
    return PhoneNumber(f"+467017406{n + 50:02}")


def fill(engine: sa.Engine, cipher: FieldCipher, rows: int = 3) -> None:
    """So many rows in each table, each of which belongs to that of its number in another."""
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            made = [_row(table, cipher, n) for n in range(1, rows + 1)]
            connection.execute(table.insert(), made)


def everything(engine: sa.Engine, cipher: FieldCipher) -> Mapping[str, list[dict[str, Any]]]:
    """What every table holds, with what is sealed as its plain words, in the order of the keys."""
    found: dict[str, list[dict[str, Any]]] = {}
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            query = sa.select(table).order_by(*table.primary_key.columns)
            found[str(table.name)] = [
                {name: _shown(table, row, name, cipher) for name in row._mapping}  # noqa: SLF001
                for row in connection.execute(query)
            ]
    return found


def _shown(table: sa.Table, row: Any, name: str, cipher: FieldCipher) -> object:  # noqa: ANN401
    value, purpose = row._mapping[name], _PURPOSES.get(f"{table.name}.{name}")  # noqa: SLF001
    if value is None or purpose is None:
        return value
    return cipher.open(value, purpose(row))


class _Named:
    """Enough of a row to say what it is sealed for."""

    def __init__(self, subject: str) -> None:
        self.subject = subject


def _row(table: sa.Table, cipher: FieldCipher, n: int) -> dict[str, object]:
    return {column.name: _value(column, cipher, n) for column in table.columns}


def _value(column: sa.Column[Any], cipher: FieldCipher, n: int) -> object:
    name = f"{column.table.name}.{column.name}"
    for key in column.foreign_keys:
        return _value(key.column, cipher, n)
    if name in _PURPOSES:
        plain = number(n).e164 if name in _NUMBERS else f"{PLAIN} {n}"
        return cipher.seal(plain, _PURPOSES[name](_Named(_subject(n))))
    if name in _INDEXES:
        return cipher.index(number(n))
    if name == "writings.subject":
        return _subject(n)
    if name == "pins.digest":
        return cipher.code_digest(f"therapist {n}", "123456")
    return _by_type(column, n)


def _subject(n: int) -> str:
    return f"upload:register {n}" if n % 2 else f"note:{n}"


def _by_type(column: sa.Column[Any], n: int) -> object:
    kinds: dict[type[Any], object] = {
        UtcDateTime: THEN + timedelta(minutes=n),
        sa.Date: date(2026, 3, n),
        sa.JSON: [n, PLAIN, None],
        sa.Boolean: bool(n % 2),
        sa.Integer: n,
        sa.Double: n + 0.5,
        sa.LargeBinary: bytes([n]) * 32,
    }
    found = [value for kind, value in kinds.items() if isinstance(column.type, kind)]
    return found[0] if found else f"{column.name} {n}"
