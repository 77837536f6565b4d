"""Commands that play a call or a text through the real webhooks, against the built-in carrier."""

import logging
import secrets
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import click

from app.bootstrap import Parts
from app.cli.main import FAILURE, beredskap, parts
from app.cli.show import local, the_line, the_moment
from app.demo.phone_lab import sitting
from app.demo.phone_lab.replay import replay
from app.demo.stage import ANSWERS, TEXTS, Stage, people
from app.demo.tell import told_call, told_text
from app.lab import phone_text, script
from app.lab.phone_text import PhoneTextError
from app.lab.phones import Behaviour
from app.lab.script import Script, ScriptError
from app.lab.variant import Variant
from app.log import configure_logging
from app.store.rota import DatabaseRota
from routing.errors import InvalidInput
from routing.intervals import Interval
from routing.numbers import parse_number
from routing.organisation import Line

_WITHHELD = ("withheld", "anonymous", "")

at_option = click.option("--at", metavar="TIME", help="Now, when not given.")
line_option = click.option(
    "--line", "line_id", metavar="ID", help="Not needed when there is only one."
)


@beredskap.command()
@click.option("--from", "number", metavar="NUMBER", help="Or: withheld.")
@click.option(
    "--script",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A cast, in TOML; or all that was done in the phone lab, and then nothing else is needed.",
)
@click.option("--does", "deeds", metavar="WHO=WHAT", multiple=True, help='Such as t1="no answer".')
@click.option("--caller", metavar="WHAT", default="", help='Such as "hang up after 10".')
@at_option
@line_option
def call(
    number: str | None,
    file: Path | None,
    deeds: tuple[str, ...],
    caller: str,
    at: str | None,
    line_id: str | None,
) -> None:
    """
    Play a whole call, and print what every party hears and does; it is kept in the log.

    What was saved in the phone lab is played in a lab of its own, and leaves no trace.
    """
    if file is not None and sitting.is_sitting(file):
        if number is not None or deeds or caller or at or line_id:
            raise click.UsageError(f"{file.name} says itself who calls and when")
        _replay(file)
        return
    if number is None:
        raise click.UsageError("Missing option '--from'")
    frm, own = _caller(number), parts()
    organisation = own.mirror.picture.organisation
    line = the_line(organisation, line_id)
    moment = the_moment(at, line, "--at") or own.clock().replace(microsecond=0)
    known = {**people(organisation), **_by_position(own, line, moment)}
    cast = _cast(known, file, deeds, caller)
    stage = _stage(own, moment, cast.variant)
    click.echo(f"{local(stage.carrier.now(), line)}  a call to {line.id}")
    played = stage.carrier.call(
        frm, phones=cast.phones, caller=cast.caller, default=cast.default, to=line.number.e164
    )
    for told in told_call(stage, played):
        click.echo(told)


def _replay(file: Path) -> None:
    configure_logging(as_json=True, to=sys.stderr, level=logging.CRITICAL)
    told, wrong = replay(sitting.read(file))
    for line in told:
        click.echo(line)
    for line in wrong:
        click.echo(f"beredskap: {file.name}: {line}", err=True)
    if wrong:
        raise SystemExit(FAILURE)


@beredskap.command()
@click.option("--from", "number", metavar="NUMBER", required=True, help="Who writes.")
@at_option
@line_option
@click.argument("text")
def sms(number: str, at: str | None, line_id: str | None, text: str) -> None:
    """Play a text to the line, and print who receives what; it is kept in the log."""
    frm, own = _caller(number), parts()
    line = the_line(own.mirror.picture.organisation, line_id)
    moment = the_moment(at, line, "--at") or own.clock().replace(microsecond=0)
    stage = _stage(own, moment, Variant.A)
    click.echo(f"{local(stage.carrier.now(), line)}  a text to {line.id}")
    written = stage.text(frm, text, to=line.number.e164)
    stage.sweep(TEXTS)
    for told in told_text(stage, written):
        click.echo(told)


def _stage(own: Parts, moment: datetime, variant: Variant) -> Stage:
    # Ids must be new each time: the log takes a call it has seen for a repeated webhook.
    return Stage(own.settings, moment, seed=secrets.randbits(64), variant=variant)


def _by_position(own: Parts, line: Line, at: datetime) -> dict[str, str]:
    """The number of whoever holds each position at *at*, by the position's own figure."""
    around = Interval(at, at + timedelta(seconds=1))
    on_call = DatabaseRota(own.engine, own.clock).load(line.id, around).on_call(at)
    known = people(own.mirror.picture.organisation)
    return {str(s.position): known[s.therapist] for s in on_call if s.therapist in known}


def _caller(number: str) -> str:
    return "anonymous" if number in _WITHHELD else parse_number(number).e164


def _cast(
    known: Mapping[str, str], file: Path | None, deeds: tuple[str, ...], caller: str
) -> Script:
    try:
        cast = (
            Script(default=phone_text.phone(ANSWERS)) if file is None else script.read(file, known)
        )
    except ScriptError as err:
        raise InvalidInput(str(err)) from err
    phones = dict(cast.phones)
    for deed in deeds:
        who, _, does = deed.partition("=")
        if who not in known:
            raise InvalidInput(f"--does: there is no {who}; there are: {', '.join(sorted(known))}")
        phones[known[who]] = (_understood(phone_text.phone, does, "--does"),)
    does_caller = _understood(phone_text.caller, caller, "--caller") if caller else cast.caller
    return Script(does_caller, phones, cast.default, cast.variant)


def _understood(read: Callable[[str], Behaviour], text: str, option: str) -> Behaviour:
    try:
        return read(text)
    except PhoneTextError as err:
        raise InvalidInput(f"{option}: {err}") from err
