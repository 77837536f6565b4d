"""The night's page as it is shown: what stands first, what the buttons do, and what is kept."""

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from tests.app.console.conftest import CONSOLE_TOML, Console, ConsoleAt, Visitor
from tests.app.duty.following import ordered, swept
from tests.app.texts.talk import writes
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    PROTECTED,
    SILENT,
    T4,
    YOUTH,
    contact_of,
    rows,
    told,
)

EVENING = "2026-03-03T19:00"
POLL = {"HX-Request": "true"}


def polled(visitor: Visitor, page: str) -> TestResponse:
    """What htmx asks for, from the page as it stands."""
    seen = re.search(r'id="seen" name="seen" value="([^"]+)"', page)
    assert seen is not None
    return visitor.client.get(f"/tonight/now?seen={seen[1]}", headers=POLL)


def log_of(console: Console) -> list[tuple[object, object, object]]:
    found = rows(console.stage.parts.engine, "readings")
    return [(row["viewer"], row["act"], row["denied"]) for row in found]


def after(page: str, *words: str) -> bool:
    """Whether *words* stand on the page in that order."""
    places = [page.index(word) for word in words]
    return places == sorted(places)


def test_what_to_do_stands_first_and_then_help_and_then_who_has_the_standby(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    console.stage.call(GUARDIAN, default=SILENT)
    call = console.stage.call(YOUTH, phones={"t4": ANSWERS}).sid

    page = console.signed_in("t4").get("/tonight").text

    assert after(
        page,
        "Att göra nu",
        "Ring upp från jourens nummer",
        "Skriv anteckning",
        "Om någon är i fara",
        "Jour just nu",
        "Ändra jouren",
    )
    assert "Hässelby-Vällingby, Vårdnadshavare" in page
    assert f'href="/contacts/{call}"' in page
    assert 'href="tel:112"' in page
    assert 'href="tel:+46846500499"' in page
    assert "Therapist 4" in page
    assert "Therapist 1" in page
    assert "Du har jouren till 22.00." in page
    assert "2 saker väntar på dig." in page
    for secret in ("0740650", "740651", "K-1001", "H-2001"):
        assert secret not in page


def test_an_empty_evening_says_what_happens_next(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)

    page = console.signed_in("t4").get("/tonight").text

    assert "Inget väntar på dig. När någon ringer till jouren ringer din telefon." in page
    assert log_of(console) == []


@pytest.mark.parametrize("who", ["m1", "a1", "r1"])
def test_it_is_for_therapists_alone(who: str, console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    visitor = console.signed_in(who)

    assert visitor.get("/tonight").status_code == 403
    assert visitor.get("/tonight/now").status_code == 403
    assert visitor.post("/tonight/pause", {"line": "eftervard", "minutes": "15"}).status_code == 403


def test_the_part_that_renews_itself_holds_nothing_to_type_in_and_comes_only_when_changed(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    visitor = console.signed_in("t4")
    page = visitor.get("/tonight").text
    assert polled(visitor, page).status_code == 204

    console.stage.call(YOUTH, phones={"t4": ANSWERS})
    renewed = polled(visitor, page)

    assert renewed.status_code == 200
    assert "<html" not in renewed.text
    assert "Skriv anteckning" in renewed.text
    assert re.findall(r"<(?:textarea|select|form)|type=\"(?!hidden|submit)", renewed.text) == []
    assert polled(visitor, renewed.text).status_code == 204
    assert visitor.get("/tonight/now").status_code == 303
    assert console.visitor().client.get("/tonight/now", headers=POLL).status_code == 401


def test_an_hour_with_the_page_open_is_a_handful_of_readings(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    console.stage.call(YOUTH, phones={"t4": ANSWERS})
    visitor = console.signed_in("t4")
    page = visitor.get("/tonight").text
    for _ in range(120):
        console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(seconds=15))
        assert polled(visitor, page).status_code == 204

    assert log_of(console) == [("t4", "log", None)] * 3


def test_she_taps_and_her_own_telephone_rings_first(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    stage = console.stage
    missed = stage.call(GUARDIAN, default=SILENT).sid
    visitor = console.signed_in("t4")

    answer = visitor.post("/tonight/call-back", {"contact": missed})
    assert answer.status_code == 303
    assert "Din telefon ringer strax. Svara och tryck 1." in visitor.get("/tonight").text
    stage.carrier.set_phones({T4: ANSWERS, GUARDIAN: "answer 2, talk 40"})
    stage.sweep(("outbox.send",))

    page = visitor.get("/tonight").text
    assert "Ring upp från jourens nummer" not in page
    assert "Skriv anteckning" in page  # of the talk that she has had now
    visitor.post("/tonight/call-back", {"contact": missed})
    assert "Ingen väntar där längre." in visitor.get("/tonight").text


def test_a_pause_is_said_and_shown_and_ended(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    visitor = console.signed_in("t4")
    visitor.post("/tonight/pause", {"line": "eftervard", "minutes": "30"})

    page = visitor.get("/tonight").text
    assert "Du har paus till 19.30." in page
    assert "Du har pausat till 19.30" in page
    assert "har pausat" in console.signed_in("t1").get("/tonight").text
    other = console.signed_in("t1")
    other.post("/tonight/pause", {"line": "eftervard", "minutes": "15"})
    assert "Det går inte att pausa: ingen annan kan svara just nu." in other.get("/tonight").text
    visitor.post("/tonight/resume", {"line": "eftervard"})
    assert "Avsluta pausen" not in visitor.get("/tonight").text


@pytest.mark.parametrize("minutes", ["", "0", "7", "-15", "1000000000000", "²"])
def test_no_other_pause_can_be_asked_for(minutes: str, console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    visitor = console.signed_in("t4")

    visitor.post("/tonight/pause", {"line": "eftervard", "minutes": minutes})

    assert "Välj hur lång pausen ska vara." in visitor.get("/tonight").text
    assert rows(console.stage.parts.engine, "pauses") == []
    assert visitor.post("/tonight/pause", {"line": "x", "minutes": "15"}).status_code == 404


def test_who_has_no_standby_has_nothing_to_pause(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    visitor = console.signed_in("t5")

    visitor.post("/tonight/pause", {"line": "eftervard", "minutes": "15"})

    page = visitor.get("/tonight").text
    assert "Du har ingen jour just nu, så det finns inget att pausa." in page
    assert rows(console.stage.parts.engine, "pauses") == []


def test_the_duty_changes_hands_when_both_want_it(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    taker, giver = console.signed_in("t1"), console.signed_in("t4")

    taker.post("/tonight/take-over", {"line": "eftervard"})
    assert "Therapist 4 har fått frågan" in taker.get("/tonight").text
    console.stage.sweep(("outbox.send",))
    assert [who for who, words in told(console.stage) if "vill ta över jouren" in words] == ["t4"]
    page = giver.get("/tonight").text
    assert "Therapist 1 vill ta över din jour" in page
    question = re.search(r'name="question" value="([^"]+)"', page)
    assert question is not None

    for _ in range(2):
        giver.post("/tonight/hand-over", {"line": "eftervard", "question": question[1]})

    page = giver.get("/tonight").text
    assert "Frågan gäller inte längre. Inget har ändrats." in page
    assert "vill ta över din jour" not in page
    assert after(page[page.index("Jour just nu") :], "Primär:", "Therapist 1", "Bakjour:")
    assert "Du är bakjour till" in page
    assert "Du har jouren till" not in page
    taker.post("/tonight/take-over", {"line": "eftervard"})
    assert "Du har redan jouren." in taker.get("/tonight").text


def test_nobody_else_can_say_yes_for_her_nor_she_to_an_older_question(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    taker = console.signed_in("t1")
    taker.post("/tonight/take-over", {"line": "eftervard"})
    (asked,) = rows(console.stage.parts.engine, "takeovers")

    taker.post("/tonight/hand-over", {"line": "eftervard", "question": str(asked["id"])})
    giver = console.signed_in("t4")
    giver.post("/tonight/hand-over", {"line": "eftervard", "question": "an older one"})

    assert "Frågan gäller inte längre." in giver.get("/tonight").text
    assert rows(console.stage.parts.engine, "takeovers")[0]["agreed_at"] is None


def test_she_says_that_she_is_there(console_at: ConsoleAt) -> None:
    console = console_at("2026-03-03T15:05")
    visitor = console.signed_in("t4")
    console.stage.sweep(("check_in.ask",))
    assert "Är du på plats för din jour?" in visitor.get("/tonight").text

    visitor.post("/tonight/present", {"line": "eftervard"})
    page = visitor.get("/tonight").text
    assert "Tack. Nu vet vi att du är på plats." in page
    assert "Du har bekräftat att du är på plats" in page
    assert "Är du på plats för din jour?" not in page
    (kept,) = [r for r in rows(console.stage.parts.engine, "check_ins") if r["therapist"] == "t4"]
    assert kept["confirmed_by"] == "page"
    visitor.post("/tonight/present", {"line": "eftervard"})
    assert "Det är redan bekräftat" in visitor.get("/tonight").text


def test_a_protected_family_is_marked_and_its_reference_is_nowhere(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    call = console.stage.call(PROTECTED, phones={"t4": ANSWERS}).sid
    visitor = console.signed_in("t4")

    for page in (visitor.get("/tonight").text, visitor.get(f"/contacts/{call}").text):
        assert "Skyddad" in page
        assert "K-1003" not in page


def test_open_threads_lead_to_the_page_where_they_are_answered(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    sid = writes(console.stage, YOUTH, "Hemliga ord")
    assert contact_of(console.stage, sid).therapist == "t4"
    page = console.signed_in("t4").get("/tonight").text

    (thread,) = rows(console.stage.parts.engine, "threads")
    assert f'href="/threads/{thread["id"]}"' in page
    assert "Läs och svara A2" in page
    assert "Inte besvarat" in page
    assert "Hemliga" not in page


def test_it_speaks_english_too(console_at: ConsoleAt) -> None:
    console = console_at(EVENING, toml=CONSOLE_TOML)
    visitor = console.signed_in("t4")
    visitor.client.set_cookie("language", "en")

    page = visitor.get("/tonight").text

    assert "Nothing waits for you." in page
    assert "Standby now" in page


def test_when_the_database_was_away_the_page_says_so(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    visitor = console.signed_in("t4")
    page = visitor.get("/tonight").text
    assert "Tjänsten fungerar inte som den ska" not in page

    console.stage.parts.mirror._lose_sight(OSError())  # noqa: SLF001 - as the watching thread does

    renewed = polled(visitor, page)
    assert "Tjänsten fungerar inte som den ska" in renewed.text


def test_a_follow_up_leads_to_its_page(console_at: ConsoleAt) -> None:
    console = console_at("2026-03-03T15:00")
    (number,) = ordered(console.stage, "t5")
    swept(console.stage, "2026-03-03T19:05")
    visitor = console.signed_in("t4")

    page = visitor.get("/tonight").text

    assert f'href="/follow-ups/{number}"' in page
    assert "Ska ringas nu" in page
    assert "K-1001" not in page
    back = visitor.post("/writings", {"subject": f"report:{number}", "text": "Halvvägs"})
    assert back.location == f"/follow-ups/{number}"
    assert visitor.post("/writings", {"subject": "report:x", "text": "a"}).location == "/tonight"
