"""Who has an account, and what an administrator does about it; a password is nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.duty.handover import Desk
from app.duty.post import post
from app.phrases import FIRST, phrases
from app.store import accounts as stored
from app.store import alterations, sessions
from app.store.accounts import Account
from app.store.alterations import Alteration
from app.store.fields import FieldCipher
from app.store.outbox import By, Letter
from app.store.sessions import Session
from routing.access import Office
from routing.errors import InvalidInput, NotFound
from routing.ids import DistrictId, TherapistId
from routing.organisation import Organisation

LONGEST_LOGIN = 254


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as an administrator sees it, with where its person is signed in."""

    account: Account
    sessions: tuple[Session, ...]


def add(
    connection: sa.Connection,
    organisation: Organisation,
    *,
    login: str,
    person: str,
    office: Office,
    district: DistrictId | None,
    now: datetime,
) -> Account:
    """
    A new account, without a password until its person has chosen one.

    A therapist's or a manager's district is the employer; a reviewer's and an administrator's has
    to be named.

    Raises:
        InvalidInput: the login is taken or no address, the person is not in the organisation, or
            the district is unknown.
    """
    wanted = login.strip().lower()
    if "@" not in wanted.strip("@") or len(wanted) > LONGEST_LOGIN or " " in wanted:
        raise InvalidInput("login: not an e-mail address")
    if stored.find(connection, login=wanted) is not None:
        raise InvalidInput("login: taken by another account")
    home = _district_of(organisation, person, office, district)
    return stored.add(
        connection, login=wanted, person=person, office=office, district=home, now=now
    )


def listed(connection: sa.Connection, now: datetime) -> Sequence[Listed]:
    """Everybody who has an account, by login."""
    return [
        Listed(one, sessions.of_account(connection, one.id, now))
        for one in stored.everybody(connection)
    ]


def disable(connection: sa.Connection, login: str, now: datetime) -> Account:
    """Nobody signs in with it any more, and whoever is signed in is signed out at once."""
    return _changed(connection, login, now, active=False)


def reset(connection: sa.Connection, login: str, now: datetime) -> Account:
    """
    Forget how somebody signs in, and let her start anew by a link.

    What was before works no more: password, codes, passkeys, recovery codes, and every session.
    """
    account = _changed(connection, login, now, active=True)
    for key in stored.passkeys_of(connection, account.id):
        stored.remove_passkey(connection, key.id)
    return account


def write_down(
    connection: sa.Connection,
    cipher: FieldCipher,
    what: str,
    account: Account,
    by: str,
    now: datetime,
) -> None:
    """Keep that *by* did *what* to *account*, such as ``reset``.  The caller commits."""
    about = f"{account.login} {account.office} {account.person}"
    made = Alteration(by, DistrictId(account.district), f"account.{what}", now, about)
    alterations.add(connection, cipher, made)


def tell_of_reset(
    connection: sa.Connection,
    desk: Desk,
    organisation: Organisation,
    account: Account,
    now: datetime,
) -> None:
    """
    Let *account*'s person know, by mail where there is a mail server, that it was reset.

    Whoever made the new link could use it, too: so it is told to an address that is not hers.
    The caller commits.
    """
    line = next(iter(organisation.lines.values()), None)
    if line is None or not desk.mails:
        return
    key = f"account/{account.id}/{now.isoformat()}"
    said = phrases(FIRST).written["account_reset"]
    post(connection, desk, [Letter(key, By.MAIL, line.id, account.login, said)], now)


def of_login(connection: sa.Connection, login: str) -> Account:
    """The account of *login*; raises NotFound where there is none."""
    account = stored.find(connection, login=login.strip().lower())
    if account is None:
        raise NotFound("there is no account with that login")
    return account


def _changed(connection: sa.Connection, login: str, now: datetime, *, active: bool) -> Account:
    account = of_login(connection, login)
    account.active = active
    account.stamp = stored.new_stamp()
    if active:
        account.password = account.second_factor = account.totp_secret = None
        account.recovery_codes = account.passkey_handle = None
    stored.save(connection, account)
    sessions.end_all(connection, account.id, now)
    return account


def _district_of(
    organisation: Organisation, person: str, office: Office, district: DistrictId | None
) -> DistrictId:
    match office:
        case Office.THERAPIST:
            therapist = organisation.therapists.get(TherapistId(person))
            if therapist is None:
                raise InvalidInput("person: no therapist has that id")
            return therapist.district
        case Office.MANAGER:
            managers = {manager.id: manager for manager in organisation.managers}
            if person not in managers:
                raise InvalidInput("person: no manager has that id")
            return managers[person].district
        case Office.REVIEWER | Office.ADMINISTRATOR:
            if district is None or district not in organisation.districts:
                raise InvalidInput("district: there is no such district")
            return district
