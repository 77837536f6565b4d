"""Weeks of standby to be shared: weekends and evenings of 2026, and what became of them."""

from collections.abc import Sequence
from datetime import date, timedelta

from routing.absence import Absence, AbsenceKind
from routing.fairness import Fairness, Part, Person, fairness
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.organisation import Therapist
from routing.rota import Shift
from routing.weekdays import is_weekday
from tests.examples import STOCKHOLM, shift, span, therapist

MARCH = span("2026-03-01", "2026-04-01")
SATURDAYS = [date(2026, 2, 28) + timedelta(weeks=n) for n in range(26)]
HALF_A_YEAR = span("2026-02-23", "2026-08-24")
TWO, SIX = [therapist(1), therapist(4)], [therapist(n) for n in range(1, 7)]


def shared(
    shifts: Sequence[Shift],
    people: Sequence[Therapist] = TWO,
    absences: Sequence[Absence] = (),
    during: Interval = MARCH,
) -> Fairness:
    return fairness(shifts, people, absences, during, STOCKHOLM)


def person(found: Fairness, who: str) -> Person:
    return next(p for p in found.people if p.therapist == who)


def held(found: Fairness, who: str, part: Part = Part.BOTH) -> tuple[int, int, int, timedelta]:
    """Evenings, weekends, red days, and standby."""
    load = person(found, who).account.held[part]
    return int(load.evenings), int(load.weekends), int(load.red_days), load.standby


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def away(who: str, start: str, end: str, kind: AbsenceKind = AbsenceKind.LEAVE) -> Absence:
    return Absence(span(start, end), TherapistId(who), kind)


def evening(who: str, day: date, position: int = 1) -> Shift:
    opens = 17 if is_weekday(day) else 10
    return shift(who, f"{day}T{opens}:00", f"{day}T22:00", position)


def weekends(who: str, numbers: Sequence[int], position: int = 1) -> list[Shift]:
    """The Saturdays of the half-year with those numbers."""
    return [evening(who, SATURDAYS[n], position) for n in numbers]


def in_turn(people: int, positions: int = 1) -> list[Shift]:
    """26 weekends, each person's in turn; the backup stands half the circle further on."""
    return [
        evening(f"t{(n + (position - 1) * people // 2) % people + 1}", saturday, position)
        for n, saturday in enumerate(SATURDAYS)
        for position in range(1, positions + 1)
    ]
