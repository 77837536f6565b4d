"""`beredskap doctor`: what is wrong with the service, and whether a call could be lost."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from app.bootstrap import assemble
from app.cli.main import FAILURE, beredskap, settings
from app.cli.show import answer, as_json_option
from app.console.doctor_words import WORDS
from app.review.doctor import Diagnosis, Value, diagnose, may_lose_a_call
from app.review.system import System, examine

_STOCKHOLM = ZoneInfo("Europe/Stockholm")  # where no line says where it is


@beredskap.command()
@as_json_option
def doctor(*, as_json: bool) -> None:
    """Check settings, database, rota and clock; exit 1 if a call could be lost."""
    own = settings()
    parts = assemble(own)
    system = examine(parts.engine, parts.cipher, own.state_dir, parts.clock())
    found = diagnose(system, own)
    zone = _zone(system)
    if as_json:
        answer({"findings": [_for_programs(one, zone) for one in found]})
    else:
        for one in found:
            what, remedy = _sentences(one, zone)
            click.echo(f"{one.severity}  {what}  {remedy}")
        if not found:
            click.echo("Nothing is wrong.")
    if may_lose_a_call(found):
        raise SystemExit(FAILURE)


def _for_programs(one: Diagnosis, zone: ZoneInfo) -> dict[str, str]:
    what, remedy = _sentences(one, zone)
    return {"code": one.code, "severity": str(one.severity), "message": what, "remedy": remedy}


def _sentences(one: Diagnosis, zone: ZoneInfo) -> tuple[str, str]:
    words, values = WORDS[one.code], {name: _shown(v, zone) for name, v in one.values.items()}
    return words.what % values, words.remedy % values


def _shown(value: Value, zone: ZoneInfo) -> str:
    match value:
        case datetime():
            return value.astimezone(zone).isoformat(timespec="minutes")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _zone(system: System) -> ZoneInfo:
    known = system.known
    if known is None or known.organisation is None:
        return _STOCKHOLM
    return next((line.zone for line in known.organisation.lines.values()), _STOCKHOLM)
