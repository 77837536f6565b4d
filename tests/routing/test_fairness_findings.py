"""R18: who is told that standby is not shared fairly, and in which words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from routing.fairness import Part
from routing.fairness_findings import Running, Uneven, Unfair, findings
from routing.fairness_words import in_words
from routing.ids import TherapistId
from routing.organisation import Therapist
from routing.rota import Shift
from tests.examples import STOCKHOLM, span, therapist
from tests.routing.sharing import (
    HALF_A_YEAR,
    SATURDAYS,
    SIX,
    TWO,
    evening,
    in_turn,
    shared,
    weekends,
)


def r18(shifts: Sequence[Shift], people: Sequence[Therapist] = SIX) -> list[object]:
    return list(findings(shared(shifts, people, during=HALF_A_YEAR)))


def test_six_in_turn_have_a_fair_half_year() -> None:
    assert r18(in_turn(6, 2)) == []


def test_every_third_weekend_is_fair_and_one_more_is_not() -> None:
    every_third = weekends("t1", range(0, 26, 3))  # nine of 26
    others = [evening(f"t{n % 2 + 2}", day) for n, day in enumerate(SATURDAYS) if n % 3]
    one_more = weekends("t1", [1])

    fair = [f for f in r18([*every_third, *others]) if isinstance(f, Unfair)]
    unfair = [f for f in r18([*every_third, *others, *one_more]) if isinstance(f, Unfair)]

    assert [f.therapist for f in fair] == []
    assert unfair == [Unfair(TherapistId("t1"), HALF_A_YEAR, times=10, weekends=26, most=9)]


def test_the_share_of_weekends_that_is_fair_is_the_teams_own() -> None:
    found = shared(in_turn(2), [therapist(1), therapist(2)], during=HALF_A_YEAR)

    assert [type(f) for f in findings(found, Fraction(1, 2))] == []
    assert [type(f) for f in findings(found)] == [Unfair, Unfair]


def test_weekends_without_standby_are_not_shared() -> None:
    """Of three weekends in the half-year, two are more than one in three."""
    found = r18([*weekends("t1", [0, 5]), *weekends("t2", [10])], [therapist(1), therapist(2)])

    assert found == [Unfair(TherapistId("t1"), HALF_A_YEAR, times=2, weekends=3, most=1)]


def test_two_weekends_running_are_told_whatever_the_position() -> None:
    shifts = [*weekends("t1", [1], 1), *weekends("t1", [2], 2), *weekends("t1", [7, 8, 9], 2)]

    running = [f for f in r18(shifts) if isinstance(f, Running)]

    longest = span("2026-04-18", "2026-05-04")
    assert running == [Running(TherapistId("t1"), longest, times=3, runs=2)]


def test_a_count_far_from_the_even_share_is_told_once_for_each_kind() -> None:
    """Twelve weekends for six people: two each, so that four or none are more than one away."""
    apart = range(0, 24, 2)
    turns = [1, 2, 1, 3, 1, 4, 1, 5, 2, 3, 4, 5]
    shifts = [s for n, turn in zip(apart, turns, strict=True) for s in weekends(f"t{turn}", [n])]

    uneven = [(f.therapist, f.times, f.low, f.high) for f in r18(shifts) if isinstance(f, Uneven)]

    assert uneven == [("t1", 4, 2, 2), ("t6", 0, 2, 2)]


def test_red_days_are_shared_by_themselves() -> None:
    reds = [date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14)]

    uneven = [f for f in r18([evening("t1", day) for day in reds], TWO) if isinstance(f, Uneven)]

    assert [(f.therapist, f.kind, f.times, f.low, f.high) for f in uneven] == [
        ("t1", "red_days", 4, 2, 2),
        ("t4", "red_days", 0, 2, 2),
    ]


def test_who_is_always_first_is_told_although_the_sum_is_even() -> None:
    pairs = [s for n in range(0, 26, 3) for s in (*weekends("t1", [n]), *weekends("t4", [n], 2))]

    uneven = [f for f in r18(pairs, TWO) if isinstance(f, Uneven)]

    assert [(f.therapist, f.part, f.times, f.low, f.high) for f in uneven] == [
        ("t1", "first", 9, 4, 5),
        ("t4", "first", 0, 4, 5),
    ]


def test_an_uneven_share_says_who_could_take_more() -> None:
    uneven = [f for f in r18(weekends("t1", [0, 5, 10, 15]), TWO) if isinstance(f, Uneven)]

    english = [in_words(one, STOCKHOLM) for one in uneven]
    swedish = [in_words(replace(one, part=Part.FIRST), STOCKHOLM, "sv") for one in uneven]

    assert [f.message for f in english] == [
        "t1 has 4 weekends, and an even share is 2",
        "t4 has 0 weekends, and an even share is 2",
    ]
    assert [f.remedy for f in english] == [
        "give some to those who have fewer",
        "let t4 take some from those who have more",
    ]
    assert swedish[0].message == "t1 har 4 helger på plats 1, och en jämn andel är 2"
    assert swedish[1].remedy == "låt t4 ta över några från dem som har fler"


def test_what_is_not_fair_is_said_in_english_and_swedish() -> None:
    shifts = [*weekends("t1", [1, 2, 3, 4]), *weekends("t4", [6])]
    found = r18(shifts, TWO)

    said = [
        (f"{f.rule} {f.severity}", f.message, f.remedy)
        for language in ("en", "sv")
        for one in found
        if isinstance(one, Unfair | Running | Uneven)
        for f in [in_words(one, STOCKHOLM, language)]
    ]

    assert said == [
        (
            "R18 warning",
            "t1 is in position 1 on 4 of 5 weekends, and 2 is the most that is fair",
            "give 2 of them to others",
        ),
        (
            "R18 warning",
            "t1 stands by 4 weekends running, from 2026-03-07",
            "give one of them to somebody else",
        ),
        (
            "R18 warning",
            "t1 står på plats 1 under 4 av 5 helger, och högst 2 är rimligt",
            "ge 2 av dem till andra",
        ),
        (
            "R18 warning",
            "t1 har beredskap 4 helger i rad, från 2026-03-07",
            "ge en av dem till någon annan",
        ),
    ]
