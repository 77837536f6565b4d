"""What somebody tries who means ill: another's things, kept cookies, skipped steps, junk."""

import io
import re
import threading
from datetime import timedelta
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
from tests.app.console.conftest import HV, JARVA, OFFICES, ConsoleAt, Visitor
from tests.app.console.signing_in import PASSWORD, Person
from tests.app.console.two_districts import OF, START, everything, ids_of, play

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
    thief, parts = _copy(t1), console.stage.parts
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
    before = _copy(t1)
    t1.begins()
    t2.begins()

    t2.visitor.client.set_cookie("console", _cookie(t1))
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


@pytest.mark.parametrize("how", ["JSON", "asking for JSON", "forgiven by another's sign-in"])
def test_there_is_no_way_past_what_slows_down_guessing(console_at: ConsoleAt, how: str) -> None:
    console = console_at(FRIDAY)
    t1, other = Person(console, "t1"), console.signed_in("t2")
    t1.begins()
    guesser = console.visitor()
    headers = {"X-CSRFToken": guesser.csrf()}
    form = {"email": t1.login, "password": "gissat lösenord"}

    answers = []
    for _ in range(9):
        if how == "JSON":
            answer = guesser.client.post("/sign-in", json=form, headers=headers)
        elif how == "asking for JSON":
            headers["Accept"] = "application/json"
            answer = guesser.client.post("/sign-in", data=form, headers=headers)
        else:
            answer = guesser.post("/sign-in", form)
            other.post("/sign-in", form)
        answers.append(answer.status_code)

    assert answers == [415] * 9 if how == "JSON" else answers == [200] * 5 + [429] * 4


def test_a_stolen_session_is_no_place_to_guess_the_password(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    t1.begins()
    new = {"new_password": "helt nya ord nu", "new_password_confirm": "helt nya ord nu"}
    form = {"password": "gissat lösenord", **new}

    answers = [_copy(t1).post("/account/password", form).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]


def test_the_password_alone_opens_nothing(console_at: ConsoleAt) -> None:
    console = console_at(START)
    play(console)
    t1 = Person(console, "t2")
    t1.begins()
    t1.signs_out()
    t1.writes_password()
    known = ids_of(console)

    for path in ("/tonight", "/account", f"/contacts/{known['contact'][0]}", "/callers"):
        assert t1.visitor.get(path).status_code == 303
    for path in ("/account/code-app", "/account/recovery-codes", "/account/passkeys"):
        answer = t1.visitor.get(path)
        assert (answer.status_code, "secret" in answer.text) == (302, False), path
        t1.writes_password()
    assert t1.visitor.post("/account/code-app", {"setup": "authenticator"}).status_code == 302


@pytest.mark.parametrize(("minutes", "is_in"), [(14, True), (16, False)])
def test_the_password_is_worth_nothing_by_itself_after_a_while(
    console_at: ConsoleAt, minutes: int, is_in: bool
) -> None:
    """A cookie kept from between the two, with a code that somebody was talked into reading out."""
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()
    t1.signs_out()
    t1.writes_password()

    carrier = console.stage.carrier
    carrier.run_until(carrier.now() + timedelta(minutes=minutes))
    t1.writes_code()

    assert t1.is_in() is is_in


@pytest.mark.parametrize("step", ["asked to set one up", "shown a key"])
def test_a_code_app_is_not_replaced_with_a_cookie_from_before_it(
    console_at: ConsoleAt, step: str
) -> None:
    console = console_at(FRIDAY)
    t1, thief = Person(console, "t1"), Person(console, "t1")
    t1.accepts()
    thief.writes_password()
    if step == "shown a key":
        page = thief.visitor.post("/account/code-app", {"setup": "authenticator"}).text
        found = re.search(r"<code>([A-Z2-7-]{20,})</code>", page)
        assert found is not None
        thief.key = found[1].replace("-", "")
    t1.writes_password()
    t1.sets_up_codes()

    if step == "shown a key":
        thief.next_code()  # the one of this moment is used
        answer = thief.writes_code()
    else:
        answer = thief.visitor.post("/account/code-app", {"setup": "authenticator"})

    assert answer.status_code == 302
    assert not thief.is_in()
    assert "<code>" not in answer.text
    t1.signs_out()
    t1.writes_password()
    t1.writes_code()
    assert t1.is_in()


@pytest.mark.parametrize("kind", ["code", "recovery code"])
def test_the_same_code_twice_at_once_lets_in_one(engine_console_at: ConsoleAt, kind: str) -> None:
    console = engine_console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()
    t1.visitor.post("/account/recovery-codes", {"generate_new_codes": "1"})
    shown = t1.visitor.get("/account/recovery-codes?show_codes=1").text
    code = re.findall(r"<li><code>([^<]+)</code></li>", shown)[0]
    path = "/sign-in/recovery-code"
    if kind == "code":
        code, path = t1.next_code(), "/sign-in/code"
    both = [Person(console, "t1") for _ in range(2)]
    for one in both:
        one.writes_password()
        one.visitor.csrf()
    together = threading.Barrier(2)

    def goes_in(one: Person) -> None:
        together.wait()
        one.visitor.post(path, {"code": code})

    threads = [threading.Thread(target=goes_in, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.is_in() for one in both) == [False, True]


def test_of_many_guesses_at_once_no_more_are_judged_than_one_after_the_other(
    engine_console_at: ConsoleAt,
) -> None:
    console = engine_console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.accepts()
    visitors = [Visitor(console.app.test_client()) for _ in range(8)]
    for visitor in visitors:
        visitor.csrf()
    together = threading.Barrier(len(visitors))
    answers: list[int] = []

    def guesses(visitor: Visitor) -> None:
        together.wait()
        form = {"email": t1.login, "password": "gissat lösenord"}
        answers.append(visitor.post("/sign-in", form).status_code)

    threads = [threading.Thread(target=guesses, args=(one,)) for one in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200] * 5 + [429] * 3


def test_what_a_person_saves_late_does_not_open_a_closed_account(
    engine_console_at: ConsoleAt,
) -> None:
    console = engine_console_at(FRIDAY)
    parts, t1 = console.stage.parts, Person(console, "t1")
    t1.accepts()
    people = console.app.extensions["security"].datastore
    seen = people.find_user(email=t1.login)

    with parts.engine.begin() as connection:
        accounts.disable(connection, t1.login, parts.clock())
    people.mf_set_recovery_codes(seen, ["x"])

    assert not people.find_user(email=t1.login).active


@pytest.mark.parametrize(
    "path", ["/account/code-app", "/account/passkeys", "/account/recovery-codes"]
)
def test_a_key_is_not_added_in_a_session_left_open(console_at: ConsoleAt, path: str) -> None:
    visitor = console_at(FRIDAY).signed_in("t1")  # who has not shown a password lately
    form = {"setup": "authenticator", "name": "ny", "usage": "first", "generate_new_codes": "1"}

    answers = [visitor.get(path), visitor.post(path, form)]

    for answer in answers:
        assert answer.status_code == 302
        assert (answer.location or "").startswith("/sign-in/again")


def _cookie(person: Person) -> str:
    kept = person.visitor.client.get_cookie("console")
    assert kept is not None
    return kept.value


def _copy(person: Person) -> Visitor:
    """A browser into which somebody has copied *person*'s cookie."""
    thief = person.console.visitor()
    thief.client.set_cookie("console", _cookie(person))
    return thief


def _words(page: str) -> str:
    """What is read on a page; its address and its keys are not."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main")[2]))
