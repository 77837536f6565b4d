"""Numbers that a district's manager blocks: her own to see and to lift."""

import pytest

from app.demo.stage import Stage
from app.duty import register_blocks as blocks
from app.duty.gate import NotAllowed
from routing.errors import InvalidInput, NotFound
from routing.ids import ContactId, DistrictId
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS
from tests.app.duty.desk import came, gate
from tests.app.world import ANSWERS, STRANGER, YOUTH, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA

_UNTIL, _WHY = "2026-03-10T08:00", "Ringer hela natten och lägger på."


def _stage(at: StageAt, moment: str = "2026-03-03T19:00") -> Stage:
    return at(moment, toml=WITH_MANAGERS)


def _blocked(stage: Stage, who: str = "m2", number: str = "070-174 06 90") -> None:
    with gate(stage, who) as own:
        blocks.add_number(own, number, _UNTIL, _WHY)
    stage.parts.mirror.refresh()


def _fault(stage: Stage, number: str, until: str, reason: str) -> str:
    with pytest.raises(InvalidInput) as refused, gate(stage, "m2") as own:
        blocks.add_number(own, number, until, reason)
    return str(refused.value)


def test_a_blocked_number_gets_no_further_and_the_block_is_lifted(
    engine_stage_at: StageAt,
) -> None:
    stage = _stage(engine_stage_at)
    _blocked(stage)

    assert stage.call(STRANGER, default=ANSWERS).dialled == []
    with gate(stage, "m2") as own:
        (one,) = blocks.listed(own)
        assert (one.reason, one.author) == (_WHY, "m2")
        blocks.lift(own, one.id)
    stage.parts.mirror.refresh()
    assert stage.call(STRANGER, caller="press 2", default=ANSWERS).dialled != []
    with gate(stage, "m2") as own:
        assert blocks.listed(own) == ()


def test_the_reason_is_the_own_district_s_alone(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    _blocked(stage)
    with gate(stage, "m2") as own:
        (one,) = blocks.listed(own)

    with gate(stage, "m1") as other:
        assert blocks.listed(other) == ()
        with pytest.raises(NotFound):
            blocks.lift(other, one.id)
    assert _WHY.encode() not in bytes(rows(stage.parts.engine, "blocks")[0]["reason"])  # type: ignore[call-overload]


@pytest.mark.parametrize("who", ["t4", "r1"])
def test_only_managers_block(engine_stage_at: StageAt, who: str) -> None:
    stage = _stage(engine_stage_at)

    for act in (
        blocks.listed,
        lambda own: blocks.add_number(own, "070-174 06 90", _UNTIL, _WHY),
        lambda own: blocks.add_contact(own, ContactId("CA1"), _UNTIL, _WHY),
        lambda own: blocks.lift(own, 1),
    ):
        with pytest.raises(NotAllowed), gate(stage, who) as own:
            act(own)
    assert rows(stage.parts.engine, "blocks") == []


@pytest.mark.parametrize(
    ("number", "until", "reason", "message"),
    [
        ("112", _UNTIL, _WHY, "number: not a valid telephone number"),
        ("070-174 06 08", _UNTIL, _WHY, "number: is a number of the service's own"),
        ("+46766861004", _UNTIL, _WHY, "number: is a number of the service's own"),
        ("+46846500499", _UNTIL, _WHY, "number: is a number of the service's own"),
        ("+46846500401", _UNTIL, _WHY, "number: is a number of the service's own"),
        ("070-174 06 90", "2026-03-03T18:59", _WHY, "until: has passed already"),
        ("070-174 06 90", "2027-03-05T19:00", _WHY, "until: more than a year ahead"),
        ("070-174 06 90", "snart", _WHY, "until: not a time such as"),
        ("070-174 06 90", "2026-03-29T02:30", _WHY, "does not exist in Europe/Stockholm"),
        ("070-174 06 90", _UNTIL, "  ", "reason: is empty"),
        ("070-174 06 90", _UNTIL, "x" * 501, "reason: longer than 500 characters"),
    ],
)
def test_what_makes_no_block(
    sqlite_stage_at: StageAt, number: str, until: str, reason: str, message: str
) -> None:
    stage = _stage(sqlite_stage_at)

    assert message in _fault(stage, number, until, reason)
    assert rows(stage.parts.engine, "blocks") == []


def test_a_contact_of_the_own_district_is_blocked_by_its_number(engine_stage_at: StageAt) -> None:
    stage = _stage(engine_stage_at)
    call = stage.call(YOUTH, default=ANSWERS)

    with gate(stage, "m2") as own:
        blocks.add_contact(own, ContactId(call.sid), _UNTIL, _WHY)

    stage.parts.mirror.refresh()
    assert stage.call(YOUTH, default=ANSWERS).dialled == []


@pytest.mark.parametrize("home", [HASSELBY_VALLINGBY, JARVA])
def test_another_district_s_contact_or_one_without_a_number_is_not_blocked(
    engine_stage_at: StageAt, home: DistrictId
) -> None:
    stage = _stage(engine_stage_at)
    came(stage, "CA9", "2026-03-03T18:00", home)

    with pytest.raises((NotAllowed, NotFound)), gate(stage, "m2") as own:
        blocks.add_contact(own, ContactId("CA9"), _UNTIL, _WHY)
    assert rows(stage.parts.engine, "blocks") == []
