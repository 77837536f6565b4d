"""`beredskap doctor`: what is wrong with the service, and whether a call could be lost."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from app.bootstrap import Parts, assemble
from app.cli.keys import unhurried
from app.cli.main import FAILURE, beredskap, settings
from app.cli.show import answer, as_json_option
from app.console.doctor_words import WORDS
from app.review.doctor import Diagnosis, Value, diagnose, may_lose_a_call, sorted_by_severity
from app.review.system import System, examine
from app.settings import Settings
from app.store.database import make_engine, reading
from app.store.key_use import without_key
from app.store.patience import UNHURRIED
from app.telephony.carrier import TwilioCarrier
from app.telephony.outside import diagnose_outside
from rota_adapter.sources.fetch import Fetcher
from routing.finding import Severity

_PATIENCE = 4.0  # seconds for each answer from outside
_LARGEST = 65_536  # bytes, which is as much as the carrier takes
_STOCKHOLM = ZoneInfo("Europe/Stockholm")  # where no line says where it is


@beredskap.command()
@as_json_option
def doctor(*, as_json: bool) -> None:
    """Check settings, database, rota and clock; exit 1 if a call could be lost."""
    own = settings()
    parts = assemble(own)
    system = examine(parts.engine, parts.cipher, own.state_dir, parts.clock())
    about = (*diagnose(system, own), *_of_the_keys(system, parts), *_outside(system, own))
    found = sorted_by_severity(about)
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


def _of_the_keys(system: System, parts: Parts) -> Iterator[Diagnosis]:
    """What no key of ours opens; here and not on a page, since it looks at every row."""
    if system.known is None or system.known.organisation is None:
        return
    engine = make_engine(parts.settings.database_url, UNHURRIED)
    with reading(engine) as connection:
        unhurried(connection)
        columns = without_key(connection, parts.cipher)
    engine.dispose()
    if columns:
        yield Diagnosis("keys_lack", Severity.ERROR, {"columns": ", ".join(columns)})


def _outside(system: System, own: Settings) -> tuple[Diagnosis, ...]:
    """What the carrier and whoever hosts the fallback's document have."""
    organisation = None if system.known is None else system.known.organisation
    if organisation is None or not own.twilio_account_sid or not own.twilio_auth_tokens:
        return ()
    fetcher = Fetcher(_PATIENCE)

    def read(address: str) -> str:
        content = fetcher.get(address, most_bytes=_LARGEST, remember=False)
        return content.decode("utf-8", "replace")

    carrier = TwilioCarrier(
        own.twilio_account_sid, own.twilio_auth_tokens[0], own.twilio_api_url, _PATIENCE
    )
    return diagnose_outside(organisation, own, carrier, read)


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
