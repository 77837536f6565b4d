"""A note belongs to the caller's home district, whoever wrote it; and who reads it until when."""

import threading
from collections.abc import Sequence
from datetime import UTC, timedelta

import pytest
import sqlalchemy as sa

from app.demo.stage import Stage
from app.duty import notes as service
from app.duty.gate import NotAllowed
from app.duty.handover import Desk, build_handovers
from app.store import notes as stored
from app.store.database import make_engine
from routing.access import Act
from routing.errors import Conflict, InvalidInput, NotFound
from routing.handover import HandoverState
from routing.ids import ContactId, DistrictId, TherapistId
from routing.note import LONGEST, Content, EscalatedTo, Escalation, Note, Reason, Urgency
from routing.role import Role
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS, at_time
from tests.app.duty.desk import (
    CLOCK,
    TOLD,
    WORDS,
    acknowledge,
    asked,
    assign,
    filed,
    gate,
    open_,
    reach_,
    reading_log,
    the_handover,
    write,
)
from tests.app.world import ANSWERS, GUARDIAN, SILENT, STRANGER, contact_of, exported, rows
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA

EVENING, ENDS, MORNING = "2026-03-03T19:00", "2026-03-03T22:00", "2026-03-04T08:20"


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    """An evening on which t4 of Järva has the duty, and t1 of Hässelby-Vällingby backs her up."""
    return sqlite_stage_at(EVENING, toml=WITH_MANAGERS)


def _guardian_s_call(stage: Stage) -> str:
    """Somebody of Hässelby-Vällingby talks with t4, whom Järva employs."""
    return stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid


def test_she_writes_as_the_home_district_s_hand_and_reads_it_until_it_is_acknowledged(
    stage: Stage,
) -> None:
    call = _guardian_s_call(stage)
    note = write(stage, "t4", call)

    assert (note.district, note.author, note.role) == (HASSELBY_VALLINGBY, "t4", Role.GUARDIAN)
    assert [asked(stage, who, call) for who in ("t4", "t1", "t3")] == [TOLD, TOLD, TOLD]
    assert [asked(stage, who, call) for who in ("t5", "m1", "dpo")] == [
        "not_your_contact", "not_your_office", "not_your_office"
    ]  # fmt: skip

    at_time(stage, ENDS, MORNING, sweeps=CLOCK)
    assert asked(stage, "t4", call) == TOLD
    acknowledge(stage, "t1", the_handover(stage, HASSELBY_VALLINGBY))

    assert asked(stage, "t4", call) == "handed_over"
    assert asked(stage, "t4", call, Act.LOG) == "handed_over"
    assert [asked(stage, who, call) for who in ("t1", "t5")] == [TOLD, "not_your_contact"]
    with pytest.raises(NotAllowed), gate(stage, "t4") as late:
        service.amend(late, ContactId(call), "Ett tillägg för sent.")


def test_a_note_is_written_once_and_corrected_by_addenda(stage: Stage) -> None:
    call = _guardian_s_call(stage)
    before = write(stage, "t4", call)
    with pytest.raises(Conflict):
        write(stage, "t4", call)
    stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=5))
    with gate(stage, "t4") as own:
        service.amend(own, ContactId(call), "Brodern heter något annat.")
    with gate(stage, "t1") as own:
        service.amend(own, ContactId(call), "Vi ringde upp.")

    with gate(stage, "t1") as own:
        note = own.item(ContactId(call)).note
    assert note is not None
    assert (note.author, note.at, note.content) == ("t4", before.at, WORDS)
    assert [(a.author, a.text) for a in note.addenda] == [
        ("t4", "Brodern heter något annat."),
        ("t1", "Vi ringde upp."),
    ]
    assert note.addenda[0].at == before.at + timedelta(minutes=5)


def test_what_is_not_a_note_is_refused_and_nothing_is_kept(stage: Stage) -> None:
    call = ContactId(_guardian_s_call(stage))
    ahead = stage.carrier.now() + timedelta(hours=1)
    later = Escalation(EscalatedTo.EMERGENCY_CALL, ahead, Reason.VIOLENCE)

    with gate(stage, "t4") as own:
        with pytest.raises(InvalidInput):
            service.write(own, call, Content(" ", "Lyssnade."))
        with pytest.raises(InvalidInput):
            service.write(own, call, WORDS, escalation=later)
        with pytest.raises(Conflict):
            service.amend(own, call, "Till ingenting.")
        with pytest.raises(NotFound):
            service.write(own, ContactId("CA" + "0" * 32), WORDS)
    assert rows(stage.parts.engine, "notes") == []
    write(stage, "t4", call)
    for text in (" \n", "x" * (LONGEST + 1)):
        with gate(stage, "t4") as own, pytest.raises(InvalidInput):
            service.amend(own, call, text)
    assert rows(stage.parts.engine, "addenda") == []


def test_everything_that_a_note_says_comes_back(stage: Stage) -> None:
    call = _guardian_s_call(stage)
    called = Escalation(
        EscalatedTo.SOCIAL_EMERGENCY, stage.carrier.now() - timedelta(minutes=1), Reason.NO_ADULT
    )

    written = write(
        stage, "t4", call, role=Role.YOUTH, broken_agreement=True, urgency=Urgency.AT_ONCE,
        escalation=called,
    )  # fmt: skip

    with gate(stage, "t1") as own:
        assert own.item(ContactId(call)).note == written
    assert (written.role, written.escalation) == (Role.YOUTH, called)


def test_no_word_of_a_note_or_an_addendum_can_be_read_on_the_disk(stage: Stage) -> None:
    call = _guardian_s_call(stage)
    write(stage, "t4", call)
    with gate(stage, "t4") as own:
        service.amend(own, ContactId(call), "Brodern heter Någonting.")
    stage.parts.engine.dispose()  # and so the log ahead of the database is in it too

    folder = stage.parts.settings.state_dir
    kept = b"".join(path.read_bytes() for path in folder.glob("beredskap.db*"))
    assert call.encode() in kept
    for words in (TOLD, "bror", WORDS.support, "lugnade", WORDS.next_step, "Brodern"):
        assert words.encode() not in kept


@pytest.mark.parametrize("found", [[], [JARVA]], ids=["found nobody", "wrong at first"])
def test_nobody_but_who_took_it_sees_a_stranger_until_she_says_whose_it_is(
    stage: Stage, found: Sequence[DistrictId]
) -> None:
    call = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    note = write(stage, "t4", call, urgency=Urgency.NORMAL)
    assert note.district is None
    assert asked(stage, "t4", call) == TOLD
    assert {asked(stage, who, call) for who in ("t1", "t5", "t6")} == {"not_your_contact"}
    assert asked(stage, "m1", call, Act.LOG) == "not_your_district"
    with gate(stage, "m1") as own:
        assert service.unassigned(own, stage.carrier.now() - timedelta(days=1)) == 1
    at_time(stage, ENDS, sweeps=CLOCK)
    assert (filed(stage, JARVA), filed(stage, HASSELBY_VALLINGBY)) == ([], [])

    for home in (*found, HASSELBY_VALLINGBY):
        stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=1))
        assign(stage, "t4", call, home)
        stage.sweep(["handover.build"])

    assert contact_of(stage, call).caller.home == HASSELBY_VALLINGBY
    assert exported(stage, "hasselby-vallingby") == [call]
    assert exported(stage, "jarva") == []
    assert filed(stage, HASSELBY_VALLINGBY) == [("2026-03-04 08:30", [call])]
    assert [contacts for _, contacts in filed(stage, JARVA)] == [[] for _ in found]
    assert [asked(stage, who, call) for who in ("t1", "t5", "t4")] == [
        TOLD, "not_your_contact", TOLD
    ]  # fmt: skip
    with gate(stage, "t1") as own:
        moved = own.item(ContactId(call)).note
    assert moved is not None
    assert (moved.district, moved.author) == (HASSELBY_VALLINGBY, "t4")
    with gate(stage, "m1") as own:
        assert service.unassigned(own, stage.carrier.now() - timedelta(days=1)) == 0


def test_whose_a_caller_is_is_said_by_who_took_it_and_not_after_the_meeting(stage: Stage) -> None:
    call = ContactId(stage.call(STRANGER, phones={"t4": ANSWERS}).sid)
    for who in ("t1", "t5", "m1"):
        with pytest.raises(NotAllowed), gate(stage, who) as own:
            service.assign(own, call, JARVA)
    with gate(stage, "t4") as own, pytest.raises(InvalidInput):
        service.assign(own, call, DistrictId("sodermalm"))
    with gate(stage, "t4") as own:
        item = service.assign(own, call, JARVA, "K-1009")
    assert (item.facts.caller.home, item.facts.caller.label) == (JARVA, "K-1009")
    at_time(stage, ENDS, MORNING, sweeps=CLOCK)
    acknowledge(stage, "t5", the_handover(stage, JARVA))

    with pytest.raises(NotAllowed) as refused, gate(stage, "t4") as own:
        service.assign(own, call, HASSELBY_VALLINGBY)

    assert refused.value.why == "handed_over"
    assert filed(stage, JARVA) == [("2026-03-04 08:30", [call])]


def test_whose_a_caller_is_may_be_said_while_a_sweep_has_it_in_its_hands(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING, toml=WITH_MANAGERS)
    call = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    assign(stage, "t4", call, JARVA)
    stage.carrier.run_until(stage.carrier.now() + timedelta(hours=3))
    parts, connected = stage.parts, list[int]()
    clock = make_engine(parts.settings.database_url)

    @sa.event.listens_for(clock, "engine_connect")
    def meanwhile(_: sa.Connection) -> None:
        connected.append(1)
        if len(connected) == 2:  # it has looked up what is owed, and is about to put it away
            assign(stage, "t4", call, HASSELBY_VALLINGBY)

    desk = Desk(clock, parts.cipher, parts.settings.public_url, mails=False)
    build_handovers(desk, stage.organisation, parts.clock())
    clock.dispose()
    assert len(connected) >= 2
    stage.sweep(["handover.build"])

    assert [contacts for _, contacts in filed(stage, JARVA) if contacts] == []
    assert [contacts for _, contacts in filed(stage, HASSELBY_VALLINGBY)] == [[call]]


@pytest.mark.slow
def test_two_who_write_at_the_same_moment_leave_one_note(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    call = ContactId(_guardian_s_call(stage))
    parts, together = stage.parts, threading.Barrier(2)
    came: list[str] = []

    def writes(author: str) -> None:
        note = Note(call, HASSELBY_VALLINGBY, TherapistId(author), parts.clock(), None, WORDS)
        together.wait()
        try:
            with parts.engine.begin() as connection:
                stored.add(connection, parts.cipher, EFTERVARD, note)
        except Conflict:
            came.append("refused")
        else:
            came.append("kept")

    threads = [threading.Thread(target=writes, args=(author,)) for author in ("t4", "t1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(came) == ["kept", "refused"]
    assert len(rows(parts.engine, "notes")) == 1


def test_the_reading_log_holds_every_read_and_everybody_who_was_turned_away(stage: Stage) -> None:
    call = _guardian_s_call(stage)
    write(stage, "t4", call)
    asked(stage, "t4", call, Act.CARD)
    asked(stage, "t5", call)
    asked(stage, "m1", call)
    at_time(stage, ENDS, MORNING, sweeps=CLOCK)
    handover = the_handover(stage, HASSELBY_VALLINGBY)
    with pytest.raises(NotAllowed):
        open_(stage, "t5", handover)
    open_(stage, "t1", handover)
    reach_(stage, "t1", handover, HandoverState.ACKNOWLEDGED)
    asked(stage, "t4", call)

    assert reading_log(stage, HASSELBY_VALLINGBY) == [
        ("t4", "write", None),
        ("t4", "card", None),
        ("t5", "read", "not_your_contact"),
        ("m1", "read", "not_your_office"),
        ("t5", "read", "not_your_contact"),  # the handover itself
        ("t1", "read", None),
        ("t1", "read", None),  # and the contact in it
        ("t1", "acknowledge", None),
        ("t4", "read", "handed_over"),
    ]
    assert reading_log(stage, JARVA) == []
    contacts = [row["contact"] for row in rows(stage.parts.engine, "readings")]
    assert [contact == call for contact in contacts] == [
        True, True, True, True, False, False, True, False, True
    ]  # fmt: skip


def test_what_was_read_before_anybody_knew_whose_it_was_is_shown_to_whose_it_is(
    stage: Stage,
) -> None:
    call = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    asked(stage, "t4", call)
    asked(stage, "t5", call)
    other = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    asked(stage, "t4", other)
    assign(stage, "t4", call, HASSELBY_VALLINGBY)

    assert reading_log(stage, HASSELBY_VALLINGBY) == [
        ("t4", "read", None),
        ("t5", "read", "not_your_contact"),
        ("t4", "assign", None),
    ]
    assert reading_log(stage, JARVA) == []


def test_whoever_needs_no_words_is_given_none(stage: Stage) -> None:
    call = _guardian_s_call(stage)
    write(stage, "t4", call)

    assert [asked(stage, "t4", call, act) for act in (Act.CARD, Act.LOG)] == ["facts", "facts"]
    assert [asked(stage, who, call, Act.REVIEW) for who in ("m1", "dpo")] == ["facts", "facts"]
    assert asked(stage, "m1", call, Act.LOG) == "facts"


def test_a_broken_agreement_is_met_once_by_the_home_district(stage: Stage) -> None:
    call = ContactId(_guardian_s_call(stage))
    write(stage, "t4", call, broken_agreement=True)
    plain = ContactId(_guardian_s_call(stage))
    write(stage, "t4", plain)

    with pytest.raises(NotAllowed), gate(stage, "t4") as own:
        service.react(own, call)
    with gate(stage, "t1") as own:
        assert service.react(own, call)
    with gate(stage, "t2") as own:
        assert not service.react(own, call)
        with pytest.raises(Conflict):
            service.react(own, plain)

    met = {row["contact"]: row["reacted_by"] for row in rows(stage.parts.engine, "notes")}
    assert met == {call: "t1", plain: None}


def test_a_missed_call_may_be_written_of_by_the_home_district_alone(stage: Stage) -> None:
    call = stage.call(GUARDIAN, phones={"t4": SILENT, "t1": SILENT, "Socialjouren": SILENT}).sid

    with pytest.raises(NotAllowed):
        write(stage, "t4", call)

    assert write(stage, "t2", call).author == "t2"
    assert stage.carrier.now().astimezone(UTC) < contact_of(stage, call).received_at + timedelta(
        hours=1
    )
