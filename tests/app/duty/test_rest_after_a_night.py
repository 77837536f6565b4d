"""From a late call to the text that says when to begin in the morning."""

from collections.abc import Mapping

import pytest

from app.demo.stage import Stage
from tests.app.conftest import StageAt
from tests.app.texts.talk import read_by
from tests.app.world import T1, T4, YOUTH, changed, rows
from tests.examples import at, shift

# The line is open all night, so that a call can come at two.
ALL_NIGHT = changed(('from = "17:00", to = "22:00"', 'from = "17:00", to = "08:00"'))
NIGHT = [
    shift("t4", "2026-03-03T17:00", "2026-03-04T08:00", 1),
    shift("t1", "2026-03-03T17:00", "2026-03-04T08:00", 2),
]
ADVICE = "Din dygnsvila blev avbruten. Börja arbeta tidigast {}. Du har {} vila att ta igen."


def swept(stage: Stage, *moments: str) -> None:
    """The clock sweeps at each moment."""
    for moment in moments:
        stage.carrier.run_until(max(at(moment), stage.carrier.now()))
        stage.sweep(("rest.advise", "rest.review", "outbox.send"))


def called(stage: Stage, seconds: int) -> None:
    """A call that t4 takes, and that lasts so long from when she has pressed 1."""
    stage.call(YOUTH, phones={"t4": f"answer 5, press 1 after 5, talk {seconds}"})


def about_rest(stage: Stage, number: str) -> list[str]:
    return [body for body in read_by(stage, number) if "dygnsvila" in body]


def test_after_a_call_at_two_she_is_told_when_to_begin(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at("2026-03-04T02:00", shifts=NIGHT, toml=ALL_NIGHT)
    called(stage, 90 * 60 - 30)

    swept(stage, "2026-03-04T03:35")
    assert about_rest(stage, T4) == []  # she may be called again at once

    swept(stage, "2026-03-04T03:45", "2026-03-04T03:46", "2026-03-04T07:30")

    assert about_rest(stage, T4) == [ADVICE.format("4/3 14:30", "2 h 00 min")]
    assert about_rest(stage, T1) == []
    owed, early = watched(stage)
    assert (owed["rule"], owed["therapist"], owed["severity"]) == ("R3", "t4", "warning")
    assert "t4 is owed 2 h of daily rest" in str(owed["message"])
    assert (early["rule"], early["severity"]) == ("R4", "info")
    assert early["remedy"] == "let t4 begin at Wed 2026-03-04 14:30"


def test_what_is_owed_is_seen_until_it_has_been_given_back(sqlite_stage_at: StageAt) -> None:
    """Thirteen hours are owed with the next night, which has fifteen."""
    stage = sqlite_stage_at("2026-03-04T02:00", shifts=NIGHT, toml=ALL_NIGHT)
    called(stage, 90 * 60 - 30)
    swept(stage, "2026-03-04T06:00")
    assert [row["severity"] for row in watched(stage) if row["rule"] == "R3"] == ["warning"]

    swept(stage, "2026-03-05T05:59")
    assert [row["rule"] for row in watched(stage)] == ["R3"]
    swept(stage, "2026-03-05T06:01")  # thirteen hours after 17 the day before
    assert watched(stage) == []


def watched(stage: Stage) -> list[Mapping[str, object]]:
    """What is open about somebody's rest, by rule."""
    found = [
        row
        for row in rows(stage.parts.engine, "watched")
        if row["scope"] == "rest" and row["closed_at"] is None
    ]
    return sorted(found, key=lambda row: str(row["rule"]))


def test_a_later_call_makes_it_later_and_is_told_of_too(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2026-03-04T02:00", shifts=NIGHT, toml=ALL_NIGHT)
    called(stage, 30 * 60 - 30)
    swept(stage, "2026-03-04T03:00")
    stage.carrier.run_until(at("2026-03-04T05:00"))
    called(stage, 10 * 60 - 30)

    swept(stage, "2026-03-04T05:30")

    assert [body.split(".")[1] for body in about_rest(stage, T4)] == [
        " Börja arbeta tidigast 4/3 13:30",
        " Börja arbeta tidigast 4/3 16:10",
    ]


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [("2026-03-03T20:00", 45 * 60), ("2026-03-07T02:00", 45 * 60)],
    ids=["an early call leaves eleven hours", "the day after is free"],
)
def test_where_nothing_must_begin_later_nobody_is_told(
    moment: str, seconds: int, sqlite_stage_at: StageAt
) -> None:
    friday = shift("t4", "2026-03-06T17:00", "2026-03-07T08:00", 1)
    weekend = ALL_NIGHT.replace('from = "10:00", to = "22:00"', 'from = "00:00", to = "00:00"')
    stage = sqlite_stage_at(moment, shifts=[*NIGHT, friday], toml=weekend)
    called(stage, seconds)

    day = moment[:10]
    swept(stage, f"{day}T21:30", f"{day}T23:30")

    assert about_rest(stage, T4) == []
