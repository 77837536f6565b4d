"""The way to Twilio's REST API: hosts, patience, and its errors as ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from urllib.parse import urlsplit, urlunsplit

import requests
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from app.duty.notifier import MayHaveSent, TokenRefused
from app.tracing import span
from routing.errors import CarrierUnavailable, NoticeRefused

log = structlog.get_logger()

NOT_FOUND = 404
_TOO_MANY, _SERVER_ERROR, _UNAUTHORISED = 429, 500, 401
_TWILIO = ".twilio.com"
_FIRST_REGION = "us1"
# Who stands behind an account is kept in one place for the whole world: no region has such a host.
_WITHOUT_REGION = frozenset({"trusthub"})


# Learns of each request: for which resource, the kind of its answer, and how long that took.
Asked = Callable[[str, str, float], None]
_RESOURCES = {"Messages": "messages", "Calls": "calls", "IncomingPhoneNumbers": "numbers"}


def nobody(_resource: str, _status: str, _seconds: float) -> None:
    """Counts no requests."""


def make_client(
    account: str, token: str, base: str | None, patience: float, asked: Asked = nobody
) -> Client:
    """A client that sends what it is told to *base*, and never waits longer than *patience*."""
    # Region and edge are given, so that the library's own environment variables have no say.
    return Client(
        account, token, region="", edge="", http_client=_HttpClient(base, patience, asked)
    )


def address_at(base: str | None, address: str) -> str:
    """
    Where a request for *address* really goes, with TWILIO_API_URL set to *base*.

    A mock takes every product's requests.  A regional host of Twilio's stands for the whole region:
    ``https://api.dublin.ie1.twilio.com`` sends messaging to ``messaging.dublin.ie1.twilio.com``.

    Source: Twilio docs, "Messaging API with Twilio Regions", for the API's own host; for the other
    products it is the rule of its library, and unconfirmed.
    """
    if base is None:
        return address
    there, asked = urlsplit(base), urlsplit(address)
    host = there.netloc
    if (there.hostname or "").endswith(_TWILIO):
        product = (asked.hostname or "").partition(".")[0]
        if product in _WITHOUT_REGION:
            return address
        host = f"{product}.{host.partition('.')[2]}"
    path = there.path.rstrip("/") + asked.path
    return urlunsplit((there.scheme, host, path, asked.query, ""))


def region_of(base: str | None) -> str | None:
    """The region, such as ``ie1``, that *base* is in; None for Twilio's first, and for a mock."""
    host = urlsplit(base or "").hostname or ""
    labels = host.removesuffix(_TWILIO).split(".") if host.endswith(_TWILIO) else []
    # product.region or product.edge.region
    return labels[-1] if len(labels) > 1 and labels[-1] != _FIRST_REGION else None


class _HttpClient(TwilioHttpClient):  # type: ignore[misc] # the library has no types
    """Sends every request to where the settings say, and tells of it."""

    def __init__(self, base: str | None, patience: float, asked: Asked) -> None:
        super().__init__(timeout=patience)
        self._base, self._asked = base, asked

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        began, resource, status = perf_counter(), _resource(url), "none"
        with span("rest", resource=resource) as told:
            try:
                response = super().request(method, address_at(self._base, url), *args, **kwargs)
                status = _kind(response.status_code)
                return response
            finally:
                told.tell(status=status)
                self._asked(resource, status, perf_counter() - began)


def _resource(url: str) -> str:
    """What is asked for, as one of a few words: an address holds ids and numbers."""
    parts = urlsplit(url).path.removesuffix(".json").split("/")
    return next((_RESOURCES[part] for part in parts if part in _RESOURCES), "other")


def _kind(status: int) -> str:
    return str(status) if status == _TOO_MANY else f"{status // 100}xx"


@contextmanager
def asking(problem: str) -> Iterator[None]:
    """What goes wrong while something is only asked, in our words: the library's hold numbers."""
    try:
        yield
    except TwilioException as err:
        is_refused = _status(err) == _UNAUTHORISED
        raise (TokenRefused if is_refused else CarrierUnavailable)(problem) from None
    except (requests.exceptions.RequestException, ValueError, TypeError):
        raise CarrierUnavailable(problem) from None


def _status(err: TwilioException) -> int | None:
    """The status of the answer; the library's lists only put the answer beside their words."""
    if isinstance(err, TwilioRestException):
        return int(err.status)
    return next((one.status_code for one in err.args if isinstance(one, Response)), None)


@contextmanager
def our_errors() -> Iterator[None]:
    """The library's errors as ours; its own messages quote numbers, so none is kept."""
    try:
        yield
    except TwilioRestException as err:
        raise _refusal(err) from None
    except requests.exceptions.ConnectTimeout:
        raise CarrierUnavailable("no connection to the carrier") from None
    except (requests.exceptions.RequestException, TwilioException, ValueError):
        raise MayHaveSent("the carrier did not answer") from None


def _refusal(err: TwilioRestException) -> Exception:
    log.warning("carrier.refused", status=err.status, code=err.code)
    if err.status == _TOO_MANY:  # never processed, says Twilio
        return CarrierUnavailable("the carrier asks us to slow down")
    if err.status >= _SERVER_ERROR:
        return MayHaveSent("the carrier failed while it was asked")
    if err.status == _UNAUTHORISED:  # somebody is rotating tokens; the text is still owed
        return CarrierUnavailable("the carrier does not know our token")
    return NoticeRefused(str(err.code or err.status))
