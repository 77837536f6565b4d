"""Accounts of the console: what signs in, and what it needs besides a password."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.store.tables import accounts, passkeys

_STAMP_BYTES = 32


@dataclass(kw_only=True)
class Account:
    """One person in one office; changed in place by what signs in, and then saved."""

    id: int
    login: str = field(repr=False)
    person: str
    office: str
    district: str
    active: bool
    password: str | None = field(repr=False, default=None)
    stamp: str = field(repr=False, default="")
    passkey_handle: str | None = field(repr=False, default=None)
    second_factor: str | None = None
    totp_secret: str | None = field(repr=False, default=None)
    totp_counter: int | None = field(repr=False, default=None)
    recovery_codes: list[str] | None = field(repr=False, default=None)
    language: str | None = None


@dataclass(kw_only=True)
class Passkey:
    """A key that a telephone or a computer keeps for somebody."""

    id: int
    account: int
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    transports: list[str] | None
    extensions: str | None
    backup_state: bool
    device_type: str
    name: str
    usage: str
    made_at: datetime
    used_at: datetime


_ACCOUNT = [accounts.c[one.name] for one in fields(Account)]


def new_stamp() -> str:
    """A new secret that an account's sessions depend on."""
    return secrets.token_urlsafe(_STAMP_BYTES)


def find(connection: sa.Connection, **wanted: object) -> Account | None:
    """The account of which one column has a value: ``find(connection, login="…")``."""
    ((column, value),) = wanted.items()
    row = connection.execute(sa.select(*_ACCOUNT).where(accounts.c[column] == value)).one_or_none()
    return None if row is None else Account(**row._asdict())


def everybody(connection: sa.Connection) -> tuple[Account, ...]:
    """All accounts, by the name they sign in with."""
    rows = connection.execute(sa.select(*_ACCOUNT).order_by(accounts.c.login))
    return tuple(Account(**row._asdict()) for row in rows)


def add(
    connection: sa.Connection, *, login: str, person: str, office: str, district: str, now: datetime
) -> Account:
    """A new account without a password, which its person chooses; the login must be free."""
    made = {
        "login": login.lower(),
        "person": person,
        "office": office,
        "district": district,
        "active": True,
        "stamp": new_stamp(),
    }
    key = connection.execute(sa.insert(accounts).values(**made, made_at=now)).inserted_primary_key
    return Account(id=key[0] if key else 0, **made)  # type: ignore[arg-type] # as the columns are


def save(
    connection: sa.Connection, account: Account, before: Mapping[str, object] | None = None
) -> None:
    """
    Keep *account*; with *before* only what is different from then.

    What somebody else has changed meanwhile stays: a closed account is not opened by its person.
    """
    values = asdict(account)
    known = before or {}
    changed = {k: v for k, v in values.items() if k not in known or known[k] != v}
    if changed:
        _update(connection, accounts, {**changed, "id": account.id})


def take_code(connection: sa.Connection, account: int, counter: int) -> bool:
    """Use the code of that time step; False where it, or a later one, was used already."""
    a = accounts.c
    is_new = sa.or_(a.totp_counter.is_(None), a.totp_counter < counter)
    taken = connection.execute(
        sa.update(accounts).where(a.id == account, is_new).values(totp_counter=counter),
        execution_options={"preserve_rowcount": True},
    )
    return bool(taken.rowcount)


def take_recovery_code(connection: sa.Connection, account: int, sealed: str) -> bool:
    """Use one of the account's codes, as it is kept; False where somebody has used it already."""
    a = accounts.c
    # Whoever else wants to use one waits here.
    locked = sa.select(a.recovery_codes).where(a.id == account).with_for_update()
    left = list(connection.scalar(locked) or ())
    if sealed not in left:
        return False
    left.remove(sealed)
    connection.execute(sa.update(accounts).where(a.id == account).values(recovery_codes=left))
    return True


def passkeys_of(connection: sa.Connection, account: int) -> list[Passkey]:
    """The passkeys of an account, oldest first."""
    return _passkeys(connection, passkeys.c.account == account)


def passkey(connection: sa.Connection, credential_id: bytes) -> Passkey | None:
    """The passkey that a browser names; None where there is none."""
    return next(iter(_passkeys(connection, passkeys.c.credential_id == credential_id)), None)


def add_passkey(connection: sa.Connection, **made: Any) -> None:  # noqa: ANN401 - as the columns are
    connection.execute(sa.insert(passkeys).values(**made))


def save_passkey(connection: sa.Connection, one: Passkey) -> None:
    _update(connection, passkeys, asdict(one))


def remove_passkey(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.delete(passkeys).where(passkeys.c.id == number))


def _passkeys(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[Passkey]:
    rows = connection.execute(sa.select(passkeys).where(wanted).order_by(passkeys.c.id))
    return [Passkey(**row._asdict()) for row in rows]


def _update(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> None:
    number = values.pop("id")
    connection.execute(sa.update(table).where(table.c.id == number).values(**values))
