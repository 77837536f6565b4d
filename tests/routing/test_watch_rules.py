"""Who is told of what is wrong with a coming rota, when, and how often."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.finding import Finding, Severity
from routing.ids import DistrictId, TherapistId
from routing.numbers import parse_number
from routing.organisation import Manager, Organisation, Validity
from routing.watch import is_due, is_urgent, owners
from tests.examples import HASSELBY_VALLINGBY, JARVA, STOCKHOLM, at, line, organisation

NEW = DistrictId("vasterort")
STARTS = at("2026-03-12T17:00")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def finding(starts_at: datetime | None = STARTS, therapist: str | None = None) -> Finding:
    who = None if therapist is None else TherapistId(therapist)
    ends_at = None if starts_at is None else starts_at + 5 * HOUR
    return Finding("R17", Severity.ERROR, who, starts_at, ends_at, "message", "remedy")


def due(told: datetime | None, now: datetime, starts_at: datetime | None = STARTS) -> bool:
    found_at = at("2026-03-01T10:00")
    return is_due(finding(starts_at), found_at, told, STOCKHOLM, now)


@pytest.mark.parametrize(
    ("now", "urgent"),
    [
        (STARTS - DAY - SECOND, False),
        (STARTS - DAY, True),
        (STARTS - DAY + SECOND, True),
        (STARTS, True),
        (STARTS + HOUR, True),
    ],
)
def test_the_next_24_hours_are_urgent(now: datetime, *, urgent: bool) -> None:
    assert is_urgent(finding(), now) is urgent


def test_what_has_no_time_is_urgent_always() -> None:
    assert is_urgent(finding(None), at("2026-03-01T03:00"))


# The first time.


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_what_is_urgent_is_told_at_any_hour(hour: int) -> None:
    now = at("2026-03-11T17:00") + timedelta(hours=hour)

    assert due(None, now)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-03-03T07:59:59", False),
        ("2026-03-03T08:00", True),
        ("2026-03-03T17:59:59", True),
        ("2026-03-03T18:00", False),
        ("2026-03-03T02:00", False),
        # Local hours, on the days when the clocks change too.
        ("2026-03-29T07:59:59", False),
        ("2026-03-29T08:00", True),
        ("2026-03-29T18:00", False),
        ("2026-10-25T07:59:59", False),
        ("2026-10-25T08:00", True),
        ("2026-10-25T17:59:59", True),
        ("2026-10-25T18:00", False),
    ],
)
def test_what_can_wait_is_told_by_day(now: str, *, told: bool) -> None:
    moment = at(now)

    assert due(None, moment, moment + 9 * DAY) is told
    assert due(None, moment.astimezone(UTC), moment + 9 * DAY) is told


# Again.


@pytest.mark.parametrize("told", [STARTS - 3 * DAY, STARTS - DAY - SECOND])
def test_becoming_urgent_is_news_at_any_hour(told: datetime) -> None:
    night = at("2026-03-13T03:00")  # a gap at three in the morning becomes urgent at three

    assert not due(STARTS - DAY - HOUR, STARTS - DAY - SECOND)
    assert due(told, STARTS - DAY)
    assert due(night - DAY - HOUR, night - DAY, night)


def test_beginning_is_news_once() -> None:
    assert due(STARTS - HOUR, STARTS)
    assert due(STARTS - HOUR, STARTS + 30 * SECOND)
    assert not due(STARTS, STARTS + SECOND)
    assert not due(STARTS + SECOND, STARTS + 3 * HOUR)
    assert not due(STARTS + SECOND, STARTS + 3 * DAY)


@pytest.mark.parametrize(
    ("ahead", "pause"),
    [
        (timedelta(hours=17), timedelta(hours=6)),
        (timedelta(hours=71), timedelta(hours=12)),
        (timedelta(days=9), timedelta(hours=24)),
    ],
)
def test_reminders_come_no_oftener_than_stated(ahead: timedelta, pause: timedelta) -> None:
    now = at("2026-03-03T14:00")
    starts = now + ahead
    told = now - pause

    assert due(told, now, starts)
    assert not due(told + SECOND, now, starts)


def test_a_reminder_waits_for_the_day() -> None:
    starts = at("2026-03-04T17:00")
    told = at("2026-03-03T17:30")

    assert not due(told, at("2026-03-03T23:30"), starts)
    assert not due(told, at("2026-03-04T07:59:59"), starts)
    assert due(told, at("2026-03-04T08:00"), starts)


def test_what_has_no_time_is_told_once_a_day_and_by_day() -> None:
    told = at("2026-03-03T02:00")

    assert due(None, told, None)
    assert not due(told, at("2026-03-03T14:00"), None)
    assert not due(told, at("2026-03-04T02:00"), None)
    assert due(told, at("2026-03-04T08:00"), None)


def test_what_is_found_after_it_began_is_told_once() -> None:
    now = STARTS + 2 * HOUR

    assert due(None, now)
    assert not any(due(now, now + n * HOUR) for n in range(1, 48))


@given(
    st.integers(0, 14 * 24 * 60),
    st.lists(st.integers(0, 16 * 24 * 60), max_size=400),
    st.integers(0, 24 * 60),
)
def test_nobody_is_told_oftener_than_the_rules_say(
    ahead: int, sweeps: list[int], offset: int
) -> None:
    begin = at("2026-03-20T00:00").astimezone(UTC) + timedelta(minutes=offset)
    starts = begin + timedelta(minutes=ahead)
    told: list[datetime] = []
    for minute in sorted(sweeps):
        now = begin + timedelta(minutes=minute)
        if is_due(finding(starts), begin, told[-1] if told else None, STOCKHOLM, now):
            told.append(now)

    for before, now in pairwise(told):
        is_news = any(before < edge <= now for edge in (starts - DAY, starts))
        by_day = time(8) <= now.astimezone(STOCKHOLM).time() < time(18)
        assert is_news or (by_day and now - before >= 6 * HOUR and now < starts)
    assert len([now for now in told if now >= starts]) <= 1


# Whose it is.


def manager(name: str, district: DistrictId) -> Manager:
    phone = parse_number("+46701740620")
    return Manager(name, f"Manager {name}", phone, f"{name}@example.org", district)


def owned(found: Finding, known: Organisation, now: str = "2026-03-03T10:00") -> list[str]:
    own = line() if NEW not in known.districts else line(districts=(HASSELBY_VALLINGBY, JARVA))
    return [m.id for m in owners(known, own, found, at(now))]


TWO_EACH = organisation(
    managers=(
        manager("h1", HASSELBY_VALLINGBY),
        manager("j1", JARVA),
        manager("h2", HASSELBY_VALLINGBY),
        manager("elsewhere", DistrictId("elsewhere")),
    )
)


def test_a_therapist_s_fault_is_her_employer_s() -> None:
    assert owned(finding(therapist="t1"), TWO_EACH) == ["h1", "h2"]
    assert owned(finding(therapist="t4"), TWO_EACH) == ["j1"]


def test_a_gap_and_somebody_nobody_knows_concern_every_district_of_the_line() -> None:
    assert owned(finding(), TWO_EACH) == ["h1", "j1", "h2"]
    assert owned(finding(therapist="t99"), TWO_EACH) == ["h1", "j1", "h2"]


def test_without_managers_it_is_nobody_s() -> None:
    assert owned(finding(), organisation()) == []


def test_where_her_employer_has_no_manager_it_is_the_other_district_s() -> None:
    assert owned(finding(therapist="t1"), organisation(managers=(manager("j1", JARVA),))) == ["j1"]


def _merged() -> Organisation:
    """Both districts became one on the first of July."""
    over = Validity(None, date(2026, 6, 30))
    old = {
        id_: replace(district, valid=over, successor=NEW)
        for id_, district in organisation().districts.items()
    }
    new = replace(old[JARVA], id=NEW, valid=Validity(date(2026, 7, 1)), successor=None)
    managers = (manager("h1", HASSELBY_VALLINGBY), manager("j1", JARVA), manager("n1", NEW))
    return organisation(districts={**old, NEW: new}, managers=managers)


def test_before_a_merger_the_old_districts_managers_are_told() -> None:
    assert owned(finding(therapist="t1"), _merged(), "2026-06-30T23:59") == ["h1"]
    assert owned(finding(), _merged(), "2026-06-30T23:59") == ["h1", "j1"]


def test_after_a_merger_the_successor_s_managers_are_told() -> None:
    assert "n1" in owned(finding(therapist="t1"), _merged(), "2026-07-01T00:00")
    assert "n1" in owned(finding(), _merged(), "2026-07-01T00:00")


def test_a_manager_whose_district_was_merged_is_still_somebody_to_tell() -> None:
    known = replace(_merged(), managers=(manager("j1", JARVA),))

    assert owned(finding(), known, "2026-07-01T00:00") == ["j1"]
