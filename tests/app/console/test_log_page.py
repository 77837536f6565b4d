"""A manager's call log: her own district's, every attempt, no word and no number of anybody."""

import csv
import io
import json
import re
from datetime import timedelta
from itertools import chain

import openpyxl
import pytest

from app.contact_log import COLUMNS
from app.review import call_log
from app.store.call_log import Budget
from app.store.contacts import row_of
from app.store.tables import contact_events
from routing.contact import Caller, Channel, ContactEvent, Direction, Kind
from routing.ids import ContactId
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.review.stories import rows_of, stories
from tests.app.world import ANSWERS, GUARDIAN, SILENT, STRANGER, YOUTH, rows
from tests.examples import EFTERVARD, JARVA, at
from tests.faults.away import compared, goes_away, wait

EVENING = "2026-03-03T19:00"
_ROW = re.compile(r"<tr>\s*<th scope=\"row\">.*?</tr>", re.DOTALL)


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    """An evening of t4, Järva's, with t1 behind her."""
    return console_at(EVENING)


def shown(text: str) -> list[str]:
    """The rows of the table, in plain words."""
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in _ROW.findall(text)]


def readings(console: Console) -> list[tuple[object, ...]]:
    log = rows(console.stage.parts.engine, "readings")
    return [(one["viewer"], one["act"], one["contact"], one["denied"]) for one in log]


def filled(console: Console, number: int) -> None:
    """So many contacts in the month before."""
    made = stories(number, at("2026-02-01T00:00"), at("2026-03-03T00:00"))
    with console.stage.parts.engine.begin() as connection:
        found = chain.from_iterable(map(rows_of, made))
        connection.execute(contact_events.insert(), list(found))


def test_each_manager_sees_her_own_districts_calls_and_every_attempt(console: Console) -> None:
    own = console.stage.call(YOUTH, phones={"t4": SILENT, "t1": ANSWERS}).sid
    other = console.stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    console.stage.call(STRANGER, caller="press 9", phones={"t4": ANSWERS})

    page = console.signed_in("m2").get("/log")

    (row,) = shown(page.text)
    for words in ("tis 3 mars 19.00", "2026", "Samtal In", "Ungdom K-1001", "Besvarat",
                  "2 försök", "Therapist 4: svarade inte", "Therapist 1: svarade"):  # fmt: skip
        assert words in row
    assert "H-2001" not in page.text
    assert not re.search(r"070|467\d", page.text)
    (theirs,) = shown(console.signed_in("m1").get("/log").text)
    assert "Vårdnadshavare H-2001" in theirs
    assert readings(console) == [("m2", "log", own, None), ("m1", "log", other, None)]


def test_a_fallback_is_an_attempt_and_is_named(console: Console) -> None:
    console.stage.call(YOUTH, phones={"t4": SILENT, "t1": SILENT, "Socialjouren": "answer 5"})

    (row,) = shown(console.signed_in("m2").get("/log").text)

    assert "Besvarat av reservnumret" in row
    assert "Socialjouren: svarade" in row


def test_what_was_found_afterwards_is_shown_so(console: Console) -> None:
    goes_away(console.stage)
    console.stage.text(YOUTH, "Hej")
    console.stage.carrier.faults.clear()
    wait(console.stage, minutes=10)
    assert compared(console.stage, EVENING).texts_added == 1
    manager = console.signed_in("m2")

    (row,) = shown(manager.get("/log").text)
    (found,) = {r["contact"] for r in rows(console.stage.parts.engine, "contact_events")}
    card = manager.get(f"/contacts/{found}").text

    assert "Hittades i efterhand hos teleoperatören tis 3 mars 19.10" in row
    assert "Hittad i efterhand" in card


@pytest.mark.parametrize("person", ["t4", "r2", "a1"])
def test_nobody_else_has_the_log(console: Console, person: str) -> None:
    visitor = console.signed_in(person)

    assert visitor.get("/log").status_code == 403
    assert visitor.post("/log").status_code == 403
    assert visitor.post("/log/export", {"form": "csv"}).status_code == 403


def test_a_missed_caller_who_was_met_later_is_shown_so(console: Console) -> None:
    stage = console.stage
    stage.call(YOUTH, default=SILENT)
    visitor = console.signed_in("m2")
    (row,) = shown(visitor.get("/log?unanswered=1").text)
    assert "Inte heller reservnumret svarade Inte uppringd än" in row

    stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=10))
    stage.call(YOUTH, phones={"t4": ANSWERS})
    (row,) = shown(visitor.get("/log?unanswered=1").text)
    assert "Hörde av sig igen och fick svar tis 3 mars 19.1" in row
    assert len(shown(visitor.get("/log").text)) == 2


def test_what_is_searched_for_is_posted_and_sealed_in_the_address(console: Console) -> None:
    console.stage.call(YOUTH, phones={"t4": ANSWERS})
    visitor = console.signed_in("m2")

    sent = visitor.post("/log", {"client": "K-1001", "channel": "voice", "from": "2026-03-03"})
    assert sent.status_code == 303
    assert "K-1001" not in sent.location
    assert "channel=voice" in sent.location
    page = visitor.get(sent.location)
    assert len(shown(page.text)) == 1
    assert 'value="K-1001"' in page.text

    nothing = visitor.get(visitor.post("/log", {"client": "K-9"}).location)
    assert shown(nothing.text) == []
    assert "Ta bort ett filter" in nothing.text
    assert visitor.get(sent.location.replace("who=", "who=A")).status_code == 404
    assert visitor.get("/log?who=%C3%A5").status_code == 404
    assert len(shown(visitor.get("/log?client=K-9").text)) == 1  # an address names nobody
    assert visitor.get("/log?at=AAAA").status_code == 404


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"from": "2026-02-30"}, "Den dagen finns inte"),
        ({"from": "2026-03-05", "to": "2026-03-04"}, "Sista dagen ligger före"),
        ({"channel": "pigeon"}, "Välj i listan"),
        ({"therapist": "t99"}, "Behandlaren finns inte"),
        ({"client": "x" * 101}, "för lång"),
    ],
)
def test_what_cannot_be_looked_for_is_said_and_kept(
    console: Console, given: dict[str, str], said: str
) -> None:
    visitor = console.signed_in("m2")

    for page in (
        visitor.post("/log", given),
        visitor.post("/log/export", {**given, "form": "csv"}),
    ):
        assert page.status_code == 422
        assert page.text.count(said) == 2  # above the form, and at the field
        (name, text), *_ = given.items()
        assert text in page.text or name in {"channel", "therapist"}


def test_pages_go_back_and_forth_and_hold_everything_once(console: Console) -> None:
    filled(console, 400)
    visitor = console.signed_in("m2")
    seen: list[list[str]] = []
    address = "/log"
    while True:
        page = visitor.get(address).text
        seen.append(re.findall(r'<time datetime="([^"]+)"', page))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        address = older[1].replace("&amp;", "&")
    assert [len(one) for one in seen[:-1]] == [50] * (len(seen) - 1)
    assert len(seen) > 3

    back = [seen[-1]]
    while newer := re.search(r'rel="prev" href="([^"]+)"', page):
        page = visitor.get(newer[1].replace("&amp;", "&")).text
        back.append(re.findall(r'<time datetime="([^"]+)"', page))
    assert back[-1] == seen[0]
    every = [moment for one in seen for moment in one]
    assert every == sorted(every, reverse=True)
    assert {moment for one in back for moment in one} == set(every)


def test_a_search_that_stops_offers_to_go_on(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(console, 400)
    monkeypatch.setattr(call_log, "_FOR_A_PAGE", Budget(examined=200, folded=500))
    visitor = console.signed_in("m2")
    first = visitor.get("/log?outcome=closed").text
    assert "Fortsätt söka före" in first
    number = len(shown(first))
    go_on = re.search(r'<a class="button quiet" href="([^"]+)">Fortsätt', first)
    assert go_on is not None
    second = visitor.get(go_on[1].replace("&amp;", "&")).text
    monkeypatch.undo()
    whole = shown(visitor.get("/log?outcome=closed").text)
    assert number + len(shown(second)) <= len(whole)
    assert shown(first) == whole[:number]
    assert whole


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_a_file_holds_what_the_filter_shows_and_each_is_a_reading(
    console: Console, form: str
) -> None:
    filled(console, 250)
    visitor = console.signed_in("m2")
    answer = visitor.post("/log/export", {"form": form, "channel": "text"})

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename=samtalslogg.{form}"
    match form:
        case "csv":
            found = list(csv.DictReader(io.StringIO(answer.text)))
        case "json":
            found = json.loads(answer.text)["contacts"]
        case _:
            sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
            cells = list(sheet.iter_rows(values_only=True))
            found = [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]
    assert tuple(found[0]) == COLUMNS
    assert {(row["channel"], row["home_district"]) for row in found} == {("text", "jarva")}
    made = [contact for _, act, contact, _ in readings(console) if act == "log"]
    assert sorted(made) == sorted(row["contact_id"] for row in found)  # type: ignore[type-var]
    on_page = visitor.get("/log?channel=text").text
    assert len(shown(on_page)) == len(found)


def test_no_cell_of_a_file_is_a_formula(console: Console) -> None:
    caller = Caller("=HYPERLINK(1)", JARVA)
    told = ContactEvent(
        ContactId("CA1"), "received", at("2026-03-02T20:00"), Kind.RECEIVED, EFTERVARD,
        channel=Channel.VOICE, direction=Direction.INBOUND, caller=caller,
    )  # fmt: skip
    with console.stage.parts.engine.begin() as connection:
        connection.execute(contact_events.insert(), row_of(told))
    visitor = console.signed_in("m2")

    assert ",'=HYPERLINK(1)," in visitor.post("/log/export", {"form": "csv"}).text
    book = openpyxl.load_workbook(io.BytesIO(visitor.post("/log/export", {"form": "xlsx"}).data))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []


def test_too_many_for_a_file_are_said_and_nothing_is_written(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(console, 60)
    monkeypatch.setattr(call_log, "MOST_EXPORTED", 10)

    page = console.signed_in("m2").post("/log/export", {"form": "csv"})

    assert page.status_code == 422
    assert "Det är fler än 10 kontakter" in page.text


def test_an_unknown_format_is_no_page(console: Console) -> None:
    assert console.signed_in("m2").post("/log/export", {"form": "exe"}).status_code == 404


def test_an_empty_log_says_what_will_be_there(console: Console) -> None:
    page = console.signed_in("m1").get("/log")

    assert "Inga kontakter än" in page.text
    assert readings(console) == []
