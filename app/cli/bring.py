"""Commands that bring something in: the schema, the organisation, the register, the rota."""

from datetime import timedelta
from pathlib import Path

import click

from app.cli.main import BAD_INPUT, beredskap, fail, parts, settings
from app.cli.show import answer, as_json_option, dry_run_option, the_line, the_moment
from app.intake.changes import changes
from app.intake.organisation_file import organisation_of, read_organisation
from app.intake.register_file import read_register
from app.store import organisation as stored_organisation
from app.store import register as stored_register
from app.store import rota as stored_rota
from app.store.migrate import migrate
from rota_adapter.findings import check
from rota_adapter.sources.csv_file import read_shifts
from routing.errors import InvalidInput, Place
from routing.finding import Finding, Severity
from routing.intervals import Interval
from routing.organisation import Line
from routing.rota import Rota

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@beredskap.command()
def init() -> None:
    """Create or migrate the database; safe to repeat."""
    migrate(settings().database_url)
    click.echo("The database is up to date.")


@beredskap.command()
@click.argument("file", type=FILE)
@dry_run_option
@as_json_option
def load(file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Load the organisation from a TOML FILE, and print what changes."""
    own = parts()
    loaded = read_organisation(file)
    with own.engine.begin() as connection:
        document = stored_organisation.load(connection, own.cipher)
        old = None if document is None else organisation_of(document)
        orphaned = stored_register.districts_in_use(connection) - set(loaded.organisation.districts)
        if orphaned:
            raise InvalidInput(
                f"{', '.join(sorted(orphaned))} still has callers in the register: "
                "give it a valid_to instead of removing it",
                Place(file.name, field="districts"),
            )
        what = changes(old, loaded.organisation)
        if not dry_run and document != loaded.document:
            stored_organisation.save(connection, own.cipher, loaded.document, own.clock())
    if as_json:
        answer({"changes": what, "dry_run": dry_run})
        return
    for line in what or ("Nothing changes.",):
        click.echo(line)


@beredskap.group()
def clients() -> None:
    """The caller register."""


@clients.command("import")
@click.argument("file", type=FILE)
@dry_run_option
@as_json_option
def import_clients(file: Path, *, dry_run: bool, as_json: bool) -> None:
    """
    Load the caller register from a CSV FILE: all rows or none.

    The file is the truth for the districts it names; callers of other districts stay.
    """
    own = parts()
    entries = read_register(file, own.mirror.picture.organisation)
    with own.engine.connect() as connection, connection.begin() as transaction:
        change = stored_register.replace_districts(connection, own.cipher, entries)
        if dry_run:
            transaction.rollback()
    counts = {"added": change.added, "removed": change.removed, "unchanged": change.kept}
    if as_json:
        answer({**counts, "dry_run": dry_run})
        return
    click.echo(", ".join(f"{name} {count}" for name, count in counts.items()))


@beredskap.group()
def rota() -> None:
    """Who is on standby when."""


@rota.command("import")
@click.argument("file", type=FILE)
@click.option("--line", "line_id", metavar="ID", required=True)
@click.option("--strict", is_flag=True, help="Refuse the file if a finding is an error.")
@dry_run_option
@as_json_option
def import_rota(file: Path, line_id: str, *, strict: bool, dry_run: bool, as_json: bool) -> None:
    """
    Load and publish shifts from a CSV FILE: all or none.

    The file is the truth from its first start to its last end; shifts outside that stay.
    """
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    if file.suffix.lower() != ".csv":
        raise InvalidInput("only CSV can be imported so far", Place(file.name))
    new = read_shifts(file, file.read_bytes(), line, organisation.therapists)
    if not new:
        raise InvalidInput("there are no shifts in the file", Place(file.name))
    with own.engine.connect() as connection, connection.begin() as transaction:
        version, span = stored_rota.publish(
            connection, line.id, new, note=file.name, now=own.clock()
        )
        in_force = stored_rota.published(connection, line.id, span)
        then = Rota(line.id, in_force, source="database", read_at=own.clock())
        found = check(organisation, line, then, span)
        stored_rota.keep_findings(connection, version, found)
        is_refused = strict and any(finding.severity is Severity.ERROR for finding in found)
        if dry_run or is_refused:
            transaction.rollback()
    published = 0 if is_refused else len(new)
    show_findings(found, line, as_json=as_json, shifts=published, dry_run=dry_run)
    if is_refused:
        fail(f"{file.name}: refused, since a finding is an error; nothing was changed", BAD_INPUT)


@rota.command("check")
@click.option("--line", "line_id", metavar="ID", required=True)
@click.option("--from", "start", metavar="D", help="Now, when not given.")
@click.option("--to", "end", metavar="D", help="Two weeks later, when not given.")
@as_json_option
def check_rota(line_id: str, start: str | None, end: str | None, *, as_json: bool) -> None:
    """Report gaps, double bookings and people who may not be rung; status 1 if any is an error."""
    own = parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    first = the_moment(start, line, "--from") or own.clock()
    last = the_moment(end, line, "--to") or first + timedelta(days=14)
    if last <= first:
        raise InvalidInput("--to is not after --from")
    span = Interval(first, last)
    published = stored_rota.DatabaseRota(own.engine, own.clock).load(line.id, span)
    found = check(organisation, line, published, span)
    show_findings(found, line, as_json=as_json)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise SystemExit(1)


def show_findings(found: tuple[Finding, ...], line: Line, *, as_json: bool, **more: object) -> None:
    """The findings, for programs or for people."""
    if as_json:
        answer({"findings": [finding.as_json(line.zone) for finding in found], **more})
        return
    for finding in found:
        click.echo(f"{finding.severity} {finding.rule}: {finding.message}; {finding.remedy}")
    if "shifts" in more:
        click.echo(
            f"{more['shifts']} shifts{' would be' if more.get('dry_run') else ''} published."
        )
    if not found:
        click.echo("No findings.")
