"""Commands about people on the telephone: therapists' codes and blocked numbers."""

import secrets

import click

from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, local, the_moment
from app.store import staff
from app.store.database import reading
from app.sweeps import twilio_carrier
from app.telephony.callback import start_callback
from routing.errors import InvalidInput
from routing.ids import ContactId, TherapistId

_DIGITS = 6


@beredskap.group()
def pin() -> None:
    """A therapist's code for calling back as the line."""


@pin.command("set")
@click.argument("therapist")
@as_json_option
def set_pin(therapist: str, *, as_json: bool) -> None:
    """Give THERAPIST a new code, in place of any earlier one, and show it this once."""
    own = parts()
    if TherapistId(therapist) not in own.mirror.picture.organisation.therapists:
        raise InvalidInput("there is no such therapist")
    code = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
    with own.engine.begin() as connection:
        staff.set_pin(connection, own.cipher, TherapistId(therapist), code, own.clock())
    if as_json:
        answer({"therapist": therapist, "code": code})
    else:
        click.echo(f"{therapist}: {code}")


@beredskap.command()
@click.argument("therapist")
@click.argument("contact")
def callback(therapist: str, contact: str) -> None:
    """Ring THERAPIST from the line, and connect her to the caller of CONTACT when she presses 1."""
    own = parts()
    dialler = twilio_carrier(own.settings)
    start_callback(own.exchange, dialler, TherapistId(therapist), ContactId(contact))
    click.echo("The therapist's phone is ringing.")


@beredskap.group()
def block() -> None:
    """Numbers that are refused for a time."""


@block.command("add")
@click.option("--contact", required=True, metavar="ID", help="A contact from the number.")
@click.option("--until", required=True, metavar="T")
@click.option("--reason", required=True)
def add_block(contact: str, until: str, reason: str) -> None:
    """Refuse the number that a contact came from, until a time, for a reason."""
    own = parts()
    line = next(iter(own.mirror.picture.organisation.lines.values()))
    last = the_moment(until, line, "--until")
    if last is None or last <= own.clock():
        raise InvalidInput("--until has passed already")
    with own.engine.begin() as connection:
        staff.block(connection, own.cipher, ContactId(contact), last, reason, own.clock())
    click.echo(f"Blocked until {local(last, line)}.")


@block.command("list")
@as_json_option
def list_blocks(*, as_json: bool) -> None:
    """The blocks in force, with their reasons."""
    own = parts()
    line = next(iter(own.mirror.picture.organisation.lines.values()))
    with reading(own.engine) as connection:
        found = staff.blocks_in_force(connection, own.cipher, own.clock())
    rows = [{"block": b.id, "until": local(b.until, line), "reason": b.reason} for b in found]
    if as_json:
        answer({"blocks": rows})
        return
    for row in rows:
        click.echo(f"{row['block']}  until {row['until']}  {row['reason']}")
    if not rows:
        click.echo("No number is blocked.")


@block.command("lift")
@click.argument("block_id", metavar="BLOCK", type=int)
def lift_block(block_id: int) -> None:
    """End a block early."""
    own = parts()
    with own.engine.begin() as connection:
        staff.lift(connection, block_id, own.clock())
    click.echo("Lifted.")
