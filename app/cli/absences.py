"""`beredskap absences`: when people are away, and the duties that this collides with."""

from pathlib import Path

import click

from app.cli.main import beredskap, parts
from app.cli.rota import show_findings
from app.cli.show import answer, as_json_option, dry_run_option
from app.duty.rota_findings import rota_findings
from app.intake.absence_file import read_absences
from app.store import absences as stored_absences
from routing.intervals import Interval

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@beredskap.group()
def absences() -> None:
    """When people are away."""


@absences.command("import")
@click.argument("file", type=_FILE)
@dry_run_option
@as_json_option
def import_absences(file: Path, *, dry_run: bool, as_json: bool) -> None:
    """
    Load absences from a CSV FILE: all rows or none.

    The file is the truth for the people it names, from its first start to its last end.  Duties
    that it collides with are printed; the rota stays as it is.
    """
    own = parts()
    organisation = own.mirror.picture.organisation
    lines = tuple(organisation.lines.values())
    new = read_absences(file, organisation.therapists, lines[0].zone)
    span = Interval(min(a.time.start for a in new), max(a.time.end for a in new))
    with own.engine.connect() as connection, connection.begin() as transaction:
        change = stored_absences.replace_span(connection, new)
        everything = [
            (line, rota_findings(connection, organisation, line, span, own.clock()))
            for line in lines
        ]
        found = [(line, tuple(f for f in seen if f.rule == "R9")) for line, seen in everything]
        if dry_run:
            transaction.rollback()
    counts = {"added": change.added, "removed": change.removed, "unchanged": change.kept}
    if as_json:
        shown = [f.as_json(line.zone) for line, of_line in found for f in of_line]
        answer({**counts, "dry_run": dry_run, "findings": shown})
        return
    click.echo(", ".join(f"{name} {count}" for name, count in counts.items()))
    for line, of_line in found:
        if of_line:
            show_findings(of_line, line, as_json=False)
