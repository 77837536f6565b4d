"""Serving below a path: when PUBLIC_URL has one, with or without a proxy that strips it."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def under_prefix(app: Wsgi, public_url: str) -> Wsgi:
    """*app*, which also answers below the path of *public_url*, percent-encoded or not."""
    prefix = unquote(urlsplit(public_url).path, "latin-1").rstrip("/")
    if not prefix:
        return app

    def mounted(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        path: str = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(f"{prefix}/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
            environ["PATH_INFO"] = path[len(prefix) :]
        return app(environ, start_response)

    return mounted
