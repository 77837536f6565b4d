"""The console beside what answers calls: in the same process, and made when it is asked for."""

import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Beside:
    """
    Sends what belongs to *calls* there, and everything else to the console.

    The console is made with the first request for it.  A process that only answers calls never
    loads it, and one whose console cannot be made answers calls all the same.
    """

    def __init__(
        self, calls: Wsgi, belongs: Callable[[str], bool], make: Callable[[], Wsgi], public_url: str
    ) -> None:
        self._calls, self._belongs, self._make = calls, belongs, make
        self._public = urlsplit(public_url)
        self._console: Wsgi | None = None
        self._one_at_a_time = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        if self._belongs(environ.get("PATH_INFO", "")):
            return self._calls(environ, start_response)
        if self._public.scheme == "https":
            # A proxy has taken the https away; what the browser sees decides about its keys.
            environ["wsgi.url_scheme"] = "https"
            environ["HTTP_HOST"] = self._public.netloc
        return self._made()(environ, start_response)

    def _made(self) -> Wsgi:
        if self._console is None:
            with self._one_at_a_time:
                if self._console is None:
                    self._console = self._make()
        return self._console
