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

from app.duty.notifier import MayHaveSent
from routing.errors import CarrierUnavailable, NoticeRefused

log = structlog.get_logger()

# The library's own default is to wait for ever.
_PATIENCE = 10.0
_TOO_MANY, _SERVER_ERROR = 429, 500
_UNAUTHORISED = 401
# Both clocks and Twilio's whole seconds may be off.
_MARGIN = timedelta(seconds=60)
_MOST_LISTED = 50


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

    def start_call(self, to: str, sender: str, address: str) -> str:
        """Make one call; returns its SID, raises as `app.duty.notifier.Dialler` says."""
        with _our_errors():
            return str(self._client.calls.create(to=to, from_=sender, url=address).sid)

    def find_texts(self, to: str, sender: str, body: str, since: datetime) -> Sequence[str]:
        """The SIDs of such texts since then, newest first; raises as the protocol says."""
        try:
            found = self._client.messages.list(
                to=to, from_=sender, date_sent_after=since - _MARGIN, limit=_MOST_LISTED
            )
        except (requests.exceptions.RequestException, TwilioException, ValueError):
            raise CarrierUnavailable("the carrier's list cannot be read") from None
        return [
            str(message.sid)
            for message in found
            if message.body == body and message.status not in {"failed", "undelivered"}
        ]

    def fate_of(self, carrier_id: str) -> tuple[str, str | None]:
        """One text's status and error code; raises as the protocol says."""
        try:
            message = self._client.messages(carrier_id).fetch()
        except (requests.exceptions.RequestException, TwilioException, ValueError):
            raise CarrierUnavailable("the carrier cannot say what became of a text") from None
        return str(message.status), str(message.error_code) if message.error_code else None


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


def _refusal(err: TwilioRestException) -> Exception:
    log.warning("carrier.refused", status=err.status, code=err.code)
    if err.status == _TOO_MANY:  # never processed, says Twilio
        return CarrierUnavailable("the carrier asks us to slow down")
    if err.status >= _SERVER_ERROR:
        return MayHaveSent("the carrier failed while it was asked")
    if err.status == _UNAUTHORISED:  # somebody is rotating tokens; the text is still owed
        return CarrierUnavailable("the carrier does not know our token")
    return NoticeRefused(str(err.code or err.status))
