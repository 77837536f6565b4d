"""Assembly: the only place that knows every class, and the only one that has a clock."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from flask import Flask

from app.clock import Sweep
from app.console.pages import pages_blueprint
from app.duty.dispatch import PostOffice, send_what_is_due
from app.duty.handover import Desk, build_handovers, notify_of_handovers
from app.duty.missed import alert_of_missed_calls
from app.duty.notifier import Telephone
from app.duty.redact import redact_texts
from app.duty.texts import handle_texts
from app.duty.threads import (
    follow_the_duty,
    pass_on_what_is_stuck,
    tell_of_failed_answers,
)
from app.settings import Settings
from app.store.database import make_engine
from app.store.fields import FieldCipher
from app.store.journal import Journal
from app.store.last_good import LastGood
from app.store.mirror import Mirror, Picture
from app.store.rota import DatabaseRota
from app.store.spool import Spool
from app.telephony.callback import callback_blueprint
from app.telephony.crowd import Crowd
from app.telephony.exchange import Exchange
from app.telephony.health import health_blueprint
from app.telephony.mount import under_prefix
from app.telephony.recordings import recordings_blueprint
from app.telephony.seal import CallbackSeal, Seal
from app.telephony.sms import report_address, sms_blueprint
from app.telephony.voice import voice_blueprint
from app.telephony.webhook import LARGEST_FORM, Gate

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The moment, in UTC; everything else is given it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """One process's parts, put together."""

    settings: Settings
    engine: sa.Engine
    cipher: FieldCipher
    mirror: Mirror
    spool: Spool
    exchange: Exchange
    clock: Clock


def assemble(settings: Settings, clock: Clock = utc_now) -> Parts:
    """The parts for *settings*; nothing is opened or read yet."""
    engine = make_engine(settings.database_url)
    cipher = FieldCipher(settings.data_keys)
    spool = Spool(settings.state_dir, cipher)
    sources = {"database": DatabaseRota(engine, clock)}
    last_good = LastGood(settings.state_dir, cipher)
    mirror = Mirror(engine, cipher, sources, last_good, clock)
    exchange = Exchange(
        mirror=mirror,
        journal=Journal(engine, spool),
        cipher=cipher,
        seal=Seal(settings.secret_key),
        clock=clock,
        public_url=settings.public_url,
        crowd=Crowd(),
        codes_tried=Crowd(),
        callback_seal=CallbackSeal(settings.secret_key),
    )
    return Parts(settings, engine, cipher, mirror, spool, exchange, clock)


def create_app(parts: Parts) -> Flask:
    """The web application: the carrier's webhooks, health, and the console."""
    app = Flask("app")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    app.before_request(structlog.contextvars.clear_contextvars)
    settings = parts.settings
    gate = Gate(settings.public_url, settings.twilio_auth_tokens)
    app.register_blueprint(voice_blueprint(parts.exchange, gate))
    app.register_blueprint(callback_blueprint(parts.exchange, gate))
    app.register_blueprint(sms_blueprint(parts.exchange, gate))
    app.register_blueprint(recordings_blueprint())
    app.register_blueprint(health_blueprint(parts.mirror))
    app.register_blueprint(pages_blueprint(parts.mirror, parts.clock))
    app.wsgi_app = under_prefix(app.wsgi_app, settings.public_url)  # type: ignore[assignment, method-assign] # Flask's own way of wrapping
    return app


def sweeps(
    parts: Parts, carrier: Telephone, leave: Collection[str] = ()
) -> Mapping[str, tuple[Sweep, float]]:
    """
    What the clock does, and with how many seconds between.

    Letters whose keys are in *leave* are not sent: the built-in carrier must not take real ones.
    """
    # Imported here: a web process sends nothing.
    from app.duty.mail import SmtpMailer  # noqa: PLC0415

    settings = parts.settings
    mailer = None
    if settings.smtp_url is not None and settings.mail_from is not None:
        mailer = SmtpMailer(settings.smtp_url, settings.mail_from)
    office = PostOffice(
        parts.engine,
        parts.cipher,
        carrier,
        mailer,
        leave=leave,
        report_to=lambda key: report_address(settings.public_url, key),
    )
    desk = Desk(parts.engine, parts.cipher, settings.public_url, mails=mailer is not None)

    def of(sweep: Callable[[Picture, datetime], object]) -> Sweep:
        """*sweep*, given what is known at the moment it runs."""

        def run() -> None:
            parts.mirror.refresh()
            sweep(parts.mirror.picture, parts.clock())

        return run

    return {
        "spool.drain": (lambda: parts.spool.drain(parts.exchange.journal.store), 5),
        "texts.handle": (of(lambda p, now: handle_texts(desk, p, now)), 1),
        "texts.follow": (of(lambda p, now: follow_the_duty(desk, p.organisation, now)), 10),
        "texts.pass_on": (of(lambda p, now: pass_on_what_is_stuck(desk, p.organisation, now)), 5),
        "texts.failed": (of(lambda p, now: tell_of_failed_answers(desk, p.organisation, now)), 5),
        "handover.build": (of(lambda p, now: build_handovers(desk, p.organisation, now)), 10),
        "handover.notify": (of(lambda p, now: notify_of_handovers(desk, p.organisation, now)), 10),
        "missed.alert": (of(lambda p, now: alert_of_missed_calls(desk, p.organisation, now)), 5),
        "outbox.send": (of(lambda p, now: send_what_is_due(office, p.organisation, now)), 1),
        "texts.redact": (
            of(lambda p, now: redact_texts(parts.engine, carrier, p.organisation, now)),
            60,
        ),
    }


def twilio_carrier(settings: Settings) -> Telephone:
    """Twilio's REST API, or a stand-in that sends nothing where no account is set."""
    # Imported here, since a web process has no use for it.
    from app.telephony.carrier import NoCarrier, TwilioCarrier  # noqa: PLC0415

    if not settings.twilio_account_sid or not settings.twilio_auth_tokens:
        return NoCarrier()
    token = settings.twilio_auth_tokens[0]
    return TwilioCarrier(settings.twilio_account_sid, token, settings.twilio_api_url)
