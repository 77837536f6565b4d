"""Assembly of a process that answers; only here is the time read."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

import sqlalchemy as sa
import structlog
from flask import Flask

from app.console.calendar import calendar_blueprint
from app.console.mount import Beside
from app.console.thread_page import thread_blueprint
from app.settings import Settings
from app.store.database import make_engine
from app.store.fields import FieldCipher
from app.store.journal import Journal
from app.store.last_good import LastGood
from app.store.mirror import Mirror
from app.store.patience import PAGES, PATIENT, PROMPT, Patience
from app.store.replica import Replica
from app.store.rota import DatabaseRota
from app.store.spool import Spool
from app.telephony.callback import callback_blueprint
from app.telephony.canary import canary_blueprint
from app.telephony.check_in import check_in_blueprint
from app.telephony.crowd import Crowd
from app.telephony.exchange import Exchange
from app.telephony.follow_up import follow_up_blueprint
from app.telephony.health import health_blueprint
from app.telephony.metrics import metrics_blueprint
from app.telephony.mount import under_prefix
from app.telephony.recordings import recordings_blueprint
from app.telephony.seal import CallbackSeal, Seal
from app.telephony.sms import sms_blueprint
from app.telephony.tally import Tally
from app.telephony.voice import voice_blueprint
from app.telephony.webhook import LARGEST_FORM, Gate
from routing.errors import Unavailable

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The moment, in UTC; everything else is given it."""
    return datetime.now(UTC)


def take_a_breath() -> None:
    """
    Wait between two batches of a long work, so that what a call writes comes first.

    Whoever waits for SQLite looks only now and then, a tenth of a second apart, whether it is free.
    """
    Event().wait(0.1)


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
    tally: Tally

    def tend(self) -> None:
        """Beside each look: what no caller is to wait for, and what the last process left."""
        journal = self.exchange.journal
        if journal.breaker.is_open:
            return
        journal.warm()
        with suppress(Unavailable):  # which the breaker has told of
            journal.drain()
        self.tally.flush()


def assemble(settings: Settings, clock: Clock = utc_now, patience: Patience = PATIENT) -> Parts:
    """The parts for *settings*; nothing is opened or read yet."""
    engine = make_engine(settings.database_url, patience)
    # A call waits for this one, and for none of the other's pages and exports.
    prompt = make_engine(settings.database_url, PROMPT)
    sa.event.listen(engine, "engine_disposed", lambda _: prompt.dispose())
    cipher = FieldCipher(settings.data_keys)
    spool = Spool(settings.state_dir, cipher)
    last_good = LastGood(settings.state_dir, cipher)
    tally = Tally(engine, clock)
    journal = Journal(prompt, spool, tell_of_loss=tally.lost)
    mirror = Mirror(engine, cipher, DatabaseRota(engine, clock), last_good, clock, journal)
    exchange = Exchange(
        mirror=mirror,
        journal=journal,
        cipher=cipher,
        seal=Seal(settings.secret_key),
        clock=clock,
        public_url=settings.public_url,
        crowd=Crowd(),
        codes_tried=Crowd(),
        callback_seal=CallbackSeal(settings.secret_key),
        engine=engine,
    )
    return Parts(settings, engine, cipher, mirror, spool, exchange, clock, tally)


def create_app(parts: Parts) -> Flask:
    """The web application: the carrier's webhooks, health, and the console."""
    app = Flask("app")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    app.before_request(structlog.contextvars.clear_contextvars)
    settings = parts.settings
    gate = Gate(
        settings.public_url, settings.twilio_account_sid, settings.twilio_auth_tokens, parts.tally
    )
    app.register_blueprint(voice_blueprint(parts.exchange, gate))
    app.register_blueprint(callback_blueprint(parts.exchange, gate))
    app.register_blueprint(check_in_blueprint(parts.exchange, gate))
    app.register_blueprint(canary_blueprint(parts.exchange, gate))
    app.register_blueprint(follow_up_blueprint(parts.exchange, gate))
    app.register_blueprint(sms_blueprint(parts.exchange, gate))
    app.register_blueprint(recordings_blueprint())
    app.register_blueprint(health_blueprint(parts.mirror, parts.exchange.journal))
    app.register_blueprint(
        metrics_blueprint(
            parts.engine,
            parts.mirror,
            parts.exchange.journal,
            parts.clock,
            settings.metrics_token,
        )
    )
    app.register_blueprint(calendar_blueprint(parts.engine, parts.mirror, parts.clock))
    app.register_blueprint(thread_blueprint(parts.exchange, settings.secret_key))
    beside = Beside(app.wsgi_app, _is_for(app), lambda: console_of(parts), settings.public_url)
    app.wsgi_app = under_prefix(beside, settings.public_url)  # type: ignore[assignment, method-assign] # Flask's own way of wrapping
    return app


def console_of(parts: Parts) -> Flask:
    """The console; what it borrows takes a while to load, and calls do not wait for it."""
    from app.console.app import create_console  # noqa: PLC0415 - see above
    from app.console.site import Site  # noqa: PLC0415 - see above

    return create_console(
        Site(
            engine=parts.engine,
            cipher=parts.cipher,
            mirror=parts.mirror,
            exchange=parts.exchange,
            settings=parts.settings,
            clock=parts.clock,
            replica=_replica_of(parts),
        )
    )


def _replica_of(parts: Parts) -> Replica | None:
    """The copy on which figures are counted, if there is one; it is let go of with the primary."""
    url = parts.settings.figures_database_url
    if url is None:
        return None
    copy = make_engine(url, PAGES)
    sa.event.listen(parts.engine, "engine_disposed", lambda _: copy.dispose())
    return Replica(copy)


def _is_for(app: Flask) -> Callable[[str], bool]:
    """Whether a path begins as one of *app*'s own addresses does."""
    rules = [str(rule) for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    firsts = frozenset(rule.split("/")[1] for rule in rules)
    return lambda path: path[1:].partition("/")[0] in firsts
