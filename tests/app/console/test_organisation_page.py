"""The organisation on the page: what managers see, and what administrators change."""

import io
import re
from collections.abc import Mapping

import pytest
from werkzeug.test import TestResponse

from routing.ids import TherapistId
from routing.organisation import Organisation
from tests.app.console.conftest import CONSOLE_TOML, Console, ConsoleAt, Visitor
from tests.app.world import rows
from tests.examples import EFTERVARD

_NOW = "2026-03-03T10:00"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_MANDATE = {
    "principal": "hasselby-vallingby",
    "staff_of": "jarva",
    "reference": "HV 2026/7",
    "tasks": ["standby", "follow_up"],
    "valid_from": "2026-04-01",
    "valid_to": "",
}
_PERSON = {
    "id": "t7",
    "name": "Therapist 7",
    "district": "jarva",
    "phone": "070-174 06 11",
    "email": "",
    "active_from": "",
    "active_to": "",
}


def _console(console_at: ConsoleAt, toml: str = CONSOLE_TOML) -> Console:
    return console_at(_NOW, toml=toml, shifts=())


def _in_force(console: Console) -> Organisation:
    console.stage.parts.mirror.refresh()
    return console.stage.parts.mirror.picture.organisation


def _version(visitor: Visitor, path: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', visitor.get(path).text)
    assert found is not None
    return found[1]


def _sent(visitor: Visitor, path: str, form: Mapping[str, object]) -> TestResponse:
    return visitor.post(path, {**form, "version": _version(visitor, path)})


def _confirmed(visitor: Visitor, path: str, page: TestResponse) -> TestResponse:
    """What the page that shows the changes sends when somebody confirms."""
    kept: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(page.text.partition("<main")[2]):
        if name != "csrf_token":
            kept.setdefault(name, []).append(value)
    return visitor.post(path, {**kept, "confirm": "1"})


def _uploaded(visitor: Visitor, text: str) -> TestResponse:
    file = (io.BytesIO(text.encode()), "organisation.toml")
    return visitor.post("/organisation/file", {"file": file})


def test_the_matrix_says_in_words_who_may_answer_for_whom(console_at: ConsoleAt) -> None:
    administrator = _console(console_at).signed_in("a1")

    today = administrator.get("/organisation").text
    later = administrator.get("/organisation?day=2028-01-01").text

    row = today.partition('<th scope="row">Therapist 1<')[2].partition("</tr>")[0]
    assert "✓ jour och uppföljning" in row
    assert "egen stadsdel" in row
    assert "✓ jour<" in row
    assert "JA 2025/1" in row
    gone = later.partition('<th scope="row">Therapist 1<')[2].partition("</tr>")[0]
    assert "✗ får inte: uppdrag saknas" in gone


def test_a_day_that_is_none_is_said_to_be(console_at: ConsoleAt) -> None:
    page = _console(console_at).signed_in("a1").get("/organisation?day=i+morgon")

    assert page.status_code == 422
    assert "Skriv ett datum som 2026-03-03." in page.text


@pytest.mark.parametrize("part", ["", "/districts", "/people", "/mandates", "/lines"])
def test_managers_read_and_change_nothing(console_at: ConsoleAt, part: str) -> None:
    page = _console(console_at).signed_in("m1").get(f"/organisation{part}")

    assert page.status_code == 200
    assert "En administratör ändrar det som står här." in page.text
    assert "/new" not in page.text
    assert "Ändra" not in page.text


def test_a_manager_is_shown_how_to_reach_her_own_people_alone(console_at: ConsoleAt) -> None:
    console = _console(console_at)

    own, every = (console.signed_in(who).get("/organisation/people").text for who in ("m1", "a1"))

    assert "+46701740605" in own
    assert "+46701740608" not in own
    assert "m2@example.invalid" not in own
    assert "+46701740608" in every


@pytest.mark.parametrize(
    "path",
    ["/history", "/file", "/mandates/new", "/therapists/new", "/mandates/0", "/lines/0"],
)
def test_forms_and_history_are_the_administrator_s(console_at: ConsoleAt, path: str) -> None:
    console = _console(console_at)

    for who in ("m1", "t1", "r1"):
        visitor = console.signed_in(who)
        assert visitor.get(f"/organisation{path}").status_code == 403
        if path != "/history":
            sent = {**_MANDATE, "confirm": "1", "version": "1"}
            assert visitor.post(f"/organisation{path}", sent).status_code == 403
    assert len(rows(console.stage.parts.engine, "organisations")) == 1


@pytest.mark.parametrize("who", ["t1", "r1"])
def test_therapists_and_reviewers_have_no_such_pages(console_at: ConsoleAt, who: str) -> None:
    visitor = _console(console_at).signed_in(who)

    for part in ("", "/districts", "/people", "/mandates", "/lines"):
        assert visitor.get(f"/organisation{part}").status_code == 403


def test_a_mandate_is_shown_confirmed_and_told_of(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")

    shown = _sent(administrator, "/organisation/mandates/new", _MANDATE)
    told = (
        "Uppdrag HV 2026/7 läggs till: personalen i Järva får arbeta åt Hässelby-Vällingby, "
        "2026-04-01 – … (uppföljning, jour)"
    )
    assert (shown.status_code, told in shown.text) == (200, True)
    assert len(_in_force(console).mandates) == 2
    done = _confirmed(administrator, "/organisation/mandates/new", shown)

    assert (done.status_code, done.location) == (303, "/organisation/mandates")
    assert len(_in_force(console).mandates) == 3
    listed = administrator.get("/organisation/mandates").text
    assert "Ändringen är gjord" in listed
    assert "HV 2026/7" in listed
    assert "kommande" in listed
    history = administrator.get("/organisation/history").text
    assert told in history
    assert "a1" in history


def test_a_mandate_gets_a_last_day(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")
    path = "/organisation/mandates/1"

    shown = _sent(administrator, path, {"valid_to": "2026-03-02"})
    _confirmed(administrator, path, shown)

    assert "avslutat" in administrator.get("/organisation/mandates").text
    row = administrator.get("/organisation").text.partition('<th scope="row">Therapist 1<')[2]
    assert "✗ får inte: uppdrag saknas" in row.partition("</tr>")[0]


@pytest.mark.parametrize(
    ("path", "form", "field", "words"),
    [
        ("mandates/new", {**_MANDATE, "staff_of": "hasselby-vallingby"}, "staff_of",
         "En stadsdel behöver inget uppdrag för sin egen personal."),
        ("mandates/new", {**_MANDATE, "tasks": []}, "tasks", "Fyll i det här."),
        ("mandates/0", {"valid_to": "2020-01-01"}, "valid_to", "Den sista dagen är före den"),
        ("therapists/new", {**_PERSON, "id": "T 7"}, "id", "Skriv ett id med små bokstäver"),
        ("therapists/new", {**_PERSON, "phone": "112"}, "phone", "Skriv ett telefonnummer"),
        ("therapists/0", {**_PERSON, "phone": "070-174 06 06"}, "phone", "Numret används redan."),
        ("managers/0", {**_PERSON, "phone": ""}, "phone", "Ange telefonnummer eller e-post"),
        ("districts/0", {"handover.at": "9", "office_number": ""}, "handover.at",
         "Skriv klockslaget som 08:30."),
        ("lines/0", {"ring_seconds": "20", "hours.0.days": "mon", "hours.0.from": "x",
                     "hours.0.to": "22:00", "fallback.0": "1"}, "hours",
         "Skriv klockslaget som 08:30."),
        ("lines/0", {"ring_seconds": "2", "hours.0.days": "mon", "hours.0.from": "17:00",
                     "hours.0.to": "22:00", "fallback.0": "1"}, "ring_seconds",
         "Det måste vara från 5 till 60."),
    ],
)  # fmt: skip
def test_a_fault_is_said_beside_its_field_and_what_was_written_stays(
    console_at: ConsoleAt, path: str, form: Mapping[str, object], field: str, words: str
) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")

    page = _sent(administrator, f"/organisation/{path}", form)

    assert page.status_code == 422
    beside = page.text.partition(f'id="{field}-problem"')[2].partition("</p>")[0]
    assert words in beside
    asked = set(re.findall(r'<input id="([^"]+)"', page.text))
    for name, value in form.items():
        if name in asked:
            assert f'value="{value}"' in page.text
    assert len(rows(console.stage.parts.engine, "organisations")) == 1


def test_somebody_goes_back_and_corrects(console_at: ConsoleAt) -> None:
    administrator = _console(console_at).signed_in("a1")

    page = administrator.post(
        "/organisation/mandates/new", {**_MANDATE, "version": "1", "back": "1"}
    )

    assert page.status_code == 200
    assert 'value="HV 2026/7"' in page.text
    assert 'name="tasks" value="follow_up" checked' in page.text


def test_a_therapist_is_added_and_her_last_day_set(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")
    new = _sent(administrator, "/organisation/therapists/new", _PERSON)
    _confirmed(administrator, "/organisation/therapists/new", new)

    leaving = {**_PERSON, "active_to": "2026-03-02"}
    shown = _sent(administrator, "/organisation/therapists/6", leaving)
    _confirmed(administrator, "/organisation/therapists/6", shown)

    assert TherapistId("t7") in _in_force(console).therapists
    row = administrator.get("/organisation").text.partition('<th scope="row">Therapist 7<')[2]
    assert "har slutat" in row.partition("</tr>")[0]


def test_a_line_s_hours_are_changed_and_a_spare_row_is_offered(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")
    path = "/organisation/lines/0"
    form = administrator.get(path).text
    assert 'name="hours.3.from"' in form
    hours = {
        "ring_seconds": "25", "fallback.0": "1",
        "hours.0.days": ["mon", "tue"], "hours.0.from": "16:00", "hours.0.to": "24:00",
    }  # fmt: skip

    shown = _sent(administrator, path, hours)
    assert "Ringer så länge, i sekunder ändras från 20 s till 25 s" in shown.text
    _confirmed(administrator, path, shown)

    line = _in_force(console).lines[EFTERVARD]
    assert [sorted(window.days) for window in line.hours.windows] == [["mon", "tue"]]
    assert "mån, tis: 16.00–24.00" in administrator.get("/organisation/lines").text


def test_who_comes_second_is_told_and_nothing_is_saved(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")
    path = "/organisation/mandates/0"
    shown = _sent(administrator, path, {"valid_to": "2026-12-31"})
    other = _sent(administrator, "/organisation/mandates/new", _MANDATE)
    _confirmed(administrator, "/organisation/mandates/new", other)
    before = len(rows(console.stage.parts.engine, "organisations"))

    late = _confirmed(administrator, path, shown)

    assert late.status_code == 303
    assert "Någon annan har ändrat organisationen" in administrator.get(late.location).text
    assert len(rows(console.stage.parts.engine, "organisations")) == before


def test_what_is_so_already_is_not_changed(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")

    same = _sent(administrator, "/organisation/mandates/0", {"valid_to": "2027-12-31"})

    assert same.status_code == 303
    assert "det är redan så" in administrator.get(same.location).text


def test_a_whole_file_is_shown_and_applied(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")

    shown = _uploaded(administrator, CONSOLE_TOML.replace("ring_seconds = 20", "ring_seconds = 30"))
    assert "Ringer så länge, i sekunder ändras från 20 s till 30 s" in shown.text
    (token,) = re.findall(r'name="token" value="(\d+)"', shown.text)
    done = administrator.post("/organisation/file/apply", {"token": token})

    assert done.status_code == 303
    assert _in_force(console).lines[EFTERVARD].ring_for.seconds == 30
    assert "En hel fil" in administrator.get("/organisation/history").text
    late = administrator.post("/organisation/file/apply", {"token": token})
    assert (late.status_code, "Filen finns inte kvar" in late.text) == (409, True)


def test_a_file_is_shown_again_when_somebody_changed_something(console_at: ConsoleAt) -> None:
    console = _console(console_at)
    administrator = console.signed_in("a1")
    shown = _uploaded(administrator, CONSOLE_TOML.replace("ring_seconds = 20", "ring_seconds = 30"))
    (token,) = re.findall(r'name="token" value="(\d+)"', shown.text)
    other = _sent(administrator, "/organisation/mandates/new", _MANDATE)
    _confirmed(administrator, "/organisation/mandates/new", other)

    again = administrator.post("/organisation/file/apply", {"token": token})

    assert again.status_code == 409
    assert "Organisationen har ändrats sedan du valde filen" in again.text
    assert "Uppdrag HV 2026/7 tas bort" in again.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", ">Rad 1: Filen är inte skriven som TOML."),
        (
            CONSOLE_TOML.replace("positions = 2", "positions = 9"),
            "Jourplatser: Det måste vara från 1 till 5.",
        ),
        (CONSOLE_TOML, "Filen säger samma sak som redan gäller."),
    ],
)
def test_a_file_that_cannot_be_used_says_where(
    console_at: ConsoleAt, text: str, words: str
) -> None:
    console = _console(console_at)

    page = _uploaded(console.signed_in("a1"), text)

    assert words in page.text
    assert len(rows(console.stage.parts.engine, "organisations")) == 1
