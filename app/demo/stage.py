"""The service and the built-in carrier in one process, on one virtual clock."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Flask

from app.bootstrap import Parts, assemble, create_app
from app.clock import Sweep, attempt
from app.lab.account import Account, Number
from app.lab.call import Call
from app.lab.carrier import Carrier, PhoneDoes
from app.lab.phones import Behaviour
from app.lab.rest_server import serve
from app.lab.sms import Message
from app.lab.transport import HttpRequest, HttpTransport, NoReply, NotConnected, WsgiTransport
from app.lab.variant import Variant
from app.settings import Settings
from app.store import outbox
from app.store.database import reading
from app.sweeps import sweeps
from app.telephony.carrier import TwilioCarrier
from routing.errors import Unavailable
from routing.numbers import PhoneNumber
from routing.organisation import Organisation

# Not a secret: the account exists nowhere but in this process.
_ACCOUNT, _TOKEN = "AC" + "0" * 32, "the built-in carrier's token"
_PATIENCE = 2.0  # seconds; the carrier's REST API is in this process
ANSWERS = "answer 4, press 1 after 3, talk 60"
# What the clock does about a text within a second or two.
TEXTS = (
    "texts.handle",
    "texts.follow",
    "texts.ask",
    "texts.pass_on",
    "texts.failed",
    "outbox.send",
)


class Stage:
    """
    Everything real but the telephone network.

    Webhooks are signed, TwiML is obeyed, texts go through Twilio's own client to the carrier's REST
    face, and rows are kept in the database.
    """

    def __init__(
        self,
        settings: Settings,
        start: datetime,
        *,
        seed: int = 1,
        variant: Variant = Variant.A,
        strict: bool = True,
    ) -> None:
        own = replace(
            settings, twilio_account_sid=_ACCOUNT, twilio_auth_tokens=(_TOKEN,), smtp_url=None
        )
        # The first look is taken before there is a carrier to ask for the time.
        self._now: Callable[[], datetime] = lambda: start
        self.parts: Parts = assemble(own, clock=lambda: self._now())  # noqa: PLW0108 - changes below
        self.parts.mirror.refresh()
        numbers = _numbers(self.parts.mirror.picture.organisation, own.public_url)
        self.carrier = Carrier(
            Account(_ACCOUNT, _TOKEN),
            numbers,
            WsgiTransport(self.web),
            start=start,
            seed=seed,
            variant=variant,
            strict=strict,
        )
        self._now = self.carrier.now
        self._app: Flask | None = None  # made with the first webhook: many evenings have none
        self._open = ExitStack()
        self._sweeps: Mapping[str, tuple[Sweep, float]] | None = None
        self._rest: str | None = None  # where the carrier's REST API is, once it is needed
        with reading(self.parts.engine) as connection:
            # What the service owed before is the real carrier's to send, not ours.
            self._not_ours = outbox.owed(connection)

    @property
    def organisation(self) -> Organisation:
        return self.parts.mirror.picture.organisation

    def labels(self) -> Mapping[str, str]:
        """What to call whoever has a number, in a transcript."""
        return {number: name for name, number in people(self.organisation).items()}

    def call(
        self,
        frm: str,
        *,
        phones: Mapping[str, PhoneDoes] | None = None,
        caller: str | Behaviour = "",
        default: PhoneDoes = ANSWERS,
        to: str = "",
    ) -> Call:
        """A whole call; phones are named as in `people`, or by number, others do as *default*."""
        known = people(self.organisation)
        named = {known.get(who, who): does for who, does in (phones or {}).items()}
        return self.carrier.call(frm, phones=named, caller=caller, default=default, to=to)

    def text(self, frm: str, body: str, *, to: str = "") -> Message:
        """A text to the line; what it leads to is sent by `sweep`."""
        return self.carrier.text(frm, body, to=to)

    def sweep(self, names: Sequence[str] = (), *, live: bool = False) -> None:
        """
        Run each of the clock's sweeps once, or only those named, at the carrier's moment.

        What they led to is then played to its end.  A *live* one leaves that to the passing of
        time, and does with errors what the clock process does: they are logged, and what was owed
        stays owed.
        """
        self.parts.mirror.refresh()  # once for all: they happen at one moment
        for name, (sweep, _) in self._due().items():
            if names and name not in names:
                continue
            if live:
                attempt(name, sweep)
            else:
                sweep()
        if not live:
            self.carrier.run()

    @property
    def every(self) -> Mapping[str, float]:
        """With how many seconds between the clock runs each of its sweeps."""
        return {name: seconds for name, (_, seconds) in self._due().items()}

    def serve_at(self, host: str, port: int) -> None:
        """Have the carrier speak HTTP with the service, whose `web` somebody serves there."""
        self.carrier.transport = HttpTransport((host, port))

    def restart(self) -> None:
        """What a process keeps in memory is lost; what it wrote down is not."""
        self._sweeps, self._app = None, None
        self.parts.engine.dispose()
        self.parts = assemble(self.parts.settings, clock=lambda: self._now())  # noqa: PLW0108 - as in __init__
        self.parts.mirror.refresh()

    @contextmanager
    def rest_face(self) -> Iterator[str]:
        """The carrier's REST API on the loopback, by its address, for as long as it is needed."""
        with serve(self.carrier.rest) as address:
            yield address

    def close(self) -> None:
        """Let go of the database, and of the carrier's REST API."""
        self._open.close()
        self._sweeps = self._rest = None
        self.parts.engine.dispose()

    def _due(self) -> Mapping[str, tuple[Sweep, float]]:
        if self._sweeps is None:  # made once: a server and a client for each sweep cost too much
            if self._rest is None:
                self._rest = self._open.enter_context(self.rest_face())
            carrier = TwilioCarrier(_ACCOUNT, _TOKEN, self._rest, _PATIENCE, self.parts.tally.asked)
            self._sweeps = sweeps(
                self.parts, carrier, self._not_ours, look=lambda: None, post=self.ask_ourselves
            )
        return self._sweeps

    def ask_ourselves(self, address: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """
        What the service answers at its own address, by the way that the carrier asks it.

        Raises:
            Unavailable: it does not, or not with 200.
        """
        asked = HttpRequest("POST", address, tuple(headers.items()), body)
        try:
            reply = self.carrier.transport.send(asked, patience=_PATIENCE)
        except (NotConnected, NoReply) as err:
            raise Unavailable(type(err).__name__) from err
        if reply.status != HTTPStatus.OK:
            raise Unavailable(f"it answers with {reply.status}")
        return reply.body

    @property
    def _web(self) -> Flask:
        if self._app is None:
            self._app = create_app(self.parts)
        return self._app

    def web(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        """The service as a WSGI application; restarted, it is another behind the same name."""
        # Nothing watches in the background here: time is virtual.
        self.parts.mirror.refresh()
        return self._web(environ, start_response)


def people(organisation: Organisation) -> Mapping[str, str]:
    """The number behind each name that a script may use: therapists, fallbacks and offices."""
    known: dict[str, PhoneNumber | None] = {}
    for district in organisation.districts.values():
        known[f"office {district.id}"] = district.office
    for line in organisation.lines.values():
        known.update({fallback.name: fallback.number for fallback in line.fallback})
    known.update({therapist.id: therapist.phone for therapist in organisation.therapists.values()})
    return {name: number.e164 for name, number in known.items() if number is not None}


def _numbers(organisation: Organisation, public_url: str) -> tuple[Number, ...]:
    base = f"{public_url}/twilio"
    return tuple(
        Number(
            line.number.e164,
            voice_url=f"{base}/voice",
            status_callback=f"{base}/voice/status",
            sms_url=f"{base}/sms",
        )
        for line in organisation.lines.values()
    )
