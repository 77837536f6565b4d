"""Whoever carries texts and mails for us: two small protocols and what can go wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from routing.errors import CarrierUnavailable
from routing.intervals import Interval
from routing.reconciliation import CarriedCall, CarriedText


class MayHaveSent(CarrierUnavailable):
    """The carrier was asked and did not answer, so the message may be on its way."""

    code = "may_have_sent"


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


@dataclass(frozen=True, slots=True)
class NumberSetup:
    """Whom a carrier asks about one of our numbers, and how: address and method of each."""

    voice: tuple[str, str]
    fallback: tuple[str, str]
    status: tuple[str, str]
    text: tuple[str, str]


class Switchboard(Protocol):
    """Tells how our numbers are set up."""

    def setup_of(self, number: str) -> NumberSetup | None:
        """
        How *number* is set up; None where the account has no such number.

        Raises:
            CarrierUnavailable: it cannot be asked just now.
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
