"""What a contact's page may show: to whoever took it, to the home district, and to its manager."""

from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.duty import contact_card as service
from app.duty import notes
from app.duty import tonight_drafts as drafts
from app.duty.contact_card import Card
from app.duty.gate import NotAllowed
from routing.access import Act
from routing.errors import NotFound
from routing.ids import ContactId
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS, at_time
from tests.app.duty.desk import (
    CLOCK,
    TOLD,
    acknowledge,
    gate,
    reading_log,
    the_handover,
    write,
)
from tests.app.texts.talk import writes
from tests.app.world import ANSWERS, GUARDIAN, PROTECTED, SILENT, STRANGER, YOUTH, contact_of, rows
from tests.examples import HASSELBY_VALLINGBY, JARVA, at

EVENING, ENDS, MORNING = "2026-03-03T19:00", "2026-03-03T22:00", "2026-03-04T08:20"


def card(stage: Stage, who: str, contact: str) -> Card:
    with gate(stage, who) as own:
        return service.card(own, ContactId(contact))


def readers(found: Card) -> list[tuple[str, str, str | None, int]] | None:
    if found.readers is None:
        return None
    return sorted((r.person, str(r.act), r.denied, r.times) for r in found.readers)


def call_of(stage: Stage, number: str = GUARDIAN) -> str:
    """Somebody talks with t4, whom Järva employs."""
    return stage.call(number, phones={"t4": ANSWERS}).sid


def test_whoever_took_it_may_write_and_is_not_told_who_else_has_read(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING, toml=WITH_MANAGERS)
    call = call_of(stage)

    found = card(stage, "t4", call)

    assert (found.may_write, found.may_amend, found.needs_note) == (True, False, True)
    assert [a.target for a in found.facts.attempts] == ["t4"]
    assert (found.note, found.words_denied, found.readers) == (None, None, None)
    assert reading_log(stage, HASSELBY_VALLINGBY) == [("t4", "log", None), ("t4", "read", None)]


def test_the_home_district_sees_note_and_readers_and_the_manager_the_readers_alone(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING, toml=WITH_MANAGERS)
    call = call_of(stage)
    write(stage, "t4", call)
    with pytest.raises(NotAllowed):
        card(stage, "t5", call)

    own, manager = card(stage, "t1", call), card(stage, "m1", call)

    assert own.note is not None
    assert own.note.content.told == TOLD
    assert (own.may_write, own.may_amend) == (False, True)
    expected = [("t1", "read", None, 1), ("t4", "write", None, 1)]
    assert readers(own) == expected
    assert (manager.note, manager.words_denied) == (None, "not_your_office")
    assert manager.may == frozenset()
    assert readers(manager) == expected
    assert reading_log(stage, HASSELBY_VALLINGBY)[-2:] == [
        ("m1", "log", None),
        ("m1", "review", None),
    ]
    for stranger in ("m2", "dpo"):
        with pytest.raises(NotAllowed):
            card(stage, stranger, call)


def test_when_it_is_handed_over_the_other_district_s_hand_sees_nothing_more(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING, toml=WITH_MANAGERS)
    call = call_of(stage)
    write(stage, "t4", call)
    at_time(stage, ENDS, MORNING, sweeps=CLOCK)
    acknowledge(stage, "t1", the_handover(stage, HASSELBY_VALLINGBY))

    with pytest.raises(NotAllowed):
        card(stage, "t4", call)
    found = card(stage, "t1", call)
    assert (found.may_write, found.may_amend) == (False, False)
    assert readers(found) == [
        ("t1", "read", None, 2),
        ("t4", "write", None, 1),
    ]


def test_a_broken_agreement_is_met_by_the_home_district(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=WITH_MANAGERS)
    call = call_of(stage)
    write(stage, "t4", call, broken_agreement=True)

    assert not card(stage, "t4", call).may_react
    found = card(stage, "t1", call)
    assert found.may_react
    assert found.react_by == at("2026-03-04T17:00")
    with gate(stage, "t1") as own:
        assert notes.react(own, ContactId(call))
    found = card(stage, "t1", call)
    assert (found.may_react, found.react_by) == (False, None)
    assert found.reaction is not None
    assert found.reaction.by == "t1"


def test_whose_the_caller_is_is_said_once_for_all_she_wrote(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    texts = [writes(stage, STRANGER, body) for body in ("Hej", "Är någon där?")]
    other = call_of(stage, "+46701740691")
    assert card(stage, "t4", texts[1]).homes == (HASSELBY_VALLINGBY, JARVA)
    with pytest.raises(NotAllowed):
        card(stage, "t1", texts[1])

    with gate(stage, "t4") as own:
        assert service.assign(own, ContactId(texts[1]), HASSELBY_VALLINGBY) == 2

    homes = [contact_of(stage, sid).caller.home for sid in (*texts, other)]
    assert homes == [HASSELBY_VALLINGBY, HASSELBY_VALLINGBY, None]
    assert card(stage, "t1", texts[0]).facts.id == texts[0]


def test_the_thread_stands_with_the_text_for_whoever_may_read_it(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=WITH_MANAGERS)
    writes(stage, GUARDIAN, "Första")
    sid = writes(stage, GUARDIAN, "Andra")

    assert [one.body for one in card(stage, "t4", sid).said] == ["Första", "Andra"]
    assert card(stage, "t4", sid).thread is not None
    manager = card(stage, "m1", sid)
    assert (manager.said, manager.thread) == ((), None)


def test_a_draft_is_back_for_her_alone_and_gone_when_the_note_is_there(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    call = call_of(stage)
    with gate(stage, "t4") as own:
        drafts.save(own, f"note:{call}", {"told": "Halvvägs", "urgency": "urgent"})

    found = card(stage, "t4", call).note_draft
    assert found is not None
    assert found.fields == {"told": "Halvvägs", "urgency": "urgent"}
    assert card(stage, "t1", call).note_draft is None


def test_protected_people_are_known_as_such(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    assert card(stage, "t4", call_of(stage, PROTECTED)).protected
    assert not card(stage, "t4", call_of(stage, YOUTH)).protected


def test_what_nobody_took_is_the_home_district_s_alone(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    missed = stage.call(GUARDIAN, default=SILENT).sid

    assert not card(stage, "t1", missed).needs_note
    with pytest.raises(NotAllowed):
        card(stage, "t4", missed)
    with pytest.raises(NotFound):
        card(stage, "t4", "CA" + "0" * 32)
    assert Act.LOG in {Act(str(row["act"])) for row in rows(stage.parts.engine, "readings")}
    stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=1))


def test_what_a_colleague_took_of_the_same_caller_is_hers_to_say(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    hers = stage.call(STRANGER, phones={"t4": SILENT, "t1": ANSWERS}).sid
    own = call_of(stage, STRANGER)

    with gate(stage, "t4") as at_the_gate:
        assert service.assign(at_the_gate, ContactId(own), JARVA) == 1

    assert [contact_of(stage, sid).caller.home for sid in (hers, own)] == [None, JARVA]
