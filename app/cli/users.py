"""Commands about accounts of the console: who may sign in, and a new link for who cannot."""

import click

from app.bootstrap import Parts, console_of
from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, by_option
from app.duty import accounts
from app.duty.handover import Desk
from app.store.accounts import Account
from app.store.database import reading
from routing.access import Office
from routing.ids import DistrictId

login_argument = click.argument("login")


@beredskap.group()
def user() -> None:
    """Accounts of the console."""


@user.command("add")
@login_argument
@click.option("--office", type=click.Choice([str(one) for one in Office]), required=True)
@click.option("--person", metavar="ID", help="The therapist's or the manager's id.")
@click.option("--district", metavar="ID", help="For a reviewer or an administrator.")
@by_option
@as_json_option
def add(
    login: str,
    author: str,
    *,
    office: str,
    person: str | None,
    district: str | None,
    as_json: bool,
) -> None:
    """Make an account that signs in as LOGIN, and print the link by which its person begins."""
    own = parts()
    with own.engine.begin() as connection:
        made = accounts.add(
            connection,
            own.mirror.picture.organisation,
            login=login,
            person=person or login.strip().lower(),
            office=Office(office),
            district=None if district is None else DistrictId(district),
            now=own.clock(),
        )
        accounts.write_down(connection, own.cipher, "added", made, author, own.clock())
    _show(own, made, as_json=as_json)


@user.command("disable")
@login_argument
@by_option
def disable(login: str, author: str) -> None:
    """Close the account of LOGIN: whoever is signed in with it is signed out at once."""
    own = parts()
    with own.engine.begin() as connection:
        account = accounts.disable(connection, login, own.clock())
        accounts.write_down(connection, own.cipher, "disabled", account, author, own.clock())
    click.echo("Closed, and signed out everywhere.")


@user.command("reset")
@login_argument
@by_option
@as_json_option
def reset(login: str, author: str, *, as_json: bool) -> None:
    """Forget how LOGIN signs in, and print a link to begin anew; also opens a closed account."""
    own = parts()
    with own.engine.begin() as connection:
        account = accounts.reset(connection, login, own.clock())
        accounts.write_down(connection, own.cipher, "reset", account, author, own.clock())
        mails = own.settings.smtp_url is not None
        desk = Desk(own.engine, own.cipher, own.settings.public_url, mails=mails)
        organisation = own.mirror.picture.organisation
        accounts.tell_of_reset(connection, desk, organisation, account, own.clock())
    _show(own, account, as_json=as_json)


@user.command("list")
@as_json_option
def listed(*, as_json: bool) -> None:
    """Who has an account, as what, and whether it is in use."""
    own = parts()
    with reading(own.engine) as connection:
        everybody = accounts.listed(connection, own.clock())
    rows = [
        {
            "login": one.account.login,
            "office": one.account.office,
            "person": one.account.person,
            "district": one.account.district,
            "active": one.account.active,
            "signed_in": len(one.sessions),
        }
        for one in everybody
    ]
    if as_json:
        answer({"accounts": rows})
        return
    for row in rows:
        state = "" if row["active"] else "  closed"
        click.echo(f"{row['login']}  {row['office']}  {row['person']}  {row['district']}{state}")


def _show(own: Parts, account: Account, *, as_json: bool) -> None:
    from app.console.sign_in.invitation import invitation_from  # noqa: PLC0415 - only needed here

    link = invitation_from(console_of(own), own.settings.public_url, account)
    if as_json:
        answer({"login": account.login, "link": link})
        return
    click.echo("Give this link to its person, in person or encrypted, and not by mail.")
    click.echo("It works once, and for three days:\n")
    click.echo(f"    {link}")
