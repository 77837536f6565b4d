"""Time in which a person is not to be on standby: leave, illness, compensation."""

from dataclasses import dataclass
from enum import StrEnum

from routing.ids import TherapistId
from routing.intervals import Interval


class AbsenceKind(StrEnum):
    """Why somebody is away; compensation is time off owed for a duty."""

    LEAVE = "leave"
    SICK = "sick"
    COMPENSATION = "compensation"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Absence:
    """*therapist* is away for that time, whatever the reason, and does no ordinary work."""

    time: Interval
    therapist: TherapistId
    kind: AbsenceKind
