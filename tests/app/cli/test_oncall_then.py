"""Who was on standby then: from what was in force at that moment, on nights of any length."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.store import rota
from app.store.database import make_engine
from routing.ids import TherapistId
from routing.override import Override
from routing.rota import Shift
from tests.app.cli.terminal import Terminal, one_line
from tests.examples import EFTERVARD, ORGANISATION_TOML, at, shift, span

TUESDAY = ("2025-05-06T17:00", "2025-05-06T22:00")
WEDNESDAY = ("2025-05-07T17:00", "2025-05-07T22:00")


def publish(terminal: Terminal, moment: str, shifts: Sequence[Shift]) -> None:
    with make_engine(terminal.database_url).begin() as connection:
        signed = rota.Signed("t1", "", at(moment))
        rota.publish(connection, EFTERVARD, shifts, signed)


def take_over(terminal: Terminal, moment: str, therapist: str, start: str, end: str) -> None:
    with make_engine(terminal.database_url).begin() as connection:
        made = [Override(span(start, end), 1, TherapistId(therapist))]
        rota.override(connection, EFTERVARD, made, rota.Signed("t1", "", at(moment)))


def asked(terminal: Terminal, moment: str) -> Any:  # noqa: ANN401 - the command's JSON
    answer = terminal.run("oncall", "--at", moment, "--json")
    assert answer.status == 0, answer.err
    return answer.json


def on_call(terminal: Terminal, moment: str) -> list[str]:
    return [rung["therapist"] for rung in asked(terminal, moment)["ladder"]]


@pytest.fixture
def organised(terminal: Terminal) -> Terminal:
    """A terminal with an organisation and no rota."""
    return with_organisation(terminal)


def with_organisation(terminal: Terminal, toml: str = ORGANISATION_TOML) -> Terminal:
    answer = terminal.run("load", terminal.file("organisation.toml", toml))
    assert answer.status == 0, answer.err
    return terminal


def test_a_past_moment_is_answered_from_what_was_in_force_then(
    database_url: str, organised: Terminal
) -> None:
    terminal = with_organisation(Terminal.at(database_url, organised.folder))
    publish(terminal, "2025-05-01T12:00", [shift("t4", *TUESDAY), shift("t1", *TUESDAY, 2)])
    publish(terminal, "2025-05-06T19:00", [shift("t5", *TUESDAY)])

    assert on_call(terminal, "2025-05-06T17:00") == ["t4", "t1"]
    assert on_call(terminal, "2025-05-06T18:59:59") == ["t4", "t1"]
    assert on_call(terminal, "2025-05-06T19:00") == ["t5"]
    assert on_call(terminal, "2025-05-06T21:59:59") == ["t5"]
    assert on_call(terminal, "2025-05-06T22:00") == []


def test_whoever_was_taken_off_afterwards_was_on_call_all_the_same(organised: Terminal) -> None:
    publish(organised, "2025-05-01T12:00", [shift("t4", *TUESDAY), shift("t5", *WEDNESDAY)])
    publish(organised, "2025-06-01T12:00", [shift("t6", *TUESDAY), shift("t6", *WEDNESDAY)])

    (rung,) = asked(organised, "2025-05-07T19:00")["ladder"]

    assert rung["therapist"] == "t5"
    assert rung["until"] == "2025-05-07T22:00:00+02:00"


def test_a_moment_before_the_first_rota_is_answered_from_todays(organised: Terminal) -> None:
    publish(organised, "2025-05-07T12:00", [shift("t4", *TUESDAY), shift("t5", *WEDNESDAY)])
    publish(organised, "2025-05-08T12:00", [shift("t6", *TUESDAY)])

    assert on_call(organised, "2025-05-06T19:00") == ["t6"]
    assert on_call(organised, "2025-05-07T19:00") == ["t5"]


def test_two_files_for_one_evening_long_ago_are_answered_from_the_later(loaded: Terminal) -> None:
    for therapist in ("t4", "t6"):  # both imported now, and so after the evening
        content = f"position,therapist,starts_at,ends_at\n1,{therapist},{','.join(TUESDAY)}\n"
        assert (
            loaded.run(
                "rota", "import", loaded.file("a.csv", content), "--line", "eftervard"
            ).status
            == 0
        )

    assert on_call(loaded, "2025-05-06T19:00") == ["t6"]


def test_a_duty_taken_over_in_mid_evening_was_hers_until_then(organised: Terminal) -> None:
    publish(organised, "2025-05-01T12:00", [shift("t4", *TUESDAY), shift("t1", *TUESDAY, 2)])
    take_over(organised, "2025-05-06T20:00", "t6", "2025-05-06T20:00", "2025-05-06T22:00")

    found = asked(organised, "2025-05-06T19:59")["ladder"]

    assert [rung["therapist"] for rung in found] == ["t4", "t1"]
    assert found[0]["until"] == "2025-05-06T22:00:00+02:00"  # as everybody thought then
    assert on_call(organised, "2025-05-06T20:00") == ["t6", "t1"]


NIGHTS = """\
hours = [
  { days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "00:00", to = "24:00" },
]
closed_days"""


@pytest.fixture
def by_night(terminal: Terminal) -> Terminal:
    """A line that is always open, with a change of duty in the hour that is shown twice."""
    start = ORGANISATION_TOML.index("hours = [")
    end = ORGANISATION_TOML.index("closed_days")
    toml = ORGANISATION_TOML[:start] + NIGHTS + ORGANISATION_TOML[end + len("closed_days") :]
    made = with_organisation(terminal, toml)
    publish(
        made,
        "2026-01-01T00:00",
        [
            shift("t4", "2026-03-28T22:00", "2026-03-29T03:00"),
            shift("t5", "2026-03-29T03:00", "2026-03-29T08:00"),
            shift("t4", "2026-10-24T22:00", "2026-10-25T02:30+01:00"),
            shift("t5", "2026-10-25T02:30+01:00", "2026-10-25T08:00"),
        ],
    )
    return made


@pytest.mark.parametrize(
    ("moment", "fault"),
    [("2026-03-29T02:30", "does not exist"), ("2026-10-25T02:30", "exists twice")],
)
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["words", "json"])
def test_a_wall_time_that_is_skipped_or_comes_twice_is_refused(
    moment: str, fault: str, more: tuple[str, ...], by_night: Terminal
) -> None:
    answer = by_night.run("oncall", "--at", moment, *more)

    assert (answer.status, answer.out) == (2, "")
    assert "--at: " in one_line(answer.err)
    assert fault in answer.err
    assert "add an offset" in answer.err


@pytest.mark.parametrize(
    ("moment", "shown", "therapist"),
    [
        ("2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00", "t4"),
        ("2026-03-29T02:30+01:00", "2026-03-29T03:30:00+02:00", "t5"),
        ("2026-03-29T02:30+02:00", "2026-03-29T01:30:00+01:00", "t4"),
        ("2026-03-29T03:00", "2026-03-29T03:00:00+02:00", "t5"),
        ("2026-10-25T02:30+02:00", "2026-10-25T02:30:00+02:00", "t4"),
        ("2026-10-25T02:29:59+01:00", "2026-10-25T02:29:59+01:00", "t4"),
        ("2026-10-25T02:30+01:00", "2026-10-25T02:30:00+01:00", "t5"),
        ("2026-10-25T00:30Z", "2026-10-25T02:30:00+02:00", "t4"),
        ("2026-10-25T03:00", "2026-10-25T03:00:00+01:00", "t5"),
    ],
)
def test_with_an_offset_every_second_of_those_nights_has_one_person(
    moment: str, shown: str, therapist: str, by_night: Terminal
) -> None:
    found = asked(by_night, moment)

    assert found["at"] == shown
    assert [rung["therapist"] for rung in found["ladder"]] == [therapist]


def test_the_night_of_25_hours_is_told_with_its_offsets(by_night: Terminal) -> None:
    answer = by_night.run("oncall", "--at", "2026-10-25T02:30+02:00")

    assert answer.out.splitlines()[:2] == [
        "eftervard at 2026-10-25T02:30:00+02:00: open",
        "  1. t4 (position 1) until 2026-10-25T02:30:00+01:00",
    ]
