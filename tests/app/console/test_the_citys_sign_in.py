"""Signing in at the city's own provider, over real HTTP."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests

from app.bootstrap import console_of
from app.settings import OpenIdConnect
from tests.app.console.conftest import Console, ConsoleAt
from tests.app.console.provider import CLIENT, SECRET, Provider, providing, query_of

FRIDAY = "2026-03-06T19:00"


def _at_the_city(console: Console, provider: Provider, claim: str = "email") -> Console:
    oidc = OpenIdConnect(
        issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, claim=claim
    )
    parts = console.stage.parts
    console.account("t1")
    app = console_of(replace(parts, settings=replace(parts.settings, oidc=oidc)))
    app.testing = True
    return Console(console.stage, app)


def _comes_back(console: Console) -> tuple[str, int]:
    """Where a browser ends up after having been at the provider, and what /account then says."""
    visitor = console.visitor()
    away = visitor.post("/sign-in/at/city?next=/account")
    there = requests.get(away.location or "", allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    here = visitor.get(f"{back.path}?{back.query}")
    return here.location or "", visitor.get("/account").status_code


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("email", {"email": "T1@example.invalid"}),
        ("preferred_username", {"preferred_username": "t1@example.invalid"}),
    ],
)
def test_whoever_has_an_account_is_let_in_without_another_code(
    console_at: ConsoleAt, claim: str, claims: dict[str, str]
) -> None:
    with providing() as provider:
        console = _at_the_city(console_at(FRIDAY), provider, claim)
        provider.claims = dict(claims)

        where, status = _comes_back(console)

    assert (where, status) == ("/account", 200)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.invalid"},
        {"email": "t1@example.invalid", "email_verified": False},
        {},
        {"email": "t1@example.invalid", "nonce": "another"},
        {"email": "t1@example.invalid", "aud": "another"},
        {"email": "t1@example.invalid", "exp": 1},
    ],
    ids=["no account", "not verified", "no name", "replayed", "for another", "too old"],
)
def test_nobody_else_is(console_at: ConsoleAt, claims: dict[str, object]) -> None:
    with providing() as provider:
        console = _at_the_city(console_at(FRIDAY), provider)
        provider.claims = dict(claims)

        where, status = _comes_back(console)

    assert (where, status) == ("/sign-in", 303)


def test_the_way_there_is_tied_to_the_browser_and_asks_for_no_more_than_needed(
    console_at: ConsoleAt,
) -> None:
    with providing() as provider:
        console = _at_the_city(console_at(FRIDAY), provider)

        away = console.visitor().post("/sign-in/at/city")
        asked = query_of(away.location or "")
        stolen = console.visitor().get(f"/sign-in/back/city?code=a+code&state={asked['state']}")
        policy = console.visitor().get("/sign-in").headers["Content-Security-Policy"]

    assert asked["scope"] == "openid email profile"
    assert asked["code_challenge_method"] == "S256"
    assert "nonce" in asked
    assert stolen.location == "/sign-in"
    assert f"form-action 'self' {provider.issuer}" in policy


def test_without_a_provider_there_is_no_such_way(console_at: ConsoleAt) -> None:
    visitor = console_at(FRIDAY).visitor()

    assert visitor.post("/sign-in/at/city").status_code == 404
    assert "stadens konto" not in visitor.get("/sign-in").text


def test_a_provider_that_is_away_says_so(console_at: ConsoleAt) -> None:
    with providing() as provider:
        console = _at_the_city(console_at(FRIDAY), provider)
    visitor = console.visitor()

    away = visitor.post("/sign-in/at/city")

    assert away.location == "/sign-in"
    assert "Stadens inloggning gick inte igenom" in visitor.get("/sign-in").text
