"""Commands about one handover: reading, acknowledging, its history, and taking it out."""

import os
from pathlib import Path

import click

from app.cli.gated import gate_of
from app.cli.main import beredskap, parts
from app.cli.show import answer, as_json_option
from app.duty import handover_state
from app.duty.handover_document import written
from app.duty.handover_document.dossier import exported, opened, past
from app.duty.handover_document.say import Say
from app.duty.handover_document.sheet import history_of
from app.duty.handover_document.structured import past_for_programs
from app.duty.handover_document.text import history_as_text
from app.duty.handover_document.words import LANGUAGES
from routing.errors import InvalidInput
from routing.handover import HandoverState
from routing.ids import HandoverId

_handover = click.argument("handover_id", metavar="ID")
_by_option = click.option("--by", metavar="ID", required=True, help="Who: a therapist's id.")
_language_option = click.option(
    "--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True
)
_ONLY_MINE = 0o600


@beredskap.group()
def handover() -> None:
    """One handover: what it says, and what becomes of it."""


@handover.command()
@_handover
@_by_option
@_language_option
@as_json_option
def show(handover_id: str, by: str, language: str, *, as_json: bool) -> None:
    """What handover ID says; it counts as opened, and stands in the reading log."""
    with gate_of(parts(), by) as gate:
        dossier = opened(gate, HandoverId(handover_id))
    click.echo(written(dossier, "json" if as_json else "text", language).decode(), nl=False)


@handover.command()
@_handover
@_by_option
def acknowledge(handover_id: str, by: str) -> None:
    """Say that your district has been told."""
    _reach(handover_id, by, HandoverState.ACKNOWLEDGED)


@handover.command()
@_handover
@_by_option
def transfer(handover_id: str, by: str) -> None:
    """Say that it stands in the case files."""
    _reach(handover_id, by, HandoverState.TRANSFERRED)


@handover.command()
@_handover
@_by_option
def close(handover_id: str, by: str) -> None:
    """Say that nothing more is to be done."""
    _reach(handover_id, by, HandoverState.CLOSED)


@handover.command()
@_handover
@click.option("--by", metavar="ID", required=True, help="Who: a therapist's or a manager's id.")
@_language_option
@as_json_option
def history(handover_id: str, by: str, language: str, *, as_json: bool) -> None:
    """What has become of handover ID: states, reminders, exports; no word of what it says."""
    with gate_of(parts(), by) as gate:
        found = past(gate, HandoverId(handover_id))
    if as_json:
        answer(past_for_programs(found))
        return
    say = Say(gate.organisation, found.line, language)
    for line in history_as_text(history_of(found, say)):
        click.echo(line)


@handover.command()
@_handover
@_by_option
@_language_option
@click.option("--format", "form", type=click.Choice(["pdf", "json"]), required=True)
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), required=True
)
def export(handover_id: str, by: str, language: str, form: str, out: Path) -> None:
    """
    Write handover ID to a new FILE, for the case file.

    Nobody but you can read the file; the service keeps no copy, only that it was exported.
    """
    if out.exists():
        raise _occupied(out)
    with gate_of(parts(), by) as gate:
        dossier = exported(gate, HandoverId(handover_id))
    # It is kept by now: rather an export too many in the log than one that nobody knows of.
    content = written(dossier, form, language)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_MINE)
    except FileExistsError as err:
        raise _occupied(out) from err
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    click.echo(f"{out}: {len(dossier.agenda.items)} contacts.")


def _reach(handover_id: str, by: str, state: HandoverState) -> None:
    with gate_of(parts(), by) as gate:
        is_new = handover_state.reach(gate, HandoverId(handover_id), state)
    click.echo(f"{state.value.capitalize()}." if is_new else f"It was {state.value} already.")


def _occupied(out: Path) -> InvalidInput:
    return InvalidInput(f"--out: {out.name} is there already, and is not written over")
