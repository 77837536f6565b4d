"""Fetches what a source's server or file holds, within a bound of time and bytes."""

import http.client
import logging
import math
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import TypeVar

import requests
import urllib3

from rota_adapter.sources.exchange import Answer, Fault, Question, TooSlow, Wire, ask
from routing.errors import RotaUnavailable

_Found = TypeVar("_Found")
_LONGEST = 10.0  # seconds for one answer, from the name's look-up to the last byte
_LARGEST = 20_000_000  # bytes
_ANSWERS_IN_A_LOAD = 3  # so many slow ones, and the whole load is given up


_Key = tuple[str, tuple[tuple[str, str], ...]]


# The first that fits: some of these are kinds of others.
_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (TooSlow, requests.Timeout, urllib3.exceptions.TimeoutError),
        "the server does not answer within {seconds:g} seconds",
    ),
    ((requests.exceptions.SSLError,), "the server's certificate is not valid for its address"),
    ((requests.exceptions.ProxyError,), "the proxy does not let the request through"),
    (
        (requests.ConnectionError,),
        "the server cannot be reached, or hangs up without an answer",
    ),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError),
        "the address or the token in the organisation file makes no sense",
    ),
    ((urllib3.exceptions.HTTPError, http.client.HTTPException), "the answer breaks off"),
)


class Fetcher:
    """
    Asks servers and files for what they hold, and remembers it for as long as it is unchanged.

    An answer that takes longer than *seconds* in all is given up, however it is delayed: the work
    is done in a thread, whose socket is shut when the time is over.  No error, log or repr holds
    an address, a header or an answer.
    """

    def __init__(self, seconds: float = _LONGEST) -> None:
        self._seconds, self._ends = seconds, math.inf
        self._kept: dict[_Key, Answer] = {}
        # At DEBUG it logs paths, and at WARNING the address of whoever sends malformed headers.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    def for_one_load(self) -> "Fetcher":
        """The same fetcher, with a bound on the time of everything asked through it together."""
        one = Fetcher(self._seconds)
        one._kept = self._kept
        one._ends = monotonic() + _ANSWERS_IN_A_LOAD * self._seconds
        return one

    def get(
        self,
        address: str,
        headers: Mapping[str, str] = {},
        most_bytes: int = _LARGEST,
        *,
        remember: bool = True,
    ) -> bytes:
        """
        What stands at *address*: http, https, or the path of a file.

        A redirect is followed three times at most, and only to the same host and port.  A user name
        and password in the address are sent as HTTP Basic, and never those of a netrc file.

        Args:
            remember: ask only for what has changed since the last time; not for addresses that
                are never asked again.

        Raises:
            RotaUnavailable: there is no answer in time, or it is no plain 200 or too large.

        Source: RFC 9110, 13.1 (conditional requests) and 15.4 (redirects).
        """
        if not address.lower().startswith(("http://", "https://")):
            return self._in_time(lambda: _content_of(Path(address), most_bytes), lambda: None)
        key = (address, tuple(sorted(headers.items())))
        kept = self._kept.get(key) if remember else None
        asked = {**headers, **(kept.conditions() if kept is not None else {})}
        answer = self._exchange(Question("GET", address, asked, most_bytes, known=kept))
        if remember and answer.conditions():
            self._kept[key] = answer
        return answer.content

    def post(
        self,
        address: str,
        body: bytes,
        headers: Mapping[str, str] = {},
        most_bytes: int = _LARGEST,
    ) -> bytes:
        """
        The answer to *body*, which asks and changes nothing; no redirect is followed.

        Raises:
            RotaUnavailable: as in `get`.
        """
        return self._exchange(Question("POST", address, headers, most_bytes, body)).content

    def _exchange(self, question: Question) -> Answer:
        wire = Wire()
        ends = min(monotonic() + self._seconds, self._ends)
        return self._in_time(lambda: ask(question, wire, ends), wire.cut)

    def _in_time(self, work: Callable[[], _Found], give_up: Callable[[], None]) -> _Found:
        """
        What *work* returns; when the time is over *give_up* is called and *work* is left behind.

        Looking up a name, trying its addresses and reading a network drive have no time-out of
        their own, so only another thread can bound them.
        """
        found: list[_Found] = []
        faults: list[str] = []
        ends = min(monotonic() + self._seconds, self._ends)

        def run() -> None:
            try:
                found.append(work())
            except Exception as err:  # noqa: BLE001 - whatever it says may quote the address
                faults.append(self._sentence(err))

        thread = threading.Thread(target=run, name="fetch", daemon=True)
        thread.start()
        thread.join(max(ends - monotonic(), 0))
        if found:
            return found[0]
        sentence = faults[0] if faults else self._sentence(TooSlow())
        give_up()
        # Raised here, where nothing is being handled: no chain leads to the library's own words.
        raise RotaUnavailable(sentence)

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, Fault):
            return str(error)
        for kinds, sentence in _SENTENCES:
            if isinstance(error, kinds):
                return sentence.format(seconds=self._seconds)
        return f"the request failed ({type(error).__name__})"


def _content_of(path: Path, most_bytes: int) -> bytes:
    try:
        if not path.is_file():  # opening a pipe would wait for somebody to write into it
            raise Fault("there is no such file")
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except (OSError, ValueError):
        raise Fault("the file cannot be read") from None
    if len(content) > most_bytes:
        raise Fault(f"the file is larger than {most_bytes} bytes")
    return content
