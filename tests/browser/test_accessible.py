"""
Each page of the console, for whoever sees badly, uses no mouse, or holds a small telephone.

WCAG 2.2 level AA as far as a program can tell (axe-core), in both themes; and, in both languages,
nothing to scroll sideways at 320 pixels, which is 200 per cent of a narrow window (1.4.4, 1.4.10).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.bootstrap import console_of
from tests.app.console.conftest import Console
from tests.app.console.two_districts import START, ids_of, play
from tests.browser.every_page import Shown, pages
from tests.browser.served import Service, let_in, serving

AXE = Path(__file__).with_name("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TOO_WIDE = """() => document.documentElement.scrollWidth > window.innerWidth
  ? [...document.querySelectorAll("body *")]
      .filter((e) => !e.closest(".scroll, .menu"))
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 3).map((e) => e.outerHTML.slice(0, 120)) : []"""
TOO_SMALL = """() => [
    ...document.querySelectorAll("button, summary, select, input:not([type=hidden])"),
  ]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24)
  .slice(0, 3).map((e) => e.outerHTML.slice(0, 120))"""


@dataclass
class Faults:
    """What was found, and on how many pages nothing was."""

    found: list[str] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)


# Pages that are another page when there is nothing in them.
EMPTIED = ("tonight", "handovers", "follow-ups", "log", "figures", "readings", "callers")


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1, None], ids=["evening 1", "evening 2", "nothing yet"])
def test_nothing_on_any_page_keeps_anybody_out(
    browser: Browser, sqlite_url: str, tmp_path: Path, half: int | None
) -> None:
    is_busy = half is not None
    faults = Faults()
    with serving(sqlite_url, tmp_path, START) as service:
        console = Console(service.stage, console_of(service.stage.parts))
        if is_busy:
            play(console)
        everything = list(pages(console.app, ids_of(console)))
        if half is not None:
            everything = everything[half::2]
        else:
            everything = [one for one in everything if one.name.startswith(EMPTIED)]
        for people, some in _by_person(everything):
            context = browser.new_context(locale="sv-SE", timezone_id="Europe/Stockholm")
            page = context.new_page()
            if people:
                let_in(context, console, service.address, people)
            for shown in some:
                # Where there is nothing yet there is less to see, and the colours are the same.
                _look(service, page, shown, faults, ("sv", "en") if is_busy else ("sv",))
            context.close()

    assert not faults.found, "\n".join(faults.found)
    assert len(faults.looked) > (20 if is_busy else 7)


def _by_person(everything: Sequence[Shown]) -> Iterator[tuple[str, list[Shown]]]:
    people = sorted({who for shown in everything for who in shown.people} | {""})
    for who in people:
        yield who, [s for s in everything if who in s.people or (not who and not s.people)]


def _look(
    service: Service, page: Page, shown: Shown, faults: Faults, languages: Sequence[str]
) -> None:
    """The first of its paths that shows something, unless somebody else has looked at it."""
    if shown.name in faults.looked:
        return
    for path in shown.paths:
        answer = page.goto(f"{service.address}{path}")
        if answer is not None and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            faults.found.append(f"{shown.name}: {answer.status}")
        if answer is None or answer.status != HTTPStatus.OK or not page.url.endswith(path):
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            return
        faults.looked.add(shown.name)
        for language in languages:
            where = f"{shown.name} {language}"
            if language == "sv":
                # Where there is nothing yet, the colours are those of where there is something.
                themes = ("light", "dark") if len(languages) > 1 else ("light",)
                _examine(page, where, faults, themes)
            else:  # other words in the same elements: all that they can be is longer
                page.context.add_cookies(
                    [{"name": "language", "value": language, "url": service.address}]
                )
                page.reload()
                assert page.locator("html").get_attribute("lang") == language
            _narrow(page, where, faults)
        page.context.clear_cookies(name="language")
        return


def _examine(page: Page, where: str, faults: Faults, themes: Sequence[str]) -> None:
    page.evaluate(AXE)
    for theme in themes:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        options: dict[str, Any] = {"runOnly": RULES, "resultTypes": ["violations"]}
        if theme == "dark":  # nothing else changes with the colours
            options["runOnly"] = {"type": "rule", "values": ["color-contrast"]}
        for one in page.evaluate("options => axe.run(options)", options)["violations"]:
            nodes = [node["html"][:140] for node in one["nodes"][:3]]
            faults.found.append(f"{where} {theme}: {one['id']}: {one['help']}: {nodes}")
    page.emulate_media(color_scheme="light")


def _narrow(page: Page, where: str, faults: Faults) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    faults.found += [f"{where}: too wide: {one}" for one in page.evaluate(TOO_WIDE)]
    faults.found += [f"{where}: too small: {one}" for one in page.evaluate(TOO_SMALL)]
    page.set_viewport_size({"width": 1280, "height": 800})
