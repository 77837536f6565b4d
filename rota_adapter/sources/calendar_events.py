"""One event of a calendar as a value, readable or not."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rota_adapter.sources.calendar_oddities import Oddity
from rota_adapter.sources.calendar_rules import Rule
from rota_adapter.sources.calendar_values import Length, Stamp
from rota_adapter.sources.calendar_words import Words


@dataclass(frozen=True, slots=True)
class Event:
    """One event that can be read; whose shift it is, if it is one, is not decided here."""

    line: int
    uid: str
    sequence: int
    start: Stamp
    end: Stamp | Length
    rule: Rule | None
    until: datetime | None  # wall time in the zone of the start
    more: tuple[tuple[Stamp, Stamp | Length | None], ...]  # RDATE, with its own end if it has one
    without: tuple[Stamp, ...]  # EXDATE
    instead_of: Stamp | None  # RECURRENCE-ID
    and_later: bool  # RANGE=THISANDFUTURE
    is_cancelled: bool
    words: Words = field(repr=False)
    oddities: tuple[Oddity, ...]

    @property
    def is_series(self) -> bool:
        return self.rule is not None or bool(self.more) or bool(self.without)

    @property
    def nominal(self) -> timedelta:
        """How long it is by the clock, on a day when the clocks do not change."""
        return nominal(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Faulty:
    """An event that can be no shift, and as much as could be read of when it is."""

    line: int
    uid: str
    oddity: Oddity
    start: Stamp | None
    instead_of: Stamp | None
    is_series: bool


def nominal(start: Stamp, end: Stamp | Length) -> timedelta:
    """How long it is by the clock from *start* to *end*, on a day when the clocks do not change."""
    if isinstance(end, Length):
        return end.dates if start.is_date else end.nominal
    shown = end.within(start.zone).wall - start.wall
    # In the night when an hour comes twice the clocks may show an earlier time at the end.
    return shown if shown > timedelta(0) else end.last - start.first
