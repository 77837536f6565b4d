"""Follow-ups that nobody may make, that reach nobody, or that the duty changes under."""

import threading
from dataclasses import replace

import pytest

from app.bootstrap import Parts, assemble
from app.clock import attempt
from app.demo.stage import Stage
from app.duty.follow_up_handover import duty_ended, homes_of
from app.duty.gate import NotAllowed
from app.store.database import reading
from app.sweeps import sweeps
from routing.follow_up import FollowUpRefused, IfNotReached, Reached, State
from tests.app.conftest import StageAt
from tests.app.duty.following import (
    AFTERNOON,
    ASKED,
    CLOCK,
    MANAGER,
    NOBODY,
    SATURDAY,
    SOCIALJOUREN,
    TOLD,
    TONIGHT,
    UNDONE,
    WITH_ITS_OWN_MANDATE,
    WITH_MANAGERS,
    asks,
    calls,
    cancelled,
    handed_over,
    kept,
    ordered,
    recorded,
    shown,
    swept,
    wanted,
)
from tests.app.texts.talk import WiredCarrier
from tests.app.world import GUARDIAN, NAMES, T4, T5, YOUTH, evening, exported, post, told
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, at, shift

PICKS_UP = {T4: "answer 3, press 1", YOUTH: "answer 4, talk 60"}
NOBODY_HOME = {T4: "answer 3, press 1", YOUTH: "no answer"}
WHO = {**NAMES, MANAGER: "c1", "+46701740691": "c2"}


def heard(stage: Stage) -> list[tuple[str, str]]:
    """Who was told what, managers too, up to the first full stop."""
    return [
        (WHO.get(m.to, "somebody"), m.body.partition(".")[0] + ".") for m in stage.carrier.messages
    ]


# --- its own mandate -----------------------------------------------------------------------------


def test_a_mandate_for_standby_is_none_for_this(sqlite_stage_at: StageAt) -> None:
    """t4 is rung first for this family, and may not call it: the backup is of its own district."""
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t2", wanted("H-2001"))

    swept(stage, TONIGHT[0])

    assert told(stage) == [("t1", TOLD)]
    with pytest.raises(NotAllowed, match="no mandate"):
        shown(stage, "t4", number)
    with pytest.raises(NotAllowed, match="no mandate"):
        calls(stage, "t4", number, {})


def test_with_a_mandate_of_its_own_the_first_on_standby_makes_it(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_ITS_OWN_MANDATE)
    (number,) = ordered(stage, "t2", wanted("H-2001"))
    with pytest.raises(NotAllowed, match="no contact"):
        shown(stage, "t4", number)  # she is to know of it when it is time

    swept(stage, TONIGHT[0])
    calls(stage, "t4", number, {T4: "answer 3, press 1", GUARDIAN: "answer 4, talk 60"})
    recorded(stage, "t4", number, Reached.REACHED)

    assert told(stage) == [("t4", TOLD)]
    (task,) = handed_over(stage, "2026-03-03T22:00", HASSELBY_VALLINGBY)
    assert (task.state, task.attempts[0].therapist) == (State.DONE, "t4")
    swept(stage, "2026-03-03T23:01")  # an hour after her duty, to finish writing
    with pytest.raises(NotAllowed, match="duty over"):
        shown(stage, "t4", number)


def test_where_nobody_may_the_home_districts_managers_hear_it_at_once(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_MANAGERS, shifts=evening("2026-03-03", "t4", "t5"))
    ordered(stage, "t2", wanted("H-2001", rule=IfNotReached.HOME_DISTRICT))

    swept(stage, TONIGHT[0], "2026-03-03T19:01")
    assert heard(stage) == [("c1", NOBODY)], "once, and nobody of the other district"
    swept(stage, TONIGHT[1])

    assert heard(stage) == [("c1", NOBODY), ("c1", UNDONE)]
    (task,) = handed_over(stage, "2026-03-03T22:00", HASSELBY_VALLINGBY)
    assert (task.state, task.attempts, task.report) == (State.NOT_REACHED, (), None)
    line = stage.organisation.lines[EFTERVARD]
    with reading(stage.parts.engine) as connection:
        duty = duty_ended(connection, line.id, at("2026-03-03T22:00"))
        owed = homes_of(connection, stage.organisation, line, duty, stage.carrier.now())
    assert owed == {HASSELBY_VALLINGBY}, "a handover is owed, though there is no contact"


def test_without_managers_those_told_of_handovers_are_told(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON, shifts=evening("2026-03-03", "t4", "t5"))
    ordered(stage, "t2", wanted("H-2001"))

    swept(stage, TONIGHT[0])

    assert sorted(heard(stage)) == [("t1", NOBODY), ("t2", NOBODY), ("t3", NOBODY)]


# --- nobody is reached ---------------------------------------------------------------------------


def test_when_every_attempt_is_used_up_she_is_told_to_call_socialjouren(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])

    calls(stage, "t4", number, NOBODY_HOME)
    swept(stage, "2026-03-03T19:05")
    calls(stage, "t4", number, NOBODY_HOME)
    with pytest.raises(FollowUpRefused, match="every attempt is used up"):
        calls(stage, "t4", number, NOBODY_HOME)
    swept(stage, "2026-03-03T19:10", "2026-03-03T19:11", TONIGHT[1])

    assert told(stage) == [("t4", TOLD), ("t4", SOCIALJOUREN)], "without waiting for eight o'clock"
    assert kept(stage, number).state is State.NOT_REACHED
    assert [a.result for a in kept(stage, number).attempts] == ["no_answer", "no_answer"]


def test_when_nobody_has_tried_she_and_the_district_are_told(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON, toml=WITH_MANAGERS)
    ordered(stage, "t4")

    swept(stage, TONIGHT[0], TONIGHT[1])

    assert heard(stage) == [
        ("t4", "En uppföljning väntar på dig."),
        ("t4", "En uppföljning nådde ingen."),
        ("c2", UNDONE),
    ]


def test_what_she_records_as_not_reached_goes_on_at_once(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])
    with pytest.raises(FollowUpRefused, match="nobody has been called yet"):
        recorded(stage, "t4", number, Reached.NOT_REACHED)

    calls(stage, "t4", number, NOBODY_HOME)
    recorded(stage, "t4", number, Reached.NOT_REACHED)
    swept(stage, "2026-03-03T19:30", TONIGHT[1])

    assert told(stage) == [("t4", TOLD), ("t4", SOCIALJOUREN)]
    with pytest.raises(FollowUpRefused, match="recorded already"):
        recorded(stage, "t4", number, Reached.REACHED)


def test_after_a_call_that_was_answered_she_is_asked_before_anybody_gives_up(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])
    calls(stage, "t4", number, PICKS_UP)

    swept(stage, TONIGHT[1], "2026-03-03T20:01")
    assert heard(stage)[1:] == [("t4", ASKED)]
    swept(stage, "2026-03-03T20:30", "2026-03-03T20:31")

    assert told(stage)[2:] == [("t4", SOCIALJOUREN)], "it may have been a machine"
    recorded(stage, "t4", number, Reached.REACHED)  # and what comes late is kept
    assert kept(stage, number).state is State.DONE


@pytest.mark.parametrize("saturday_is_off", [False, True])
def test_the_next_window_takes_over_and_where_it_is_off_socialjouren_does(
    saturday_is_off: bool, sqlite_stage_at: StageAt
) -> None:
    shifts = [*evening("2026-03-03"), *evening("2026-03-07", opens="10:00")]
    stage = sqlite_stage_at(AFTERNOON, shifts=shifts)
    both = wanted("K-1001", TONIGHT, SATURDAY)
    first, last = both.windows
    first = replace(first, if_not_reached=IfNotReached.NEXT_WINDOW)
    tonight, saturday = ordered(stage, "t4", replace(both, windows=(first, last)))
    if saturday_is_off:
        cancelled(stage, "t5", saturday)
    swept(stage, TONIGHT[0])
    calls(stage, "t4", tonight, NOBODY_HOME)

    swept(stage, TONIGHT[1])
    assert told(stage)[1:] == ([("t4", SOCIALJOUREN)] if saturday_is_off else [])
    swept(stage, SATURDAY[0])

    then = State.CANCELLED if saturday_is_off else State.OPEN
    assert kept(stage, saturday).state is then


def test_the_window_is_the_time_and_one_call_is_made_at_once(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")

    with pytest.raises(FollowUpRefused, match="not the time"):
        calls(stage, "t4", number, PICKS_UP)
    swept(stage, TONIGHT[1])
    with pytest.raises(FollowUpRefused, match="not reached"):
        calls(stage, "t4", number, PICKS_UP)


def test_what_is_cancelled_while_her_phone_rings_is_not_called(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])
    asks(stage, "t4", number, PICKS_UP)
    cancelled(stage, "t5", number)
    stage.carrier.run()
    swept(stage, "2026-03-03T19:01")

    assert exported(stage, JARVA) == []
    words = [entry.words for entry in stage.carrier.trace.entries if entry.what == "hears"]
    assert words[-1].startswith("Uppföljningen kan inte ringas nu.")
    assert told(stage)[1:] == [("t4", "En uppföljning som väntade på dig är inställd.")]
    with pytest.raises(FollowUpRefused, match="cancelled"):
        calls(stage, "t4", number, PICKS_UP)
    assert handed_over(stage, "2026-03-03T22:00") == ()


def test_two_colleagues_at_once_make_one_call(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])
    phones = {**PICKS_UP, T5: "answer 4, press 1"}

    asks(stage, "t4", number, phones)
    asks(stage, "t5", number, phones)
    stage.carrier.run()

    assert [a.therapist for a in kept(stage, number).attempts] == ["t4"]
    assert len(exported(stage, JARVA)) == 1


def test_a_key_that_is_told_of_twice_is_one_attempt(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(AFTERNOON)
    (number,) = ordered(stage, "t4")
    swept(stage, TONIGHT[0])
    calls(stage, "t4", number, NOBODY_HOME)
    (first,) = [e for e in stage.carrier.trace.exchanges if "follow-up/connect" in e.url]

    again = post(stage, first.url, dict(first.form))

    assert "<Number>" in first.body
    assert again.body == first.body.encode()
    assert [a.result for a in kept(stage, number).attempts] == ["no_answer"]


# --- the duty changes, and two clocks ------------------------------------------------------------


def test_whoever_takes_over_the_duty_is_told_too(sqlite_stage_at: StageAt) -> None:
    first = shift("t4", "2026-03-03T17:00", "2026-03-03T19:30")
    second = shift("t5", "2026-03-03T19:30", "2026-03-03T22:00")
    stage = sqlite_stage_at(AFTERNOON, shifts=[first, second])
    ordered(stage, "t4")

    swept(stage, TONIGHT[0], "2026-03-03T19:29", "2026-03-03T19:30", "2026-03-03T19:31")

    assert told(stage) == [("t4", TOLD), ("t5", TOLD)]
    (task,) = handed_over(stage, "2026-03-03T22:00")
    assert handed_over(stage, "2026-03-03T19:30") == ()
    assert task.state is State.OPEN


def test_who_pauses_after_she_was_told_still_has_it(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(AFTERNOON)
    ordered(stage, "t4")
    swept(stage, TONIGHT[0])

    stage.text(T4, "PAUS 15")
    stage.sweep()

    assert [who for who, body in told(stage) if body == TOLD] == ["t4"]


def test_two_clocks_tell_everybody_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(AFTERNOON)
    numbers = [ordered(stage, "t4")[0] for _ in range(4)]
    stage.carrier.run_until(at(TONIGHT[0]))
    _both_sweep(stage)
    stage.carrier.run_until(at(TONIGHT[1]))
    _both_sweep(stage)

    assert told(stage).count(("t4", TOLD)) == len(numbers)
    assert told(stage).count(("t4", SOCIALJOUREN)) == len(numbers)
    undone = [who for who, body in heard(stage) if body == UNDONE]
    assert sorted(undone) == sorted(["t4", "t5", "t6"] * len(numbers))


def _both_sweep(stage: Stage) -> None:
    """Two processes, each with its own connections and client, sweep together."""
    other = assemble(stage.parts.settings, clock=stage.carrier.now)
    other.mirror.refresh()
    together = threading.Barrier(2)

    def run(parts: Parts) -> None:
        known = sweeps(parts, WiredCarrier(stage))
        for name in CLOCK * 2:
            together.wait(timeout=20)
            attempt(name, known[name][0])

    both = [threading.Thread(target=run, args=(parts,)) for parts in (stage.parts, other)]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=60)
    other.engine.dispose()
    stage.carrier.run()
