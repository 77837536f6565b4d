"""Who is who: districts, their therapists, the mandates between them, and the lines they share."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from routing.check_in import CheckIn
from routing.feed import Feed
from routing.hours import Hours
from routing.ids import ClientId, DistrictId, LineId, TherapistId
from routing.numbers import PhoneNumber
from routing.working_time import STANDARD_TERMS, Terms


class Closed(StrEnum):
    """What a caller meets outside the line's hours."""

    OFFICE = "office"
    FALLBACK = "fallback"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Validity:
    """Dates, both included, in the line's own calendar; None is open."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: "Validity") -> bool:
        """Whether there is a date in both."""
        return all(
            first is None or last is None or first <= last
            for first, last in ((self.first, other.last), (other.first, self.last))
        )


@dataclass(frozen=True, slots=True)
class Term:
    """How long something is kept, in calendar months and days."""

    months: int = 0
    days: int = 0

    def before(self, day: date) -> date:
        """
        The date this long before *day*.

        A day that the month lacks becomes its last, so that nothing goes earlier than promised.
        """
        year, month = divmod(day.year * 12 + day.month - 1 - self.months, 12)
        last = monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) - timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind of thing is kept; *message_bodies* from the handover's acknowledgement."""

    contacts: Term = Term(months=24)
    notes: Term = Term(months=24)
    message_bodies: Term = Term(days=14)
    audit: Term = Term(months=60)


@dataclass(frozen=True, slots=True)
class District:
    """A district administration: an authority of its own, with secrecy towards every other."""

    id: DistrictId
    name: str
    valid: Validity
    successor: DistrictId | None
    office: PhoneNumber | None
    handover_at: time
    notify: tuple[TherapistId, ...]
    wants_empty: bool = False  # be told that nothing came in, too
    urgent: tuple[TherapistId, ...] = ()  # told of what cannot wait; nobody is as *notify*


@dataclass(frozen=True, slots=True)
class Therapist:
    """A family therapist; *district* is the employer."""

    id: TherapistId
    name: str = field(repr=False)
    phone: PhoneNumber | None
    email: str | None = field(repr=False)
    district: DistrictId
    active: Validity
    working_time: Terms | None = None  # None is the organisation's own
    not_for: frozenset[ClientId] = field(default=frozenset(), repr=False)  # families she must not


class Task(StrEnum):
    """What a mandate is given for; a word of the organisation file."""

    STANDBY = "standby"  # hear whoever calls or writes
    FOLLOW_UP = "follow_up"  # call a family as was ordered in daytime


@dataclass(frozen=True, slots=True)
class Mandate:
    """
    A decision that *staff_of* may act for *principal*; the other direction needs its own.

    Source: the mandate's decision, named in *reference*; OSL (2009:400) 8 kap. 1 §.
    """

    principal: DistrictId
    staff_of: DistrictId
    reference: str
    valid: Validity
    tasks: frozenset[Task] = frozenset({Task.STANDBY})  # each is decided by itself


@dataclass(frozen=True, slots=True)
class Fallback:
    """A number outside the team, rung when nobody on standby answers; None is always open."""

    name: str
    number: PhoneNumber
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class Manager:
    """Who sees to it that a district's duties are manned; told of what is wrong with the rota."""

    id: str
    name: str = field(repr=False)
    phone: PhoneNumber | None
    email: str | None = field(repr=False)
    district: DistrictId


@dataclass(frozen=True, slots=True)
class Line:
    """One telephone number, and the standby duty behind it."""

    id: LineId
    name: str
    number: PhoneNumber
    zone: ZoneInfo
    districts: tuple[DistrictId, ...]  # in the order of the keys
    languages: tuple[str, ...]  # the first is spoken when nothing else is known
    ring_for: timedelta
    positions: int
    hours: Hours
    closed_days: frozenset[date]
    closed: Closed
    fallback: tuple[Fallback, ...]
    feed: Feed | None = None  # where the rota is read from; None if it is kept here
    check_in: CheckIn | None = None  # None: nobody is asked before a duty
    alert_after: timedelta = timedelta(seconds=5)  # shorter calls are not told of, at first
    forward_texts: bool = True  # else a therapist gets a notice, and reads in the console
    redact_texts: bool = True  # have the carrier forget what they said, once delivered

    def today(self, at: datetime) -> date:
        """The date on which rules with dates are judged at *at*."""
        return at.astimezone(self.zone).date()


@dataclass(frozen=True)
class Organisation:
    """Everything that the organisation file says, checked and complete."""

    districts: Mapping[DistrictId, District]
    therapists: Mapping[TherapistId, Therapist]
    mandates: tuple[Mandate, ...]
    lines: Mapping[LineId, Line]
    working_time: Terms = STANDARD_TERMS
    retention: Retention = Retention()
    managers: tuple[Manager, ...] = ()

    @cached_property
    def line_of(self) -> Mapping[PhoneNumber, Line]:
        return {line.number: line for line in self.lines.values()}

    @cached_property
    def staff_of(self) -> Mapping[PhoneNumber, Therapist]:
        """Each therapist by telephone."""
        return {t.phone: t for t in self.therapists.values() if t.phone is not None}

    def working_time_of(self, therapist: TherapistId) -> Terms:
        """The therapist's own working time, or everybody's; also for somebody unknown."""
        known = self.therapists.get(therapist)
        own = known.working_time if known is not None else None
        return own if own is not None else self.working_time

    def name_of(self, district: DistrictId | None) -> str | None:
        """What *district* is called; None where there is none."""
        known = self.districts.get(district) if district is not None else None
        return None if known is None else known.name

    def current(self, district: DistrictId, on: date) -> DistrictId:
        """
        The district that answers for *district* on a date: itself, or what it was merged into.

        A merger is two districts closed and one opened; contacts keep the name they were filed
        under, and new ones go to the successor.
        """
        seen: set[DistrictId] = set()
        while (known := self.districts.get(district)) and district not in seen:
            seen.add(district)
            if known.successor is None or on in known.valid:
                break
            district = known.successor
        return district

    def may_answer(self, therapist: Therapist, home: DistrictId, on: date) -> bool:
        """
        Whether *therapist* may hear a caller of *home* on a date.

        Employed there, or covered by a mandate of that district in force: nothing else will do.

        Source: docs/architecture.md, promise 2.
        """
        return self._may(Task.STANDBY, therapist, home, on)

    def may_follow_up(self, therapist: Therapist, home: DistrictId, on: date) -> bool:
        """
        Whether *therapist* may carry out what *home* has ordered for the evening, on a date.

        A mandate for standby is none for this: to call a family is another task than to answer it.

        Source: docs/follow-ups.md.
        """
        return self._may(Task.FOLLOW_UP, therapist, home, on)

    def _may(self, task: Task, therapist: Therapist, home: DistrictId, on: date) -> bool:
        if therapist.district == home:
            return True
        return any(
            mandate.principal == home
            and mandate.staff_of == therapist.district
            and on in mandate.valid
            and task in mandate.tasks
            for mandate in self.mandates
        )
