"""Opening hours: weekly windows that also know holidays, eves and clock changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.hours import Hours, Window, wall
from routing.intervals import Interval
from tests.examples import STOCKHOLM, at, line, span

_EVENINGS = line().hours


def _hours(*windows: tuple[str, str, str], weekdays_only: bool = False) -> Hours:
    return Hours(
        tuple(
            Window(frozenset(days.split()), time.fromisoformat(opens), time.fromisoformat(closes))
            for days, opens, closes in windows
        ),
        STOCKHOLM,
        weekdays_only=weekdays_only,
    )


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-03T16:59:59", False),
        ("2026-03-03T17:00", True),
        ("2026-03-03T21:59:59", True),
        ("2026-03-03T22:00", False),
        ("2026-03-07T10:00", True),  # Saturday
        ("2026-03-08T09:59", False),  # Sunday
        ("2026-04-03T10:00", True),  # Good Friday is a holiday
        ("2026-06-19T10:00", True),  # Midsummer's Eve
        ("2026-06-18T10:00", False),  # the Thursday before is not
        ("2026-04-30T12:00", False),  # the day before a holiday is not either
    ],
)
def test_when_the_line_is_open(moment: str, is_open: bool) -> None:
    assert _EVENINGS.is_open(at(moment)) is is_open


def test_a_holiday_is_also_its_weekday_and_the_windows_are_joined() -> None:
    hours = _hours(("fri", "08:00", "12:00"), ("holiday", "11:00", "15:00"))

    assert hours.within(span("2026-04-03T00:00", "2026-04-04T00:00")) == (
        span("2026-04-03T08:00", "2026-04-03T15:00"),
    )


def test_a_window_that_closes_earlier_than_it_opens_runs_over_midnight() -> None:
    hours = _hours(("fri", "22:00", "06:00"))

    assert hours.is_open(at("2026-03-07T05:59"))
    assert not hours.is_open(at("2026-03-07T06:00"))
    assert not hours.is_open(at("2026-03-07T22:00"))
    assert hours.within(span("2026-03-07T00:00", "2026-03-08T00:00")) == (
        span("2026-03-07T00:00", "2026-03-07T06:00"),
    )


def test_a_window_that_closes_when_it_opens_is_a_whole_day() -> None:
    hours = _hours(("tue", "00:00", "00:00"))

    assert hours.within(span("2026-03-01T00:00", "2026-03-08T00:00")) == (
        span("2026-03-03T00:00", "2026-03-04T00:00"),
    )


def test_days_of_work_leave_out_holidays_eves_and_closed_days() -> None:
    office = _hours(("mon tue wed thu fri", "08:00", "17:00"), weekdays_only=True)

    assert office.is_open(at("2026-03-03T08:00"))
    assert not office.is_open(at("2026-04-03T08:00"))
    assert not office.is_open(at("2026-06-19T08:00"))
    closed = Hours(office.windows, STOCKHOLM, True, frozenset({date(2026, 3, 3)}))
    assert not closed.is_open(at("2026-03-03T08:00"))


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 23), ("2026-10-24", 25), ("2026-03-03", 24)]
)
def test_round_the_clock_has_no_hole_and_the_right_length(day: str, hours: int) -> None:
    always = _hours(("mon tue wed thu fri sat sun", "12:00", "12:00"))
    noon = at(f"{day}T12:00")
    tomorrow = at(f"{date.fromisoformat(day) + timedelta(days=1)}T12:00")

    assert always.within(Interval(noon, tomorrow)) == (Interval(noon, tomorrow),)
    assert Interval(noon, tomorrow).length == timedelta(hours=hours)


def test_on_the_night_that_has_an_hour_twice_it_is_open_for_both() -> None:
    hours = _hours(("sun", "02:00", "03:00"))
    opens, closes = datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC)

    assert hours.within(span("2026-10-25T00:00", "2026-10-25T12:00")) == (Interval(opens, closes),)


def test_on_the_night_that_lacks_an_hour_it_is_open_rather_too_long() -> None:
    hours = _hours(("sun", "02:15", "02:45"))

    (stretch,) = hours.within(span("2026-03-29T00:00", "2026-03-29T12:00"))

    assert stretch == Interval(at("2026-03-29T01:15"), at("2026-03-29T03:45"))


def test_an_opening_takes_the_earlier_reading_and_a_closing_the_later() -> None:
    day = date(2026, 10, 25)

    assert wall(day, time(2, 30), STOCKHOLM, last=False) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    assert wall(day, time(2, 30), STOCKHOLM, last=True) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_the_next_opening_is_strictly_later() -> None:
    assert _EVENINGS.next_opening(at("2026-03-03T12:00")) == at("2026-03-03T17:00")
    assert _EVENINGS.next_opening(at("2026-03-03T17:00")) == at("2026-03-04T17:00")
    assert _EVENINGS.next_opening(at("2026-03-06T23:00")) == at("2026-03-07T10:00")


def test_hours_that_never_come_have_no_next_opening() -> None:
    christmas = _hours(("eve", "10:00", "12:00"))

    assert christmas.next_opening(at("2026-03-03T12:00")) is None
    assert _hours().within(span("2026-03-03T00:00", "2026-03-04T00:00")) == ()


_clock = st.times().map(lambda t: t.replace(second=0, microsecond=0))
_windows = st.lists(
    st.builds(
        Window, st.frozensets(st.sampled_from(["sat", "sun", "mon"]), min_size=1), _clock, _clock
    ),
    max_size=3,
)


@given(_windows, st.sampled_from(["2026-03-29", "2026-10-25", "2026-03-08"]), st.integers(0, 299))
def test_a_moment_is_open_exactly_when_an_open_stretch_holds_it(
    windows: list[Window], day: str, step: int
) -> None:
    hours = Hours(tuple(windows), STOCKHOLM)
    night = Interval(
        at(f"{day}T00:00") - timedelta(hours=6), at(f"{day}T00:00") + timedelta(days=2)
    )
    moment = night.start + timedelta(minutes=step * 10 + 3)

    assert hours.is_open(moment) == any(moment in stretch for stretch in hours.within(night))
