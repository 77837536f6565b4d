"""What is wrong with the coming fortnight's rota: found, told of to managers, and closed."""

from datetime import timedelta

import pytest

from app.store import absences
from app.store import rota as stored_rota
from app.store.tables import optouts
from routing.absence import Absence, AbsenceKind
from routing.ids import TherapistId
from tests.app.cli.terminal import Terminal
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import (
    M1,
    M2,
    MANAGERS,
    NOTICE,
    WITH_MANAGERS,
    at_time,
    found,
    manned,
    notices,
    opened,
    texts,
    without,
)
from tests.app.texts.talk import reload_organisation, writes
from tests.app.world import LOADED_AT, T1, publish, rows
from tests.examples import EFTERVARD, ORGANISATION_TOML, at, shift, span

WATCH = ("rota.watch", "outbox.send")
NIGHT = "2026-03-03T02:00"
DAY = timedelta(days=1)


def test_a_gap_within_a_day_is_told_at_once_also_at_night(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(NIGHT, shifts=without("2026-03-03"), toml=WITH_MANAGERS)

    at_time(stage, NIGHT, "2026-03-03T02:01", "2026-03-03T07:59", sweeps=WATCH)

    assert notices(stage) == (1, 1)
    (said,) = texts(stage, M1, NOTICE)
    # A missing backup waits for the morning; that nobody is first does not.
    assert said.startswith("Beredskapsschemat: 1 att åtgärda, först 3/3 17:00. Logga in: ")
    assert {message.to for message in stage.carrier.messages} == {M1, M2}
    assert found(stage) == [("2026-03-03 17:00", "22:00", None)] * 2


def test_an_urgent_gap_is_reminded_of_every_six_hours_by_day_and_when_it_begins(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(NIGHT, shifts=without("2026-03-03"), toml=WITH_MANAGERS)
    expected = {
        NIGHT: 1,
        "2026-03-03T07:59": 1,
        "2026-03-03T08:00": 2,
        "2026-03-03T13:59": 2,
        "2026-03-03T14:01": 3,
        "2026-03-03T16:59": 3,
        "2026-03-03T17:00": 4,
        "2026-03-03T17:30": 4,
        "2026-03-03T21:59": 4,
        "2026-03-03T22:00": 4,
        "2026-03-04T08:00": 4,
    }

    for moment, count in expected.items():
        at_time(stage, moment, sweeps=WATCH)

        assert notices(stage) == (count, count), moment
    assert opened(stage) == []


@pytest.mark.slow
def test_a_gap_ten_days_ahead_is_told_by_day_and_then_as_the_rules_say(
    sqlite_stage_at: StageAt,
) -> None:
    gap = "2026-03-13"
    stage = sqlite_stage_at("2026-03-03T02:00", shifts=without(gap), toml=WITH_MANAGERS)
    at_time(stage, "2026-03-03T02:00", "2026-03-03T07:59", sweeps=WATCH)
    assert notices(stage) == (0, 0)

    told: list[str] = []
    for day in range(3, 14):
        for clock in ("08:01", "12:00", "16:59", "17:00", "17:59", "22:30"):
            moment, before = f"2026-03-{day:02}T{clock}", notices(stage)[0]
            at_time(stage, moment, sweeps=WATCH)
            if notices(stage)[0] > before:
                told.append(moment[5:])

    by_day = [f"03-{day:02}T" for day in range(3, 13)]
    assert [moment for moment in told if moment < "03-12T12"] == [f"{d}08:01" for d in by_day]
    assert [moment for moment in told if moment > "03-12T12"] == [
        "03-12T17:00",  # from here on it is urgent
        "03-13T08:01",
        "03-13T16:59",
        "03-13T17:00",  # and now nobody is there
    ]


def test_an_import_closes_a_gap_and_nothing_more_is_sent(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(NIGHT, shifts=without("2026-03-04"), toml=WITH_MANAGERS)
    at_time(stage, "2026-03-03T09:00", sweeps=WATCH)
    assert notices(stage) == (1, 1)
    own = stage.parts.settings
    terminal = Terminal.at(own.database_url, own.state_dir)
    csv = "position,therapist,starts_at,ends_at\n" + "".join(
        f"{position},{who},2026-03-04T17:00,2026-03-04T22:00\n"
        for position, who in ((1, "t4"), (2, "t1"))
    )

    terminal.run("rota", "import", terminal.file("rota.csv", csv), "--line", "eftervard")
    at_time(stage, "2026-03-03T09:01", "2026-03-03T17:00", "2026-03-04T09:00", sweeps=WATCH)

    assert opened(stage) == []
    assert notices(stage) == (1, 1)


def test_one_clock_that_looks_again_and_again_sees_everything_that_changes(
    sqlite_stage_at: StageAt,
) -> None:
    """What is the same as before is not judged anew, so each thing that counts is changed here."""
    lacking = without("2026-03-04")
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=lacking, toml=WITH_MANAGERS)

    def look() -> list[tuple[object, object]]:
        stage.sweep(("rota.watch",))
        return [one for one in opened(stage) if one[0] not in {"R6", "R7"}]

    assert look() == [("R17", None)] * 2
    publish(stage.parts.engine, manned("2026-03-04T00:00", "2026-03-05T00:00"))
    assert look() == []
    with stage.parts.engine.begin() as connection:
        away = span("2026-03-05T08:00", "2026-03-05T09:00")
        absences.add(connection, [Absence(away, TherapistId("t4"), AbsenceKind.LEAVE)])
    assert look() == [("R21", "t4")]
    with stage.parts.engine.begin() as connection:
        row = {"number_key": b"t4", "therapist": "t4", "since": stage.carrier.now()}
        connection.execute(optouts.insert(), row)
    assert {*look()} == {("R20", "t4"), ("R21", "t4")}
    reload_organisation(stage, WITH_MANAGERS.replace('at = "08:30"', 'at = "09:30"'))
    assert {*look()} == {("R20", "t4")}


def test_a_gap_that_comes_back_is_told_of_again(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(NIGHT, shifts=without("2026-03-03"), toml=WITH_MANAGERS)
    evening = span("2026-03-03T17:00", "2026-03-03T22:00")
    at_time(stage, "2026-03-03T10:00", sweeps=WATCH)
    publish(stage.parts.engine, manned("2026-03-03T00:00", "2026-03-04T00:00"))
    at_time(stage, "2026-03-03T10:05", sweeps=WATCH)
    assert (opened(stage), notices(stage)) == ([], (1, 1))

    with stage.parts.engine.begin() as connection:
        signed = stored_rota.Signed("a test", "", LOADED_AT)
        stored_rota.publish(connection, EFTERVARD, [], signed, evening)
    at_time(stage, "2026-03-03T10:10", "2026-03-03T10:11", sweeps=WATCH)

    # What comes and goes is one thing, and nobody is told of it each time.
    assert opened(stage) == [("R17", None)] * 2
    assert notices(stage) == (1, 1)

    publish(stage.parts.engine, manned("2026-03-03T00:00", "2026-03-04T00:00"))
    at_time(stage, "2026-03-03T10:30", sweeps=WATCH)
    with stage.parts.engine.begin() as connection:
        stored_rota.publish(connection, EFTERVARD, [], signed, evening)
    at_time(stage, "2026-03-03T12:31", sweeps=WATCH)

    assert notices(stage) == (2, 2)


def test_a_gap_that_is_filled_in_part_is_still_told_of(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(NIGHT, shifts=without("2026-03-03"), toml=WITH_MANAGERS)
    at_time(stage, "2026-03-03T09:00", sweeps=WATCH)
    later_half = ("2026-03-03T19:00", "2026-03-03T22:00")
    publish(stage.parts.engine, [shift("t4", *later_half, 1), shift("t1", *later_half, 2)])

    at_time(stage, "2026-03-03T09:05", sweeps=WATCH)

    assert found(stage) == [("2026-03-03 17:00", "19:00", None)] * 2
    assert notices(stage) == (1, 1)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        ("2027-01-01", "2026-12-31T09:30"),  # New Year's Day, a Friday
        ("2026-12-31", "2026-12-30T12:30"),  # and its eve
        ("2026-06-19", "2026-06-18T12:00"),  # Midsummer's Eve
        ("2026-12-24", "2026-12-23T12:00"),
        ("2026-04-03", "2026-04-02T12:00"),  # Good Friday
    ],
)
def test_holidays_and_eves_are_open_by_day_too(
    day: str, before: str, sqlite_stage_at: StageAt
) -> None:
    around = (f"{at(before) - DAY:%Y-%m-%d}", f"{at(before) + 20 * DAY:%Y-%m-%d}")
    as_usual = [shift("t4", f"{day}T17:00", f"{day}T22:00"), shift("t1", f"{day}T17:00",
        f"{day}T22:00", 2)]  # fmt: skip
    others = [one for one in manned(*around) if f"{one.time.start:%Y-%m-%d}" != day]
    stage = sqlite_stage_at(before, shifts=[*others, *as_usual], toml=WITH_MANAGERS)

    at_time(stage, before, sweeps=WATCH)

    assert found(stage) == [(f"{day} 10:00", "17:00", None)] * 2
    assert notices(stage) == (1, 1)


def test_closed_hours_are_nobody_s_business(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at("2026-03-03T12:00", shifts=manned(), toml=WITH_MANAGERS)

    at_time(stage, "2026-03-03T12:00", "2026-03-03T23:00", "2026-03-04T03:00", sweeps=WATCH)

    assert opened(stage) == []
    assert stage.carrier.messages == []


def test_a_missing_backup_is_told_of_too(sqlite_stage_at: StageAt) -> None:
    shifts = without("2026-03-03", position=2)
    stage = sqlite_stage_at("2026-03-03T12:00", shifts=shifts, toml=WITH_MANAGERS)

    at_time(stage, "2026-03-03T12:00", sweeps=WATCH)

    assert notices(stage) == (1, 1)
    (row,) = rows(stage.parts.engine, "watched")
    assert (row["severity"], row["message"]) == (
        "warning",
        "nobody is in position 2 while the line is open",
    )


def test_a_shift_of_a_week_is_not_told_of_every_midnight(sqlite_stage_at: StageAt) -> None:
    week = ("2026-03-02T08:00", "2026-03-09T08:00")
    rest = [one for one in manned() if one.time.start >= at(week[1])]
    shifts = [*rest, shift("t4", *week), shift("t1", *week, 2)]
    stage = sqlite_stage_at("2026-03-02T09:00", shifts=shifts, toml=WITH_MANAGERS)
    writes(stage, T1, "STOP")
    at_time(stage, "2026-03-02T12:00", sweeps=WATCH)
    told = notices(stage)

    nights = [f"2026-03-{day:02}T00:01" for day in range(3, 9)]
    at_time(stage, *nights, sweeps=WATCH)

    assert notices(stage) == told


def test_a_line_that_never_closes_and_nobody_mans_is_told_of_once(
    sqlite_stage_at: StageAt,
) -> None:
    days = '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
    always = f'hours = [{{ days = {days}, from = "00:00", to = "00:00" }}]'
    start, end = ORGANISATION_TOML.index("hours = ["), ORGANISATION_TOML.index("closed_days")
    toml = ORGANISATION_TOML[:start] + always + "\n" + ORGANISATION_TOML[end:] + MANAGERS
    shifts = [shift("t4", "2026-04-10T00:00", "2026-04-20T00:00")]
    stage = sqlite_stage_at("2026-03-02T09:00", shifts=shifts, toml=toml)
    at_time(stage, "2026-03-02T12:00", sweeps=WATCH)

    at_time(stage, *(f"2026-03-{day:02}T00:01" for day in range(3, 9)), sweeps=WATCH)

    assert notices(stage) == (1, 1)
    assert opened(stage) == [("R17", None)] * 2
