"""
Pictures of each page, on a telephone and at a desk: `make screens`.

The people are the demo's, and the moment is an evening on which the line is open.
"""

import argparse
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from socket import create_server
from urllib.parse import unquote

from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from app.bootstrap import console_of, create_app
from app.console.on_show import PEOPLE
from app.demo.evening import made_up
from app.demo.nights import play_nights
from app.demo.stage import Stage
from app.settings import Settings
from app.store import accounts, sessions
from tests.app.console.conftest import Console, Visitor
from tests.app.console.two_districts import ids_of
from tests.app.world import settings_for
from tests.browser.conftest import PROGRAM, QUIET
from tests.browser.every_page import pages
from tests.examples import at

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
EVENING = "2026-11-19T20:34"  # a Thursday
WIDTHS = {390: 844, 1280: 900}
TALLEST = 2400
# The demo's people by the names that every page is looked at with.
_WHO = {person: login for login, (_, person) in PEOPLE.items()}
_WHO.update({"r2": "ombud@example.org", "a1": "admin@example.org"})


def main() -> int:
    """Write a picture of every page that shows something; how many there are."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="", help="part of a page's name")
    asked.add_argument("--out", type=Path, default=SCREENS)
    asked.add_argument("--theme", choices=["light", "dark"], default="light")
    options = asked.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    made = 0
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (address, stage):
        console = Console(stage, console_of(stage.parts))
        _furnish(console)
        ids = {**ids_of(console), "month": ["2026-10"]}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=PROGRAM, args=QUIET)
            for shown in pages(console.app, ids):
                if options.only not in shown.name:
                    continue
                for who in _people(stage, shown.people):
                    context = browser.new_context(
                        locale="sv-SE", timezone_id="Europe/Stockholm", color_scheme=options.theme
                    )
                    _let_in(context, console, address, who)
                    page = context.new_page()
                    path = _open(page, address, shown.paths)
                    if path is not None:
                        made += _take(page, options.out / shown.name)
                    context.close()
                    if path is not None:
                        break
            browser.close()
    sys.stdout.write(f"{made} pictures in {options.out}\n")
    return 0


def _people(stage: Stage, people: tuple[str, ...]) -> list[str]:
    """Who looks, whoever has the duty first; nobody in particular where no sign-in is needed."""
    rota = next(iter(stage.parts.mirror.picture.rotas.values()))
    on_duty = [str(shift.therapist) for shift in rota.on_call(stage.carrier.now())]
    some = [who for who in on_duty if any(one.startswith("t") for one in people)]
    return [*some, *(who for who in people if who not in some)] or [""]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, Stage]]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    settings: Settings = settings_for(f"sqlite:///{folder}/screens.db", folder, PUBLIC_URL=address)
    now = at(EVENING)
    line = made_up(settings, now)
    stage = Stage(settings, now - timedelta(days=9), seed=1)
    play_nights(stage, line, now)
    stage.carrier.run_until(now)
    stage.sweep()
    server = make_server("127.0.0.1", port, create_app(stage.parts), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address, stage
    server.shutdown()
    thread.join()
    stage.close()


def _furnish(console: Console) -> None:
    """What the demo has none of until somebody makes it: a draft, a swap, a follow-up."""
    manager, therapist = (_visitor(console, who) for who in ("m2", "t5"))
    week = {"first": "2026-11-23", "last": "2026-11-29", "note": "Byte i veckan"}
    manager.post("/rota/eftervard/drafts", week)
    duties = re.findall(r'duty=([^"&]+)', therapist.get("/swaps").text)
    therapist.post("/swaps/offer", {"duty": unquote(duties[-1]), "to": ""})
    ordered = {
        "line": "eftervard",
        "client": "JA-202",
        "instruction": "Fråga hur mötet med skolan gick.",
        "attempts": "3",
        "day_1": "2026-11-20",
        "from_1": "18:00",
        "to_1": "19:00",
        "then_1": "socialjouren",
    }
    therapist.post("/follow-ups/order", ordered)


def _visitor(console: Console, who: str) -> Visitor:
    parts = console.stage.parts
    with parts.engine.begin() as connection:
        account = accounts.find(connection, login=_WHO[who])
        assert account is not None
        kept = sessions.begin(connection, account.id, "Firefox · Android", parts.clock())
    visitor = console.visitor()
    with visitor.client.session_transaction() as session:
        session.update({"_user_id": account.stamp, "_fresh": True, "kept": kept, "fs_cc": "set"})
    return visitor


def _let_in(context: BrowserContext, console: Console, address: str, who: str) -> None:
    if not who:
        return
    visitor = _visitor(console, who)
    cookie = visitor.client.get_cookie("console")
    assert cookie is not None
    context.add_cookies([{"name": "console", "value": cookie.value, "url": address}])


def _open(page: Page, address: str, paths: tuple[str, ...]) -> str | None:
    for path in reversed(paths):  # the latest
        answer = page.goto(f"{address}{path}")
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        if answer.status == HTTPStatus.OK and page.url.endswith(path):
            return path
    return None


def _take(page: Page, name: Path) -> int:
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        whole = page.evaluate("document.documentElement.scrollHeight")
        file = name.with_name(f"{name.name}-{width}.png")
        page.screenshot(
            path=file,
            clip={"x": 0, "y": 0, "width": width, "height": min(whole, TALLEST)},
            full_page=True,
            animations="disabled",
        )
        # A page has few colours, and a repository should not grow by megabytes.
        with Image.open(file) as picture:
            picture.convert("RGB").quantize(64).save(file, optimize=True)
    return len(WIDTHS)


if __name__ == "__main__":
    raise SystemExit(main())
