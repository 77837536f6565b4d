"""`beredskap keys`: what hangs on which of DATA_KEYS, and how all of it gets under the newest."""

from collections.abc import Iterator, Mapping, Sequence

import click
import sqlalchemy as sa

from app.bootstrap import utc_now
from app.cli.main import FAILURE, beredskap, settings
from app.cli.show import answer, as_json_option, by_option
from app.duty.audit import write_down
from app.intake.organisation_file import organisation_of
from app.store import organisation, reencrypt, state_files
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher, UnreadableField
from app.store.key_use import KeyUse, key_use
from app.store.patience import UNHURRIED
from routing.numbers import PhoneNumber


@beredskap.group()
def keys() -> None:
    """The keys that numbers and words are sealed with."""


@keys.command("status")
@as_json_option
def status(*, as_json: bool) -> None:
    """How much hangs on each key, and which may be taken out of DATA_KEYS; exit 1 if one lacks."""
    own = settings()
    cipher = FieldCipher(own.data_keys)
    engine = make_engine(own.database_url, UNHURRIED)
    with reading(engine) as connection:
        unhurried(connection)
        staff = _staff(connection, cipher)
        use = key_use(connection, cipher, utc_now(), staff)
    engine.dispose()
    files = state_files.keys_of(own.state_dir)
    rows = [_row(id_, cipher, use, files) for id_ in _known(cipher, use, files)]
    unsure = {
        "entries": dict(use.entries.get(None, {})),
        "codes": list(use.codes.get(None, ())),
    }
    if as_json:
        answer({"keys": rows, "of_no_known_key": unsure})
    else:
        for row in rows:
            _say(row)
        _say_unsure(unsure)
    if any(row["place"] is None for row in rows):
        raise SystemExit(FAILURE)


@keys.command("renew")
@by_option
@as_json_option
def renew(author: str, *, as_json: bool) -> None:
    """Seal everything under the first of DATA_KEYS; safe while the service runs, and to repeat."""
    own, now = settings(), utc_now()
    cipher = FieldCipher(own.data_keys)
    engine = make_engine(own.database_url, UNHURRIED)
    with reading(engine) as connection:
        staff = _staff(connection, cipher)
    done = reencrypt.renew(engine, cipher, staff)
    engine.dispose()
    files = state_files.renew(own.state_dir, cipher)
    if done.rows or files:
        about = f"{cipher.key_ids[0].hex()}: {done.rows} rows, {files} files"
        write_down(own.database_url, cipher, author, "keys.renewed", about, now)
    if as_json:
        answer({"rows": done.rows, "files": files, "unreadable": done.unreadable})
    else:
        click.echo(f"{done.rows} rows and {files} values in files are under the newest key now.")
        click.echo("`beredskap keys status` says whether an old key may go.")
    if done.unreadable:
        raise UnreadableField(
            f"{done.unreadable} values were sealed with a key that DATA_KEYS does not hold, "
            "and stay as they were"
        )


def unhurried(connection: sa.Connection) -> None:
    """Let what reads everything take its time."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))


def _staff(connection: sa.Connection, cipher: FieldCipher) -> tuple[PhoneNumber, ...]:
    """The therapists' numbers, which stand in no column of their own."""
    try:
        document = organisation.load(connection, cipher)
    except UnreadableField:
        return ()
    if document is None:
        return ()
    therapists = organisation_of(document).therapists.values()
    return tuple(one.phone for one in therapists if one.phone is not None)


def _known(
    cipher: FieldCipher, use: KeyUse, files: Mapping[bytes, Mapping[str, int]]
) -> Iterator[bytes]:
    yield from cipher.key_ids
    named = {*use.values, *filter(None, use.entries), *filter(None, use.codes), *files}
    yield from sorted(named.difference(cipher.key_ids))


def _row(
    id_: bytes, cipher: FieldCipher, use: KeyUse, files: Mapping[bytes, Mapping[str, int]]
) -> dict[str, object]:
    place = cipher.key_ids.index(id_) + 1 if id_ in cipher.key_ids else None
    in_files = dict(files.get(id_, {}))
    return {
        "key": id_.hex(),
        "place": place,  # in DATA_KEYS; None where it is missing there
        "values": dict(use.values.get(id_, {})),
        "entries": dict(use.entries.get(id_, {})),
        "codes": list(use.codes.get(id_, ())),
        "files": in_files,
        "may_go": place is not None and place > 1 and not (use.is_needed(id_) or in_files),
    }


def _say(row: Mapping[str, object]) -> None:
    where = "not in DATA_KEYS" if row["place"] is None else f"place {row['place']}"
    click.echo(f"{row['key']}  {where}")
    for kind in ("values", "entries", "files"):
        counts = row[kind]
        if isinstance(counts, dict):
            for name, count in sorted(counts.items()):
                click.echo(f"{count:>12}  {name}")
    codes = row["codes"]
    if isinstance(codes, Sequence) and codes:
        click.echo(f"{len(codes):>12}  codes, of {', '.join(codes)}")
    if row["place"] is None:
        click.echo("              nobody can open these: put the key back into DATA_KEYS")
    if row["may_go"]:
        click.echo("              nothing hangs on it: it may be taken out of DATA_KEYS")


def _say_unsure(unsure: Mapping[str, object]) -> None:
    entries, codes = unsure["entries"], unsure["codes"]
    if isinstance(entries, dict):
        for name, count in sorted(entries.items()):
            click.echo(f"{count:>12}  {name}: whose number nobody knows; an old key finds them")
    if isinstance(codes, Sequence) and codes:
        click.echo(f"{len(codes):>12}  codes from before, of {', '.join(codes)}: set them anew")
