"""Assembly of the clock's work, apart from the rest: a web process loads none of it."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from time import perf_counter

from structlog.contextvars import bound_contextvars, clear_contextvars

from app.bootstrap import Parts, take_a_breath
from app.clock import WAITS, Sweep
from app.duty.audit import seal_and_tell
from app.duty.canary import canary
from app.duty.check_in import CALLED, check_in
from app.duty.counting import count_contacts
from app.duty.dispatch import PostOffice, ask_about_silence, send_what_is_due
from app.duty.follow_up_clock import open_follow_ups
from app.duty.forget import forget_at_the_carrier
from app.duty.handover import Desk, build_handovers, notify_of_handovers
from app.duty.handover_state import chase_handovers
from app.duty.invitations import invite
from app.duty.mail import SmtpMailer
from app.duty.missed import alert_of_missed_calls
from app.duty.notifier import Telephone
from app.duty.purge import purge_at_night
from app.duty.read_feeds import FeedReader, read_feeds
from app.duty.redact import redact_texts
from app.duty.rest_advice import advise_on_rest, review_load, review_rest
from app.duty.rota_desk_planner import PlanDesk, propose_rotas
from app.duty.rota_findings import Judge
from app.duty.sign_off import ask_for_notes
from app.duty.swap_offers import expire_swaps
from app.duty.texts import handle_texts
from app.duty.threads import (
    follow_the_duty,
    pass_on_what_is_stuck,
    tell_of_failed_answers,
)
from app.duty.tonight_drafts import forget_drafts
from app.duty.urgent import tell_what_is_urgent
from app.duty.watch import watch_rotas
from app.settings import Settings
from app.store import pulses
from app.store.canaries import CALLED as CANARY
from app.store.mirror import Picture
from app.store.outbox import Letter
from app.telephony.callback import call_address
from app.telephony.canary import Post, knock, ring_address
from app.telephony.carrier import NoCarrier, TwilioCarrier
from app.telephony.carrier_client import Asked, nobody
from app.telephony.check_in import check_in_address
from app.telephony.exchange import Exchange
from app.telephony.reconcile import reconcile_when_due
from app.telephony.sms import report_address
from app.telephony.tally import Tally
from app.tracing import span
from rota_adapter.sources.fetch import Fetcher

# As long as the carrier waits for an answer.  Source: Twilio docs, "Webhooks", read timeout.
_PATIENCE = 15.0


def sweeps(
    parts: Parts,
    carrier: Telephone,
    leave: Collection[str] = (),
    look: Callable[[], object] | None = None,
    post: Post | None = None,
) -> Mapping[str, tuple[Sweep, float]]:
    """
    What the clock does, and with how many seconds between.

    Letters whose keys are in *leave* are not sent: the built-in carrier must not take real ones.
    *look* is done before each, so that it knows what has changed: the mirror's own without it.
    *post* is how a canary asks our own address, over the network without it.
    """
    look_again = look or parts.mirror.refresh
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
        call_to=lambda letter: _call_address(parts.exchange, letter),
    )
    reader = FeedReader(parts.engine, parts.clock)
    planner = PlanDesk(parts.engine, parts.cipher)
    judge = Judge()
    desk = Desk(parts.engine, parts.cipher, settings.public_url, mails=mailer is not None)

    def of(sweep: Callable[[Picture, datetime], object]) -> Sweep:
        """*sweep*, given what is known at the moment it runs."""

        def run() -> None:
            look_again()
            sweep(parts.mirror.picture, parts.clock())

        return run

    def canaries(p: Picture, now: datetime) -> None:
        tokens = settings.twilio_auth_tokens
        if settings.twilio_account_sid and tokens:  # else there is no number to call
            asks = partial(knock, parts.exchange, tokens[0], post or Fetcher(_PATIENCE).post)
            canary(desk, p.organisation, asks, now)

    def heartbeat() -> None:
        with parts.engine.begin() as connection:
            pulses.beat(connection, pulses.CLOCK, parts.clock())
        parts.tally.flush()

    every = {
        "clock.heartbeat": (heartbeat, 15),
        "spool.drain": (parts.exchange.journal.drain, 5),
        "texts.handle": (of(lambda p, now: handle_texts(desk, p, now)), 1),
        "texts.follow": (of(lambda p, now: follow_the_duty(desk, p.organisation, now)), 10),
        "texts.ask": (of(lambda _, now: ask_about_silence(office, now)), 15),
        "texts.pass_on": (of(lambda p, now: pass_on_what_is_stuck(desk, p.organisation, now)), 5),
        "texts.failed": (of(lambda p, now: tell_of_failed_answers(desk, p.organisation, now)), 5),
        "rota.read": (of(lambda p, now: read_feeds(reader, p.organisation, now)), 10),
        "rota.watch": (of(lambda p, now: watch_rotas(desk, judge, p.organisation, now)), 60),
        "rota.propose": (of(lambda p, now: propose_rotas(planner, p.organisation, now)), 5),
        "check_in.ask": (of(lambda p, now: check_in(desk, p.organisation, now)), 15),
        "canary.call": (of(canaries), 5),
        "swaps.expire": (of(lambda p, now: expire_swaps(desk, p.organisation, now)), 60),
        "rest.advise": (of(lambda p, now: advise_on_rest(desk, p.organisation, now)), 60),
        "rest.review": (of(lambda p, now: review_rest(desk, p.organisation, now)), 900),
        "rest.load": (of(lambda p, now: review_load(desk, p.organisation, now)), 6 * 3600),
        "handover.build": (of(lambda p, now: build_handovers(desk, p.organisation, now)), 10),
        "handover.notify": (of(lambda p, now: notify_of_handovers(desk, p.organisation, now)), 10),
        "handover.invite": (
            of(lambda p, now: invite(desk, p.organisation, settings.mail_from, now)),
            30,
        ),
        "handover.chase": (of(lambda p, now: chase_handovers(desk, p.organisation, now)), 60),
        "handover.urgent": (of(lambda p, now: tell_what_is_urgent(desk, p.organisation, now)), 10),
        "notes.ask": (of(lambda p, now: ask_for_notes(desk, p.organisation, now)), 60),
        "follow_ups.open": (of(lambda p, now: open_follow_ups(desk, p.organisation, now)), 15),
        "missed.alert": (of(lambda p, now: alert_of_missed_calls(desk, p.organisation, now)), 5),
        "outbox.send": (of(lambda p, now: send_what_is_due(office, p.organisation, now)), 1),
        "audit.seal": (
            of(lambda p, now: seal_and_tell(desk, p.organisation, settings.state_dir, now)),
            60,
        ),
        "writings.forget": (of(lambda _, now: forget_drafts(parts.engine, now)), 3600),
        "texts.redact": (
            of(lambda p, now: redact_texts(parts.engine, carrier, p.organisation, now)),
            60,
        ),
        "retention.purge": (
            of(
                lambda p, now: purge_at_night(
                    parts.engine, parts.cipher, p.organisation, now, take_a_breath
                )
            ),
            60,
        ),
        "retention.forget": (
            of(lambda _, now: forget_at_the_carrier(parts.engine, carrier, now)),
            60,
        ),
        # Looked at often, so that it is done soon after an outage; asked every ten minutes.
        "reconcile.calls": (
            of(lambda _, now: reconcile_when_due(parts.exchange, carrier, now)),
            60,
        ),
        "contacts.count": (
            of(lambda p, now: count_contacts(parts.engine, p.organisation, now)),
            15,
        ),
    }
    return {name: (_told(name, sweep, parts.tally), s) for name, (sweep, s) in every.items()}


def _told(name: str, sweep: Sweep, tally: Tally) -> Sweep:
    """*sweep*, whose lines in the log say which it is, and which is counted."""

    def run() -> None:
        began = perf_counter()
        clear_contextvars()
        with bound_contextvars(sweep=name), span("sweep", sweep=name):
            try:
                sweep()
            except Exception as err:
                tally.failed(name, "waits" if isinstance(err, WAITS) else "error")
                raise
        tally.swept(name, perf_counter() - began)

    return run


def _call_address(exchange: Exchange, letter: Letter) -> str:
    """Where the carrier learns what a call of ours is about."""
    if letter.key.startswith(f"{CANARY}/"):
        return ring_address(exchange, letter)
    is_check_in = letter.key.startswith(f"{CALLED}/")
    return (check_in_address if is_check_in else call_address)(exchange, letter)


def twilio_carrier(settings: Settings, asked: Asked = nobody) -> Telephone:
    """Twilio's REST API, or a stand-in that sends nothing where no account is set."""
    if not settings.twilio_account_sid or not settings.twilio_auth_tokens:
        return NoCarrier()
    token = settings.twilio_auth_tokens[0]
    return TwilioCarrier(settings.twilio_account_sid, token, settings.twilio_api_url, asked=asked)
