"""The one hierarchy of errors, each with a stable code and never a personal fact in its message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands: its name, the line counted from 1, and the field."""

    file: str
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.field is not None:
            parts.append(self.field)
        return ", ".join(parts)


class BeredskapError(Exception):
    """Any error of ours; *code* is for programs and never changes, the message is for people."""

    code = "error"


class InvalidInput(BeredskapError):
    """What was given cannot be used; nothing was changed."""

    code = "invalid_input"

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message if place is None else f"{place}: {message}")
        self.place = place


class InvalidPhoneNumber(InvalidInput):
    """Not a number that can be called; the number itself is never quoted."""

    code = "invalid_phone_number"


class InvalidCallState(InvalidInput):
    """The state in an address is not one that this service sealed."""

    code = "invalid_call_state"


class SettingsError(InvalidInput):
    """The environment lacks something or says something malformed; every fault is named at once."""

    code = "settings"


class NotFound(BeredskapError):
    """There is no such thing."""

    code = "not_found"


class Conflict(BeredskapError):
    """It was done already, or differently, by somebody else."""

    code = "conflict"


class Unavailable(BeredskapError):
    """Something outside does not answer; trying later may help."""

    code = "unavailable"


class RotaUnavailable(Unavailable):
    """The rota could not be read, or what was read makes no sense."""

    code = "rota_unavailable"


class CarrierUnavailable(Unavailable):
    """The carrier did not answer, so nobody knows whether it did what it was asked."""

    code = "carrier_unavailable"


class RowsRefused(BeredskapError):
    """The database answers, and will not take what it was given; trying again will not help."""

    code = "rows_refused"


class NoticeRefused(BeredskapError):
    """Whoever carries a notice will not carry this one; *reason* is the carrier's own code."""

    code = "notice_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"refused with code {reason}")
        self.reason = reason
