"""Which term applies to what is kept, from when it counts, and what keeps it past its term."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from routing.hours import wall
from routing.ids import DistrictId
from routing.organisation import Organisation, Retention, Term

# What shows that something was done, and is of no use once the questions about it have been asked.
TRACES = Term(days=90)
FEEDBACK = Term(months=12)
# Who was on standby and who was away: whole calendar years after the one it was in.
WORKING_TIME_YEARS = 3


class Fate(StrEnum):
    """What a purge does with something."""

    STAYS = "stays"  # its time has not come
    HELD = "held"  # it has, and somebody must be able to read it all the same
    WAITS = "waits_for_export"  # it has, and the case file does not have it yet
    GOES = "goes"


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """For each kind, the moment before which what is counted from then is past its term."""

    contacts: datetime
    notes: datetime
    message_bodies: datetime
    audit: datetime
    traces: datetime
    feedback: datetime
    working_time: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """
    What decides about a contact and its note.

    *written_at* is the last word of the note or an addendum to it, and None where there is no
    note.  *filed_at* is when the handover was last exported, or said to stand in the case files.
    """

    received_at: datetime
    written_at: datetime | None = None
    filed_at: datetime | None = None
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """
    What decides about follow-ups that were ordered together.

    *reports* are the moments at which something was reported and at which that was last filed;
    *calls* are the fates of the outgoing contacts, which go with it or not at all.
    """

    over_at: datetime
    reports: tuple[tuple[datetime, datetime | None], ...] = ()
    calls: tuple[Fate, ...] = ()
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """What must not go: single contacts, and all that concerns a client of a district."""

    contacts: frozenset[str] = frozenset()
    clients: frozenset[tuple[DistrictId, str]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.contacts or self.clients)

    def by_every_name(self, organisation: Organisation, on: date) -> "Holds":
        """Clients by all names of their district: contacts keep the one that it had then."""
        now = {name: organisation.current(name, on) for name in organisation.districts}
        others = {
            (name, client)
            for district, client in self.clients
            for name, current in now.items()
            if current == organisation.current(district, on)
        }
        return Holds(self.contacts, self.clients | others)


def cutoffs(retention: Retention, now: datetime, zones: Iterable[ZoneInfo]) -> Cutoffs:
    """
    The moments at *now*: midnights, where there are several zones the earliest.

    The reading log goes by whole months, as it is sampled, and working time by whole years.
    """

    def earliest(day_in: Term | int, whole: str = "") -> datetime:
        return min(
            _midnight(_day(day_in, now.astimezone(zone).date(), whole), zone) for zone in own
        )

    own: Collection[ZoneInfo] = tuple(zones)
    contacts = earliest(retention.contacts)
    return Cutoffs(
        contacts=contacts,
        notes=earliest(retention.notes),
        message_bodies=earliest(retention.message_bodies),
        audit=earliest(retention.audit, "month"),
        traces=max(earliest(TRACES), contacts),
        feedback=earliest(FEEDBACK),
        working_time=earliest(WORKING_TIME_YEARS),
    )


def of_note(kept: Kept, cut: Cutoffs) -> Fate:
    """What becomes of a note with its addenda; it counts from its last word."""
    if kept.written_at is None or kept.written_at >= cut.notes:
        return Fate.STAYS
    if kept.is_held:
        return Fate.HELD
    return Fate.GOES if _is_filed(kept.written_at, kept.filed_at) else Fate.WAITS


def of_contact(kept: Kept, cut: Cutoffs) -> Fate:
    """
    What becomes of a contact; it stays as long as its note, which says nothing without it.

    Source: what was documented of a placed child is the case file's, and goes there first.
    """
    if kept.received_at >= cut.contacts:
        return Fate.STAYS
    if kept.written_at is not None:
        return of_note(kept, cut)
    return Fate.HELD if kept.is_held else Fate.GOES


def of_order(ordered: Ordered, cut: Cutoffs) -> Fate:
    """What becomes of follow-ups, their reports and the calls that were made: all or none."""
    if ordered.over_at >= cut.contacts or Fate.STAYS in ordered.calls:
        return Fate.STAYS
    if ordered.is_held or Fate.HELD in ordered.calls:
        return Fate.HELD
    are_filed = all(_is_filed(at, filed_at) for at, filed_at in ordered.reports)
    return Fate.GOES if are_filed and Fate.WAITS not in ordered.calls else Fate.WAITS


def _is_filed(written_at: datetime, filed_at: datetime | None) -> bool:
    """Whether what was filed had the last word in it."""
    return filed_at is not None and filed_at >= written_at


def _day(term: Term | int, today: date, whole: str) -> date:
    if isinstance(term, int):
        return date(today.year - term, 1, 1)
    day = term.before(today)
    return day.replace(day=1) if whole else day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return wall(day, time(0), zone, last=False)
