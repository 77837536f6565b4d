"""The register on the page: what is shown to whom, and what is there afterwards."""

import io
import re

import pytest
from werkzeug.test import TestResponse

from app.store import register as stored
from app.store.database import reading
from routing.ids import ClientId, TherapistId
from routing.register import RegisterEntry
from tests.app.console.conftest import Console, ConsoleAt, Visitor
from tests.app.world import ANSWERS, NAMES, PROTECTED, REGISTER, STRANGER, YOUTH, rows
from tests.examples import entry

_NOW = "2026-03-03T19:00"
_HEADER = "phone,client,role,district,language,valid_from,valid_to,therapist,sms_ok,protected"
_SAME = "+46701740650,K-1001,youth,jarva,sv,,,,,"
_NEW = "070-174 06 57,K-1007,guardian,jarva,fi,,,t4,yes,no"
_FORM = {
    "client": "K-2000",
    "role": "guardian",
    "phone": "070-174 06 55",
    "language": "fi",
    "therapist": "t5",
    "sms_ok": "yes",
    "protected": "no",
    "valid_from": "",
    "valid_to": "",
}
_SECRET = entry(PROTECTED, client=ClientId("K-1003"), protected=True, therapist=TherapistId("t6"))
_TOKEN = re.compile(r'name="token" value="(\d+)"')
_STAMP = re.compile(r'name="stamp" value="(\d+)"')


def _all(console: Console) -> set[RegisterEntry]:
    parts = console.stage.parts
    with reading(parts.engine) as connection:
        return set(stored.load(connection, parts.cipher))


def _address(visitor: Visitor, client: str) -> str:
    """Where the entry of *client* is opened from the list."""
    found = re.search(rf'href="([^"]+)">{client}<', visitor.get("/callers").text)
    assert found is not None
    return found[1]


def _stamp(visitor: Visitor, address: str) -> str:
    found = _STAMP.search(visitor.get(address).text)
    assert found is not None
    return found[1]


def _chosen(visitor: Visitor, *lines: str) -> TestResponse:
    content = "\n".join((_HEADER, *lines)).encode()
    file = (io.BytesIO(content), "register.csv")
    return visitor.post("/callers/import", {"file": file})


def _raw(visitor: Visitor, content: bytes) -> TestResponse:
    """As `_chosen`, of so much that the client of the tests would leave a file open."""
    fields = (("csrf_token", b"", visitor.csrf().encode()), ("file", b'; filename="x"', content))
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (name.encode(), more, value)
        for name, more, value in fields
    )
    kind = "multipart/form-data; boundary=x"
    return visitor.client.post("/callers/import", data=body + b"--x--\r\n", content_type=kind)


def _token(page: TestResponse) -> str:
    found = _TOKEN.search(page.text)
    assert found is not None
    return found[1]


def test_each_district_s_staff_sees_its_own_register(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)

    for who, own, others in (("t4", "K-1001", "H-2001"), ("m1", "H-2001", "K-1001")):
        page = console.signed_in(who).get("/callers")
        assert page.status_code == 200
        assert own in page.text
        assert others not in page.text
        assert "inga namn" in page.text


@pytest.mark.parametrize("who", ["a1", "r1"])
def test_nobody_else_opens_any_page_of_it(console_at: ConsoleAt, who: str) -> None:
    visitor = console_at(_NOW).signed_in(who)

    for path in ("", "/new", "/import", "/blocks", "/history", "/1"):
        assert visitor.get(f"/callers{path}").status_code == 403


def test_a_number_is_shown_when_it_is_asked_for_and_not_before(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    therapist = console.signed_in("t4")
    listed = therapist.get("/callers")
    address = _address(therapist, "K-1001")

    assert "slutar på 50" in listed.text
    assert "070-174 06 50" not in listed.text
    assert YOUTH not in listed.text
    asked = therapist.post(f"{address}/number", {"stamp": _stamp(therapist, address)})

    assert "070-174 06 50" in asked.text
    assert "<title>Ett nummer i registret" in asked.text
    assert "bad om att se numret" in console.signed_in("m2").get("/callers/history").text
    assert "bad om att se numret" not in console.signed_in("m1").get("/callers/history").text


def test_a_script_gets_the_number_alone(console_at: ConsoleAt) -> None:
    therapist = console_at(_NOW).signed_in("t4")
    address = _address(therapist, "K-1001")
    sent = {"csrf_token": therapist.csrf(), "stamp": _stamp(therapist, address)}

    answer = therapist.client.post(f"{address}/number", data=sent, headers={"HX-Request": "true"})

    assert "070-174 06 50" in answer.text
    assert "<html" not in answer.text


def test_a_protected_identity_shows_nothing_on_any_page(console_at: ConsoleAt) -> None:
    console = console_at(_NOW, entries=[*REGISTER[:4], _SECRET])
    therapist = console.signed_in("t4")
    address = _address(therapist, "K-1003")
    pages = [
        therapist.get("/callers"),
        therapist.get(address),
        therapist.post(f"{address}/number", {"stamp": _stamp(therapist, address)}),
        therapist.post("/callers/find", {"by": "number", "number": PROTECTED}),
    ]

    assert [page.status_code for page in pages] == [200, 200, 403, 200]
    for page in pages:
        assert "06 53" not in page.text
        assert "slutar på 53" not in page.text
    row = pages[3].text.partition('<tr>\n      <th scope="row">')[2].partition("</tr>")[0]
    assert "skyddad identitet" in row
    assert "Therapist 6" not in row
    assert "får inte skickas" in row


def test_somebody_is_found_and_the_address_says_nothing(console_at: ConsoleAt) -> None:
    therapist = console_at(_NOW).signed_in("t4")

    found = therapist.post("/callers/find", {"by": "reference", "reference": "k-1002"})
    by_number = therapist.post("/callers/find", {"by": "number", "number": "070 1740650"})
    nobody = therapist.post("/callers/find", {"by": "reference", "reference": "H-2001"})

    assert ("K-1002" in found.text, "K-1001" in found.text) == (True, False)
    assert "K-1001" in by_number.text
    assert "Det finns ingen sådan i din stadsdels register" in nobody.text


def test_what_cannot_be_looked_for_is_said_beside_its_field(console_at: ConsoleAt) -> None:
    therapist = console_at(_NOW).signed_in("t4")

    page = therapist.post("/callers/find", {"by": "number", "number": "112"})

    assert page.status_code == 422
    assert "Skriv ett telefonnummer med riktnummer" in page.text
    assert 'value="112"' in page.text
    assert 'aria-describedby="number-hint number-problem"' in page.text


def test_a_caller_is_added_and_known_from_the_next_call_on(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)

    therapist = console.signed_in("t4")
    saved = therapist.post("/callers/new", _FORM)

    assert (saved.status_code, saved.location) == (303, "/callers")
    console.stage.parts.mirror.refresh()
    call = console.stage.call("+46701740655", default=ANSWERS)
    assert NAMES[call.dialled[0]] == "t4"  # who was asked for no district first
    assert "Posten är sparad" in therapist.get("/callers").text


def test_faults_are_beside_their_fields_and_what_was_written_stays(
    console_at: ConsoleAt,
) -> None:
    console = console_at(_NOW)
    bad = {**_FORM, "client": "Test Testsson", "phone": "12", "valid_to": "2020-01-01"}

    page = console.signed_in("t4").post("/callers/new", {**bad, "valid_from": "2026-01-01"})

    assert page.status_code == 422
    assert 'value="Test Testsson"' in page.text
    for words in ("Skriv en referens: ett ord", "Skriv ett telefonnummer", "före den första"):
        assert words in page.text
    for field in ("client", "phone", "valid_to"):
        assert f'id="{field}-problem"' in page.text
    assert _all(console) == set(REGISTER)


def test_an_entry_is_changed_without_its_number_being_shown(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    therapist = console.signed_in("t4")
    address = _address(therapist, "K-1001")
    form = {**_FORM, "client": "K-1001", "role": "youth", "phone": "", "therapist": ""}

    saved = therapist.post(address, {**form, "stamp": _stamp(therapist, address)})

    assert saved.status_code == 303
    assert entry(YOUTH, language="fi") in _all(console)


def test_who_comes_second_keeps_what_she_wrote(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    first, second = console.signed_in("t4"), console.signed_in("t5")
    address = _address(first, "K-1001")
    stamp = _stamp(second, address)
    form = {**_FORM, "client": "K-1001", "phone": ""}
    first.post(address, {**form, "stamp": stamp})
    after = _all(console)

    page = second.post(address, {**form, "language": "ar", "stamp": stamp})

    assert page.status_code == 409
    assert "Någon annan har ändrat posten" in page.text
    assert '<option value="ar" selected>' in page.text
    assert _all(console) == after


def test_an_entry_is_ended(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    therapist = console.signed_in("t4")
    address = _address(therapist, "K-1001")
    stamp = _stamp(therapist, address)

    no_day = therapist.post(f"{address}/end", {"stamp": stamp, "last": ""})
    ended = therapist.post(f"{address}/end", {"stamp": stamp, "last": "2026-03-02"})
    again = therapist.post(f"{address}/end", {"stamp": stamp, "last": "2026-03-01"})

    assert [page.status_code for page in (no_day, ended, again)] == [422, 303, 409]
    assert "avslutat" in therapist.get(address).text


def test_another_district_s_entry_is_not_there(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    theirs = _address(console.signed_in("t1"), "H-2001")
    therapist = console.signed_in("t4")

    assert therapist.get(theirs).status_code == 404
    for act in ("", "/end", "/number"):
        assert therapist.post(f"{theirs}{act}", {**_FORM, "stamp": "1"}).status_code == 404
    assert _all(console) == set(REGISTER)


def test_a_file_is_shown_and_then_read_in(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    therapist = console.signed_in("t4")

    shown = _chosen(therapist, _SAME, _NEW)
    assert shown.status_code == 200
    assert "1 läggs till, 0 ändras, 2 tas bort, 1 är som förut." in shown.text
    assert "slutar på 57" in shown.text
    assert _all(console) == set(REGISTER)
    done = therapist.post("/callers/import/apply", {"token": _token(shown)})

    assert (done.status_code, done.location) == (303, "/callers")
    listed = therapist.get("/callers").text
    assert "Filen är inläst: 1 lades till, 0 ändrades, 2 togs bort." in listed
    assert "K-1007" in listed
    assert "H-2001" in console.signed_in("t1").get("/callers").text


def test_every_fault_of_a_file_is_told_with_line_and_field(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    theirs = "+46701740651,H-2001,guardian,hasselby-vallingby,sv,,,,,"

    page = _chosen(console.signed_in("t4"), "1,Test Testsson,youth,jarva,sv,,,,,", theirs)

    assert page.status_code == 422
    for words in ("Rad 2, Telefonnummer: ", "Rad 2, Referens: ", "Rad 3, Stadsdel: Det finns"):
        assert words in page.text
    assert "Testsson" not in page.text
    assert _all(console) == set(REGISTER)


def test_no_file_a_huge_one_and_one_that_is_none_are_refused(console_at: ConsoleAt) -> None:
    therapist = console_at(_NOW).signed_in("t4")

    nothing = therapist.post("/callers/import", {})
    large = _raw(therapist, b"x" * 1_000_001)
    other = therapist.post("/callers/import", {"file": (io.BytesIO(b"PK\x03\x04\xff"), "x.xlsx")})

    assert [page.status_code for page in (nothing, large, other)] == [422] * 3
    assert "Välj en fil först." in nothing.text
    assert "Filen är för stor: den får ha högst 1000000 byte." in large.text
    assert "Spara filen som UTF-8" in other.text


def test_a_register_that_changed_meanwhile_is_shown_again(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    therapist = console.signed_in("t4")
    shown = _chosen(therapist, _SAME, _NEW)
    console.signed_in("t5").post("/callers/new", _FORM)

    again = therapist.post("/callers/import/apply", {"token": _token(shown)})

    assert again.status_code == 409
    assert "Registret har ändrats sedan du valde filen" in again.text
    assert "K-2000" in again.text  # would be removed now
    done = therapist.post("/callers/import/apply", {"token": _token(again)})
    assert done.status_code == 303


def test_a_file_that_is_forgotten_or_too_old_is_chosen_again(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    therapist = console.signed_in("t4")
    shown = _chosen(therapist, _SAME, _NEW)
    therapist.post("/callers/import/discard")

    late = therapist.post("/callers/import/apply", {"token": _token(shown)})

    assert late.status_code == 409
    assert "Filen finns inte kvar" in late.text
    assert _all(console) == set(REGISTER)


def test_a_manager_blocks_a_number_and_lifts_it(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    manager = console.signed_in("m2")
    form = {"by": "number", "number": "070-174 06 90", "number_until": "2026-03-10T08:00",
            "number_reason": "Ringer hela natten."}  # fmt: skip

    assert manager.post("/callers/blocks", form).status_code == 303
    console.stage.parts.mirror.refresh()
    assert console.stage.call(STRANGER, default=ANSWERS).dialled == []
    page = manager.get("/callers/blocks")
    assert "Ringer hela natten." in page.text
    assert "Ringer hela natten." not in console.signed_in("m1").get("/callers/blocks").text
    (lift,) = re.findall(r'action="(/callers/blocks/\d+/lift)"', page.text)
    assert manager.post(lift).status_code == 303
    assert "Spärren är hävd" in manager.get("/callers/blocks").text
    assert manager.post(lift).status_code == 303  # twice does no harm


def test_a_block_says_what_is_wrong_and_keeps_what_was_written(console_at: ConsoleAt) -> None:
    console = console_at(_NOW)
    manager = console.signed_in("m2")
    call = console.stage.call("+46701740651", default=ANSWERS)  # the other district's family
    when = {"contact_until": "2026-03-10T08:00", "contact_reason": "Ringer hela natten."}

    theirs = manager.post("/callers/blocks", {"by": "contact", "contact": call.sid, **when})
    none = manager.post("/callers/blocks", {"by": "contact", "contact": "CA0", **when})
    past = {"by": "number", "number": "070-174 06 90", "number_until": "2026-03-01T08:00",
            "number_reason": "x"}  # fmt: skip
    late = manager.post("/callers/blocks", past)

    said = "Din stadsdel har ingen sådan kontakt"
    assert [(page.status_code, said in page.text) for page in (theirs, none)] == [(422, True)] * 2
    assert "Ringer hela natten." in theirs.text
    assert (late.status_code, "Tiden har redan varit" in late.text) == (422, True)
    assert rows(console.stage.parts.engine, "blocks") == []


def test_a_therapist_blocks_nobody(console_at: ConsoleAt) -> None:
    therapist = console_at(_NOW).signed_in("t4")

    assert therapist.get("/callers/blocks").status_code == 403
    assert therapist.post("/callers/blocks", {"by": "number"}).status_code == 403
    assert "Spärrade nummer" not in therapist.get("/callers").text


def test_the_next_page_s_address_holds_no_reference(console_at: ConsoleAt) -> None:
    many = [entry(YOUTH, client=ClientId(f"K-{n:03}")) for n in range(60)]
    therapist = console_at(_NOW, entries=many).signed_in("t4")

    first = therapist.get("/callers")
    (more,) = re.findall(r'href="(/callers\?after=\d+)"', first.text)
    second = therapist.get(more)

    assert ("K-049" in first.text, "K-050" in first.text) == (True, False)
    assert ("K-050" in second.text, "K-059" in second.text) == (True, True)
