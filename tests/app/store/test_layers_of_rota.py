"""Published shifts in versions, overrides on top, and what was in force at any past moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from app.bootstrap import Parts, assemble
from app.settings import Settings
from app.store import rota as stored_rota
from app.store import rota_history
from app.store.database import reading
from app.store.rota import Signed
from routing.ids import LineId, TherapistId
from routing.intervals import Interval
from routing.override import Override
from routing.rota import Rota, Shift
from tests.app.world import rows
from tests.examples import EFTERVARD, at, shift, span

ALWAYS = span("2020-01-01T00:00", "2030-01-01T00:00")
EVENING = span("2026-03-03T17:00", "2026-03-03T22:00")
FIRST = shift("t4", "2026-03-03T17:00", "2026-03-03T22:00")
BACKUP = shift("t1", "2026-03-03T17:00", "2026-03-03T22:00", 2)
TOMORROW = shift("t5", "2026-03-04T17:00", "2026-03-04T22:00")


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    parts: Parts = assemble(settings)
    yield parts.engine
    parts.engine.dispose()


def publish(
    engine: sa.Engine,
    shifts: Sequence[Shift],
    when: str = "2026-03-01T12:00",
    over: Interval | None = None,
) -> int | None:
    """Publish at *when*; the version, or None."""
    with engine.begin() as connection:
        signed = Signed("a test", "", at(when))
        version, _ = stored_rota.publish(connection, EFTERVARD, shifts, signed, over)
    return version


def lay(engine: sa.Engine, who: str, start: str, end: str, made: str, position: int = 1) -> None:
    with engine.begin() as connection:
        one = Override(span(start, end), position, TherapistId(who))
        stored_rota.override(connection, EFTERVARD, [one], Signed(who, "", at(made)))


def in_force(engine: sa.Engine, window: Interval = ALWAYS, as_of: str | None = None) -> list[Shift]:
    moment = None if as_of is None else at(as_of)
    with reading(engine) as connection:
        return [*stored_rota.in_force(connection, EFTERVARD, window, moment)]


def on_call(engine: sa.Engine, moment: str, as_of: str | None = None) -> list[str]:
    """Who was on at *moment*, as it was known *as_of* another."""
    then = at(moment)
    second = Interval(then, at(moment).astimezone(UTC).replace(microsecond=1))
    known = Rota(EFTERVARD, in_force(engine, second, as_of), source="", read_at=then)
    return [s.therapist for s in known.on_call(then)]


def row_ids(engine: sa.Engine, *, withdrawn: bool = False) -> list[object]:
    found = rows(engine, "shifts")
    return [row["id"] for row in found if (row["withdrawn_in"] is not None) == withdrawn]


def test_a_shift_that_stays_as_it_is_keeps_its_row(engine: sa.Engine) -> None:
    publish(engine, [FIRST, BACKUP, TOMORROW])

    other = shift("t2", "2026-03-04T17:00", "2026-03-04T22:00")
    version = publish(engine, [FIRST, BACKUP, other])

    assert version == 2
    assert [(r["id"], r["published_in"], r["withdrawn_in"]) for r in rows(engine, "shifts")] == [
        (1, 1, None),
        (2, 1, None),
        (3, 1, 2),
        (4, 2, None),
    ]


def test_where_nothing_changes_there_is_no_version_and_nobody_is_woken(engine: sa.Engine) -> None:
    publish(engine, [FIRST, BACKUP])
    before = rows(engine, "changes")

    again = publish(engine, [BACKUP, FIRST], "2026-03-02T12:00")

    assert again is None
    assert len(rows(engine, "rota_versions")) == 1
    assert rows(engine, "changes") == before


def test_a_change_raises_the_counter_that_every_process_watches(engine: sa.Engine) -> None:
    publish(engine, [FIRST])
    (before,) = rows(engine, "changes")
    publish(engine, [BACKUP])
    lay(engine, "t5", "2026-03-03T18:00", "2026-03-03T19:00", "2026-03-03T18:00")
    (after,) = rows(engine, "changes")

    assert before["topic"] == after["topic"] == f"rota/{EFTERVARD}"
    assert (before["version"], after["version"]) == (1, 3)


def test_who_published_what_and_when_is_kept(engine: sa.Engine) -> None:
    publish(engine, [FIRST, BACKUP], "2026-03-01T12:00")
    with engine.begin() as connection:
        signed = Signed("t1", "Daniel är sjuk", at("2026-03-02T09:00"))
        stored_rota.publish(connection, EFTERVARD, [TOMORROW], signed)

    with reading(engine) as connection:
        latest, first = rota_history.versions(connection, EFTERVARD, 20)
        (only,) = rota_history.versions(connection, EFTERVARD, 1)

    assert (latest.signed, latest.shifts) == (
        Signed("t1", "Daniel är sjuk", at("2026-03-02T09:00").astimezone(UTC)),
        1,
    )
    assert (first.signed.author, first.shifts) == ("a test", 2)
    assert only == latest


def test_a_running_shift_that_is_published_from_now_on_keeps_its_beginning(
    engine: sa.Engine,
) -> None:
    publish(engine, [FIRST, TOMORROW])
    for minute in range(3):
        now = f"2026-03-03T19:0{minute}"

        version = publish(engine, [FIRST, TOMORROW], now, span(now, "2026-07-01T00:00"))

        assert version is None
    assert in_force(engine) == [FIRST, TOMORROW]
    assert row_ids(engine) == [1, 2]


def test_a_running_shift_that_is_somebody_else_s_from_now_on_is_cut(engine: sa.Engine) -> None:
    publish(engine, [FIRST])
    new = shift("t5", "2026-03-03T17:00", "2026-03-03T22:00")

    publish(engine, [new], "2026-03-03T19:00", span("2026-03-03T19:00", "2026-07-01T00:00"))

    assert in_force(engine) == [
        shift("t4", "2026-03-03T17:00", "2026-03-03T19:00"),
        shift("t5", "2026-03-03T19:00", "2026-03-03T22:00"),
    ]


def test_a_running_shift_that_is_to_end_later_is_one_shift(engine: sa.Engine) -> None:
    publish(engine, [FIRST])
    longer = shift("t4", "2026-03-03T17:00", "2026-03-03T23:00")

    publish(engine, [longer], "2026-03-03T19:00", span("2026-03-03T19:00", "2026-07-01T00:00"))

    assert in_force(engine) == [longer]
    assert on_call(engine, "2026-03-03T18:00") == ["t4"]


def test_a_shift_over_the_last_edge_of_the_span_is_cut_and_joined(engine: sa.Engine) -> None:
    publish(engine, [FIRST])
    edge = span("2026-03-03T12:00", "2026-03-03T20:00")

    assert publish(engine, [FIRST], over=edge) is None
    publish(engine, [shift("t5", "2026-03-03T17:00", "2026-03-03T22:00")], over=edge)

    assert in_force(engine) == [
        shift("t5", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t4", "2026-03-03T20:00", "2026-03-03T22:00"),
    ]


def test_a_shift_over_both_edges_of_the_span_is_joined_at_both(engine: sa.Engine) -> None:
    publish(engine, [FIRST])

    within = span("2026-03-03T18:00", "2026-03-03T20:00")

    assert publish(engine, [FIRST], over=within) is None
    assert in_force(engine) == [FIRST]


def test_what_touches_at_the_edge_is_not_joined_to_what_was_never_one(engine: sa.Engine) -> None:
    publish(engine, [FIRST])
    late = shift("t4", "2026-03-03T22:00", "2026-03-03T23:00")

    publish(engine, [late])

    assert in_force(engine) == [FIRST, late]
    assert row_ids(engine) == [1, 2]


def test_two_shifts_of_one_person_that_go_on_are_both_kept_as_they_are(engine: sa.Engine) -> None:
    twice = [FIRST, shift("t4", "2026-03-03T16:00", "2026-03-03T20:00")]
    publish(engine, twice)
    now = span("2026-03-03T19:00", "2026-07-01T00:00")

    assert publish(engine, twice, "2026-03-03T19:00", now) is None
    assert in_force(engine) == sorted(twice)


def test_a_span_without_shifts_is_emptied_and_its_edges_stay(engine: sa.Engine) -> None:
    publish(engine, [FIRST, BACKUP, TOMORROW])

    publish(engine, [], over=span("2026-03-03T20:00", "2026-03-04T12:00"))
    emptied = in_force(engine)
    again = publish(engine, [], over=span("2026-03-03T20:00", "2026-03-04T12:00"))

    assert emptied == [
        shift("t4", "2026-03-03T17:00", "2026-03-03T20:00"),
        shift("t1", "2026-03-03T17:00", "2026-03-03T20:00", 2),
        TOMORROW,
    ]
    assert again is None


def test_a_shift_outside_the_span_it_is_published_for_is_a_mistake(engine: sa.Engine) -> None:
    with pytest.raises(ValueError, match="outside the span"):
        publish(engine, [FIRST], over=span("2026-03-04T00:00", "2026-03-05T00:00"))

    assert in_force(engine) == []


def test_an_override_lies_on_top_of_every_later_version(engine: sa.Engine) -> None:
    publish(engine, [FIRST, BACKUP])
    lay(engine, "t5", "2026-03-03T19:00", "2026-03-03T22:00", "2026-03-03T19:00")
    before = on_call(engine, "2026-03-03T20:00")

    # A file, and then the source's next reading.
    publish(engine, [shift("t6", "2026-03-03T17:00", "2026-03-03T22:00"), BACKUP])
    now = span("2026-03-03T19:05", "2026-07-01T00:00")
    publish(engine, [FIRST, BACKUP], "2026-03-03T19:05", now)

    assert before == on_call(engine, "2026-03-03T20:00") == ["t5", "t1"]
    assert on_call(engine, "2026-03-03T18:59:59") == ["t6", "t1"]
    assert len(rows(engine, "overrides")) == 1


def test_an_override_outlives_the_rota_under_it(engine: sa.Engine) -> None:
    publish(engine, [FIRST])
    lay(engine, "t5", "2026-03-03T19:00", "2026-03-03T22:00", "2026-03-03T19:00")

    publish(engine, [], over=EVENING)

    assert in_force(engine) == [shift("t5", "2026-03-03T19:00", "2026-03-03T22:00")]


def test_of_two_overrides_the_one_made_later_wins(engine: sa.Engine) -> None:
    publish(engine, [FIRST, BACKUP])
    lay(engine, "t5", "2026-03-03T18:00", "2026-03-03T22:00", "2026-03-03T12:00")
    lay(engine, "t6", "2026-03-03T20:00", "2026-03-03T22:00", "2026-03-03T13:00")

    hours = ("17:00", "19:00", "21:00")
    assert [on_call(engine, f"2026-03-03T{hour}")[0] for hour in hours] == ["t4", "t5", "t6"]
    assert {on_call(engine, f"2026-03-03T{hour}")[1] for hour in hours} == {"t1"}


@pytest.mark.parametrize("over_another", [False, True], ids=["of a shift", "of an override"])
def test_an_override_later_tonight_ends_what_is_in_force_now(
    engine: sa.Engine, *, over_another: bool
) -> None:
    """Whoever asks until when somebody is on asks about a second, and is told of all of it."""
    publish(engine, [FIRST])
    if over_another:
        lay(engine, "t5", "2026-03-03T17:00", "2026-03-03T22:00", "2026-03-03T11:00")
    lay(engine, "t6", "2026-03-03T20:00", "2026-03-03T22:00", "2026-03-03T12:00")

    (now,) = in_force(engine, span("2026-03-03T18:00", "2026-03-03T18:00:01"))

    assert now == shift("t5" if over_another else "t4", "2026-03-03T17:00", "2026-03-03T20:00")


def test_an_override_of_another_line_changes_nothing(engine: sa.Engine) -> None:
    publish(engine, [FIRST])
    with engine.begin() as connection:
        one = Override(EVENING, 1, TherapistId("t5"))
        signed = Signed("t5", "", at("2026-03-03T12:00"))
        stored_rota.override(connection, LineId("another"), [one], signed)

    assert on_call(engine, "2026-03-03T19:00") == ["t4"]


def test_who_was_on_is_answered_from_what_was_in_force_then(engine: sa.Engine) -> None:
    publish(engine, [FIRST, BACKUP], "2026-03-01T12:00")
    lay(engine, "t5", "2026-03-03T20:00", "2026-03-03T22:00", "2026-03-03T20:00")
    # A week later somebody loads a file that says something else about that evening.
    rewritten = [shift("t6", "2026-03-03T17:00", "2026-03-03T22:00")]
    publish(engine, rewritten, "2026-03-10T12:00")
    publish(engine, [], "2026-03-11T12:00", EVENING)

    then = {hour: f"2026-03-03T{hour}" for hour in ("18:00", "19:59:59", "20:00", "22:00")}

    assert {hour: on_call(engine, moment, moment) for hour, moment in then.items()} == {
        "18:00": ["t4", "t1"],
        "19:59:59": ["t4", "t1"],
        "20:00": ["t5", "t1"],
        "22:00": [],
    }
    assert on_call(engine, "2026-03-03T18:00", "2026-03-10T12:00") == ["t6"]
    assert on_call(engine, "2026-03-03T18:00", "2026-03-11T12:00") == []
    assert on_call(engine, "2026-03-03T18:00") == []


def test_an_override_was_not_known_before_it_was_made(engine: sa.Engine) -> None:
    publish(engine, [FIRST], "2026-03-01T12:00")
    lay(engine, "t5", "2026-03-03T17:00", "2026-03-03T22:00", "2026-03-03T20:00")

    made = "2026-03-03T20:00"
    assert on_call(engine, "2026-03-03T19:00", "2026-03-03T19:59:59") == ["t4"]
    assert on_call(engine, "2026-03-03T19:00", made) == on_call(engine, made) == ["t5"]


def test_a_shift_cut_at_the_moment_of_a_reading_was_whole_until_then(engine: sa.Engine) -> None:
    publish(engine, [FIRST], "2026-03-01T12:00")
    new = shift("t5", "2026-03-03T17:00", "2026-03-03T22:00")
    rest = span("2026-03-03T19:00", "2026-07-01T00:00")
    publish(engine, [new], "2026-03-03T19:00", rest)

    assert in_force(engine, EVENING, "2026-03-03T18:59:59") == [FIRST]
    assert on_call(engine, "2026-03-03T18:59:59", "2026-03-03T18:59:59") == ["t4"]
    assert on_call(engine, "2026-03-03T19:00", "2026-03-03T19:00") == ["t5"]
    assert on_call(engine, "2026-03-03T18:00", "2026-12-01T00:00") == ["t4"]


def test_before_the_line_s_first_rota_it_is_answered_from_today_s(engine: sa.Engine) -> None:
    publish(engine, [FIRST], "2026-03-10T12:00")
    publish(engine, [shift("t5", "2026-03-03T17:00", "2026-03-03T22:00")], "2026-03-11T12:00")

    assert on_call(engine, "2026-03-03T18:00", "2026-03-03T18:00") == ["t5"]


def test_a_moment_is_kept_to_the_microsecond(engine: sa.Engine) -> None:
    odd = Interval(
        datetime(2026, 3, 3, 16, 0, 0, 1, tzinfo=UTC), datetime(2026, 3, 3, 21, 0, 0, 999_999, UTC)
    )
    own = Shift(odd, 1, TherapistId("t4"))

    publish(engine, [own])

    assert in_force(engine) == [own]


def test_lines_asked_together_say_what_each_says_alone(engine: sa.Engine) -> None:
    """Also where what lies far outside the window of one ends what is going on in it."""
    publish(engine, [FIRST, BACKUP, TOMORROW])
    lay(engine, "t5", "2026-03-03T20:00", "2026-03-03T22:00", "2026-03-03T12:00")
    other, empty = LineId("other"), LineId("empty")
    with engine.begin() as connection:
        signed = Signed("a test", "", at("2026-03-01T12:00"))
        long = shift("t1", "2026-02-20T08:00", "2026-03-20T08:00")
        stored_rota.publish(connection, other, [long], signed)
        one = Override(span("2026-03-10T08:00", "2026-03-11T08:00"), 1, TherapistId("t2"))
        stored_rota.override(connection, other, [one], signed)

    lines, moment = [EFTERVARD, other, empty], span("2026-03-03T18:00", "2026-03-03T18:00:01")
    with reading(engine) as connection:
        together = stored_rota.in_force_on(connection, lines, moment)
        alone = {line: stored_rota.in_force(connection, line, moment) for line in lines}

    assert together == alone
    assert [s.therapist for s in together[EFTERVARD]] == ["t4", "t1"]
    assert together[other] == (shift("t1", "2026-02-20T08:00", "2026-03-10T08:00"),)
    assert together[empty] == ()
