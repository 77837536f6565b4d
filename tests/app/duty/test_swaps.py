"""A duty changes hands: who is on standby then, who was told what, and what history says."""

import pytest

from routing.errors import InvalidInput, NotFound
from routing.swap import Why
from tests.app.conftest import StageAt
from tests.app.duty.swapping import (
    NOON,
    RELAXED,
    TUE,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    Swapping,
    refused,
)
from tests.app.world import evening, rows
from tests.examples import shift

ASKED = (
    "Byte 1: t4 frågar om du kan ta jouren tisdag 3 mars 17.00–22.00. Svara BYT 1 om du kan, "
    "NEJ 1 om du inte kan. t4 har passet tills någon har svarat BYT."
)
CONFIRMED = (
    "Byte 1: frågan om jouren tisdag 3 mars 17.00–22.00 har gått till t5. Du har passet tills "
    "någon har svarat ja."
)
ASKED_TO_EXCHANGE = (
    "Byte 1: t4 frågar om du kan ta jouren tisdag 3 mars 17.00–22.00, och tar jouren onsdag "
    "4 mars 17.00–22.00 för dig. Svara BYT 1 om du vill, NEJ 1 om du inte vill. Allt är som "
    "förut tills du har svarat BYT."
)
DECLINED = (
    "Byte 1: ingen som fick frågan kan ta jouren tisdag 3 mars 17.00–22.00. Du har passet kvar."
)
GIVEN = "Byte 1: t5 har jouren tisdag 3 mars 17.00–22.00 i stället för t4."


@pytest.fixture
def either(engine_stage_at: StageAt) -> Swapping:
    """On each engine in turn."""
    return Swapping(engine_stage_at(NOON, shifts=WEEK, toml=RELAXED))


@pytest.fixture
def week(sqlite_stage_at: StageAt) -> Swapping:
    return Swapping(sqlite_stage_at(NOON, shifts=WEEK, toml=RELAXED))


def test_an_offer_asks_one_and_changes_nothing_until_she_says_yes(either: Swapping) -> None:
    offered = either.offer("t4", TUESDAY, "t5")

    assert offered.swap.asked == ("t5",)
    assert either.told() == [
        ("t4", CONFIRMED),
        ("t5", ASKED),
    ]
    assert either.on("2026-03-03T19:00") == [(1, "t4"), (2, "t1")]

    either.accept(1, "t5")

    assert either.on("2026-03-03T19:00") == [(1, "t5"), (2, "t1")]
    assert either.told() == [("t4", GIVEN), ("t5", GIVEN)]
    assert either.state(1) == "accepted"
    assert either.history(1) == [("offered", "t4"), ("accepted", "t5")]
    assert [(r["author"], r["note"]) for r in rows(either.stage.parts.engine, "overrides")] == [
        ("t5", "swap 1: t5 from t4")
    ]


def test_an_offer_to_everybody_asks_those_who_may_and_tells_them_when_it_is_taken(
    week: Swapping,
) -> None:
    offered = week.offer("t4", TUESDAY)

    assert offered.swap.asked == ("t2", "t3", "t5", "t6")  # t1 is the backup then
    assert [who for who, said in week.told() if said == ASKED] == ["t2", "t3", "t5", "t6"]

    week.decline(1, "t6")
    week.accept(1, "t5")

    assert week.told() == [(who, GIVEN) for who in ("t2", "t3", "t4", "t5")]
    assert week.history(1) == [("offered", "t4"), ("declined", "t6"), ("accepted", "t5")]


def test_the_second_to_accept_is_told_who_was_first(week: Swapping) -> None:
    week.offer("t4", TUESDAY)
    week.accept(1, "t5")

    with pytest.raises(Exception, match="t5 has taken it already"):
        week.accept(1, "t6")

    assert week.on("2026-03-03T19:00") == [(1, "t5"), (2, "t1")]


def test_an_exchange_gives_each_the_other_s_duty(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5", back=WEDNESDAY)
    assert week.told()[1] == ("t5", ASKED_TO_EXCHANGE)

    week.accept(1, "t5")

    assert week.on("2026-03-03T19:00") == [(1, "t5"), (2, "t1")]
    assert week.on("2026-03-04T19:00") == [(1, "t4"), (2, "t2")]
    said = (
        "Byte 1: t5 har jouren tisdag 3 mars 17.00–22.00, och t4 har jouren "
        "onsdag 4 mars 17.00–22.00."
    )
    assert week.told() == [("t4", said), ("t5", said)]


def test_the_first_and_the_backup_change_places(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t1", back=TUESDAY)
    week.accept(1, "t1")

    assert week.on("2026-03-03T19:00") == [(1, "t1"), (2, "t4")]
    assert "bakjouren tisdag 3 mars" in week.told()[-1][1]


def test_of_a_part_only_that_part_changes_hands(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5", part=("2026-03-03T19:30", "2026-03-03T21:00"))
    week.accept(1, "t5")

    assert [
        week.on(f"2026-03-03T{clock}")[0] for clock in ("19:29", "19:30", "20:59", "21:00")
    ] == [(1, "t4"), (1, "t5"), (1, "t5"), (1, "t4")]
    assert "tisdag 3 mars 19.30–21.00" in week.told()[0][1]


def test_when_everybody_has_said_no_the_giver_is_told_that_she_has_it(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.told()

    week.decline(1, "t5")

    assert week.told() == [
        ("t4", DECLINED),
    ]
    assert week.state(1) == "declined"
    assert refused(week.accept, 1, "t5") is Why.OVER
    assert week.on("2026-03-03T19:00") == [(1, "t4"), (2, "t1")]


def test_who_said_no_may_think_better_of_it_while_others_are_asked(week: Swapping) -> None:
    week.offer("t4", TUESDAY)
    week.decline(1, "t5")
    week.decline(1, "t5")  # twice is once

    week.accept(1, "t5")

    assert week.on("2026-03-03T19:00")[0] == (1, "t5")
    assert week.history(1) == [("offered", "t4"), ("declined", "t5"), ("accepted", "t5")]


def test_an_offer_that_is_withdrawn_is_over_and_those_asked_are_told(week: Swapping) -> None:
    week.offer("t4", TUESDAY)
    week.decline(1, "t6")
    week.told()

    week.withdraw(1, "t4")

    said = "Byte 1 gäller inte längre: t4 har kvar jouren tisdag 3 mars 17.00–22.00."
    assert week.told() == [("t2", said), ("t3", said), ("t5", said)]
    assert refused(week.accept, 1, "t5") is Why.OVER
    assert refused(week.withdraw, 1, "t4") is Why.OVER


def test_a_question_that_was_not_sent_before_the_answer_is_never_sent(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.withdraw(1, "t4")

    assert [said[:24] for who, said in week.told() if who == "t5"] == ["Byte 1 gäller inte längr"]


def test_only_the_giver_or_a_manager_of_hers_withdraws(week: Swapping) -> None:
    week.offer("t4", TUESDAY)

    for author in ("t5", "m1", "nobody"):
        assert refused(week.withdraw, 1, author) is Why.NOT_YOURS
    week.withdraw(1, "m2")

    assert week.history(1)[-1] == ("withdrawn", "m2")
    assert ("t4", "Byte 1 gäller inte längre: t4 har kvar jouren tisdag 3 mars 17.00–22.00.") in (
        week.told()
    )


# --- undoing -------------------------------------------------------------------------------------


def test_the_giver_takes_her_duty_back_until_it_begins(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.accept(1, "t5")
    week.told()

    week.undo(1, "t4")

    assert week.on("2026-03-03T19:00") == [(1, "t4"), (2, "t1")]
    said = "Byte 1 är ångrat: t4 har jouren tisdag 3 mars 17.00–22.00."
    assert week.told() == [("t4", said), ("t5", said)]
    assert week.history(1)[-1] == ("undone", "t4")
    assert refused(week.undo, 1, "t4") is Why.NOT_IN_FORCE


def test_what_has_begun_is_not_undone(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.accept(1, "t5")
    week.at(TUESDAY)

    assert refused(week.undo, 1, "t4") is Why.BEGUN
    assert week.on("2026-03-03T19:00") == [(1, "t5"), (2, "t1")]


def test_nobody_is_given_a_duty_back_without_having_asked_but_by_a_manager(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.accept(1, "t5")
    assert refused(week.undo, 1, "t5") is Why.NOT_YOURS
    assert refused(week.undo, 1, "m1") is Why.NOT_YOURS  # of neither's employer

    week.undo(1, "m2")

    assert week.on("2026-03-03T19:00")[0] == (1, "t4")


def test_an_exchange_is_undone_by_a_manager_of_either(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t2", back="2026-03-06T17:00")
    week.accept(1, "t2")
    assert refused(week.undo, 1, "t4") is Why.NOT_YOURS

    week.undo(1, "m1")

    assert week.on("2026-03-03T19:00") == [(1, "t4"), (2, "t1")]
    assert week.on("2026-03-06T19:00") == [(1, "t2"), (2, "t5")]


def test_of_a_chain_the_first_is_not_undone_while_the_second_stands(either: Swapping) -> None:
    either.offer("t4", TUESDAY, "t5")
    either.accept(1, "t5")
    either.offer("t5", TUESDAY, "t6")
    either.accept(2, "t6")
    assert either.on("2026-03-03T19:00")[0] == (1, "t6")

    assert refused(either.undo, 1, "t4") is Why.ON_TOP
    either.undo(2, "t5")
    either.undo(1, "t4")

    assert either.on("2026-03-03T19:00") == [(1, "t4"), (2, "t1")]


def test_a_duty_that_came_back_by_another_swap_is_not_undone_below_it(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.accept(1, "t5")
    week.offer("t5", TUESDAY, "t6")
    week.accept(2, "t6")
    week.offer("t6", TUESDAY, "t5")
    week.accept(3, "t5")  # the same as after the first, and t6 has agreed to it

    assert refused(week.undo, 1, "t4") is Why.ON_TOP


# --- what is not there to give -------------------------------------------------------------------


def test_what_is_not_hers_or_has_begun_is_not_offered(week: Swapping) -> None:
    assert refused(week.offer, "t5", TUESDAY) is Why.NOT_HELD
    week.at("2026-03-03T17:30")
    assert refused(week.offer, "t4", "2026-03-03T19:00") is Why.BEGUN
    week.offer("t4", "2026-03-03T19:00", "t5", part=("2026-03-03T20:00", None))
    assert refused(week.accept, 1, "t6") is Why.NOT_ASKED
    with pytest.raises(NotFound):
        week.accept(2, "t5")


def test_what_is_offered_already_is_not_offered_again(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5", part=(None, "2026-03-03T19:00"))
    again = ("2026-03-03T18:59", None)

    assert refused(week.offer, "t4", TUESDAY, part=again) is Why.OFFERED_ALREADY
    week.offer("t4", TUESDAY, part=("2026-03-03T19:00", None))


@pytest.mark.parametrize("to", ["t4", "t9"])
def test_there_must_be_somebody_else_to_swap_with(to: str, week: Swapping) -> None:
    with pytest.raises(InvalidInput, match=r"^to: "):
        week.offer("t4", TUESDAY, to)


def test_two_in_one_position_must_be_put_right_first(sqlite_stage_at: StageAt) -> None:
    doubled = [*evening(TUE), shift("t6", TUESDAY, "2026-03-03T22:00")]
    week = Swapping(sqlite_stage_at(NOON, shifts=doubled, toml=RELAXED))

    assert refused(week.offer, "t4", TUESDAY, "t5") is Why.SHARED
