"""Every page of the console that shows something, found by itself, and somebody who may open it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from flask import Flask
from werkzeug.routing import Rule

from routing.access import Office

# Who looks, for each office: the first of them to whom the page is shown.
LOOKS: Mapping[Office, Sequence[str]] = {
    Office.THERAPIST: ("t4", "t5", "t1"),
    Office.MANAGER: ("m2", "m1"),
    Office.REVIEWER: ("r2",),
    Office.ADMINISTRATOR: ("a1",),
}
NOT_PAGES = {"static", "security.static", "public.language", "security.logout"}
OF_SIGNING_IN = {
    "public.start",
    "public.accessibility",
    "security.login",
    "security.wan_signin",
    "security.forgot_password",
}
_OWN = {
    "security.change_password",
    "security.two_factor_setup",
    "security.mf_recovery_codes",
    "security.wan_register",
    "security.verify",
}


@dataclass(frozen=True)
class Shown:
    """One page: what to call it, who opens it (nobody in particular if empty), and where it is."""

    name: str
    people: tuple[str, ...]
    paths: tuple[str, ...]  # the first of them that shows something will do


def pages(console: Flask, ids: Mapping[str, Sequence[str]]) -> Iterator[Shown]:
    """All pages, with every path that the *ids* at hand can make of each."""
    adapter = console.url_map.bind("localhost")
    for rule in sorted(console.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NOT_PAGES:
            continue
        offices = getattr(console.view_functions[rule.endpoint], "offices", None)
        if offices is not None:
            people = tuple(who for office in LOOKS if office in offices for who in LOOKS[office])
        elif rule.endpoint in OF_SIGNING_IN:
            people = ()
        elif rule.endpoint in _OWN:
            people = ("t4",)
        else:
            continue
        name = rule.endpoint.removesuffix("_").replace(".", "-").replace("_", "-")
        yield Shown(name, people, tuple(_paths(adapter.build, rule, ids)))


def _paths(
    build: Callable[..., str], rule: Rule, ids: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    names = sorted(rule.arguments)
    kinds = [ids.get(name.removesuffix("_id"), ()) for name in names]
    for values in product(*kinds):
        yield build(rule.endpoint, dict(zip(names, values, strict=True)))
