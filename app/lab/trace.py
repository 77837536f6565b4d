"""Everything that happened at the carrier, in order."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """What a party to a call heard or did, or what befell it."""

    CALLS = "calls"
    RINGS = "rings"
    HEARS_RINGING = "hears ringing"
    HEARS = "hears"
    HEARS_AUDIO = "hears the recording"
    HEARS_SILENCE = "hears silence"
    PICKS_UP = "picks up"
    VOICEMAIL = "voicemail picks up"
    PRESSES = "presses"
    BRIDGED = "is talking with"
    HANGS_UP = "hangs up"
    IS_HUNG_UP = "is cut off by the line"
    TURNED_AWAY = "cannot be reached"
    STOPS_RINGING = "stops ringing"
    ERROR = "hears the carrier's error message"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One moment of one party.

    *words* is what was said or pressed, or why; never a telephone number.
    *other* is the number of the other party, where there is one; *language* is what words that
    were said were said in, as ``Say`` names it.
    """

    at: datetime
    leg: str
    party: str
    what: What
    words: str = ""
    other: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt at a request and its answer; *status* is None when no answer came."""

    at: datetime
    purpose: str
    leg: str
    method: str
    url: str
    form: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    status: int | None
    body: str
    note: str = ""

    def param(self, name: str) -> str | None:
        """The value sent under *name*; None when it was not sent at all."""
        return next((value for key, value in self.form if key == name), None)


@dataclass(frozen=True, slots=True)
class Alert:
    """What the carrier would write to its debugger: an error code and where it came from."""

    at: datetime
    code: int
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that the service must never cause; *rule* is short and stable."""

    at: datetime
    rule: str
    words: str


class CarrierFailure(AssertionError):
    """The service did what Twilio would not accept, or left a caller with an error."""

    def __init__(self, failures: list[Failure]) -> None:
        lines = (f"{failure.rule}: {failure.words}" for failure in failures)
        super().__init__("\n".join(lines))
        self.failures = failures


@dataclass(slots=True)
class Trace:
    """Append-only lists; the order of each is the order in which things happened."""

    entries: list[Entry] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    asked: list[Exchange] = field(default_factory=list)  # what the service asked of the REST face
    alerts: list[Alert] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
