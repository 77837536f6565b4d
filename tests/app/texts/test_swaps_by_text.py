"""BYT and NEJ on a telephone: what changes hands, what is answered, and what no child reads."""

import pytest

from app.duty.staff_texts import wording
from tests.app.conftest import StageAt
from tests.app.duty.before_duty import MANAGERS
from tests.app.duty.swapping import RELAXED, THU, TUE, TUESDAY, WED, WEEK, Swapping
from tests.app.texts.talk import (
    EVENING,
    is_masked,
    read_by,
    read_by_clients,
    writes,
)
from tests.app.world import T1, T2, T4, T5, T6, YOUTH, changed, evening, publish, rows
from tests.examples import shift

WEDNESDAY_DUTY = "jouren onsdag 4 mars 17.00–22.00"
GIVEN = f"Byte 1: t4 har {WEDNESDAY_DUTY} i stället för t5."
WITH_MANAGERS = changed() + MANAGERS


@pytest.fixture
def tonight(sqlite_stage_at: StageAt) -> Swapping:
    """Tuesday evening: t4 has the duty, and t5 offers hers of tomorrow to her."""
    week = Swapping(sqlite_stage_at(EVENING, shifts=WEEK, toml=RELAXED))
    week.offer("t5", f"{WED}T17:00", "t4")
    week.sweep()
    return week


def test_she_takes_it_with_one_text_while_a_child_waits_for_her(engine_stage_at: StageAt) -> None:
    week = Swapping(engine_stage_at(EVENING, shifts=WEEK, toml=RELAXED))
    week.writes(YOUTH, "Hej")
    week.offer("t5", f"{WED}T17:00", "t4")

    week.writes(T4, "Byt 1")
    week.writes(T4, "Jag är här")

    assert week.on("2026-03-04T19:00") == [(1, "t4"), (2, "t2")]
    assert read_by(week.stage, T4)[-1] == GIVEN
    assert read_by(week.stage, T5)[-1] == GIVEN
    assert read_by_clients(week.stage) == {"youth": ["Jag är här"]}
    assert is_masked(week.stage)


def test_no_changes_nothing_and_is_thanked_for(tonight: Swapping) -> None:
    tonight.writes(T4, "NEJ 1")

    assert read_by(tonight.stage, T4)[-1] == "Byte 1: tack, då vet vi att du inte kan."
    assert "ingen som fick frågan" in read_by(tonight.stage, T5)[-1]
    assert tonight.on("2026-03-04T19:00") == [(1, "t5"), (2, "t2")]


def test_who_says_yes_twice_is_told_again_that_it_is_hers(tonight: Swapping) -> None:
    tonight.writes(T4, "BYT 1", "BYT 1")

    assert read_by(tonight.stage, T4)[-2:] == [GIVEN, GIVEN]
    assert len(rows(tonight.stage.parts.engine, "overrides")) == 1


def test_the_second_to_say_yes_is_told_who_was_first(sqlite_stage_at: StageAt) -> None:
    week = Swapping(sqlite_stage_at("2026-03-01T12:00", shifts=WEEK, toml=RELAXED))
    week.offer("t4", TUESDAY)

    week.writes(T6, "BYT 1")
    week.writes(T5, "BYT 1")

    said = "Byte 1: t6 har redan tagit jouren tisdag 3 mars 17.00–22.00."
    assert read_by(week.stage, T5)[-1] == said
    assert week.on("2026-03-03T19:00")[0] == (1, "t6")


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        ("withdrawn", "Byte 1 gäller inte längre."),
        ("moved", "Byte 1 går inte längre: schemat har ändrats."),
        ("backup", "Byte 1 går inte: t4 har ett annat pass då."),
        ("begun", "Byte 1 gäller inte längre: passet har börjat."),
    ],
)
def test_a_yes_that_comes_too_late_is_told_why(happens: str, said: str, tonight: Swapping) -> None:
    tonight.writes(YOUTH, "Hej")
    if happens == "withdrawn":
        tonight.withdraw(1, "t5")
    elif happens == "moved":
        publish(tonight.stage.parts.engine, evening(WED, "t6", "t2"))
    elif happens == "backup":
        publish(tonight.stage.parts.engine, evening(WED, "t5", "t4"))
    else:
        tonight.stage.carrier.run_until(shift("t5", f"{WED}T17:00", f"{WED}T22:00").time.start)

    tonight.writes(T4, "BYT 1")

    assert read_by(tonight.stage, T4)[-1] == said
    assert tonight.on("2026-03-04T19:00")[0] == (1, "t6" if happens == "moved" else "t5")
    assert read_by_clients(tonight.stage) == {}


def test_a_law_in_the_way_is_told_in_her_language(sqlite_stage_at: StageAt) -> None:
    weekend = [
        *evening(TUE),
        shift("t5", "2026-03-07T10:00", "2026-03-07T12:00"),
        shift("t5", "2026-03-08T10:00", "2026-03-08T22:00", 2),
        shift("t6", "2026-03-08T10:00", "2026-03-08T22:00"),
    ]
    week = Swapping(sqlite_stage_at(EVENING, shifts=weekend, toml=WITH_MANAGERS))
    week.offer("t5", "2026-03-08T10:00", "t2")
    week.offer("t5", "2026-03-07T10:00", "t2")
    week.writes(T2, "BYT 1", "BYT 2")

    said = read_by(week.stage, T2)[-1]

    assert said.startswith("Byte 2 går inte: t2 har 22 h veckovila fri från arbete")
    assert said.endswith("(ATL 14 §). Bara en chef kan ordna det.")
    assert week.on("2026-03-07T11:00")[0] == (1, "t5")


@pytest.mark.parametrize("body", ["BYT 2", "byt 999999"])
def test_a_wrong_number_is_said_to_be_one_and_reaches_no_child(
    body: str, tonight: Swapping
) -> None:
    tonight.offer("t6", f"{THU}T17:00", "t2")  # swap 2 is no business of hers
    tonight.writes(YOUTH, "Hej")

    tonight.writes(T4, body)

    number = body.split()[1]
    assert read_by(tonight.stage, T4)[-1] == (
        f"Det finns inget byte {number} som du kan svara på. Ditt svar har inte skickats."
    )
    assert read_by_clients(tonight.stage) == {}


@pytest.mark.parametrize("body", ["Nej 2", "Byt buss vid Spånga"])
def test_plain_answers_reach_the_child_though_a_swap_is_open(body: str, tonight: Swapping) -> None:
    tonight.writes(YOUTH, "Ska jag komma?")

    tonight.writes(T4, body)

    assert read_by_clients(tonight.stage) == {"youth": [body]}


def test_who_was_never_asked_means_the_child(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    writes(stage, YOUTH, "Vilken buss?")

    writes(stage, T4, "Byt 4")

    assert read_by_clients(stage) == {"youth": ["Byt 4"]}


def test_help_tells_of_swaps(tonight: Swapping) -> None:
    tonight.writes(T4, "BYT")

    assert read_by(tonight.stage, T4)[-1] == wording("commands")
    assert "BYT eller NEJ" in wording("commands")


# --- TAR is never refused for rest, and says what it does to it ----------------------------------


def test_a_take_over_that_breaks_somebody_s_rest_says_so_to_both(
    engine_stage_at: StageAt,
) -> None:
    weekend = [
        shift("t1", "2026-03-07T10:00", "2026-03-07T12:00"),
        shift("t4", "2026-03-08T10:00", "2026-03-08T22:00"),
        shift("t5", "2026-03-08T10:00", "2026-03-08T22:00", 2),
    ]
    stage = engine_stage_at("2026-03-08T12:00", shifts=weekend, toml=WITH_MANAGERS)

    writes(stage, T1, "TAR")
    writes(stage, T4, "JA")

    (said,) = {read_by(stage, number)[-1] for number in (T1, T4)}
    assert said.startswith("t1 har nu jouren till 22:00. Obs: t1 har ")
    assert said.endswith("(ATL 14 §).")
    assert [(r["position"], r["therapist"]) for r in rows(stage.parts.engine, "overrides")] == [
        (1, "t1")
    ]


def test_a_take_over_that_breaks_nothing_says_nothing_more(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    writes(stage, T1, "TAR")
    writes(stage, T4, "JA")

    assert read_by(stage, T4)[-1] == "t1 har nu jouren till 22:00."
