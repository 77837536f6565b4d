"""Whether PUBLIC_URL leads to us as the carrier comes: name, certificate, and who answers."""

import http.client
import json
import socket
import ssl
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from app.review.diagnosis import Diagnosis, error, warning

# Whoever renews them does so a month ahead: two weeks later it has failed again and again.
ENDS_WITHIN = timedelta(days=14)
_PORTS = {"http": 80, "https": 443}
_MOST = 65_536  # bytes of an answer
# What OpenSSL finds wrong with a certificate, by its number.  Source: openssl-verification-options.
_WRONG = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "nobody but its owner has signed it",
    19: "nobody that is trusted has signed its chain",
    20: "the chain to a trusted authority is not whole",
    21: "the chain to a trusted authority is not whole",
    62: "it is for another name",
    64: "it is for another address",
}


class _Away(Exception):
    """Nobody answers; the words hold no secret."""


class _Untrusted(Exception):
    """Somebody answers whom the carrier would not talk to; as above."""


def diagnose_front(
    public_url: str, lines: Collection[str], authorities: str, now: datetime, patience: float
) -> Iterator[Diagnosis]:
    """
    What is wrong with the way from the carrier to us, as far as it is seen from here.

    Args:
        lines: the ids of our lines, by which another installation is told from ours.
        authorities: a file of the certificates that are trusted: those of the world's, as the
            carrier has, and not what this machine's owner has added.
        patience: seconds for each step.
    """
    asked = f"{public_url}/healthz"
    try:
        certificate, status, body = _get(asked, authorities, patience)
        yield from _of_a_certificate(certificate, now)
        if status != HTTPStatus.OK or body.strip() != b"ok":
            yield error("front_not_ours", reason=_reason(status), address=asked)
            return
        # A proxy may keep this one to itself; what it says is then not to be known.
        _, status, body = _get(f"{public_url}/readyz", authorities, patience)
        _, shown, _ = _get(f"{public_url}/metrics", authorities, patience)
    except _Away as err:
        yield warning("front_away", reason=str(err), address=asked)
        return
    except _Untrusted as err:
        host, port = _place(urlsplit(public_url))
        yield error("certificate_bad", reason=str(err), host=host, place=f"{host}:{port}")
        return
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        yield error("front_unready", address=f"{public_url}/readyz")
    elif status == HTTPStatus.OK and _lines(body) != sorted(lines):
        yield error("front_not_ours", reason="it answers for other lines than ours", address=asked)
    if shown == HTTPStatus.OK:
        yield warning("metrics_open", address=f"{public_url}/metrics")


def _get(url: str, authorities: str, patience: float) -> tuple[dict[str, object], int, bytes]:
    """
    The certificate that was shown, empty without TLS, and the answer's status and body.

    Raises:
        _Away: nobody answers.
        _Untrusted: somebody does, whom the carrier would not talk to.
    """
    address = urlsplit(url)
    with _connect(address, authorities, patience) as sock:
        shown = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        certificate = dict[str, object](shown or {})
        connection = http.client.HTTPConnection(*_place(address), timeout=patience)
        connection.sock = sock
        try:
            connection.request("GET", address.path, headers={"Connection": "close"})
            answer = connection.getresponse()
            body = answer.read(_MOST)
        except (OSError, http.client.HTTPException) as err:
            raise _Away(f"the answer breaks off ({type(err).__name__})") from None
        return certificate, answer.status, body


def _place(address: SplitResult) -> tuple[str, int]:
    return address.hostname or "", address.port or _PORTS[address.scheme]


def _connect(address: SplitResult, authorities: str, patience: float) -> socket.socket:
    """A connection; with TLS, to whom the address promises; raises as `_get` does."""
    try:
        plain = socket.create_connection(_place(address), timeout=patience)
    except socket.gaierror:
        raise _Away("nobody knows its name") from None
    except TimeoutError:
        raise _Away("nobody answers in time") from None
    except OSError as err:
        raise _Away(f"there is no connection ({type(err).__name__})") from None
    if address.scheme != "https":
        return plain
    context = ssl.create_default_context(cafile=authorities)
    try:
        return context.wrap_socket(plain, server_hostname=address.hostname)
    except ssl.SSLCertVerificationError as err:
        plain.close()
        raise _Untrusted(_WRONG.get(err.verify_code, f"OpenSSL's {err.verify_code}")) from None
    except ssl.SSLError:
        plain.close()
        raise _Untrusted("no TLS of version 1.2 or later is spoken there") from None
    except OSError as err:
        plain.close()
        raise _Away(f"there is no connection ({type(err).__name__})") from None


def _of_a_certificate(certificate: dict[str, object], now: datetime) -> Iterator[Diagnosis]:
    if not certificate:
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    if ends - now < ENDS_WITHIN:
        yield warning("certificate_ends", last=ends.date(), days=(ends - now).days)


def _reason(status: int) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "it redirects, and what is sent along is lost on the way"
    if status == HTTPStatus.OK:
        return "there is another page"
    return f"it answers with status {status}"


def _lines(body: bytes) -> list[str] | None:
    try:
        found = json.loads(body)["lines"]
    except (ValueError, TypeError, KeyError):
        return None
    return sorted(map(str, found)) if isinstance(found, list) else None
