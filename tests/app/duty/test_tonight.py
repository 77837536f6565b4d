"""The night's page: who is on standby, what waits for her, and what she asks for from it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.demo.stage import Stage
from app.duty import call_back, check_in, contact_card, notes, tonight_orders
from app.duty import tonight as service
from app.duty import tonight_drafts as drafts
from app.duty.call_back import Ringing
from app.duty.handover import Desk
from app.duty.standby import Standby, standby
from app.duty.take_over import TakeOverRefused, Why
from app.duty.tonight import Need, Tonight
from app.duty.tonight_drafts import SentMeanwhile
from app.duty.tonight_orders import PauseRefused
from routing.check_in import Stage as CheckInStage
from routing.errors import InvalidInput, NotFound
from routing.follow_up import Reached
from routing.ids import ContactId, TherapistId
from routing.ladder import Reason
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import WITH_MANAGERS, at_time, with_check_in
from tests.app.duty.desk import CLOCK, acknowledge, gate, reading_log, the_handover, write
from tests.app.duty.following import (
    AFTERNOON,
    WITH_ITS_OWN_MANDATE,
    calls,
    ordered,
    recorded,
    swept,
    wanted,
)
from tests.app.texts.talk import later, read_by, writes
from tests.app.world import (
    ANSWERS,
    GUARDIAN,
    SILENT,
    STRANGER,
    T1,
    T4,
    YOUTH,
    contact_of,
    evening,
    reached,
    rows,
    tried,
)
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at, shift

EVENING, ENDS = "2026-03-03T19:00", "2026-03-03T22:00"


def seen(stage: Stage, who: str) -> Tonight:
    with gate(stage, who) as own:
        return service.tonight(own)


def needs(found: Tonight) -> dict[str, list[str]]:
    return {row.facts.id: [str(need) for need in row.needs] for row in found.to_do}


def desk(stage: Stage) -> Desk:
    parts = stage.parts
    return Desk(parts.engine, parts.cipher, parts.settings.public_url, mails=False)


def asks_to_call(stage: Stage, who: str, contact: str) -> None:
    with gate(stage, who) as own:
        call_back.call_back(own, desk(stage), ContactId(contact))


def test_who_has_the_standby_until_when_and_who_is_next(engine_stage_at: StageAt) -> None:
    shifts = [
        *evening("2026-03-03"),
        shift("t5", "2026-03-04T17:00", "2026-03-04T22:00"),
    ]
    stage = engine_stage_at(EVENING, shifts=shifts)

    (line,) = seen(stage, "t4").lines

    assert [(s.position, s.therapist, s.until) for s in line.standing] == [
        (1, "t4", at(ENDS)),
        (2, "t1", at(ENDS)),
    ]
    assert line.change is not None
    assert (line.change.at, line.change.shifts) == (at(ENDS), ())
    assert line.duty is not None
    assert (line.duty.is_now, line.duty.positions, line.duty.others) == (True, (1,), ("t1",))
    assert line.fallback is not None
    assert line.fallback.name == "Socialjouren"
    (other,) = seen(stage, "t5").lines
    assert other.duty is not None
    assert (other.duty.is_now, other.duty.time.start) == (False, at("2026-03-04T17:00"))
    assert seen(stage, "t6").lines[0].duty is None


def test_her_contacts_stand_with_what_they_need_and_the_done_ones_apart(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING, toml=WITH_MANAGERS)
    family = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    stranger = stage.call(STRANGER, phones={"t4": ANSWERS}).sid
    text = writes(stage, YOUTH, "Hej")

    assert needs(seen(stage, "t4")) == {
        stranger: ["assign", "note"],
        family: ["note"],
        text: ["note"],
    }
    with gate(stage, "t4") as own:
        drafts.save(own, f"note:{family}", {"told": "Halvvägs"})
        contact_card.assign(own, ContactId(stranger), JARVA)
    assert {row.facts.id for row in seen(stage, "t4").to_do if row.has_draft} == {family}
    for contact in (family, stranger, text):
        write(stage, "t4", contact, broken_agreement=contact == family)

    found = seen(stage, "t4")
    assert (needs(found), [row.facts.id for row in found.done]) == ({}, [family, stranger, text])
    assert found.left == 1  # the text has no answer
    assert needs(seen(stage, "t2")) == {family: ["react"]}
    assert seen(stage, "t2").to_do[0].react_by == at("2026-03-04T17:00")
    assert needs(seen(stage, "t5")) == {}
    with gate(stage, "t2") as own:
        notes.react(own, ContactId(family))
    assert needs(seen(stage, "t2")) == {}


def test_what_is_late_comes_before_the_notes(engine_stage_at: StageAt) -> None:
    two = evening("2026-03-03", "t2", "t1") + evening("2026-03-04", "t2", "t1")
    stage = engine_stage_at(EVENING, shifts=two)
    family = stage.call(GUARDIAN, phones={"t2": ANSWERS}).sid
    write(stage, "t2", family, broken_agreement=True)
    at_time(stage, "2026-03-04T18:00", sweeps=CLOCK)
    stage.call(GUARDIAN, phones={"t2": ANSWERS})

    assert [row.needs for row in seen(stage, "t2").to_do] == [(Need.REACT,), (Need.NOTE,)]


def test_an_hour_of_polling_writes_a_handful_of_rows_and_no_denial(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    stage.call(GUARDIAN, default=SILENT)  # waits to be called back

    for _ in range(4 * 30):
        seen(stage, "t4")
        stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=15))

    log = reading_log(stage, HASSELBY_VALLINGBY)
    assert {(act, denied) for _, act, denied in log} == {("log", None)}
    assert len(log) == 2 * 2


def test_what_was_handed_over_is_not_looked_at_again(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING, toml=WITH_MANAGERS)
    call = stage.call(GUARDIAN, phones={"t4": ANSWERS}).sid
    write(stage, "t4", call)
    at_time(stage, ENDS, "2026-03-04T08:20", sweeps=CLOCK)
    acknowledge(stage, "t1", the_handover(stage, HASSELBY_VALLINGBY))

    found = seen(stage, "t4")

    assert (found.to_do, found.done) == ((), ())
    assert [one for one in reading_log(stage, HASSELBY_VALLINGBY) if one[2]] == []


def test_she_asks_and_is_rung_and_the_family_sees_the_line(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    missed = stage.call(GUARDIAN, default=SILENT).sid
    later(stage, minutes=1)
    assert [(one.facts.id, one.ringing) for one in seen(stage, "t4").to_call] == [(missed, None)]

    asks_to_call(stage, "t4", missed)
    asks_to_call(stage, "t4", missed)  # a second tap
    assert seen(stage, "t4").to_call[0].ringing is Ringing.SOON
    stage.carrier.set_phones({T4: ANSWERS, GUARDIAN: "answer 2, talk 40"})
    stage.sweep(("outbox.send",))

    (letter,) = (r for r in rows(stage.parts.engine, "outbox") if r["channel"] == "call")
    assert str(letter["key"]).startswith(f"call_back/{missed}/t4/")
    assert seen(stage, "t4").to_call == ()
    outgoing = [
        contact_of(stage, str(row["contact"]))
        for row in rows(stage.parts.engine, "contact_events")
        if row["direction"] == "outbound" and row["key"] == "received"
    ]
    assert [(c.therapist, c.outcome, c.caller.home) for c in outgoing] == [
        ("t4", "answered", HASSELBY_VALLINGBY)
    ]
    assert ("t4", "card", None) in reading_log(stage, HASSELBY_VALLINGBY)


def test_only_who_might_have_answered_is_offered_the_call(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    missed = stage.call(GUARDIAN, default=SILENT).sid

    assert [one.facts.id for one in seen(stage, "t2").to_call] == [missed]  # its own district's
    assert seen(stage, "t5").to_call == ()
    with pytest.raises(NotFound):
        asks_to_call(stage, "t5", missed)
    assert [r for r in rows(stage.parts.engine, "outbox") if r["channel"] == "call"] == []


def test_a_call_that_could_not_be_made_in_time_is_not_made(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    missed = stage.call(GUARDIAN, default=SILENT).sid
    asks_to_call(stage, "t4", missed)

    stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=5))
    stage.sweep(("outbox.send",))

    (letter,) = (r for r in rows(stage.parts.engine, "outbox") if r["channel"] == "call")
    assert (letter["state"], letter["error"]) == ("failed", "too_late")
    assert seen(stage, "t4").to_call[0].ringing is None  # she may ask again


def test_a_follow_up_of_tonight_stands_there_until_somebody_says_what_came_of_it(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(AFTERNOON, toml=WITH_ITS_OWN_MANDATE)
    (number,) = ordered(stage, "t5")
    swept(stage, "2026-03-03T17:30")
    assert [(f.task.id, f.is_open) for f in seen(stage, "t4").follow_ups] == [(number, False)]
    assert seen(stage, "t1").follow_ups == ()  # there is no mandate for her to make it
    swept(stage, "2026-03-03T19:05")
    assert [(f.task.id, f.is_open) for f in seen(stage, "t4").follow_ups] == [(number, True)]

    calls(stage, "t4", number, {T4: ANSWERS, YOUTH: "answer 2, talk 40"})

    (task,) = seen(stage, "t4").follow_ups
    assert [attempt.result for attempt in task.task.attempts] == ["answered"]
    recorded(stage, "t4", number, Reached.REACHED)
    assert seen(stage, "t4").follow_ups == ()


def _on(stage: Stage, connection: sa.Connection) -> Standby:
    line = stage.organisation.lines[EFTERVARD]
    return standby(connection, stage.organisation, line, stage.carrier.now())


def test_a_pause_is_seen_by_all_and_ended_early_and_refused_to_the_only_one(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    with stage.parts.engine.begin() as connection:
        until = tonight_orders.pause(connection, _on(stage, connection), TherapistId("t4"), 30)
        with pytest.raises(PauseRefused):
            tonight_orders.pause(connection, _on(stage, connection), TherapistId("t1"), 15)

    (line,) = seen(stage, "t1").lines
    assert (line.standing[0].out, line.standing[0].out_until) == (Reason.PAUSED, until)
    assert tried(stage.call(YOUTH, default=SILENT))[0] == "t1"
    with stage.parts.engine.begin() as connection:
        tonight_orders.resume(connection, _on(stage, connection), TherapistId("t4"))
    assert seen(stage, "t4").lines[0].paused_until is None
    assert reached(stage.call(YOUTH, phones={"t4": ANSWERS})) == "t4"


def test_the_duty_is_taken_over_with_a_yes_by_text_or_on_the_page(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    with stage.parts.engine.begin() as connection:
        asked = tonight_orders.ask_for_duty(
            connection, desk(stage), _on(stage, connection), TherapistId("t1"), "q1", "take/q1"
        )
    stage.sweep(("outbox.send",))

    assert "vill ta över jouren till 22:00. Svara JA" in read_by(stage, T4)[-1]
    assert seen(stage, "t4").lines[0].asks_for_mine == asked
    assert seen(stage, "t1").lines[0].my_question == asked
    with stage.parts.engine.begin() as connection:
        done = tonight_orders.agree(
            connection, desk(stage), _on(stage, connection), asked, "taken/q1"
        )
        again = tonight_orders.agree(
            connection, desk(stage), _on(stage, connection), asked, "taken/q1"
        )
    stage.sweep(("outbox.send",))

    assert (done, again) == (True, False)
    (line,) = seen(stage, "t1").lines
    assert [(s.position, s.therapist) for s in line.standing] == [(1, "t1"), (2, "t4")]
    assert (line.my_question, line.asks_for_mine) == (None, None)
    assert [read_by(stage, who)[-1] for who in (T1, T4)] == ["t1 har nu jouren till 22:00."] * 2
    with stage.parts.engine.begin() as connection, pytest.raises(TakeOverRefused) as refused:
        tonight_orders.ask_for_duty(
            connection, desk(stage), _on(stage, connection), TherapistId("t1"), "q2", "take/q2"
        )
    assert refused.value.why is Why.YOU_HAVE_IT


def test_she_says_on_the_page_that_she_is_there(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-03T15:00", toml=with_check_in('{ ask = "2h" }'))
    at_time(stage, "2026-03-03T15:01")
    (line,) = seen(stage, "t4").lines
    assert line.check_in is CheckInStage.ASKED
    assert line.may_check_in is not None

    with stage.parts.engine.begin() as connection:
        check_in.confirm(connection, line.may_check_in, "page", stage.carrier.now())

    (line,) = seen(stage, "t4").lines
    assert (line.check_in, line.may_check_in) == (CheckInStage.CONFIRMED, None)


@pytest.mark.parametrize("subject", ["", "note", "note:", "case:1", "note:a b", "note:" + "x" * 90])
def test_nothing_is_kept_of_another_subject(subject: str, sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    with pytest.raises(InvalidInput), gate(stage, "t4") as own:
        drafts.save(own, subject, {"told": "x"})
    with pytest.raises(InvalidInput), gate(stage, "t4") as own:
        drafts.save(own, "note:CA1", {"told": "x" * 20_001})
    assert rows(stage.parts.engine, "writings") == []


def test_an_emptied_form_leaves_no_draft_and_what_was_sent_stays_sent(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    opened = stage.carrier.now()
    with gate(stage, "t4") as own:
        drafts.save(own, "note:CA1", {"told": "Halvvägs"}, opened)
        drafts.save(own, "note:CA1", {"told": " "}, opened)
        assert drafts.draft(own, "note:CA1") is None
        drafts.save(own, "note:CA1", {"told": "Halvvägs"}, opened)
        drafts.sent(own, "note:CA1")
        with pytest.raises(SentMeanwhile):
            drafts.save(own, "note:CA1", {"told": " "}, opened)
        assert drafts.draft(own, "note:CA1") is None


def test_the_version_changes_when_something_on_the_page_does(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    first = seen(stage, "t4").version()
    stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=15))
    assert seen(stage, "t4").version() == first

    stage.call(GUARDIAN, phones={"t4": ANSWERS})
    assert seen(stage, "t4").version() != first
    assert Need.NOTE in seen(stage, "t4").to_do[0].needs


def test_another_district_s_follow_up_is_told_of_when_its_time_has_come(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_ITS_OWN_MANDATE)
    (number,) = ordered(stage, "t1", wanted("H-2001"))

    swept(stage, "2026-03-03T17:30")
    assert seen(stage, "t4").follow_ups == ()
    swept(stage, "2026-03-03T19:05")
    assert [one.task.id for one in seen(stage, "t4").follow_ups] == [number]
