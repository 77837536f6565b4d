"""What others keep for us, held against what it should be: the fallback's copy, and our numbers."""

from collections.abc import Callable, Iterator
from urllib.parse import urldefrag

from app.duty.notifier import NumberSetup, Switchboard
from app.review.doctor import Diagnosis
from app.settings import Settings
from app.telephony.fallback_document import fallback_address, fallback_document
from routing.errors import CarrierUnavailable, Unavailable
from routing.finding import Severity
from routing.organisation import Line, Organisation

# What stands at an address; raises Unavailable, with a sentence that holds no secret.
Read = Callable[[str], str]


def diagnose_outside(
    organisation: Organisation, settings: Settings, switchboard: Switchboard, read: Read
) -> tuple[Diagnosis, ...]:
    """
    What is wrong outside this service.

    Where nothing outside answers, it is the network here, and says nothing of what stands there.
    """
    found: list[Diagnosis] = []
    is_online = True
    for line in organisation.lines.values():
        try:
            setup = switchboard.setup_of(line.number.e164)
        except CarrierUnavailable:
            is_online = False
            found.append(_said("carrier_unasked", Severity.WARNING, line))
            continue
        found += _of_a_number(line, setup, settings)
    if settings.fallback_url is not None:
        for line in organisation.lines.values():
            found += _of_the_copy(line, settings.fallback_url, read, is_online=is_online)
    return tuple(found)


def _of_the_copy(line: Line, address: str, read: Read, *, is_online: bool) -> Iterator[Diagnosis]:
    try:
        copy = read(fallback_address(address, line))
    except Unavailable as err:
        severity = Severity.ERROR if is_online else Severity.WARNING
        yield _said("fallback_unreadable", severity, line, reason=str(err))
        return
    # Whoever hosts it may end its lines in another way.
    if copy.split() != fallback_document(line).split():
        yield _said("fallback_differs", Severity.ERROR, line)


def _of_a_number(line: Line, setup: NumberSetup | None, settings: Settings) -> Iterator[Diagnosis]:
    if setup is None:
        yield _said("number_not_ours", Severity.ERROR, line)
        return
    base = f"{settings.public_url}/twilio"
    if not _is(setup.voice, f"{base}/voice", "POST"):
        yield _said("number_voice", Severity.ERROR, line, address=f"{base}/voice")
    if not _is(setup.text, f"{base}/sms", "POST"):
        yield _said("number_text", Severity.ERROR, line, address=f"{base}/sms")
    if not _is(setup.status, f"{base}/voice/status", "POST"):
        yield _said("number_status", Severity.WARNING, line, address=f"{base}/voice/status")
    if settings.fallback_url is not None:
        wanted = fallback_address(settings.fallback_url, line)
        if not _is(setup.fallback, wanted, "GET"):
            yield _said("number_fallback", Severity.ERROR, line, address=wanted)


def _is(found: tuple[str, str], address: str, method: str) -> bool:
    """Whether it is that address; what stands after ``#`` only says how patient the carrier is."""
    return (urldefrag(found[0]).url, found[1].upper()) == (address, method)


def _said(code: str, severity: Severity, line: Line, **values: str) -> Diagnosis:
    return Diagnosis(code, severity, {"line": line.id, **values})
