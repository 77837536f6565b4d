"""What is kept of a canary: each step is one clock's, whoever looked at the same moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.store import canaries
from app.store.canaries import Canary
from app.store.database import make_engine
from routing.canary import Fault, Last, Outcome, Verdict
from tests.examples import EFTERVARD

NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[sa.Connection]:
    engine = make_engine(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def only(connection: sa.Connection) -> Canary:
    (one,) = canaries.going_on(connection, EFTERVARD)
    return one


def test_what_two_have_seen_one_may_do(connection: sa.Connection) -> None:
    canaries.begin(connection, EFTERVARD, NOW)
    canaries.begin(connection, EFTERVARD, NOW)
    seen = only(connection)

    assert [canaries.take_try(connection, seen, NOW) for _ in range(2)] == [True, False]
    assert [canaries.take_ask(connection, seen, NOW) for _ in range(2)] == [True, False]
    verdict = Verdict(Outcome.FAILED, Fault.NOT_BACK)
    ends = [canaries.finish(connection, seen, verdict, None, NOW) for _ in range(2)]
    assert ends == [True, False]
    assert not canaries.take_try(connection, only_over(connection), NOW)


def only_over(connection: sa.Connection) -> Canary:
    (one,) = canaries.recent(connection, EFTERVARD, 9)
    assert (one.tries, one.asks, one.outcome, one.fault) == (
        1,
        1,
        Outcome.FAILED,
        Fault.NOT_BACK,
    )
    return one


def test_what_was_heard_first_stays(connection: sa.Connection) -> None:
    canaries.begin(connection, EFTERVARD, NOW)
    seen = only(connection)
    canaries.heard(connection, seen.id, "CA1", NOW)
    canaries.heard(connection, seen.id, "CA2", NOW + timedelta(seconds=9))

    assert canaries.progress(connection, seen).heard_at == NOW
    assert canaries.was_heard(connection, "CA1")
    assert not canaries.was_heard(connection, "CA2")


def test_one_that_goes_on_is_the_latest(connection: sa.Connection) -> None:
    assert canaries.latest(connection) == {}
    canaries.begin(connection, EFTERVARD, NOW + timedelta(hours=1), by_hand=True)
    canaries.finish(connection, only(connection), Verdict(Outcome.PASSED), None, NOW)
    canaries.begin(connection, EFTERVARD, NOW)

    assert canaries.latest(connection) == {EFTERVARD: Last(NOW)}
    last = canaries.last_over(connection, EFTERVARD)
    assert last is not None
    assert last.by_hand
