"""Whoever is signed in sees her own account, in her own language, until the session is over."""

from datetime import timedelta

import pytest

from tests.app.console.conftest import ConsoleAt

FRIDAY = "2026-03-06T19:00"


@pytest.mark.parametrize("person", ["t1", "m2", "r1", "a1"])
def test_her_own_account_is_everybodys(console_at: ConsoleAt, person: str) -> None:
    page = console_at(FRIDAY).signed_in(person).get("/account")

    assert page.status_code == 200
    assert "Mitt konto" in page.text
    assert "Firefox · Android" in page.text


def test_without_a_sign_in_there_is_only_the_sign_in(console_at: ConsoleAt) -> None:
    nobody = console_at(FRIDAY).visitor()

    page = nobody.get("/account")

    assert (page.status_code, page.location) == (303, "/sign-in?next=/account")
    assert nobody.get("/sign-in").status_code == 200


def test_a_session_that_idles_is_over(console_at: ConsoleAt) -> None:
    console = console_at(FRIDAY)
    visitor = console.signed_in("t1")

    def wait(minutes: int) -> None:
        carrier = console.stage.carrier
        carrier.run_until(carrier.now() + timedelta(minutes=minutes))

    wait(59)
    used = visitor.get("/account").status_code
    wait(59)
    used_again = visitor.get("/account").status_code
    wait(60)
    idled = visitor.get("/account").status_code

    assert (used, used_again, idled) == (200, 200, 303)
