"""A console to look at, at a chosen moment, with a stage beside it on which calls are played."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.console.app import create_console
from app.console.site import Site
from app.demo.stage import Stage
from app.store import accounts, sessions
from routing.access import Office
from routing.ids import DistrictId
from routing.register import RegisterEntry
from routing.rota import Shift
from tests.app.conftest import StageAt
from tests.app.world import REGISTER
from tests.examples import ORGANISATION_TOML

HV, JARVA = DistrictId("hasselby-vallingby"), DistrictId("jarva")
OFFICES = {
    **{f"t{n}": (Office.THERAPIST, HV if n < 4 else JARVA) for n in range(1, 7)},
    "m1": (Office.MANAGER, HV),
    "m2": (Office.MANAGER, JARVA),
    "r1": (Office.REVIEWER, HV),
    "r2": (Office.REVIEWER, JARVA),
    "a1": (Office.ADMINISTRATOR, HV),
}
MANAGERS_TOML = """
[[managers]]
id = "m1"
name = "Manager 1"
district = "hasselby-vallingby"
email = "m1@example.invalid"

[[managers]]
id = "m2"
name = "Manager 2"
district = "jarva"
email = "m2@example.invalid"
"""
CONSOLE_TOML = ORGANISATION_TOML + MANAGERS_TOML
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class _SiteOfNow:
    """Stands for the site of the test that runs now, so that one application serves them all."""

    def __init__(self) -> None:
        self.now_is: Site | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a site has
        return getattr(self.now_is, name)


_SITE = _SiteOfNow()
_APPS: dict[str, Flask] = {}


@dataclass
class Visitor:
    """Somebody's browser."""

    client: FlaskClient
    headers: Mapping[str, str] = field(default_factory=dict)
    _forms: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **options: object) -> TestResponse:
        return self.client.get(path, headers=self.headers, **options)

    def post(
        self, path: str, data: Mapping[str, object] | None = None, **options: object
    ) -> TestResponse:
        """As a form sends it: with the field that shows it came from a page of ours."""
        sent = {"csrf_token": self.csrf(), **(data or {})}
        return self.client.post(path, data=sent, headers=self.headers, **options)

    def csrf(self) -> str:
        """The key that a form of ours holds; the same as long as the browser keeps its cookie."""
        with self.client.session_transaction() as session:
            key = session.get("csrf_token")
        if key is None or key not in self._forms:
            found = _CSRF.search(self.client.get("/accessibility").text)
            assert found is not None
            with self.client.session_transaction() as session:
                key = session["csrf_token"]
            self._forms[key] = found[1]
        return self._forms[key]


@dataclass
class Console:
    """The console of a stage, whose clock and calls are the stage's."""

    stage: Stage
    app: Flask
    _known: dict[str, accounts.Account] = field(default_factory=dict)

    def visitor(self) -> Visitor:
        """Somebody who has not signed in."""
        return Visitor(self.app.test_client())

    def account(self, person: str) -> accounts.Account:
        """The account of one of `OFFICES`, made when it is first asked for."""
        if person not in self._known:
            office, district = OFFICES[person]
            login = f"{person}@example.invalid"
            with self.stage.parts.engine.begin() as connection:
                self._known[person] = accounts.find(connection, login=login) or accounts.add(
                    connection,
                    login=login,
                    person=person,
                    office=office,
                    district=district,
                    now=self.stage.parts.clock(),
                )
        return self._known[person]

    def signed_in(self, person: str) -> Visitor:
        """A browser in which *person* has signed in just now; how is another test's business."""
        account, parts = self.account(person), self.stage.parts
        with parts.engine.begin() as connection:
            kept = sessions.begin(connection, account.id, "Firefox · Android", parts.clock())
        visitor = self.visitor()
        with visitor.client.session_transaction() as session:
            session.update(
                {"_user_id": account.stamp, "_fresh": True, "kept": kept, "fs_cc": "set"}
            )
        return visitor


class ConsoleAt(Protocol):
    """Makes a console whose clock starts at a wall time in Stockholm."""

    def __call__(
        self,
        moment: str,
        *,
        shifts: Sequence[Shift] | None = None,
        toml: str = CONSOLE_TOML,
        entries: Sequence[RegisterEntry] = REGISTER,
    ) -> Console:
        """Without *shifts*, t4 and then t1 have that evening from five to ten."""


@pytest.fixture
def console_at(sqlite_stage_at: StageAt) -> ConsoleAt:
    """Consoles on SQLite, where the engine makes no difference."""
    return _consoles(sqlite_stage_at)


@pytest.fixture
def engine_console_at(engine_stage_at: StageAt) -> ConsoleAt:
    """Consoles on each engine in turn."""
    return _consoles(engine_stage_at)


def _app_of(stage: Stage) -> Flask:
    """The console over *stage*; making its two hundred routes anew for each test takes too long."""
    parts = stage.parts
    _SITE.now_is = Site(
        parts.engine, parts.cipher, parts.mirror, parts.exchange, parts.settings, parts.clock
    )
    key = f"{parts.settings.public_url} {parts.settings.secret_key}"
    if key not in _APPS:
        _APPS[key] = create_console(cast("Site", _SITE))
        _APPS[key].testing = True
    return _APPS[key]


def _consoles(stage_at: StageAt) -> Callable[..., Console]:
    def made(
        moment: str,
        *,
        shifts: Sequence[Shift] | None = None,
        toml: str = CONSOLE_TOML,
        entries: Sequence[RegisterEntry] = REGISTER,
    ) -> Console:
        stage = stage_at(moment, shifts=shifts, toml=toml, entries=entries)
        return Console(stage, _app_of(stage))

    return made
