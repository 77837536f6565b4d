"""What is wrong with a rota, or with the place it was read from, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from routing.errors import Place
from routing.ids import TherapistId


class Severity(StrEnum):
    """How bad a finding is; an error must be put right before the rota is used."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One breach of a rule of the rota, or one thing in a source that is not as it should be.

    *rule* is R1 to R22 for rest and coverage, or a word such as ``UNKNOWN_NAME`` for a source.
    *therapist* is None when it is nobody's; the times are None when it concerns a source as a
    whole; *place* says where in a file or calendar it stands.  No sentence holds a name.
    """

    rule: str
    severity: Severity
    therapist: TherapistId | None
    starts_at: datetime | None
    ends_at: datetime | None
    message: str
    remedy: str
    place: Place | None = None

    def as_json(self, zone: ZoneInfo) -> dict[str, str | None]:
        """The finding for other programs, its times with *zone*'s offset."""
        shown = {
            "rule": self.rule,
            "severity": self.severity.value,
            "therapist": self.therapist,
            "starts_at": _stated(self.starts_at, zone),
            "ends_at": _stated(self.ends_at, zone),
            "message": self.message,
            "remedy": self.remedy,
        }
        return shown if self.place is None else {**shown, "place": str(self.place)}


def _stated(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()
