"""Commands about follow-ups: ordering, calling the family as the line, what came of it."""

from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import click

from app.bootstrap import Parts
from app.cli.follow_up_rows import follow_up_row, listed_row, sentence
from app.cli.gated import gate_of
from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, first_line, the_district, the_line, viewer_of
from app.duty import follow_ups as service
from app.duty.follow_up_clock import nobody_may
from app.duty.handover import Desk
from app.intake.follow_up_file import read_order
from app.store import follow_ups as stored
from app.store.database import reading
from app.sweeps import twilio_carrier
from app.telephony.follow_up import ring_for
from routing.errors import InvalidInput
from routing.follow_up import ORDERED_AHEAD, Reached
from routing.ids import FollowUpId
from routing.intervals import Interval

_RECENT = timedelta(days=14)
_by_option = click.option("--by", metavar="ID", required=True, help="Who does it.")
_number = click.argument("number", metavar="ID", type=click.IntRange(1, 999_999_999))
_file = click.argument("file", type=click.File("rb"), metavar="FILE|-")


@beredskap.group()
def followup() -> None:
    """Calls to a family that its own district has ordered for the evening."""


@followup.command("order")
@_file
@_by_option
@as_json_option
def order(file: BinaryIO, by: str, *, as_json: bool) -> None:
    """
    Order a follow-up, or several together, from a TOML FILE; - reads what is typed.

    Its fields: client, number, line, district, language, voicemail, say_who_calls, attempts,
    if_not_reached (socialjouren, next_window, home_district), instruction, and [[windows]] with
    from, to and if_not_reached.
    """
    own = parts()
    organisation = own.mirror.picture.organisation
    name = Path(file.name).name
    wanted = read_order(name, file.read(), first_line(organisation).zone)
    line = the_line(organisation, wanted.line)
    with gate_of(own, by) as gate:
        tasks = service.order(gate, wanted, line)
        unmanned = [task.id for task in tasks if nobody_may(gate.connection, organisation, task)]
    if as_json:
        answer({"follow_ups": [listed_row(task, line) for task in tasks], "unmanned": unmanned})
        return
    for task in tasks:
        click.echo(sentence(task, line))
    for number in unmanned:
        click.echo(f"Warning: by the rota nobody on standby may make {number}.", err=True)


@followup.command("list")
@click.option("--district", metavar="ID", help="Only that district's.")
@click.option("--all", "also_old", is_flag=True, help="Also those of more than a fortnight ago.")
@as_json_option
def list_follow_ups(district: str | None, *, also_old: bool, as_json: bool) -> None:
    """How far each follow-up has come; not who it is about."""
    own = parts()
    organisation = own.mirror.picture.organisation
    homes = None if district is None else [the_district(organisation, district)]
    with reading(own.engine) as connection:
        now = own.clock()
        span = None if also_old else Interval(now - _RECENT, now + 2 * ORDERED_AHEAD)
        found = stored.ending_in(connection, span, now, districts=homes)
    known = [
        (task, organisation.lines.get(task.order.line) or first_line(organisation))
        for task in found
    ]
    if as_json:
        answer({"follow_ups": [listed_row(task, line) for task, line in known]})
        return
    for task, line in known:
        click.echo(sentence(task, line))
    if not known:
        click.echo("No follow-ups.")


@followup.command("show")
@_number
@_by_option
@as_json_option
def show(number: int, by: str, *, as_json: bool) -> None:
    """What was ordered, how the family may be called, and what came of it."""
    with gate_of(parts(), by) as gate:
        shown = service.show(gate, FollowUpId(number))
    row = follow_up_row(shown)
    if as_json:
        answer(row)
        return
    for name, value in row.items():
        if value is not None:
            click.echo(f"{name}: {value}")


@followup.command("call")
@_number
@_by_option
def call(number: int, by: str) -> None:
    """Ring the therapist from the line, and connect her to the family when she presses 1."""
    own = parts()
    organisation = own.mirror.picture.organisation
    viewer = viewer_of(organisation, by)
    ring = ring_for(own.exchange, twilio_carrier(own.settings))
    service.call(_desk(own), organisation, viewer, FollowUpId(number), own.clock(), ring)
    click.echo("The therapist's phone is ringing.")


@followup.command("record")
@_number
@_file
@_by_option
@click.option("--outcome", type=click.Choice([str(one) for one in Reached]), required=True)
def record(number: int, file: BinaryIO, by: str, outcome: str) -> None:
    """Keep what came of it, with the text of FILE; - reads what is typed."""
    own = parts()
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise InvalidInput("FILE: not UTF-8: save the file as UTF-8") from err
    with gate_of(own, by) as gate:
        done = service.report(gate, _desk(own), FollowUpId(number), Reached(outcome), text)
    click.echo(f"Kept: {done.state}.")


@followup.command("cancel")
@_number
@_by_option
def cancel(number: int, by: str) -> None:
    """Let it not be made; others that were ordered with it stay."""
    own = parts()
    with gate_of(own, by) as gate:
        service.cancel(gate, _desk(own), FollowUpId(number))
    click.echo("Cancelled.")


def _desk(own: Parts) -> Desk:
    mails = own.settings.smtp_url is not None and own.settings.mail_from is not None
    return Desk(own.engine, own.cipher, own.settings.public_url, mails=mails)
