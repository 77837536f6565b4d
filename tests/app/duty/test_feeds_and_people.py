"""What people do about a rota that is kept elsewhere: accept, swap, take over, move it here."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.duty.read_feeds import FeedReader, read_feeds
from app.lab.variant import Variant
from app.store import drafts, feeds
from app.store import rota as stored_rota
from app.store.feeds import FeedState
from app.store.rota import Signed
from tests.app.cli.terminal import Terminal
from tests.app.conftest import StageAt
from tests.app.duty.fed import LOGIN, NOTICE, Fed, by_name, evenings, fed
from tests.app.texts.talk import reload_organisation, writes
from tests.app.world import T4, T5, rows
from tests.examples import EFTERVARD
from tests.rota_adapter.feed_server import Reply
from tests.rota_adapter.kept_elsewhere import calendar_of

FRIDAY = "2026-03-06"
EVENING, NOON = f"{FRIDAY}T19:00", f"{FRIDAY}T12:00"
GOOD = evenings(FRIDAY)
AHEAD = [s for n, s in enumerate(GOOD) if n != 20]  # silent about the 16th, position 1
HELD_UNTIL = "2026-03-16T19:00"


@pytest.fixture
def line(sqlite_stage_at: StageAt) -> Iterator[Fed]:
    with fed(sqlite_stage_at, EVENING, GOOD) as found:
        found.read()
        yield found


@pytest.fixture
def at_noon(sqlite_stage_at: StageAt) -> Iterator[Fed]:
    with fed(sqlite_stage_at, NOON, GOOD) as found:
        found.read()
        yield found


def accept(line: Fed) -> None:
    """A manager publishes the source's draft, as `beredskap rota publish` does."""
    (draft,) = line.drafts
    now = line.stage.parts.clock()
    with line.stage.parts.engine.begin() as connection:
        signed = Signed("m1", "as agreed", now)
        stored_rota.publish(connection, EFTERVARD, draft.shifts, signed, draft.span)
        drafts.discard(connection, EFTERVARD, draft.id)
        feeds.read_soon(connection, EFTERVARD, now)


def oncall(line: Fed, moment: str) -> dict[str, object]:
    """What `beredskap oncall` says of the rota at *moment*."""
    settings = line.stage.parts.settings
    terminal = Terminal.at(settings.database_url, settings.state_dir)
    answer = terminal.run("oncall", "--json", "--at", moment)
    assert answer.status == 0, answer.err
    found: dict[str, object] = json.loads(answer.out)["rota"]
    return {key: value for key, value in found.items() if key != "age_seconds"}


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply(calendar_of(GOOD, by_name)), "read"),
        (LOGIN, "away"),
        (Reply(calendar_of([])), "refused"),
        (Reply(calendar_of(AHEAD, by_name)), "held"),
    ],
    ids=["read", "away", "refused", "held"],
)
def test_oncall_says_how_it_stands_with_the_source(reply: Reply, state: str, line: Fed) -> None:
    line.answer(reply)
    line.read(minutes=1)

    assert oncall(line, f"{FRIDAY}T19:01") == {"source": "ics", "state": state}


def test_a_refused_rota_that_a_manager_publishes_is_in_force(line: Fed) -> None:
    line.keep(evenings(FRIDAY, therapist="t5")[1:])
    line.read(minutes=1)
    before = line.rung(), line.state

    accept(line)
    line.read()

    assert before == (["t4", "t1", "fallback"], FeedState.REFUSED)
    assert line.rung() == ["t1", "fallback"]  # nobody was named tonight, and that is meant
    assert line.state is FeedState.READ
    assert line.drafts == []
    assert "COVERS_LESS" not in line.rules
    line.until("2026-03-07T19:00")
    assert line.rung() == ["t5", "t1", "fallback"]


def test_an_empty_rota_too_may_be_meant(line: Fed) -> None:
    line.keep([])
    line.read(minutes=1)

    accept(line)
    line.read()

    assert line.rung() == ["fallback"]
    assert line.state is FeedState.READ


def test_a_hole_further_ahead_keeps_whoever_was_named_and_her_manager_is_told(
    at_noon: Fed,
) -> None:
    line = at_noon
    line.keep(AHEAD)

    line.read(minutes=1)

    assert line.state is FeedState.HELD
    (held,) = (one.finding for one in line.open_findings)
    assert (held.rule, held.therapist, held.starts_at) == ("HELD", "t4", GOOD[20].time.start)
    first = "Beredskapsschemat: 1 att åtgärda, först 16/3 17:00."
    assert line.notices["m2"] == [f"{first} Logga in: https://jour.example.se/"]
    assert line.notices["m1"] == []  # t4 is Järva's
    line.read(minutes=1)
    line.read(minutes=1)
    assert len(rows(line.stage.parts.engine, "rota_versions")) == 1
    assert len(line.notices["m2"]) == 1
    line.until(HELD_UNTIL)
    assert line.rung() == ["t4", "t1", "fallback"]


def test_what_is_held_is_let_go_when_the_calendar_names_somebody(at_noon: Fed) -> None:
    line = at_noon
    line.keep(AHEAD)
    line.read(minutes=1)

    line.keep([*AHEAD, replace(GOOD[20], therapist=evenings(FRIDAY, 1, "t5")[0].therapist)])
    line.read(minutes=1)

    assert (line.state, line.rules, line.drafts) == (FeedState.READ, [], [])
    line.until(HELD_UNTIL)
    assert line.rung() == ["t5", "t1", "fallback"]


def test_what_is_held_is_let_go_when_a_manager_says_so(at_noon: Fed) -> None:
    line = at_noon
    line.keep(AHEAD)
    line.read(minutes=1)

    accept(line)
    line.read()

    assert (line.state, line.drafts) == (FeedState.READ, [])
    assert "HELD" not in line.rules
    line.until(HELD_UNTIL)
    assert line.rung() == ["t1", "fallback"]


def test_a_duty_moved_away_while_it_goes_on_stays_and_is_told_of_once(
    sqlite_stage_at: StageAt,
) -> None:
    """Tonight's event is dragged to Sunday, where nobody was."""
    without_sunday = [s for n, s in enumerate(GOOD) if n != 4]
    with fed(sqlite_stage_at, EVENING, without_sunday) as line:
        line.read()
        before = line.notices
        line.keep(GOOD[1:])
        for _ in range(5):
            line.read(minutes=1)

        assert line.state is FeedState.REFUSED
        assert line.rung() == ["t4", "t1", "fallback"]
        assert len(rows(line.stage.parts.engine, "rota_versions")) == 1
        assert len(line.notices["m2"]) == len(before["m2"]) + 1


@pytest.mark.slow
def test_what_is_held_stays_when_its_day_comes_near(at_noon: Fed) -> None:
    line = at_noon
    line.keep(AHEAD)
    for day in range(7, 17):
        line.until(f"2026-03-{day:02}T12:00")
        line.read()

    line.until(HELD_UNTIL)
    line.read()

    assert line.rung() == ["t4", "t1", "fallback"]
    assert line.texted() == ["t4"]


@pytest.mark.slow
def test_a_far_edge_that_moves_with_the_clock_makes_no_new_versions(
    sqlite_stage_at: StageAt,
) -> None:
    """A calendar that goes on for ever is read as far as some hour; that hour is not news."""
    with fed(sqlite_stage_at, NOON, evenings(FRIDAY, 140)) as line:
        for _ in range(10):
            line.read(minutes=29)

        assert len(rows(line.stage.parts.engine, "rota_versions")) == 1
        line.until("2026-03-07T17:00")
        line.read()
        assert len(rows(line.stage.parts.engine, "rota_versions")) == 2  # one more day is seen


def test_a_duty_taken_over_stays_taken_over_whatever_is_read_later(line: Fed) -> None:
    writes(line.stage, T5, "TAR")
    writes(line.stage, T4, "JA")
    found = [line.rung()]

    line.read(minutes=1)
    found.append(line.rung())
    line.keep(evenings(FRIDAY, backup="t2"))
    line.read(minutes=1)
    found.append(line.rung())
    line.answer(LOGIN)
    line.read(minutes=1)
    found.append(line.rung())

    assert found == [["t5", who, "fallback"] for who in ("t1", "t1", "t2", "t2")]
    line.until("2026-03-07T19:00")
    assert line.rung() == ["t4", "t2", "fallback"]


def test_a_line_whose_rota_is_moved_here_is_read_and_told_of_no_more(line: Fed) -> None:
    line.answer(LOGIN)
    line.read(minutes=1)
    told = line.notices

    reload_organisation(line.stage, _kept_here(line))
    line.read(minutes=1)
    for _ in range(3):
        line.read(minutes=24 * 60)

    assert line.state is None
    assert (line.rules, line.drafts) == ([], [])
    assert line.notices == told == {"m1": [NOTICE], "m2": [NOTICE]}
    assert line.rung() == ["t4", "t1", "fallback"]


def _kept_here(line: Fed) -> str:
    path = line.stage.parts.settings.state_dir / "organisation.toml"
    written = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(row for row in written if not row.startswith("rota = "))


_POSTGRES = pytest.param(("postgres", Variant.A), id="postgres", marks=pytest.mark.postgres)


@pytest.mark.parametrize("engine_stage_at", [_POSTGRES], indirect=True)
def test_a_draft_that_is_published_while_a_reading_is_taken_is_not_undone(
    engine_stage_at: StageAt,
) -> None:
    """SQLite lets one at a time write, and so has no such moment."""
    with fed(engine_stage_at, NOON, GOOD) as line:
        line.read()
        line.keep(AHEAD)
        line.read(minutes=1)
        line.wait(1)
        parts, organisation = line.stage.parts, line.stage.organisation
        now, (draft,) = parts.clock(), line.drafts
        reading = threading.Thread(
            target=lambda: read_feeds(FeedReader(parts.engine, parts.clock), organisation, now)
        )
        with parts.engine.begin() as connection:
            signed = Signed("m1", "as agreed", now)
            stored_rota.publish(connection, EFTERVARD, draft.shifts, signed, draft.span)
            reading.start()
            _wait_for_somebody_who_waits(parts.engine)
        reading.join(30)

        assert line.state is FeedState.READ
        line.until(HELD_UNTIL)
        assert line.rung() == ["t1", "fallback"]


def _wait_for_somebody_who_waits(engine: sa.Engine) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    pause = threading.Event()
    for _ in range(150):
        with engine.connect() as connection:
            if connection.scalar(waiting):
                return
        pause.wait(0.01)
    pytest.fail("nobody waits for the lock")
