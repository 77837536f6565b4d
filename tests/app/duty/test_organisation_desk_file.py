"""A whole organisation out of a file: shown first, kept for an hour, and then applied."""

import pytest

from app.duty import organisation_desk as desk
from app.duty import organisation_forms as forms
from app.duty.organisation_desk import ChangedMeanwhile, NothingChanges, NothingHeld
from app.duty.organisation_forms import Kind
from routing.errors import InvalidInput
from tests.app.conftest import StageAt
from tests.app.duty.administering import Administrator, in_force, stage_of
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.world import rows
from tests.examples import EFTERVARD, at

_MANDATE = {
    "principal": ["hasselby-vallingby"],
    "staff_of": ["jarva"],
    "reference": ["HV 2026/7"],
    "tasks": ["follow_up"],
}
_LONGER = WITH_MANAGERS.replace("ring_seconds = 20", "ring_seconds = 30").encode()


def test_a_whole_file_is_shown_and_then_applied(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)
    file = _LONGER

    shown = admin.propose_file(file)
    assert shown.lines == ("line eftervard: ring_seconds 20 s → 30 s",)
    assert in_force(stage).lines[EFTERVARD].ring_for.seconds == 20
    assert admin.apply_file(shown.token) == shown.lines

    assert in_force(stage).lines[EFTERVARD].ring_for.seconds == 30
    assert [told.alteration.what for told in admin.history()] == ["organisation.loaded"]
    with pytest.raises(NothingHeld):
        admin.apply_file(shown.token)


def test_a_file_is_shown_again_when_the_organisation_changed_meanwhile(
    engine_stage_at: StageAt,
) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)
    shown = admin.propose_file(_LONGER)
    admin.apply(forms.adding(Kind.MANDATES, _MANDATE))

    with pytest.raises(ChangedMeanwhile):
        admin.apply_file(shown.token)

    anew = admin.again()
    assert len(anew.lines) == 2  # the mandate would be gone again
    admin.apply_file(anew.token)
    assert len(in_force(stage).mandates) == 2


def test_another_file_than_the_one_that_was_shown_is_not_applied(engine_stage_at: StageAt) -> None:
    admin = Administrator(stage_of(engine_stage_at))
    first = admin.propose_file(WITH_MANAGERS.replace("positions = 2", "positions = 3").encode())
    admin.propose_file(_LONGER)

    with pytest.raises(ChangedMeanwhile):
        admin.apply_file(first.token)


def test_an_uploaded_file_is_gone_after_an_hour(engine_stage_at: StageAt) -> None:
    stage = stage_of(engine_stage_at)
    admin = Administrator(stage)
    shown = admin.propose_file(WITH_MANAGERS.replace("positions = 2", "positions = 3").encode())
    assert b"eftervard" not in bytes(rows(stage.parts.engine, "writings")[0]["body"])  # type: ignore[call-overload]
    stage.carrier.run_until(at("2026-03-03T11:00"))

    with pytest.raises(NothingHeld):
        admin.apply_file(shown.token)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "districts: is missing"),
        (b"x = [", "not TOML"),
        (b"\xff", "not UTF-8"),
        (b"#" * (desk.LARGEST + 1), "larger than"),
        (b"x = " + b"[" * 100_000, "not TOML"),
        (WITH_MANAGERS.replace("positions = 2", "positions = 7").encode(), "lines.positions"),
        (
            WITH_MANAGERS.replace('"jarva"', '"farsta"').encode(),
            "jarva still has callers in the register",
        ),
    ],
    ids=["empty", "cut off", "bytes", "too large", "deep", "a rule", "callers left"],
)
def test_a_faulty_file_changes_nothing_and_is_not_kept(
    sqlite_stage_at: StageAt, content: bytes, message: str
) -> None:
    stage = stage_of(sqlite_stage_at)
    admin = Administrator(stage)

    with pytest.raises(InvalidInput, match=message):
        admin.propose_file(content)

    assert rows(stage.parts.engine, "writings") == []


def test_the_file_that_is_in_force_changes_nothing(sqlite_stage_at: StageAt) -> None:
    admin = Administrator(stage_of(sqlite_stage_at))

    with pytest.raises(NothingChanges):
        admin.propose_file(WITH_MANAGERS.encode())
