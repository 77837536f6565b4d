"""Whoever carries texts and mails for us: two small protocols and what can go wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from routing.errors import CarrierUnavailable
from routing.intervals import Interval
from routing.reconciliation import CarriedCall, CarriedText


class MayHaveSent(CarrierUnavailable):
    """The carrier was asked and did not answer, so the message may be on its way."""

    code = "may_have_sent"


class TokenRefused(CarrierUnavailable):
    """The carrier does not know our token as one of the account's."""

    code = "token_refused"


class Carrier(Protocol):
    """Sends texts from the line's number."""

    def send_text(self, to: str, sender: str, body: str, report_to: str) -> str:
        """
        Send a text; returns the carrier's id for it.  What becomes of it is posted to *report_to*.

        Raises:
            NoticeRefused: the carrier will not send it, now or later.
            MayHaveSent: nobody knows; ask with `find_texts` before trying again.
            CarrierUnavailable: it was certainly not sent; try again later.
        """

    def find_texts(self, to: str, sender: str, body: str, since: datetime) -> Sequence[str]:
        """
        The carrier's ids of texts like this sent since that moment, newest first.

        Raises:
            CarrierUnavailable: it cannot be asked just now.
        """

    def fate_of(self, carrier_id: str) -> tuple[str, str | None]:
        """
        What has become of one text, in the words it is reported in, and why if it failed.

        Raises:
            CarrierUnavailable: it cannot be asked just now.
        """


class Dialler(Protocol):
    """Makes calls from the line's number."""

    def start_call(self, to: str, sender: str, address: str) -> str:
        """
        Call *to*, and do what *address* says when it is answered; returns the carrier's id.

        Raises:
            NoticeRefused: the carrier will not make it.
            MayHaveSent: nobody knows whether it is ringing.
            CarrierUnavailable: it was certainly not made.
        """


class Redactor(Protocol):
    """Has a carrier forget."""

    def redact(self, carrier_id: str) -> None:
        """
        Remove the words of one text at the carrier.

        Raises:
            NoticeRefused: it will not.
            CarrierUnavailable: try again later.
        """

    def forget(self, carrier_id: str) -> None:
        """
        Delete one text, or one call with all its legs; nothing where it is not there any more.

        Raises:
            NoticeRefused: it will not, as long as it is going on for one.
            CarrierUnavailable: try again later.
        """


class Archive(Protocol):
    """Tells what passed through a carrier, whether or not it came here."""

    def calls_to(self, number: str, span: Interval) -> Sequence[CarriedCall]:
        """
        The calls to *number* that began in *span*.

        Raises:
            CarrierUnavailable: it cannot be asked just now, or not for all of them.
        """

    def calls_from(self, number: str, span: Interval) -> Sequence[CarriedCall]:
        """As `calls_to`, those that showed *number*: whoever was rung, and our own."""

    def texts_to(self, number: str, span: Interval) -> Sequence[CarriedText]:
        """As `calls_to`, the texts that came in."""


Endpoint = tuple[str, str]  # an address, empty for none, and the method by which it is asked


@dataclass(frozen=True, slots=True)
class NumberSetup:
    """Whom a carrier asks about one of our numbers, and how."""

    id: str  # the carrier's own for the number
    voice: Endpoint
    fallback: Endpoint
    status: Endpoint
    text: Endpoint
    text_fallback: Endpoint
    takes_calls: bool
    takes_texts: bool
    # With one of these set, calls or texts go where it says, and the addresses above are not asked.
    voice_diverted: str  # an application or a trunk; empty is none
    text_diverted: str


@dataclass(frozen=True, slots=True)
class MessagingService:
    """
    Numbers that a carrier keeps together for their texts.

    Attributes:
        text: whom it asks about a text to one of its numbers, unless it *asks_number*: then the
            number's own address is asked, as if there were no service.
        is_smart: letters that cost more are written as others that look like them.
        numbers: the carrier's own ids.
    """

    id: str
    name: str
    text: Endpoint
    fallback: Endpoint
    asks_number: bool
    is_smart: bool
    numbers: frozenset[str]


class Standing(StrEnum):
    """Whether an account may do anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AccountState:
    """
    How our account at the carrier stands.

    Attributes:
        is_trial: it has not been paid for, and reaches only numbers that were verified.
        is_approved_business: whether the carrier has approved who stands behind it as a business,
            without which only a few calls may be made at once; None where it cannot be asked.
        balance: what is left, and the currency; None where the account has none of its own.
        told_at: the carrier's own clock when it answered; None where it did not say.
        opened_at: when the account was opened; None where it did not say.
    """

    standing: Standing
    is_trial: bool
    is_approved_business: bool | None
    balance: tuple[Decimal, str] | None
    told_at: datetime | None
    opened_at: datetime | None = None


class Switchboard(Protocol):
    """Tells how our numbers are set up, and how the account stands."""

    def setup_of(self, number: str) -> NumberSetup | None:
        """
        How *number* is set up; None where the account has no such number.

        Raises:
            CarrierUnavailable: it cannot be asked just now.
        """

    def messaging_services(self) -> Sequence[MessagingService]:
        """
        The messaging services there are, with the numbers in each.

        Raises:
            CarrierUnavailable: it cannot be asked just now.
        """

    def account_state(self) -> AccountState:
        """
        How the account stands just now.

        Raises:
            CarrierUnavailable: it cannot be asked just now, or does not know our token.
        """


class Telephone(Carrier, Dialler, Redactor, Archive, Switchboard, Protocol):
    """All of it: what an account at a telephone company is to us."""


class Mailer(Protocol):
    """Sends mails."""

    def send_mail(
        self,
        to: str,
        subject: str,
        body: str,
        key: str,
        *,
        calendar: str | None = None,
        written_at: datetime | None = None,
    ) -> None:
        """
        Send a mail whose Message-ID comes from *key*, so that a repeat is seen as one.

        Args:
            calendar: an iCalendar object with a method, for the recipient's calendar to act upon.
            written_at: the mail's date, the same each time; without it the server gives it one.

        Raises:
            NoticeRefused: the server will not take it.
            CarrierUnavailable: try again later.
        """
