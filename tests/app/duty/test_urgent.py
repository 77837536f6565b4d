"""What cannot wait for the meeting: told at once or when the office opens, each person once."""

import pytest

from app.demo.stage import Stage
from app.duty import notes as service
from app.duty.handover import Desk
from app.duty.urgent import tell_what_is_urgent
from routing.ids import ContactId
from routing.note import Urgency
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import AGREED, M1, MANAGERS, WITH_MANAGERS, at_time, together
from tests.app.duty.desk import CLOCK, UNMET, URGENT, assign, gate, told, told_at, write
from tests.app.texts.talk import reload_organisation
from tests.app.world import ANSWERS, GUARDIAN, STRANGER, changed, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, shift

EVENING = "2026-03-03T19:00"
NOTIFIED = 'notify = ["t1", "t2", "t3"] }'
NAMED = changed(AGREED, (NOTIFIED, NOTIFIED.replace(" }", ', urgent = ["t2"] }'))) + MANAGERS
NO_PHONE = ('name = "Therapist 2"\nphone = "+46701740606"\n', 'name = "Therapist 2"\n')


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(EVENING, toml=WITH_MANAGERS)


def _noted(stage: Stage, frm: str = GUARDIAN, **more: object) -> ContactId:
    call = stage.call(frm, phones={"t4": ANSWERS}).sid
    write(stage, "t4", call, **more)
    return ContactId(call)


def test_at_once_is_at_once_and_each_person_is_told_once(stage: Stage) -> None:
    _noted(stage, urgency=Urgency.AT_ONCE)
    _noted(stage)  # nothing urgent

    for moment in ("2026-03-03T19:20", "2026-03-03T19:21", "2026-03-04T09:00", "2026-03-16T09:00"):
        at_time(stage, moment, sweeps=CLOCK)

    assert told(stage, URGENT) == ["m1", "t1", "t2", "t3"]
    assert told_at(stage, URGENT) == ["2026-03-03 19:20"]


def test_two_notes_are_two_letters(stage: Stage) -> None:
    _noted(stage, urgency=Urgency.AT_ONCE)
    _noted(stage, urgency=Urgency.AT_ONCE)

    at_time(stage, "2026-03-03T19:20", "2026-03-03T19:21", sweeps=CLOCK)

    assert told(stage, URGENT) == ["m1", "m1", "t1", "t1", "t2", "t2", "t3", "t3"]


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-03-03T19:00", "2026-03-04 08:00"),
        ("2026-03-06T19:00", "2026-03-09 08:00"),  # a Friday
        ("2026-04-02T19:00", "2026-04-07 08:00"),  # Maundy Thursday
        ("2026-03-28T19:00", "2026-03-30 08:00"),  # the clocks change on the Sunday
    ],
)
def test_what_is_urgent_is_told_when_the_office_opens(
    moment: str, opens: str, sqlite_stage_at: StageAt
) -> None:
    day = moment[:10]
    shifts = [shift("t4", f"{day}T17:00", f"{day}T22:00")]
    stage = sqlite_stage_at(moment, toml=WITH_MANAGERS, shifts=shifts)
    _noted(stage, urgency=Urgency.URGENT)

    before = opens.replace(" 08:00", "T07:59")
    at_time(stage, f"{day}T22:00", before, opens.replace(" ", "T"), sweeps=CLOCK)

    assert told(stage, URGENT) == ["m1", "t1", "t2", "t3"]
    assert told_at(stage, URGENT) == [opens]


def test_what_is_written_while_the_office_is_open_is_told_at_once(stage: Stage) -> None:
    call = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    at_time(stage, "2026-03-04T08:10", sweeps=())
    write(stage, "t4", call, urgency=Urgency.URGENT)

    at_time(stage, "2026-03-04T08:11", sweeps=CLOCK)

    assert told_at(stage, URGENT) == ["2026-03-04 08:11"]


@pytest.mark.parametrize(
    ("toml", "people"),
    [
        (NAMED, ["t2"]),
        # A name without a telephone is nobody: then everybody, and the managers besides.
        (NAMED.replace(*NO_PHONE), ["m1", "t1", "t3"]),
    ],
    ids=["named for it", "named, and not to be reached"],
)
def test_who_is_told_is_named_for_it(
    toml: str, people: list[str], sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING, toml=toml)
    _noted(stage, urgency=Urgency.AT_ONCE)

    at_time(stage, "2026-03-03T19:20", sweeps=CLOCK)

    assert told(stage, URGENT) == people


def test_somebody_new_in_the_file_is_not_told_of_what_others_were(stage: Stage) -> None:
    _noted(stage, urgency=Urgency.AT_ONCE)
    at_time(stage, "2026-03-03T19:20", sweeps=CLOCK)

    reload_organisation(stage, WITH_MANAGERS.replace(NOTIFIED, NOTIFIED.replace("t3", "t4")))
    at_time(stage, "2026-03-04T19:20", sweeps=CLOCK)

    assert told(stage, URGENT) == ["m1", "t1", "t2", "t3"]


def test_nobody_s_is_told_once_somebody_says_whose_it_is_and_again_to_whose_it_is_really(
    stage: Stage,
) -> None:
    call = _noted(stage, STRANGER, urgency=Urgency.AT_ONCE)
    at_time(stage, "2026-03-03T19:20", sweeps=CLOCK)
    assert told(stage, URGENT) == []

    assign(stage, "t4", call, JARVA)
    at_time(stage, "2026-03-03T19:30", sweeps=CLOCK)
    assert told(stage, URGENT) == ["m2", "t4", "t5", "t6"]

    assign(stage, "t4", call, HASSELBY_VALLINGBY)
    at_time(stage, "2026-03-03T19:40", "2026-03-03T19:41", sweeps=CLOCK)
    assert told(stage, URGENT) == ["m1", "m2", "t1", "t2", "t3", "t4", "t5", "t6"]


def test_a_broken_agreement_that_nobody_meets_in_time_is_told_to_the_managers_once(
    stage: Stage,
) -> None:
    _noted(stage, broken_agreement=True)
    met = _noted(stage, broken_agreement=True)
    at_time(stage, "2026-03-04T10:00", sweeps=CLOCK)
    with gate(stage, "t1") as own:
        service.react(own, met)

    at_time(stage, "2026-03-04T16:59", sweeps=CLOCK)
    assert told(stage, UNMET) == []
    for moment in ("2026-03-04T17:00", "2026-03-04T17:01", "2026-03-06T09:00"):
        at_time(stage, moment, sweeps=CLOCK)

    assert told(stage, UNMET) == ["m1"]
    assert told_at(stage, UNMET) == ["2026-03-04 17:00"]


def test_a_manager_without_a_telephone_gets_a_mail_where_there_can_be_one(
    sqlite_stage_at: StageAt,
) -> None:
    """Otherwise nobody at all would be told of a broken agreement."""
    toml = WITH_MANAGERS.replace(f'phone = "{M1}"\n', "")
    stage = sqlite_stage_at(EVENING, toml=toml)
    call = _noted(stage, broken_agreement=True)
    parts, late = stage.parts, at("2026-03-04T17:00")

    for mails in (False, True, True):
        desk = Desk(parts.engine, parts.cipher, parts.settings.public_url, mails=mails)
        tell_what_is_urgent(desk, stage.organisation, late)

    sent = [(r["key"], r["channel"]) for r in rows(parts.engine, "outbox")]
    assert sent == [(f"reaction/{call}/m1", "mail")]


@pytest.mark.slow
def test_two_clocks_tell_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING, toml=WITH_MANAGERS)
    _noted(stage, urgency=Urgency.AT_ONCE, broken_agreement=True)
    at_time(stage, "2026-03-04T17:00", sweeps=())

    together(stage, "handover.urgent")
    together(stage, "handover.urgent")
    stage.sweep(["outbox.send"])

    assert told(stage, URGENT) == ["m1", "t1", "t2", "t3"]
    assert told(stage, UNMET) == ["m1"]
