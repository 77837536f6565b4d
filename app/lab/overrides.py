"""Connection overrides: what the fragment of a webhook's address asks of the carrier."""

from dataclasses import dataclass
from urllib.parse import urldefrag

MOST_MS = 15_000
_RANGES = {"ct": (100, 10_000), "rt": (100, MOST_MS), "tt": (100, MOST_MS), "rc": (0, 5)}
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})
_EDGES = frozenset(
    {"ashburn", "dublin", "frankfurt", "sao-paulo", "singapore", "sydney", "tokyo", "umatilla"}
)


class InvalidOverride(ValueError):
    """A fragment with a key or a value that does not exist."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """
    How long and how often a request is tried; times in seconds.

    Source: Twilio, docs/usage/webhooks/webhooks-connection-overrides.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, reason: str) -> bool:
        """Whether *reason* (``ct``, ``rt``, ``4xx`` or ``5xx``) is one to try again for."""
        return reason in self.retry_on or "all" in self.retry_on


def split(url: str) -> tuple[str, Overrides]:
    """
    The address to request, without fragment, and what its fragment asked for.

    Raises:
        InvalidOverride: a key or value that Twilio does not know.
    """
    bare, fragment = urldefrag(url)
    if not fragment:
        return bare, Overrides()
    given = _pairs(fragment)
    numbers = {key: _number(key, given[key]) for key in _RANGES if key in given}
    return bare, Overrides(
        connect=numbers.get("ct", 5000) / 1000,
        read=numbers.get("rt", MOST_MS) / 1000,
        total=numbers.get("tt", MOST_MS) / 1000,
        retries=numbers.get("rc", 1),
        retry_on=_chosen("rp", given.get("rp", "ct"), _POLICIES),
    )


def _pairs(fragment: str) -> dict[str, str]:
    given = {}
    for pair in fragment.split("&"):
        key, _, value = pair.partition("=")
        if key not in {*_RANGES, "rp", "sni", "e"}:
            raise InvalidOverride(f"no connection override is called “{key}”")
        given[key] = value
    _chosen("e", given.get("e", "ashburn"), _EDGES)
    _chosen("sni", given.get("sni", "y"), frozenset({"y", "n"}))
    return given


def _number(key: str, value: str) -> int:
    least, most = _RANGES[key]
    if not value.isdecimal() or not least <= int(value) <= most:
        raise InvalidOverride(f"{key} is a whole number from {least} to {most}")
    return int(value)


def _chosen(key: str, value: str, known: frozenset[str]) -> frozenset[str]:
    chosen = frozenset(value.split(","))
    if not chosen <= known:
        raise InvalidOverride(f"{key} does not know “{value}”")
    return chosen
