"""The lab's page as a web application: whom it obeys, and what it says to nonsense."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from werkzeug.test import Client, TestResponse

import app.console
import app.demo.phone_lab
from app.demo.phone_lab.pages import TOKEN, create_lab
from app.demo.phone_lab.session import Session
from tests.app.demo.worlds import FRIDAY, worlds_in
from tests.examples import at

LAB = Path(app.demo.phone_lab.__file__).parent
CONSOLE = Path(app.console.__file__).parent
HERE = "http://127.0.0.1:8000"
GUARDIAN = "+46701740640"


class Browser:
    """A browser on the lab's page, which knows the token that stands there."""

    def __init__(self, session: Session) -> None:
        self.client = Client(create_lab(session))
        found = re.search(r'data-token="([^"]+)"', self.get("/lab").text)
        assert found is not None
        self.token = found[1]

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=HERE, headers=headers)

    def post(self, path: str, what: object, **headers: str) -> TestResponse:
        sent = {TOKEN: self.token, "Origin": HERE, **headers}
        return self.client.post(path, base_url=HERE, json=what, headers=sent)


@pytest.fixture
def browser(lab: Session) -> Browser:
    return Browser(lab)


@pytest.fixture(scope="module")
def quiet(lab_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A sitting in which nothing ever happens, for all tests of what is refused."""
    worlds = worlds_in(tmp_path_factory.mktemp("quiet"), lab_template)
    session = Session(worlds, at(FRIDAY))
    yield session
    session.close()


@pytest.fixture(scope="module")
def refused(quiet: Session) -> Iterator[Browser]:
    """A browser that gets nothing done; nothing is begun, and no time has passed, when it goes."""
    browser = Browser(quiet)
    yield browser
    assert not quiet.done
    assert not quiet.stage.carrier.legs


def test_the_page_comes_whole_and_with_the_consoles_own_headers(refused: Browser) -> None:
    page = refused.get("/lab")

    assert page.status_code == HTTPStatus.OK
    assert "Prova linjen" in page.text
    assert "Ring linjen" in page.text  # there before any script has run
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "private, no-store"
    assert not re.search(r"<script>|style=|https?://(?!127\.0\.0\.1|jour\.)", page.text)


def test_whoever_looks_again_gets_the_board_only_when_something_changed(browser: Browser) -> None:
    first = browser.get("/lab/state").get_json()
    again = browser.get(f"/lab/state?since={first['mark']}").get_json()

    assert "board" in first
    assert set(again) == {"clock", "mark"}

    browser.post("/lab/do", {"do": "call", "who": GUARDIAN})
    assert "board" in browser.get(f"/lab/state?since={first['mark']}").get_json()


def test_what_is_done_on_the_page_is_done(browser: Browser, lab: Session) -> None:
    answer = browser.post("/lab/do", {"do": "call", "who": GUARDIAN})

    assert answer.status_code == HTTPStatus.OK
    assert lab.leg_of(GUARDIAN) is not None


@pytest.mark.parametrize(
    "headers",
    [
        {TOKEN: "guessed"},
        {TOKEN: ""},
        {"Origin": "https://elsewhere.example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "lab.example.org"},
    ],
    ids=str,
)
def test_nobody_elses_page_can_drive_the_lab(refused: Browser, headers: dict[str, str]) -> None:
    answer = refused.post("/lab/do", {"do": "call", "who": GUARDIAN}, **headers)

    assert answer.status_code == HTTPStatus.FORBIDDEN


def test_another_name_for_this_machine_shows_nothing(refused: Browser) -> None:
    assert refused.get("/lab/state", Host="rebound.example.org").status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("do", [1]),
        ("do", "call"),
        ("do", {"do": "dance"}),
        ("do", {"do": "call", "who": 7}),
        ("do", {"do": "text", "who": GUARDIAN, "words": " "}),
        ("do", {"do": "text", "who": GUARDIAN, "words": "x" * 1601}),
        ("do", {"do": "press", "who": GUARDIAN, "words": "A"}),
        ("do", {"do": "trouble", "words": "earthquake"}),
        ("clock", {"speed": 1000}),
        ("clock", {"speed": [1]}),
        ("clock", {"running": "yes"}),
        ("language", {"language": "tlh"}),
        ("script", {"script": 3}),
    ],
)
def test_nonsense_is_refused(refused: Browser, path: str, what: object) -> None:
    assert refused.post(f"/lab/{path}", what).status_code == HTTPStatus.BAD_REQUEST


def test_what_is_no_json_is_refused(refused: Browser) -> None:
    answer = refused.client.post(
        "/lab/do", base_url=HERE, data=b"{", headers={TOKEN: refused.token}
    )
    assert answer.status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("path", "what", "said"),
    [
        ("do", {"do": "call", "who": "no number"}, "Det är inget telefonnummer"),
        ("number", {"number": "112"}, "Det är inget telefonnummer"),
        ("do", {"do": "answer", "who": "t3"}, "inte längre i något samtal"),
        ("do", {"do": "habit", "who": "t3", "words": "dances"}, "av sig själv"),
        ("do", {"do": "travel", "words": "soon"}, "datum och klockslag"),
        ("do", {"do": "travel", "words": "0001-01-01T10:00"}, "mellan år 2000 och 2099"),
        ("over", {"to": "9999-12-31T23:59"}, "mellan år 2000 och 2099"),
        ("script", {"script": "start = 0001-01-01T10:00:00"}, "mellan år 2000 och 2099"),
        ("script", {"script": '{"hej": ['}, "inget skript som har sparats här"),
        ("story", {"story": "never written"}, "finns inte"),
    ],
)
def test_what_is_not_possible_is_said_in_a_sentence(
    refused: Browser, path: str, what: object, said: str
) -> None:
    answer = refused.post(f"/lab/{path}", what)

    assert answer.status_code == HTTPStatus.CONFLICT
    assert said in answer.get_json()["words"]


def test_a_number_is_understood_as_a_swede_writes_it(refused: Browser) -> None:
    found = refused.post("/lab/number", {"number": "070-174 06 99"}).get_json()

    assert found == {"who": "+46701740699"}
    assert "070-174 06 99" in refused.get("/lab/state?caller=%2B46701740699").get_json()["board"]


def test_time_stands_still_and_goes_faster(browser: Browser, lab: Session) -> None:
    browser.post("/lab/clock", {"running": False})
    browser.post("/lab/clock", {"speed": 60})

    assert (lab.running, lab.speed) == (False, 60.0)


def test_the_requests_are_shown_with_the_document_they_led_to(browser: Browser) -> None:
    browser.post("/lab/do", {"do": "call", "who": GUARDIAN})

    shown = browser.get("/lab/requests").text

    assert "/twilio/voice" in shown
    assert "&lt;Dial" in shown
    assert "CallSid" in shown


def test_what_was_done_can_be_saved_and_played_again(browser: Browser, lab: Session) -> None:
    browser.post("/lab/do", {"do": "call", "who": GUARDIAN})
    script = browser.get("/lab/script").text
    began = lab.began_at
    lab.start_over(at("2026-12-04T18:00"))

    answer = browser.post("/lab/script", {"script": script})

    assert answer.status_code == HTTPStatus.OK
    assert lab.began_at == began
    browser.post("/lab/step", {})
    assert lab.leg_of(GUARDIAN) is not None


def test_a_script_with_a_mistake_says_where_it_is(refused: Browser) -> None:
    answer = refused.post("/lab/script", {"script": "start = 3\ndeeds = []"})

    assert answer.status_code == HTTPStatus.CONFLICT
    assert "start" in answer.get_json()["words"]


def test_every_story_can_be_chosen_and_says_what_comes_next(browser: Browser, lab: Session) -> None:
    board = browser.get("/lab").text
    chosen = re.findall(r'<option value="(\d\d-[^"]+)"', board)
    assert len(chosen) >= 10

    lab.running = False

    browser.post("/lab/story", {"story": chosen[0]})

    assert lab.next_deed is not None
    assert lab.running  # whoever presses play waits for nothing more
    assert "ringer linjen" in browser.get("/lab/state").get_json()["board"]


def test_every_word_of_the_lab_is_there_in_swedish_and_no_other() -> None:
    swedish = {_key(m.id): m for m in _read(LAB) if m.id}
    console = {_key(m.id) for m in _read(CONSOLE) if m.id}
    shown = {
        _key(words)
        for _, _, words, _, _ in extract_from_dir(
            str(LAB),
            method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")],
            options_map={"**/templates/**.html": {"silent": "false", "trimmed": "true"}},
            keywords={"_": None, "lazy_gettext": None, "ngettext": (1, 2)},
        )
    }

    assert shown <= swedish.keys() | console
    assert swedish.keys() <= shown
    assert all(all(_parts(m.string)) for m in swedish.values())


def _read(folder: Path) -> Iterator[Message]:
    for path in sorted((folder / "translations" / "sv").glob("*.po")):
        with path.open("rb") as file:
            yield from read_po(file)


def _key(words: object) -> str:
    return str(words[0]) if isinstance(words, list | tuple) else str(words)


def _parts(words: object) -> tuple[str, ...]:
    return tuple(words) if isinstance(words, list | tuple) else (str(words),)
