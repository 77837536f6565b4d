"""Week 10 of 2026, in which the rules of rest are tried: ordinary hours Monday to Friday 08-17."""

from collections.abc import Sequence
from datetime import timedelta

from routing.absence import Absence, AbsenceKind
from routing.ids import TherapistId
from routing.intervals import Interval
from routing.work import RestFinding, Work
from routing.working_time import STANDARD_TERMS, Terms
from tests.examples import span

T2 = TherapistId("t2")
MON, TUE, WED, THU, FRI, SAT, SUN = (f"2026-03-{day:02}" for day in range(2, 9))
NEXT_MON = "2026-03-09"
WEEK = span(f"{MON}T08:00", f"{NEXT_MON}T08:00")


def hours(count: int, minutes: int = 0) -> timedelta:
    return timedelta(hours=count, minutes=minutes)


def time(day: str, start: str, end: str, last: str | None = None) -> Interval:
    """From a time on *day* to a time on the same day, or on *last*."""
    return span(f"{day}T{start}", f"{last or day}T{end}")


def work(
    standby: Sequence[Interval],
    callouts: Sequence[Interval] = (),
    off: Sequence[str] = (),
    jour: Sequence[Interval] = (),
    terms: Terms = STANDARD_TERMS,
) -> Work:
    absences = [Absence(time(day, "00:00", "23:59"), T2, AbsenceKind.COMPENSATION) for day in off]
    return Work(T2, terms, tuple(standby), tuple(callouts), tuple(absences), tuple(jour))


def told(found: Sequence[RestFinding]) -> list[tuple[str, str, object]]:
    """Rule, severity and the length found."""
    return [(f.rule, str(f.severity), f.numbers.get("longest")) for f in found]


TUESDAY = time(TUE, "17:00", "22:00")
NIGHT = time(TUE, "17:00", "08:00", WED)
WEEKEND = time(FRI, "17:00", "08:00", NEXT_MON)
