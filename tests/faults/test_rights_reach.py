"""Whose contacts the database shows somebody at all: never less than the gate may allow her."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.duty.reach import reach
from routing.access import Office, Viewer
from routing.ids import DistrictId, TherapistId
from routing.organisation import Organisation, Validity
from routing.rota import Rota
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at, organisation, shift

TODAY = "2026-03-03"
EVENING = (
    shift("t4", f"{TODAY}T17:00", f"{TODAY}T22:00", 1),
    shift("t1", f"{TODAY}T17:00", f"{TODAY}T22:00", 2),
)
BOTH = frozenset({HASSELBY_VALLINGBY, JARVA})


def districts(
    viewer: Viewer, clock: str, known: Organisation | None = None
) -> frozenset[DistrictId]:
    rota = Rota(EFTERVARD, EVENING, source="a test", read_at=datetime(2026, 1, 1, tzinfo=UTC))
    return reach(viewer, known or organisation(), {EFTERVARD: rota}, at(clock)).districts


def of(person: str, office: Office = Office.THERAPIST) -> Viewer:
    return Viewer(person, office, JARVA)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("16:59", {JARVA}),
        ("17:00", BOTH),
        ("22:59", BOTH),  # an hour more, to finish what she writes
        ("23:00", {JARVA}),
    ],
)
def test_the_other_district_lends_its_contacts_for_a_duty(
    clock: str, expected: frozenset[DistrictId]
) -> None:
    assert districts(of("t4"), f"{TODAY}T{clock}") == expected
    assert districts(of("t5"), f"{TODAY}T{clock}") == {JARVA}


def test_without_a_mandate_in_force_nothing_is_lent() -> None:
    known = organisation()
    known = replace(known, mandates=())
    assert districts(of("t4"), f"{TODAY}T19:00", known) == {JARVA}


@pytest.mark.parametrize("office", [Office.MANAGER, Office.REVIEWER])
def test_who_has_no_duty_sees_the_own_district(office: Office) -> None:
    # Also where the account bears the name of somebody on standby.
    assert districts(of("t4", office), f"{TODAY}T19:00") == {JARVA}


def test_an_administrator_sees_no_caller() -> None:
    assert districts(of("t4", Office.ADMINISTRATOR), f"{TODAY}T19:00") == frozenset()


def test_what_was_a_merged_district_s_is_its_successor_s() -> None:
    known = organisation()
    merged = DistrictId("vasterort")
    old, new = known.districts[HASSELBY_VALLINGBY], known.districts[JARVA]
    ended = Validity(None, at(f"{TODAY}T12:00").date().replace(day=1))
    every = {
        HASSELBY_VALLINGBY: replace(old, valid=ended, successor=merged),
        JARVA: new,
        merged: replace(old, id=merged, name="Västerort", valid=Validity(ended.last, None)),
    }
    manager = Viewer("m1", Office.MANAGER, merged)
    seen = districts(manager, f"{TODAY}T19:00", replace(known, districts=every))
    assert seen == {merged, HASSELBY_VALLINGBY}


def test_a_therapist_s_own_part_is_by_her_name_and_nobody_else_s() -> None:
    rota = Rota(EFTERVARD, EVENING, source="a test", read_at=datetime(2026, 1, 1, tzinfo=UTC))
    for office, expected in ((Office.THERAPIST, TherapistId("t4")), (Office.MANAGER, None)):
        found = reach(of("t4", office), organisation(), {EFTERVARD: rota}, at(f"{TODAY}T09:00"))
        assert (found.viewer, found.therapist) == ("t4", expected)
