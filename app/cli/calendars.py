"""Commands about the calendars that people subscribe to."""

import click

from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, local, the_line
from app.store import calendar_links
from app.store.database import reading
from routing.errors import InvalidInput, NotFound
from routing.ids import TherapistId


@beredskap.group()
def calendar() -> None:
    """Calendars of shifts that a telephone or computer subscribes to."""


@calendar.command("add")
@click.option("--therapist", metavar="ID", help="Only her shifts; everybody's when not given.")
@click.option("--line", "line_id", metavar="ID", help="Not needed when there is only one.")
@as_json_option
def add(therapist: str | None, line_id: str | None, *, as_json: bool) -> None:
    """Make an address to subscribe to, and show it this once."""
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    who = None if therapist is None else TherapistId(therapist)
    if who is not None and who not in organisation.therapists:
        raise InvalidInput("--therapist: there is no such therapist")
    with own.engine.begin() as connection:
        token = calendar_links.make(connection, line.id, who, own.clock())
    address = f"{own.settings.public_url}/calendar/{token}.ics"
    if as_json:
        answer({"line": line.id, "therapist": therapist, "address": address})
    else:
        click.echo(address)


@calendar.command("list")
@as_json_option
def list_calendars(*, as_json: bool) -> None:
    """The calendars in force, and when each was last fetched; their addresses are not kept."""
    own = parts()
    lines = own.mirror.picture.organisation.lines
    any_line = next(iter(lines.values()))  # its zone, for a calendar of a line that is gone
    with reading(own.engine) as connection:
        found = calendar_links.links(connection)
    rows = [
        {
            "calendar": link.id,
            "line": link.line,
            "therapist": link.therapist,
            "made_at": local(link.made_at, line),
            "seen_at": None if link.seen_at is None else local(link.seen_at, line),
        }
        for link in found
        for line in (lines.get(link.line, any_line),)
    ]
    if as_json:
        answer({"calendars": rows})
        return
    for row in rows:
        seen = row["seen_at"] or "never"
        click.echo(f"{row['calendar']}  {row['line']}  {row['therapist'] or 'all'}  seen {seen}")
    if not rows:
        click.echo("No calendars.")


@calendar.command("revoke")
@click.argument("number", metavar="CALENDAR", type=int)
def revoke(number: int) -> None:
    """End an address at once; whoever subscribes to it sees nothing new."""
    own = parts()
    try:
        with own.engine.begin() as connection:
            calendar_links.revoke(connection, number, own.clock())
    except NotFound as err:
        raise InvalidInput(f"CALENDAR: {err}") from err
    click.echo("Revoked.")
