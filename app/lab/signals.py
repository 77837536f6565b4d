"""What can happen to a leg from outside its own script."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Somebody, or a voicemail, took the call."""

    voicemail: bool = False


@dataclass(frozen=True, slots=True)
class Declined:
    """The phone ended the ringing: ``busy``, ``failed`` or ``no-answer``."""

    status: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The party at this end hung up."""


@dataclass(frozen=True, slots=True)
class Pressed:
    digit: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The carrier takes the leg down: the caller left, or another phone was quicker."""


@dataclass(frozen=True, slots=True)
class Diverted:
    """The REST face gave the leg another document, by address or outright."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""
