"""Readings at odd moments: two clocks, no database, a call meanwhile; and no secrets anywhere."""

import io
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import assemble
from app.duty.read_feeds import FeedReader, read_feeds
from app.log import configure_logging
from app.store.feeds import FeedState
from app.store.tables import feeds, metadata
from tests.app.conftest import StageAt
from tests.app.duty.fed import FOLDER, LOGIN, PASSWORD, SLOW, Fed, by_name, evenings, fed
from tests.app.world import NOWHERE, rows, tried
from tests.app.world import YOUTH as CALLER
from tests.examples import EFTERVARD, at, shift
from tests.rota_adapter.feed_server import Reply
from tests.rota_adapter.kept_elsewhere import calendar_of

FRIDAY = "2026-03-06"
EVENING, NOON = f"{FRIDAY}T19:00", f"{FRIDAY}T12:00"
GOOD = evenings(FRIDAY)
AHEAD = [s for n, s in enumerate(GOOD) if n != 20]  # silent about the 16th, position 1


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


def test_of_two_clocks_one_reads(engine_stage_at: StageAt) -> None:
    with fed(engine_stage_at, EVENING, GOOD) as line:
        together = threading.Barrier(2)
        counts: list[int] = []

        def run() -> None:
            parts = assemble(line.stage.parts.settings, clock=line.stage.carrier.now)
            reader = FeedReader(parts.engine, parts.clock)
            together.wait(timeout=20)
            counts.append(read_feeds(reader, line.stage.organisation, parts.clock()))
            parts.engine.dispose()

        both = [threading.Thread(target=run) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join(timeout=60)

        assert sorted(counts) == [0, 1]
        assert len(line.server.seen) == 1
        assert line.rung() == ["t4", "t1", "fallback"]


def test_a_process_that_starts_without_a_database_goes_by_what_was_read(at_noon: Fed) -> None:
    line = at_noon
    line.stage.parts.mirror.refresh()  # and keeps it on disk
    line.switch_off()
    settings = replace(line.stage.parts.settings, database_url=NOWHERE)
    later = at("2026-03-07T19:00")

    cold = assemble(settings, clock=lambda: later)
    cold.mirror.refresh()

    rota = cold.mirror.picture.rotas[EFTERVARD]
    assert cold.mirror.degraded
    assert (rota.source, rota.read_at) == ("ics", at(NOON))
    assert [s.therapist for s in rota.on_call(later)] == ["t4", "t1"]
    assert rota.shifts == tuple(sorted(GOOD))


@pytest.mark.slow
def test_nothing_says_where_the_calendar_is(line: Fed, log: io.StringIO, tmp_path: Path) -> None:
    told = io.StringIO()
    configure_logging(as_json=True, to=told, level=logging.DEBUG)
    odd = Reply(b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n" + LOGIN.body, raw=b"\x00\xff\r\n\r\n")
    for reply in (
        Reply(status=500),
        Reply(status=401),
        Reply(hangs=True),
        Reply(status=302, headers={"Location": f"http://10.0.0.1/{FOLDER}"}),
        Reply(status=302, headers={"Location": f"/{FOLDER}/again"}),
        Reply(calendar_of(GOOD, lambda _: f"{FOLDER} {PASSWORD}")),
        LOGIN,
        odd,
        Reply(calendar_of([])),
        Reply(calendar_of(AHEAD, by_name)),
    ):
        line.answer(reply)
        line.read(minutes=1, seconds=SLOW)
        line.read(minutes=31, seconds=SLOW)
    line.switch_off()
    line.read(minutes=1)
    line.read(minutes=31)

    engine = line.stage.parts.engine
    kept = {name: rows(engine, name) for name in metadata.tables if name != "organisations"}
    said = [f"{message.body} {message.to}" for message in line.stage.carrier.messages]
    everything = f"{log.getvalue()} {told.getvalue()} {kept} {said}"
    assert "rota.source_away" in everything
    assert "UNKNOWN_NAME" in everything
    for secret in (PASSWORD, FOLDER, "s3cret", "127.0.0.1", str(line.server.port)):
        assert secret not in everything


def test_a_source_of_another_kind_is_read_at_once(line: Fed) -> None:
    assert line.read() == 0, "it has just been read"

    with line.stage.parts.engine.begin() as connection:
        connection.execute(feeds.update().values(source="csv"))

    assert (line.read(), line.read()) == (1, 0)


def test_calls_while_a_reading_hangs_wait_for_nothing(line: Fed) -> None:
    """The clock is in the middle of a reading when somebody calls and somebody writes."""
    asked, go_on = threading.Event(), threading.Event()

    def hang(_: object) -> Reply:
        asked.set()
        go_on.wait(20)
        return LOGIN

    line.answer(hang)
    line.wait(1)
    parts = line.stage.parts
    now, organisation = parts.clock(), line.stage.organisation
    reader = FeedReader(parts.engine, parts.clock)
    reading = threading.Thread(target=lambda: read_feeds(reader, organisation, now))
    reading.start()
    try:
        assert asked.wait(20)
        rung, texted = tried(line.stage.call(CALLER, default="no answer")), line.texted()
    finally:
        go_on.set()
        reading.join(30)

    assert rung == ["t4", "t1", "fallback"]
    assert texted == ["t4"]
    assert line.state is FeedState.AWAY


def test_the_next_shift_s_therapist_is_rung_at_the_hand_over(sqlite_stage_at: StageAt) -> None:
    night = [
        shift("t4", f"{FRIDAY}T17:00", f"{FRIDAY}T20:00"),
        shift("t5", f"{FRIDAY}T20:00", f"{FRIDAY}T22:00"),
    ]
    with fed(sqlite_stage_at, f"{FRIDAY}T19:58", night) as line:
        line.read()
        line.answer(LOGIN)
        line.read(minutes=1)
        before = line.rung()[0]
        line.until(f"{FRIDAY}T20:05")

        assert (before, line.rung()[0]) == ("t4", "t5")
