"""`beredskap backup` and `restore`: the whole database in one sealed file, and back again."""

from collections.abc import Mapping
from pathlib import Path

import click
import sqlalchemy as sa

from app.bootstrap import utc_now
from app.cli.keys import unhurried
from app.cli.main import FAILURE, beredskap, fail, settings
from app.cli.show import answer, as_json_option, by_option
from app.duty.audit import write_down
from app.store import backup as stored
from app.store.backup import Backup
from app.store.complaints import about_the_database
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher, UnreadableField
from app.store.key_use import without_key
from app.store.patience import UNHURRIED


@beredskap.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@by_option
@as_json_option
def backup(file: Path, author: str, *, as_json: bool) -> None:
    """Write all that the database holds into FILE, sealed, while the service goes on."""
    own, now = settings(), utc_now()
    cipher = FieldCipher(own.data_keys)
    _must_open_everything(own.database_url, cipher)
    try:
        made, size = stored.make(own.database_url, cipher, file, now)
    except OSError as err:  # it may be about the draft, which nobody asked for
        raise OSError(err.errno, err.strerror, str(file)) from err
    try:
        write_down(own.database_url, cipher, author, "backup.made", f"{made.rows} rows", now)
    except sa.exc.DatabaseError as err:
        # Where the disk is full or the database locked, the file is wanted all the more.
        known = about_the_database(err)
        fail(
            f"{file.name} is whole, but that it was made could not be written down: {known}",
            FAILURE,
        )
    if as_json:
        answer({**_for_programs(made), "bytes": size})
        return
    click.echo(f"{made.rows} rows of {len(made.counts)} tables, {size} bytes.")
    click.echo("Nobody reads it without DATA_KEYS: keep them elsewhere, as long as the file.")


@beredskap.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@by_option
@click.option("--dry-run", is_flag=True, help="Check the whole file; write nothing.")
@as_json_option
def restore(file: Path, author: str, *, dry_run: bool, as_json: bool) -> None:
    """Put all of FILE into the database, which must be empty; either engine takes either's."""
    own, now = settings(), utc_now()
    cipher = FieldCipher(own.data_keys)
    if dry_run:
        found = stored.check(cipher, file)
    else:
        found = stored.restore(own.database_url, cipher, file)
        made_at = found.made_at.isoformat()
        write_down(own.database_url, cipher, author, "backup.restored", made_at, now)
    if as_json:
        answer({**_for_programs(found), "restored": not dry_run})
        return
    moment = found.made_at.isoformat(timespec="seconds")
    for table, count in found.counts.items():
        if count:
            click.echo(f"{count:>9}  {table}")
    if dry_run:
        click.echo(f"Whole, and readable: {found.rows} rows of {moment}.  Nothing was written.")
    else:
        click.echo(f"Restored: {found.rows} rows of {moment}.")
        click.echo(
            "What came in later is at the carrier: the clock fetches it, or `reconcile` now."
        )


def _must_open_everything(url: str, cipher: FieldCipher) -> None:
    """A backup under the keys of another terminal would be found out on the day it is needed."""
    engine = make_engine(url, UNHURRIED)
    with reading(engine) as connection:
        unhurried(connection)
        lacking = without_key(connection, cipher)
    engine.dispose()
    if lacking:
        raise UnreadableField(
            f"DATA_KEYS lacks a key that {', '.join(lacking)} is sealed with: no backup was made"
        )


def _for_programs(found: Backup) -> Mapping[str, object]:
    return {
        "made_at": found.made_at.isoformat(),
        "revision": found.revision,
        "engine": found.engine,
        "rows": found.rows,
        "tables": dict(found.counts),
    }
