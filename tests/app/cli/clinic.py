"""A whole installation on the loopback, with everything that it hangs on, for the doctor to see."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from werkzeug.serving import make_server

from app.bootstrap import assemble, create_app, utc_now
from app.lab.rest_server import Quiet, serve
from app.store import pulses
from app.store.database import make_engine
from tests.app.cli.terminal import REGISTER_CSV, Terminal
from tests.app.duty.before_duty import manned
from tests.app.duty.post_office import mail_server
from tests.app.review.ward import Authority, Surroundings, answering, authority, surroundings
from tests.app.world import changed, publish, settings_for

NAMES = ("jour.example.se", "elsewhere.example.se", "mail.example.se")
FOR_EVER = ("valid_to = 2027-12-31\n", "")  # a test must not fail in the December before


@dataclass
class Installation:
    """*terminal* is where the doctor is asked; *around* is the carrier, which can be changed."""

    terminal: Terminal
    around: Surroundings
    pages: dict[str, tuple[int, bytes]]  # of whoever hosts the fallback


@contextmanager
def installation(
    database_url: str,
    folder: Path,
    left: timedelta = timedelta(days=60),
    toml: str = changed(FOR_EVER),
) -> Iterator[Installation]:
    """Everything as it should be; the certificate of PUBLIC_URL has *left* to go."""
    with ExitStack() as open_:
        pages: dict[str, tuple[int, bytes]] = {}
        elsewhere = open_.enter_context(answering(pages))
        mail = open_.enter_context(mail_server())
        trusted, web = authority(folder), _Web()
        port = open_.enter_context(_served(web, trusted, left))
        env = {
            "PUBLIC_URL": f"https://jour.example.se:{port}",
            "FALLBACK_URL": f"http://elsewhere.example.se:{elsewhere}/fallback.xml",
            "SMTP_URL": mail.url.replace("127.0.0.1", "mail.example.se"),
            "MAIL_FROM": "jour@example.se",
            "REQUESTS_CA_BUNDLE": trusted.file,
            "NO_PROXY": "*",
            "WEB_CONCURRENCY": "2",
        }
        own = settings_for(database_url, folder, **env)
        around = surroundings(own, utc_now())

        def rest(*request: Any) -> Any:  # noqa: ANN401 - as a server calls it
            around.carrier.run_until(utc_now())  # by whose clock ours is judged
            return around.carrier.rest(*request)

        env["TWILIO_API_URL"] = open_.enter_context(serve(rest))
        terminal = Terminal.at(database_url, folder, **env)
        terminal.hosts.update(dict.fromkeys(NAMES, "127.0.0.1"))
        _fill(terminal, toml)
        pages["/fallback.xml"] = (200, terminal.run("fallback-twiml").out.encode())
        parts = assemble(own)
        parts.mirror.refresh()
        web.app = create_app(parts)
        yield Installation(terminal, around, pages)
        parts.engine.dispose()


def _fill(terminal: Terminal, toml: str) -> None:
    """Who works here, who may call, who is on standby for weeks, and a clock that runs."""
    for command in (
        ("load", terminal.file("organisation.toml", toml)),
        ("clients", "import", terminal.file("register.csv", REGISTER_CSV)),
    ):
        assert terminal.run(*command).status == 0
    now = utc_now()
    engine = make_engine(terminal.database_url)
    publish(engine, manned(*(f"{now + timedelta(days=n):%Y-%m-%dT00:00}" for n in (-2, 20))))
    with engine.begin() as connection:
        pulses.beat(connection, pulses.CLOCK, now)
    engine.dispose()


class _Web:
    """The service behind its proxy; it starts when its address is known."""

    app: Any = None

    def __call__(self, *request: Any) -> Any:  # noqa: ANN401 - as a server calls it
        return self.app(*request)


@contextmanager
def _served(web: _Web, trusted: Authority, left: timedelta) -> Iterator[int]:
    tls = trusted.context("jour.example.se", ends=utc_now() + left)
    server = make_server("127.0.0.1", 0, web, threaded=True, request_handler=Quiet, ssl_context=tls)
    looks = {"poll_interval": 0.01}
    thread = Thread(target=server.serve_forever, kwargs=looks, daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
