"""What others keep for us, held against what it should be: our numbers, and the fallback's copy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urldefrag

from app.duty.notifier import Endpoint, MessagingService, NumberSetup, Switchboard
from app.review.diagnosis import Diagnosis, either, error, warning
from app.settings import Settings
from app.telephony.fallback_document import fallback_address, fallback_document
from app.telephony.provisioning import (
    Found,
    Lack,
    Ours,
    Part,
    Value,
    changes,
    lacks_of,
    wanted_of,
)
from routing.errors import CarrierUnavailable, Unavailable
from routing.finding import Severity
from routing.organisation import Line, Organisation

# What stands at an address; raises Unavailable, with a sentence that holds no secret.
Read = Callable[[str], str]

# What `provision` would change, and what it costs until then.  That a line has no messaging service
# costs no text; whether one takes the texts away is looked at by itself.
_CODES: Mapping[Part, tuple[str, Severity]] = {
    Part.VOICE: ("number_voice", Severity.ERROR),
    Part.VOICE_DIVERTED: ("number_diverted", Severity.ERROR),
    Part.VOICE_FALLBACK: ("number_fallback", Severity.ERROR),
    Part.STATUS: ("number_status", Severity.WARNING),
    Part.TEXT: ("number_text", Severity.ERROR),
    Part.TEXT_DIVERTED: ("number_diverted", Severity.ERROR),
    Part.TEXT_FALLBACK: ("number_text_fallback", Severity.WARNING),
}


def diagnose_outside(
    organisation: Organisation, settings: Settings, switchboard: Switchboard, read: Read
) -> tuple[Diagnosis, ...]:
    """
    What is wrong outside this service.

    Where nothing outside answers, it is the network here, and says nothing of what stands there.
    """
    lines = tuple(organisation.lines.values())
    found, is_online = _of_numbers(lines, settings, switchboard)
    if settings.fallback_url is not None:
        for line in lines:
            found += _of_the_copy(line, settings.fallback_url, read, is_online=is_online)
    return tuple(found)


def _of_numbers(
    lines: Sequence[Line], settings: Settings, switchboard: Switchboard
) -> tuple[list[Diagnosis], bool]:
    """What is wrong with our numbers, and whether the carrier answered."""
    found: list[Diagnosis] = []
    try:
        services = switchboard.messaging_services()
        for line in lines:
            setup = switchboard.setup_of(line.number.e164)
            found += _of_a_number(line, setup, services, settings)
    except CarrierUnavailable:
        # Whoever does not answer for one does not for the next: only the first is waited for.
        return [warning("carrier_unasked", line=line.id) for line in lines], False
    return found, True


def _of_the_copy(line: Line, address: str, read: Read, *, is_online: bool) -> Iterator[Diagnosis]:
    try:
        copy = read(fallback_address(address, line))
    except Unavailable as err:
        yield either("fallback_unreadable", is_error=is_online, line=line.id, reason=str(err))
        return
    # Whoever hosts it may end its lines in another way.
    if copy.split() != fallback_document(line).split():
        yield error("fallback_differs", line=line.id)


def _of_a_number(
    line: Line,
    setup: NumberSetup | None,
    services: Sequence[MessagingService],
    settings: Settings,
) -> Iterator[Diagnosis]:
    lacks = lacks_of(setup)
    if setup is None:
        yield error("number_not_ours", line=line.id)
        return
    if set(lacks) & {Lack.NO_VOICE, Lack.NO_TEXTS}:
        yield error("number_unable", line=line.id)
    wanted = wanted_of(line, settings.public_url, settings.fallback_url)
    ours = Ours(settings.public_url, settings.fallback_url)
    for change in changes(wanted, Found(setup, ()), ours):
        if change.part in _CODES and _bare(change.old) != _bare(change.new):
            code, severity = _CODES[change.part]
            yield Diagnosis(code, severity, {"line": line.id, **_addressed(change.new)})
    holds = next((one for one in services if setup.id in one.numbers), None)
    if holds is not None and not holds.asks_number and _bare(holds.text) != _bare(wanted.text):
        yield error("number_in_service", line=line.id)


def _bare(value: Value) -> Endpoint:
    """What stands after ``#`` only says how patient the carrier is."""
    address, method = value if isinstance(value, tuple) else (str(value), "")
    return urldefrag(address).url, method.upper()


def _addressed(value: Value) -> dict[str, str]:
    return {"address": urldefrag(value[0]).url} if isinstance(value, tuple) and value[0] else {}
