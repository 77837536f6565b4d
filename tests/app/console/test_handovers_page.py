"""Handovers in the console: what waits, the list for the meeting, and signing off a duty."""

import re

import pytest

from app.demo.stage import Stage
from routing.handover import HandoverState
from routing.ids import HandoverId
from routing.note import Content, Urgency
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.duty.before_duty import at_time
from tests.app.duty.desk import (
    CLOCK,
    TOLD,
    acknowledge,
    came,
    handed_over,
    history,
    open_,
    reach_,
    reading_log,
    the_handover,
    write,
)
from tests.app.duty.documents import TOLD as LONG_TOLD
from tests.app.duty.documents import Desk, a_tuesday
from tests.app.duty.following import INSTRUCTION, ordered, wanted
from tests.app.world import ANSWERS, GUARDIAN, STRANGER, YOUTH, evening
from tests.examples import HASSELBY_VALLINGBY, JARVA

EVENING, ENDS = "2026-03-03T19:00", "2026-03-03T22:00"
MEETING = "2026-03-04T08:30"
TWO_EVENINGS = [*evening("2026-03-03"), *evening("2026-03-04")]


@pytest.fixture
def console(console_at: ConsoleAt) -> Console:
    return console_at(EVENING, shifts=TWO_EVENINGS)


def page_of(handover: HandoverId) -> str:
    return f"/handovers/{handover}"


def words(html: str) -> str:
    """What somebody reads on a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<main")[2]))


def a_night(stage: Stage) -> HandoverId:
    """A call of Hässelby-Vällingby's that could not wait, taken for it by t4 of Järva."""
    sid = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    write(stage, "t4", sid, urgency=Urgency.AT_ONCE, broken_agreement=True)
    at_time(stage, ENDS, sweeps=CLOCK)
    return the_handover(stage, HASSELBY_VALLINGBY)


def test_the_desk_says_what_waits_how_late_and_what_is_missing(console: Console) -> None:
    stage = console.stage
    a_night(stage)
    at_time(stage, "2026-03-04T19:00", sweeps=CLOCK)
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    at_time(stage, "2026-03-04T22:00", sweeps=CLOCK)
    said = words(console.signed_in("t2").get("/handovers").text)

    assert "Sena (1)" in said
    assert "Kommande (1)" in said
    assert "Genast 13 h 30 min sen" in said
    assert "1 bruten överenskommelse utan reaktion" in said
    assert "1 anteckning saknas" in said
    assert "genomgång senast tors 5 mars 08.30" in said
    assert TOLD not in said


def test_an_empty_desk_says_when_the_next_one_comes(console: Console) -> None:
    said = words(console.signed_in("t2").get("/handovers").text)
    assert "Inga överlämningar väntar. Nästa kommer till ons 4 mars 08.30" in said

    console.stage.carrier.run_until(console.stage.carrier.now().replace(day=20))
    said = words(console.signed_in("t2").get("/handovers").text)
    assert "inget kommande pass finns på schemat" in said


def test_whoever_took_it_for_the_other_district_sees_that_it_came_and_no_more(
    console: Console,
) -> None:
    handover = a_night(console.stage)
    visitor = console.signed_in("t4")
    said = words(visitor.get("/handovers").text)
    assert "Hässelby-Vällingby · passet till tis 3 mars 22.00 · 1 kontakt På väg" in said
    assert page_of(handover) not in visitor.get("/handovers").text
    assert visitor.get(page_of(handover)).status_code == 403

    acknowledge(console.stage, "t2", handover)
    assert "Framme" in words(visitor.get("/handovers").text)


def test_a_manager_sees_whether_it_came_in_time_and_by_whom_and_no_word_of_it(
    console: Console,
) -> None:
    stage = console.stage
    handover = a_night(stage)
    at_time(stage, "2026-03-04T10:45", sweeps=CLOCK)
    visitor = console.signed_in("m1")
    said = words(visitor.get("/handovers").text)
    assert "2 h 15 min sen" in said
    assert "Genast" not in said, "how urgent a note is says something of it"

    acknowledge(stage, "t2", handover)
    assert "kvitterad ons 4 mars 10.45 av Therapist 2 · 2 h 15 min efter utsatt tid" in words(
        visitor.get("/handovers").text
    )
    page = visitor.get(page_of(handover)).text
    assert "kvitterad av Therapist 2 (t2)" in page
    assert "cheferna underrättade" in page
    assert TOLD not in page
    assert "H-2001" not in page
    assert visitor.post(f"{page_of(handover)}/state", {"state": "closed"}).status_code == 403
    assert visitor.post(f"{page_of(handover)}/export", {"form": "json"}).status_code == 403
    assert console.signed_in("m2").get(page_of(handover)).status_code == 403
    assert ("m2", "log", "not_your_district") in reading_log(stage, HASSELBY_VALLINGBY)


def test_the_list_for_the_meeting_has_what_the_paper_has(console_at: ConsoleAt) -> None:
    console = console_at("2026-03-03T19:00")
    a_tuesday(console.stage)
    page = console.signed_in("t5").get(page_of(the_handover(console.stage, JARVA)))
    said = words(page.text)

    assert "<title>Överlämning – Beredskap</title>" in page.text
    assert said.index("GENAST".capitalize()) < said.index("Bruten överenskommelse")
    for part in (
        "Socialjouren",
        "Therapist 1 (t1), för Järvas räkning",
        "Tillägg",
        "Anteckning saknas ännu",
    ):
        assert part in said
    assert LONG_TOLD.split("“")[0] in said
    assert page.text.count('class="tick"') == len(re.findall(r"<article", page.text)) == 7
    assert page.headers["Cache-Control"] == "private, no-store"


def test_follow_ups_of_the_duty_stand_in_the_list(console_at: ConsoleAt) -> None:
    console = console_at("2026-03-03T15:00")
    ordered(console.stage, "t5", wanted())
    at_time(console.stage, ENDS, sweeps=("follow_ups.open", *CLOCK))
    page = console.signed_in("t5").get(page_of(the_handover(console.stage, JARVA))).text

    assert "Uppföljning · tisdag 3 mars 2026 19.00 · K-1001" in page
    assert INSTRUCTION in page


def test_what_somebody_wrote_cannot_turn_the_page_round_or_become_a_tag(console: Console) -> None:
    stage = console.stage
    sid = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    Desk(stage).note("t4", sid, Content("<b>x</b>\u202edlov", "Lyssnade."))
    at_time(stage, ENDS, sweeps=CLOCK)
    page = console.signed_in("t2").get(page_of(the_handover(stage, HASSELBY_VALLINGBY))).text

    assert "&lt;b&gt;x&lt;/b&gt;&lt;U+202E&gt;dlov" in page


def test_reading_is_logged_and_opens_it_and_acknowledging_is_by_name_and_by_post(
    console: Console,
) -> None:
    stage = console.stage
    handover = a_night(stage)
    visitor = console.signed_in("t2")
    page = visitor.get(page_of(handover)).text
    assert "Kvittera som Therapist 2" in page
    assert history(stage, handover)[-1] == ("opened", "t2")
    assert visitor.get(f"{page_of(handover)}/state").status_code == 404

    answer = visitor.post(f"{page_of(handover)}/state", {"state": "acknowledged"})
    assert answer.status_code == 303
    assert history(stage, handover)[-1] == ("acknowledged", "t2")
    said = words(visitor.get(page_of(handover)).text)
    assert "Överlämningen är kvitterad i ditt namn." in said
    assert "Kvittera som" not in said

    visitor.post(f"{page_of(handover)}/state", {"state": "acknowledged"})
    assert "Någon hade redan gjort det." in visitor.get(page_of(handover)).text
    for state in ("transferred", "closed"):
        visitor.post(f"{page_of(handover)}/state", {"state": state})
    assert [event for event, _ in history(stage, handover)][-2:] == ["transferred", "closed"]
    assert visitor.post(f"{page_of(handover)}/state", {"state": "built"}).status_code == 404


def test_what_nobody_has_read_is_not_acknowledged_and_the_page_says_so(console: Console) -> None:
    stage = console.stage
    handover = handed_over(stage)
    visitor = console.signed_in("t2")
    visitor.get(page_of(handover))
    came(stage, "b", "2026-03-03T21:00")
    at_time(stage, "2026-03-03T22:10", sweeps=CLOCK)

    answer = visitor.post(f"{page_of(handover)}/state", {"state": "acknowledged"})
    assert answer.status_code == 422
    assert (
        "Överlämningen är inte kvitterad: något i den hade ingen i stadsdelen läst" in answer.text
    )
    assert answer.text.count("Ny sedan du läste sist") == 1
    assert ("acknowledged", "t2") not in history(stage, handover)

    assert visitor.post(f"{page_of(handover)}/state", {"state": "acknowledged"}).status_code == 303


def test_it_is_not_transferred_before_it_is_acknowledged(console: Console) -> None:
    handover = handed_over(console.stage)
    visitor = console.signed_in("t2")
    answer = visitor.post(f"{page_of(handover)}/state", {"state": "transferred"})

    assert answer.status_code == 422
    assert "överlämningen måste kvitteras först" in answer.text


def test_a_missing_note_is_warned_of_before_it_can_no_longer_be_written(console: Console) -> None:
    console.stage.call(GUARDIAN, phones={"t4": ANSWERS})
    at_time(console.stage, ENDS, sweeps=CLOCK)
    page = console.signed_in("t2").get(page_of(the_handover(console.stage, HASSELBY_VALLINGBY)))

    assert "1 anteckning saknas. Ingen kan skriva här när överlämningen är kvitterad" in page.text


def test_reacting_to_a_broken_agreement_is_kept_with_name_and_time(console: Console) -> None:
    handover = a_night(console.stage)
    visitor = console.signed_in("t2")
    page = visitor.get(page_of(handover)).text
    assert "inte bemött än" in page
    found = re.search(r'name="contact" value="([^"]+)"', page)
    assert found is not None

    answer = visitor.post(f"{page_of(handover)}/reaction", {"contact": found[1], "place": "1"})
    assert (answer.status_code, answer.location) == (303, f"{page_of(handover)}#contact-1")
    page = visitor.get(page_of(handover)).text
    assert "Sparat: ni har reagerat." in page
    assert "bemött tisdag 3 mars 2026 22.00 av Therapist 2 (t2)" in page
    assert 'name="contact"' not in page

    other = console.signed_in("t4")
    refused = other.post(f"{page_of(handover)}/reaction", {"contact": found[1]})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("form", "kind", "ending", "starts"),
    [
        ("pdf", "application/pdf", "pdf", b"%PDF"),
        ("text", "text/plain; charset=utf-8", "txt", "Överlämning till".encode()),
        ("json", "application/json", "json", b"{"),
    ],
)
def test_each_export_is_a_file_and_a_row_of_the_log(
    form: str, kind: str, ending: str, starts: bytes, console: Console
) -> None:
    handover = a_night(console.stage)
    visitor = console.signed_in("t2")
    for _ in range(2):
        answer = visitor.post(f"{page_of(handover)}/export", {"form": form})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename=overlamning-2026-03-03.{ending}"
    )
    assert answer.data.startswith(starts)
    log = reading_log(console.stage, HASSELBY_VALLINGBY)
    assert log.count(("t2", "export", None)) == 2
    assert visitor.post(f"{page_of(handover)}/export", {"form": "csv"}).status_code == 404
    assert console.signed_in("m1").get(page_of(handover)).text.count("exporterad av") == 2


def test_the_page_says_that_something_has_come_and_does_not_change_what_is_read(
    console: Console,
) -> None:
    stage = console.stage
    handover = handed_over(stage)
    visitor = console.signed_in("t2")
    page = visitor.get(page_of(handover)).text
    assert f'hx-get="{page_of(handover)}/news"' in page

    def news() -> tuple[int, str]:
        visitor.headers = {"HX-Request": "true"}
        answer = visitor.get(f"{page_of(handover)}/news")
        visitor.headers = {}
        return answer.status_code, answer.text

    status, said = news()
    assert (status, said.strip()) == (200, "")
    came(stage, "b", "2026-03-03T21:00")
    came(stage, "c", "2026-03-03T21:10")
    at_time(stage, "2026-03-03T22:10", sweeps=CLOCK)
    status, said = news()
    assert status == 286, "it is told once, and htmx need not ask again"
    assert "2 nya kontakter har kommit." in said
    assert "Ladda om" in said
    assert "K-b" not in said
    visitor.get(page_of(handover))
    assert news()[1].strip() == ""

    reach_(stage, "t2", handover, HandoverState.ACKNOWLEDGED)
    came(stage, "d", "2026-03-03T21:30")
    at_time(stage, "2026-03-04T09:00", sweeps=CLOCK)
    visitor = console.signed_in("t2")
    second = the_handover(stage, HASSELBY_VALLINGBY)
    assert page_of(second) in news()[1]
    assert page_of(second) in visitor.get(page_of(handover)).text
    assert visitor.get(f"{page_of(handover)}/news").status_code == 303


def test_it_can_be_read_in_english(console: Console) -> None:
    handover = a_night(console.stage)
    visitor = console.signed_in("t2")
    visitor.headers = {"Accept-Language": "en"}

    assert "broken agreement without a reaction" in visitor.get("/handovers").text
    said = words(visitor.get(page_of(handover)).text)
    assert "1 contact, none lacks a note." in said
    assert "Acknowledge as Therapist 2" in said


def test_who_has_read_it_stands_on_the_page_for_therapists_and_managers(console: Console) -> None:
    handover = handed_over(console.stage)
    assert "Ingen har läst överlämningen än." in console.signed_in("m1").get(page_of(handover)).text
    open_(console.stage, "t3", handover)

    for who in ("t2", "m1"):
        said = words(console.signed_in(who).get(page_of(handover)).text)
        assert "Therapist 3 tis 3 mars 22.00" in said.partition("Vem som har läst")[2]


def test_others_are_turned_away(console: Console) -> None:
    handover = handed_over(console.stage)
    for who in ("a1", "r1"):
        assert console.signed_in(who).get("/handovers").status_code == 403
        assert console.signed_in(who).get(page_of(handover)).status_code == 403
    assert console.visitor().get("/handovers").status_code == 303
    assert console.signed_in("t2").get(page_of(HandoverId("no-such"))).status_code == 404


def test_signing_off_says_what_is_missing_and_is_done_when_nothing_is(console: Console) -> None:
    stage = console.stage
    empty = words(console.signed_in("t4").get("/duty/sign-off").text)
    assert "Det finns inget att signera." in empty
    first = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    stage.call(STRANGER, phones={"t4": ANSWERS}, caller="press 2 after 3")
    visitor = console.signed_in("t4")
    said = words(visitor.get("/duty/sign-off").text)
    assert "Passet som pågår, till tis 3 mars 22.00 2 kontakter saknar anteckning:" in said
    write(stage, "t4", first)

    stage.carrier.run_until(stage.carrier.now().replace(hour=21))
    visitor = console.signed_in("t4")
    said = words(visitor.get("/duty/sign-off").text)
    assert "1 kontakt saknar anteckning: Ett samtal," in said
    assert "Signera passet" not in said
    answer = visitor.post("/duty/sign-off", {"line": "eftervard"})
    assert answer.status_code == 422
    assert "Du kan inte signera än." in answer.text
    assert visitor.post("/duty/sign-off", {"line": "nowhere"}).status_code == 404


def test_a_duty_without_anything_missing_is_signed_off_by_her(console: Console) -> None:
    stage = console.stage
    write(stage, "t4", stage.call(YOUTH, phones={"t4": ANSWERS}).sid)
    stage.carrier.run_until(stage.carrier.now().replace(hour=21, minute=1))
    visitor = console.signed_in("t4")
    assert "Signera passet" in visitor.get("/duty/sign-off").text

    assert visitor.post("/duty/sign-off", {"line": "eftervard"}).status_code == 303

    said = words(visitor.get("/duty/sign-off").text)
    assert "Du har signerat passet." in said
    assert "Signerat tis 3 mars 22.01" in said
