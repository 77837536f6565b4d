"""The built-in carrier: calls and texts to a service, with people and machines at every end."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from wsgiref.types import WSGIApplication

from app.lab import phone_text
from app.lab.account import Account, Number, Service
from app.lab.call import Call
from app.lab.core import Core
from app.lab.engine import Engine
from app.lab.faults import Faults
from app.lab.inbound import come_in
from app.lab.leg import Leg
from app.lab.phones import NOBODY_THERE, STAYS, Behaviour, PhoneBook, TextFate
from app.lab.rest import RestFace
from app.lab.sms import Message, Texts
from app.lab.trace import Alert, CarrierFailure, Failure, Trace
from app.lab.transport import Transport
from app.lab.variant import Variant

PhoneDoes = str | Behaviour | Sequence[str | Behaviour]
WITHHELD = ("anonymous", "", "+266696687", "+7378742833")


class Carrier:
    """
    A stand-in for Twilio that signs, obeys TwiML, and keeps a clock of its own.

    With *strict*, whatever the service must never cause is raised as
    :class:`CarrierFailure` at the end of the run in which it happened; it is
    in :attr:`failures` either way.
    """

    def __init__(
        self,
        account: Account,
        number: Number | Iterable[Number],
        transport: Transport,
        *,
        start: datetime,
        seed: int = 1,
        variant: Variant = Variant.A,
        strict: bool = True,
    ) -> None:
        numbers = (number,) if isinstance(number, Number) else tuple(number)
        chance = random.Random(seed)  # noqa: S311 - the same chance again for the same seed
        self._core = Core(
            account=account,
            numbers={ours.e164: ours for ours in numbers},
            transport=transport,
            engine=Engine(start),
            random=chance,
            variant=variant,
        )
        for ours in numbers:
            ours.sid = self._core.sids.new("PN")
        self._first = numbers[0]
        self._strict = strict
        self._raised = 0
        self._texts = Texts(self._core)
        self._book = PhoneBook({})
        self.rest: WSGIApplication = RestFace(self._core, self._texts, lambda: self._book)

    @property
    def account(self) -> Account:
        return self._core.account

    @property
    def numbers(self) -> Mapping[str, Number]:
        """Our numbers as they are set up now, by E.164."""
        return self._core.numbers

    @property
    def services(self) -> list[Service]:
        """The messaging services there are; a test may put in one of somebody else's."""
        return self._core.services

    @property
    def transport(self) -> Transport:
        """The way to the service; another one may be set, as after a restart of it."""
        return self._core.transport

    @transport.setter
    def transport(self, transport: Transport) -> None:
        self._core.transport = transport

    @property
    def engine(self) -> Engine:
        return self._core.engine

    @property
    def legs(self) -> Sequence[Leg]:
        """Every telephone's part of every call there has been, in order."""
        return [leg for leg in self._core.legs if isinstance(leg, Leg)]

    @property
    def calls(self) -> Sequence[Call]:
        """Every call there has been, in order: to our numbers, and those made over REST."""
        return [Call(leg, self._core) for leg in self.legs if leg.parent is None]

    @property
    def faults(self) -> Faults:
        """Switches for what is to go wrong."""
        return self._core.faults

    @property
    def trace(self) -> Trace:
        return self._core.trace

    @property
    def failures(self) -> list[Failure]:
        """What the service did that it must never do, in order."""
        return self._core.trace.failures

    @property
    def alerts(self) -> list[Alert]:
        """What Twilio's debugger would show, in order; some of it belongs to a good day."""
        return self._core.trace.alerts

    @property
    def messages(self) -> list[Message]:
        """The texts that the service sent and the carrier accepted, in order."""
        return self._texts.sent

    @property
    def texts(self) -> list[Message]:
        """The texts that came in to our numbers, in order, delivered to the service or not."""
        return self._texts.received

    @property
    def canned(self) -> list[Message]:
        """What the carrier answered by itself to STOP, START and HELP, in order."""
        return self._texts.canned

    def now(self) -> datetime:
        """The virtual moment, aware and in UTC: the clock of the service under test."""
        return self._core.now()

    def set_phones(self, phones: Mapping[str, PhoneDoes], default: PhoneDoes = "no answer") -> None:
        """What phones do in calls that are not given their own, those made by REST among them."""
        self._book = _book(phones, default)

    def set_text_fates(
        self, fates: Mapping[str, str | TextFate], default: str | TextFate = "delivered"
    ) -> None:
        """What becomes of texts to each number, from now on; *default* is for all others."""
        self._texts.fates = {number: _fate(fate) for number, fate in fates.items()}
        self._texts.usual_fate = _fate(default)

    def begin_call(
        self,
        frm: str,
        *,
        phones: Mapping[str, PhoneDoes] | None = None,
        caller: str | Behaviour = STAYS,
        default: PhoneDoes = NOBODY_THERE,
        after: float = 0.0,
        to: str = "",
        forwarded_from: str = "",
    ) -> Call:
        """
        A call that begins *after* so many seconds; it goes on when the carrier runs.

        Args:
            frm: the caller's number as shown, or "anonymous", "" or another way to withhold it.
            phones: what the phones behind the line do; a list is one entry per attempt.
            default: what phones do that are not named.
        """
        number = self._core.numbers[to or self._first.e164]
        behaviour = phone_text.caller(caller) if isinstance(caller, str) else caller
        with self.engine.baton:
            leg = Leg(self._core, direction="inbound", frm=frm, to=number.e164, behaviour=behaviour)
            leg.book = self._book if phones is None else _book(phones, default)
            leg.begin(come_in(leg, number, forwarded_from=forwarded_from), after)
        return Call(leg, self._core)

    def call(
        self,
        frm: str,
        *,
        phones: Mapping[str, PhoneDoes] | None = None,
        caller: str | Behaviour = STAYS,
        default: PhoneDoes = NOBODY_THERE,
        to: str = "",
        forwarded_from: str = "",
    ) -> Call:
        """
        A whole call, played to its end and to the last of its callbacks.

        Raises:
            CarrierFailure: the carrier is strict and the service did something it must not.
        """
        call = self.begin_call(
            frm,
            phones=phones,
            caller=caller,
            default=default,
            to=to,
            forwarded_from=forwarded_from,
        )
        self.run()
        return call

    def begin_text(self, frm: str, body: str, *, media: int = 0, to: str = "") -> Message:
        """A text that comes in when the carrier runs."""
        number = self._core.numbers[to or self._first.e164]
        with self.engine.baton:
            return self._texts.come_in(frm, number, body, media)

    def text(self, frm: str, body: str, *, media: int = 0, to: str = "") -> Message:
        """
        A text from a phone to the line, with all that follows at once.

        Raises:
            CarrierFailure: the carrier is strict and the service did something it must not.
        """
        message = self.begin_text(frm, body, media=media, to=to)
        self.run()
        return message

    def run(self) -> None:
        """
        Go on until nothing more is to happen.

        Raises:
            CarrierFailure: the carrier is strict and the service did something it must not.
        """
        self.engine.run()
        self._raise_failures()

    def run_until(self, moment: datetime) -> None:
        """
        Go on up to *moment*, which it then is.

        Raises:
            CarrierFailure: the carrier is strict and the service did something it must not.
        """
        self.engine.run_until(moment)
        self._raise_failures()

    def _raise_failures(self) -> None:
        new = self.failures[self._raised :]
        self._raised = len(self.failures)
        if new and self._strict:
            raise CarrierFailure(new)


def _fate(fate: str | TextFate) -> TextFate:
    return phone_text.text_fate(fate) if isinstance(fate, str) else fate


def _book(phones: Mapping[str, PhoneDoes], default: PhoneDoes) -> PhoneBook:
    fallback = _attempts(default)
    return PhoneBook({number: _attempts(does) for number, does in phones.items()}, fallback[-1])


def _attempts(does: PhoneDoes) -> tuple[Behaviour, ...]:
    if isinstance(does, str):
        return (phone_text.phone(does),)
    if isinstance(does, Behaviour):
        return (does,)
    return tuple(attempt for entry in does for attempt in _attempts(entry))
