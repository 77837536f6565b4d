"""Commands about the rota: bringing it in, looking at it, publishing it, and its history."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import click
import sqlalchemy as sa

from app.bootstrap import Parts
from app.cli.main import BAD_INPUT, beredskap, fail, parts
from app.cli.show import (
    answer,
    as_json_option,
    by_option,
    dry_run_option,
    local,
    note_option,
    one_line,
    the_line,
    the_moment,
)
from app.duty.publishing import publish, publish_draft
from app.duty.rota_findings import rota_findings
from app.store import drafts, rota_history, watched
from app.store.database import reading
from app.store.drafts import Draft
from app.store.rota import Signed
from rota_adapter.files import read_file
from rota_adapter.reading import Reading, all_or_none
from routing.errors import InvalidInput, NotFound, Place
from routing.finding import Finding, Severity
from routing.intervals import Interval
from routing.organisation import Line, Organisation

_MOST_SHOWN = 60  # findings on a terminal; programs get them all
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_line_option = click.option("--line", "line_id", metavar="ID", required=True)


_reason_option = click.option(
    "--reason",
    metavar="TEXT",
    default="",
    callback=one_line,
    help="Why --strict is to let an error pass; kept with it.",
)


@beredskap.group()
def rota() -> None:
    """Who is on standby when."""


@rota.command("import")
@click.argument("file", type=_FILE)
@_line_option
@click.option("--strict", is_flag=True, help="Refuse the file if a finding is an error.")
@click.option("--draft", "as_draft", is_flag=True, help="Load without publishing.")
@by_option
@note_option
@_reason_option
@dry_run_option
@as_json_option
def import_rota(
    file: Path,
    line_id: str,
    author: str,
    note: str,
    reason: str,
    *,
    strict: bool,
    as_draft: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """
    Load and publish shifts from a CSV, ICS or XLSX FILE: all or none.

    The file is the truth from its first start to its last end; shifts outside that stay.
    """
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    reading_ = _read(own, line, file)
    signed = Signed(author, note or file.name, own.clock())
    span = Interval(
        min(s.time.start for s in reading_.shifts), max(s.time.end for s in reading_.shifts)
    )
    draft = Draft(0, line.id, span, signed, reading_.shifts)
    with own.engine.connect() as connection, connection.begin() as transaction:
        done = publish(
            connection,
            _organisation(own),
            line,
            draft,
            signed,
            reason=reason or None,
            must_be_lawful=False,
        )
        found = (*reading_.findings, *done.findings)
        is_refused = strict and not reason and is_unlawful(found)
        if dry_run or is_refused or as_draft:
            transaction.rollback()
    number = None
    if as_draft and not dry_run and not is_refused:
        with own.engine.begin() as connection:
            number = drafts.keep(connection, line.id, span, draft.shifts, signed)
    shifts = 0 if is_refused or as_draft else len(draft.shifts)
    more = {"shifts": shifts, "dry_run": dry_run, **({"draft": number} if as_draft else {})}
    show_findings(found, line, as_json=as_json, **more)
    if is_refused:
        fail(f"{file.name}: refused, since a finding is an error; nothing was changed", BAD_INPUT)


@rota.command("check")
@_line_option
@click.option("--from", "start", metavar="D", help="Now, when not given.")
@click.option("--to", "end", metavar="D", help="Two weeks later, when not given.")
@as_json_option
def check_rota(line_id: str, start: str | None, end: str | None, *, as_json: bool) -> None:
    """Report gaps, double bookings and people who may not be rung; status 1 if any is an error."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    first = the_moment(start, line, "--from") or own.clock()
    last = the_moment(end, line, "--to") or first + timedelta(days=14)
    if last <= first:
        raise InvalidInput("--to is not after --from")
    with reading(own.engine) as connection:
        found = rota_findings(
            connection, _organisation(own), line, Interval(first, last), own.clock()
        )
    show_findings(found, line, as_json=as_json)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise SystemExit(1)


@rota.command("drafts")
@_line_option
@as_json_option
def list_drafts(line_id: str, *, as_json: bool) -> None:
    """Rotas that are not published: loaded with --draft, or read from a source and not trusted."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    with reading(own.engine) as connection:
        found = drafts.of_line(connection, line.id)
    rows = [
        {
            "draft": d.id,
            "author": d.signed.author,
            "note": d.signed.note,
            "made_at": local(d.signed.at, line),
            "starts_at": local(d.span.start, line),
            "ends_at": local(d.span.end, line),
            "shifts": len(d.shifts),
        }
        for d in found
    ]
    if as_json:
        answer({"drafts": rows})
        return
    for row in rows:
        click.echo(
            f"{row['draft']}  {row['starts_at']} to {row['ends_at']}  {row['shifts']} shifts  "
            f"{row['author']}: {row['note']}"
        )
    if not rows:
        click.echo("No drafts.")


@rota.command("publish")
@click.argument("number", metavar="DRAFT", type=int)
@_line_option
@by_option
@note_option
@_reason_option
@click.option("--strict", is_flag=True, help="Refuse the draft if a finding is an error.")
@as_json_option
def publish_one(
    number: int, line_id: str, author: str, note: str, reason: str, *, strict: bool, as_json: bool
) -> None:
    """Put DRAFT in force, as it stands; also how a source that was refused is accepted."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    with own.engine.connect() as connection, connection.begin() as transaction:
        _one(connection, line, number)
        draft, done = publish_draft(
            connection,
            _organisation(own),
            line,
            number,
            Signed(author, note, own.clock()),
            reason=reason or None,
            must_be_lawful=False,
        )
        found = done.findings
        is_refused = strict and not reason and is_unlawful(found)
        if is_refused:
            transaction.rollback()
    shown = 0 if is_refused else len(draft.shifts)
    show_findings(found, line, as_json=as_json, shifts=shown, dry_run=False)
    if is_refused:
        fail("refused, since a finding is an error; the draft is still there", BAD_INPUT)


@rota.command("discard")
@click.argument("number", metavar="DRAFT", type=int)
@_line_option
def discard_draft(number: int, line_id: str) -> None:
    """Drop DRAFT; nobody went by it."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    with own.engine.begin() as connection:
        drafts.discard(connection, line.id, _one(connection, line, number).id)
    click.echo("Discarded.")


@rota.command("findings")
@_line_option
@as_json_option
def open_findings(line_id: str, *, as_json: bool) -> None:
    """What the clock has found and nobody has put right yet, and when its owners were told."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    with reading(own.engine) as connection:
        found = watched.still_open(connection, line.id)
    rows = [
        {
            **one.finding.as_json(line.zone),
            "found_at": local(one.found_at, line),
            "told_at": None if one.told_at is None else local(one.told_at, line),
        }
        for one in found
    ]
    if as_json:
        answer({"findings": rows})
        return
    for one in found:
        told = "nobody told yet" if one.told_at is None else f"told {local(one.told_at, line)}"
        said = one.finding
        click.echo(f"{said.severity} {said.rule}: {said.message}; {said.remedy} ({told})")
    if not rows:
        click.echo("No findings.")


@rota.command("history")
@_line_option
@click.option("--most", default=20, show_default=True, type=click.IntRange(1, 1000))
@as_json_option
def history(line_id: str, most: int, *, as_json: bool) -> None:
    """The changes that were published, the newest first: who, when and why."""
    own = parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    with reading(own.engine) as connection:
        found = rota_history.versions(connection, line.id, most)
    rows = [
        {
            "version": v.id,
            "published_at": local(v.signed.at, line),
            "author": v.signed.author,
            "note": v.signed.note,
            "shifts": v.shifts,
            "withdrawn": v.withdrawn,
            "reason": v.reason,
        }
        for v in found
    ]
    if as_json:
        answer({"versions": rows})
        return
    for row in rows:
        click.echo(
            f"{row['version']}  {row['published_at']}  "
            f"{row['shifts']} shifts came, {row['withdrawn']} went  "
            f"{row['author']}: {row['note']}"
            + (f" (against a rule: {row['reason']})" if row["reason"] else "")
        )
    if not rows:
        click.echo("Nothing has been published.")


def _read(own: Parts, line: Line, file: Path) -> Reading:
    """Everything in *file*, which holds no error, and a shift at least."""
    read = all_or_none(read_file(file, line, own.mirror.picture.organisation, own.clock()))
    if not read.shifts:
        raise InvalidInput("there are no shifts in the file", Place(file.name))
    return read


def _one(connection: sa.Connection, line: Line, number: int) -> Draft:
    try:
        return drafts.one(connection, line.id, number)
    except NotFound as err:
        raise InvalidInput(f"DRAFT: {err}") from err


def _organisation(own: Parts) -> Organisation:
    return own.mirror.picture.organisation


def is_unlawful(found: Iterable[Finding]) -> bool:
    """Whether a finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in found)


def show_findings(found: tuple[Finding, ...], line: Line, *, as_json: bool, **more: object) -> None:
    """The findings, for programs or for people."""
    if as_json:
        answer({"findings": [finding.as_json(line.zone) for finding in found], **more})
        return
    for finding in found[:_MOST_SHOWN]:
        where = f"{finding.place}: " if finding.place is not None else ""
        click.echo(f"{finding.severity} {finding.rule}: {where}{finding.message}; {finding.remedy}")
    if len(found) > _MOST_SHOWN:
        click.echo(f"… and {len(found) - _MOST_SHOWN} more; `rota check` shows a fortnight.")
    if more.get("draft") is not None:
        click.echo(f"Draft {more['draft']} is kept; `beredskap rota publish` puts it in force.")
    elif "shifts" in more:
        click.echo(
            f"{more['shifts']} shifts{' would be' if more.get('dry_run') else ''} published."
        )
    if not found:
        click.echo("No findings.")
