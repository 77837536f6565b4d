"""Threads behind the gate: who reads and answers them, and what becomes of each answer."""

from datetime import datetime, timedelta

import pytest

from app.demo.stage import Stage
from app.duty import conversation as service
from app.duty import tonight_drafts as drafts
from app.duty.conversation import Fate, NotAnswerable, Shown
from app.duty.gate import NotAllowed
from app.duty.tonight_drafts import SentMeanwhile
from routing.errors import InvalidInput, NotFound
from routing.ids import ContactId, ThreadId
from routing.segments import LONGEST
from tests.app.conftest import StageAt
from tests.app.duty.desk import assign, gate, reading_log
from tests.app.texts.talk import EVENING, later, read_by, settle, writes
from tests.app.world import GUARDIAN, STRANGER, T4, YOUTH, contact_of, rows
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, shift

WORDS = "Hemliga ord"


def thread_of(stage: Stage) -> ThreadId:
    """The thread that was opened last."""
    threads = sorted(rows(stage.parts.engine, "threads"), key=lambda row: str(row["opened_at"]))
    return ThreadId(str(threads[-1]["id"]))


def shown(stage: Stage, who: str, thread: ThreadId, *, again: bool = False) -> Shown:
    with gate(stage, who) as own:
        return service.show(own, thread, again=again)


def why_not(stage: Stage, who: str, thread: ThreadId) -> str:
    with pytest.raises(NotAllowed) as refused:
        shown(stage, who, thread)
    return refused.value.why.value


def answers(
    stage: Stage, who: str, thread: ThreadId, body: str, opened_at: datetime | None = None
) -> None:
    opened = opened_at or stage.carrier.now()
    with gate(stage, who) as own:
        service.answer(own, thread, body, opened)


def said(found: Shown) -> list[tuple[bool, str, Fate | None]]:
    return [(one.is_ours, one.body, one.fate) for one in found.said]


def test_the_holder_reads_it_and_so_does_the_home_district(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    sid = writes(stage, GUARDIAN, WORDS)  # Hässelby-Vällingby's, and t4 of Järva has the duty
    thread = thread_of(stage)

    assert said(shown(stage, "t4", thread)) == [(False, WORDS, None)]
    assert shown(stage, "t4", thread).is_hers
    assert said(shown(stage, "t2", thread)) == [(False, WORDS, None)]
    assert not shown(stage, "t2", thread).is_hers
    assert why_not(stage, "t5", thread) == "not_your_contact"
    assert reading_log(stage, HASSELBY_VALLINGBY) == [
        ("t4", "read", None),
        ("t4", "read", None),
        ("t2", "read", None),
        ("t2", "read", None),
        ("t5", "read", "not_your_contact"),
    ]
    assert {row["contact"] for row in rows(stage.parts.engine, "readings")} == {sid}


def test_a_page_that_asks_again_writes_one_row_in_a_quarter_of_an_hour(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, WORDS)
    thread = thread_of(stage)

    for _ in range(4 * 20):  # every 15 seconds for twenty minutes
        shown(stage, "t4", thread, again=True)
        stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=15))
    assert reading_log(stage, JARVA) == [("t4", "read", None)] * 2

    shown(stage, "t6", thread, again=True)  # somebody else's reading is not hers
    shown(stage, "t6", thread)  # nor is what is opened by hand ever left out
    assert reading_log(stage, JARVA)[2:] == [("t6", "read", None)] * 2


def test_whose_thread_nobody_knows_is_read_by_its_holder_alone_until_it_is_said(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    sid = writes(stage, STRANGER, WORDS)
    thread = thread_of(stage)

    assert why_not(stage, "t1", thread) == "not_your_contact"
    assert said(shown(stage, "t4", thread)) == [(False, WORDS, None)]
    assign(stage, "t4", sid, HASSELBY_VALLINGBY)

    assert said(shown(stage, "t1", thread)) == [(False, WORDS, None)]
    assert said(shown(stage, "t4", thread)) == [(False, WORDS, None)]
    assert why_not(stage, "t5", thread) == "not_your_contact"


def test_an_answer_goes_out_from_the_line_and_its_fate_is_told(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, WORDS)
    thread = thread_of(stage)

    answers(stage, "t4", thread, "  Jag ringer! ")
    later(stage, seconds=10, sweeps=2)

    assert read_by(stage, YOUTH) == ["Jag ringer!"]
    assert said(shown(stage, "t4", thread)) == [
        (False, WORDS, None),
        (True, "Jag ringer!", Fate.ARRIVED),
    ]
    texts = [row["contact"] for row in rows(stage.parts.engine, "texts") if row["staff"]]
    (sent,) = (contact_of(stage, str(contact)) for contact in texts)
    assert (sent.direction, sent.therapist, sent.caller.home) == ("outbound", "t4", JARVA)


def test_an_answer_that_does_not_get_through_says_so(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, WORDS)
    thread = thread_of(stage)
    stage.carrier.set_text_fates({YOUTH: "undelivered 30003"})

    answers(stage, "t4", thread, "Jag ringer!")
    settle(stage, 2)

    assert said(shown(stage, "t4", thread))[-1] == (True, "Jag ringer!", Fate.LOST)


@pytest.mark.parametrize("body", ["", " \n", "å" * (LONGEST + 1)])
def test_what_cannot_be_sent_is_refused_and_nothing_is_kept(
    body: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, WORDS)

    with pytest.raises(InvalidInput):
        answers(stage, "t4", thread_of(stage), body)
    assert [row["staff"] for row in rows(stage.parts.engine, "texts")] == [None]


def test_only_the_holder_answers_and_only_while_the_thread_is_open(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, WORDS)
    thread = thread_of(stage)

    with pytest.raises(NotAllowed):
        answers(stage, "t6", thread, "Hej")  # a colleague, who may read it
    with pytest.raises(NotFound):
        answers(stage, "t4", ThreadId("nothing"), "Hej")
    stage.carrier.run_until(stage.carrier.now() + timedelta(hours=17))
    with pytest.raises(NotAnswerable):
        answers(stage, "t4", thread, "Hej")


def test_a_second_tap_sends_nothing_and_a_new_form_does(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, WORDS)
    thread, opened = thread_of(stage), stage.carrier.now()
    later(stage, seconds=30)
    with gate(stage, "t4") as own:
        drafts.save(own, f"reply:{thread}", {"body": "Jag ri"}, opened)

    answers(stage, "t4", thread, "Jag ringer!", opened)
    with pytest.raises(SentMeanwhile):
        answers(stage, "t4", thread, "Jag ringer!", opened)
    with pytest.raises(SentMeanwhile), gate(stage, "t4") as own:
        drafts.save(own, f"reply:{thread}", {"body": "Jag ringer!"}, opened)  # a late save
    with gate(stage, "t4") as own:
        assert drafts.draft(own, f"reply:{thread}") is None
    later(stage, seconds=30)
    answers(stage, "t4", thread, "Är du där?")
    later(stage, seconds=10)

    assert read_by(stage, YOUTH) == ["Jag ringer!", "Är du där?"]


def test_the_threads_of_tonight_are_hers_and_the_unanswered_ones_stand_first(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    writes(stage, YOUTH, WORDS)
    answered = thread_of(stage)
    later(stage, minutes=1)
    writes(stage, GUARDIAN, "En till")
    unanswered = thread_of(stage)
    answers(stage, "t4", answered, "Hej!")
    later(stage, seconds=10)

    with gate(stage, "t4") as own:
        found = [(one.thread.id, one.since is not None) for one in service.waiting(own, EFTERVARD)]
    with gate(stage, "t1") as own:
        assert service.waiting(own, EFTERVARD) == ()

    assert found == [(unanswered, True), (answered, False)]
    assert reading_log(stage, HASSELBY_VALLINGBY) == [("t4", "log", None)]


def test_when_the_duty_changes_the_next_one_reads_all_of_it(sqlite_stage_at: StageAt) -> None:
    shifts = [
        shift("t4", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t5", "2026-03-03T20:00", "2026-03-03T22:00"),
    ]
    stage = sqlite_stage_at(EVENING, shifts=shifts)
    writes(stage, GUARDIAN, WORDS)
    thread = thread_of(stage)
    later(stage, minutes=58)
    settle(stage, 1)

    assert said(shown(stage, "t5", thread)) == [(False, WORDS, None)]
    assert why_not(stage, "t4", thread) == "not_your_contact"
    assert T4 not in {m.to for m in stage.carrier.messages if "tar över" in m.body}
    assert ContactId("") not in {row["contact"] for row in rows(stage.parts.engine, "readings")}
