"""What hangs on which key, so that one knows when an old one may be dropped."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store import reencrypt
from app.store.fields import FieldCipher, UnreadableField, code_key_of, key_of
from app.store.reencrypt import key_in
from app.store.sealed_columns import INDEXES, SEALED, KeyedIndex
from app.store.tables import blocks, follow_up_orders, follow_ups, pins
from routing.follow_up import GOING_ON
from routing.ids import TherapistId
from routing.numbers import PhoneNumber


@dataclass(frozen=True, slots=True)
class KeyUse:
    """
    What hangs on each key, by the key's id.

    *values* and *entries* are counted by the column they stand in.  An entry of an index, or a
    code, of which nobody can say which key it is of stands under None.
    """

    values: Mapping[bytes, Mapping[str, int]]
    entries: Mapping[bytes | None, Mapping[str, int]]
    codes: Mapping[bytes | None, tuple[TherapistId, ...]]

    def is_needed(self, key: bytes) -> bool:
        """
        Whether anything might be lost without *key*.

        What nobody can tell the key of may be its, so that no old key can be dropped before.
        """
        unsure = self.entries.get(None) or self.codes.get(None)
        return bool(unsure or self.values.get(key) or self.entries.get(key) or self.codes.get(key))


def key_use(
    connection: sa.Connection,
    cipher: FieldCipher,
    now: datetime,
    more: Iterable[PhoneNumber] = (),
) -> KeyUse:
    """What hangs on each key; *more* are numbers that stand in no column."""
    return KeyUse(_values(connection), _entries(connection, cipher, now, more), _codes(connection))


def without_key(connection: sa.Connection, cipher: FieldCipher) -> tuple[str, ...]:
    """The columns in which something is sealed with a key that is not among ours."""
    ours = set(cipher.key_ids)
    found = _values(connection)
    return tuple(sorted({name for key in found.keys() - ours for name in found[key]}))


def _values(connection: sa.Connection) -> dict[bytes, Counter[str]]:
    found: dict[bytes, Counter[str]] = {}
    for one in SEALED:
        key = key_in(one.column)
        query = sa.select(key, sa.func.count()).where(one.column.is_not(None)).group_by(key)
        for id_, count in connection.execute(query):
            found.setdefault(bytes(id_), Counter())[one.name] += count
    return found


def _entries(
    connection: sa.Connection, cipher: FieldCipher, now: datetime, more: Iterable[PhoneNumber]
) -> dict[bytes | None, Counter[str]]:
    found: dict[bytes | None, Counter[str]] = {}
    for index in INDEXES:
        if index.number is not None:
            for key, count in _of_numbers(connection, cipher, index).items():
                found.setdefault(key, Counter())[index.name] += count
    wanted = {index.name: _in_use(connection, index, now) for index in INDEXES}
    every = frozenset[bytes]().union(*wanted.values())
    known = reencrypt.matched(cipher, every, reencrypt.numbers(connection, cipher, more))
    for name, some in wanted.items():
        for entry in some:
            number = known.get(entry)
            key = None if number is None else _key_of_entry(cipher, number, entry)
            found.setdefault(key, Counter())[name] += 1
    return found


def _of_numbers(
    connection: sa.Connection, cipher: FieldCipher, index: KeyedIndex
) -> Counter[bytes | None]:
    """The entries of rows that keep the number, by the key they are of."""
    found: Counter[bytes | None] = Counter()
    if index.number is None:
        return found
    purpose = f"{index.number.table.name}.{index.number.name}"
    query = sa.select(index.column, index.number).where(index.number.is_not(None))
    for entry, sealed in connection.execute(query.execution_options(yield_per=1000)):
        try:
            number = PhoneNumber(cipher.open(sealed, purpose))
        except UnreadableField:
            found[key_of(sealed)] += 1  # written together, most likely under one key
            continue
        found[_key_of_entry(cipher, number, bytes(entry))] += 1
    return found


def _key_of_entry(cipher: FieldCipher, number: PhoneNumber, entry: bytes) -> bytes | None:
    of_key = dict(zip(cipher.indexes(number), cipher.key_ids, strict=True))
    return of_key.get(entry)


def _in_use(connection: sa.Connection, index: KeyedIndex, now: datetime) -> frozenset[bytes]:
    """The entries without a number that something would be lost without."""
    lone = reencrypt.lone(connection, index)
    match index.name:
        case "blocks.caller_key":
            b = blocks.c
            query = sa.select(b.caller_key).where(b.lifted_at.is_(None), b.until > now)
        case "follow_up_orders.number_key":
            query = (
                sa.select(follow_up_orders.c.number_key)
                .join_from(follow_up_orders, follow_ups)
                .where(follow_ups.c.state.in_(GOING_ON))
            )
        case _:
            return lone
    return lone.intersection(map(bytes, connection.scalars(query)))


def _codes(connection: sa.Connection) -> dict[bytes | None, tuple[TherapistId, ...]]:
    found: dict[bytes | None, tuple[TherapistId, ...]] = {}
    query = sa.select(pins.c.therapist, pins.c.digest).order_by(pins.c.therapist)
    for row in connection.execute(query):
        key = code_key_of(bytes(row.digest))
        found[key] = (*found.get(key, ()), TherapistId(row.therapist))
    return found
