"""What is wrong with the settings, as far as they and what is installed can tell."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from app.review.diagnosis import Diagnosis, error, warning
from app.settings import Settings
from app.tracing import is_installed

_AT_HOME = frozenset({"localhost", "0.0.0.0"})  # noqa: S104 - looked for, not bound
# Names that only a network of one's own knows.  Source: RFC 6761, 6.3; RFC 6762, 3; RFC 8375.
_OF_NO_PUBLIC_NAME = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
# The carrier's id of an account; that of an API key (SK…) signs no webhook.
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
# Whoever guesses signs states of calls and sessions; 24 characters at random are 96 bits or more.
LONG_ENOUGH = 24
# More workers than this is a slip of the finger: each takes about a hundred megabytes.
MOST_WORKERS = 64


def of_settings(settings: Settings) -> Iterator[Diagnosis]:
    """What is wrong with *settings*, whatever else there is."""
    yield from _of_the_account(settings)
    yield from _of_addresses(settings)
    yield from _of_secrets(settings)
    yield from _of_workers(settings.web_concurrency)
    if settings.smtp_url is None:
        yield warning("no_mail")
    if settings.traces_url is not None and not is_installed():
        yield warning("no_tracing")
    if settings.on_show and not is_at_home(urlsplit(settings.public_url).hostname or ""):
        yield error("on_show")


def _of_the_account(settings: Settings) -> Iterator[Diagnosis]:
    if not settings.twilio_auth_tokens:
        yield error("no_token")
    elif len(settings.twilio_auth_tokens) > 1:
        yield warning("tokens_left", count=len(settings.twilio_auth_tokens))
    if not settings.twilio_account_sid:
        yield error("no_account")
    elif not _ACCOUNT.fullmatch(settings.twilio_account_sid):
        yield error("account_odd")
    api = urlsplit(settings.twilio_api_url or "https://")
    if api.scheme != "https" and not is_at_home(api.hostname or ""):
        yield warning("api_url_open")


def _of_addresses(settings: Settings) -> Iterator[Diagnosis]:
    address = urlsplit(settings.public_url)
    if _is_odd(settings.public_url, address):
        yield error("public_url_odd")
    if is_at_home(address.hostname or ""):
        yield error("public_url_at_home")
    elif address.scheme != "https":
        yield warning("public_url_open")
    if settings.fallback_url is None:
        yield error("no_fallback_url")
    elif urlsplit(settings.fallback_url).hostname == address.hostname:
        # Whatever takes us away takes it away too: the machine, its proxy, its name.
        yield error("fallback_with_us")


def _is_odd(text: str, address: SplitResult) -> bool:
    """Whether what we put after it is no address any more, or one that the carrier refuses."""
    return "?" in text or "#" in text or "@" in address.netloc or "_" in (address.hostname or "")


def is_at_home(host: str) -> bool:
    """Whether only this computer, or its own network, knows *host*."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        known_there = host in _AT_HOME or host.endswith(_OF_NO_PUBLIC_NAME)
        return known_there or "." not in host


def _of_secrets(settings: Settings) -> Iterator[Diagnosis]:
    if len(settings.secret_key) < LONG_ENOUGH:
        yield warning("secret_key_short", wanted=LONG_ENOUGH)
    if settings.metrics_token is not None and len(settings.metrics_token) < LONG_ENOUGH:
        yield warning("metrics_token_short", wanted=LONG_ENOUGH)


def _of_workers(text: str | None) -> Iterator[Diagnosis]:
    if text is None:
        return
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_WORKERS):
        yield error("workers_odd", most=MOST_WORKERS)
    elif int(text) == 1:
        yield warning("one_worker")
