"""Who is who: dates, mandates, mergers, working time and terms."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ids import DistrictId, TherapistId
from routing.organisation import Term, Validity
from routing.working_time import STANDARD_TERMS, STANDARD_WORKING_TIME, Terms, WorkingTime
from tests.examples import (
    EFTERVARD,
    HASSELBY_VALLINGBY,
    JARVA,
    LINE_NUMBER,
    at,
    line,
    mandate,
    organisation,
    therapist,
)

_TODAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("day", "is_valid"),
    [
        ("2025-03-31", False),
        ("2025-04-01", True),
        ("2027-12-31", True),
        ("2028-01-01", False),
    ],
)
def test_both_dates_of_a_validity_are_included(day: str, is_valid: bool) -> None:
    validity = Validity(date(2025, 4, 1), date(2027, 12, 31))

    assert (date.fromisoformat(day) in validity) is is_valid


def test_a_validity_without_dates_is_always() -> None:
    assert date.min in Validity()
    assert date.max in Validity()


_dates = st.one_of(st.none(), st.integers(1, 9).map(lambda n: date(2026, 3, n)))


@given(_dates, _dates, _dates, _dates)
def test_validities_overlap_when_a_date_is_in_both(
    a: date | None, b: date | None, c: date | None, d: date | None
) -> None:
    if (a and b and b < a) or (c and d and d < c):
        return
    one, other = Validity(a, b), Validity(c, d)
    days = [date(2026, 2, 25) + timedelta(days=n) for n in range(20)]

    assert one.overlaps(other) == any(day in one and day in other for day in days)


def test_staff_may_answer_for_their_own_district_without_a_mandate() -> None:
    alone = organisation(mandates=())

    assert alone.may_answer(therapist(1), HASSELBY_VALLINGBY, _TODAY)
    assert not alone.may_answer(therapist(1), JARVA, _TODAY)


def test_a_mandate_counts_in_one_direction() -> None:
    one_way = organisation(mandates=(mandate(JARVA, HASSELBY_VALLINGBY),))

    assert one_way.may_answer(therapist(1), JARVA, _TODAY)
    assert not one_way.may_answer(therapist(4), HASSELBY_VALLINGBY, _TODAY)


def test_a_mandate_of_another_districts_staff_does_not_count() -> None:
    other = organisation(mandates=(mandate(JARVA, DistrictId("farsta")),))

    assert not other.may_answer(therapist(1), JARVA, _TODAY)


@pytest.mark.parametrize(
    ("day", "may"),
    [
        ("2025-03-31", False),
        ("2025-04-01", True),
        ("2027-12-31", True),
        ("2028-01-01", False),
    ],
)
def test_a_mandate_counts_on_its_first_and_last_day(day: str, may: bool) -> None:
    assert organisation().may_answer(therapist(1), JARVA, date.fromisoformat(day)) is may


def test_after_a_merger_the_successor_answers() -> None:
    districts = organisation().districts
    new = DistrictId("vaster")
    merged = organisation(
        districts={
            JARVA: replace(
                districts[JARVA], valid=Validity(None, date(2026, 6, 30)), successor=new
            ),
            new: replace(districts[JARVA], id=new, valid=Validity(date(2026, 7, 1))),
        }
    )

    assert merged.current(JARVA, date(2026, 6, 30)) == JARVA
    assert merged.current(JARVA, date(2026, 7, 1)) == new
    assert merged.current(DistrictId("nowhere"), _TODAY) == "nowhere"


def test_a_closed_district_without_a_successor_stays_itself() -> None:
    districts = organisation().districts
    closed = organisation(
        districts={JARVA: replace(districts[JARVA], valid=Validity(None, date(2026, 1, 1)))}
    )

    assert closed.current(JARVA, _TODAY) == JARVA


def test_districts_that_come_after_each_other_in_a_ring_do_not_hang() -> None:
    districts = organisation().districts
    over = Validity(None, date(2020, 1, 1))
    ring = organisation(
        districts={
            JARVA: replace(districts[JARVA], valid=over, successor=HASSELBY_VALLINGBY),
            HASSELBY_VALLINGBY: replace(districts[JARVA], valid=over, successor=JARVA),
        }
    )

    assert ring.current(JARVA, _TODAY) in (JARVA, HASSELBY_VALLINGBY)


def test_lines_and_staff_are_found_by_number() -> None:
    phoneless = organisation(therapists={t.id: t for t in (therapist(1), therapist(2, phone=None))})

    assert phoneless.line_of[LINE_NUMBER].id == EFTERVARD
    assert [t.id for t in phoneless.staff_of.values()] == ["t1"]


def test_a_lines_date_is_its_own_zones() -> None:
    assert line().today(at("2026-03-03T23:30+00:00")) == date(2026, 3, 4)


def test_a_therapist_without_working_time_of_her_own_has_everybodys() -> None:
    own = Terms(WorkingTime(STANDARD_WORKING_TIME.ordinary, weekly_rest=timedelta(hours=47)))
    mixed = organisation(
        therapists={t.id: t for t in (therapist(1), therapist(2, working_time=own))}
    )

    assert mixed.working_time_of(TherapistId("t1")) == STANDARD_TERMS
    assert mixed.working_time_of(TherapistId("t2")) == own
    assert mixed.working_time_of(TherapistId("nobody")) == STANDARD_TERMS


@pytest.mark.parametrize(
    ("term", "day", "before"),
    [
        (Term(months=24), "2026-03-03", "2024-03-03"),
        (Term(months=2), "2026-01-15", "2025-11-15"),
        (Term(months=1), "2026-03-31", "2026-02-28"),
        (Term(months=12), "2028-02-29", "2027-02-28"),
        (Term(days=14), "2026-03-03", "2026-02-17"),
        (Term(), "2026-03-03", "2026-03-03"),
    ],
)
def test_a_term_counts_in_calendar_months_and_days(term: Term, day: str, before: str) -> None:
    assert term.before(date.fromisoformat(day)) == date.fromisoformat(before)
