"""The night's journeys, as a therapist makes them on her telephone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from app.bootstrap import console_of
from app.demo.stage import TEXTS
from tests.app.console.conftest import Console
from tests.app.duty.before_duty import at_time
from tests.app.duty.desk import CLOCK, write
from tests.app.world import ANSWERS, GUARDIAN, T1, T4, YOUTH, evening
from tests.browser.served import Service, let_in, serving

EVENING, NEXT_EVENING = "2026-03-03T19:04", "2026-03-04T19:10"
TELEPHONE = ViewportSize(width=390, height=844)
TWO_EVENINGS = evening("2026-03-03") + evening("2026-03-04", "t5", "t1")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A telephone's browser."""
    context = browser.new_context(
        locale="sv-SE", timezone_id="Europe/Stockholm", viewport=TELEPHONE, has_touch=True
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@contextmanager
def _signed_in(database_url: str, folder: Path, page: Page, person: str) -> Iterator[Service]:
    with serving(database_url, folder, EVENING, shifts=TWO_EVENINGS) as service:
        _let_in(service, page.context, person)
        yield service


def _let_in(service: Service, context: BrowserContext, person: str) -> None:
    console = Console(service.stage, console_of(service.stage.parts))
    let_in(context, console, service.address, person)


def test_from_signing_in_to_a_handover_acknowledged_while_a_call_comes_in(
    phone: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with serving(sqlite_url, tmp_path, EVENING, shifts=TWO_EVENINGS) as service:
        stage = service.stage
        call = stage.call(YOUTH, phones={"t4": ANSWERS})
        write(stage, "t4", call.sid)
        at_time(stage, "2026-03-03T22:00", sweeps=CLOCK)
        at_time(stage, NEXT_EVENING, sweeps=CLOCK)

        service.sign_in(phone, "t5")
        phone.get_by_role("link", name="Överlämningar", exact=True).click()
        phone.locator("main").get_by_role("link", name="passet").first.click()
        expect(phone.get_by_text("Hon grät och ville hem till sin bror.")).to_be_visible()
        second = stage.call(GUARDIAN, phones={"t5": ANSWERS})
        phone.get_by_role("button", name="Kvittera som Therapist 5").click()

        expect(phone.get_by_text("Överlämningen är kvitterad i ditt namn.")).to_be_visible()
        assert second.status == "completed"
        phone.get_by_role("link", name="I kväll", exact=True).click()
        expect(phone.get_by_role("link", name="Skriv anteckning")).to_be_visible()


def test_what_is_written_before_the_page_s_script_has_come_is_saved_too(
    phone: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with _signed_in(sqlite_url, tmp_path, phone, "t4") as service:
        service.stage.call(YOUTH, phones={"t4": ANSWERS})
        phone.goto(f"{service.address}/tonight")
        held: list[Route] = []
        phone.route("**/drafts.js*", lambda route: held.append(route))  # noqa: PLW0108 - it marks its own
        with phone.expect_request("**/drafts.js*"):
            phone.get_by_role("link", name="Skriv anteckning").tap(no_wait_after=True)
        phone.get_by_label("Vad som berättades").fill("Bråk hemma.")
        assert held
        for one in held:
            one.continue_()
        expect(phone.get_by_text("Utkast sparat")).to_be_visible()


def test_a_note_is_written_with_one_hand_and_survives_a_lost_telephone(
    phone: Page, browser: Browser, sqlite_url: str, tmp_path: Path
) -> None:
    with _signed_in(sqlite_url, tmp_path, phone, "t4") as service:
        service.stage.call(YOUTH, phones={"t4": ANSWERS})
        phone.goto(f"{service.address}/tonight")
        phone.get_by_role("link", name="Skriv anteckning").tap()
        phone.get_by_label("Vad som berättades").fill("Bråk hemma.")
        expect(phone.get_by_text("Utkast sparat")).to_be_visible()

        other = browser.new_context(locale="sv-SE", timezone_id="Europe/Stockholm")
        _let_in(service, other, "t4")
        desk = other.new_page()
        desk.goto(phone.url)
        kept = desk.get_by_label("Vad som berättades").input_value()
        desk.get_by_role("radio", name="Ungdom").check()
        desk.get_by_label("Stödet du gav").fill("Lyssnade.")
        desk.get_by_role("button", name="Spara anteckningen").click()
        desk.goto(f"{service.address}/tonight")

        expect(desk.get_by_role("link", name="Skriv anteckning")).to_have_count(0)
        assert kept == "Bråk hemma."
        other.close()


def test_what_is_being_typed_stays_while_the_thread_grows_by_itself(
    phone: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with _signed_in(sqlite_url, tmp_path, phone, "t4") as service:
        stage = service.stage
        stage.text(YOUTH, "Är du där?")
        stage.sweep(TEXTS)
        phone.clock.install()
        phone.goto(f"{service.address}/tonight")
        phone.get_by_role("link", name="Läs och svara").tap()
        phone.get_by_label("Ditt svar").fill("Ja, jag är")

        stage.text(YOUTH, "Snälla skynda")
        stage.sweep(TEXTS)
        phone.clock.run_for(16_000)

        expect(phone.get_by_text("Snälla skynda")).to_be_visible()
        assert phone.get_by_label("Ditt svar").input_value() == "Ja, jag är"
        phone.get_by_label("Ditt svar").press_sequentially(" här.")
        phone.get_by_role("button", name="Skicka från jourens nummer").tap()
        expect(phone.get_by_text("Ditt svar är på väg.")).to_be_visible()
        stage.sweep(TEXTS)
        assert [m.body for m in stage.carrier.messages if m.to == YOUTH][-1] == "Ja, jag är här."


def test_a_paused_therapist_is_passed_over_until_she_ends_it(
    phone: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with _signed_in(sqlite_url, tmp_path, phone, "t4") as service:
        phone.goto(f"{service.address}/tonight")
        phone.get_by_text("Pausa", exact=True).tap()
        phone.get_by_role("button", name="Pausa mig").tap()
        expect(phone.get_by_text("Du har paus till").first).to_be_visible()
        service.stage.parts.mirror.refresh()
        while_paused = service.stage.call(YOUTH)
        phone.get_by_role("button", name="Avsluta pausen").tap()
        expect(phone.get_by_text("Pausen är slut.")).to_be_visible()
        service.stage.parts.mirror.refresh()
        afterwards = service.stage.call(YOUTH)

    assert [while_paused.dialled[0], afterwards.dialled[0]] == [T1, T4]
