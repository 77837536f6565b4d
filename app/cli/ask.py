"""Commands that ask: what came in, and what is handed over."""

import sys
from pathlib import Path
from typing import Any

import click

from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option, local, the_district, the_moment
from app.contact_log import FORMATS, LogRow, log_rows, written
from app.store import contacts as stored_contacts
from app.store import handovers as stored_handovers
from app.store.database import reading
from routing.errors import InvalidInput
from routing.handover import DONE


@beredskap.group()
def contacts() -> None:
    """Calls and texts."""


@contacts.command("export")
@click.option("--district", metavar="ID", required=True, help="Whose contacts.")
@click.option("--from", "start", metavar="T", help="Received at or after.")
@click.option("--to", "end", metavar="T", help="Received before.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Stdout, when not given."
)
def export(
    district: str, start: str | None, end: str | None, form: str, out: Path | None, *, as_json: bool
) -> None:
    """The contact log of one district."""
    own = parts()
    organisation = own.mirror.picture.organisation
    home = the_district(organisation, district)
    line = next(iter(organisation.lines.values()))
    first, last = the_moment(start, line, "--from"), the_moment(end, line, "--to")
    if first is not None and last is not None and last <= first:
        raise InvalidInput("--to is not after --from")
    with reading(own.engine) as connection:
        found = stored_contacts.of_district(connection, home, first, last)
        handed = stored_contacts.handover_of(connection, [contact.id for contact in found])
    rows: list[LogRow] = log_rows(found, handed, line.zone, own.clock())
    content = written(rows, "json" if as_json else form)
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)


@beredskap.command()
@click.option("--district", metavar="ID")
@click.option("--due-before", metavar="T")
@as_json_option
def handovers(district: str | None, due_before: str | None, *, as_json: bool) -> None:
    """Handover summaries and their state."""
    own = parts()
    organisation = own.mirror.picture.organisation
    home = None if district is None else the_district(organisation, district)
    first_line = next(iter(organisation.lines.values()))
    before = the_moment(due_before, first_line, "--due-before")
    now = own.clock()
    with reading(own.engine) as connection:
        found = stored_handovers.listed(connection, home, before)
    rows: list[dict[str, Any]] = [
        {
            "handover_id": h.id,
            "line": h.line,
            "district": h.district,
            "duty_ended_at": local(h.duty_ended_at, organisation.lines.get(h.line, first_line)),
            "due_at": local(h.due_at, organisation.lines.get(h.line, first_line)),
            "state": str(h.state),
            "contacts": list(h.contacts),
            "part": h.part,
            "late": h.state not in DONE and h.due_at < now,
        }
        for h in found
    ]
    if as_json:
        answer({"handovers": rows})
        return
    for row in rows:
        late = "  late" if row["late"] else ""
        click.echo(
            f"{row['due_at']}  {row['district']}  {row['state']}  "
            f"{len(row['contacts'])} contacts  {row['handover_id']}{late}"
        )
    if not rows:
        click.echo("No handovers.")
