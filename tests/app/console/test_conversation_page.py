"""A thread's page: read, answered, kept while it is written, and lost to nobody."""

import re
from datetime import timedelta

import pytest

from tests.app.conftest import StageAt
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.texts.talk import later, read_by, settle, writes
from tests.app.texts.test_reading_on_the_page import browser, form_key, link_in, notice_stage
from tests.app.texts.test_reading_on_the_page import opened as opened_with_code
from tests.app.world import GUARDIAN, T4, YOUTH, rows

EVENING = "2026-03-03T19:00"
POLL = {"HX-Request": "true"}


def thread_of(console: Console) -> str:
    (thread,) = rows(console.stage.parts.engine, "threads")
    return str(thread["id"])


def opened(page: str) -> str:
    found = re.search(r'name="opened_at" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_she_reads_and_answers_and_sees_that_it_arrived(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    writes(console.stage, YOUTH, "Hemliga <b>ord</b>")
    thread, visitor = thread_of(console), console.signed_in("t4")
    page = visitor.get(f"/threads/{thread}").text
    assert "Hemliga &lt;b&gt;ord&lt;/b&gt;" in page
    assert "Järva, Ungdom" in page
    assert "740650" not in page
    later(console.stage, seconds=20)

    answer = visitor.post(
        f"/threads/{thread}/reply", {"body": " Jag ringer! ", "opened_at": opened(page)}
    )
    later(console.stage, seconds=5)

    assert answer.status_code == 303
    assert read_by(console.stage, YOUTH) == ["Jag ringer!"]
    page = visitor.get(answer.location).text
    assert "Ditt svar är på väg." in page
    assert "Framme" in page
    assert page.index("Hemliga") < page.index("Jag ringer!")
    log = [(r["viewer"], r["act"]) for r in rows(console.stage.parts.engine, "readings")]
    assert set(log) == {("t4", "read")}


@pytest.mark.parametrize("body", ["", "  ", "å" * 1601])
def test_what_cannot_be_sent_is_said_and_kept(body: str, console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    writes(console.stage, YOUTH, "Hej")
    thread, visitor = thread_of(console), console.signed_in("t4")

    answer = visitor.post(f"/threads/{thread}/reply", {"body": body})
    later(console.stage, seconds=5)

    assert answer.status_code == 422
    assert "Skriv något, högst 1600 tecken. Ingenting har skickats." in answer.text
    assert f">{body}</textarea>" in answer.text
    assert read_by(console.stage, YOUTH) == []


def test_a_second_tap_sends_nothing_more_and_keeps_the_words(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    writes(console.stage, YOUTH, "Hej")
    thread, visitor = thread_of(console), console.signed_in("t4")
    form = {"body": "Jag ringer!", "opened_at": opened(visitor.get(f"/threads/{thread}").text)}

    first, second = (visitor.post(f"/threads/{thread}/reply", form) for _ in range(2))
    later(console.stage, seconds=5)

    assert (first.status_code, second.status_code) == (303, 422)
    assert "Ett svar från dig skickades efter att du öppnade sidan." in second.text
    assert read_by(console.stage, YOUTH) == ["Jag ringer!"]


def test_a_colleague_of_the_home_district_reads_and_is_told_who_answers(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    writes(console.stage, GUARDIAN, "Hemliga ord")
    thread = thread_of(console)

    page = console.signed_in("t2").get(f"/threads/{thread}").text
    assert "Hemliga ord" in page
    assert "Therapist 4 har tråden nu och svarar i den." in page
    assert "<textarea" not in page
    assert (
        console.signed_in("t2").post(f"/threads/{thread}/reply", {"body": "Hej"}).status_code == 403
    )
    assert console.signed_in("t5").get(f"/threads/{thread}").status_code == 403
    assert console.signed_in("m1").get(f"/threads/{thread}").status_code == 403
    assert console.signed_in("t4").get("/threads/nothing").status_code == 404


def test_new_texts_come_by_themselves_beside_what_is_being_written(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    writes(console.stage, YOUTH, "Första")
    thread, visitor = thread_of(console), console.signed_in("t4")
    page = visitor.get(f"/threads/{thread}").text
    seen = re.search(r'id="seen" name="seen" value="([^"]+)"', page)
    assert seen is not None
    address = f"/threads/{thread}/texts?seen={seen[1]}"
    assert visitor.client.get(address, headers=POLL).status_code == 204

    writes(console.stage, YOUTH, "Andra")
    renewed = visitor.client.get(address, headers=POLL)

    assert "Andra" in renewed.text
    assert "<textarea" not in renewed.text
    assert page.index('id="texts"') < page.index("<textarea")
    assert visitor.get(f"/threads/{thread}/texts").status_code == 303
    for _ in range(30):
        console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(seconds=15))
        visitor.client.get(f"/threads/{thread}/texts", headers=POLL)
    log = [r["contact"] for r in rows(console.stage.parts.engine, "readings")]
    assert len(log) == 1 + 1  # each of the two texts once


def test_an_answer_is_kept_while_it_is_written(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    writes(console.stage, YOUTH, "Hej")
    thread, visitor = thread_of(console), console.signed_in("t4")
    visitor.post("/writings", {"subject": f"reply:{thread}", "body": "Jag ri"})

    page = console.signed_in("t4").get(f"/threads/{thread}").text
    assert ">Jag ri</textarea>" in page
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(seconds=30))
    visitor.post(f"/threads/{thread}/reply", {"body": "Jag ringer!"})

    assert "Jag ri</textarea>" not in visitor.get(f"/threads/{thread}").text


def test_an_answer_that_is_lost_says_what_to_do(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    writes(console.stage, YOUTH, "Hej")
    thread, visitor = thread_of(console), console.signed_in("t4")
    console.stage.carrier.set_text_fates({YOUTH: "undelivered 30003"})
    visitor.post(f"/threads/{thread}/reply", {"body": "Jag ringer!"})
    settle(console.stage, 2)

    page = visitor.get(f"/threads/{thread}").text
    assert "Kom inte fram" in page
    assert "Ditt senaste sms kom inte fram. Skicka det igen eller ring upp." in page
    assert "Ditt sms kom inte fram" in visitor.get("/tonight").text


def test_a_thread_that_is_over_is_read_and_not_answered(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    writes(console.stage, YOUTH, "Hej")
    thread = thread_of(console)
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(hours=17))

    page = console.signed_in("t4").get(f"/threads/{thread}").text

    assert "Tråden är avslutad" in page
    assert "<textarea" not in page
    assert "hx-get" not in page[page.index('id="texts"') :]


def test_the_older_page_behind_the_code_writes_down_who_reads_too(
    sqlite_stage_at: StageAt,
) -> None:
    stage = notice_stage(sqlite_stage_at)
    sid = writes(stage, YOUTH, "Hemliga ord")
    client = browser(stage)
    assert rows(stage.parts.engine, "readings") == []  # nobody has shown her code yet

    page = opened_with_code(stage, client)
    client.post(f"{link_in(stage, T4)}/reply", data={"key": form_key(page), "body": "Jag ringer!"})

    log = rows(stage.parts.engine, "readings")
    assert {(r["viewer"], r["act"], r["contact"], r["district"]) for r in log} == {
        ("t4", "read", sid, "jarva")
    }
    assert len(log) == 2  # she has read it, and then answered
