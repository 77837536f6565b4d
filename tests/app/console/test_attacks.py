"""What somebody tries who means ill: another's things, kept cookies, skipped steps, junk."""

import io
import re
from urllib.parse import quote

import pytest

from app.console.sign_in.users import User
from app.duty import accounts
from app.store import sessions
from app.store.database import reading
from tests.app.console.attacking import (
    DEEDS,
    LOOKS,
    MARK,
    NOBODYS,
    TOUCHED,
    attempt,
    belongings,
    told,
)
from tests.app.console.conftest import HV, JARVA, OFFICES, ConsoleAt
from tests.app.console.signing_in import PASSWORD, Person, cookie_of, copy_of
from tests.app.console.two_districts import OF, START, everything, play

FRIDAY = "2026-03-06T19:00"


@pytest.mark.parametrize("who", ["t1", "t3", "t4", "t5", "m1", "m2", "r1", "r2", "a1"])
def test_nobody_reaches_a_thing_of_the_other_district_by_its_id(
    console_at: ConsoleAt, log: io.StringIO, who: str
) -> None:
    """t4 of Järva took Hässelby-Vällingby's call that night; its handover is acknowledged."""
    console = console_at(START)
    play(console)
    home = OFFICES[who][1]
    other = JARVA if home == HV else HV
    theirs = belongings(console)[other]
    visitor = console.signed_in(who)
    before = everything(console, TOUCHED)

    for path, form in (*DEEDS, *((look, None) for look in LOOKS)):
        answer = attempt(visitor, path, form, theirs)

        assert answer.status_code in {200, 303, 403, 404, 409, 422}, path
        assert [word for word in (*OF[other], f"{MARK} {other}") if word in answer.text] == [], path
        if answer.status_code == 200:
            assert path.startswith("/follow-ups/order"), path

    assert everything(console, TOUCHED) == before
    assert console.signed_in({HV: "t2", JARVA: "t5"}[other]).get("/account").status_code == 200
    assert told(log) == []


@pytest.mark.parametrize(
    ("who", "path", "form"),
    [
        ("t5", "/callers/{client}", None),
        ("m2", "/callers/{client}/end", {"stamp": "1", "last": "2026-03-05"}),
        ("m2", "/callers/blocks/{block}/lift", {}),
        ("t5", "/wishes/{wish}/remove", {}),
        ("t5", "/rota/calendars/{calendar}/end", {}),
        ("t5", "/account/sessions/end", {"session": "{session}"}),
        ("t5", "/tonight/call-back", {"contact": "{contact}"}),
        ("m2", "/callers/blocks", DEEDS[-1][1]),
    ],
)
def test_what_is_counted_through_tells_not_what_the_other_has(
    console_at: ConsoleAt, who: str, path: str, form: dict[str, str] | None
) -> None:
    console = console_at(START)
    play(console)
    visitor = console.signed_in(who)
    ids = belongings(console)[HV]

    theirs, nobodys = (attempt(visitor, path, form, some) for some in (ids, NOBODYS))

    assert theirs.status_code == nobodys.status_code
    assert _words(theirs.text) == _words(nobodys.text)


def test_nobody_sees_or_changes_what_another_is_writing(console_at: ConsoleAt) -> None:
    console = console_at(START)
    play(console)
    contact = belongings(console)[HV]["contact"]
    own, colleague = console.signed_in("t2"), console.signed_in("t3")
    form = {"subject": f"addendum:{contact}", "text": f"{MARK} mitt"}

    own.post("/writings", form)
    seen = colleague.get(f"/contacts/{contact}").text
    colleague.post("/writings", {**form, "text": "hennes"})

    assert MARK not in seen
    assert "hennes" not in own.get(f"/contacts/{contact}").text


@pytest.mark.parametrize("how", ["cut", "altered", "as a place", "by the other's manager", "junk"])
def test_a_sealed_word_in_an_address_opens_where_it_was_sealed(
    console_at: ConsoleAt, how: str
) -> None:
    console = console_at(FRIDAY)
    found = console.signed_in("m1").post("/log", {"client": "H-2001"}).location or ""
    sealed = found.partition("who=")[2]
    middle = len(sealed) // 2
    tried = {
        "cut": found[:-9],
        "altered": found.replace(sealed[middle : middle + 4], "AAAA"),
        "as a place": found.replace("who=", "at="),
        "by the other's manager": found,
        "junk": f"/log?who={quote(MARK)}%C3%A5",
    }[how]

    answer = console.signed_in("m2" if "other" in how else "m1").get(tried)

    assert "H-2001" not in found
    assert "H-2001" in console.signed_in("m1").get(found).text
    assert answer.status_code == 404
    assert "H-2001" not in answer.text


@pytest.mark.parametrize("end", ["signs out", "closed", "reset", "password changed"])
def test_a_copy_of_the_cookie_dies_with_the_session(console_at: ConsoleAt, end: str) -> None:
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()
    thief, parts = copy_of(t1), console.stage.parts
    assert thief.get("/account").status_code == 200

    if end == "signs out":
        t1.signs_out()
    elif end == "password changed":
        new = {"new_password": "helt nya ord nu", "new_password_confirm": "helt nya ord nu"}
        t1.visitor.post("/account/password", {"password": PASSWORD, **new})
        assert t1.is_in()
    else:
        do = accounts.disable if end == "closed" else accounts.reset
        with parts.engine.begin() as connection:
            do(connection, t1.login, parts.clock())

    assert thief.get("/account").status_code == 303
    with reading(parts.engine) as connection:
        on = sessions.of_account(connection, console.account("t1").id, parts.clock())
    assert len(on) == (1 if end == "password changed" else 0)


def test_a_session_is_new_at_the_sign_in_and_stays_its_persons(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    t1, t2 = Person(console, "t1"), Person(console, "t2")
    t1.visitor.get("/sign-in")
    before = copy_of(t1)
    t1.begins()
    t2.begins()

    t2.visitor.client.set_cookie("console", cookie_of(t1))
    t2.writes_password()

    assert before.get("/account").status_code == 303
    assert "Therapist 1" in t2.visitor.get("/account").text  # whose cookie it is, and no mixture


def test_nobody_is_remembered_for_longer_than_the_session(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    t1.begins()
    t1.signs_out()

    form = {"email": t1.login, "password": PASSWORD, "remember": "y"}
    t1.visitor.post("/sign-in", form)
    t1.writes_code()

    assert t1.is_in()
    assert t1.visitor.client.get_cookie("remember_token") is None
    assert t1.visitor.client.get_cookie("tf_validity") is None


def test_no_page_answers_a_program(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    t1.begins()
    browser, key = t1.visitor.client, {"X-CSRFToken": t1.visitor.csrf()}
    json = {"password": PASSWORD}

    for path in (
        *("/sign-in", "/sign-in/again", "/account", "/account/password", "/account/code-app"),
        *("/account/passkeys", "/account/recovery-codes?show_codes=1"),
    ):
        asked = browser.get(path, headers={"Accept": "application/json"})
        sent = browser.post(f"{path}?include_auth_token=1", json=json, headers=key)

        assert asked.mimetype == "text/html", path
        assert sent.status_code in {404, 415}, path
        assert browser.post(path, json=json).status_code in {400, 404, 415}, path
        assert "authentication_token" not in asked.text + sent.text


@pytest.mark.parametrize(
    "header",
    [("Authentication-Token", "x"), ("Authorization", "Bearer x"), ("Authorization", "Basic eDp4")],
)
def test_no_header_signs_anybody_in(console_at: ConsoleAt, header: tuple[str, str]) -> None:
    console = console_at(FRIDAY)
    with console.app.test_request_context():
        token = str(User(console.account("t1"), []).get_auth_token())

    name, value = header
    nobody = console.visitor().client
    answer = nobody.get("/account", headers={name: value.replace("x", token)})

    assert answer.status_code == 303
    assert nobody.get(f"/account?auth_token={token}").status_code == 303


def test_no_other_method_does_what_a_form_does(console_at: ConsoleAt) -> None:
    console = console_at("2026-03-03T19:04")
    t4 = console.signed_in("t4")
    before = everything(console, TOUCHED)
    form = {"line": "eftervard", "minutes": "15", "csrf_token": t4.csrf()}
    override = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST"}

    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
        for path in ("/tonight/pause", "/account/sessions/end", "/writings", "/accounts"):
            t4.client.open(path, method=method, data=form, headers=override)

    assert everything(console, TOUCHED) == before


def _words(page: str) -> str:
    """What is read on a page; its address and its keys are not."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main")[2]))
