"""A call as those who watch it see it: plain questions about what happened."""

from dataclasses import dataclass
from enum import StrEnum

from app.lab.core import Core
from app.lab.leg import Leg
from app.lab.trace import Entry, Exchange, What

WORDS = frozenset({What.HEARS, What.HEARS_AUDIO})


class Outcome(StrEnum):
    """How a call ended, seen from the caller."""

    UNDER_WAY = "under way"
    TALKED = "talked"  # was bridged to somebody, whoever hung up then
    ABANDONED = "abandoned"  # the caller hung up before anybody was reached
    ENDED_BY_LINE = "ended by the line"  # the service hung up before anybody was reached
    ERROR = "error"  # the caller heard the carrier's error message


@dataclass(frozen=True, slots=True)
class Call:
    """One caller's call and the phones it rang; the answers grow while it is under way."""

    leg: Leg
    core: Core

    @property
    def sid(self) -> str:
        return self.leg.sid

    @property
    def status(self) -> str:
        """CallStatus of the caller's leg."""
        return self.leg.status

    @property
    def over(self) -> bool:
        return self.leg.over

    @property
    def children(self) -> tuple[Leg, ...]:
        """The legs of the phones that were rung, in order."""
        return tuple(self.leg.children)

    @property
    def dialled(self) -> list[str]:
        """The numbers rung, in order; a number rung twice stands twice."""
        return [child.to for child in self.leg.children]

    @property
    def entries(self) -> list[Entry]:
        """What every party to this call heard and did, in order."""
        legs = {self.leg.sid, *(child.sid for child in self.leg.children)}
        return [entry for entry in self.core.trace.entries if entry.leg in legs]

    @property
    def requests(self) -> list[Exchange]:
        """Every request made for this call, in order, failed ones and callbacks among them."""
        legs = {self.leg.sid, *(child.sid for child in self.leg.children)}
        return [exchange for exchange in self.core.trace.exchanges if exchange.leg in legs]

    @property
    def heard(self) -> list[str]:
        """What was said to the caller, in order; a recording by its file name."""
        return self._heard({self.leg.sid})

    def heard_by(self, number: str) -> list[str]:
        """What was said to whoever answered at *number*, over all attempts, in order."""
        return self._heard({child.sid for child in self.leg.children if child.to == number})

    @property
    def bridged_to(self) -> str | None:
        """The number that the caller talked with, the last one if several; None if nobody."""
        talks = [child for child in self.leg.children if child.bridged_at is not None]
        return talks[-1].to if talks else None

    @property
    def waited(self) -> float | None:
        """Seconds from the call's beginning until the first bridge; None without one."""
        bridges = [child.bridged_at for child in self.leg.children if child.bridged_at is not None]
        return (bridges[0] - self.leg.began_at).total_seconds() if bridges else None

    @property
    def lasted(self) -> float | None:
        """Seconds from the call's beginning to its end; None while it is under way."""
        if self.leg.ended_at is None:
            return None
        return (self.leg.ended_at - self.leg.began_at).total_seconds()

    @property
    def outcome(self) -> Outcome:
        if not self.leg.over:
            return Outcome.UNDER_WAY
        if self.leg.erred:
            return Outcome.ERROR
        if self.bridged_to is not None:
            return Outcome.TALKED
        return Outcome.ENDED_BY_LINE if self.leg.cut_off else Outcome.ABANDONED

    def press(self, digits: str) -> None:
        """The caller presses keys; takes effect when the carrier next runs."""
        self.leg.press(digits)

    def hang_up(self) -> None:
        """The caller hangs up; takes effect when the carrier next runs."""
        self.leg.hang_up()

    def _heard(self, legs: set[str]) -> list[str]:
        entries = self.core.trace.entries
        return [entry.words for entry in entries if entry.leg in legs and entry.what in WORDS]
