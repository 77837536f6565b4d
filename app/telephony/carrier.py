"""Twilio's REST API, as far as we use it; only the clock's process loads it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import requests
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallContext, CallInstance
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
from twilio.rest.api.v2010.account.message import MessageContext, MessageInstance

from app.duty.notifier import MayHaveSent, NumberSetup
from routing.errors import CarrierUnavailable, NoticeRefused
from routing.ids import ContactId
from routing.intervals import Interval
from routing.reconciliation import CarriedCall, CarriedText

log = structlog.get_logger()

# The library's own default is to wait for ever.
_PATIENCE = 10.0
_TOO_MANY, _SERVER_ERROR = 429, 500
_UNAUTHORISED, _NOT_FOUND = 401, 404
_CALL = "CA"  # how the id of a call begins
# Both clocks and Twilio's whole seconds may be off.
_MARGIN = timedelta(seconds=60)
_MOST_LISTED = 50
# Its documentation speaks of dates where its description has moments: an end that is taken for
# the midnight before it must not cost us the day.
_A_DAY = timedelta(days=1)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc] # the library has no types
    """Sends every request to *base*, where one is set: a mock, or a regional host."""

    def __init__(self, base: str | None, patience: float) -> None:
        super().__init__(timeout=patience)
        self._base = None if base is None else urlsplit(base)

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        if self._base is not None:
            parts = urlsplit(url)
            there = (self._base.scheme, self._base.netloc, self._base.path.rstrip("/") + parts.path)
            url = urlunsplit((*there, parts.query, ""))
        return super().request(method, url, *args, **kwargs)


class TwilioCarrier:
    """
    Sends texts through Twilio.

    Twilio has no idempotency key for messages, so a request without an answer is ambiguous and
    is settled by listing what was sent.
    """

    def __init__(
        self, account: str, token: str, base: str | None = None, patience: float = _PATIENCE
    ) -> None:
        # Region and edge are given, so that the library's own environment variables have no say.
        self._client = Client(
            account, token, region="", edge="", http_client=_HttpClient(base, patience)
        )

    def send_text(self, to: str, sender: str, body: str, report_to: str) -> str:
        """Send one text; returns its SID, raises as `app.duty.notifier.Carrier` says."""
        with _our_errors():
            made = self._client.messages.create(
                to=to, from_=sender, body=body, status_callback=report_to
            )
            return str(made.sid)

    def redact(self, carrier_id: str) -> None:
        """Empty one text; raises as `app.duty.notifier.Redactor` says."""
        with _our_errors():
            self._client.messages(carrier_id).update(body="")

    def forget(self, carrier_id: str) -> None:
        """Delete one text or call; raises as `app.duty.notifier.Redactor` says."""
        with _our_errors():
            if not carrier_id.startswith(_CALL):
                _delete(self._client.messages(carrier_id))
                return
            # The legs first: only the call itself says which they are.
            for leg in self._client.calls.list(parent_call_sid=carrier_id):
                _delete(self._client.calls(leg.sid))
            _delete(self._client.calls(carrier_id))

    def start_call(self, to: str, sender: str, address: str) -> str:
        """Make one call; returns its SID, raises as `app.duty.notifier.Dialler` says."""
        with _our_errors():
            return str(self._client.calls.create(to=to, from_=sender, url=address).sid)

    def find_texts(self, to: str, sender: str, body: str, since: datetime) -> Sequence[str]:
        """The SIDs of such texts since then, newest first; raises as the protocol says."""
        with _asking("the carrier's list cannot be read"):
            found = self._client.messages.list(
                to=to, from_=sender, date_sent_after=since - _MARGIN, limit=_MOST_LISTED
            )
        return [
            str(message.sid)
            for message in found
            if message.body == body and message.status not in {"failed", "undelivered"}
        ]

    def fate_of(self, carrier_id: str) -> tuple[str, str | None]:
        """One text's status and error code; raises as the protocol says."""
        with _asking("the carrier cannot say what became of a text"):
            message = self._client.messages(carrier_id).fetch()
        return str(message.status), str(message.error_code) if message.error_code else None

    def calls_to(self, number: str, span: Interval) -> Sequence[CarriedCall]:
        """The calls to *number*; all pages or none, and raises as the protocol says."""
        return self._calls(span, to=number)

    def calls_from(self, number: str, span: Interval) -> Sequence[CarriedCall]:
        """The calls that showed *number*; as `calls_to`."""
        return self._calls(span, from_=number)

    def _calls(self, span: Interval, **whose: str) -> Sequence[CarriedCall]:
        with _asking("the carrier's list of calls cannot be read"):
            found = self._client.calls.list(
                start_time_after=span.start, start_time_before=span.end + _A_DAY, **whose
            )
            return [call for call in map(_call, found) if call.began_at in span]

    def texts_to(self, number: str, span: Interval) -> Sequence[CarriedText]:
        """The texts that came in to *number*; as `calls_to`."""
        with _asking("the carrier's list of texts cannot be read"):
            found = self._client.messages.list(
                to=number, date_sent_after=span.start, date_sent_before=span.end + _A_DAY
            )
            came = map(_text, (one for one in found if one.direction == "inbound"))
            return [text for text in came if text.at in span]

    def setup_of(self, number: str) -> NumberSetup | None:
        """How *number* is set up; raises as the protocol says."""
        with _asking("the carrier cannot say how a number is set up"):
            found = self._client.incoming_phone_numbers.list(phone_number=number)
        return next((_setup(one) for one in found if one.phone_number == number), None)


def _delete(one: CallContext | MessageContext) -> None:
    try:
        one.delete()
    except TwilioRestException as err:
        if err.status != _NOT_FOUND:
            raise


def _call(one: CallInstance) -> CarriedCall:
    seconds = one.duration or ""
    return CarriedCall(
        id=ContactId(one.sid),
        parent=ContactId(one.parent_call_sid) if one.parent_call_sid else None,
        shown=one._from or "",  # noqa: SLF001 - the library has no other name for it
        to=one.to or "",
        direction=one.direction or "",
        status=one.status or "",
        began_at=one.start_time or one.date_created,
        ended_at=one.end_time,
        seconds=int(seconds) if seconds.isdecimal() else None,
    )


def _text(one: MessageInstance) -> CarriedText:
    media = one.num_media or ""
    return CarriedText(
        id=ContactId(one.sid),
        shown=one.from_ or "",
        to=one.to or "",
        body=one.body or "",
        at=one.date_sent or one.date_created,
        media=int(media) if media.isdecimal() else 0,
    )


def _setup(one: IncomingPhoneNumberInstance) -> NumberSetup:
    return NumberSetup(
        voice=(one.voice_url or "", one.voice_method or ""),
        fallback=(one.voice_fallback_url or "", one.voice_fallback_method or ""),
        status=(one.status_callback or "", one.status_callback_method or ""),
        text=(one.sms_url or "", one.sms_method or ""),
    )


@contextmanager
def _asking(problem: str) -> Iterator[None]:
    """What goes wrong while something is only asked, in our words: the library's hold numbers."""
    try:
        yield
    except (requests.exceptions.RequestException, TwilioException, ValueError, TypeError):
        raise CarrierUnavailable(problem) from None


@contextmanager
def _our_errors() -> Iterator[None]:
    """The library's errors as ours; its own messages quote numbers, so none is kept."""
    try:
        yield
    except TwilioRestException as err:
        raise _refusal(err) from None
    except requests.exceptions.ConnectTimeout:
        raise CarrierUnavailable("no connection to the carrier") from None
    except (requests.exceptions.RequestException, TwilioException, ValueError):
        raise MayHaveSent("the carrier did not answer") from None


class NoCarrier:
    """No account is set: texts wait in the outbox, and every try says why."""

    def redact(self, carrier_id: str) -> None:  # noqa: ARG002 - the protocol's
        """Forget nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def forget(self, carrier_id: str) -> None:  # noqa: ARG002 - as above
        """Forget nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def send_text(self, to: str, sender: str, body: str, report_to: str) -> str:  # noqa: ARG002 - as above
        """Send nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def start_call(self, to: str, sender: str, address: str) -> str:  # noqa: ARG002 - as above
        """Make no call, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def find_texts(self, to: str, sender: str, body: str, since: datetime) -> Sequence[str]:  # noqa: ARG002
        """Find nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def fate_of(self, carrier_id: str) -> tuple[str, str | None]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def calls_to(self, number: str, span: Interval) -> Sequence[CarriedCall]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def calls_from(self, number: str, span: Interval) -> Sequence[CarriedCall]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def texts_to(self, number: str, span: Interval) -> Sequence[CarriedText]:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    def setup_of(self, number: str) -> NumberSetup | None:  # noqa: ARG002 - as above
        """Know nothing, and say so."""
        raise CarrierUnavailable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")


def _refusal(err: TwilioRestException) -> Exception:
    log.warning("carrier.refused", status=err.status, code=err.code)
    if err.status == _TOO_MANY:  # never processed, says Twilio
        return CarrierUnavailable("the carrier asks us to slow down")
    if err.status >= _SERVER_ERROR:
        return MayHaveSent("the carrier failed while it was asked")
    if err.status == _UNAUTHORISED:  # somebody is rotating tokens; the text is still owed
        return CarrierUnavailable("the carrier does not know our token")
    return NoticeRefused(str(err.code or err.status))
