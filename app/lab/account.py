"""The account at the carrier, with the numbers it owns."""

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Account:
    """
    Who the service is to the carrier.

    Webhooks are always signed with *token*, the primary one; a *secondary*
    token signs nothing until it is promoted, and both open the REST face.

    Source: Twilio, docs/usage/security; reference section 3.
    """

    sid: str
    token: str = field(repr=False)
    secondary: str | None = field(default=None, repr=False)
    api_keys: dict[str, str] = field(default_factory=dict, repr=False)
    max_concurrent: int | None = None
    calls_itself: bool = True  # may call one of its own numbers from itself
    geo_permissions: frozenset[str] = frozenset({"+46"})
    opted_out: set[tuple[str, str]] = field(default_factory=set)  # (our number, peer)
    caller_ids: frozenset[str] = frozenset()  # verified numbers that are not ours
    home_region: str = "us1"
    status: str = "active"  # suspended, closed
    type: str = "Full"  # or Trial
    balance: tuple[str, str] | None = ("100.00", "USD")  # None for a subaccount, which has none
    profiles: list["Profile"] = field(default_factory=list)

    def promote_secondary(self) -> None:
        """Make the secondary token the primary one; the old primary opens nothing any more."""
        if self.secondary is None:
            msg = "there is no secondary token to promote"
            raise ValueError(msg)
        self.token, self.secondary = self.secondary, None

    def opens(self, user: str, password: str) -> bool:
        """Whether these credentials belong to this account."""
        if user == self.sid:
            return password in {self.token, self.secondary} - {None}
        return self.api_keys.get(user) == password


@dataclass(frozen=True, slots=True)
class Profile:
    """Who stands behind the account, as far as the carrier has looked into it."""

    policy: str  # for what kind of customer
    status: str = "twilio-approved"  # or draft, pending-review, in-review, twilio-rejected
    sid: str = "BU" + "0" * 32


@dataclass(slots=True)
class Number:
    """One of our numbers and where the carrier takes its calls and texts."""

    e164: str
    voice_url: str = ""
    status_callback: str = ""
    sms_url: str = ""
    voice_fallback_url: str = ""
    sms_fallback_url: str = ""
    voice_method: str = "POST"
    voice_fallback_method: str = "POST"
    status_callback_method: str = "POST"
    sms_method: str = "POST"
    sms_fallback_method: str = "POST"
    friendly_name: str = ""
    voice_capable: bool = True
    sms_capable: bool = True
    voice_application: str = ""  # with one of these, the addresses above are not asked
    sms_application: str = ""
    trunk: str = ""
    sid: str = "PN" + "0" * 32


@dataclass(slots=True)
class Service:
    """A messaging service: numbers that send and take texts together; *numbers* are their ids."""

    sid: str
    friendly_name: str
    inbound_request_url: str = ""
    inbound_method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    status_callback: str = ""
    smart_encoding: bool = True
    use_inbound_webhook_on_number: bool = False
    numbers: list[str] = field(default_factory=list)


class Sids:
    """Identifiers as the carrier makes them, the same ones for the same seed."""

    def __init__(self, seed: random.Random) -> None:
        self._random = seed

    def new(self, prefix: str) -> str:
        return f"{prefix}{self._random.getrandbits(128):032x}"

    def uuid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
