"""The demo's accounts: everybody may know how to sign in with them."""

from datetime import datetime
from unicodedata import normalize

from flask_security import hash_password

from app.bootstrap import Parts, console_of
from app.console.on_show import KEY, PASSWORD, PEOPLE
from app.duty import accounts
from app.store import accounts as stored
from routing.access import Office


def make_accounts(parts: Parts, now: datetime) -> None:
    """One for each office, with the password and the key to codes that stand on the pages."""
    console = console_of(parts)
    organisation = parts.mirror.picture.organisation
    district = {
        Office.REVIEWER: list(organisation.districts)[1],
        Office.ADMINISTRATOR: next(iter(organisation.districts)),
    }
    with console.app_context():
        password = hash_password(normalize("NFKD", PASSWORD))  # as a form gives it
        factory = console.extensions["security"]._totp_factory  # noqa: SLF001 - it has no other name
        secret = factory._totp(key=KEY).to_json(encrypt=True)  # noqa: SLF001 - as above
    with parts.engine.begin() as connection:
        for login, (office, person) in PEOPLE.items():
            account = accounts.add(
                connection,
                organisation,
                login=login,
                person=person,
                office=office,
                district=district.get(office),
                now=now,
            )
            account.password, account.totp_secret = password, secret
            account.second_factor = "authenticator"
            stored.save(connection, account)
