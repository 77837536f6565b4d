"""Who may look at a line's rota, and who may change it."""

import pytest

from routing.access import Denial, Office, Viewer
from routing.ids import DistrictId
from routing.rota_rights import RotaAct, rota_denied
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, line, organisation

NOW = at("2026-03-03T12:00")
ELSEWHERE = DistrictId("elsewhere")
HERS, THEIRS = HASSELBY_VALLINGBY, JARVA
NO_OFFICE, NO_DISTRICT = Denial.NOT_YOUR_OFFICE, Denial.NOT_YOUR_DISTRICT


def denied(office: Office, act: RotaAct, district: DistrictId = HERS, who: str = "t1") -> object:
    return rota_denied(Viewer(who, office, district), act, line(), organisation(), NOW)


@pytest.mark.parametrize("act", list(RotaAct))
@pytest.mark.parametrize("district", [HERS, THEIRS])
def test_managers_of_any_district_of_the_line_may_do_everything(
    act: RotaAct, district: DistrictId
) -> None:
    assert denied(Office.MANAGER, act, district, "m1") is None


@pytest.mark.parametrize("act", list(RotaAct))
def test_managers_of_other_districts_may_nothing(act: RotaAct) -> None:
    assert denied(Office.MANAGER, act, ELSEWHERE, "m9") is NO_DISTRICT


def test_therapists_of_the_line_look_and_change_nothing() -> None:
    found = {act: denied(Office.THERAPIST, act) for act in RotaAct}

    assert found == {
        RotaAct.SEE: None,
        RotaAct.FAIRNESS: None,
        RotaAct.CHANGE: NO_OFFICE,
        RotaAct.REST: NO_OFFICE,
    }


def test_a_therapist_who_is_not_there_sees_nothing() -> None:
    assert denied(Office.THERAPIST, RotaAct.SEE, who="t99") is Denial.INACTIVE
    assert denied(Office.THERAPIST, RotaAct.SEE, ELSEWHERE) is NO_DISTRICT


def test_administrators_look_only_wherever_they_are() -> None:
    found = [denied(Office.ADMINISTRATOR, act, ELSEWHERE, "a1") for act in RotaAct]

    assert found == [None, NO_OFFICE, NO_OFFICE, NO_OFFICE]


@pytest.mark.parametrize("act", list(RotaAct))
def test_reviewers_have_nothing_to_do_with_the_rota(act: RotaAct) -> None:
    assert denied(Office.REVIEWER, act, who="r1") is NO_OFFICE
