"""A published file is the truth for its span; shifts outside stay, and history is kept."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.bootstrap import Parts, assemble
from app.settings import Settings
from app.store.database import reading
from app.store.rota import in_force as rota_in_force
from routing.rota import Shift
from tests.app.world import publish, rows
from tests.examples import EFTERVARD, shift, span

ALWAYS = span("2020-01-01T00:00", "2030-01-01T00:00")


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    assembled = assemble(settings)
    yield assembled
    assembled.engine.dispose()


def in_force(parts: Parts) -> list[Shift]:
    with reading(parts.engine) as connection:
        return sorted(rota_in_force(connection, EFTERVARD, ALWAYS))


def test_shifts_are_cut_at_the_edges_of_a_new_file_s_span(parts: Parts) -> None:
    publish(parts.engine, [shift("t1", "2026-03-02T17:00", "2026-03-05T22:00")])

    publish(parts.engine, [shift("t4", "2026-03-03T17:00", "2026-03-04T22:00")])

    assert in_force(parts) == [
        shift("t1", "2026-03-02T17:00", "2026-03-03T17:00"),
        shift("t4", "2026-03-03T17:00", "2026-03-04T22:00"),
        shift("t1", "2026-03-04T22:00", "2026-03-05T22:00"),
    ]


def test_a_gap_inside_the_span_is_a_gap(parts: Parts) -> None:
    publish(parts.engine, [shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")])
    around = [
        shift("t4", "2026-03-02T17:00", "2026-03-02T22:00"),
        shift("t4", "2026-03-04T17:00", "2026-03-04T22:00"),
    ]

    publish(parts.engine, around)

    assert in_force(parts) == around


def test_shifts_that_only_touch_the_span_stay_as_they_are(parts: Parts) -> None:
    before = shift("t1", "2026-03-02T17:00", "2026-03-03T17:00")
    after = shift("t2", "2026-03-03T22:00", "2026-03-04T22:00")
    publish(parts.engine, [before, after])

    between = shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")
    publish(parts.engine, [between])

    assert in_force(parts) == [before, between, after]
    history = rows(parts.engine, "shifts")
    assert [row["withdrawn_in"] for row in history] == [None, None, None]


def test_the_same_file_twice_is_in_force_once(parts: Parts) -> None:
    own = [shift("t1", "2026-03-29T00:30", "2026-03-29T08:00")]

    publish(parts.engine, own)
    publish(parts.engine, own)

    assert in_force(parts) == own
    assert in_force(parts)[0].time.length == timedelta(hours=6, minutes=30)


def test_another_line_s_shifts_are_not_touched(parts: Parts) -> None:
    publish(parts.engine, [shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")])
    with parts.engine.begin() as connection:
        table = "UPDATE shifts SET line = 'another'"
        connection.exec_driver_sql(table)

    publish(parts.engine, [shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")])

    assert [row["withdrawn_in"] for row in rows(parts.engine, "shifts")] == [None, None]


def test_who_was_on_call_can_be_answered_from_what_was_in_force_then(parts: Parts) -> None:
    publish(parts.engine, [shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")])
    publish(parts.engine, [shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")])

    history = rows(parts.engine, "shifts")

    assert [(r["therapist"], r["published_in"], r["withdrawn_in"]) for r in history] == [
        ("t1", 1, 2),
        ("t4", 2, None),
    ]
    assert [row["id"] for row in rows(parts.engine, "rota_versions")] == [1, 2]
