"""The whole service over HTTP, on a stage of made-up people, with a telephone that shows codes."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_server
from unicodedata import normalize

from flask_security import hash_password
from passlib.totp import TOTP
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import make_server

from app.bootstrap import console_of, create_app
from app.demo.stage import Stage
from app.store import accounts
from routing.rota import Shift
from tests.app.console.conftest import CONSOLE_TOML, OFFICES, Console
from tests.app.world import REGISTER, evening, load_world, settings_for
from tests.examples import at

PASSWORD = "fyra korta ord här"
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_STEP = 30  # seconds for which a code holds


@dataclass
class Service:
    """Where it is, the stage behind it, and how to sign in."""

    address: str
    stage: Stage
    used: dict[str, int] = field(default_factory=dict)

    def next_code(self, person: str) -> str:
        """The code on the person's telephone, or the next one when that has been used."""
        totp = TOTP(key=KEY)
        counter = max(totp.generate().counter, self.used.get(person, 0) + 1)
        self.used[person] = counter
        return str(totp.generate(counter * _STEP).token)

    def sign_in(self, page: Page, person: str) -> None:
        """As *person* does it: address, password, code."""
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("E-postadress i arbetet").fill(f"{person}@example.invalid")
        page.get_by_label("Lösenord").fill(PASSWORD)
        page.get_by_role("button", name="Fortsätt").click()
        page.get_by_label("Sex siffror").fill(self.next_code(person))
        page.get_by_role("button", name="Logga in", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)


@contextmanager
def serving(
    database_url: str,
    folder: Path,
    moment: str,
    *,
    shifts: Sequence[Shift] | None = None,
    toml: str = CONSOLE_TOML,
) -> Iterator[Service]:
    """The service at that moment in Stockholm, with an account for everybody of `OFFICES`."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Browsers make passkeys for this name without https, and for no other.
    address = f"http://localhost:{port}"
    settings = settings_for(database_url, folder, PUBLIC_URL=address)
    given = shifts if shifts is not None else evening(moment[:10])
    load_world(settings, shifts=given, entries=REGISTER, toml=toml)
    stage = Stage(settings, at(moment))
    _make_accounts(stage)
    server = make_server("127.0.0.1", port, create_app(stage.parts), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Service(address, stage)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        stage.close()
        stage.parts.engine.dispose()


def let_in(context: BrowserContext, console: Console, address: str, person: str) -> None:
    """*person* is signed in already, for tests in which how is not the question."""
    cookie = console.signed_in(person).client.get_cookie("console")
    assert cookie is not None
    context.add_cookies([{"name": "console", "value": cookie.value, "url": address}])


def _make_accounts(stage: Stage) -> None:
    console = console_of(stage.parts)
    with console.app_context():
        password = hash_password(normalize("NFKD", PASSWORD))  # as a form gives it
        factory = console.extensions["security"]._totp_factory  # noqa: SLF001 - no other name
        secret = factory._totp(key=KEY).to_json(encrypt=True)  # noqa: SLF001 - as above
    with stage.parts.engine.begin() as connection:
        for person, (office, district) in OFFICES.items():
            account = accounts.add(
                connection,
                login=f"{person}@example.invalid",
                person=person,
                office=office,
                district=district,
                now=stage.parts.clock(),
            )
            account.password, account.totp_secret = password, secret
            account.second_factor = "authenticator"
            accounts.save(connection, account)
