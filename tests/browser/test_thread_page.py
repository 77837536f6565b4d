"""A therapist on her telephone reads a text and answers it, on a line that only sends notices."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from app.bootstrap import create_app
from app.demo.stage import Stage
from app.store import staff
from routing.ids import TherapistId
from tests.app.texts.talk import NOTICE_ONLY, later, read_by, writes
from tests.app.world import T4, YOUTH, evening, load_world, settings_for
from tests.examples import at

CODE = "135790"


@contextmanager
def _evening(database_url: str, folder: Path) -> Iterator[Stage]:
    """An evening on which t4 has a code, served over HTTP at the address in its notices."""
    server = make_server("127.0.0.1", 0, lambda *_: iter(()), threaded=True)
    settings = settings_for(database_url, folder)
    settings = replace(settings, public_url=f"http://127.0.0.1:{server.port}")
    load_world(settings, shifts=evening("2026-03-03"), toml=NOTICE_ONLY)
    stage = Stage(settings, at("2026-03-03T19:04").astimezone(UTC))
    with stage.parts.engine.begin() as connection:
        cipher, now = stage.parts.cipher, stage.parts.clock()
        staff.set_pin(connection, cipher, TherapistId("t4"), CODE, now)
    stage.parts.mirror.refresh()
    server.app = create_app(stage.parts)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        stage.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_she_reads_and_answers_with_one_thumb(
    page: Page, sqlite_url: str, tmp_path: Path, scheme: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    with _evening(sqlite_url, tmp_path) as stage:
        writes(stage, YOUTH, "Kan någon ringa?")
        page.goto(read_by(stage, T4)[-1].rsplit(" ", 1)[1])
        page.get_by_label("Din jourkod").fill(CODE)
        page.keyboard.press("Enter")
        page.get_by_label("Ditt svar").wait_for()
        shown = page.locator("main").inner_text()
        too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        page.get_by_label("Ditt svar").fill("Jag ringer om fem minuter")
        page.get_by_role("button", name="Skicka från linjens nummer").click()
        told = page.get_by_role("status").inner_text()
        later(stage, seconds=5)
        page.get_by_role("link", name="Hämta nya sms").click()
        page.get_by_text("Jag ringer om fem minuter").wait_for()

        assert "Kan någon ringa?" in shown
        assert not too_wide
        assert told == "Ditt svar är på väg."
        assert read_by(stage, YOUTH) == ["Jag ringer om fem minuter"]
        assert "Kan någon" not in page.title() + page.url
