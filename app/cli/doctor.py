"""`beredskap doctor`: what is wrong with the service, and whether a call could be lost."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa
import structlog
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from app.bootstrap import Parts, assemble
from app.cli.keys import unhurried
from app.cli.main import FAILURE, beredskap, settings
from app.cli.show import answer, as_json_option
from app.console.doctor_words import WORDS
from app.duty.mail import SmtpMailer
from app.review.diagnosis import (
    Diagnosis,
    Value,
    error,
    may_lose_a_call,
    sorted_by_severity,
    warning,
)
from app.review.doctor import diagnose
from app.review.doctor_settings import is_at_home
from app.review.in_time import in_time
from app.review.looks import Look
from app.review.system import Database, System, examine
from app.review.system_files import Files
from app.settings import Settings
from app.store.database import make_engine, reading
from app.store.key_use import without_key
from app.store.patience import PAGES, UNHURRIED
from app.telephony.carrier import TwilioCarrier
from app.telephony.outside import diagnose_outside
from app.telephony.outside_account import diagnose_account
from app.telephony.outside_front import diagnose_front
from rota_adapter.sources.fetch import Fetcher
from routing.errors import CarrierUnavailable
from routing.finding import Severity
from routing.organisation import Organisation

log = structlog.get_logger()

_PATIENCE = 4.0  # seconds for each answer from outside
_FOR_OURSELVES, _FOR_THE_REST = 8.0, 15.0  # seconds, after which nobody waits for anything
_LARGEST = 65_536  # bytes, which is as much as the carrier takes
_STOCKHOLM = ZoneInfo("Europe/Stockholm")  # where no line says where it is
_Check = Callable[[], Iterable[Diagnosis]]


@beredskap.command()
@as_json_option
def doctor(*, as_json: bool) -> None:
    """Check the service and what it hangs on; exit 1 if a call could be lost."""
    own = settings()
    system, found = look(own, assemble(own, patience=PAGES))
    zone = _zone(system)
    if as_json:
        answer(
            {
                "ok": not may_lose_a_call(found),
                "checked_at": system.at.astimezone(zone).isoformat(timespec="seconds"),
                "findings": [_for_programs(one, zone) for one in found],
            }
        )
    else:
        for one in found:
            what, remedy = _sentences(one, zone)
            click.echo(f"{one.severity}  {what}  {remedy}")
        if all(one.severity is Severity.INFO for one in found):
            click.echo("Nothing is wrong.")
    if may_lose_a_call(found):
        raise SystemExit(FAILURE)


def look(own: Settings, parts: Parts) -> tuple[System, tuple[Diagnosis, ...]]:
    """What there is, and everything that is wrong with it, here and with others."""
    system, hung = _examined(parts, parts.clock())
    outside = _looked_at(_checks(system, parts))
    return system, sorted_by_severity((*diagnose(system, own), *hung, *outside))


def _examined(parts: Parts, now: datetime) -> tuple[System, tuple[Diagnosis, ...]]:
    """What we ourselves have; where a disk or a driver hangs, that, and nothing else."""

    def look() -> System:
        return examine(parts.engine, parts.cipher, parts.settings.state_dir, now)

    found = in_time({"ourselves": look}, _FOR_OURSELVES).get("ourselves")
    if found is not None:
        return found, ()
    hung = Database(parts.engine.dialect.name, error=TimeoutError.__name__)
    return System(now, hung, Files(now, 0, 0), None), (warning("check_unfinished", what=Look.DISK),)


def _looked_at(checks: dict[Look, _Check]) -> Iterator[Diagnosis]:
    """All of *checks*, side by side; what takes too long is told of, and not waited for."""
    works = {str(name): partial(_tried, name, check) for name, check in checks.items()}
    done = in_time(works, _FOR_THE_REST)
    for name in checks:
        yield from done.get(name, (warning("check_unfinished", what=name),))


def _tried(name: Look, check: _Check) -> tuple[Diagnosis, ...]:
    """What *check* finds; one that fails by a fault of ours hides nothing of the others."""
    try:
        return tuple(check())
    except Exception:
        log.exception("doctor.check_failed", what=name)
        return (warning("check_unfinished", what=name),)


def _checks(system: System, parts: Parts) -> dict[Look, _Check]:
    """What a page does not look at, since it takes long or asks others; each by its name."""
    own = parts.settings
    organisation = None if system.known is None else system.known.organisation
    checks: dict[Look, _Check] = {}
    if own.smtp_url is not None:
        mailer = SmtpMailer(own.smtp_url, own.mail_from or "")
        checks[Look.MAIL] = lambda: _of_mail(mailer)
    if organisation is None:
        return checks
    checks[Look.KEYS] = lambda: _of_the_keys(parts)
    if not is_at_home(urlsplit(own.public_url).hostname or ""):
        # The world's authorities: one that only this machine trusts, the carrier does not.
        trusted = os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
        checks[Look.FRONT] = lambda: diagnose_front(
            own.public_url, list(organisation.lines), trusted, system.at, _PATIENCE
        )
    if own.twilio_account_sid and own.twilio_auth_tokens:
        carrier = TwilioCarrier(
            own.twilio_account_sid, own.twilio_auth_tokens[0], own.twilio_api_url, _PATIENCE
        )
        checks[Look.ACCOUNT] = lambda: diagnose_account(carrier, parts.clock)
        checks[Look.NUMBERS] = lambda: _of_numbers(organisation, own, carrier)
    return checks


def _of_the_keys(parts: Parts) -> Iterator[Diagnosis]:
    """What no key of ours opens; here and not on a page, since it looks at every row."""
    engine = make_engine(parts.settings.database_url, UNHURRIED)
    try:
        with reading(engine) as connection:
            unhurried(connection)
            columns = without_key(connection, parts.cipher)
    except sa.exc.SQLAlchemyError:  # it answered a moment ago
        yield warning("check_unfinished", what=Look.KEYS)
        return
    finally:
        engine.dispose()
    if columns:
        yield error("keys_lack", columns=", ".join(columns))


def _of_mail(mailer: SmtpMailer) -> Iterator[Diagnosis]:
    try:
        mailer.greet(_PATIENCE)
    except CarrierUnavailable as err:
        yield warning("mail_away", reason=str(err))


def _of_numbers(
    organisation: Organisation, own: Settings, carrier: TwilioCarrier
) -> Iterable[Diagnosis]:
    fetcher = Fetcher(_PATIENCE)

    def read(address: str) -> str:
        content = fetcher.get(address, most_bytes=_LARGEST, remember=False)
        return content.decode("utf-8", "replace")

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
