"""The signature under each webhook."""

from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict


def sign(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """
    The value of ``X-Twilio-Signature`` for a request to exactly *url* with *form* as its body.

    A GET has no form: its parameters stand in the address already.

    Source: Twilio, docs/usage/security.
    """
    return str(RequestValidator(token).compute_signature(url, MultiDict(form)))


def signed_address(url: str, *, voice: bool) -> str:
    """
    The address as Twilio writes it under the signature.

    Without user name and fragment; for voice over https also without port,
    which texts keep.

    Source: Twilio, docs/usage/security, on ports.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if voice and parts.scheme == "https" and parts.port is not None:
        host = host.removesuffix(f":{parts.port}")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
