"""
Every address of the console, found by itself, as every person of both districts.

A new page is walked without anybody thinking of it; one that holds a new kind of id in its address
fails here until somebody says what such an id is.
"""

import re
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from routing.access import Office
from tests.app.console.conftest import OFFICES, Console, ConsoleAt, Visitor
from tests.app.console.two_districts import NUMBERS, OF, START, Found, everything, play

# What needs no sign-in, because it is the way to it or says nothing of anybody.
OPEN = {
    "static",
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
# Kept when somebody reads: that she did, that she was seen, and that a handover has been opened.
KEPT_BY_READING = frozenset({"readings", "sessions"})
IDLE = ("t2", "t5", "m1", "m2", "r1", "r2", "a1")  # had no part in the evening


@pytest.fixture
def walked(console_at: ConsoleAt) -> tuple[Console, Found]:
    console = console_at(START)
    found = play(console)
    return console, found


def test_nobody_sees_anything_without_a_sign_in(walked: tuple[Console, Found]) -> None:
    console, found = walked
    nobody = console.visitor()
    before = everything(console, frozenset())

    seen = {
        (method, path): answer.status_code
        for method, path, rule in _addresses(console, found)
        if rule.endpoint not in OPEN and not _turned_away(answer := _ask(nobody, method, path))
    }

    assert not seen
    assert everything(console, frozenset()) == before


def test_nobody_opens_a_page_of_another_office(walked: tuple[Console, Found]) -> None:
    console, found = walked
    wrong: list[tuple[str, str, int]] = []
    for person in IDLE:
        visitor = console.signed_in(person)
        for method, path, rule in _addresses(console, found):
            offices = getattr(console.app.view_functions[rule.endpoint], "offices", None)
            if offices is None or OFFICES[person][0] in offices:
                continue
            answer = _ask(visitor, method, path, csrf=True)
            if answer.status_code != 403:
                wrong.append((person, path, answer.status_code))

    assert not wrong


def test_every_page_says_whose_it_is(walked: tuple[Console, Found]) -> None:
    console, _ = walked
    views = console.app.view_functions

    unsaid = {
        name
        for name, view in views.items()
        if not hasattr(view, "offices") and name not in OPEN and not name.startswith("security.")
    }

    assert not unsaid


def test_nothing_is_sent_without_the_forms_own_key(walked: tuple[Console, Found]) -> None:
    console, found = walked
    before = everything(console, KEPT_BY_READING)
    taken: set[tuple[str, int]] = set()
    for person in ("t4", "m1", "r2", "a1"):
        visitor = console.signed_in(person)
        taken |= {
            (rule.rule, answer.status_code)
            for method, path, rule in _addresses(console, found)
            if method == "POST"
            and (answer := visitor.client.post(path)).status_code not in {400, 403, 404}
        }

    assert not taken
    assert everything(console, KEPT_BY_READING | {"accounts"}) == {
        name: rows for name, rows in before.items() if name != "accounts"
    }


@pytest.mark.parametrize("person", [*IDLE, "t4"])
def test_looking_changes_nothing_and_shows_nothing_of_the_other_district(
    walked: tuple[Console, Found], person: str
) -> None:
    console, found = walked
    visitor = console.signed_in(person)
    before = everything(console, KEPT_BY_READING)
    leaks: list[tuple[str, str]] = []
    broken: list[tuple[str, int]] = []
    for method, path, _ in _addresses(console, found):
        if method != "GET":
            continue
        answer = visitor.get(path, follow_redirects=False)
        broken += [(path, answer.status_code)] * (answer.status_code >= 500)
        leaks += [(path, word) for word in _leaked(person, answer)]
        leaks += [(path, fault) for fault in _unguarded(path, answer)]

    assert not leaks
    assert not broken
    assert everything(console, KEPT_BY_READING) == before


def test_it_walks_every_address(walked: tuple[Console, Found]) -> None:
    console, found = walked

    paths = {rule.rule for _, _, rule in _addresses(console, found)}

    assert paths == {rule.rule for rule in console.app.url_map.iter_rules() if _is_walked(rule)}


def _addresses(console: Console, found: Found) -> Iterator[tuple[str, str, Rule]]:
    """Each method and path, once with every id that its address can hold."""
    adapter = console.app.url_map.bind("localhost")
    for rule in console.app.url_map.iter_rules():
        if not _is_walked(rule):
            continue
        filled: list[dict[str, str]] = [{}]
        for name in sorted(rule.arguments):
            kind = name.removesuffix("_id")
            is_known = kind in KNOWN or kind in found.ids
            assert is_known, f"{rule.rule}: what is a {kind}?"
            ids = found.ids.get(kind) or KNOWN.get(kind) or ["1"]
            filled = [{**one, name: value} for one in filled for value in ids]
        for values in filled:
            path = adapter.build(rule.endpoint, values)
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield method, path, rule


KNOWN = {"token": ["x"], "name": ["city"], "filename": ["console.css"]}


def _is_walked(rule: Rule) -> bool:
    return rule.endpoint not in {"static", "security.static"}


def _ask(visitor: Visitor, method: str, path: str, *, csrf: bool = False) -> TestResponse:
    if method == "GET":
        return visitor.get(path)
    return visitor.post(path) if csrf else visitor.client.post(path)


def _turned_away(answer: TestResponse) -> bool:
    """To the sign-in, or told that the form is not ours, or that there is no such thing."""
    at_the_door = answer.status_code in {302, 303} and "/sign-in" in (answer.location or "")
    return at_the_door or answer.status_code in {400, 401}


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


def _unguarded(path: str, answer: TestResponse) -> Iterator[str]:
    if "no-store" not in answer.headers.get("Cache-Control", ""):
        yield "may be kept by the browser"
    policy = answer.headers.get("Content-Security-Policy", "")
    if "script-src 'self'" not in policy or "unsafe" in policy:
        yield "no policy for scripts"
    if answer.mimetype == "text/html" and re.search(
        r"<script(?![^>]*src=)|\son\w+=|\sstyle=", answer.text
    ):
        yield "a script or a style within the page"
