"""Wishes come back as they were kept, on either engine."""

from collections.abc import Iterator
from datetime import UTC

import pytest
import sqlalchemy as sa

from app.bootstrap import assemble
from app.settings import Settings
from app.store import wishes
from app.store.database import reading
from rota_adapter.planner.problem import Wanted, Wish
from routing.errors import NotFound
from routing.ids import TherapistId
from tests.examples import at, span

NOW = at("2026-03-03T19:04").astimezone(UTC)
T1, T2 = TherapistId("t1"), TherapistId("t2")
FREE = Wish(T1, span("2026-03-10T00:00", "2026-03-11T00:00"), Wanted.FREE)
EARLIER = Wish(T1, span("2026-03-05T00:00", "2026-03-06T00:00"), Wanted.STANDBY)
HERS = Wish(T2, span("2026-03-10T00:00", "2026-03-12T00:00"), Wanted.FREE)


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    parts = assemble(settings)
    yield parts.engine
    parts.engine.dispose()


def keep(engine: sa.Engine, *made: Wish) -> list[int]:
    with engine.begin() as connection:
        return [wishes.add(connection, one, NOW) for one in made]


def test_a_person_sees_her_own_that_are_not_over_in_order(engine: sa.Engine) -> None:
    numbers = keep(engine, FREE, EARLIER, HERS)

    with reading(engine) as connection:
        found = wishes.of_therapist(connection, T1, NOW)
        later = wishes.of_therapist(connection, T1, at("2026-03-06T00:00"))

    assert [(kept.id, kept.wish) for kept in found] == [(numbers[1], EARLIER), (numbers[0], FREE)]
    assert found[0].made_at == NOW
    assert [kept.wish for kept in later] == [FREE]


def test_a_time_has_everybodys_wishes_that_touch_it(engine: sa.Engine) -> None:
    keep(engine, FREE, EARLIER, HERS)

    with reading(engine) as connection:
        found = wishes.within(connection, span("2026-03-06T00:00", "2026-03-10T12:00"))

    assert [kept.wish for kept in found] == [FREE, HERS]


def test_only_her_own_wish_is_dropped(engine: sa.Engine) -> None:
    number, hers = keep(engine, FREE, HERS)

    with engine.begin() as connection:
        with pytest.raises(NotFound):
            wishes.remove(connection, T1, hers)
        wishes.remove(connection, T1, number)
        with pytest.raises(NotFound):
            wishes.remove(connection, T1, number)

    with reading(engine) as connection:
        assert [k.wish for k in wishes.within(connection, FREE.time)] == [HERS]
