"""Times of day and lengths of time as the organisation file writes them."""

from datetime import time, timedelta

import pytest

from app.intake.spans import clock_time, closing_time, length_of_time, term
from routing.errors import InvalidInput, Place
from routing.organisation import Term

_PLACE = Place("org.toml", 1, "x")


def test_a_time_of_day_is_hours_and_minutes() -> None:
    assert clock_time("08:30", _PLACE) == time(8, 30)
    assert clock_time("00:00", _PLACE) == time(0)
    assert closing_time("22:00", _PLACE) == time(22)
    assert closing_time("24:00", _PLACE) == time(0)


@pytest.mark.parametrize(
    "text", ["24:00", "8:30", "08:60", "0830", "08.30", "08:30:00", "", "٠٨:٣٠"]
)
def test_anything_else_is_no_time_of_day(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^org\.toml, line 1, x: not a time of day"):
        clock_time(text, _PLACE)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("11h", 660), ("11 h", 660), ("30m", 30), ("30 min", 30), ("1h30m", 90), ("1h 30m", 90)],
)
def test_a_length_of_time_is_in_hours_and_minutes(text: str, minutes: int) -> None:
    assert length_of_time(text, _PLACE) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "11", "h", "0h", "0m", "-1h", "11 hours", "1d", "1.5h", "99999h"]
)
def test_anything_else_is_no_length_of_time(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a length of time"):
        length_of_time(text, _PLACE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 days", Term(days=14)),
        ("1 day", Term(days=1)),
        ("2 weeks", Term(days=14)),
        ("24 months", Term(months=24)),
        ("1 year", Term(months=12)),
        ("100 years", Term(months=1200)),
    ],
)
def test_a_term_is_in_days_weeks_months_or_years(text: str, expected: Term) -> None:
    assert term(text, _PLACE) == expected


@pytest.mark.parametrize("text", ["", "14", "days", "0 days", "-1 days", "1 decade", "14h"])
def test_anything_else_is_no_term(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a term"):
        term(text, _PLACE)


@pytest.mark.parametrize("text", ["99999 days", "1201 months", "9999 weeks"])
def test_nothing_is_kept_longer_than_a_hundred_years(text: str) -> None:
    with pytest.raises(InvalidInput, match="hundred years"):
        term(text, _PLACE)
