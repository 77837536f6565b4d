"""Commands that bring something in: the schema, the organisation, the register."""

from pathlib import Path

import click

from app.cli.main import beredskap, parts, settings
from app.cli.show import answer, as_json_option, dry_run_option
from app.duty.organisation_desk import require_districts
from app.intake.changes import changes
from app.intake.organisation_file import organisation_of, read_organisation
from app.intake.register_file import read_register
from app.store import organisation as stored_organisation
from app.store import register as stored_register
from app.store.migrate import migrate
from app.tracing import require_what_is_set

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@beredskap.command()
def init() -> None:
    """Create or migrate the database; safe to repeat."""
    own = settings()
    require_what_is_set(own.traces_url)  # here, where nobody is in a call yet
    migrate(own.database_url)
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
        require_districts(connection, loaded.organisation, file.name)
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
