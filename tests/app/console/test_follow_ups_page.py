"""Follow-ups in the console: ordered in daytime, called as the line, and what came of them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from app.bootstrap import console_of
from app.duty import tonight_drafts as drafts
from app.store import follow_ups as stored
from app.store.database import reading
from routing.follow_up import FollowUp, State
from routing.ids import FollowUpId
from routing.role import Role
from tests.app.console.conftest import CONSOLE_TOML, Console, ConsoleAt
from tests.app.duty.desk import gate, reading_log
from tests.app.duty.following import (
    AFTERNOON,
    INSTRUCTION,
    SATURDAY,
    TOLD_US,
    TONIGHT,
    calls,
    ordered,
    swept,
    wanted,
)
from tests.app.world import REGISTER, STRANGER, T4, YOUTH, evening
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, entry, span

PICKS_UP = {T4: "answer 3, press 1", YOUTH: "answer 4, talk 60"}
NOBODY_HOME = {T4: "answer 3, press 1", YOUTH: "no answer"}
WITH_A_MANDATE = CONSOLE_TOML.replace(
    'reference = "HV 2025/1"', 'reference = "HV 2025/1"\ntasks = ["standby", "follow_up"]'
)
FORM = {
    "line": "eftervard",
    "client": "K-1001",
    "instruction": INSTRUCTION,
    "attempts": "3",
    "day_1": "2026-03-03",
    "from_1": "19:00",
    "to_1": "20:00",
    "then_1": "socialjouren",
}


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at(AFTERNOON)


def words(html: str) -> str:
    """What somebody reads on a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<main")[2]))


def kept(console: Console) -> tuple[FollowUp, ...]:
    parts = console.stage.parts
    with reading(parts.engine) as connection:
        return stored.ending_in(connection, None, parts.clock(), cipher=parts.cipher)


def refused(console: Console, changed: Mapping[str, str | None]) -> str:
    """What the form says where something is wrong with it."""
    form = {name: value for name, value in {**FORM, **changed}.items() if value is not None}
    answer = console.signed_in("t5").post("/follow-ups/order", form)
    assert answer.status_code == 422
    assert kept(console) == ()
    return answer.text


def page_of(number: FollowUpId) -> str:
    return f"/follow-ups/{number}"


def test_a_therapist_orders_for_tonight_and_the_weekend(console: Console) -> None:
    visitor = console.signed_in("t5")
    form = visitor.get("/follow-ups/order").text
    assert 'value="2026-03-03"' in form, "the day on which the line is next open"
    assert "tis 3 mars 17.00–22.00" in words(form)
    more = {
        "day_2": "2026-03-07",
        "from_2": "11:00",
        "to_2": "12:00",
        "then_1": "next_window",
        "then_2": "home_district",
        "voicemail": "1",
    }

    answer = visitor.post("/follow-ups/order", {**FORM, **more})

    assert (answer.status_code, answer.location) == (303, "/follow-ups")
    tonight, saturday = kept(console)
    assert (tonight.window.time, saturday.window.time) == (span(*TONIGHT), span(*SATURDAY))
    assert [one.window.if_not_reached for one in (tonight, saturday)] == [
        "next_window", "home_district"
    ]  # fmt: skip
    order = tonight.order
    assert (order.client, order.district, order.ordered_by) == ("K-1001", JARVA, "t5")
    assert (order.instruction, order.max_attempts) == (INSTRUCTION, 3)
    assert (order.safe.may_leave_voicemail, order.safe.may_say_who_calls) == (True, False)
    said = words(visitor.get("/follow-ups").text)
    assert "Beställd: tis 3 mars 19.00–20.00." in said
    assert "Ingen på schemat får göra uppföljningen lör 7 mars 11.00–12.00 än." in said
    assert "Senare (2)" in said
    assert INSTRUCTION not in said


def test_a_manager_may_order_and_is_not_shown_what_was_said(console: Console) -> None:
    manager = console.signed_in("m2")
    assert manager.post("/follow-ups/order", FORM).status_code == 303
    (task,) = kept(console)
    assert task.order.ordered_by == "m2"
    swept(console.stage, TONIGHT[0])
    calls(console.stage, "t4", task.id, PICKS_UP)
    therapist = console.signed_in("t4")
    therapist.post(f"{page_of(task.id)}/report", {"outcome": "reached", "text": TOLD_US})

    manager = console.signed_in("m2")
    page = manager.get(page_of(task.id)).text
    assert "Nådd" in words(page)
    assert INSTRUCTION in page
    assert TOLD_US not in page
    assert "Ring som linjen" not in page
    assert TOLD_US in therapist.get(page_of(task.id)).text
    assert manager.post(f"{page_of(task.id)}/call").status_code == 403


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"client": " "}, "client", "Skriv referensen i registret."),
        ({"client": "K-9999"}, "client", "Stadsdelens register har ingen sådan referens"),
        ({"client": "H-2001"}, "client", "Stadsdelens register har ingen sådan referens"),
        ({"instruction": " "}, "instruction", "Skriv vad behandlaren ska fråga eller säga."),
        (
            {"instruction": "x" * 2001},
            "instruction",
            "Texten är för lång. Skriv högst 2000 tecken.",
        ),
        ({"attempts": "0"}, "attempts", "Välj 1 till 9 samtal."),
        ({"attempts": "tre"}, "attempts", "Välj 1 till 9 samtal."),
        ({"language": "fr"}, "language", "Linjen har inte det språket."),
        ({"from_1": "", "to_1": ""}, "day_1", "Fyll i minst en tid."),
        ({"to_1": ""}, "day_1", "Fyll i dag, början och slut"),
        ({"day_1": "tisdag"}, "day_1", "Den tiden finns inte."),
        ({"to_1": "18:00"}, "day_1", "Tiden slutar innan den börjar."),
        ({"day_1": "2026-03-02"}, "day_1", "Den tiden har redan gått."),
        ({"day_1": "2026-04-30"}, "day_1", "Välj en tid inom 31 dagar."),
        ({"from_1": "15:30"}, "day_1", "Linjen är inte öppen hela den tiden."),
        ({"then_1": "next_window"}, "then_1", "Efter den sista tiden finns ingen nästa."),
        ({"then_1": "nobody"}, "then_1", "Välj vem som tar över om ingen nås."),
        (
            {"day_3": "2026-03-03", "from_3": "19:30", "to_3": "20:30", "then_3": "home_district"},
            "day_3",
            "Tiden börjar innan den ovanför har slutat.",
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_can_be_mended_and_what_was_typed_stays(
    changed: Mapping[str, str], field: str, said: str, console: Console
) -> None:
    page = refused(console, changed)

    assert re.search(rf'id="{field}-problem">{re.escape(said[:8])}', page)
    assert said in page
    assert re.search(rf'id="{field}"[^>]*aria-describedby="[^"]*{field}-problem', page)
    if "instruction" not in changed:
        assert INSTRUCTION in page


def test_of_several_numbers_one_is_chosen_by_whose_it_is(console_at: ConsoleAt) -> None:
    console = console_at(AFTERNOON, entries=(*REGISTER, entry(STRANGER, role=Role.GUARDIAN)))
    page = refused(console, {})
    assert "Det finns flera nummer. Välj vilket som ska ringas." in page
    assert '<option value="1">1: ungdomen</option>' in page
    assert '<option value="2">2: vårdnadshavaren</option>' in page
    for number in (YOUTH, STRANGER):
        assert number[3:] not in page

    answer = console.signed_in("t5").post("/follow-ups/order", {**FORM, "number": "2"})

    assert answer.status_code == 303
    (task,) = kept(console)
    assert "vårdnadshavaren, svenska" in words(console.signed_in("t5").get(page_of(task.id)).text)


def test_another_districts_is_shown_on_duty_once_its_time_has_come(
    console_at: ConsoleAt,
) -> None:
    console = console_at(AFTERNOON, toml=WITH_A_MANDATE, shifts=evening("2026-03-03", "t4", "t1"))
    (number,) = ordered(console.stage, "t1", wanted("H-2001"))
    early = console.signed_in("t4")
    assert "H-2001" not in early.get("/follow-ups").text
    assert early.get(page_of(number)).status_code == 403

    swept(console.stage, TONIGHT[0])

    visitor = console.signed_in("t4")
    assert "Ska göras nu (1)" in words(visitor.get("/follow-ups").text)
    page = visitor.get(page_of(number)).text
    assert INSTRUCTION in page
    assert "Återkalla uppföljningen" not in page
    assert visitor.post(f"{page_of(number)}/cancel").status_code == 403
    assert console.signed_in("t5").get(page_of(number)).status_code == 403
    log = reading_log(console.stage, HASSELBY_VALLINGBY)
    assert ("t4", "follow_up", "no_contact") in log
    assert ("t4", "follow_up", None) in log
    assert ("t5", "follow_up", "no_mandate") not in log
    assert ("t5", "follow_up", "duty_over") in log


@contextmanager
def carried(console: Console) -> Iterator[Console]:
    """The same console, with the stage's carrier to make calls at."""
    parts = console.stage.parts
    with console.stage.rest_face() as address:
        settings = replace(parts.settings, twilio_api_url=address)
        app = console_of(replace(parts, settings=settings))
        app.testing = True
        yield Console(console.stage, app)


def test_from_the_button_to_the_family_to_what_came_of_it(console: Console) -> None:
    stage = console.stage
    (number,) = ordered(stage, "t5")
    swept(stage, TONIGHT[0])
    with carried(console) as wired:
        visitor = wired.signed_in("t4")
        assert "Ring som linjen" in visitor.get(page_of(number)).text
        stage.carrier.set_phones(PICKS_UP)

        answer = visitor.post(f"{page_of(number)}/call")

        assert (answer.status_code, answer.location) == (303, page_of(number))
        stage.carrier.run()
        page = words(visitor.get(page_of(number)).text)
    assert "Din telefon ringer. Tryck 1" in page
    assert "1 av 2 samtal gjorda" in page
    assert "Therapist 4: någon svarade" in page

    answer = visitor.post(f"{page_of(number)}/report", {"outcome": "reached", "text": TOLD_US})
    assert answer.status_code == 303
    page = visitor.get(page_of(number)).text
    assert "Sparat. Hemstadsdelen läser det i överlämningen." in page
    assert TOLD_US in page
    assert "Skriv hur det gick" not in page
    (task,) = kept(console)
    assert task.state is State.DONE


def test_when_nobody_was_reached_it_says_to_call_socialjouren(console: Console) -> None:
    stage = console.stage
    (number,) = ordered(stage, "t5")
    swept(stage, TONIGHT[0])
    visitor = console.signed_in("t4")
    early = visitor.post(f"{page_of(number)}/report", {"outcome": "not_reached", "text": "Inget."})
    assert early.status_code == 422
    assert "Ingen har ringt än. Ring minst en gång" in early.text
    assert "Inget.</textarea>" in early.text

    calls(stage, "t4", number, NOBODY_HOME)
    answer = visitor.post(f"{page_of(number)}/report", {"outcome": "not_reached", "text": "Inget."})
    assert answer.status_code == 303
    page = visitor.get(page_of(number)).text
    assert "Ring Socialjouren nu" in words(page)
    assert 'href="tel:+46846500499"' in page
    assert "Ring Socialjouren nu" not in console.signed_in("m2").get(page_of(number)).text
    swept(stage, "2026-03-04T10:00")
    assert "Ring Socialjouren nu" not in console.signed_in("t5").get(page_of(number)).text


def test_what_is_recorded_needs_an_outcome_and_words(console: Console) -> None:
    (number,) = ordered(console.stage, "t5")
    swept(console.stage, TONIGHT[0])
    visitor = console.signed_in("t4")
    for form, said in (
        ({"text": "Allt är bra."}, "Välj hur det gick."),
        ({"outcome": "reached", "text": " "}, "Skriv kort hur det gick."),
        (
            {"outcome": "reached", "text": "x" * 2001},
            "Texten är för lång. Skriv högst 2000 tecken.",
        ),
    ):
        answer = visitor.post(f"{page_of(number)}/report", form)
        assert answer.status_code == 422
        assert said in answer.text
        assert form.get("text", "") in answer.text


def test_what_is_being_written_is_kept_until_it_is_sent(console: Console) -> None:
    (number,) = ordered(console.stage, "t5")
    swept(console.stage, TONIGHT[0])
    visitor = console.signed_in("t4")
    page = visitor.get(page_of(number)).text
    assert f'data-draft="report:{number}"' in page
    draft = {"subject": f"report:{number}", "outcome": "other_adult", "text": "Mamman svarade."}
    answer = visitor.post("/writings", draft)
    assert (answer.status_code, answer.location) == (303, page_of(number))

    page = visitor.get(page_of(number)).text
    assert "Mamman svarade.</textarea>" in page
    assert re.search(r'value="other_adult" required checked', page)
    assert "Mamman svarade." not in console.signed_in("t5").get(page_of(number)).text
    assert visitor.post(f"{page_of(number)}/report", draft).status_code == 303
    assert "</textarea>" not in visitor.get(page_of(number)).text
    with gate(console.stage, "t4") as own:
        assert drafts.draft(own, f"report:{number}") is None, "no word of it is kept"


def test_a_call_that_cannot_be_made_says_why(console: Console) -> None:
    (number,) = ordered(console.stage, "t5")
    visitor = console.signed_in("t4")
    assert "Du kan ringa från tis 3 mars 19.00." in visitor.get(page_of(number)).text
    answer = visitor.post(f"{page_of(number)}/call")
    assert answer.status_code == 422
    assert "Det är inte den beställda tiden. Ring då." in answer.text

    swept(console.stage, TONIGHT[0])
    visitor = console.signed_in("t4")
    answer = visitor.post(f"{page_of(number)}/call")
    assert answer.status_code == 422, "no telephone company is there in this test"
    assert "Telefonbolaget svarar inte just nu." in answer.text
    assert kept(console)[0].attempts == ()


def test_the_home_district_cancels_what_is_not_over(console: Console) -> None:
    number, other = ordered(console.stage, "t5", wanted("K-1001", TONIGHT, SATURDAY))
    visitor = console.signed_in("m2")
    page = visitor.get(page_of(number)).text
    assert f'href="{page_of(other)}"' in page, "what was ordered with it"
    assert visitor.post(f"{page_of(number)}/cancel").status_code == 303
    assert "Uppföljningen är återkallad." in visitor.get(page_of(number)).text
    again = visitor.post(f"{page_of(number)}/cancel")
    assert again.status_code == 422
    assert "kan inte återkallas" in again.text
    assert [one.state for one in kept(console)] == [State.CANCELLED, State.ORDERED]
    assert console.signed_in("m1").post(f"{page_of(other)}/cancel").status_code == 403


def test_an_empty_tray_says_what_to_do_and_others_are_turned_away(console: Console) -> None:
    said = words(console.signed_in("t5").get("/follow-ups").text)
    assert "Inga uppföljningar väntar. Beställ en om en familj ska ringas i kväll" in said
    for who in ("a1", "r1"):
        assert console.signed_in(who).get("/follow-ups").status_code == 403
        assert console.signed_in(who).post("/follow-ups/order", FORM).status_code == 403
    assert console.signed_in("t5").get("/follow-ups/77").status_code == 404
    assert console.signed_in("t5").get(f"/follow-ups/{10**12}").status_code == 404
    answer = console.signed_in("t5").post("/follow-ups/order", {**FORM, "line": "nowhere"})
    assert answer.status_code == 404


def test_a_get_changes_nothing(console: Console) -> None:
    (number,) = ordered(console.stage, "t5")
    swept(console.stage, TONIGHT[0])
    visitor = console.signed_in("t4")
    for step in ("call", "report", "cancel"):
        assert visitor.get(f"{page_of(number)}/{step}").status_code == 404
    assert kept(console)[0].state is State.OPEN
    assert at(TONIGHT[0]) <= console.stage.carrier.now()
