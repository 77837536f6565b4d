"""The lab's one server: the page at /lab, and the service itself everywhere else."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socket import create_server
from typing import Any

from werkzeug.serving import make_server

from app.clock import attempt
from app.demo.phone_lab.pages import create_lab
from app.demo.phone_lab.session import Session
from app.lab.rest_server import Quiet
from routing.errors import Conflict

HOST = "127.0.0.1"
_LAB = "/lab"


def front(session: Session) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that is the lab below `/lab`, and the session's service besides."""
    lab = create_lab(session)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        path = environ.get("PATH_INFO", "")
        if path == _LAB or path.startswith(f"{_LAB}/"):
            return lab(environ, start_response)
        return session.stage.web(environ, start_response)

    return answer


@contextmanager
def serving(session: Session, port: int) -> Iterator[str]:
    """
    The address of *session*'s lab while the block lasts, and time passes in it.

    Only this machine reaches it: the demo's accounts are known to everybody.
    """
    server = make_server(HOST, port, front(session), threaded=True, request_handler=Quiet)
    stop = threading.Event()
    looks = {"poll_interval": 0.05}
    threads = (
        threading.Thread(target=server.serve_forever, kwargs=looks, daemon=True),
        threading.Thread(target=_live, args=(session, stop), daemon=True),
    )
    for thread in threads:
        thread.start()
    try:
        yield f"http://{HOST}:{port}{_LAB}"
    finally:
        stop.set()
        threads[1].join()
        server.shutdown()
        threads[0].join()
        server.server_close()
        session.close()


def must_be_free(port: int) -> None:
    """
    Find out before anything is made whether the port can be had.

    Raises:
        Conflict: something else listens there.
    """
    try:
        create_server((HOST, port)).close()
    except OSError:
        raise Conflict(
            f"port {port} is taken, perhaps by another demo: stop that, or name another with PORT="
        ) from None


def _live(session: Session, stop: threading.Event) -> None:
    while not stop.is_set():  # a fault in one moment does not stop the lab's clock
        attempt("lab.live", lambda: session.live(stop))
