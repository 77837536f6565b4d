"""Swaps as time passes: the rota changes, people leave, and offers run out."""

import pytest

from app.bootstrap import create_app
from app.store import calendar_links
from routing.ids import TherapistId
from routing.swap import Why
from tests.app.conftest import StageAt
from tests.app.duty.swapping import (
    NOON,
    RELAXED,
    THU,
    TUE,
    TUESDAY,
    WED,
    WEEK,
    Swapping,
    refused,
)
from tests.app.subscribed import events_in
from tests.app.texts.talk import T4_IN_THE_FILE, reload_organisation
from tests.app.world import evening, publish
from tests.examples import EFTERVARD, at

ASKED = (
    "Byte 1: t4 frågar om du kan ta jouren tisdag 3 mars 17.00–22.00. Svara BYT 1 om du kan, "
    "NEJ 1 om du inte kan. t4 har passet tills någon har svarat BYT."
)
GIVEN = "Byte 1: t5 har jouren tisdag 3 mars 17.00–22.00 i stället för t4."


@pytest.fixture
def either(engine_stage_at: StageAt) -> Swapping:
    """On each engine in turn."""
    return Swapping(engine_stage_at(NOON, shifts=WEEK, toml=RELAXED))


@pytest.fixture
def week(sqlite_stage_at: StageAt) -> Swapping:
    return Swapping(sqlite_stage_at(NOON, shifts=WEEK, toml=RELAXED))


# --- the rota changes ----------------------------------------------------------------------------


def test_what_the_rota_has_given_to_another_is_not_taken_and_all_are_told(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.told()
    publish(week.stage.parts.engine, evening(TUE, "t6", "t1"))

    assert refused(week.accept, 1, "t5") is Why.NOT_HELD
    week.at("2026-03-01T12:05")

    said = "Byte 1 gäller inte längre: schemat har ändrats för jouren tisdag 3 mars 17.00–22.00."
    assert week.told() == [("t4", said), ("t5", said)]
    assert week.history(1) == [("offered", "t4"), ("overtaken", "clock")]
    assert week.on("2026-03-03T19:00")[0] == (1, "t6")


def test_a_swap_stands_whatever_the_rota_says_afterwards(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.accept(1, "t5")

    publish(week.stage.parts.engine, evening(TUE, "t6", "t1"))
    assert week.on("2026-03-03T19:00")[0] == (1, "t5")
    publish(week.stage.parts.engine, evening(TUE, "t5", "t1"))  # the source has followed
    week.undo(1, "t4")

    assert week.on("2026-03-03T19:00") == [(1, "t4"), (2, "t1")]


def test_calendars_follow(week: Swapping) -> None:
    own = week.stage.parts
    with own.engine.begin() as connection:
        links = [
            calendar_links.make(connection, EFTERVARD, TherapistId(who), own.clock())
            for who in ("t4", "t5")
        ]

    def shown() -> list[list[str]]:
        own.mirror.refresh()
        client = create_app(own).test_client()
        answers = [client.get(f"/calendar/{link}.ics").data for link in links]
        return [
            [e.stated[:16] for e in events_in(answer) if not e.is_cancelled] for answer in answers
        ]

    before = shown()
    week.offer("t4", TUESDAY, "t5")
    assert shown() == before
    week.accept(1, "t5")

    assert before == [[TUESDAY], ["2026-03-04T17:00", "2026-03-06T17:00"]]
    assert shown() == [[], [TUESDAY, "2026-03-04T17:00", "2026-03-06T17:00"]]
    week.undo(1, "t4")
    assert shown() == before


def test_who_has_left_meanwhile_does_not_take_it(week: Swapping) -> None:
    week.offer("t2", "2026-03-06T17:00", "t4")
    gone = RELAXED.replace(T4_IN_THE_FILE, T4_IN_THE_FILE + "active_to = 2026-03-05\n")
    reload_organisation(week.stage, gone)

    assert refused(week.accept, 1, "t4") is Why.MAY_NOT
    assert week.on("2026-03-06T19:00")[0] == (1, "t2")


def test_the_duty_of_somebody_who_leaves_is_taken_by_another_and_does_not_come_back(
    week: Swapping,
) -> None:
    week.offer("t4", TUESDAY, "t5")
    gone = RELAXED.replace(T4_IN_THE_FILE, "").replace('["t4", "t5", "t6"]', '["t5", "t6"]')
    reload_organisation(week.stage, gone)

    week.accept(1, "t5")

    assert week.on("2026-03-03T19:00")[0] == (1, "t5")
    assert [who for who, said in week.told() if said == GIVEN] == ["t5"]
    assert refused(week.undo, 1, "m2") is Why.MAY_NOT


def test_who_is_away_or_on_standby_at_acceptance_does_not_take_it(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    publish(week.stage.parts.engine, evening(TUE, "t4", "t5"))

    assert refused(week.accept, 1, "t5") is Why.MAY_NOT
    assert week.state(1) == "proposed"
    assert week.on("2026-03-03T19:00") == [(1, "t4"), (2, "t5")]


# --- time passes ---------------------------------------------------------------------------------


def test_a_day_before_all_are_reminded_and_at_the_start_the_giver_still_has_it(
    either: Swapping,
) -> None:
    either.offer("t4", TUESDAY)
    either.decline(1, "t6")
    either.told()

    either.at("2026-03-02T16:59")
    assert either.told() == []
    either.at("2026-03-02T17:00")
    either.at("2026-03-02T18:00")
    assert either.told() == [
        ("t2", ASKED),
        ("t3", ASKED),
        (
            "t4",
            "Byte 1: ingen har tagit jouren tisdag 3 mars 17.00–22.00 än. Du har passet kvar.",
        ),
        ("t5", ASKED),
    ]
    either.at(TUESDAY)
    either.at("2026-03-03T17:30")

    assert either.told() == [
        ("t4", "Byte 1: ingen tog jouren tisdag 3 mars 17.00–22.00. Du har passet kvar.")
    ]
    assert either.state(1) == "expired"
    assert either.history(1)[-2:] == [("reminded", "clock"), ("expired", "clock")]
    assert either.on("2026-03-03T19:00") == [(1, "t4"), (2, "t1")]


def test_who_is_asked_on_the_last_day_is_not_reminded(week: Swapping) -> None:
    week.at("2026-03-02T17:00")
    week.offer("t4", TUESDAY, "t5")
    week.told()

    week.at("2026-03-02T17:05")

    assert week.told() == []


def test_a_part_expires_when_the_part_begins(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5", part=("2026-03-03T20:00", None))

    week.at("2026-03-03T19:59")
    assert week.state(1) == "proposed"
    week.at("2026-03-03T20:00")

    assert week.state(1) == "expired"


def test_what_has_begun_is_not_accepted_even_before_the_clock_has_seen_it(week: Swapping) -> None:
    week.offer("t4", TUESDAY, "t5")
    week.stage.carrier.run_until(at(TUESDAY))

    assert refused(week.accept, 1, "t5") is Why.BEGUN


def test_no_text_holds_a_number_or_a_district(week: Swapping) -> None:
    week.offer("t4", TUESDAY)
    week.accept(1, "t5")
    week.offer("t6", f"{THU}T17:00")
    week.withdraw(2, "t6")
    week.undo(1, "m2")
    week.offer("t5", f"{WED}T17:00")
    week.at("2026-03-05T00:00")

    said = " ".join(body for _, body in week.told())

    assert "Byte 3: ingen tog" in said
    assert not [fact for fact in ("+46", "070", "ärva", "ässelby", "Therapist") if fact in said]
