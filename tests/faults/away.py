"""An evening on which the service is away, and what it finds out when it is back."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from app.demo.stage import Stage
from app.lab.faults import WebhookFault
from app.lab.transport import HttpReply, HttpRequest, Transport
from app.store.contacts import received_between
from app.store.database import reading
from app.telephony.fallback_document import fallback_document
from app.telephony.reconcile import Tally, reconcile
from routing.contact import Contact
from tests.app.duty.before_duty import at_time
from tests.app.texts.talk import WiredCarrier
from tests.app.world import contact_of
from tests.examples import EFTERVARD, at

ELSEWHERE = "https://elsewhere.example.se/fallback.xml"
BACK = ("reconcile.calls", "texts.handle", "outbox.send", "missed.alert")


class Hosted:
    """What is hosted elsewhere is served from there, and everything else by the service."""

    def __init__(self, service: Transport, documents: Mapping[str, str]) -> None:
        self._service, self.documents = service, documents
        self.asked: list[str] = []

    def send(self, request: HttpRequest, *, patience: float) -> HttpReply:
        address = request.url.partition("?")[0]
        if address not in self.documents:
            return self._service.send(request, patience=patience)
        self.asked.append(request.method)
        kind = (("Content-Type", "text/xml"),)
        return HttpReply(200, kind, self.documents[address].encode())


def begins(stage: Stage) -> None:
    """The clock has compared once, so that it knows from where."""
    at_time_now(stage, "reconcile.calls")


def at_time_now(stage: Stage, *names: str) -> None:
    at_time(stage, stage.carrier.now().isoformat(), sweeps=names)


def goes_away(stage: Stage, *, path: str = "/twilio") -> None:
    """From now on no webhook reaches the service."""
    stage.carrier.faults.add(WebhookFault.DOWN, path=path, times=10_000)


def comes_back(stage: Stage, moment: str, *names: str) -> None:
    """The service answers again, and its clock runs."""
    stage.carrier.faults.planned = []
    at_time(stage, moment, sweeps=names or BACK)


def host_fallback(stage: Stage) -> Hosted:
    """The printed document lies elsewhere, and the number's fallback address is there."""
    (line,) = stage.organisation.lines.values()
    hosted = Hosted(stage.carrier.transport, {ELSEWHERE: fallback_document(line)})
    stage.carrier.transport = hosted
    for number in stage.carrier.numbers.values():
        number.voice_fallback_url, number.voice_fallback_method = ELSEWHERE, "GET"
    return hosted


def compared(stage: Stage, since: str) -> Tally:
    """As the command does it."""
    start = at(since)
    return reconcile(stage.parts.exchange, WiredCarrier(stage), start, stage.parts.clock())


def wait(stage: Stage, **span: float) -> None:
    stage.carrier.run_until(stage.carrier.now() + timedelta(**span))


def log_of(stage: Stage) -> tuple[Contact, ...]:
    """Every contact of the line, in order."""
    now = stage.carrier.now()
    with reading(stage.parts.engine) as connection:
        return received_between(
            connection, EFTERVARD, now - timedelta(days=90), now + timedelta(days=1)
        )


def outcomes(stage: Stage, sids: Sequence[str]) -> list[str | None]:
    """What became of each, as of now."""
    return [contact_of(stage, sid).outcome_at(stage.carrier.now()) for sid in sids]
