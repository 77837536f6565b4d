"""What is counted, and what it costs: nothing on a caller's way, and a few rows at most."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.bootstrap import Parts, assemble
from app.settings import Settings
from app.store import pulses
from app.store.database import reading
from app.store.pulses import Pulse, unsigned_on
from app.telephony.tally import Tally
from tests.app.conftest import StageAt
from tests.app.world import YOUTH, rows, table_away
from tests.examples import at

NOW = at("2026-03-03T19:04").astimezone(UTC)
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    assembled = assemble(settings)
    yield assembled
    assembled.engine.dispose()


class Hands:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def beat(parts: Parts, now: datetime, by: int = 1) -> None:
    with parts.engine.begin() as connection:
        pulses.beat(connection, pulses.CLOCK, now, by)


def kept(parts: Parts) -> Mapping[str, Pulse]:
    with reading(parts.engine) as connection:
        return pulses.read(connection)


def test_a_beat_is_counted_and_its_last_moment_is_kept(parts: Parts) -> None:
    beat(parts, NOW)
    beat(parts, NOW + A_SECOND, by=3)
    beat(parts, NOW - A_SECOND)  # of a process that was slower to say so

    assert kept(parts) == {"clock": Pulse(NOW + A_SECOND, 5)}


def test_two_processes_that_beat_at_once_are_both_counted(parts: Parts) -> None:
    start = threading.Barrier(2)

    def often() -> None:
        start.wait()
        for n in range(10):
            beat(parts, NOW + n * A_SECOND)

    both = [threading.Thread(target=often) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert kept(parts) == {"clock": Pulse(NOW + 9 * A_SECOND, 20)}


def test_what_was_counted_is_written_down_every_ten_seconds(parts: Parts) -> None:
    hands = Hands()
    tally = Tally(parts.engine, hands)
    tally.came()
    tally.flush()
    for _ in range(3):
        hands.now += A_SECOND
        tally.came()
        tally.flush()

    assert kept(parts) == {"webhook": Pulse(NOW, 1)}
    hands.now = NOW + timedelta(seconds=10)
    tally.flush()
    assert kept(parts) == {"webhook": Pulse(NOW + 3 * A_SECOND, 4)}


def test_nothing_is_written_where_nothing_came(parts: Parts) -> None:
    tally = Tally(parts.engine, Hands())
    written: list[str] = []
    sa.event.listen(parts.engine, "begin", lambda _: written.append("begin"))

    tally.flush()

    assert written == []


def test_requests_without_a_signature_are_one_row_a_day_and_a_month_of_rows(parts: Parts) -> None:
    hands = Hands()
    tally = Tally(parts.engine, hands)
    for _ in range(40):
        for _ in range(50):
            tally.refused()
        tally.flush()
        hands.now += timedelta(days=1)
    last = hands.now - timedelta(days=1)

    found = kept(parts)
    assert found[unsigned_on(last.date())] == Pulse(last, 50)
    assert sorted(found) == [
        unsigned_on(last.date() - timedelta(days=n)) for n in reversed(range(32))
    ]


def test_a_heartbeat_is_not_forgotten_with_the_days(parts: Parts) -> None:
    beat(parts, NOW - timedelta(days=400))
    with parts.engine.begin() as connection:
        pulses.refused(connection, NOW, 1)

    assert "clock" in kept(parts)


def test_what_was_counted_while_the_database_was_away_is_counted_later(parts: Parts) -> None:
    hands = Hands()
    tally = Tally(parts.engine, hands)
    tally.came()
    tally.refused()
    with table_away(parts.engine, "pulses"):
        tally.flush()
    hands.now += timedelta(seconds=10)
    tally.refused()
    tally.flush()

    assert kept(parts) == {
        "webhook": Pulse(NOW, 1),
        unsigned_on(NOW.date()): Pulse(hands.now, 2),
    }


def test_a_call_is_counted_and_a_forged_request_too(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at("2026-03-03T19:04")
    stage.call(YOUTH)
    web = stage._web.test_client()  # noqa: SLF001 - a request that no carrier made

    answers = [web.post("/twilio/voice", data={"CallSid": "CA1"}) for _ in range(3)]
    before = rows(stage.parts.engine, "pulses")
    stage.parts.tally.flush()

    assert [answer.status_code for answer in answers] == [403] * 3
    assert before == []  # no request writes anything of it
    found = kept(stage.parts)
    assert found[unsigned_on(stage.parts.clock().date())].count == 3
    assert found["webhook"].count > 3


def test_the_clock_beats(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at("2026-03-03T19:04")

    stage.sweep(("clock.heartbeat",))

    assert kept(stage.parts) == {"clock": Pulse(NOW, 1)}


def test_the_mirrors_own_thread_writes_it_down(parts: Parts) -> None:
    done = threading.Event()

    parts.mirror.watch(0.001, done.set)

    assert done.wait(10)
    parts.mirror.close()


def test_what_is_done_beside_the_looks_costs_no_picture_when_it_fails(
    sqlite_stage_at: StageAt,
) -> None:
    parts = sqlite_stage_at("2026-03-03T19:04").parts

    def fail() -> None:
        parts.mirror.close()
        raise RuntimeError("whatever it is")

    parts.mirror.watch(0.001, fail).join(5)

    assert not parts.mirror.degraded
