"""
``python -m app.ready``: whether the web process on this machine can route calls.

For whoever starts it (systemd, a container's health check), many times an hour: so it loads nothing
of the service.  The status is 0 once it answers, degraded or not, and 1 while it does not.
"""

import os
import sys
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException

_PATIENCE = 4.0  # seconds for one answer
_LOOK_EVERY = 0.2


def is_ready(port: int, wait: float = 0.0) -> bool:
    """Whether `/readyz` says so within *wait* seconds; it is asked once at least."""
    until = time.monotonic() + wait
    while not _says_so(port):
        if time.monotonic() >= until:
            return False
        time.sleep(_LOOK_EVERY)
    return True


def _says_so(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200  # noqa: PLR2004 - the one good answer
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main(arguments: Sequence[str]) -> int:
    """The status for ``[--wait SECONDS]``, with the port of the Procfile."""
    wait = float(arguments[1]) if arguments[:1] == ["--wait"] else 0.0
    return 0 if is_ready(int(os.environ.get("PORT") or "8000"), wait) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
