"""A draft of the rota is changed by dragging a name, as well as by its form."""

from pathlib import Path

from playwright.sync_api import Browser

from app.bootstrap import console_of
from tests.app.console.conftest import Console
from tests.app.duty.swapping import NOON, WEEK
from tests.browser.served import let_in, serving


def test_a_name_that_is_dragged_to_a_place_is_kept_in_the_draft(
    browser: Browser, sqlite_url: str, tmp_path: Path
) -> None:
    with serving(sqlite_url, tmp_path, NOON, shifts=WEEK) as service:
        console = Console(service.stage, console_of(service.stage.parts))
        dates = {"first": "2026-03-02", "last": "2026-03-08"}
        made = console.signed_in("m1").post("/rota/eftervard/drafts", dates)
        context = browser.new_context(locale="sv-SE", viewport={"width": 1280, "height": 1800})
        let_in(context, console, service.address, "m1")
        page = context.new_page()
        page.goto(f"{service.address}{made.location}")
        place = page.locator("[data-drop]").nth(2)  # Tuesday's first, which t4 has
        box = place.bounding_box()
        assert box is not None

        page.locator("[data-person=t5]").hover()
        page.mouse.down()
        page.mouse.move(box["x"] + 10, box["y"] + 10, steps=5)
        page.mouse.up()

        page.get_by_text("Utkastet är ändrat.").wait_for()
        assert place.locator("select").input_value() == "t5"
        context.close()
