"""Whose contacts the database shows a viewer; what of them she may see is the gate's to say."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from app.store.rights import Scope
from routing.access import GRACE, Office, Viewer
from routing.ids import DistrictId, LineId, TherapistId
from routing.intervals import union
from routing.organisation import Line, Organisation, Therapist
from routing.rota import Rota


def reach(
    viewer: Viewer, organisation: Organisation, rotas: Mapping[LineId, Rota], now: datetime
) -> Scope:
    """
    Her own district's, by all its names; and on a therapist's duty those that lend it to her.

    Never less than the gate allows: what is hidden is not there, and would be judged so.  Nothing
    for an administrator, who has no business with callers.
    """
    if viewer.office is Office.ADMINISTRATOR:
        return Scope(viewer=viewer.id)
    line = next(iter(organisation.lines.values()), None)
    if line is None:
        return Scope(frozenset({viewer.district}), viewer.id)
    today = line.today(now)
    own = _names(organisation, organisation.current(viewer.district, today), today)
    therapist = organisation.therapists.get(TherapistId(viewer.id))
    if viewer.office is not Office.THERAPIST or therapist is None:
        return Scope(own | {viewer.district}, viewer.id)
    lent = frozenset(_lent(therapist, organisation, rotas, now))
    return Scope(own | lent | {viewer.district}, viewer.id, therapist.id)


def _names(organisation: Organisation, home: DistrictId, on: date) -> frozenset[DistrictId]:
    """*home*, and what was merged into it."""
    return frozenset(d for d in organisation.districts if organisation.current(d, on) == home)


def _lent(
    therapist: Therapist,
    organisation: Organisation,
    rotas: Mapping[LineId, Rota],
    now: datetime,
) -> Iterator[DistrictId]:
    """The districts for which she acts on the duty that she has, or has just had."""
    for line in organisation.lines.values():
        rota = rotas.get(line.id)
        if rota is None:
            continue
        held = union(shift.time for shift in rota.shifts if shift.therapist == therapist.id)
        for duty in held:
            if duty.start <= now < duty.end + GRACE:
                yield from _by_mandate(therapist, organisation, line, line.today(duty.start))
                yield from _by_mandate(therapist, organisation, line, line.today(now))


def _by_mandate(
    therapist: Therapist, organisation: Organisation, line: Line, on: date
) -> Iterator[DistrictId]:
    for home in {organisation.current(district, on) for district in line.districts}:
        may_answer = organisation.may_answer(therapist, home, on)
        if may_answer or organisation.may_follow_up(therapist, home, on):
            yield from _names(organisation, home, on)
