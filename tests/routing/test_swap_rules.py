"""What a swap would break, and who may allow that: by plain values."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from routing.absence import Absence, AbsenceKind
from routing.finding import Finding, Severity
from routing.ids import DistrictId, TherapistId
from routing.organisation import Manager, Organisation, Validity
from routing.override import Override
from routing.rota import Shift
from routing.swap import Why
from routing.swap_rules import (
    Candidate,
    Hindrance,
    Obstacle,
    SwapBarred,
    Verdict,
    added,
    arrangers,
    in_the_way,
    managers_of,
    verdict,
)
from tests.examples import HASSELBY_VALLINGBY, JARVA, at, line, organisation, span

NOW = at("2026-03-01T12:00")
WEEK = ("2026-03-02T08:00", "2026-03-09T08:00")
TUESDAY = span("2026-03-03T17:00", "2026-03-03T22:00")
LINE = line()


def manager(id_: str, district: DistrictId) -> Manager:
    return Manager(id_, "Somebody", None, f"{id_}@example.org", district)


M1, M2, M3 = manager("m1", HASSELBY_VALLINGBY), manager("m2", JARVA), manager("m3", JARVA)
MANAGED = organisation(managers=(M1, M2, M3))


def finding(
    rule: str = "R6",
    therapist: str | None = "t1",
    times: tuple[str, str] | None = WEEK,
    severity: Severity = Severity.ERROR,
    message: str = "",
) -> Finding:
    start, end = (at(times[0]), at(times[1])) if times else (None, None)
    who = None if therapist is None else TherapistId(therapist)
    return Finding(rule, severity, who, start, end, message, "")


@pytest.mark.parametrize(
    "new",
    [
        finding("R1"),
        finding(therapist="t2"),
        finding(times=("2026-03-09T08:00", "2026-03-16T08:00")),
        finding(times=("2026-03-02T08:00", "2026-03-09T09:00")),
        finding(times=None),
    ],
)
def test_another_rule_person_or_time_is_new(new: Finding) -> None:
    assert added([finding()], [finding(), new]) == (new,)


def test_what_was_as_bad_before_is_not_new_whatever_its_words() -> None:
    assert added([finding()], [finding(message="17 h instead of 34 h")]) == ()
    assert added([finding()], [finding(severity=Severity.WARNING)]) == ()


def test_what_was_only_a_warning_is_new_as_an_error() -> None:
    worse = finding()

    assert added([finding(severity=Severity.WARNING)], [worse]) == (worse,)


def test_what_is_left_of_a_fault_when_a_part_goes_is_not_new() -> None:
    whole = finding("R20", "t4", ("2026-03-03T17:00", "2026-03-03T22:00"))
    left = [
        finding("R20", "t4", ("2026-03-03T17:00", "2026-03-03T19:00")),
        finding("R20", "t4", ("2026-03-03T20:00", "2026-03-03T22:00")),
    ]

    assert added([whole], left) == ()
    assert added(left, [whole]) == (whole,)


def test_the_same_said_twice_is_one() -> None:
    assert added([], [finding(), finding()]) == (finding(),)


def on(therapist: str, position: int = 1) -> Override:
    return Override(TUESDAY, position, TherapistId(therapist))


ROTA = (Shift(TUESDAY, 1, TherapistId("t4")), Shift(TUESDAY, 2, TherapistId("t1")))


def test_who_has_the_other_position_then_may_not_unless_she_leaves_it() -> None:
    alone = in_the_way(on("t1"), ROTA, [on("t1")], [])
    in_exchange = in_the_way(on("t1"), ROTA, [on("t1"), on("t4", 2)], [])

    assert [one.obstacle for one in alone] == [Obstacle.ON_STANDBY]
    assert in_exchange == ()
    assert in_the_way(on("t5"), ROTA, [on("t5")], []) == ()


@pytest.mark.parametrize(
    ("start", "end", "is_away"),
    [
        ("2026-03-03T00:00", "2026-03-04T00:00", True),
        ("2026-03-03T21:59", "2026-03-05T00:00", True),
        ("2026-03-03T22:00", "2026-03-05T00:00", False),
        ("2026-03-02T00:00", "2026-03-03T17:00", False),
    ],
)
def test_who_is_away_for_any_of_it_may_not(start: str, end: str, *, is_away: bool) -> None:
    away = [Absence(span(start, end), TherapistId("t5"), AbsenceKind.LEAVE)]

    found = in_the_way(on("t5"), ROTA, [on("t5")], away)

    assert [one.obstacle for one in found] == [Obstacle.ABSENT] * is_away
    assert in_the_way(on("t6"), ROTA, [on("t6")], away) == ()


def judged(
    *found: Finding, whose: Organisation = MANAGED, hindrances: Sequence[Hindrance] = ()
) -> Verdict:
    return verdict(hindrances, found, whose, LINE, NOW)


def test_a_warning_stops_nobody_and_an_error_needs_a_manager() -> None:
    assert judged() is Verdict.LAWFUL
    assert judged(finding(severity=Severity.WARNING)) is Verdict.LAWFUL
    assert judged(finding()) is Verdict.WITH_A_REASON
    assert judged(finding(), whose=organisation()) is Verdict.UNLAWFUL


def test_nobody_decides_about_the_rest_of_another_employer_s_staff() -> None:
    of_hers, of_both = [finding()], [finding(), finding(therapist="t4")]

    assert arrangers(MANAGED, LINE, of_hers, NOW) == (M1,)
    assert arrangers(MANAGED, LINE, [finding(therapist="t4")], NOW) == (M2, M3)
    assert arrangers(MANAGED, LINE, of_both, NOW) == ()
    assert judged(*of_both) is Verdict.UNLAWFUL


@pytest.mark.parametrize("therapist", [None, "t99"])
def test_what_is_nobody_s_is_no_manager_s_to_set_aside(therapist: str | None) -> None:
    assert arrangers(MANAGED, LINE, [finding(therapist=therapist)], NOW) == ()


def test_what_stands_in_the_way_altogether_comes_first() -> None:
    stands = [Hindrance(Obstacle.ABSENT, TherapistId("t1"), "t1 is away then")]

    assert judged(finding(), hindrances=stands) is Verdict.MAY_NOT


def test_after_a_merger_the_managers_are_those_of_the_district_it_became() -> None:
    merged = replace(
        MANAGED.districts[JARVA],
        valid=Validity(last=date(2026, 1, 31)),
        successor=HASSELBY_VALLINGBY,
    )
    whose = organisation(managers=(M1, M2), districts={**MANAGED.districts, JARVA: merged})

    found = arrangers(whose, LINE, [finding(therapist="t4")], NOW)

    assert found == (M1, M2)
    assert managers_of(whose, LINE, [None], NOW) == ()


def test_a_refusal_says_what_stands_in_the_way() -> None:
    away = Hindrance(Obstacle.ABSENT, TherapistId("t1"), "t1 is away then")
    may_not = SwapBarred(Candidate(TherapistId("t1"), Verdict.MAY_NOT, (away,)))
    warned = finding(severity=Severity.WARNING, message="nearly")
    broken = finding(message="t1 has 34 h")
    unlawful = SwapBarred(Candidate(TherapistId("t1"), Verdict.WITH_A_REASON, (), (broken, warned)))

    assert (may_not.why, str(may_not)) == (Why.MAY_NOT, "t1 is away then")
    assert unlawful.why is Why.UNLAWFUL
    assert str(unlawful).startswith("R6: t1 has 34 h (only a manager")
