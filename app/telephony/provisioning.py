"""How each number should be set up at the carrier, and what differs from that: pure."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from app.duty.notifier import Endpoint, MessagingService, NumberSetup
from app.telephony.exchange import TRIES_AGAIN
from app.telephony.fallback_document import fallback_address
from routing.ids import LineId
from routing.organisation import Line

NOWHERE: Endpoint = ("", "")
# What Twilio writes into every number it sells, and nobody has chosen.
_DEMO = "demo.twilio.com"
# Documents of every account's lie side by side there, so the host says nothing of whose one is.
_SHARED = frozenset({"handler.twilio.com"})
_LONG_NUMBER = re.compile(r"\d{5,}")
_LONGEST_NAME = 64


class Part(StrEnum):
    """One thing that is set, at a number or at the messaging service it is in."""

    VOICE_FALLBACK = "voice fallback"
    STATUS = "call status"
    VOICE = "voice"
    VOICE_DIVERTED = "voice diverted"
    TEXT_FALLBACK = "text fallback"
    TEXT = "text"
    TEXT_DIVERTED = "text diverted"
    SERVICE_FALLBACK = "service fallback"
    SERVICE_TEXT = "service text"
    SERVICE_ASKS_NUMBER = "service asks the number"
    SERVICE_SMART = "service smart encoding"
    SERVICE = "messaging service"


Value = Endpoint | str | bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    How one line's number should be set up.

    Nothing is wanted of the voice fallback (None) where no address for it is known.  A text has
    none: what stands still knows neither who has opted out nor how to fall silent before a machine
    that answers, and a text that we miss waits at the carrier until we fetch it.
    """

    line: LineId
    voice: Endpoint
    voice_fallback: Endpoint | None
    status: Endpoint
    text: Endpoint
    service: str  # the name of the messaging service


@dataclass(frozen=True, slots=True)
class Found:
    """What the account has of a line: its number, and every messaging service there is."""

    setup: NumberSetup
    services: tuple[MessagingService, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """
    One thing that differs.

    Attributes:
        of: whose it is, as the carrier's id: the number's, or the service's; empty for a service
            that is still to be made.
        is_foreign: somebody else has set what would be overwritten.
        leaves: the service that the number is in until then; empty is none.
    """

    part: Part
    of: str
    old: Value
    new: Value
    is_foreign: bool = False
    leaves: str = ""


class Lack(StrEnum):
    """What no change of ours puts right."""

    NO_NUMBER = "the account has no such number"
    NO_VOICE = "the number takes no calls (its capabilities lack voice)"
    NO_TEXTS = "the number takes no texts (its capabilities lack sms)"


@dataclass(frozen=True, slots=True)
class Ours:
    """Tells our own addresses from somebody else's, by host."""

    public_url: str
    fallback_url: str | None  # as in the settings, with a place for the line's id

    def has(self, address: str) -> bool:
        """Whether we may overwrite *address*; nobody's and Twilio's demo are as good as ours."""
        if not address:
            return True
        host = _host(address)
        if host in {_DEMO, _host(self.public_url)}:
            return True
        if self.fallback_url is None or host != _host(self.fallback_url):
            return False
        return host not in _SHARED or address == self.fallback_url


def wanted_of(line: Line, public_url: str, fallback_url: str | None) -> Wanted:
    """
    How *line*'s number should be set up, by the settings.

    Source: Twilio docs, "Webhooks connection overrides": a fragment is obeyed here as in TwiML.
    """
    base = f"{public_url}/twilio"
    fallback = None if fallback_url is None else (fallback_address(fallback_url, line), "GET")
    return Wanted(
        line=line.id,
        voice=(f"{base}/voice{TRIES_AGAIN}", "POST"),
        voice_fallback=fallback,
        status=(f"{base}/voice/status{TRIES_AGAIN}", "POST"),
        text=(f"{base}/sms{TRIES_AGAIN}", "POST"),
        service=f"Beredskap {line.id}"[:_LONGEST_NAME],
    )


def lacks_of(setup: NumberSetup | None) -> tuple[Lack, ...]:
    """What a number lacks for a line that is called and texted."""
    if setup is None:
        return (Lack.NO_NUMBER,)
    able = ((Lack.NO_VOICE, setup.takes_calls), (Lack.NO_TEXTS, setup.takes_texts))
    return tuple(lack for lack, is_able in able if not is_able)


def changes(wanted: Wanted, found: Found, ours: Ours) -> tuple[Change, ...]:
    """
    What differs, in an order in which each may be the last one that succeeds.

    What stands by for a failure comes before what may fail, and the number moves into a service
    only when that one is right.
    """
    made: list[Change] = []
    if found.setup.takes_calls:
        made += _of_calls(wanted, found.setup, ours)
    if found.setup.takes_texts:
        made += _of_texts(wanted, found.setup, ours)
        made += _of_service(wanted, found, ours)
    return tuple(made)


def _of_calls(wanted: Wanted, setup: NumberSetup, ours: Ours) -> Iterator[Change]:
    pairs: dict[Part, tuple[Endpoint, Endpoint]] = {}
    if wanted.voice_fallback is not None:
        pairs[Part.VOICE_FALLBACK] = (setup.fallback, wanted.voice_fallback)
    pairs[Part.STATUS] = (setup.status, wanted.status)
    pairs[Part.VOICE] = (setup.voice, wanted.voice)
    yield from _endpoints(setup.id, pairs, ours)
    if setup.voice_diverted:
        yield Change(Part.VOICE_DIVERTED, setup.id, setup.voice_diverted, "", is_foreign=True)


def _of_texts(wanted: Wanted, setup: NumberSetup, ours: Ours) -> Iterator[Change]:
    pairs = {
        Part.TEXT_FALLBACK: (setup.text_fallback, NOWHERE),
        Part.TEXT: (setup.text, wanted.text),
    }
    yield from _endpoints(setup.id, pairs, ours)
    if setup.text_diverted:
        yield Change(Part.TEXT_DIVERTED, setup.id, setup.text_diverted, "", is_foreign=True)


def _of_service(wanted: Wanted, found: Found, ours: Ours) -> Iterator[Change]:
    holds = next((one for one in found.services if found.setup.id in one.numbers), None)
    service = holds if holds is not None and _is_our_service(holds, wanted, ours) else None
    if service is None:
        service = next((one for one in found.services if one.name == wanted.service), None)
    if service is not None:
        pairs = {
            Part.SERVICE_FALLBACK: (service.fallback, NOWHERE),
            Part.SERVICE_TEXT: (service.text, wanted.text),
        }
        yield from _endpoints(service.id, pairs, ours)
        # With the number's own address asked, two lines in one service stay apart.
        if not service.asks_number:
            yield Change(Part.SERVICE_ASKS_NUMBER, service.id, old=False, new=True)
        # The carrier would write a text in other letters than ours, and we know one that may have
        # gone out by its words.
        if service.is_smart:
            yield Change(Part.SERVICE_SMART, service.id, old=True, new=False)
    if service is None or holds is not service:
        leaves, of = ("" if one is None else one.id for one in (holds, service))
        is_foreign = holds is not None
        yield Change(Part.SERVICE, of, leaves, wanted.service, is_foreign, leaves)


def _is_our_service(service: MessagingService, wanted: Wanted, ours: Ours) -> bool:
    """Ours by its name, or because somebody has made it send its texts here."""
    address = service.text[0]
    return service.name == wanted.service or bool(address and ours.has(address))


def _endpoints(
    of: str, pairs: Mapping[Part, tuple[Endpoint, Endpoint]], ours: Ours
) -> Iterator[Change]:
    for part, (old, new) in pairs.items():
        # A method says nothing without an address, and the carrier makes one up.
        if old != new and (old[0] or new[0]):
            yield Change(part, of, old, new, is_foreign=not ours.has(old[0]))


def shown(value: Value, *, is_foreign: bool = False) -> str:
    """
    A value for a terminal or a program.

    Somebody else's address may hold a secret or a number: its query, its fragment, its user and
    long numbers in it are left out.
    """
    match value:
        case bool():
            return "on" if value else "off"
        case str():
            return value or "none"
        case (address, method):
            if not address:
                return "none"
            parts = urlsplit(address)
            query = "?…" if parts.query else ""
            more = f"#{parts.fragment}" if parts.fragment and not is_foreign else ""
            path = _LONG_NUMBER.sub("…", parts.path) if is_foreign else parts.path
            return f"{method} {parts.scheme}://{_netloc(address)}{path}{query}{more}"


def reaches_us(public_url: str) -> bool:
    """Whether the carrier could reach *public_url*, safely: https, and no address of a house's."""
    host = _host(public_url)
    if urlsplit(public_url).scheme != "https" or host.rpartition(".")[2] in {"localhost", "local"}:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _netloc(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2]
