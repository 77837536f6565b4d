"""A line that calls itself: the clock at chosen moments, and what came of it."""

from collections.abc import Mapping
from datetime import timedelta

from app.clock import attempt
from app.demo.stage import Stage
from app.sweeps import sweeps
from tests.app.duty.before_duty import at_time
from tests.app.texts.talk import WiredCarrier
from tests.app.world import rows

CLOCK = ("canary.call", "outbox.send")
BEFORE, DUE = "2026-03-03T15:29:50", "2026-03-03T15:30"
FAILED, WELL = "kom inte fram", "kommer fram igen"
# The second try, and then the webhooks, twice where they do not answer.
_A_WHOLE_ONE = timedelta(minutes=9)
_ROUND = timedelta(seconds=15)


def play(stage: Stage, lasts: timedelta = _A_WHOLE_ONE) -> None:
    """The clock's rounds until a canary is over and told of; calls take their time meanwhile."""
    carrier, ends = WiredCarrier(stage), stage.carrier.now() + lasts
    known = sweeps(stage.parts, carrier, post=stage.ask_ourselves)
    begun = False
    while stage.carrier.now() < ends:
        for name in CLOCK:
            attempt(name, known[name][0])
        stage.carrier.run_until(stage.carrier.now() + _ROUND)
        goes_on = any(row["over_at"] is None for row in kept(stage))
        if begun and not goes_on:
            break
        begun = begun or goes_on
    stage.carrier.run()


def play_at(stage: Stage, moment: str) -> Mapping[str, object]:
    """One whole canary from a wall time on; what came of it."""
    at_time(stage, moment, sweeps=())
    play(stage)
    return kept(stage)[-1]


def kept(stage: Stage) -> list[Mapping[str, object]]:
    """All of them, in the order in which they were due."""
    return sorted(rows(stage.parts.engine, "canaries"), key=lambda row: str(row["due_at"]))


def outcomes(stage: Stage) -> list[tuple[object, object]]:
    return [(row["outcome"], row["fault"]) for row in kept(stage)]


def calls_made(stage: Stage) -> int:
    """How often the carrier was asked for a call and took it."""
    return sum(leg.direction == "outbound-api" for leg in stage.carrier.legs)


def rung(stage: Stage) -> list[str]:
    """The telephones that a Dial has rung."""
    return [leg.to for leg in stage.carrier.legs if leg.direction == "outbound-dial"]
