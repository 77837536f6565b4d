"""The pages of the rota: what is shown to whom, drafts by form, proposals, fairness and rest."""

import html
import io
import re
from collections.abc import Mapping
from datetime import date

import pytest
from werkzeug.test import TestResponse

from app.duty import rota_desk_plan
from app.duty.rota_desk_plan import Proposal, Stage
from app.store.database import reading
from app.store.rota import in_force
from tests.app.console.conftest import MANAGERS_TOML, Console, ConsoleAt, Visitor
from tests.app.duty.before_duty import AGREED, manned
from tests.app.duty.swapping import NOON, TUE, WEEK
from tests.app.world import changed
from tests.examples import EFTERVARD, span

CALENDAR, DRAFTS = "/rota/eftervard", "/rota/eftervard/drafts"
WEEK_10 = f"{CALENDAR}?week=2026-03-02"
FIRST_SLOT = "1|2026-03-03T16:00:00+00:00|2026-03-03T21:00:00+00:00"
CSV = "position,therapist,starts_at,ends_at\n1,t4,2026-03-10T17:00,2026-03-10T22:00\n"


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at(NOON, shifts=WEEK)


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def state_of(page: str) -> str:
    found = re.search(r'name="state" value="(\w+)"', page)
    assert found is not None
    return found[1]


def a_draft(console: Console, who: str = "m1", first: str = "2026-03-02") -> tuple[Visitor, str]:
    """A manager with a draft of the week; its address."""
    visitor = console.signed_in(who)
    made = visitor.post(DRAFTS, {"first": first, "last": "2026-03-08", "note": "v 10"})
    assert made.status_code == 303
    return visitor, made.location


def change(visitor: Visitor, address: str, step: str, data: Mapping[str, str]) -> int:
    state = state_of(visitor.get(address).text)
    return visitor.post(f"{address}/{step}", {"state": state, **data}).status_code


def on(console: Console, day: str) -> list[str]:
    with reading(console.stage.parts.engine) as connection:
        found = in_force(connection, EFTERVARD, span(f"{day}T18:00", f"{day}T18:01"))
    return [str(s.therapist) for s in found]


def test_the_month_names_colleagues_gaps_and_ones_own_duty(console: Console) -> None:
    page = console.signed_in("t4").get(f"{CALENDAR}?month=2026-03").text

    said = words(page)
    assert "Mars 2026" in said
    assert "Therapist 4 Du" in said
    assert "Therapist 1" in said
    assert "Ingen" in said
    assert 'class="slot own"' in page
    assert 'class="slot gap"' in page
    assert "Fel R17 Ingen står på plats 1 medan linjen är öppen." in said
    assert "Att göra: Sätt någon på plats 1 från mån 2026-03-02 17:00" in said


def test_holidays_and_today_are_named(console: Console) -> None:
    visitor = console.signed_in("t1")

    assert "Långfredagen" in visitor.get(f"{CALENDAR}?month=2026-04").text
    assert "I dag" in visitor.get(CALENDAR).text
    visitor.headers = {"Accept-Language": "en"}
    assert "Good Friday" in visitor.get(f"{CALENDAR}?month=2026-04").text


def test_the_week_says_when_each_has_it(console: Console) -> None:
    said = words(console.signed_in("t1").get(WEEK_10).text)

    assert "Vecka 10" in said
    assert "Therapist 4 17.00–22.00" in said or "Therapist 4 17:00–22:00" in said


def test_what_makes_no_sense_in_an_address_shows_today(console: Console) -> None:
    visitor = console.signed_in("t1")

    for odd in ("?month=2026-99", "?month=x", "?week=x", "?week=", "?month=99999-01"):
        assert visitor.get(f"{CALENDAR}{odd}").status_code == 200


def test_one_line_is_shown_at_once_and_others_are_nowhere(console: Console) -> None:
    visitor = console.signed_in("t1")

    assert visitor.get("/rota").location == CALENDAR
    assert visitor.get("/rota/another").status_code == 404


def test_administrators_look_and_reviewers_do_not(console: Console) -> None:
    assert console.signed_in("a1").get(CALENDAR).status_code == 200
    assert console.signed_in("a1").get(DRAFTS).status_code == 200
    assert console.signed_in("a1").get(f"{CALENDAR}/fairness").status_code == 403
    assert console.signed_in("r1").get(CALENDAR).status_code == 403


@pytest.mark.parametrize("who", ["t1", "a1"])
def test_only_managers_change_anything(console: Console, who: str) -> None:
    _, address = a_draft(console)
    visitor = console.signed_in(who)

    assert visitor.get(address).status_code == 200
    assert "Publicera schemat" not in visitor.get(address).text
    for step in ("slots", "week", "shift", "publish", "discard"):
        assert visitor.post(f"{address}/{step}").status_code == 403
    assert visitor.post(DRAFTS, {"first": "2026-03-02", "last": "2026-03-03"}).status_code == 403
    assert visitor.get(f"{CALENDAR}/plan").status_code == 403
    assert visitor.get(f"{CALENDAR}/rest").status_code == 403


def test_a_draft_is_changed_by_its_form_and_says_what_it_changes(console: Console) -> None:
    visitor, address = a_draft(console)

    assert change(visitor, address, "slots", {FIRST_SLOT: "t3"}) == 303

    said = words(visitor.get(address).text)
    assert "Utkastet är ändrat." in said
    assert "Ändras, i dag Therapist 4" in said
    assert on(console, TUE) == ["t4", "t1"]
    assert change(visitor, address, "slots", {FIRST_SLOT: "t3"}) == 303
    assert "ingenting ändrades" in visitor.get(address).text


def test_a_week_a_part_and_nobody(console: Console) -> None:
    visitor, address = a_draft(console)

    week = {"monday": "2026-03-02", "position": "2", "therapist": "t6"}
    assert change(visitor, address, "week", week) == 303
    late = {"day": TUE, "starts": "20:00", "ends": "22:00", "position": "1", "therapist": "t3"}
    assert change(visitor, address, "shift", late) == 303
    assert change(visitor, address, "slots", {FIRST_SLOT.replace("T21", "T19"): ""}) == 303

    page = visitor.get(address).text
    changes = words(page[page.index('id="changed"') : page.index('id="a-week"')])
    assert changes.count("Therapist 6") == 7
    assert "Therapist 4 Therapist 3" in changes
    assert "Therapist 4 ingen" in changes


@pytest.mark.parametrize(
    "data",
    [
        {"day": "2026-04-03", "starts": "17:00", "ends": "22:00", "position": "1"},
        {"day": TUE, "starts": "x", "ends": "22:00", "position": "1"},
        {"day": TUE, "starts": "17:00", "ends": "22:00", "position": "7"},
        {"day": TUE, "starts": "17:00", "ends": "22:00", "position": "1", "therapist": "t9"},
    ],
)
def test_a_shift_that_makes_no_sense_is_refused_in_words(
    console: Console, data: Mapping[str, str]
) -> None:
    visitor, address = a_draft(console)
    state = state_of(visitor.get(address).text)

    refused = visitor.post(f"{address}/shift", {"state": state, **data})

    assert refused.status_code == 422
    assert "som ligger inom utkastet" in refused.text


def test_what_somebody_else_has_changed_is_shown_first(console: Console) -> None:
    visitor, address = a_draft(console)
    old = state_of(visitor.get(address).text)
    change(console.signed_in("m2"), address, "slots", {FIRST_SLOT: "t3"})

    for step in ("slots", "publish"):
        refused = visitor.post(f"{address}/{step}", {"state": old, FIRST_SLOT: "t5"})
        assert refused.status_code == 409
        assert "Någon annan har ändrat utkastet" in refused.text


def test_publishing_against_a_rule_asks_for_a_reason_that_is_kept(console: Console) -> None:
    visitor, address = a_draft(console)
    change(visitor, address, "slots", {FIRST_SLOT: "t3"})
    state = state_of(visitor.get(address).text)

    refused = visitor.post(f"{address}/publish", {"state": state, "note": "Byte"})
    assert refused.status_code == 422
    assert 'id="reason-problem"' in refused.text
    assert on(console, TUE) == ["t4", "t1"]
    reason = {"state": state, "note": "Byte", "reason": "Resten planeras i mars"}
    assert visitor.post(f"{address}/publish", reason).status_code == 303

    assert on(console, TUE) == ["t3", "t1"]
    versions = console.signed_in("t1").get(f"{CALENDAR}/versions").text
    assert "Resten planeras i mars" in versions
    assert "Manager 1" in versions
    told = words(console.signed_in("t1").get(f"{CALENDAR}/versions/2").text)
    assert "Therapist 4 Therapist 3" in told
    assert visitor.get(address).status_code == 404


def test_a_rota_without_errors_is_published_without_a_reason(console_at: ConsoleAt) -> None:
    console = console_at(NOON, shifts=manned(), toml=changed(AGREED) + MANAGERS_TOML)
    visitor, address = a_draft(console)
    page = visitor.get(address).text

    done = visitor.post(f"{address}/publish", {"state": state_of(page)})

    assert 'name="reason"' not in page
    assert done.status_code == 303


def test_a_draft_is_thrown_away(console: Console) -> None:
    visitor, address = a_draft(console)

    assert visitor.post(f"{address}/discard").status_code == 303
    assert visitor.get(address).status_code == 404
    assert "Det finns inga utkast." in words(console.signed_in("t1").get(DRAFTS).text)


def test_dates_that_make_no_draft_are_said_at_the_field(console: Console) -> None:
    refused = console.signed_in("m1").post(DRAFTS, {"first": "2026-03-08", "last": "2026-03-02"})

    assert refused.status_code == 422
    assert 'id="last-problem"' in refused.text
    assert 'value="2026-03-08"' in refused.text


def test_a_file_becomes_a_draft_or_says_what_is_wrong_in_it(console: Console) -> None:
    visitor = console.signed_in("m1")

    def bring(name: str, content: str) -> TestResponse:
        file = (io.BytesIO(content.encode()), name)
        return visitor.post(f"{CALENDAR}/file", {"file": file}, content_type="multipart/form-data")

    good, bad, odd = (
        bring("mars.csv", CSV),
        bring("mars.csv", CSV.replace("t4", "Kim")),
        bring("mars.exe", "MZ"),
    )

    assert good.status_code == 303
    assert "Therapist 4" in visitor.get(good.location).text
    assert bad.status_code == 422
    assert "Rad 2, therapist: Ingen i organisationen heter så." in words(bad.text)
    assert "varken CSV, ICS eller XLSX" in odd.text
    assert visitor.post(f"{CALENDAR}/file").status_code == 422


def test_a_proposal_is_asked_for_and_the_page_says_how_far_it_is(console: Console) -> None:
    visitor = console.signed_in("m1")
    address = f"{CALENDAR}/plan"

    assert visitor.post(address, {"first": "2026-03-01", "weeks": "4"}).status_code == 422
    assert visitor.post(address, {"first": "2026-03-09", "weeks": "4"}).status_code == 303
    page = visitor.get(address).text
    assert "Väntar" in page
    assert 'hx-trigger="every 10s"' in page
    assert visitor.post(address, {"first": "2026-03-09", "weeks": "4"}).status_code == 409
    polled = visitor.client.get(address, headers={"HX-Request": "true"})
    assert "<html" not in polled.text
    assert polled.status_code == 200
    assert visitor.post(f"{address}/forget").status_code == 303
    again = visitor.client.get(address, headers={"HX-Request": "true"})
    assert again.status_code == 286  # by which htmx stops asking
    assert "Det senaste förslaget" not in visitor.get(address).text


def proposed(console: Console, stage: Stage, **answer: object) -> str:
    """What the page says of a proposal that has come to an end."""
    parts = console.stage.parts
    one = Proposal(stage, "m1", date(2026, 3, 9), 4, 1, parts.clock(), answer)
    with parts.engine.begin() as connection:
        rota_desk_plan.keep(connection, parts.cipher, EFTERVARD, one, parts.clock())
    return words(console.signed_in("m1").get(f"{CALENDAR}/plan").text)


def test_a_proposal_that_is_done_leads_to_its_draft_and_its_days_off(console: Console) -> None:
    days = [
        {"therapist": who, "starts_at": f"2026-03-{day}T00:00+01:00",
         "ends_at": f"2026-03-{day + 1}T00:00+01:00"}
        for who, day in (("t1", 10), ("t4", 11))
    ]  # fmt: skip
    given_up = ["somebody may be on standby two weekends on end (R18)"]
    said = proposed(console, Stage.DONE, draft=7, days_off=days, given_up=given_up)

    assert "Öppna utkast 7" in said
    assert "Therapist 1: tis 10 mars 2026" in said
    assert "Någon har jour två helger i rad." in said
    manager = console.signed_in("m1")
    manager.post(f"{CALENDAR}/plan/days-off")
    assert "1 lediga dagar för din egen personal" in manager.get(f"{CALENDAR}/plan").text
    assert "Ledigt för beredskap" in manager.get("/absences").text
    assert "Ledigt för beredskap </span>" not in console.signed_in("m2").get("/absences").text


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage.WORKING, "Pågår"),
        (Stage.NONE, "Det tar stopp de här veckorna: Vecka 11 2026"),
        (Stage.MISSING, "make planner"),
        (Stage.FAILED, "Planeraren blev inte klar."),
    ],
)
def test_how_far_a_proposal_has_come_is_said(console: Console, stage: Stage, expected: str) -> None:
    assert expected in proposed(console, stage, weeks=["2026-03-09"])


def test_fairness_is_a_table_for_everybody_who_shares(console: Console) -> None:
    page = console.signed_in("t1").get(f"{CALENDAR}/fairness?first=2026-03-01&last=2026-03-31").text

    said = words(page)
    assert "4 dagar med jour" in said
    assert "Therapist 1" in said
    assert "Hässelby-Vällingby" in said
    assert 'scope="colgroup"' in page


def test_rest_shows_the_own_districts_staff_without_inline_style(console: Console) -> None:
    page = console.signed_in("m1").get(f"{CALENDAR}/rest?first=2026-03-02&last=2026-03-08").text

    assert "Dygnsvila och veckovila" in page
    assert "Therapist 1" in page
    assert "Therapist 4" not in page
    assert "<style" not in page
    assert " style=" not in page
    too_long = console.signed_in("m1").get(f"{CALENDAR}/rest?first=2026-03-02&last=2028-03-08")
    assert "högst ett halvår" in too_long.text


def test_an_address_of_a_calendar_is_shown_once(console: Console) -> None:
    visitor = console.signed_in("t4")

    made = visitor.post("/rota/calendars", {"line": "eftervard"})
    address = re.search(r"https://jour\.example\.se/calendar/[\w-]+\.ics", made.text)
    assert address is not None
    assert address[0] not in visitor.get("/rota/calendars").text
    assert visitor.post("/rota/calendars/1/end").status_code == 303
    assert "Du har ingen." in visitor.get("/rota/calendars").text
    assert console.signed_in("m1").get("/rota/calendars").status_code == 403


def test_what_is_swapped_says_so_in_the_calendar(console: Console) -> None:
    manager = console.signed_in("m2")
    duty = "eftervard|t4|2026-03-03T16:00:00+00:00|1"
    done = manager.post("/swaps/arrange", {"duty": duty, "to": "t6", "reason": "sjuk"})
    assert done.status_code == 303, words(done.text)

    said = words(console.signed_in("t1").get(WEEK_10).text)

    assert "Therapist 6" in said
    assert "Bytt, hade Therapist 4" in said
