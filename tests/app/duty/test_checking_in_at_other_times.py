"""Check-ins when the rota changes, the line has other times, or the clocks change."""

from datetime import UTC, timedelta

import pytest

from app.demo.stage import Stage
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import (
    CLOCK,
    M2,
    NOTICE,
    QUESTION,
    WARNING,
    WITH_MANAGERS,
    at_time,
    calls,
    confirmed,
    every,
    manned,
    opened,
    texts,
    with_check_in,
)
from tests.app.texts.talk import (
    WiredCarrier,
    read_by,
    reload_organisation,
    sweep_by_wire,
    take_over_at,
)
from tests.app.world import LINE, T1, T4, T5, YOUTH, publish, rows, tried
from tests.app.world import reached as talked_with
from tests.examples import at, shift

EARLY, ASK, CALL, TELL = (f"2026-03-03T{clock}" for clock in ("14:58", "15:00", "16:15", "16:40"))
BEGINS = "2026-03-03T17:00"
PRESSES_1 = "answer 3, press 1 after 3"
STEPS = ("check_in.ask", "rota.watch", "outbox.send")


@pytest.fixture
def stage(sqlite_stage_at: StageAt) -> Stage:
    """Two minutes before t4 and t1 are asked; t1 confirms by key, t4 does not pick up."""
    made = sqlite_stage_at(EARLY, shifts=manned(), toml=WITH_MANAGERS)
    made.carrier.set_phones({T1: PRESSES_1})
    return made


def test_a_duty_published_half_an_hour_before(sqlite_stage_at: StageAt) -> None:
    rest = manned("2026-03-04T00:00")
    stage = sqlite_stage_at("2026-03-03T16:20", shifts=rest, toml=WITH_MANAGERS)
    stage.carrier.set_phones({T1: PRESSES_1})
    at_time(stage, "2026-03-03T16:25", sweeps=STEPS[:1])
    publish(stage.parts.engine, manned("2026-03-03T00:00", "2026-03-04T00:00"))

    at_time(stage, "2026-03-03T16:30")
    assert len(texts(stage, T4, QUESTION)) == 1
    at_time(stage, "2026-03-03T16:39:30")
    assert calls(stage, T4) == 0
    at_time(stage, "2026-03-03T16:40:15")
    assert calls(stage, T4) == 1
    at_time(stage, "2026-03-03T16:41")
    assert texts(stage, T1, WARNING) == []
    at_time(stage, "2026-03-03T16:43")
    assert len(texts(stage, T1, WARNING)) == 1


def test_who_no_longer_has_the_duty_is_left_alone_and_who_has_it_is_asked(stage: Stage) -> None:
    at_time(stage, ASK)
    take_over_at(stage, BEGINS, "t5", "t1", "2026-03-03T22:00")
    stage.carrier.set_phones({T1: PRESSES_1, T5: PRESSES_1})

    at_time(stage, "2026-03-03T15:31", CALL, TELL)

    assert calls(stage, T4) == 0
    assert len(texts(stage, T5, QUESTION)) == 1
    assert confirmed(stage) == {"t5": "call", "t1": "call"}
    assert opened(stage) == []


def test_a_silent_therapist_who_is_replaced_is_off_the_list(stage: Stage) -> None:
    at_time(stage, ASK, CALL, TELL)
    assert opened(stage) == [("CHECK_IN", "t4")]

    take_over_at(stage, BEGINS, "t5", "t1", "2026-03-03T22:00")
    at_time(stage, "2026-03-03T16:45")

    assert opened(stage) == []


def test_a_line_without_check_in_asks_nobody(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EARLY, shifts=manned(), toml=with_check_in("false"))

    every(stage, timedelta(minutes=15), "2026-03-03T17:15")

    assert stage.carrier.messages == []
    assert rows(stage.parts.engine, "check_ins") == []
    assert calls(stage, T4) == calls(stage, T1) == 0


def test_what_was_open_is_closed_when_a_line_s_check_in_is_switched_off(stage: Stage) -> None:
    at_time(stage, ASK, CALL, TELL)

    reload_organisation(stage, with_check_in("false"))
    at_time(stage, "2026-03-03T16:45", BEGINS)

    assert opened(stage) == []
    assert len(texts(stage, M2, NOTICE)) == 1


def test_a_line_s_own_times_are_kept(sqlite_stage_at: StageAt) -> None:
    own = with_check_in('{ ask = "3h", call = "1h", tell = "30m" }')
    stage = sqlite_stage_at("2026-03-03T13:50", shifts=manned(), toml=own)
    stage.carrier.set_phones({T1: PRESSES_1})

    at_time(stage, "2026-03-03T13:59")
    assert read_by(stage, T4) == []
    at_time(stage, "2026-03-03T14:00", "2026-03-03T15:59")
    assert (len(texts(stage, T4, QUESTION)), calls(stage, T4)) == (1, 0)
    at_time(stage, "2026-03-03T16:00", "2026-03-03T16:29")
    assert (calls(stage, T4), texts(stage, T1, WARNING)) == (1, [])
    at_time(stage, "2026-03-03T16:30")
    assert (len(texts(stage, T1, WARNING)), len(texts(stage, M2, NOTICE))) == (1, 1)


@pytest.mark.parametrize(
    ("begins", "ends", "asked_at", "called_at", "shown"),
    [
        # Clocks go forward at two: one o'clock is two hours before four.
        (
            "2026-03-29T04:00",
            "2026-03-29T10:00",
            "2026-03-29T01:00",
            "2026-03-29T03:15",
            "29/3 04:00",
        ),
        # Clocks go back at three: half past two in summer time is two hours before half past three.
        (
            "2026-10-25T03:30",
            "2026-10-25T10:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:45+01:00",
            "25/10 03:30",
        ),
    ],
)
def test_hours_are_elapsed_hours_when_the_clocks_change(
    begins: str, ends: str, asked_at: str, called_at: str, shown: str, sqlite_stage_at: StageAt
) -> None:
    day = begins[:10]
    stage = sqlite_stage_at(f"{day}T00:30", shifts=[shift("t4", begins, ends)])
    stage.carrier.set_phones({T4: PRESSES_1})

    _just_before_and_at(stage, asked_at)
    assert texts(stage, T4, QUESTION) == [f"Du har jouren från {shown}. Svara JA för att bekräfta."]
    assert calls(stage, T4) == 0
    _just_before_and_at(stage, called_at)
    assert confirmed(stage) == {"t4": "call"}


def _just_before_and_at(stage: Stage, moment: str) -> None:
    before = (texts(stage, T4, QUESTION), calls(stage, T4))
    at_time(stage, (at(moment).astimezone(UTC) - timedelta(seconds=1)).isoformat())
    assert (texts(stage, T4, QUESTION), calls(stage, T4)) == before
    at_time(stage, moment)


def test_calls_to_the_line_go_as_ever_while_somebody_is_called_about_her_duty(
    sqlite_stage_at: StageAt,
) -> None:
    saturday = [
        shift("t5", "2026-03-07T10:00", "2026-03-07T17:00"),
        shift("t4", "2026-03-07T17:00", "2026-03-07T22:00"),
    ]
    stage = sqlite_stage_at("2026-03-07T14:58", shifts=saturday)
    stage.carrier.set_phones({T4: "answer 3, press 1 after 8"})
    at_time(stage, "2026-03-07T15:00")
    at_time(stage, "2026-03-07T16:15", sweeps=())
    sweep_by_wire(stage, WiredCarrier(stage), *CLOCK)

    answers = "answer 4, press 1 after 3, talk 60"
    call = stage.carrier.begin_call(YOUTH, phones={T5: answers}, to=LINE)
    stage.carrier.run()

    assert (tried(call), talked_with(call)) == (["t5"], "t5")
    assert confirmed(stage) == {"t4": "call"}
