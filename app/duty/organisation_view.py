"""What the pages show of the organisation, and of whom: all to administrators, else one's own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from app.duty.gate import Gate
from app.duty.organisation_desk import Standing, standing
from app.duty.organisation_state import State, state_on
from routing.access import Office
from routing.ids import DistrictId
from routing.organisation import (
    District,
    Line,
    Manager,
    Mandate,
    Organisation,
    Therapist,
)
from routing.working_time import HOME_ZONE

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Placed(Generic[_T]):
    """
    Something in one of the document's lists: *place* is where.

    *may_reach* is whether the viewer is shown how to reach a person.
    """

    place: int
    it: _T
    state: State | None = None
    may_reach: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """The organisation as the viewer's pages show it."""

    version: int
    today: date
    organisation: Organisation = field(repr=False)  # to name things by
    districts: tuple[Placed[District], ...]
    therapists: tuple[Placed[Therapist], ...]
    managers: tuple[Placed[Manager], ...]
    mandates: tuple[Placed[Mandate], ...]
    lines: tuple[Placed[Line], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether somebody may act for a district, in each task."""

    is_own: bool
    standby: bool
    follow_up: bool
    mandates: tuple[str, ...]  # the references of those that say so


@dataclass(frozen=True, slots=True)
class Row:
    """
    A therapist, and what she may for each district.

    *not_for* is how many families she must not be rung for; None is not the viewer's to know.
    """

    therapist: Therapist
    state: State
    not_for: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who may answer for whom on a day; the columns are the districts that there are then."""

    day: date
    columns: tuple[District, ...]
    gone: tuple[District, ...]  # those that are not in force on the day
    rows: tuple[Row, ...]


def view(gate: Gate) -> View:
    """
    What the viewer's pages show.

    An administrator sees all of it.  A manager sees the districts that share a line with her own,
    the mandates and lines that her own is part of, and how to reach her own people alone.

    Raises:
        NotAllowed: the viewer is neither.
    """
    found = standing(gate)
    today = gate.now.astimezone(HOME_ZONE).date()
    scope, own = _scope(gate, found.organisation, today)
    return View(
        found.version,
        today,
        found.organisation,
        districts=_dated(found.organisation.districts.values(), scope, today),
        therapists=_therapists(found, scope, own, today),
        managers=tuple(
            Placed(n, manager)
            for n, manager in enumerate(found.organisation.managers)
            if manager.district in own
        ),
        mandates=tuple(
            Placed(n, mandate, state_on(mandate.valid, today))
            for n, mandate in enumerate(found.organisation.mandates)
            if own & {mandate.principal, mandate.staff_of}
        ),
        lines=tuple(
            Placed(n, line)
            for n, line in enumerate(found.organisation.lines.values())
            if own & set(line.districts)
        ),
    )


def matrix(gate: Gate, day: date | None = None) -> Matrix:
    """
    Who may answer for whom on *day*, or today.

    Raises:
        NotAllowed: as `view`.
    """
    organisation = standing(gate).organisation
    today = gate.now.astimezone(HOME_ZONE).date()
    on = today if day is None else day
    scope, own = _scope(gate, organisation, today)
    districts = [d for d in organisation.districts.values() if d.id in scope]
    columns = tuple(d for d in districts if on in d.valid)
    rows = tuple(
        Row(
            therapist,
            state_on(therapist.active, on),
            len(therapist.not_for) if therapist.district in own else None,
            tuple(_cell(organisation, therapist, column.id, on) for column in columns),
        )
        for therapist in organisation.therapists.values()
        if therapist.district in scope
    )
    return Matrix(on, columns, tuple(d for d in districts if on not in d.valid), rows)


def _scope(
    gate: Gate, organisation: Organisation, today: date
) -> tuple[frozenset[DistrictId], frozenset[DistrictId]]:
    """The districts that the viewer is shown, and those that are the viewer's own."""
    everything = frozenset(organisation.districts)
    if gate.viewer.office is Office.ADMINISTRATOR:
        return everything, everything
    mine = organisation.current(gate.viewer.district, today)
    own = frozenset(d for d in everything if organisation.current(d, today) == mine)
    shared = (set(line.districts) for line in organisation.lines.values())
    return own.union(*(districts for districts in shared if own & districts)), own


def _dated(
    districts: Iterable[District], scope: frozenset[DistrictId], today: date
) -> tuple[Placed[District], ...]:
    return tuple(
        Placed(n, district, state_on(district.valid, today))
        for n, district in enumerate(districts)
        if district.id in scope
    )


def _therapists(
    found: Standing, scope: frozenset[DistrictId], own: frozenset[DistrictId], today: date
) -> tuple[Placed[Therapist], ...]:
    return tuple(
        Placed(n, one, state_on(one.active, today), may_reach=one.district in own)
        for n, one in enumerate(found.organisation.therapists.values())
        if one.district in scope
    )


def _cell(organisation: Organisation, therapist: Therapist, home: DistrictId, on: date) -> Cell:
    is_there = on in therapist.active
    return Cell(
        is_own=therapist.district == home,
        standby=is_there and organisation.may_answer(therapist, home, on),
        follow_up=is_there and organisation.may_follow_up(therapist, home, on),
        mandates=tuple(
            mandate.reference
            for mandate in organisation.mandates
            if is_there
            and mandate.principal == home
            and mandate.staff_of == therapist.district
            and on in mandate.valid
        ),
    )
