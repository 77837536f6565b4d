"""Where a line's rota is kept when it is not kept here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from routing.ids import TherapistId


class FeedKind(StrEnum):
    """What can be read, by the name it has in the organisation file."""

    ICS = "ics"
    CSV = "csv"
    XLSX = "xlsx"
    GOALERT = "goalert"
    PAGERDUTY = "pagerduty"


@dataclass(frozen=True, slots=True)
class Feed:
    """
    A calendar, a table or an on-call product, and how to read it.

    *addresses* are https or http addresses, or paths of files: one for all positions or, for
    calendars, one for each in their order.  A product has one address and its *schedules*, one for
    each position.  *names* says whom a name or mail address in it means; likeness is never
    looked at.
    """

    kind: FeedKind
    addresses: tuple[str, ...] = field(repr=False)  # one may hold a password
    refresh: timedelta = timedelta(minutes=5)
    schedules: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    names: Mapping[str, TherapistId] = field(default_factory=dict, repr=False)
