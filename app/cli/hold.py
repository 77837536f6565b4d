"""Commands about legal holds: what a purge must leave alone."""

import click

from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, by_option, first_line, local, the_district
from app.store import alterations, holds, retention
from app.store.alterations import Alteration
from app.store.database import reading
from routing.errors import InvalidInput
from routing.ids import ContactId, DistrictId
from routing.retention import Holds

_NOBODY = DistrictId("")


@beredskap.group()
def hold() -> None:
    """What is kept although its time has come."""


@hold.command("add")
@click.option("--contact", metavar="ID", help="A contact.")
@click.option("--client", metavar="REF", help="Or a client, by the register's reference,")
@click.option("--district", metavar="ID", help="of that district.")
@by_option
@click.option("--reason", prompt=True, help="Kept sealed; asked for where it is not given.")
def add(
    contact: str | None, client: str | None, district: str | None, author: str, reason: str
) -> None:
    """Let nothing of a contact go, or of a client, also what is still to come."""
    own = parts()
    if (contact is None) == (client is None) or (client is None) != (district is None):
        raise InvalidInput("give --contact, or --client with --district")
    words = " ".join(reason.split())
    if not words:
        raise InvalidInput("--reason: is empty")
    now = own.clock()
    home = None if district is None else the_district(own.mirror.picture.organisation, district)
    with own.engine.begin() as connection:
        if contact is not None:
            about = ContactId(contact)
            number = holds.of_contact(connection, own.cipher, about, words, author, now)
        else:
            number = holds.of_client(
                connection, own.cipher, home or _NOBODY, client or "", words, author, now
            )
            whose = Holds(clients=frozenset({(home or _NOBODY, client or "")}))
            whose = whose.by_every_name(own.mirror.picture.organisation, now.date())
            contacts = len(retention.held_contacts(connection, whose))
            orders = len(retention.clients_held(connection, whose))
        made = Alteration(author, home or _NOBODY, "hold.added", now, f"hold {number}")
        alterations.add(connection, own.cipher, made)
    if contact is not None:
        click.echo(f"Held: hold {number}.")
        return
    click.echo(f"Held: hold {number}.  Kept so far: contacts {contacts}, follow-ups {orders}.")
    if not (contacts or orders):
        # It stands all the same: the client may be known tomorrow, or be in the register alone.
        click.echo(
            "Nothing is known of that client: see that the reference and the district are right.",
            err=True,
        )


@hold.command()
@click.argument("number", type=int)
@by_option
def lift(number: int, author: str) -> None:
    """End hold NUMBER; what is past its term goes with the next purge."""
    own = parts()
    now = own.clock()
    with own.engine.begin() as connection:
        lifted = holds.lift(connection, number, now)
        home = lifted.district or _NOBODY
        made = Alteration(author, home, "hold.lifted", now, f"hold {number}")
        alterations.add(connection, own.cipher, made)
    click.echo("Lifted.")


@hold.command("list")
@as_json_option
def listed(*, as_json: bool) -> None:
    """Every hold that is kept, those in force first."""
    own = parts()
    line = first_line(own.mirror.picture.organisation)
    with reading(own.engine) as connection:
        found = holds.listed(connection, own.cipher)
    rows = [
        {
            "hold": one.id,
            "contact": one.contact,
            "district": one.district,
            "client": one.client,
            "reason": one.reason,
            "by": one.author,
            "since": local(one.since, line),
            "lifted_at": None if one.lifted_at is None else local(one.lifted_at, line),
        }
        for one in found
    ]
    if as_json:
        answer({"holds": rows})
        return
    for row in rows:
        what = row["contact"] or f"{row['client']} of {row['district']}"
        lifted = "" if row["lifted_at"] is None else f"  lifted {row['lifted_at']}"
        click.echo(f"{row['hold']}  {what}  {row['since']}  {row['by']}  {row['reason']}{lifted}")
    if not rows:
        click.echo("Nothing is held.")
