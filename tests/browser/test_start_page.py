"""The start page, as a person sees it: on a phone and at a desk, by day and by night."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from app.bootstrap import create_app
from tests.app.world import evening, load_world, parts_at, settings_for


@contextmanager
def _served(database_url: str, folder: Path, moment: str) -> Iterator[str]:
    """The address of a service at that moment, with the organisation of the examples."""
    settings = settings_for(database_url, folder)
    load_world(settings, shifts=evening("2026-03-03"))
    parts = parts_at(settings, moment)
    parts.mirror.look()
    server = make_server("127.0.0.1", 0, create_app(parts), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        parts.engine.dispose()


def test_who_is_on_standby_is_shown_by_id_and_never_by_name_or_number(
    page: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with _served(sqlite_url, tmp_path, "2026-03-03T19:04") as address:
        page.goto(address)

        shown = page.locator("main").inner_text()
        rows = page.locator("tbody tr").all_inner_texts()

    assert page.title() == "Jour – Beredskap"
    assert "Öppet nu." in shown
    assert [row.split() for row in rows] == [
        ["1", "t4", "3/3", "22:00"],
        ["2", "t1", "3/3", "22:00"],
    ]
    assert "Therapist" not in shown
    assert "+46" not in shown


def test_a_closed_line_says_when_it_opens(page: Page, sqlite_url: str, tmp_path: Path) -> None:
    with _served(sqlite_url, tmp_path, "2026-03-03T23:30") as address:
        page.goto(address)

        shown = page.locator("main").inner_text()

    assert "Stängt nu. Öppnar 4/3 17:00." in shown
    assert "demo" not in shown.lower()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_small_phone_in_either_theme(
    page: Page, sqlite_url: str, tmp_path: Path, scheme: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    with _served(sqlite_url, tmp_path, "2026-03-03T19:04") as address:
        page.goto(address)

        too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        style = "getComputedStyle(document.body)"
        ink, paper = page.evaluate(f"[{style}.color, {style}.backgroundColor]")

    assert not too_wide
    assert ink != paper
