"""Somebody who signs in as a person does: link, password, code."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from passlib.totp import TOTP
from werkzeug.test import TestResponse

from app.console.sign_in.invitation import invitation_from
from tests.app.console.conftest import Console, Visitor

PASSWORD = "fyra korta ord här"
_KEY = re.compile(r"<code>([A-Z2-7-]{20,})</code>")


@dataclass
class Person:
    """One person with a telephone that shows codes, and a browser."""

    console: Console
    name: str
    visitor: Visitor = field(init=False)
    key: str = ""
    steps: int = 0  # how many codes have been used: each works once

    def __post_init__(self) -> None:
        self.visitor = self.console.visitor()

    @property
    def login(self) -> str:
        return f"{self.name}@example.invalid"

    def invited(self) -> str:
        """The path of the link that the administrator gives her."""
        account = self.console.account(self.name)
        link = invitation_from(self.console.app, "http://host", account)
        return urlsplit(link).path

    def accepts(self) -> TestResponse:
        """She chooses a password by the link."""
        sent = {"password": PASSWORD, "password_confirm": PASSWORD}
        return self.visitor.post(self.invited(), sent)

    def writes_password(self, password: str = PASSWORD) -> TestResponse:
        return self.visitor.post("/sign-in?next=/", {"email": self.login, "password": password})

    def sets_up_codes(self) -> TestResponse:
        """The app reads the key, and she writes its first code."""
        page = self.visitor.post("/account/code-app", {"setup": "authenticator"})
        found = _KEY.search(page.text)
        assert found is not None, page.text
        self.key = found[1].replace("-", "")
        return self.writes_code()

    def writes_code(self, code: str | None = None) -> TestResponse:
        return self.visitor.post("/sign-in/code", {"code": code or self.next_code()})

    def next_code(self) -> str:
        """The next code that has not been used; the clock of codes is the machine's own."""
        totp = TOTP(key=self.key)
        first = totp.generate()
        self.steps += 1
        return str(totp.generate(first.counter * 30 + 30 * (self.steps - 1)).token)

    def signs_out(self) -> None:
        self.visitor.post("/sign-out")

    def is_in(self) -> bool:
        return self.visitor.get("/account").status_code == 200

    def begins(self) -> None:
        """All of it, for the first time."""
        self.accepts()
        self.writes_password()
        self.sets_up_codes()
        assert self.is_in()


def cookie_of(person: Person) -> str:
    kept = person.visitor.client.get_cookie("console")
    assert kept is not None
    return kept.value


def copy_of(person: Person) -> Visitor:
    """A browser into which somebody has copied *person*'s cookie."""
    thief = person.console.visitor()
    thief.client.set_cookie("console", cookie_of(person))
    return thief
