"""Who may answer for whom on a day, and what of the organisation is shown to whom."""

from datetime import date

import pytest

from app.demo.stage import Stage
from app.duty import organisation_view as views
from app.duty.gate import Gate, NotAllowed
from app.duty.organisation_state import State
from app.duty.organisation_view import Cell, Matrix, View
from routing.access import Office, Viewer
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.duty.desk import gate
from tests.examples import HASSELBY_VALLINGBY

_FARSTA = """
[[districts]]
id = "farsta"
name = "Farsta"
valid_from = 2026-04-01

[[therapists]]
id = "t9"
name = "Therapist 9"
phone = "+46701740619"
district = "farsta"

[[mandates]]
principal = "farsta"
staff_of = "jarva"
reference = "FA 2026/1"
tasks = ["follow_up"]
"""
_TOML = (
    WITH_MANAGERS.replace(
        'reference = "HV 2025/1"', 'reference = "HV 2025/1"\ntasks = ["standby", "follow_up"]'
    )
    .replace('id = "t5"\n', 'id = "t5"\nnot_for = ["HV-1", "HV-2"]\n')
    .replace('id = "t6"\n', 'id = "t6"\nactive_to = 2026-03-31\n')
    + _FARSTA
)
_NOW = "2026-03-03T10:00"


def _stage(stage_at: StageAt) -> Stage:
    return stage_at(_NOW, toml=_TOML, shifts=())


def _matrix(stage: Stage, who: str = "a1", day: date | None = None) -> Matrix:
    if who != "a1":
        with gate(stage, who) as own:
            return views.matrix(own, day)
    with stage.parts.engine.begin() as connection:
        return views.matrix(_administrator(stage, connection), day)


def _view(stage: Stage, who: str = "a1") -> View:
    if who != "a1":
        with gate(stage, who) as own:
            return views.view(own)
    with stage.parts.engine.begin() as connection:
        return views.view(_administrator(stage, connection))


def _administrator(stage: Stage, connection: object) -> Gate:
    viewer = Viewer("a1", Office.ADMINISTRATOR, HASSELBY_VALLINGBY)
    parts = stage.parts
    return Gate(connection, parts.cipher, stage.organisation, viewer, parts.clock())  # type: ignore[arg-type]


def _cells(matrix: Matrix, who: str) -> tuple[Cell, ...]:
    return next(row.cells for row in matrix.rows if row.therapist.id == who)


def test_the_matrix_says_what_employment_and_mandates_say(sqlite_stage_at: StageAt) -> None:
    matrix = _matrix(_stage(sqlite_stage_at))

    assert [column.name for column in matrix.columns] == ["Hässelby-Vällingby", "Järva"]
    assert [district.name for district in matrix.gone] == ["Farsta"]
    assert _cells(matrix, "t1") == (
        Cell(is_own=True, standby=True, follow_up=True, mandates=()),
        Cell(is_own=False, standby=True, follow_up=False, mandates=("JA 2025/1",)),
    )
    assert _cells(matrix, "t4") == (
        Cell(is_own=False, standby=True, follow_up=True, mandates=("HV 2025/1",)),
        Cell(is_own=True, standby=True, follow_up=True, mandates=()),
    )
    assert _cells(matrix, "t9") == (Cell(False, False, False, ()),) * 2


def test_another_day_has_other_districts_people_and_mandates(sqlite_stage_at: StageAt) -> None:
    stage = _stage(sqlite_stage_at)

    spring, later = (_matrix(stage, day=on) for on in (date(2026, 4, 1), date(2028, 1, 1)))

    assert [column.name for column in spring.columns][2] == "Farsta"
    assert _cells(spring, "t4")[2] == Cell(
        is_own=False, standby=False, follow_up=True, mandates=("FA 2026/1",)
    )
    assert [cell.standby for cell in _cells(spring, "t6")] == [False, False, False]
    assert next(r.state for r in spring.rows if r.therapist.id == "t6") == State.ENDED
    assert [cell.standby for cell in _cells(later, "t1")] == [True, False, False]


def test_before_a_therapist_begins_she_may_nothing(sqlite_stage_at: StageAt) -> None:
    before = _matrix(_stage(sqlite_stage_at), day=date(2025, 3, 31))

    assert {row.state for row in before.rows if row.therapist.id != "t9"} == {State.COMING}
    assert not any(cell.standby or cell.follow_up or cell.mandates for cell in _cells(before, "t1"))


def test_whom_she_must_not_have_is_a_number_and_her_own_manager_s(
    sqlite_stage_at: StageAt,
) -> None:
    stage = _stage(sqlite_stage_at)

    for who, told in (("a1", 2), ("m2", 2), ("m1", None)):
        matrix = _matrix(stage, who)
        assert next(row.not_for for row in matrix.rows if row.therapist.id == "t5") == told
        assert "HV-1" not in repr(matrix)


def test_a_manager_sees_the_districts_that_share_a_line_with_hers(
    sqlite_stage_at: StageAt,
) -> None:
    stage = _stage(sqlite_stage_at)

    view = _view(stage, "m1")

    assert [one.it.id for one in view.districts] == ["hasselby-vallingby", "jarva"]
    assert "t9" not in [row.therapist.id for row in _matrix(stage, "m1").rows]
    assert [one.it.id for one in view.managers] == ["m1"]
    assert [one.it.reference for one in view.mandates] == ["HV 2025/1", "JA 2025/1"]
    assert {one.it.id: one.may_reach for one in view.therapists} == {
        **dict.fromkeys(("t1", "t2", "t3"), True), **dict.fromkeys(("t4", "t5", "t6"), False)
    }  # fmt: skip


def test_an_administrator_sees_all_of_it_with_how_it_stands(sqlite_stage_at: StageAt) -> None:
    view = _view(_stage(sqlite_stage_at))

    assert [(one.it.id, one.state) for one in view.districts][2] == ("farsta", State.COMING)
    assert len(view.therapists) == 7
    assert [one.place for one in view.mandates] == [0, 1, 2]
    assert all(one.may_reach for one in view.therapists)


@pytest.mark.parametrize("who", ["t1", "r1"])
def test_nobody_else_sees_these_pages(sqlite_stage_at: StageAt, who: str) -> None:
    stage = _stage(sqlite_stage_at)

    with pytest.raises(NotAllowed):
        _view(stage, who)
    with pytest.raises(NotAllowed):
        _matrix(stage, who)
