"""The console under another SECRET_KEY: who is out, and what opens it again."""

from dataclasses import replace

from app.duty import accounts
from tests.app.console.conftest import Console, ConsoleAt, _app_of
from tests.app.console.signing_in import Person, cookie_of

FRIDAY = "2026-03-06T19:00"


def with_another_secret(console: Console) -> Console:
    """The same service, started again."""
    own = replace(console.stage.parts.settings, secret_key="another secret, as long as the first")
    console.stage.parts = replace(console.stage.parts, settings=own)
    return Console(console.stage, _app_of(console.stage))


def under(after: Console, person: Person) -> Person:
    """She, her app for codes and her browser with its cookie, before the new service."""
    moved = Person(after, person.name)
    moved.key, moved.steps = person.key, person.steps
    moved.visitor.client.set_cookie("console", cookie_of(person))
    return moved


def test_who_has_a_password_needs_a_new_link_and_who_has_another_key_does_not(
    console_at: ConsoleAt,
) -> None:
    console = console_at(FRIDAY)
    t1 = Person(console, "t1")
    t1.begins()
    old_link = Person(console, "t2").invited()

    after = with_another_secret(console)
    t1 = under(after, t1)
    was_in = t1.is_in()
    refused = t1.writes_password()
    gone = after.visitor().get(old_link, follow_redirects=True)

    assert not was_in
    assert "Adressen eller lösenordet är fel" in refused.text
    assert "Länken fungerar inte längre" in gone.text

    # A passkey, or the city's own sign-in, hangs on no secret of ours.
    other = after.signed_in("t1")
    pages = ("/account", "/account/recovery-codes", "/account/code-app")
    assert other.get("/account").status_code == 200
    assert {other.get(page).status_code for page in pages} <= {200, 302}

    parts = console.stage.parts
    with parts.engine.begin() as connection:
        accounts.reset(connection, t1.login, parts.clock())
    again = Person(Console(after.stage, after.app), "t1")  # which knows the account as it is now
    again.steps = t1.steps  # half a minute later: the code of this one has been used
    again.begins()
    assert again.is_in()
