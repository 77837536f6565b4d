"""How Flask-Security is set up: a password and a second factor, or a passkey, or the city's own."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_security import LoginForm, Security
from flask_security.mail_util import MailUtil
from flask_wtf import CSRFProtect

from app.console.sign_in import sentences
from app.console.sign_in.passkeys import OpenedByTheirPerson
from app.console.sign_in.users import Accounts, each_once, once_only
from app.console.site import Site

NAME = "Beredskap"
INVITED_FOR = timedelta(days=3)  # over a weekend


class _NoMail(MailUtil):
    """Nothing that signs in goes by mail: whoever has lost a key gets a new link from a person."""

    def send_mail(self, *_: object, **__: object) -> None:
        raise AssertionError("no part of the sign-in that we use sends mail")

    def validate(self, email: str) -> str:
        return email.strip().lower()

    def normalize(self, email: str) -> str:
        return email.strip().lower()


class _NotRemembered(LoginForm):
    """Nobody stays signed in for longer than a day's work, whatever else the form is sent with."""

    remember = None


def configure(app: Flask, site: Site) -> None:
    """What the libraries read; secrets are derived, each for one purpose, from SECRET_KEY."""
    app.config.update(sentences.settings())
    secret, public = site.settings.secret_key, urlsplit(site.settings.public_url)

    def derived(purpose: str) -> bytes:
        return hmac.digest(secret.encode(), f"beredskap console {purpose}".encode(), hashlib.sha256)

    app.config.update(
        SECRET_KEY=derived("session").hex(),
        SESSION_COOKIE_NAME="console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=public.scheme == "https",
        SESSION_COOKIE_SAMESITE="Lax",  # Strict would sign out whoever follows a notice's link
        SESSION_COOKIE_PATH=f"{public.path}/",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a note may take all evening
        SECURITY_PASSWORD_SALT=derived("password").hex(),
        SECURITY_PASSWORD_LENGTH_MIN=12,
        SECURITY_EMAIL_SENDER="",
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_VERIFY_URL="/sign-in/again",
        SECURITY_POST_LOGIN_VIEW="public.start",
        SECURITY_POST_LOGOUT_VIEW="public.start",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
        # A link from whoever made the account, by which its person chooses a password.
        SECURITY_RECOVERABLE=True,
        SECURITY_RESET_URL="/invited",
        SECURITY_RESET_PASSWORD_WITHIN=INVITED_FOR,
        SECURITY_RESET_SALT="invited",
        SECURITY_SEND_PASSWORD_RESET_EMAIL=False,
        SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL=False,
        SECURITY_CHANGEABLE=True,
        SECURITY_CHANGE_URL="/account/password",
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_POST_CHANGE_VIEW="account.account",
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_REQUIRED=True,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY=30,
        SECURITY_TWO_FACTOR_RESCUE_EMAIL=False,
        SECURITY_TWO_FACTOR_SETUP_URL="/account/code-app",
        SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL="/sign-in/code",  # noqa: S106 - an address
        SECURITY_TWO_FACTOR_RESCUE_URL="/sign-in/help",
        SECURITY_TWO_FACTOR_SELECT_URL="/sign-in/how",
        SECURITY_TWO_FACTOR_POST_SETUP_VIEW="account.account",
        SECURITY_TOTP_SECRETS={1: derived("codes").hex()},
        SECURITY_TOTP_ISSUER=NAME,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES=True,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_N=8,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=[
            base64.urlsafe_b64encode(derived("recovery codes"))
        ],
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL="/account/recovery-codes",
        SECURITY_MULTI_FACTOR_RECOVERY_URL="/sign-in/recovery-code",
        SECURITY_WEBAUTHN=True,
        SECURITY_WAN_RP_NAME=NAME,
        SECURITY_WAN_ALLOW_USER_HINTS=False,  # nobody learns here who has an account
        SECURITY_WAN_REGISTER_URL="/account/passkeys",
        SECURITY_WAN_DELETE_URL="/account/passkeys/remove",
        SECURITY_WAN_SIGNIN_URL="/sign-in/passkey",
        SECURITY_WAN_VERIFY_URL="/sign-in/again/passkey",
        SECURITY_WAN_POST_REGISTER_VIEW="account.account",
        SECURITY_OAUTH_ENABLE=site.settings.oidc is not None,
        SECURITY_OAUTH_BUILTIN_PROVIDERS=[],
        SECURITY_OAUTH_START_URL="/sign-in/at",
        SECURITY_OAUTH_RESPONSE_URL="/sign-in/back",
        SECURITY_FRESHNESS=timedelta(minutes=30),
        SECURITY_FRESHNESS_GRACE_PERIOD=timedelta(minutes=10),
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_DATETIME_FACTORY=site.now,
    )


def sign_in_with(app: Flask, site: Site) -> Security:
    """
    Give *app* its sign-in, at the addresses below /sign-in and /account.

    Source: OWASP ASVS 4.0, chapters 2 and 3.
    """
    configure(app, site)
    CSRFProtect(app)
    accounts = Accounts(site)
    options: dict[str, Any] = {
        "totp_cls": once_only(site),
        "mf_recovery_codes_util_cls": each_once(site),
        "login_form": _NotRemembered,
        "mail_util_cls": _NoMail,
        "webauthn_util_cls": OpenedByTheirPerson,
    }
    security = Security(app, accounts, **options)
    security.want_json(lambda _request: False)  # pages, and nothing for programs: see sessions
    return security
