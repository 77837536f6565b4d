"""Moments as people write them; the nights 2026-03-29 and 2026-10-25 have their clocks changed."""

from datetime import UTC, date, datetime

import pytest

from rota_adapter.times import calendar_date, moment, moment_or_midnight, stated, stated_span
from routing.errors import InvalidInput, Place
from tests.examples import STOCKHOLM, at

_PLACE = Place("rota.csv", 4, "starts_at")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-03T17:00", "2026-03-03T16:00"),
        ("2026-03-03 17:00", "2026-03-03T16:00"),
        (" 2026-03-03T17:00:30 ", "2026-03-03T16:00:30"),
        ("2026-07-03T17:00", "2026-07-03T15:00"),
        ("2026-03-03T17:00Z", "2026-03-03T17:00"),
        ("2026-03-03T17:00+02:00", "2026-03-03T15:00"),
        ("2026-03-29T01:59", "2026-03-29T00:59"),
        ("2026-03-29T03:00", "2026-03-29T01:00"),
        ("2026-03-29T02:30+01:00", "2026-03-29T01:30"),
        ("2026-10-25T01:59", "2026-10-24T23:59"),
        ("2026-10-25T03:00", "2026-10-25T02:00"),
        ("2026-10-25T02:30+02:00", "2026-10-25T00:30"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30"),
    ],
)
def test_a_moment_is_wall_time_unless_it_has_an_offset(text: str, expected: str) -> None:
    found = moment(text, STOCKHOLM, _PLACE)

    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026-03-29T02:00", "2026-03-29 02:00 does not exist"),
        ("2026-03-29T02:59", "2026-03-29 02:59 does not exist"),
        ("2026-10-25T02:00", "2026-10-25 02:00 exists twice"),
        ("2026-10-25 02:59", "2026-10-25 02:59 exists twice"),
    ],
)
def test_a_wall_time_that_is_skipped_or_comes_twice_is_refused(text: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        moment(text, STOCKHOLM, _PLACE)

    assert str(caught.value) == (
        f"rota.csv, line 4, starts_at: {fault} in Europe/Stockholm, since the clocks change: "
        "add an offset"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-03-03",
        "17:00",
        "2026-02-30T17:00",
        "2026-03-03T24:30",
        "3/3/2026 17:00",
        "2026-03-03T17.00",
        "2026-03-03T17",
        "20260303T1700",
        "2026-03-03x17:00",
        "2026-03-03T17:00 CET",
        "2026-03-03T17:00+25:00",
        "0001-01-01T00:00+05:00",
    ],
)
def test_what_is_no_moment_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^rota\.csv, line 4, starts_at: not a time"):
        moment(text, STOCKHOLM, _PLACE)


def test_a_date_is_its_midnight_where_dates_are_allowed() -> None:
    place = Place("--from")

    assert moment_or_midnight("2026-03-03", STOCKHOLM, place) == at("2026-03-03T00:00")
    assert moment_or_midnight("2026-03-29", STOCKHOLM, place) == at("2026-03-29T00:00")
    assert moment_or_midnight("2026-03-03T17:00", STOCKHOLM, place) == at("2026-03-03T17:00")
    with pytest.raises(InvalidInput, match="--from: not a date such as 2026-03-03"):
        moment_or_midnight("2026-13-03", STOCKHOLM, place)


@pytest.mark.parametrize(
    "text", ["20260303", "2026-3-3", "2026-W10-2", "2026-02-30", "", "٢٠٢٦-٠٣-٠٣"]
)
def test_a_date_is_written_in_one_way(text: str) -> None:
    assert calendar_date("2026-03-03", _PLACE) == date(2026, 3, 3)
    with pytest.raises(InvalidInput, match="not a date"):
        calendar_date(text, _PLACE)


def test_a_moment_is_stated_in_wall_time_with_an_offset_only_when_it_comes_twice() -> None:
    first, second = at("2026-10-25T02:30+02:00"), at("2026-10-25T02:30+01:00")

    assert stated(at("2026-03-03T17:00"), STOCKHOLM) == "Tue 2026-03-03 17:00"
    assert stated(first, STOCKHOLM) == "Sun 2026-10-25 02:30 (+0200)"
    assert stated_span(first, second, STOCKHOLM) == (
        "from Sun 2026-10-25 02:30 (+0200) to Sun 2026-10-25 02:30 (+0100)"
    )
