"""A rota that is kept elsewhere: whatever becomes of it, calls ring whom they rang before."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.store.feeds import FeedState
from tests.app.conftest import StageAt
from tests.app.duty.fed import LOGIN, NOTICE, PATH, SLOW, Fed, by_name, evenings, fed
from tests.app.world import rows
from tests.examples import at, shift
from tests.rota_adapter.feed_server import Reply
from tests.rota_adapter.kept_elsewhere import calendar_of

FRIDAY = "2026-03-06"
EVENING = f"{FRIDAY}T19:00"
GOOD = evenings(FRIDAY)
CALENDAR = calendar_of(GOOD, by_name)
TONIGHT = GOOD[0]
BOTH_TOLD = {"m1": [NOTICE], "m2": [NOTICE]}
TWO = "2 att åtgärda, först 6/3 17:00"  # which name, and that all is refused for it
NOBODY_TOLD: dict[str, list[str]] = {"m1": [], "m2": []}


@pytest.fixture
def line(sqlite_stage_at: StageAt) -> Iterator[Fed]:
    """Friday at seven in the evening: the calendar names Daniel (t4), and has just been read."""
    with fed(sqlite_stage_at, EVENING, GOOD) as found:
        found.read()
        yield found


def test_the_clock_s_sweep_reads_the_calendar_and_calls_go_by_it(engine_stage_at: StageAt) -> None:
    with fed(engine_stage_at, EVENING, GOOD) as found:
        before = found.rung()
        found.stage.sweep(("rota.read",))

        assert before == ["fallback"]
        assert found.rung() == ["t4", "t1", "fallback"]
        assert found.texted() == ["t4"]
        assert found.state is FeedState.READ
        assert (found.rules, found.drafts) == ([], [])
        (version,) = rows(found.stage.parts.engine, "rota_versions")
        assert (version["author"], version["note"]) == ("ics", "read from its source")


def test_a_change_in_the_calendar_is_gone_by_when_it_has_been_read(line: Fed) -> None:
    line.keep(evenings(FRIDAY, therapist="t5"))
    before = line.rung()

    line.read(minutes=1)

    assert before == ["t4", "t1", "fallback"]
    assert line.rung() == ["t5", "t1", "fallback"]
    assert line.state is FeedState.READ


def test_a_calendar_is_asked_no_oftener_than_it_is_to_be(line: Fed) -> None:
    read = [line.read(minutes=minutes) for minutes in (0, 0.5, 0.5, 0.9, 0.1)]

    assert read == [0, 0, 1, 0, 1]
    assert [seen.path for seen in line.server.seen] == [PATH] * 3


@dataclass(frozen=True)
class Fault:
    """What comes instead of the calendar, and what is said of it, at once or after a while."""

    reply: Reply
    state: FeedState
    rule: str
    at_once: bool = True
    seconds: float = 5
    notice: str = NOTICE

    @property
    def told(self) -> dict[str, list[str]]:
        return {"m1": [self.notice], "m2": [self.notice]}


AWAY, REFUSED = FeedState.AWAY, FeedState.REFUSED
FAULTS = {
    "500": Fault(Reply(status=500), AWAY, "SOURCE_AWAY", at_once=False),
    "401": Fault(Reply(status=401), AWAY, "SOURCE_AWAY", at_once=False),
    "hangs": Fault(Reply(hangs=True), AWAY, "SOURCE_AWAY", at_once=False, seconds=SLOW),
    "drips": Fault(Reply(CALENDAR, drip=0.02), AWAY, "SOURCE_AWAY", at_once=False, seconds=SLOW),
    "breaks off": Fault(Reply(CALENDAR, cut=999), AWAY, "SOURCE_AWAY", at_once=False),
    "redirects elsewhere": Fault(
        Reply(status=302, headers={"Location": "http://10.0.0.1/"}),
        AWAY, "SOURCE_AWAY", at_once=False,
    ),
    "a page to log in on": Fault(LOGIN, AWAY, "NOT_A_CALENDAR"),
    "nothing at all": Fault(Reply(b""), AWAY, "NOT_A_CALENDAR"),
    "cut in the middle": Fault(Reply(CALENDAR[: len(CALENDAR) // 2]), AWAY, "TRUNCATED"),
    "cut before its last line": Fault(Reply(CALENDAR[:-15]), AWAY, "TRUNCATED"),
    "no events": Fault(Reply(calendar_of([])), REFUSED, "NO_SHIFTS"),
    "only the past": Fault(
        Reply(calendar_of([shift("t5", "2026-03-01T17:00", "2026-03-01T22:00")])),
        REFUSED, "NO_SHIFTS",
    ),
    "lacks tonight": Fault(Reply(calendar_of(GOOD[1:], by_name)), REFUSED, "COVERS_LESS"),
    "lacks tomorrow's backup": Fault(
        Reply(calendar_of([*GOOD[:3], *GOOD[4:]], by_name)), REFUSED, "COVERS_LESS"
    ),
    "lacks half": Fault(Reply(calendar_of(GOOD[:20], by_name)), REFUSED, "SHIFTS_GONE"),
    "names somebody unknown": Fault(
        Reply(calendar_of(GOOD, lambda s: "Okänd" if s == TONIGHT else by_name(s))),
        REFUSED, "UNKNOWN_PEOPLE", notice=NOTICE.replace("1 att åtgärda", TWO),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_comes_instead_callers_reach_who_they_reached_and_managers_are_told(
    fault: Fault, line: Fed
) -> None:
    line.answer(fault.reply)
    line.read(minutes=1, seconds=fault.seconds)

    # Calls and texts at that moment.
    assert line.rung() == ["t4", "t1", "fallback"]
    assert line.texted() == ["t4"]
    assert line.state is fault.state
    # Managers: of nonsense at once, of silence when it has lasted.
    assert (fault.rule in line.rules) is fault.at_once
    assert line.notices == (fault.told if fault.at_once else NOBODY_TOLD)
    line.read(minutes=31, seconds=fault.seconds)
    assert fault.rule in line.rules
    assert line.notices == fault.told
    assert line.rung() == ["t4", "t1", "fallback"]

    # And it is over when the calendar is good again.
    line.keep(GOOD)
    line.read(minutes=1)
    assert (line.state, line.rules, line.drafts) == (FeedState.READ, [], [])
    assert line.rung() == ["t4", "t1", "fallback"]
    assert line.notices == fault.told


def test_a_server_that_is_gone_changes_nothing_for_callers(line: Fed) -> None:
    line.switch_off()
    states = []

    for minutes in (1, 15, 20):
        line.read(minutes=minutes)
        states.append((line.state, line.rung(), line.rules))

    rung = ["t4", "t1", "fallback"]
    assert states == [(AWAY, rung, []), (AWAY, rung, []), (AWAY, rung, ["SOURCE_AWAY"])]
    assert line.texted() == ["t4"]
    assert line.notices == BOTH_TOLD


def test_the_next_evenings_are_still_known_when_the_server_stays_away(line: Fed) -> None:
    line.switch_off()

    for day in range(7, 14):
        line.until(f"2026-03-{day:02}T19:00")
        line.read()
        assert line.rung() == ["t4", "t1", "fallback"]
    # Managers are reminded once a day, in the daytime, for as long as it lasts.
    assert 1 <= len(line.notices["m1"]) <= 7


def test_a_refusal_says_what_is_wrong_and_keeps_what_came_as_a_draft(line: Fed) -> None:
    line.answer(FAULTS["lacks tonight"].reply)

    line.read(minutes=1)

    (draft,) = line.drafts
    assert draft.shifts == tuple(sorted(GOOD[1:]))
    assert (draft.signed.author, draft.signed.note) == (
        "ics",
        "the source as it stands: refused",
    )
    (status,) = rows(line.stage.parts.engine, "feeds")
    assert "covers less of the next 48 hours in position 1" in str(status["reason"])
    assert status["read_at"] == at(EVENING)


def test_a_draft_stays_the_same_while_the_source_says_the_same(line: Fed) -> None:
    line.answer(FAULTS["lacks tonight"].reply)
    line.read(minutes=1)
    (before,) = line.drafts

    for _ in range(3):
        line.read(minutes=1)

    assert line.drafts == [before]
    assert line.notices == BOTH_TOLD


def test_what_was_never_read_rings_the_fallback_at_once(engine_stage_at: StageAt) -> None:
    with fed(engine_stage_at, EVENING, None) as found:
        found.read()

        assert found.rung() == ["fallback"]
        assert found.state is FeedState.AWAY
        found.read(minutes=31)
        # The gap itself is told of too.
        assert "SOURCE_AWAY" in found.rules
        assert set(found.rules) > {"SOURCE_AWAY"}
        assert found.notices["m1"]


def test_where_nothing_is_in_use_part_of_a_rota_is_better_than_none(
    sqlite_stage_at: StageAt,
) -> None:
    odd = calendar_of(GOOD, lambda s: "Okänd" if s == GOOD[2] else by_name(s))
    with fed(sqlite_stage_at, EVENING, GOOD) as found:
        found.answer(Reply(odd))
        found.read()

        assert found.rung() == ["t4", "t1", "fallback"]
        assert found.state is FeedState.READ
        assert "UNKNOWN_NAME" in found.rules
