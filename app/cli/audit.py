"""`beredskap audit`: whether what was read and altered still stands as it was written."""

import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from app.bootstrap import utc_now
from app.cli.main import FAILURE, beredskap, settings
from app.cli.show import answer, as_json_option
from app.duty.audit import HEADS, kept_heads
from app.store import alterations, audit_chain, audit_verify
from app.store.audit_chain import as_digest
from app.store.audit_verify import Verdict
from app.store.database import make_engine, reading, snapshot
from app.store.fields import FieldCipher
from app.store.patience import UNHURRIED
from routing.errors import InvalidInput

Heads = Iterator[tuple[int | None, bytes]]
# What is done to the service itself, and not to the organisation or the register.
_KINDS = ("account", "backup", "hold", "keys", "purge", "retention")


@beredskap.group()
def audit() -> None:
    """The reading log and what was altered, as a chain."""


@audit.command("verify")
@click.option(
    "--anchor",
    metavar="FILE|DIGEST",
    help="A head kept elsewhere: a copy of audit-heads.log, or the check value of a mail.",
)
@as_json_option
def verify(anchor: str | None, *, as_json: bool) -> None:
    """Look at every link, and at the heads in STATE_DIR; exit 1 where anything is wrong."""
    own = settings()
    cipher = FieldCipher(own.data_keys)
    heads = [*_of_file(own.state_dir / HEADS), *(_given(anchor) if anchor else ())]
    engine = make_engine(own.database_url, UNHURRIED)
    with snapshot(engine) as connection:  # a purge may go on
        found = audit_verify.verify(connection, cipher, utc_now(), heads)
    engine.dispose()
    if as_json:
        answer(_for_programs(found, len(heads)))
    else:
        _say(found, len(heads))
    if not found.is_whole:
        raise SystemExit(FAILURE)


@audit.command("changes")
@click.option("--most", type=click.IntRange(min=1), default=50, show_default=True)
@as_json_option
def changes(most: int, *, as_json: bool) -> None:
    """What was done to accounts, keys, backups and by retention: when, by whom and of what."""
    own = settings()
    cipher = FieldCipher(own.data_keys)
    engine = make_engine(own.database_url)
    with reading(engine) as connection:
        found = alterations.latest(connection, cipher, _KINDS, most=most)
    engine.dispose()
    rows = [
        {"at": one.at.isoformat(), "by": one.author, "what": one.what, "of": one.about}
        for one in found
    ]
    if as_json:
        answer({"changes": rows})
        return
    for row in rows:
        click.echo(f"{row['at']}  {row['by']}  {row['what']}  {row['of']}")


def _of_file(path: Path) -> Heads:
    for kept in kept_heads(path):
        try:
            yield kept.number, as_digest(kept.digest)
        except (binascii.Error, ValueError):
            raise InvalidInput(f"{path.name}: a check value there is none") from None


def _given(anchor: str) -> Heads:
    path = Path(anchor)
    if path.is_file():
        heads = [*_of_file(path)]
        if not heads:
            raise InvalidInput("--anchor: holds no check value that could be compared")
        yield from heads
        return
    try:
        yield None, as_digest(anchor)
    except (binascii.Error, ValueError):
        raise InvalidInput("--anchor: neither a file nor a check value") from None


def _for_programs(found: Verdict, heads: int) -> Mapping[str, object]:
    head = found.head
    return {
        "whole": found.is_whole,
        "links": found.links,
        "rows": found.rows,
        "purged_links": found.purged,
        "heads_compared": heads,
        "head": None if head is None else {"number": head.number, "digest": head.text},
        "findings": [
            {"fault": str(one.fault), "link": one.link, "rows": list(one.rows)}
            for one in found.findings
        ],
    }


def _say(found: Verdict, heads: int) -> None:
    for one in found.findings:
        where = "" if one.link is None else f"  link {one.link}"
        click.echo(f"{one.fault}{where}  {', '.join(one.rows)}".rstrip())
    if found.is_whole:
        click.echo(
            f"Whole: {found.rows} rows in {found.links} links, {found.purged} of them emptied by "
            f"retention; {heads} heads compared."
        )
    if found.head is not None:
        click.echo(f"Head: link {found.head.number}, {audit_chain.written(found.head.digest)}")
