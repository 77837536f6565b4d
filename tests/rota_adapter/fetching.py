"""A fetcher in a hurry, and an address whose every part but the host is a secret."""

import time
import traceback

import pytest

from rota_adapter.sources.fetch import Fetcher
from routing.errors import RotaUnavailable
from tests.rota_adapter.feed_server import FeedServer

BODY = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
SECRETS = ("s3cret", "jourlinjen", "hidden-path", "hidden-query", "hidden-header")
PATH = "/hidden-path"
TIME_OUT = 0.2  # seconds
SLOWLY = 0.02  # seconds for each byte, so that every single read is in time
SOON = 3  # seconds, on a busy machine; what drips here would take far longer
TOO_LATE = "the server does not answer within 0.2 seconds"


def secret_address(server: FeedServer) -> str:
    """An address that nobody may see any part of but the host."""
    scheme, _, host = server.address.partition("://")
    return f"{scheme}://jourlinjen:s3cret%21@{host}{PATH}?key=hidden-query"


def fault(fetcher: Fetcher, address: str, most_bytes: int = 1_000) -> str:
    """What the error says; it must come in time and hold no secret, wherever it is printed."""
    begun = time.monotonic()
    with pytest.raises(RotaUnavailable) as caught:
        fetcher.get(address, {"X-Key": "hidden-header"}, most_bytes)
    assert time.monotonic() - begun < SOON
    printed = "".join(traceback.format_exception(caught.value))
    chain = repr((caught.value, caught.value.__cause__, caught.value.__context__, fetcher))
    # The line of this test's own call is in the traceback, as it is written here.
    assert not [s for s in SECRETS if s in printed.replace('"hidden-header"', "") + chain]
    return str(caught.value)
