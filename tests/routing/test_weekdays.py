"""Swedish holidays and eves, and the next weekday; docs/architecture.md, promise 5."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.weekdays import is_weekday, kinds_of_day, next_weekday_at
from tests.examples import STOCKHOLM, at

_HALF_PAST_EIGHT = time(8, 30)

# Days of 2026 and 2027, as month/day.
HOLIDAYS = {
    2026: "1/1 1/6 4/3 4/5 4/6 5/1 5/14 5/24 6/6 6/20 10/31 12/25 12/26",
    2027: "1/1 1/6 3/26 3/28 3/29 5/1 5/6 5/16 6/6 6/26 11/6 12/25 12/26",
}
EVES = {2026: "6/19 12/24 12/31", 2027: "6/25 12/24 12/31"}


@pytest.mark.parametrize("year", [2026, 2027])
def test_every_holiday_and_eve_of_the_year_is_known(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]

    found = {
        kind: " ".join(f"{day.month}/{day.day}" for day in days if kind in kinds_of_day(day))
        for kind in ("holiday", "eve")
    }

    assert found == {"holiday": HOLIDAYS[year], "eve": EVES[year]}


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        ("2026-03-03", {"tue"}),
        ("2026-03-08", {"sun"}),  # a Sunday is no holiday besides
        ("2026-04-03", {"fri", "holiday"}),
        ("2026-06-19", {"fri", "eve"}),
        ("2026-06-20", {"sat", "holiday"}),
        ("2026-04-04", {"sat"}),  # Easter Eve is an ordinary Saturday here
        ("2026-04-30", {"thu"}),  # and the day before a holiday an ordinary Thursday
    ],
)
def test_a_date_counts_as_its_weekday_and_besides_as_holiday_or_eve(
    day: str, kinds: set[str]
) -> None:
    assert kinds_of_day(date.fromisoformat(day)) == kinds


@pytest.mark.parametrize(
    ("ended_at", "due_at"),
    [
        ("2026-03-03T22:00", "2026-03-04T08:30+01:00"),
        ("2026-03-04T08:00", "2026-03-04T08:30+01:00"),
        ("2026-03-04T08:30", "2026-03-04T08:30+01:00"),
        ("2026-03-04T08:31", "2026-03-05T08:30+01:00"),
        ("2026-03-06T22:00", "2026-03-09T08:30+01:00"),  # Friday
        ("2026-03-07T22:00", "2026-03-09T08:30+01:00"),  # Saturday
        ("2026-01-05T22:00", "2026-01-07T08:30+01:00"),  # before Epiphany
        ("2026-04-02T22:00", "2026-04-07T08:30+02:00"),  # Easter, and summer time meanwhile
        ("2026-04-30T22:00", "2026-05-04T08:30+02:00"),
        ("2026-05-13T22:00", "2026-05-15T08:30+02:00"),  # the day after Ascension is a weekday
        ("2026-06-18T22:00", "2026-06-22T08:30+02:00"),  # Midsummer
        ("2026-12-23T22:00", "2026-12-28T08:30+01:00"),  # Christmas
        ("2026-12-30T22:00", "2027-01-04T08:30+01:00"),  # New Year
        ("2026-03-28T22:00", "2026-03-30T08:30+02:00"),  # the clocks are put forward
        ("2026-10-24T22:00", "2026-10-26T08:30+01:00"),  # and back
    ],
)
def test_the_next_weekday_after_a_duty(ended_at: str, due_at: str) -> None:
    due = next_weekday_at(at(ended_at), _HALF_PAST_EIGHT, STOCKHOLM)

    assert due.isoformat(timespec="minutes") == due_at


def test_a_closed_day_is_passed_over() -> None:
    closed = frozenset({date(2026, 5, 15)})

    due = next_weekday_at(at("2026-05-13T22:00"), _HALF_PAST_EIGHT, STOCKHOLM, closed)

    assert due == at("2026-05-18T08:30")


def test_a_second_too_late_is_the_next_weekday_whatever_the_zone_of_the_moment() -> None:
    moment = datetime(2026, 3, 4, 7, 30, 1, tzinfo=UTC)

    assert next_weekday_at(moment, _HALF_PAST_EIGHT, STOCKHOLM) == at("2026-03-05T08:30")


def test_days_that_are_closed_for_months_are_a_mistake() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(365))

    with pytest.raises(ValueError, match="no weekday"):
        next_weekday_at(at("2026-03-03T22:00"), _HALF_PAST_EIGHT, STOCKHOLM, closed)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_it_is_the_first_weekday_at_its_hour_and_never_before_the_moment(moment: datetime) -> None:
    due = next_weekday_at(moment, _HALF_PAST_EIGHT, STOCKHOLM)

    assert is_weekday(due.date())
    assert due.time() == _HALF_PAST_EIGHT
    assert due.astimezone(UTC) >= moment
    day = moment.astimezone(STOCKHOLM).date() + timedelta(days=1)
    while day < due.date():
        assert not is_weekday(day)
        day += timedelta(days=1)
