"""Ways past the sign-in that somebody tries: guesses, skipped steps, things used again."""

import re
import threading
from datetime import timedelta

import pytest

from app.duty import accounts
from tests.app.console.conftest import ConsoleAt, Visitor
from tests.app.console.signing_in import Person, copy_of
from tests.app.console.two_districts import START, ids_of, play

FRIDAY = "2026-03-06T19:00"


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

    answers = [copy_of(t1).post("/account/password", form).status_code for _ in range(6)]

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
