"""One request of the carrier as it is kept: names, statuses and order, and nothing of anybody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.numbers import PhoneNumber, caller_number

# Whatever is not named here is kept as *set* or *empty*: a new parameter may hold anything.
_KEPT = frozenset(
    {
        "ApiVersion", "CallDuration", "CallStatus", "CallbackSource", "DialBridged",
        "DialCallDuration", "DialCallStatus", "Direction", "Duration", "ErrorCode",
        "FinishedOnKey", "MessageStatus", "NumMedia", "NumSegments", "OptOutType",
        "SequenceNumber", "SipResponseCode", "SmsStatus",
    }
)  # fmt: skip
_PARTIES = frozenset({"Called", "Caller", "ForwardedFrom", "From", "To"})
_KEPT_HEADERS = frozenset({"Content-Type", "User-Agent", "X-Home-Region"})
_TOKEN = "I-Twilio-Idempotency-Token"  # noqa: S105 - the name of a header
_PLAIN = re.compile(r"[A-Za-z0-9 ./;=_-]{1,80}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_A_KEY = re.compile(r"[0-9*#]?")
KEYWORDS = ("HELP", "STOP", "START", "HEJ")
# What carriers send for a withheld number: words, and words typed on a keypad.
# Source: Twilio docs, "TwiML Voice", From; and what its customers have recorded.
_WORDS = frozenset(
    {"anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"}
)
_TYPED = {
    "2562533": "BLOCKED",
    "266696687": "ANONYMOUS",
    "7378742833": "RESTRICTED",
    "8656696": "UNKNOWN",
    "86282452253": "UNAVAILABLE",
}
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Parties:
    """Who has which number; a record has the names, and never a number."""

    line: PhoneNumber = field(repr=False)
    second: PhoneNumber | None = field(default=None, repr=False)
    emergency: PhoneNumber | None = field(default=None, repr=False)

    def name_of(self, shown: str) -> str:
        """The name for a number as the carrier shows it; for a withheld one, how it says so."""
        number = caller_number(shown)
        if number is None:
            return f"{WITHHELD}: {_form(shown)}"
        names = {self.line: "line", self.second: "second phone", self.emergency: "emergency line"}
        return names.get(number, "caller")


@dataclass(frozen=True, slots=True)
class Seen:
    """A request: which *place* of ours was asked, how long *after* the behaviour began, and how."""

    behaviour: str
    place: str
    after: float  # seconds
    form: Mapping[str, str]
    headers: Mapping[str, str]
    signed_by: str

    @property
    def call(self) -> str:
        return self.form.get("CallSid", "")


@dataclass(slots=True)
class Cleaner:
    """Makes requests fit to be kept: numbers become names, ids and tokens are counted through."""

    parties: Parties
    _names: dict[str, str] = field(default_factory=dict, repr=False)

    def form(self, form: Mapping[str, str]) -> Mapping[str, str]:
        """The parameters, all of them by name."""
        return {_plain_name(name): self._value(name, value) for name, value in form.items()}

    def headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The headers that say something of the carrier."""
        kept = {name: _plain(headers[name]) for name in _KEPT_HEADERS if name in headers}
        if _TOKEN in headers:
            kept[_TOKEN] = self._counted("token", headers[_TOKEN])
        return kept

    def _value(self, name: str, value: str) -> str:
        if name in _PARTIES:
            return self.parties.name_of(value)
        if name.endswith("Sid"):
            return self._counted("id", value)
        return _kept(name, value)

    def _counted(self, kind: str, value: str) -> str:
        if not value:
            return "empty"
        known = sum(name.startswith(kind) for name in self._names.values())
        return self._names.setdefault(value, f"{kind} {known + 1}")


def _kept(name: str, value: str) -> str:
    """What of a value says something of the carrier, and nothing of anybody."""
    if name in _KEPT:
        return _plain(value)
    if name == "Body":
        word = value.strip().upper()
        return word if word in KEYWORDS else "a text"
    is_short = name == "Digits" and _A_KEY.fullmatch(value)
    is_land = name.endswith("Country") and _COUNTRY.fullmatch(value)
    return value if is_short or is_land else "set" if value else "empty"


def _plain(value: str) -> str:
    if not value:
        return "empty"
    return value if _PLAIN.fullmatch(value) and not _is_number(value) else "set"


def _is_number(value: str) -> bool:
    return caller_number(f"+{re.sub(r'[^0-9]', '', value)}") is not None


def _plain_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_]{1,40}", name) else "an odd name"


def _form(shown: str) -> str:
    """How a number was withheld, in words; what nobody knows is only measured."""
    digits = re.sub(r"\D", "", shown)
    typed = _TYPED.get(digits) or _TYPED.get(digits.removeprefix("1"))
    if not shown:
        return "empty"
    if shown.lower() in _WORDS:
        return shown
    return f"{typed} in digits" if typed else f"another form, {len(shown)} signs"
