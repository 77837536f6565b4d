"""Twilio's signature: that a webhook was sent by the account, and with just these parameters."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit

Pairs = Sequence[tuple[str, str]]


def signature_of(url: str, params: Pairs, token: str) -> str:
    """
    The signature that Twilio sends for a form posted to *url*.

    *url* is exactly as requested, without fragment; distinct values of a repeated name count once
    each, empty values by their name alone.

    Source: Twilio docs, "Webhooks security", validating signatures.
    """
    signed = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()


def is_signed(url: str, params: Pairs, signature: str, tokens: Iterable[str]) -> bool:
    """
    Whether *signature* was made with any of *tokens* over *url* and *params*.

    Over https Twilio leaves the port out for calls and keeps it for texts, so both are tried.
    Without a token nothing is signed: the gate never fails open.
    """
    given = signature.encode()
    return any(
        hmac.compare_digest(given, signature_of(candidate, params, token).encode())
        for token in tokens
        for candidate in _with_and_without_port(url)
    )


def _with_and_without_port(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.port is None:
        return (url,)
    host = parts.netloc.rpartition(":")[0]
    return (url, urlunsplit(parts._replace(netloc=host)))
