"""Puts the REST face on the loopback, for clients that speak only HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication

from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    """Answers without a word on the terminal."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as inherited
        """Say nothing: addresses of list requests hold telephone numbers."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer without a date of this machine's: the carrier gives its own."""
        self.send_response_only(code, message)


@contextmanager
def serve(rest: WSGIApplication, port: int = 0) -> Iterator[str]:
    """The address at which *rest* answers, ``http://127.0.0.1:…``, until the block is left."""
    server = make_server("127.0.0.1", port, rest, threaded=True, request_handler=Quiet)
    # The server looks this often, in seconds, whether it is to stop; its own half a second is long.
    looks = {"poll_interval": 0.01}
    thread = threading.Thread(target=server.serve_forever, kwargs=looks, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
