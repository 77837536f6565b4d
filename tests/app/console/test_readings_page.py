"""The reading log as its reviewers see it, and the monthly check as they sign it."""

import html
import re
from datetime import UTC

import pytest

from app.console import readings_words
from app.review import readings as service
from routing.access import Act, Denial, Office
from routing.reading_flags import Flag, Flagged
from tests.app.console.conftest import Console, ConsoleAt, Visitor
from tests.app.review.reviewing import many, read
from tests.app.world import ANSWERS, GUARDIAN, exported, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, at

DURING = "2026-03-03T19:04"


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    """t4 of Järva has the evening, and has taken a call of a family of Hässelby-Vällingby."""
    made = console_at(DURING)
    made.stage.call(GUARDIAN, phones={"t4": ANSWERS})
    return made


def the_contact(console: Console) -> str:
    (found,) = exported(console.stage, HASSELBY_VALLINGBY)
    return found


def turn_to(console: Console, moment: str) -> None:
    console.stage.carrier.run_until(at(moment).astimezone(UTC))


def body(visitor: Visitor, path: str) -> str:
    """What a page shows, without its marks."""
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    return plain(page.text)


def plain(text: str) -> str:
    text = re.sub(r"<(script|style|head|option).*?</\1>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def shown(visitor: Visitor, path: str = "/readings?from=2026-03-01&to=2026-03-31") -> list[str]:
    """Each row of the log that a page shows, looks at the log itself left out."""
    table = re.findall(r"<tr.*?</tr>", visitor.get(path).text, flags=re.DOTALL)[1:]
    return [row for one in table if "läsloggen" not in (row := plain(one))]


def test_a_row_says_who_did_what_with_which_and_in_which_duty(console: Console) -> None:
    contact = the_contact(console)
    read(console.stage, "t4", "2026-03-03T19:10", contact)

    (row,) = shown(console.signed_in("r1"))

    assert row == (
        "tis 3 mars 19.10 2026 Therapist 4 Behandlare, Järva Läste vad som sades "
        f"H-2001 Kontakt …{contact[-6:]} tis 3 mars 17.00 – 22.00 –"
    )


def test_a_refusal_and_a_flag_say_why(console: Console) -> None:
    contact = the_contact(console)
    read(console.stage, "t5", "2026-03-02T12:00", contact, denied=Denial.NOT_YOUR_CONTACT)

    (row,) = shown(console.signed_in("m1"))

    assert "Nekades någon annan hade kontakten" in row
    assert "Inget pass" in row
    assert (
        "Utanför passet Arbetar för en annan stadsdel och hade inget pass då eller timmen innan."
        in row
    )


def test_each_district_sees_its_own(console: Console) -> None:
    read(console.stage, "t4", "2026-03-02T12:00", the_contact(console))
    read(console.stage, "t4", "2026-03-02T12:00", "theirs", home=JARVA)

    assert len(shown(console.signed_in("r1"))) == len(shown(console.signed_in("m2"))) == 1
    assert "H-2001" not in console.signed_in("r2").get("/readings").text


@pytest.mark.parametrize("path", ["/readings", "/readings/checks", "/readings/checks/2026-02"])
@pytest.mark.parametrize("who", ["t1", "a1"])
def test_it_is_nobody_elses(console: Console, who: str, path: str) -> None:
    assert console.signed_in(who).get(path).status_code == 403
    assert console.visitor().get(path).status_code == 303


def test_that_somebody_looked_is_written_down(console: Console) -> None:
    reviewer = console.signed_in("r1")
    reviewer.get("/readings")
    reviewer.get("/readings?flagged=1")

    looks = [row for row in rows(console.stage.parts.engine, "readings") if row["act"] == "review"]

    assert [(row["viewer"], row["office"], row["district"]) for row in looks] == [
        ("r1", "reviewer", "hasselby-vallingby")
    ]


def test_the_filters_narrow_it_down_and_stay_in_the_form(console: Console) -> None:
    stage = console.stage
    read(stage, "t1", "2026-03-02T12:00", "a")
    read(stage, "t2", "2026-03-02T13:00", "b", denied=Denial.HANDED_OVER)
    read(stage, "t5", "2026-03-02T14:00", "c")
    reviewer = console.signed_in("r1")
    days = "/readings?from=2026-03-02&to=2026-03-02"

    assert ["Therapist 1" in row for row in shown(reviewer, f"{days}&person=t1")] == [True]
    assert ["…b" in row for row in shown(reviewer, f"{days}&refused=1")] == [True]
    assert ["…c" in row for row in shown(reviewer, f"{days}&flagged=1")] == [True]
    assert ["…a" in row for row in shown(reviewer, f"{days}&contact=a")] == [True]
    assert shown(reviewer, "/readings?from=2026-03-01&to=2026-03-01") == []
    page = reviewer.get(f"{days}&person=t1&flagged=1").text
    assert '<option value="t1" selected>Therapist 1</option>' in page
    assert 'name="flagged" value="1" checked' in page
    assert 'value="2026-03-02"' in page
    assert "Ingen har läst något sådant" in page


def test_without_days_it_is_this_month(console: Console) -> None:
    read(console.stage, "t1", "2026-02-28T12:00", "before")
    read(console.stage, "t1", "2026-03-01T00:00", "within")

    (row,) = shown(console.signed_in("r1"), "/readings")

    assert "within"[-6:] in row


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=2026-03-32", "Den dagen finns inte. Skriv den som 2026-03-31."),
        ("from=2026-03-03&to=2026-03-02", "Sista dagen ligger före den första."),
        ("from=2024-01-01&to=2026-03-02", "Det är mer än ett år."),
    ],
)
def test_days_that_cannot_be_are_said_to_be_so(console: Console, query: str, words: str) -> None:
    page = console.signed_in("r1").get(f"/readings?{query}")

    assert page.status_code == 422
    assert words in page.text
    assert 'aria-invalid="true"' in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/readings?after=x",
        "/readings?person=<x>",
        "/readings?contact=a%20b",
        "/readings/checks/x",
        "/readings/checks/2026-13",
        "/readings/checks/2026-03",  # not over yet
    ],
)
def test_what_is_not_there_is_not_found(console: Console, path: str) -> None:
    assert console.signed_in("r1").get(path).status_code == 404


def test_older_rows_are_a_page_away(console: Console) -> None:
    many(console.stage, service.PAGE + 5, "2026-03-02T08:00", seconds=60)
    reviewer = console.signed_in("r1")
    query = "/readings?from=2026-03-02&to=2026-03-02&person=t2"

    first = shown(reviewer, query)
    older = re.search(r'rel="next" href="([^"]+)"', reviewer.get(query).text)
    assert older is not None
    second = shown(reviewer, html.unescape(older[1]))

    assert (len(first), len(second)) == (service.PAGE, 5)
    assert "person=t2" in older[1]
    assert "Till de nyaste" in reviewer.get(html.unescape(older[1])).text


def test_a_search_that_is_broken_off_goes_on(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_PORTION", 2)
    monkeypatch.setattr(service, "_MOST_LOOKED_THROUGH", 2)
    many(console.stage, 4, "2026-03-02T09:00", seconds=3600)

    page = console.signed_in("r1").get("/readings?flagged=1").text

    assert "Sökt bakåt till" in page
    assert "Sök vidare" in page


def test_the_file_is_of_what_is_shown_and_is_written_down(console: Console) -> None:
    read(console.stage, "t1", "2026-03-02T12:00", "=cmd")
    read(console.stage, "t2", "2026-03-02T12:00", "b")
    reviewer = console.signed_in("r1")

    answer = reviewer.post(
        "/readings/export", {"from": "2026-03-01", "to": "2026-03-31", "person": "t1"}
    )

    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=laslogg.csv"
    assert answer.text.count("\r\n") == 2
    assert ",'=cmd," in answer.text
    assert "review" in {row["act"] for row in rows(console.stage.parts.engine, "readings")}


def test_too_much_for_a_file_is_said(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_EXPORTED", 1)
    many(console.stage, 2, "2026-03-02T09:00")

    answer = console.signed_in("r1").post("/readings/export", {})

    assert answer.status_code == 422
    assert "Det är för många rader för en fil." in answer.text


def test_a_file_cannot_be_had_by_a_link(console: Console) -> None:
    assert console.signed_in("r1").get("/readings/export").status_code == 404


def test_a_month_is_due_is_drawn_gone_through_and_signed(console: Console) -> None:
    read(console.stage, "t5", "2026-03-02T12:00", "flagged")
    read(console.stage, "t1", "2026-03-02T12:00", "not")
    turn_to(console, "2026-04-02T09:00")
    reviewer = console.signed_in("r1")

    assert "Kontrollen av mars 2026 är inte signerad." in body(reviewer, "/readings")
    assert "mars 2026 Inte signerad Dra urvalet för mars 2026" in body(reviewer, "/readings/checks")
    assert "Inget urval är draget" in body(reviewer, "/readings/checks/2026-03")

    drawn = reviewer.post("/readings/checks/2026-03/draw")
    assert (drawn.status_code, drawn.location) == (303, "/readings/checks/2026-03")
    page = body(reviewer, "/readings/checks/2026-03")
    assert "2 rader, den äldsta först" in page
    assert "Utanför passet" in page

    signed = reviewer.post("/readings/checks/2026-03/sign", {"remark": "Frågade <b>t5</b>."})
    assert (signed.status_code, signed.location) == (303, "/readings/checks")
    assert "Du har signerat kontrollen av mars 2026." in body(reviewer, "/readings/checks")
    assert "Frågade &lt;b&gt;t5&lt;/b&gt;." in reviewer.get("/readings/checks/2026-03").text
    assert "inte signerad" not in body(reviewer, "/readings")
    manager = body(console.signed_in("m1"), "/readings/checks")
    assert "mars 2026 Signerad" in manager


def test_a_second_signature_is_refused_in_words(console: Console) -> None:
    read(console.stage, "t1", "2026-03-02T12:00", "a")
    turn_to(console, "2026-04-02T09:00")
    reviewer, manager = console.signed_in("r1"), console.signed_in("m1")
    reviewer.post("/readings/checks/2026-03/draw")
    reviewer.post("/readings/checks/2026-03/sign")

    answer = manager.post("/readings/checks/2026-03/sign", {"remark": "Jag med"})

    assert answer.status_code == 422
    assert "Den är redan signerad" in answer.text
    (sample,) = rows(console.stage.parts.engine, "reading_samples")
    assert sample["signed_by"] == "r1"


def test_nobody_signs_for_her_own(console: Console) -> None:
    read(console.stage, "m1", "2026-03-02T12:00", "a", act=Act.LOG)
    turn_to(console, "2026-04-02T09:00")
    manager = console.signed_in("m1")
    manager.post("/readings/checks/2026-03/draw")

    page = body(manager, "/readings/checks/2026-03")
    answer = manager.post("/readings/checks/2026-03/sign", {"remark": "ändå"})

    assert "Dataskyddsombudet måste gå igenom dem och signera." in page
    assert "Jag har gått igenom alla rader" not in page
    assert answer.status_code == 422
    assert "Dataskyddsombudet måste" in answer.text


def test_a_remark_that_is_too_long_is_kept_in_the_form(console: Console) -> None:
    read(console.stage, "t1", "2026-03-02T12:00", "a")
    turn_to(console, "2026-04-02T09:00")
    reviewer = console.signed_in("r1")
    reviewer.post("/readings/checks/2026-03/draw")

    answer = reviewer.post("/readings/checks/2026-03/sign", {"remark": "x" * 2001})

    assert answer.status_code == 422
    assert "Skriv högst 2000 tecken." in answer.text
    assert "x" * 2001 in answer.text


def test_without_anything_to_check_the_page_says_so(console: Console) -> None:
    assert "Ingen månad med läsningar är slut än." in body(
        console.signed_in("r1"), "/readings/checks"
    )


def test_no_sample_is_of_another_district(console: Console) -> None:
    read(console.stage, "t1", "2026-03-02T12:00", "theirs", home=JARVA)
    turn_to(console, "2026-04-02T09:00")

    answer = console.signed_in("r1").post("/readings/checks/2026-03/draw")

    assert answer.status_code == 404
    assert rows(console.stage.parts.engine, "reading_samples") == []


def test_every_word_of_the_log_has_words_for_people(console: Console) -> None:
    assert set(readings_words.ACTS) == set(Act)
    assert set(readings_words.DENIALS) == set(Denial)
    assert set(readings_words.OFFICES) == set(Office)
    assert set(readings_words.FLAGS) == set(Flag)
    with console.app.test_request_context():
        assert all(readings_words.reason(Flagged(flag, 3)) for flag in Flag)


def test_english_is_there_too(console: Console) -> None:
    reviewer = console.signed_in("r1")
    reviewer.post("/language", {"language": "en", "back": "/readings"})

    assert "Who has read or done what with your district" in reviewer.get("/readings").text
