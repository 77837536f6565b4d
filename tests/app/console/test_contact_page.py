"""A contact's page: the note, its drafts, whose it is, and who has read it."""

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from routing.note import LONGEST
from tests.app.console.conftest import Console, ConsoleAt, Visitor
from tests.app.texts.talk import writes
from tests.app.world import ANSWERS, GUARDIAN, SILENT, STRANGER, YOUTH, contact_of, rows
from tests.examples import HASSELBY_VALLINGBY

EVENING = "2026-03-03T19:00"
TOLD, SUPPORT = "Hon grät och <b>ville</b> hem.", "Lyssnade och lugnade."
NOTE = {"role": "guardian", "urgency": "urgent", "told": TOLD, "support": SUPPORT, "next_step": ""}
_OPENED = re.compile(r'name="opened_at" value="([^"]+)"')


def call_of(console: Console, number: str = GUARDIAN) -> str:
    """Somebody talks with t4, whom Järva employs."""
    return console.stage.call(number, phones={"t4": ANSWERS}).sid


def opened(page: str) -> str:
    found = _OPENED.search(page)
    assert found is not None
    return found[1]


def saves(visitor: Visitor, call: str, **fields: str) -> TestResponse:
    """Half a minute after the page was opened."""
    return visitor.post(f"/contacts/{call}/note", {**NOTE, **fields})


def drafts(visitor: Visitor, subject: str, **fields: str) -> TestResponse:
    """As the script sends it."""
    data = {"csrf_token": visitor.csrf(), "subject": subject, **fields}
    return visitor.client.post("/writings", data=data, headers={"Accept": "application/json"})


def log_of(console: Console) -> list[tuple[object, object, object]]:
    found = rows(console.stage.parts.engine, "readings")
    return [(row["viewer"], row["act"], row["denied"]) for row in found]


def test_the_note_is_written_and_belongs_to_the_home_district(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    call, writer = call_of(console), console.signed_in("t4")
    page = writer.get(f"/contacts/{call}").text
    assert "Skriv anteckningen" in page
    assert "Samtal till jouren" in page
    assert "Therapist 4: svarade" in page

    answer = saves(
        writer, call, broken_agreement="1", escalated_to="112", escalation_reason="violence",
        escalated_at="2026-03-03T18:55",
    )  # fmt: skip

    assert answer.status_code == 303
    page = writer.get(f"/contacts/{call}").text
    assert "Anteckningen är sparad. Den hör till hemstadsdelen." in page
    assert "Hon grät och &lt;b&gt;ville&lt;/b&gt; hem." in page
    assert "112, tis 3 mars 18.55: Våld" in page
    assert "Måste bli känt när kontoret öppnar" in page
    (kept,) = rows(console.stage.parts.engine, "notes")
    assert (kept["district"], kept["author"], kept["role"]) == (
        "hasselby-vallingby", "t4", "guardian",
    )  # fmt: skip
    assert (kept["broken_agreement"], kept["escalated_to"]) == (True, "112")
    for secret in ("740651", "H-2001"):
        assert secret not in page


def test_what_is_missing_is_said_at_each_field_at_once_and_what_was_typed_stays(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    call, writer = call_of(console), console.signed_in("t4")

    answer = saves(
        writer, call, told=" ", support="x" * (LONGEST + 1), next_step="Ringer fredag",
        escalated_to="112", escalated_at="2026-03-03T21:00",
    )  # fmt: skip

    assert answer.status_code == 422
    for words in (
        "Skriv med några ord vad som berättades.",
        "Texten är längre än 2000 tecken.",
        "Välj varför du kontaktade någon annan.",
        "Tiden ligger framåt.",
    ):
        assert answer.text.count(words) == 2  # in the summary, and at the field
    assert 'id="told-problem"' in answer.text
    assert re.search(r'<textarea id="told"[^>]*aria-invalid="true"', answer.text)
    assert "Ringer fredag" in answer.text
    assert "x" * (LONGEST + 1) in answer.text
    assert re.search(r'value="112" checked', answer.text)
    assert re.search(r'value="urgent" checked', answer.text)
    assert rows(console.stage.parts.engine, "notes") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("role", "parent"), ("urgency", "soon"), ("escalated_to", "police"), ("escalated_at", "nu")],
)
def test_only_what_the_form_offers_can_be_chosen(
    name: str, value: str, console_at: ConsoleAt
) -> None:
    console = console_at(EVENING)
    call, writer = call_of(console), console.signed_in("t4")
    extra = {
        "escalated_to": "112",
        "escalation_reason": "other",
        "escalated_at": "2026-03-03T18:00",
    }

    assert saves(writer, call, **{**extra, name: value}).status_code == 422
    assert rows(console.stage.parts.engine, "notes") == []


def test_a_second_tap_writes_no_second_note_and_says_what_to_do(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    call, writer = call_of(console), console.signed_in("t4")
    form = opened(writer.get(f"/contacts/{call}").text)
    assert saves(writer, call, opened_at=form).status_code == 303

    again = saves(writer, call, opened_at=form)

    assert again.status_code == 422
    assert "Anteckningen är redan sparad. Skriv ett tillägg i stället." in again.text
    assert len(rows(console.stage.parts.engine, "notes")) == 1


def test_a_draft_is_there_on_the_next_device_and_gone_when_the_note_is_saved(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    call, first = call_of(console), console.signed_in("t4")
    subject = f"note:{call}"

    assert drafts(first, subject, told="Halvvägs", urgency="at_once").status_code == 204
    second = console.signed_in("t4")
    page = second.get(f"/contacts/{call}").text
    assert ">Halvvägs</textarea>" in page
    assert re.search(r'value="at_once" checked', page)
    assert "Utkast sparat tis 3 mars 19." in page
    assert "Utkast finns" in second.get("/tonight").text
    assert "Halvvägs" not in console.signed_in("t1").get(f"/contacts/{call}").text
    assert b"Halv" not in bytes(rows(console.stage.parts.engine, "writings")[0]["body"])  # type: ignore[call-overload]

    form = opened(page)
    saves(second, call, opened_at=form)
    assert drafts(first, subject, told="Halvvägs", opened_at=form).status_code == 409
    assert "Halvvägs" not in second.get(f"/contacts/{call}").text


def test_without_a_script_a_button_saves_the_draft(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    call, writer = call_of(console), console.signed_in("t4")

    answer = writer.post("/writings", {**NOTE, "subject": f"note:{call}"})

    assert answer.location == f"/contacts/{call}"
    page = writer.get(answer.location).text
    assert "Utkastet är sparat." in page
    assert "Lyssnade och lugnade." in page
    assert writer.post("/writings", {"subject": "x"}).location == "/tonight"


def test_a_sign_in_that_is_over_loses_nothing_that_is_typed(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    call, writer = call_of(console), console.signed_in("t4")
    page = writer.get(f"/contacts/{call}").text
    said = "Du är utloggad. Det du skrivit finns kvar här i rutan; "
    assert f"{said}logga in i en ny flik och spara sedan." in page
    token = writer.csrf()
    console.stage.carrier.run_until(console.stage.carrier.now() + timedelta(hours=2))

    answer = writer.client.post(
        "/writings",
        data={"csrf_token": token, "subject": f"note:{call}", "told": "Halvvägs"},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code in {400, 401}
    assert rows(console.stage.parts.engine, "writings") == []


def test_the_home_district_reads_adds_and_meets_and_sees_who_has_read(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    call = call_of(console)
    saves(console.signed_in("t4"), call, broken_agreement="1")
    own = console.signed_in("t2")

    page = own.get(f"/contacts/{call}").text
    assert "Hon grät" in page
    assert "H-2001" in page  # its own family
    assert "En bruten överenskommelse ska bemötas senast ons 4 mars 17.00" in page
    assert re.search(r"<strong>Therapist 4</strong> \(Järva\): skrev", page)
    assert own.post(f"/contacts/{call}/reacted").status_code == 303
    assert "bemött tis 3 mars" in own.get(f"/contacts/{call}").text
    assert own.post(f"/contacts/{call}/addendum", {"text": " "}).status_code == 422
    assert own.post(f"/contacts/{call}/addendum", {"text": "Vi ringde upp."}).status_code == 303
    assert "Vi ringde upp." in own.get(f"/contacts/{call}").text
    assert "Vem som har läst" not in console.signed_in("t4").get(f"/contacts/{call}").text


def test_the_manager_sees_that_it_was_and_who_has_read_it_and_no_word(
    console_at: ConsoleAt,
) -> None:
    console = console_at(EVENING)
    call = call_of(console)
    saves(console.signed_in("t4"), call)
    before = len(log_of(console))

    page = console.signed_in("m1").get(f"/contacts/{call}").text

    assert "Hon grät" not in page
    assert "Skriv" not in page
    assert "Vad som har berättats är för stadsdelens behandlare." in page
    assert "Therapist 4" in page
    assert "Vem som har läst" in page
    assert log_of(console)[before:] == [("m1", "log", None), ("m1", "review", None)]
    assert console.signed_in("m2").get(f"/contacts/{call}").status_code == 403
    assert console.signed_in("m1").post(f"/contacts/{call}/note", NOTE).status_code == 403


def test_who_may_not_is_told_why_and_stands_in_the_log(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    missed = console.stage.call(GUARDIAN, default=SILENT).sid

    answer = console.signed_in("t5").get(f"/contacts/{missed}")

    assert answer.status_code == 403
    assert "Någon annan hade den här kontakten." in answer.text
    assert log_of(console) == [("t5", "log", "not_your_contact")]
    assert console.signed_in("t5").get("/contacts/nothing").status_code == 404


def test_whose_a_stranger_is_is_said_once(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    texts = [writes(console.stage, STRANGER, body) for body in ("Hej", "Är någon där?")]
    writer = console.signed_in("t4")
    page = writer.get(f"/contacts/{texts[0]}").text
    assert page.index("Säg vilken stadsdel det gäller") < page.index("Skriv anteckningen")

    wrong = writer.post(f"/contacts/{texts[0]}/district", {"home": "nowhere"})
    assert wrong.status_code == 422
    assert "Välj stadsdel." in wrong.text
    writer.post(f"/contacts/{texts[0]}/district", {"home": "hasselby-vallingby"})

    page = writer.get(f"/contacts/{texts[0]}").text
    assert "Alla 2 kontakter hör nu till Hässelby-Vällingby." in page
    homes = {contact_of(console.stage, sid).caller.home for sid in texts}
    assert homes == {HASSELBY_VALLINGBY}


def test_a_text_shows_its_thread_and_no_number(console_at: ConsoleAt) -> None:
    console = console_at(EVENING)
    sid = writes(console.stage, YOUTH, "Hemliga <i>ord</i>")

    page = console.signed_in("t4").get(f"/contacts/{sid}").text

    assert "Hemliga &lt;i&gt;ord&lt;/i&gt;" in page
    assert "Öppna tråden" in page
    assert "740650" not in page
    assert "<title>Kontakt – Beredskap</title>" in page
