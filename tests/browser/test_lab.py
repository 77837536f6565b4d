"""The phone lab as somebody uses it: telephones are clicked, and functions are not called."""

from collections.abc import Iterator
from pathlib import Path
from socket import create_server

import pytest
from playwright.sync_api import Locator, Page, expect

from app.demo.phone_lab.server import serving
from app.demo.phone_lab.session import Session
from tests.app.demo.worlds import FRIDAY, make_template, worlds_in
from tests.browser.test_accessible import AXE, RULES, TOO_SMALL, TOO_WIDE
from tests.examples import at

GUARDIAN, YOUTH = "+46701740640", "+46701740647"
_MOST_TABS = 60


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    template = make_template(tmp_path_factory.mktemp("template"))
    folder = tmp_path_factory.mktemp("lab")
    worlds = worlds_in(folder, template, f"http://127.0.0.1:{port}")
    made = Session(worlds, at(FRIDAY), ("127.0.0.1", port))
    with serving(made, port):
        yield made


@pytest.fixture
def lab(session: Session, page: Page) -> Page:
    """The lab's page on a Friday evening, in a world in which nothing has been."""
    session.start_over(at(FRIDAY))
    session.running, session.speed = True, 1.0
    page.goto(f"{session.stage.parts.settings.public_url}/lab")
    return page


def _phone(lab: Page, name: str) -> Locator:
    return lab.locator(".phone").filter(has=lab.locator("h3, .whose").get_by_text(name, exact=True))


def _click(phone: Locator, words: str) -> None:
    phone.get_by_role("button", name=words).first.click()


def _choose(lab: Page, who: str) -> None:
    lab.get_by_label("Vem ringer?").select_option(who)
    expect(lab.locator(".callers .phone").first).to_have_id(f"phone-{who.lstrip('+')}")


def test_a_call_is_answered_by_the_first_on_standby(lab: Page) -> None:
    caller, first = _phone(lab, "Vårdnadshavare i familj HV-101"), _phone(lab, "Cecilia Exempel")

    _click(caller, "Ring linjen")
    expect(first).to_have_attribute("data-tone", "ringing")
    _click(first, "Svara")
    expect(first.locator(".bubble.heard").first).to_contain_text("Tryck 1")
    first.get_by_role("button", name="1", exact=True).click()

    expect(caller).to_contain_text("Pratar med Cecilia Exempel")
    expect(first).to_contain_text("Pratar med Vårdnadshavare i familj HV-101")
    expect(lab.locator(".course").first).to_contain_text("Cecilia Exempel tryckte 1")
    _click(caller, "Lägg på")
    expect(lab.locator(".course .badge").first).to_have_text("Besvarat")
    expect(first).to_have_attribute("data-tone", "silent")


def test_nobody_answers_and_the_fallback_takes_the_call(lab: Page) -> None:
    caller, fallback = _phone(lab, "Vårdnadshavare i familj HV-101"), _phone(lab, "Socialjouren")

    _click(caller, "Ring linjen")
    for name in ("Cecilia Exempel", "Daniel Exempel"):
        rings_on = lab.get_by_role("button", name=f"Hoppa Telefonen hos {name}")
        expect(_phone(lab, name)).to_have_attribute("data-tone", "ringing")
        rings_on.click()
    lab.get_by_role("button", name="×10").click()
    expect(fallback).to_have_attribute("data-tone", "ringing")
    _click(fallback, "Svara")

    expect(caller).to_contain_text("Pratar med Socialjouren")
    _click(caller, "Lägg på")
    expect(lab.locator(".course .badge").first).to_have_text("Besvarat av reservnumret")
    expect(lab.locator(".course").first).to_contain_text("Daniel Exempel svarade inte")


def test_a_text_conversation_goes_both_ways(lab: Page) -> None:
    _choose(lab, YOUTH)
    caller, holder = _phone(lab, "Ungdom i familj JA-201"), _phone(lab, "Daniel Exempel")

    caller.get_by_placeholder("Skriv ett sms").fill("Hej, är det någon där?")
    _click(caller, "Skicka")
    expect(holder.locator(".bubble.received")).to_contain_text("Hej, är det någon där?")
    holder.get_by_placeholder("Skriv ett sms").fill("Ja, jag är här.")
    holder.get_by_placeholder("Skriv ett sms").press("Enter")

    expect(caller.locator(".bubble.received").last).to_contain_text("Ja, jag är här.")
    expect(holder.get_by_placeholder("Skriv ett sms")).to_have_value("")
    expect(lab.locator(".notices")).to_contain_text("Sms till Ungdom i familj JA-201")


def test_a_call_is_placed_and_taken_with_the_keyboard_alone(lab: Page) -> None:
    def tab_to(words: str) -> None:
        for _ in range(_MOST_TABS):
            lab.keyboard.press("Tab")
            if lab.evaluate("document.activeElement.textContent").startswith(words):
                return
        pytest.fail(f"no way with the keyboard to {words}")

    tab_to("Jag förstår")
    lab.keyboard.press("Enter")
    tab_to("Ring linjen")
    lab.keyboard.press("Enter")
    first = _phone(lab, "Cecilia Exempel")
    expect(first).to_have_attribute("data-tone", "ringing")
    expect(lab.locator("#news")).to_contain_text("Telefonen ringer")
    tab_to("Svara")
    lab.keyboard.press("Enter")
    # The button is gone: the focus is where the next one to press is.
    expect(first.get_by_role("button", name="1", exact=True)).to_be_focused()
    lab.keyboard.press("Enter")

    expect(first).to_contain_text("Pratar med")


def test_what_is_being_typed_and_focused_survives_what_happens_meanwhile(lab: Page) -> None:
    field = _phone(lab, "Daniel Exempel").get_by_placeholder("Skriv ett sms")
    field.fill("Jag skriver just nu")
    field.focus()

    lab.evaluate("""() => document.querySelector('.callers .phone [data-do="call"]').click()""")
    expect(_phone(lab, "Cecilia Exempel")).to_have_attribute("data-tone", "ringing")

    expect(field).to_be_focused()
    expect(field).to_have_value("Jag skriver just nu")


def test_the_lab_keeps_nobody_out_and_fits_a_small_telephone(lab: Page) -> None:
    _click(_phone(lab, "Vårdnadshavare i familj HV-101"), "Ring linjen")
    expect(_phone(lab, "Cecilia Exempel")).to_have_attribute("data-tone", "ringing")
    lab.get_by_role("button", name="Pausa").click()
    lab.emulate_media(reduced_motion="reduce")
    lab.evaluate(AXE)
    found = []
    for theme in ("light", "dark"):
        lab.emulate_media(color_scheme=theme, reduced_motion="reduce")
        only = RULES if theme == "light" else {"type": "rule", "values": ["color-contrast"]}
        options = {"runOnly": only, "resultTypes": ["violations"]}
        found += [
            (theme, one["id"], [node["html"][:120] for node in one["nodes"][:2]])
            for one in lab.evaluate("options => axe.run(options)", options)["violations"]
        ]
    lab.set_viewport_size({"width": 320, "height": 640})

    assert not found
    assert lab.evaluate(TOO_WIDE) == []
    assert lab.evaluate(TOO_SMALL) == []
    # On a telephone the one that rings is in reach wherever one has scrolled to.
    lab.locator(".ringing-bar").get_by_role("button", name="Svara").click()
    expect(_phone(lab, "Cecilia Exempel")).not_to_have_attribute("data-tone", "ringing")


def test_a_moment_is_travelled_to(lab: Page, tmp_path: Path) -> None:
    lab.get_by_label("Hoppa till").select_option(index=0)
    lab.locator("#preset").get_by_role("button").click()

    expect(lab.locator("#day")).to_contain_text("27 november 2026")
    lab.get_by_role("button", name="×60").click()  # it opens five of its seconds later
    expect(lab.locator(".the-line")).to_have_attribute("data-open", "yes")

    with lab.expect_download() as saving:
        lab.get_by_role("link", name="Spara som skript").click()
    saving.value.save_as(tmp_path / "lab.toml")
    lab.locator("#script-file").set_input_files(tmp_path / "lab.toml")
    expect(lab.locator("#problem")).to_be_empty()


def test_what_matters_is_in_sight_on_a_telephone(lab: Page, tmp_path: Path) -> None:
    lab.set_viewport_size({"width": 390, "height": 844})

    lab.get_by_role("switch", name="Operatören tar inte emot sms").click()
    lab.locator("#story").get_by_role("button").click()
    expect(lab.locator(".playing")).to_be_in_viewport()
    expect(lab.locator("#intro")).to_be_hidden()
    lab.locator(".phones").scroll_into_view_if_needed()
    lab.mouse.wheel(0, 900)
    expect(lab.locator(".playing")).to_be_in_viewport()

    (tmp_path / "broken.toml").write_text('{"hej": [')
    lab.locator("#script-file").set_input_files(tmp_path / "broken.toml")
    expect(lab.locator("#problem")).to_contain_text("inget skript som har sparats här")
    expect(lab.locator("#problem p")).to_be_in_viewport()


def test_a_trouble_that_is_on_is_said_above_everything(lab: Page) -> None:
    lab.get_by_role("switch", name="Databasen är borta").click()

    said = lab.locator(".notice.warn").filter(has_text="Databasen är borta")
    said.get_by_role("button", name="Slå av").click()

    expect(said).to_have_count(0)
    expect(lab.get_by_role("switch", name="Databasen är borta")).to_have_attribute(
        "aria-checked", "false"
    )
