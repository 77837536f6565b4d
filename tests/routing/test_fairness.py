"""How standby is shared: counted by hand for some weeks of 2026, and for any rota at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.absence import Absence, AbsenceKind
from routing.fairness import Load, Part
from routing.fairness_findings import findings
from routing.organisation import Validity
from routing.rota import Shift
from routing.weekdays import is_weekday
from tests.examples import HASSELBY_VALLINGBY, JARVA, shift, span, therapist
from tests.routing.sharing import (
    SIX,
    away,
    evening,
    held,
    hours,
    in_turn,
    person,
    shared,
    weekends,
)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2026-03-03T17:00", "2026-03-03T22:00", (1, 0, 0, hours(5)), id="an evening"),
        pytest.param("2026-03-03T17:00", "2026-03-04T08:00", (1, 0, 0, hours(15)), id="a night"),
        pytest.param(
            "2026-03-06T17:00", "2026-03-07T08:00", (1, 0, 0, hours(15)), id="Friday night"
        ),
        pytest.param("2026-03-07T10:00", "2026-03-07T22:00", (0, 1, 0, hours(12)), id="a Saturday"),
        pytest.param(
            "2026-03-08T17:00", "2026-03-09T08:00", (0, 1, 0, hours(15)), id="Sunday night"
        ),
        pytest.param(
            "2026-03-06T17:00", "2026-03-09T08:00", (1, 1, 0, hours(63)), id="Friday to Monday"
        ),
        pytest.param(
            "2026-03-28T17:00", "2026-03-29T08:00", (0, 1, 0, hours(14)), id="the clocks go forward"
        ),
    ],
)
def test_what_a_shift_counts_as(
    start: str, end: str, expected: tuple[int, int, int, timedelta]
) -> None:
    assert held(shared([shift("t1", start, end)]), "t1") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-12-24", (0, 0, 1)),  # Christmas Eve, a Thursday
        ("2026-12-23", (1, 0, 0)),
        ("2026-12-26", (0, 1, 1)),  # Boxing Day, a Saturday
        ("2026-06-19", (0, 0, 1)),  # Midsummer's Eve, always a Friday
        ("2026-04-05", (0, 1, 1)),  # Easter Day
        ("2026-10-25", (0, 1, 0)),  # a Sunday like any other; the clocks go back
    ],
)
def test_holidays_and_eves_are_red_days_and_no_evenings(
    day: str, expected: tuple[int, int, int]
) -> None:
    year = span("2026-01-01", "2027-01-01")

    found = shared([evening("t1", date.fromisoformat(day))], during=year)

    assert held(found, "t1")[:3] == expected


def test_a_weekend_counts_once_in_each_part_and_once_together() -> None:
    found = shared(
        [
            shift("t1", "2026-03-07T10:00", "2026-03-07T22:00", 1),
            shift("t1", "2026-03-08T10:00", "2026-03-08T22:00", 2),
            shift("t1", "2026-03-07T20:00", "2026-03-07T22:00", 2),  # in both places at once
        ]
    )

    assert held(found, "t1", Part.FIRST) == (0, 1, 0, hours(12))
    assert held(found, "t1", Part.BACKUP) == (0, 1, 0, hours(14))
    assert held(found, "t1") == (0, 1, 0, hours(24))


def test_only_what_lies_in_the_span_counts() -> None:
    night = shift("t1", "2026-02-28T17:00", "2026-03-01T08:00")  # begins the day before

    found = shared([night, shift("t1", "2026-04-01T17:00", "2026-04-01T22:00")])

    assert held(found, "t1") == (0, 0, 0, hours(8))


def test_an_even_share_goes_by_the_days_that_somebody_was_there() -> None:
    """Ten evenings in two weeks; t4 is away in the second of them."""
    days = [date(2026, 3, n) for n in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
    leave = away("t4", "2026-03-09", "2026-03-14")

    found = shared([evening("t1", day) for day in days], absences=[leave])

    assert found.days == 10
    assert [p.account.days for p in found.people] == [10, 5]
    assert person(found, "t1").account.even[Part.FIRST].evenings == Fraction(20, 3)
    assert person(found, "t4").account.even[Part.FIRST].standby == hours(50) / 3
    assert person(found, "t4").account.even[Part.BACKUP] == Load()


@pytest.mark.parametrize(
    ("absence", "days"),
    [
        (away("t4", "2026-03-03T08:00", "2026-03-03T17:00", AbsenceKind.SICK), 1),
        (away("t4", "2026-03-03T13:00", "2026-03-03T14:00"), 2),
        (away("t4", "2026-03-03", "2026-03-04", AbsenceKind.COMPENSATION), 2),
        (away("t4", "2026-03-05", "2026-03-09"), 2),  # nobody stood by then
    ],
    ids=["a day", "an hour", "in return for standby", "another time"],
)
def test_which_absence_makes_a_share_smaller(absence: Absence, days: int) -> None:
    two_evenings = [evening("t1", date(2026, 3, 3)), evening("t1", date(2026, 3, 4))]

    found = shared(two_evenings, absences=[absence])

    assert person(found, "t4").account.days == days


def test_whoever_began_later_owes_nothing_for_the_time_before() -> None:
    began = replace(therapist(4), active=Validity(date(2026, 3, 4)))

    found = shared([evening("t1", date(2026, 3, n)) for n in (2, 3, 4, 5)], [therapist(1), began])

    assert person(found, "t4").account.days == 2
    assert person(found, "t4").account.even[Part.BOTH].evenings == Fraction(4, 3)


def test_somebody_unknown_is_counted_all_the_same() -> None:
    found = shared([evening("t9", date(2026, 3, 3))])

    assert held(found, "t9") == (1, 0, 0, hours(5))
    assert person(found, "t9").district is None
    assert set(found.districts) == {HASSELBY_VALLINGBY, JARVA, None}


def test_the_employers_accounts_are_those_of_their_people() -> None:
    shifts = [
        evening("t1", date(2026, 3, 2)),
        evening("t2", date(2026, 3, 3)),
        *weekends("t4", [1]),
    ]

    districts = shared(shifts, SIX).districts

    both = {district: account.held[Part.BOTH] for district, account in districts.items()}
    assert both == {
        HASSELBY_VALLINGBY: Load(evenings=Fraction(2), standby=hours(10)),
        JARVA: Load(weekends=Fraction(1), standby=hours(12)),
    }
    assert districts[JARVA].even[Part.BOTH].evenings == 1


def test_without_any_shifts_nothing_is_shared() -> None:
    found = shared([])

    assert (found.days, found.weekends, findings(found)) == (0, 0, ())
    assert person(found, "t1").account.even[Part.BOTH] == Load()


DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(31)]
HOLDERS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=len(DAYS), max_size=len(DAYS)
)


def rota(holders: Sequence[tuple[int, int]]) -> list[Shift]:
    return [
        evening(f"t{who}", day, position)
        for day, both in zip(DAYS, holders, strict=True)
        for position, who in enumerate(both, start=1)
    ]


@settings(max_examples=25)
@given(HOLDERS)
def test_the_counts_of_all_add_up_to_what_there_was_to_share(
    holders: Sequence[tuple[int, int]],
) -> None:
    found = shared(rota(holders), SIX)

    for part in (Part.FIRST, Part.BACKUP):
        held_ = sum((p.account.held[part] for p in found.people), Load())
        even = sum((p.account.even[part] for p in found.people), Load())
        assert held_.evenings == sum(is_weekday(day) for day in DAYS)
        assert held_.standby == sum(
            (s.time.length for s in rota(holders) if s.position == 1), hours(0)
        )
        assert (even.evenings, even.weekends) == (held_.evenings, held_.weekends)
        assert abs(even.standby - held_.standby) < timedelta(milliseconds=1)
        assert all(int(p.account.held[part].weekends) <= found.weekends for p in found.people)
    districts = sum((a.held[Part.BOTH] for a in found.districts.values()), Load())
    assert districts == sum((p.account.held[Part.BOTH] for p in found.people), Load())


@settings(max_examples=25)
@given(HOLDERS, st.permutations(range(1, 7)))
def test_it_makes_no_difference_who_is_called_what(
    holders: Sequence[tuple[int, int]], names: Sequence[int]
) -> None:
    alike = [replace(one, district=JARVA) for one in SIX]
    renamed = [(names[first - 1], names[second - 1]) for first, second in holders]

    before, after = shared(rota(holders), alike), shared(rota(renamed), alike)

    for number in range(1, 7):
        was, now = person(before, f"t{number}"), person(after, f"t{names[number - 1]}")
        assert (was.account, was.weekends) == (now.account, now.weekends)
    told = [len(findings(one)) for one in (before, after)]
    assert told[0] == told[1]


def test_the_order_of_shifts_makes_no_difference() -> None:
    shifts = in_turn(6, 2)

    assert shared(shifts, SIX) == shared(shifts[::-1], SIX)
