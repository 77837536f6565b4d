"""Signing in as people do it: with a code, with a passkey, with a keyboard alone."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.served import serving

EVENING = "2026-03-03T19:04"


def test_a_therapist_signs_in_with_a_code_from_her_telephone(
    page: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with serving(sqlite_url, tmp_path, EVENING) as service:
        service.sign_in(page, "t4")
        page.goto(f"{service.address}/account")

        expect(page.get_by_role("heading", level=1)).to_have_text("Mitt konto")
        expect(page.get_by_text("Chrome · Linux")).to_be_visible()


def test_a_passkey_is_made_and_then_signs_in_alone(
    page: Page, sqlite_url: str, tmp_path: Path
) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kept_inside = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kept_inside})
    with serving(sqlite_url, tmp_path, EVENING) as service:
        service.sign_in(page, "t4")
        page.goto(f"{service.address}/account/passkeys")
        page.get_by_label("Vad den ska heta").fill("Min telefon")
        page.get_by_role("button", name="Lägg till en nyckel").click()
        expect(page.get_by_text("Nyckeln Min telefon är tillagd.")).to_be_visible()
        page.locator(".who summary").click()
        page.get_by_role("button", name="Logga ut", exact=True).click()
        page.wait_for_url(f"{service.address}/")

        page.get_by_role("link", name="Logga in").click()
        page.get_by_role("button", name="Logga in med nyckel").click()
        page.get_by_role("button", name="Fortsätt").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(f"{service.address}/account")

        expect(page.get_by_role("heading", level=1)).to_have_text("Mitt konto")


def test_all_of_it_works_with_the_keyboard_alone(
    page: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with serving(sqlite_url, tmp_path, EVENING) as service:
        page.goto(f"{service.address}/sign-in")
        page.keyboard.press("Tab")
        expect(page.get_by_text("Gå till innehållet")).to_be_focused()
        page.keyboard.press("Enter")
        for _ in range(2):  # past the passkey
            page.keyboard.press("Tab")
        page.keyboard.type("t4@example.invalid")
        page.keyboard.press("Tab")
        page.keyboard.type("fyra korta ord här")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Sex siffror")).to_be_focused()
        page.keyboard.type(service.next_code("t4"))
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(f"{service.address}/account")

        expect(page.get_by_role("heading", level=1)).to_have_text("Mitt konto")
