"""
How standby is shared: what each person held in some time, and what an even share of it is.

Pure: shifts, absences and the span are arguments.  An even share goes by the days on which there
was standby to share and the person was there, so that nobody owes duties for a leave.

Source: docs/rest.md, fairness; no law and no collective agreement says how standby is shared.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from routing.absence import Absence, AbsenceKind
from routing.hours import wall
from routing.ids import DistrictId, TherapistId
from routing.intervals import Interval, inside, union
from routing.organisation import Therapist
from routing.rota import Shift
from routing.weekdays import EVE, HOLIDAY, is_weekday, kinds_of_day
from routing.work import A_DAY, dates, midnight, total

_RED = frozenset({HOLIDAY, EVE})
_SATURDAY = 5
_NOON = time(12)


class Part(StrEnum):
    """Which positions are counted: 1, those behind it, or all together."""

    FIRST = "first"
    BACKUP = "backup"
    BOTH = "both"

    def counts(self, position: int) -> bool:
        """Whether *position* is one of them."""
        return self is Part.BOTH or (self is Part.FIRST) == (position == 1)


class Kind(StrEnum):
    """What is counted and must be shared evenly by itself."""

    EVENINGS = "evenings"
    WEEKENDS = "weekends"
    RED_DAYS = "red_days"


@dataclass(frozen=True, slots=True)
class Load:
    """
    Standby that is held, in whole numbers, or that would be an even share, in fractions.

    An evening is standby that begins on a weekday.  A weekend counts once, however much of its
    Saturday and Sunday is held.  A holiday or an eve is a red day, also on a Saturday or Sunday.
    *standby* is elapsed time.
    """

    evenings: Fraction = Fraction(0)
    weekends: Fraction = Fraction(0)
    red_days: Fraction = Fraction(0)
    standby: timedelta = timedelta()

    def of(self, kind: Kind) -> Fraction:
        """How many of *kind*."""
        match kind:
            case Kind.EVENINGS:
                return self.evenings
            case Kind.WEEKENDS:
                return self.weekends
            case Kind.RED_DAYS:
                return self.red_days

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.evenings + other.evenings,
            self.weekends + other.weekends,
            self.red_days + other.red_days,
            self.standby + other.standby,
        )

    def __sub__(self, other: "Load") -> "Load":
        return self + other.times(Fraction(-1))

    def times(self, share: Fraction) -> "Load":
        """*share* of it; standby to the microsecond."""
        standby = round(self.standby // timedelta.resolution * share)
        return Load(
            self.evenings * share,
            self.weekends * share,
            self.red_days * share,
            timedelta(microseconds=standby),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What is *held* in each part, and what an *even* share would be for so many *days* there."""

    days: int
    held: Mapping[Part, Load]
    even: Mapping[Part, Load]

    def __add__(self, other: "Account") -> "Account":
        return Account(
            self.days + other.days,
            {part: self.held[part] + other.held[part] for part in Part},
            {part: self.even[part] + other.even[part] for part in Part},
        )


@dataclass(frozen=True, slots=True)
class Person:
    """One person's account; *weekends* are the Saturdays of those held, by part, in order."""

    therapist: TherapistId
    district: DistrictId | None  # the employer; None for somebody the organisation does not know
    account: Account
    weekends: Mapping[Part, tuple[date, ...]]


@dataclass(frozen=True, slots=True)
class Fairness:
    """How the standby in *span* is shared; *days* and *weekends* are those with any standby."""

    span: Interval
    zone: ZoneInfo
    days: int
    weekends: int
    people: tuple[Person, ...]

    @property
    def districts(self) -> Mapping[DistrictId | None, Account]:
        """The accounts of each employer's people together."""
        found: dict[DistrictId | None, Account] = {}
        for person in self.people:
            before = found.get(person.district)
            found[person.district] = person.account if before is None else before + person.account
        return found


def fairness(
    shifts: Iterable[Shift],
    people: Iterable[Therapist],
    absences: Iterable[Absence],
    span: Interval,
    zone: ZoneInfo,
) -> Fairness:
    """
    How *shifts* are shared in *span* by *people*, and by whoever else holds one, by id.

    Shifts must be whole where they reach beyond *span*.  Compensation is no absence here: it is
    given for standby, and would make the share of those smaller who hold the most.
    """
    known = {person.id: person for person in people}
    away: dict[TherapistId, list[Interval]] = {}
    for absence in absences:
        if absence.kind is not AbsenceKind.COMPENSATION:
            away.setdefault(absence.therapist, []).append(absence.time)
    by_holder: dict[TherapistId, list[Shift]] = {who: [] for who in known}
    for shift in shifts:
        if shift.time.overlap(span) is not None:
            by_holder.setdefault(shift.therapist, []).append(shift)
    shared = {
        day
        for held in by_holder.values()
        for day in dates_held((shift.time for shift in held), span, zone)
    }
    found = []
    for who, held in sorted(by_holder.items()):
        days = sum(_is_there(known.get(who), away.get(who, ()), day, zone) for day in shared)
        found.append(_person(who, known.get(who), held, days, span, zone))
    return Fairness(
        span, zone, len(shared), len(_weekends(shared)), tuple(_with_even_shares(found))
    )


def dates_held(stretches: Iterable[Interval], span: Interval, zone: ZoneInfo) -> tuple[date, ...]:
    """
    The dates in *span* that standby in *stretches* belongs to, in order.

    A night belongs to the date on which it begins: a later date counts when the standby lasts
    beyond its noon.
    """
    found = set()
    for stretch in union(stretches):
        first = stretch.start.astimezone(zone).date()
        for day in dates(first, stretch.end.astimezone(zone).date()):
            if (day == first or stretch.end > _noon(day, zone)) and _touches(day, span, zone):
                found.add(day)
    return tuple(sorted(found))


def is_away(times: Iterable[Interval], day: date, zone: ZoneInfo) -> bool:
    """Whether one of *times* covers the noon of *day*: an hour at the doctor's is no day away."""
    noon = _noon(day, zone)
    return any(noon in away for away in times)


def _person(
    who: TherapistId,
    known: Therapist | None,
    shifts: Collection[Shift],
    days: int,
    span: Interval,
    zone: ZoneInfo,
) -> Person:
    held, weekends = {}, {}
    for part in Part:
        # Two positions held at once are one standby.
        stretches = union(shift.time for shift in shifts if part.counts(shift.position))
        on = dates_held(stretches, span, zone)
        weekends[part] = _weekends(on)
        held[part] = Load(
            Fraction(sum(is_weekday(day) for day in on)),
            Fraction(len(weekends[part])),
            Fraction(sum(not kinds_of_day(day).isdisjoint(_RED) for day in on)),
            total(inside(stretches, span)),
        )
    account = Account(days, held, dict.fromkeys(Part, Load()))
    return Person(who, None if known is None else known.district, account, weekends)


def _with_even_shares(people: Collection[Person]) -> Iterator[Person]:
    everybodys = sum(person.account.days for person in people)
    totals = {part: sum((person.account.held[part] for person in people), Load()) for part in Part}
    for person in people:
        share = Fraction(person.account.days, everybodys) if everybodys else Fraction(0)
        even = {part: totals[part].times(share) for part in Part}
        yield replace(person, account=replace(person.account, even=even))


def _weekends(days: Iterable[date]) -> tuple[date, ...]:
    """The Saturdays of the weekends that *days* touch, in order."""
    free = {day - (day.weekday() - _SATURDAY) * A_DAY for day in days if day.weekday() >= _SATURDAY}
    return tuple(sorted(free))


def _is_there(known: Therapist | None, away: Iterable[Interval], day: date, zone: ZoneInfo) -> bool:
    return (known is None or day in known.active) and not is_away(away, day, zone)


def _touches(day: date, span: Interval, zone: ZoneInfo) -> bool:
    return midnight(day, zone) < span.end and span.start < midnight(day + A_DAY, zone)


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return wall(day, _NOON, zone, last=False)
