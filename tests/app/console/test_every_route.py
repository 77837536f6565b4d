"""
Every address of the console, found by itself, as every person of both districts.

A new page is walked without anybody thinking of it; one that holds a new kind of id in its address
fails here until somebody says what such an id is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC

import pytest
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from app.bootstrap import console_of
from app.demo.stage import Stage
from routing.access import Office
from tests.app.conftest import connections_closed_afterwards
from tests.app.console.conftest import CONSOLE_TOML, OFFICES, Console, Visitor
from tests.app.console.two_districts import (
    NUMBERS,
    OF,
    START,
    done_with_handovers,
    everything,
    ids_of,
    play,
)
from tests.app.world import evening, load_world, settings_for
from tests.databases import Databases
from tests.examples import at

# What needs no sign-in, because it is the way to it or says nothing of anybody.
OPEN = {
    "public.start",
    "public.language",
    "public.accessibility",
    "public.tell",
    "security.login",
    "security.logout",
    "security.reset_password",
    "security.forgot_password",
    "security.two_factor_token_validation",
    "security.two_factor_setup",
    "security.two_factor_rescue",
    "security.tf_select",
    "security.mf_recovery",
    "security.wan_signin",
    "security.wan_signin_response",
}
# Kept when somebody looks: that she did, that she was seen, and that a handover has been opened.
KEPT_BY_LOOKING = frozenset({"readings", "sessions", "handovers", "handover_events"})
IDLE = ("t2", "t5", "m1", "m2", "r1", "r2", "a1")  # had no part in the evening
EVERYBODY = (*IDLE, "t4")


@dataclass(frozen=True)
class Address:
    """One thing that can be asked of the console."""

    method: str
    path: str
    rule: Rule

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)


@dataclass(frozen=True)
class Walk:
    """The console after that evening, and every address in it."""

    console: Console
    addresses: tuple[Address, ...]
    visitors: Mapping[str, Visitor]

    def offices(self, address: Address) -> frozenset[Office] | None:
        return getattr(self.console.app.view_functions[address.endpoint], "offices", None)

    def asked_by(
        self, person: str, method: str, *, csrf: bool = True
    ) -> Iterator[tuple[Address, TestResponse]]:
        """What *person* is answered at every address, signed in at each of them."""
        visitor = self.console.signed_in(person)
        token = visitor.csrf() if csrf else False
        for address in self.addresses:
            if address.method == method:
                yield address, _ask(visitor, address, csrf=token)
                if address.endpoint.startswith("security."):  # where one may be signed out
                    visitor = self.console.signed_in(person)
                    token = visitor.csrf() if csrf else False
        assert visitor.get("/account").status_code == 200, "signed out on the way"


@pytest.fixture(scope="module")
def walk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """One evening for all who only look at it."""
    folder = tmp_path_factory.mktemp("walk")
    settings = settings_for(databases.sqlite(folder / "beredskap.db"), folder)
    with connections_closed_afterwards():
        load_world(settings, shifts=evening(START[:10]), toml=CONSOLE_TOML)
        stage = Stage(settings, at(START).astimezone(UTC))
        app = console_of(stage.parts)
        app.testing = True
        console = Console(stage, app)
        play(console)
        visitors = {person: console.signed_in(person) for person in EVERYBODY}
        yield Walk(console, tuple(_addresses(console)), visitors)
        stage.close()


def test_nobody_sees_anything_without_a_sign_in(walk: Walk) -> None:
    nobody = walk.console.visitor()
    before = everything(walk.console, frozenset())

    seen = {
        (address.method, address.path): answer.status_code
        for address in walk.addresses
        if address.endpoint not in OPEN
        and not _turned_away(answer := _ask(nobody, address, csrf=False))
    }

    assert not seen
    assert everything(walk.console, frozenset()) == before


def test_every_page_says_whose_it_is(walk: Walk) -> None:
    unsaid = {
        address.endpoint
        for address in walk.addresses
        if walk.offices(address) is None
        and address.endpoint not in OPEN
        and not address.endpoint.startswith("security.")
    }

    assert not unsaid


def test_nobody_opens_a_page_of_another_office(walk: Walk) -> None:
    def may(person: str, address: Address) -> bool:
        offices = walk.offices(address)
        return offices is None or OFFICES[person][0] in offices

    opened = [
        (person, address.path, answer.status_code)
        for person in EVERYBODY
        for address in walk.addresses
        if not may(person, address)
        for visitor in [walk.visitors[person]]
        if (answer := _ask(visitor, address, csrf=visitor.csrf())).status_code != 403
    ]

    assert not opened
    assert all(walk.visitors[who].get("/account").status_code == 200 for who in EVERYBODY)


def test_nothing_is_sent_without_the_forms_own_key(walk: Walk) -> None:
    before = everything(walk.console, KEPT_BY_LOOKING)
    taken = {
        (person, address.rule.rule, answer.status_code)
        for person in ("t4", "m1", "r2", "a1")
        for address, answer in walk.asked_by(person, "POST", csrf=False)
        if answer.status_code not in {400, 403, 404}
    }

    assert not taken
    assert everything(walk.console, KEPT_BY_LOOKING) == before


@pytest.mark.parametrize("person", EVERYBODY)
def test_looking_changes_nothing_and_shows_nothing_of_the_other_district(
    walk: Walk, person: str
) -> None:
    before = everything(walk.console, KEPT_BY_LOOKING), done_with_handovers(walk.console)
    faults = [
        (address.path, fault)
        for address, answer in walk.asked_by(person, "GET")
        for fault in _faults(person, answer)
    ]

    assert not faults
    assert (everything(walk.console, KEPT_BY_LOOKING), done_with_handovers(walk.console)) == before


def test_what_was_told_is_there_for_those_who_may_read_it(walk: Walk) -> None:
    """The walk looks for words that are there to be found: else it would find nothing, ever."""

    def read_by(person: str, home: str) -> set[str]:
        pages = [answer.text for _, answer in walk.asked_by(person, "GET")]
        return {word for word in OF[home][:3] if any(word in page for page in pages)}

    assert read_by("t2", "hasselby-vallingby") == set(OF["hasselby-vallingby"][:3])
    assert read_by("t5", "jarva") == set(OF["jarva"][:3])


def test_it_walks_every_address(walk: Walk) -> None:
    rules = {rule.rule for rule in walk.console.app.url_map.iter_rules() if _is_walked(rule)}

    assert {address.rule.rule for address in walk.addresses} == rules
    assert len(rules) > 60


def _addresses(console: Console) -> Iterator[Address]:
    """Each method and path, once with every id that its address can hold."""
    known = ids_of(console)
    adapter = console.app.url_map.bind("localhost")
    for rule in console.app.url_map.iter_rules():
        if not _is_walked(rule):
            continue
        filled: list[dict[str, str]] = [{}]
        for name in sorted(rule.arguments):
            filled = [{**one, name: value} for one in filled for value in _ids(rule, name, known)]
        for values in filled:
            path = adapter.build(rule.endpoint, values)
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield Address(method, path, rule)


def _ids(rule: Rule, name: str, known: dict[str, list[str]]) -> list[str]:
    converter = rule._converters[name]  # noqa: SLF001 - Werkzeug has no other way to ask
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)
    kind = name.removesuffix("_id")
    assert kind in known, f"{rule.rule}: what is a {kind}?"
    return known[kind] or ["1"]


def _is_walked(rule: Rule) -> bool:
    return rule.endpoint not in {"static", "security.static"}


def _ask(visitor: Visitor, address: Address, *, csrf: str | bool) -> TestResponse:
    if address.method == "GET":
        return visitor.client.get(address.path)
    return visitor.client.post(address.path, data={"csrf_token": csrf} if csrf else {})


def _turned_away(answer: TestResponse) -> bool:
    """To the sign-in, or told that the form is not ours."""
    at_the_door = answer.status_code in {302, 303} and "/sign-in" in (answer.location or "")
    return at_the_door or answer.status_code in {400, 401}


def _faults(person: str, answer: TestResponse) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"status {answer.status_code}"
    yield from _leaked(person, answer)
    yield from _unguarded(answer)


def _leaked(person: str, answer: TestResponse) -> Iterator[str]:
    office, district = OFFICES[person]
    text, where = answer.text, f"{answer.location or ''} {answer.headers}"
    title = "".join(re.findall(r"<title>([^<]*)</title>", text))
    for home, words in OF.items():
        for word in words:
            if word in where or word in title:
                yield f"{word} in an address or a title"
            if word in text and (home != district or office is Office.ADMINISTRATOR):
                yield word
    if office is not Office.THERAPIST:
        yield from (word for words in OF.values() for word in words[:2] if word in text)
    for number in NUMBERS:
        spelled = (number, f"0{number}", f"0{number[:2]}-{number[2:]}")
        yield from ("a caller's number" for one in spelled if one in text)


def _unguarded(answer: TestResponse) -> Iterator[str]:
    if "no-store" not in answer.headers.get("Cache-Control", ""):
        yield "may be kept by the browser"
    policy = answer.headers.get("Content-Security-Policy", "")
    if "script-src 'self'" not in policy or "unsafe" in policy:
        yield "no policy for scripts"
    inline = re.compile(r"<script(?![^>]*src=)|\son\w+=\"|\sstyle=|<style")
    if answer.mimetype == "text/html" and inline.search(answer.text):
        yield "a script or a style within the page"
