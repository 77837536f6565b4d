"""Signing in with the city's own provider, by OpenID Connect, where one is set."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, flash, redirect, url_for
from flask.typing import ResponseValue
from flask_babel import gettext as _
from flask_security import Security

from app.settings import Settings

log = structlog.get_logger()

PROVIDER = "city"


def sign_in_at_the_city(app: Flask, security: Security, settings: Settings) -> str:
    """
    Let people sign in at the provider of *settings*; returns its address, or nothing without one.

    Whoever comes from there must have an account here, whose login is the claim that was agreed
    on.  The provider asks for the second factor.

    Source: OpenID Connect Core 1.0, section 3.1.
    """
    if settings.oidc is None:
        return ""
    # Only where it is set.
    from flask_security.oauth_provider import FsOAuthProvider  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415
    from requests import RequestException  # noqa: PLC0415

    oidc = settings.oidc

    class City(FsOAuthProvider):
        def oauth_response_failure(self, _view: str, err: Any) -> ResponseValue:  # noqa: ANN401
            return _failed(err)

    def identity(_oauth: object, token: dict[str, Any]) -> tuple[str, str]:
        claims = token["userinfo"]
        if oidc.claim == "email" and claims.get("email_verified") is False:
            return "email", ""
        return "email", str(claims.get(oidc.claim, "")).strip().lower()

    registration = {
        "client_id": oidc.client_id,
        "client_secret": oidc.client_secret,
        "server_metadata_url": f"{oidc.issuer}/.well-known/openid-configuration",
        "client_kwargs": {"scope": "openid email profile", "code_challenge_method": "S256"},
    }
    for kind in (JoseError, RequestException):  # what it says is not to be trusted, or it is away
        app.register_error_handler(kind, _failed)
    if security.oauthglue is None:
        raise AssertionError("OpenID Connect is set, and not switched on")
    security.oauthglue.register_provider_ext(City(PROVIDER, registration, identity))
    parts = urlsplit(oidc.issuer)
    return f"{parts.scheme}://{parts.netloc}"


def _failed(err: Exception) -> ResponseValue:
    log.warning("sign_in.city_failed", error=type(err).__name__)
    flash(_("The city's sign-in did not go through. Try again."), "error")
    return redirect(url_for("security.login"), 303)
