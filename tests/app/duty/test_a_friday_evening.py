"""Minute by minute: the calendar turns into a page to log in on, on a Friday at 18:00."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from app.sweeps import sweeps
from tests.app.conftest import StageAt
from tests.app.duty.fed import LOGIN, Fed, evenings, fed
from tests.app.texts.talk import WiredCarrier
from tests.examples import STOCKHOLM, at

FRIDAY, SATURDAY, SUNDAY = "2026-03-06", "2026-03-07", "2026-03-08"
CALLS = (
    f"{FRIDAY}T17:30",
    f"{FRIDAY}T18:05",
    f"{FRIDAY}T20:00",
    f"{FRIDAY}T21:59",
    f"{SATURDAY}T19:00",
)
MINUTE = timedelta(minutes=1)
SWEEPS = ("rota.read", "rota.watch", "outbox.send")
RUNG = "a call rings t4, t1, fallback"


@dataclass
class Evening:
    """Every minute the clock sweeps; at some somebody calls.  What happened is in *said*."""

    line: Fed
    said: list[str] = field(default_factory=list)
    _state: str = ""
    _told: int = 0

    def __post_init__(self) -> None:
        self._sweeps = sweeps(self.line.stage.parts, WiredCarrier(self.line.stage))

    def play(self, start: str, end: str, step: timedelta = MINUTE) -> None:
        """From *start* to *end*, whatever calls last."""
        minute = at(start)
        while minute < at(end):
            self.line.stage.carrier.run_until(max(minute, self.line.stage.carrier.now()))
            for name in SWEEPS:
                self._sweeps[name][0]()
            self._look(minute)
            if minute in {at(moment) for moment in CALLS}:
                self._note(minute, f"a call rings {', '.join(self.line.rung())}")
            minute += step

    def note(self, moment: str, words: str) -> None:
        self._note(at(moment), words)

    def _look(self, minute: datetime) -> None:
        rules = ", ".join(self.line.rules)
        state = f"{self.line.state}, {f'open: {rules}' if rules else 'nothing open'}"
        if state != self._state:
            self._note(minute, state)
        told = sum(map(len, self.line.notices.values()))
        if told > self._told:
            self._note(minute, f"{told - self._told} managers told")
        self._state, self._told = state, told

    def _note(self, minute: datetime, words: str) -> None:
        self.said.append(f"{minute.astimezone(STOCKHOLM):%a %H:%M} {words}")


@pytest.fixture
def evening(sqlite_stage_at: StageAt) -> Iterator[Evening]:
    with fed(sqlite_stage_at, f"{FRIDAY}T17:20", evenings(FRIDAY)) as line:
        yield Evening(line)


@pytest.mark.slow
def test_a_friday_evening_on_which_the_calendar_turns_into_a_page_to_log_in_on(
    evening: Evening,
) -> None:
    evening.play(f"{FRIDAY}T17:20", f"{FRIDAY}T18:00")
    evening.line.answer(LOGIN)
    evening.note(f"{FRIDAY}T18:00", "the calendar is a page to log in on")
    evening.play(f"{FRIDAY}T18:00", f"{FRIDAY}T18:10")
    evening.play(f"{FRIDAY}T18:10", f"{FRIDAY}T21:55", 5 * MINUTE)
    evening.play(f"{FRIDAY}T21:55", f"{FRIDAY}T22:10")
    # The night and the next day, at the hours when somebody might be reminded.
    for hour in (2, 8, 12, 17):
        evening.play(f"{SATURDAY}T{hour:02}:00", f"{SATURDAY}T{hour:02}:02")
    evening.play(f"{SATURDAY}T18:55", f"{SATURDAY}T19:05")
    evening.play(f"{SUNDAY}T07:58", f"{SUNDAY}T08:02")
    evening.line.keep(evenings(FRIDAY))
    evening.note(f"{SUNDAY}T09:00", "the calendar is good again")
    evening.play(f"{SUNDAY}T09:00", f"{SUNDAY}T09:05")

    assert evening.said == [
        "Fri 17:20 read, nothing open",
        f"Fri 17:30 {RUNG}",
        "Fri 18:00 the calendar is a page to log in on",
        "Fri 18:00 away, open: NOT_A_CALENDAR",
        "Fri 18:00 2 managers told",
        f"Fri 18:05 {RUNG}",
        f"Fri 20:00 {RUNG}",
        f"Fri 21:59 {RUNG}",
        f"Sat 19:00 {RUNG}",
        "Sun 08:00 2 managers told",
        "Sun 09:00 the calendar is good again",
        "Sun 09:00 read, nothing open",
    ]
