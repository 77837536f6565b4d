"""Requests for small rotas, and whole answers to them."""

from datetime import date
from typing import Any

from rota_adapter.planner.extra import solver
from rota_adapter.planner.plan import NoPlan, Plan, plan
from rota_adapter.planner.problem import Effort, Wanted, Wish, silent
from rota_adapter.planner.request import Request
from routing.absence import Absence, AbsenceKind
from routing.ids import TherapistId
from tests.examples import line, organisation, span, therapist

MONDAY = date(2027, 1, 11)  # no holiday for ten weeks, and the clocks change after that


def request(weeks: int = 3, people: int = 6, **changed: object) -> Request:
    """A rota for some of the six from MONDAY on, with the fields in *changed* instead."""
    team = {t.id: t for t in map(therapist, range(1, people + 1))}
    fields: dict[str, Any] = {
        "organisation": organisation(therapists=team),
        "line": line(),
        "first": MONDAY,
        "weeks": weeks,
        **changed,
    }
    return Request(**fields)


def away(who: str, start: str, end: str, kind: AbsenceKind = AbsenceKind.LEAVE) -> Absence:
    return Absence(span(start, end), TherapistId(who), kind)


def wish(who: str, start: str, end: str, wanted: Wanted = Wanted.FREE) -> Wish:
    return Wish(TherapistId(who), span(start, end), wanted)


def answer(
    asked: Request, *, seed: int = 1, again: float = 5, strict: bool = False
) -> Plan | NoPlan:
    return plan(asked, solver(), Effort(seed, 10, again), silent, strict=strict)


def planned(asked: Request, *, seed: int = 1) -> Plan:
    """The plan for *asked*, which there must be."""
    found = answer(asked, seed=seed)
    assert isinstance(found, Plan), found
    return found


def refused(asked: Request, *, strict: bool = False) -> NoPlan:
    """Why there is no plan for *asked*."""
    found = answer(asked, strict=strict)
    assert isinstance(found, NoPlan)
    return found


def on(found: Plan, day: str) -> dict[int, str]:
    """Who holds which position of what begins on *day*."""
    zone = found.layout.request.line.zone
    return {
        shift.position: shift.therapist
        for shift in found.shifts
        if shift.time.start.astimezone(zone).date().isoformat() == day
    }


def blocks_of(found: Plan, who: str) -> int:
    return sum(1 for therapist in found.solved.held.values() if therapist == who)
