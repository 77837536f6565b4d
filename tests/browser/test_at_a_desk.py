"""What managers, therapists, reviewers and administrators do at a desk, from page to telephone."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from passlib.totp import TOTP
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.store import accounts
from app.store.database import reading
from routing.access import Office
from tests.app.console.conftest import CONSOLE_TOML
from tests.app.duty.before_duty import AGREED
from tests.app.duty.desk import reading_log, write
from tests.app.duty.swapping import FRI, MON, NOON, THU, TUE
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    PROTECTED,
    SILENT,
    STRANGER,
    YOUTH,
    evening,
    exported,
    logged,
    received_by,
    rows,
    tried,
)
from tests.browser.desk_days import (
    ENDED,
    FAULTY,
    KNOWN,
    NEW,
    SUN,
    WEEK,
    body_rows,
    choose,
    may_answer,
    press,
    register,
    standing,
    turn_to,
)
from tests.browser.served import PASSWORD, serving
from tests.examples import JARVA

EVENING = "2026-03-03T19:04"
SCREEN: ViewportSize = {"width": 1280, "height": 800}
OMBUD = "ombud@example.invalid"


@pytest.fixture
def desk(page: Page) -> Page:
    """A screen on a desk."""
    page.set_viewport_size(SCREEN)
    return page


@pytest.fixture
def colleague(browser: Browser) -> Iterator[Page]:
    """The screen on somebody else's desk; a script error on it fails the test too."""
    errors: list[str] = []
    context = browser.new_context(locale="sv-SE", timezone_id="Europe/Stockholm", viewport=SCREEN)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors


def test_a_manager_finds_an_unanswered_call_and_takes_the_log_away(
    desk: Page, sqlite_url: str, tmp_path: Path
) -> None:
    asked_for: list[str] = []
    desk.on("request", lambda request: asked_for.append(request.url))
    with serving(sqlite_url, tmp_path, EVENING) as service:
        stage = service.stage
        missed = stage.call(YOUTH, default=SILENT)
        stage.call(PROTECTED, phones={"t4": ANSWERS})
        other = stage.call(GUARDIAN, phones={"t4": ANSWERS})

        service.sign_in(desk, "m2")
        choose(desk, "Samtalslogg")
        expect(body_rows(desk)).to_have_count(2)
        desk.get_by_label("Referens i registret").fill("K-1001")
        press(desk, "Visa")
        expect(body_rows(desk)).to_have_count(1)
        expect(desk.get_by_role("table", name="1 kontakt i loggen")).to_be_visible()
        expect(body_rows(desk)).to_contain_text("Inte heller reservnumret svarade")
        expect(desk.get_by_text("Therapist 4: svarade inte")).to_be_hidden()
        desk.get_by_text("3 försök").click()
        for name in ("Therapist 4", "Therapist 1", "Socialjouren"):
            expect(desk.get_by_text(f"{name}: svarade inte")).to_be_visible()

        desk.get_by_role("link", name="Rensa").click()
        expect(body_rows(desk)).to_have_count(2)
        shown = len(reading_log(stage, JARVA))
        with desk.expect_download() as waiting:
            press(desk, "CSV")
        file = waiting.value
        found = list(csv.DictReader(io.StringIO(file.path().read_text())))
        taken_away = reading_log(stage, JARVA)[shown:]

        assert file.suggested_filename == "samtalslogg.csv"
        assert {one["contact_id"] for one in found} == set(exported(stage, JARVA))
        assert {one["home_district"] for one in found} == {"jarva"}
        (row,) = (one for one in found if one["caller"] == "K-1001")
        assert (row["contact_id"], row["outcome"]) == (missed.sid, "fallback_failed")
        assert row["attempts"].count("no_answer") == 3
        assert taken_away == [("m2", "log", None)] * 2
        of_whom = {one["contact"] for one in rows(stage.parts.engine, "readings")}
        assert missed.sid in of_whom
        assert other.sid not in of_whom
        choose(desk, "Läslogg")
        own = body_rows(desk).filter(has_text=f"…{missed.sid[-6:]}").first
        expect(own).to_contain_text("Manager 2")
    assert asked_for
    assert not [address for address in asked_for if "K-1001" in address]


def test_a_week_is_changed_published_with_a_reason_and_gone_by(
    desk: Page, sqlite_url: str, tmp_path: Path
) -> None:
    relaxed = CONSOLE_TOML.replace(*AGREED)
    with serving(sqlite_url, tmp_path, NOON, shifts=WEEK, toml=relaxed) as service:
        stage = service.stage
        service.sign_in(desk, "m2")
        choose(desk, "Jourschema")
        desk.get_by_role("link", name="Utkast", exact=True).click()
        desk.get_by_label("Första dag").fill(MON)
        desk.get_by_label("Sista dag").fill(SUN)
        desk.get_by_label("Vad handlar det om?").fill("Vecka 10")
        press(desk, "Skapa ett utkast")
        expect(desk.get_by_text("Ingenting än: det säger samma som schemat")).to_be_visible()
        expect(desk.get_by_text("Inget är fel under den här tiden.")).to_be_visible()

        desk.get_by_label("tis 3 mars, Primär,").select_option(label="Therapist 5")
        desk.get_by_label("tors 5 mars, Primär,").select_option(label="Ingen")
        press(desk, "Spara veckan")
        expect(desk.get_by_text("Utkastet är ändrat.")).to_be_visible()
        expect(desk.get_by_text("Ingen står på plats 1 medan linjen är öppen.")).to_be_visible()
        expect(desk.get_by_text("Therapist 5 får veta om 1 pass")).to_be_visible()
        press(desk, "Publicera schemat")

        reason = desk.get_by_label("Skäl att publicera ändå")
        expect(reason).to_have_accessible_description(re.compile("skriv varför schemat ska gälla"))
        still = standing(service, f"{TUE}T19:00")
        reason.fill("Therapist 6 är på kurs, och ersättaren svarar i morgon")
        press(desk, "Publicera schemat")
        expect(desk.get_by_text("Schemat är publicerat.")).to_be_visible()
        desk.get_by_role("link", name="Versioner", exact=True).click()
        newest = body_rows(desk).first
        expect(newest).to_contain_text("Manager 2")
        expect(newest).to_contain_text("Vecka 10")
        expect(newest).to_contain_text("Mot en regel Therapist 6 är på kurs")

        assert still == ["t4", "t1"]
        kept = rows(stage.parts.engine, "rota_versions")[-1]
        assert (kept["author"], kept["line"]) == ("m2", "eftervard")
        assert str(kept["reason"]).startswith("Therapist 6 är på kurs")
        turn_to(service, f"{TUE}T19:04")
        assert tried(stage.call(YOUTH)) == ["t5"]
        turn_to(service, f"{THU}T19:04")
        assert tried(stage.call(YOUTH)) == ["t3"]


def test_a_duty_is_offered_taken_with_its_rest_in_sight_and_rung_for(
    desk: Page, colleague: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with serving(sqlite_url, tmp_path, NOON, shifts=WEEK) as service:
        stage = service.stage
        service.sign_in(desk, "t2")
        choose(desk, "Byten")
        desk.get_by_role("link", name="Erbjud det till andra fre 6 mars").click()
        expect(desk.get_by_text("Therapist 5 står på plats 2 då.")).to_be_visible()
        whom = desk.get_by_label("Vem frågar du?")
        expect(whom).not_to_contain_text("Therapist 5")
        whom.select_option(label="Therapist 6")
        press(desk, "Erbjud passet")
        expect(desk.get_by_text("Passet är erbjudet till Therapist 6.")).to_be_visible()
        stage.sweep(["outbox.send"])
        asked = received_by(stage, "BYT 1")

        service.sign_in(colleague, "t6")
        choose(colleague, "Byten")
        colleague.get_by_role("link", name="Se vad det skulle betyda, och svara").click()
        meaning = colleague.get_by_role("region", name="Vad det skulle betyda för dig")
        # Until Sunday morning there are just those 36 hours that a late call would break.
        expect(meaning).to_contain_text("Therapist 6 har 36 h veckovila intill beredskap")
        before = standing(service, f"{FRI}T19:00")
        press(colleague, "Ta passet")
        expect(colleague.get_by_text("Passet är ditt.")).to_be_visible()
        desk.reload()
        expect(desk.get_by_text("Therapist 6 i stället för Therapist 2")).to_be_visible()

        assert asked == ["t6"]
        assert before == ["t2", "t5"]
        assert standing(service, f"{FRI}T19:00") == ["t6", "t5"]
        turn_to(service, f"{FRI}T19:04")
        call = stage.call(YOUTH)
        assert tried(call) == ["t6"]
        assert logged(stage, call.sid)["therapist"] == "t6"


def test_a_register_is_put_right_read_in_and_known_at_the_next_call(
    desk: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with serving(sqlite_url, tmp_path, EVENING) as service:
        stage, engine = service.stage, service.stage.parts.engine
        unknown = stage.call(STRANGER, caller="press 9", phones={"t4": ANSWERS})
        clients = rows(engine, "clients")

        service.sign_in(desk, "t4")
        choose(desk, "Register")
        desk.get_by_role("link", name="Läs in en fil").click()
        file = desk.get_by_label("Fil med registret (CSV)")
        file.set_input_files(register(*KNOWN, FAULTY))
        press(desk, "Visa vad som skulle ändras")
        told = desk.get_by_role("alert")
        expect(told).to_contain_text("Rad 5, Roll: Välj något av detta: youth, guardian.")
        expect(desk.get_by_text("Inget är ändrat. Rätta filen")).to_be_visible()
        after_fault = rows(engine, "clients")

        file.set_input_files(register(*KNOWN, NEW))
        press(desk, "Visa vad som skulle ändras")
        said = "1 läggs till, 0 ändras, 0 tas bort, 3 är som förut."
        expect(desk.get_by_text(said)).to_be_visible()
        expect(body_rows(desk)).to_have_count(1)
        expect(body_rows(desk)).to_contain_text("K-2000")
        after_preview = rows(engine, "clients")
        press(desk, "Läs in")
        expect(desk.get_by_text("Filen är inläst: 1 lades till")).to_be_visible()
        expect(body_rows(desk).filter(has_text="K-2000")).to_contain_text("finska")
        call = stage.call(STRANGER, phones={"t4": ANSWERS})

        assert after_fault == after_preview == clients
        assert len(rows(engine, "clients")) == len(clients) + 1
        assert logged(stage, unknown.sid)["home_district"] is None
        known = logged(stage, call.sid)
        assert (known["home_district"], known["caller"]) == ("jarva", "K-2000")
        assert unknown.heard  # the question which district she belongs to
        assert not call.heard


def test_a_months_readings_are_gone_through_and_signed_for_once(
    desk: Page, colleague: Page, sqlite_url: str, tmp_path: Path
) -> None:
    remark = "Frågade behandlaren om den sista raden. Inget att anmärka."
    sign = "Jag har gått igenom alla rader: signera"
    with serving(sqlite_url, tmp_path, EVENING) as service:
        stage = service.stage
        write(stage, "t4", stage.call(YOUTH, phones={"t4": ANSWERS}).sid)
        write(stage, "t4", stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid)
        turn_to(service, "2026-04-01T09:00")

        service.sign_in(desk, "r2")
        expect(desk.get_by_text("Kontrollen av mars 2026 är inte signerad.")).to_be_visible()
        desk.get_by_role("link", name="Gå till månadens kontroll").click()
        press(desk, "Dra urvalet för mars 2026")
        expect(body_rows(desk).filter(has_text="Skrev en anteckning")).to_contain_text("K-1001")
        expect(desk.locator("main")).not_to_contain_text("H-2001")
        service.sign_in(colleague, "m2")
        colleague.goto(desk.url)
        desk.get_by_label("Anmärkning, om du har någon").fill(remark)
        press(desk, sign)
        expect(desk.get_by_text("Du har signerat kontrollen av mars 2026.")).to_be_visible()

        colleague.get_by_label("Anmärkning, om du har någon").fill("Jag också.")
        press(colleague, sign)
        expect(colleague.get_by_role("alert")).to_contain_text("Den är redan signerad")
        desk.get_by_role("link", name="Visa mars 2026").click()
        for page in (desk, colleague):
            expect(page.get_by_text("Signerad av r2, ons 1 apr. 2026.")).to_be_visible()
            expect(page.get_by_text(remark)).to_be_visible()
            expect(page.get_by_role("button", name=sign)).to_have_count(0)

        (sample,) = rows(stage.parts.engine, "reading_samples")
        assert (sample["district"], str(sample["month"])) == ("jarva", "2026-03-01")
        assert (sample["drawn_by"], sample["signed_by"]) == ("r2", "r2")
        assert remark.encode() not in sample["remark"]  # type: ignore[operator] # sealed bytes
        assert {one for one in reading_log(stage, JARVA) if one[1] == "review"} == {
            ("r2", "review", None),
            ("m2", "review", None),
        }


def test_a_mandate_is_added_and_counts_on_its_days_alone(
    desk: Page, sqlite_url: str, tmp_path: Path
) -> None:
    days = ("2026-03-09", "2026-03-10", "2026-03-20", "2026-03-23")
    shifts = [one for day in days for one in evening(day, "t1", "t4")]
    with serving(sqlite_url, tmp_path, EVENING, toml=ENDED, shifts=shifts) as service:
        service.sign_in(desk, "a1")
        choose(desk, "Organisation")
        was = may_answer(desk, days[1])
        desk.get_by_role("link", name="Uppdrag", exact=True).click()
        desk.get_by_role("link", name="Lägg till ett uppdrag").click()
        desk.get_by_label("På uppdrag av").select_option(label="Järva")
        desk.get_by_label("För personalen i").select_option(label="Hässelby-Vällingby")
        desk.get_by_label("Beslutets nummer").fill("JA 2026/2")
        desk.get_by_role("checkbox", name="jour", exact=True).check()
        desk.get_by_label("Första dag").fill("2026-03-10")
        desk.get_by_label("Sista dag").fill("2026-03-20")
        press(desk, "Visa vad som ändras")
        expect(desk.get_by_text("Uppdrag JA 2026/2 läggs till")).to_be_visible()
        before = len(rows(service.stage.parts.engine, "organisations"))
        press(desk, "Genomför ändringen")
        expect(desk.get_by_text("Ändringen är gjord")).to_be_visible()
        expect(body_rows(desk).filter(has_text="JA 2026/2")).to_contain_text("kommande")
        desk.get_by_role("link", name="Vem får svara", exact=True).click()
        shown = [may_answer(desk, day) for day in days]

        own, none = "✓ jour och uppföljning egen stadsdel", "✗ får inte: uppdrag saknas"
        assert was == (own, none)
        assert [one for one, _ in shown] == [own] * 4
        assert [other for _, other in shown] == [
            none,
            "✓ jour JA 2026/2",
            "✓ jour JA 2026/2",
            none,
        ]
        assert len(rows(service.stage.parts.engine, "organisations")) == before + 1
        rung = []
        for day in days:
            turn_to(service, f"{day}T19:04")
            rung.append(tried(service.stage.call(YOUTH)))
        assert rung == [["t4"], ["t1"], ["t1"], ["t4"]]


def test_somebody_is_invited_and_comes_in_as_what_she_is(
    desk: Page, colleague: Page, sqlite_url: str, tmp_path: Path
) -> None:
    with serving(sqlite_url, tmp_path, EVENING) as service:
        service.sign_in(desk, "a1")
        choose(desk, "Konton")
        desk.get_by_label("E-postadress i arbetet").fill(OMBUD)
        desk.get_by_label("Person och roll").select_option(label="Dataskyddsombud")
        desk.get_by_label("Stadsdel").select_option(label="Järva")
        press(desk, "Lägg till")
        own = body_rows(desk).filter(has_text=OMBUD)
        expect(own).to_contain_text("Inbjuden")
        link = desk.get_by_role("status").locator("code").inner_text()

        colleague.goto(link)
        colleague.get_by_label("Nytt lösenord").fill(PASSWORD)
        colleague.get_by_label("Samma en gång till").fill(PASSWORD)
        press(colleague, "Spara")
        expect(colleague.get_by_text("Lösenordet är sparat.")).to_be_visible()
        colleague.goto(link)
        expect(colleague.get_by_text("Länken fungerar inte längre.")).to_be_visible()
        colleague.goto(f"{service.address}/sign-in")
        colleague.get_by_label("E-postadress i arbetet").fill(OMBUD)
        colleague.get_by_label("Lösenord").fill(PASSWORD)
        press(colleague, "Fortsätt")
        press(colleague, "Ställ in appen")
        key = colleague.locator("main code").inner_text()
        colleague.get_by_label("Sex siffror").fill(TOTP(key=key).generate().token)
        press(colleague, "Klar")

        expect(colleague.get_by_role("heading", level=1)).to_have_text("Läslogg")
        menu = colleague.get_by_role("navigation", name="Huvudmeny").get_by_role("link")
        expect(menu).to_have_text(["Läslogg"])
        expect(body_rows(colleague)).to_contain_text("Dataskyddsombud, Järva")
        refused = colleague.goto(f"{service.address}/log")
        choose(desk, "Konton")
        expect(own).to_contain_text("Används")
        expect(own).to_contain_text("inloggad på 1 enhet")

        assert refused is not None
        assert refused.status == 403
        with reading(service.stage.parts.engine) as connection:
            account = accounts.find(connection, login=OMBUD)
        assert account is not None
        assert (account.office, account.district) == (Office.REVIEWER, JARVA)
        assert account.second_factor == "authenticator"
        assert key.replace("-", "") not in str(account.totp_secret)
        assert PASSWORD not in str(account.password)
