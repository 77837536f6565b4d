"""Signing in: the link, the password, the code; and whoever should not be let in."""

import re
from datetime import timedelta

from app.duty import accounts
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.console.signing_in import PASSWORD, Person
from tests.quick import HASHED_WITH

FRIDAY = "2026-03-06T19:00"


def test_by_a_link_a_password_and_a_code(engine_console_at: ConsoleAt) -> None:
    t1 = Person(engine_console_at(FRIDAY), "t1")

    chosen = t1.accepts()
    asked = t1.writes_password()
    in_without_code = t1.is_in()
    done = t1.sets_up_codes()

    assert (chosen.status_code, chosen.location) == (302, "/sign-in")
    assert (asked.status_code, asked.location) == (302, "/account/code-app")
    assert not in_without_code
    assert done.status_code == 302
    assert t1.is_in()


def test_the_next_time_a_password_and_the_next_code(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    t1.begins()
    t1.signs_out()
    out = t1.is_in()

    asked = t1.writes_password()
    t1.writes_code()

    assert not out
    assert (asked.status_code, asked.location) == (302, "/sign-in/code?next=/")
    assert t1.is_in()


def test_a_code_works_once(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    t1.begins()
    t1.signs_out()
    t1.writes_password()
    code = t1.next_code()
    t1.writes_code(code)
    t1.signs_out()

    t1.writes_password()
    again = t1.writes_code(code)

    assert "redan använd" in again.text
    assert not t1.is_in()


def test_a_link_works_once(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    link = t1.invited()
    t1.accepts()

    again = t1.visitor.get(link, follow_redirects=True)

    assert "Länken fungerar inte längre" in again.text


def test_a_short_password_is_not_taken(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")

    page = t1.visitor.post(t1.invited(), {"password": "kort", "password_confirm": "kort"})

    assert "minst 12 tecken" in page.text


def test_whoever_has_no_account_and_whoever_errs_hear_the_same(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.accepts()
    t1.visitor.get("/sign-in")  # where it is said that the password is kept

    wrong = t1.writes_password("något annat helt")
    unknown = Person(console, "t2").writes_password()

    said = "Adressen eller lösenordet är fel"
    assert said in wrong.text
    assert said in unknown.text
    csrf = re.compile(r'value="[^"]{40,}"')
    assert csrf.sub("", wrong.text.replace("t1@", "t2@")) == csrf.sub("", unknown.text)


def test_guessing_gets_slower_and_never_locks_out(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()
    t1.signs_out()
    guesser = Person(console, "t1")

    for _ in range(5):
        assert guesser.writes_password("gissat lösenord").status_code == 200
    slowed = guesser.writes_password("gissat lösenord")
    _wait(console, 3)
    t1.writes_password()
    t1.writes_code()

    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "2")
    assert "når dig utan inloggning" in slowed.text
    assert t1.is_in()


def test_codes_are_not_guessed_either(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()
    t1.signs_out()
    t1.writes_password()

    answers = [t1.writes_code("000000").status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]


def test_a_recovery_code_stands_in_for_a_lost_telephone_once(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    t1.begins()
    t1.visitor.post("/account/recovery-codes", {"generate_new_codes": "1"})
    shown = t1.visitor.get("/account/recovery-codes?show_codes=1").text
    code = re.findall(r"<li><code>([^<]+)</code></li>", shown)[0]

    def with_it() -> bool:
        t1.signs_out()
        t1.writes_password()
        t1.visitor.post("/sign-in/recovery-code", {"code": code})
        return t1.is_in()

    assert [with_it(), with_it()] == [True, False]


def test_a_closed_account_is_out_at_once_and_stays_out(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()

    with console.stage.parts.engine.begin() as connection:
        accounts.disable(connection, t1.login, console.stage.parts.clock())
    out = t1.is_in()
    t1.writes_password()
    t1.writes_code()

    assert not out
    assert not t1.is_in()


def test_a_reset_account_begins_anew(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()

    with console.stage.parts.engine.begin() as connection:
        accounts.reset(connection, t1.login, console.stage.parts.clock())
    out = t1.is_in()
    refused = t1.writes_password()

    assert not out
    assert "Adressen eller lösenordet är fel" in refused.text


def test_a_session_is_ended_from_another_device(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    lost, kept = console.signed_in("t1"), console.signed_in("t1")
    numbers = re.findall(r'name="session" value="(\d+)"', kept.get("/account").text)

    kept.post("/account/sessions/end", {"session": min(numbers, key=int)})

    assert lost.get("/account").status_code == 303
    assert kept.get("/account").status_code == 200


def test_nobody_ends_another_persons_session(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    mine, other = console.signed_in("t1"), console.signed_in("t2")

    for number in range(1, 5):
        other.post("/account/sessions/end", {"session": str(number)})

    assert mine.get("/account").status_code == 200


def test_whoever_left_the_organisation_sees_nothing(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    t1 = console.signed_in("t1")
    console.account("t1").person = "t99"
    with console.stage.parts.engine.begin() as connection:
        from app.store import accounts as stored  # noqa: PLC0415 - only here

        stored.save(connection, console.account("t1"))

    assert t1.get("/account").status_code == 403


def test_an_administrator_makes_an_account_and_gets_its_link_once(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    a1 = console.signed_in("a1")

    made = a1.post("/accounts", {"login": "Ny@Example.invalid", "who": "therapist:t3"})
    link = re.findall(r"https?://[^<]+/invited/[^<]+", made.text)
    listed = a1.get("/accounts").text

    assert len(link) == 1
    assert "ny@example.invalid" in listed
    assert "/invited/" not in listed
    taken = a1.post("/accounts", {"login": "ny@example.invalid", "who": "therapist:t3"})
    assert (taken.status_code, "finns redan ett konto" in taken.text) == (422, True)


def test_a_password_never_stands_in_an_account(console_at: ConsoleAt) -> None:
    t1 = Person(console_at(FRIDAY), "t1")
    t1.accepts()

    with t1.console.stage.parts.engine.connect() as connection:
        kept = accounts.of_login(connection, t1.login)

    assert kept.password is not None
    assert kept.password.startswith("$argon2id$")
    assert PASSWORD not in kept.password


def test_who_guesses_needs_time_and_memory() -> None:
    """As much as OWASP's Password Storage Cheat Sheet asks of argon2id, at the least."""
    passes, memory, threads = HASHED_WITH

    assert (passes >= 2, memory >= 19 * 1024, threads >= 1) == (True, True, True)


def _wait(console: Console, seconds: int) -> None:
    carrier = console.stage.carrier
    carrier.run_until(carrier.now() + timedelta(seconds=seconds))
