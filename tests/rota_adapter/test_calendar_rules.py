"""Rules of repetition: the same times as a scan day by day finds, and as a library finds."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # the library has no types
from hypothesis import given, settings
from hypothesis import strategies as st

from rota_adapter.sources.calendar_oddities import Unreadable
from rota_adapter.sources.calendar_rules import read_rule, starts
from routing.intervals import Interval
from routing.rota import Shift
from tests.examples import STOCKHOLM, shift
from tests.rota_adapter.calendars import YEAR, calendar, event, read

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STAMP = "%Y%m%dT%H%M%S"
_BEGINS = datetime.combine(date(2026, 9, 14), time(17))
_UNTIL = datetime.combine(date(2028, 3, 1), time(0))


def _all(text: str, begins: datetime = _BEGINS, until: datetime = _UNTIL) -> list[datetime]:
    return list(starts(read_rule(text), begins, None, begins, until))


# --- against a scan of every day -------------------------------------------------------------


def _by_scanning(
    first: date, weekdays: Iterable[int], every: int, count: int, skipped: set[date]
) -> list[date]:
    """The dates of a weekly rule, found by asking every day whether it is one."""
    monday, found, day = first - timedelta(days=first.weekday()), 0, first
    dates: list[date] = []
    while found < count:
        in_week = ((day - monday).days // 7) % every == 0
        if day == first or (in_week and day.weekday() in weekdays):
            found += 1
            if day not in skipped:
                dates.append(day)
        day += timedelta(days=1)
    return dates


def _moment(day: date, at: time, zone: ZoneInfo, *, last: bool) -> datetime:
    readings = [
        datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    ]
    return max(readings) if last else readings[0]


def _wanted(day: date, starts_at: time, hours: int) -> tuple[datetime, datetime]:
    end = datetime.combine(day, starts_at) + timedelta(hours=hours)
    return (
        _moment(day, starts_at, STOCKHOLM, last=False),
        _moment(end.date(), end.time(), STOCKHOLM, last=True),
    )


@settings(max_examples=150, deadline=None)
@given(
    first=st.dates(date(2026, 12, 1), date(2027, 11, 1)),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    every=st.integers(1, 4),
    count=st.integers(1, 60),
    starts_at=st.sampled_from([time(0), time(1, 30), time(2), time(2, 30), time(3), time(16, 30)]),
    hours=st.integers(2, 30),
    data=st.data(),
)
def test_a_weekly_series_comes_to_the_same_shifts_as_a_scan_of_every_day(
    first: date,
    weekdays: set[int],
    every: int,
    count: int,
    starts_at: time,
    hours: int,
    data: st.DataObject,
) -> None:
    dates = _by_scanning(first, weekdays, every, count, set())
    skipped = data.draw(st.sets(st.sampled_from(dates), max_size=3))
    changed = data.draw(st.sets(st.sampled_from(dates), max_size=2)) - skipped
    by_day = ",".join(_DAYS[day] for day in sorted(weekdays))
    lines = [
        _time("DTSTART", first, starts_at, 0),
        _time("DTEND", first, starts_at, hours),
        f"RRULE:FREQ=WEEKLY;INTERVAL={every};COUNT={count};BYDAY={by_day}",
        *(_time("EXDATE", day, starts_at, 0) for day in skipped),
    ]
    changes = [
        event(
            _time("RECURRENCE-ID", day, starts_at, 0),
            _time("DTSTART", day, starts_at, 24),
            _time("DTEND", day, starts_at, 24 + hours),
            summary="Bo",
        )
        for day in changed
    ]

    found = read(calendar(event(*lines), *changes)).shifts

    wanted = set()
    for day in _by_scanning(first, weekdays, every, count, skipped):
        who, on = ("t2", day + timedelta(days=1)) if day in changed else ("t1", day)
        start, end = _wanted(on, starts_at, hours)
        if start < end and Interval(start, end).overlap(YEAR) is not None:
            wanted.add(shift(who, start.isoformat(), end.isoformat()))
    assert found == tuple(sorted(wanted))


def _time(name: str, day: date, at: time, later: int) -> str:
    moment = datetime.combine(day, at) + timedelta(hours=later)
    return f"{name};TZID=Europe/Stockholm:{moment.strftime(_STAMP)}"


@settings(max_examples=60, deadline=None)
@given(
    first=st.dates(date(2026, 12, 1), date(2027, 11, 1)),
    every=st.integers(1, 9),
    until=st.dates(date(2027, 1, 1), date(2028, 1, 20)),
)
def test_a_daily_series_comes_to_the_same_shifts_as_a_scan_of_every_day(
    first: date, every: int, until: date
) -> None:
    lines = (
        _time("DTSTART", first, time(22), 0),
        _time("DTEND", first, time(22), 10),
        f"RRULE:FREQ=DAILY;INTERVAL={every};UNTIL={until:%Y%m%d}",
    )

    found = read(calendar(event(*lines))).shifts

    wanted: list[Shift] = []
    for day in (first + timedelta(days=n) for n in range(500)):
        if (day - first).days % every == 0 and (day <= until or day == first):
            start, end = _wanted(day, time(22), 10)
            if Interval(start, end).overlap(YEAR) is not None:
                wanted.append(shift("t1", start.isoformat(), end.isoformat()))
    assert found == tuple(wanted)


# --- against the usual library ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=DAILY;BYMONTH=1,7;BYDAY=SA,SU",
        "FREQ=DAILY;BYHOUR=8,16;BYMINUTE=0,30",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO",
        "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=SU,MO",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYMONTHDAY=31,-1,-31",
        "FREQ=MONTHLY;BYDAY=1MO,-1FR,5WE",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=2,6;BYMONTHDAY=29,30",
        "FREQ=YEARLY;BYDAY=20MO,-1SU",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH,-1FR",
        "FREQ=YEARLY;BYYEARDAY=1,100,366,-1",
        "FREQ=YEARLY;BYWEEKNO=1,20,53,-1;BYDAY=MO,SU",
        "FREQ=YEARLY;BYWEEKNO=1,52,-2;BYDAY=MO,SU;WKST=SU",
    ],
)
def test_a_rule_means_what_the_usual_library_means_by_it(text: str) -> None:
    library = rrulestr(f"{text};UNTIL={_UNTIL.strftime(_STAMP)}", dtstart=_BEGINS)

    assert _all(text) == sorted({_BEGINS, *library})


def test_looking_at_a_part_of_a_series_gives_that_part() -> None:
    rule = "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,3TH"
    first = datetime.combine(date(2027, 4, 2), time(3))
    last = datetime.combine(date(2027, 9, 2), time(17))

    part = list(starts(read_rule(rule), _BEGINS, None, first, last))

    assert part == [moment for moment in _all(rule) if first <= moment <= last]
    assert len(part) > 2


def test_the_start_counts_as_the_first_time_whether_the_rule_meets_it_or_not() -> None:
    assert [f"{at:%a %d}" for at in _all("FREQ=WEEKLY;BYDAY=TU;COUNT=3")] == [
        "Mon 14",
        "Tue 15",
        "Tue 22",
    ]


def test_a_rule_that_is_never_met_leaves_the_start() -> None:
    begins = datetime.combine(date(1700, 1, 1), time(0))

    rule = read_rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")

    assert list(starts(rule, begins, None, _BEGINS, _UNTIL)) == []
    assert list(starts(rule, begins, None, begins, begins)) == [begins]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ",
        "FREQ=",
        "FREQ=FORTNIGHTLY",
        "INTERVAL=1",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=99999999999999999999",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=three",
        "FREQ=DAILY;UNTIL=forever",
        "FREQ=DAILY;UNTIL=20270231",
        "FREQ=WEEKLY;BYDAY=MÅ",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;WKST=1",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=YEARLY;BYMONTH=-1",
        "FREQ=YEARLY;BYSETPOS=0",
        "FREQ=YEARLY;BYEASTER=1",
        "FREQ=YEARLY;BYMONTH=" + ",".join(["1"] * 2_000),
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_rule(text)

    assert caught.value.oddity.rule == "EVENT_UNREADABLE"


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=HOURLY",
        "freq=minutely",
        "FREQ=DAILY;BYHOUR=1,2;BYSECOND=" + ",".join(map(str, range(13))),
    ],
)
def test_what_repeats_faster_than_shifts_do_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_rule(text)

    assert caught.value.oddity.rule == "RRULE_TOO_FAST"
