"""Texts to the line: relayed to whoever is on standby, and kept with the home district."""

import pytest

from app.demo.stage import Stage
from tests.app.conftest import StageAt
from tests.app.world import (
    GUARDIAN,
    LINE,
    PROTECTED,
    SHARED,
    STRANGER,
    YOUTH,
    changed,
    exported,
    logged,
    received_by,
    rows,
    told,
)
from tests.examples import entry, shift

EVENING, LATE = "2026-03-03T19:04", "2026-03-03T22:30"
MANDATE_OF_JARVA = (
    '[[mandates]]\nprincipal = "jarva"\nstaff_of = "hasselby-vallingby"\n'
    'reference = "JA 2025/1"\nvalid_from = 2025-04-01\nvalid_to = 2027-12-31\n'
)


def told_to_callers(stage: Stage) -> list[tuple[str, str]]:
    """Texts of ours to others than the staff, who are told of handovers."""
    staff = {f"t{number}" for number in range(1, 7)}
    return [(who, body) for who, body in told(stage) if who not in staff]


def test_a_text_reaches_the_first_on_standby_from_the_line_s_number(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)

    message = stage.text(YOUTH, "Kan någon ringa mig?")
    stage.sweep()

    assert received_by(stage, "Kan någon ringa mig?") == ["t4"]
    assert stage.carrier.messages[0].frm == LINE
    row = logged(stage, message.sid)
    assert (row["channel"], row["outcome"], row["therapist"]) == ("text", "relayed", "t4")
    assert (row["caller"], row["home_district"]) == ("K-1001", "jarva")
    assert exported(stage, "jarva") == [message.sid]
    assert exported(stage, "hasselby-vallingby") == []


@pytest.mark.parametrize(
    "body",
    [
        "å" * 1600,
        "🙏" * 700,
        " \n mellanslag \n ",
        "STOPP",
        "'; DROP TABLE texts; --",
        "<Say>&amp;",
    ],
    ids=["long", "emoji", "spaces", "a word that is no command", "code", "markup"],
)
def test_a_text_is_relayed_as_it_was_written(body: str, sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    stage.text(YOUTH, body)
    stage.sweep()

    assert received_by(stage, body) == ["t4"]


def test_a_text_is_relayed_once_however_often_the_clock_sweeps(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    stage.text(YOUTH, "Ring mig")

    for _ in range(3):
        stage.sweep()

    assert received_by(stage, "Ring mig") == ["t4"]


def test_words_and_numbers_stand_nowhere_in_the_database(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    stage.text(YOUTH, "Hemliga ord")
    stage.sweep()

    tables = ("contact_events", "texts", "outbox", "clients", "organisations")
    kept = repr([rows(stage.parts.engine, table) for table in tables])

    assert "Hemliga" not in kept
    assert YOUTH.removeprefix("+46") not in kept
    assert "Therapist 4" not in kept


def test_without_a_mandate_a_text_is_read_by_nobody_of_the_other_district(
    sqlite_stage_at: StageAt,
) -> None:
    own = [shift("t1", "2026-03-03T17:00", "2026-03-03T22:00")]
    stage = sqlite_stage_at(EVENING, shifts=own, toml=changed((MANDATE_OF_JARVA, "")))

    message = stage.text(YOUTH, "Bara för Järva")
    stage.sweep()

    assert received_by(stage, "Bara för Järva") == []
    assert logged(stage, message.sid)["outcome"] == "undelivered"


@pytest.mark.parametrize(
    "number", [STRANGER, SHARED], ids=["of a stranger", "known to two districts"]
)
def test_a_text_whose_district_is_not_known_is_relayed_and_filed_as_unassigned(
    number: str, sqlite_stage_at: StageAt
) -> None:
    stage = sqlite_stage_at(EVENING)

    message = stage.text(number, "Hej")
    stage.sweep()

    assert received_by(stage, "Hej") == ["t4"]
    row = logged(stage, message.sid)
    assert row["home_district"] is None
    assert str(row["caller"]).startswith("unknown-")


def test_who_writes_when_the_line_is_closed_is_told_when_it_opens(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(LATE)

    message = stage.text(YOUTH, "Är ni där?")
    stage.sweep()

    ((who, body),) = told_to_callers(stage)
    assert who == "youth"
    assert "4/3 17:00" in body
    assert "112" in body
    assert logged(stage, message.sid)["outcome"] == "closed"


def test_who_writes_on_and_on_is_answered_once_an_hour(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(LATE)

    for body in ("Är ni där?", "Hallå?", "Snälla"):
        stage.text(YOUTH, body)
    stage.sweep()

    assert [who for who, _ in told_to_callers(stage)] == ["youth"]


def test_who_writes_while_nobody_is_on_standby_is_not_left_without_an_answer(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING, shifts=[])

    message = stage.text(YOUTH, "Är ni där?")
    stage.sweep()

    assert [who for who, _ in told_to_callers(stage)] == ["youth"]
    assert logged(stage, message.sid)["outcome"] == "undelivered"


@pytest.mark.parametrize(
    "sender",
    ["anonymous", "Telia", "71456", "+46846500450", PROTECTED, "not ok"],
    ids=["withheld", "a name", "a short code", "a landline", "protected", "who wants no texts"],
)
def test_who_cannot_or_must_not_be_written_to_gets_no_text(
    sender: str, sqlite_stage_at: StageAt
) -> None:
    number = GUARDIAN if sender == "not ok" else sender
    entries = [entry(PROTECTED, protected=True), entry(GUARDIAN, sms_ok=False)]
    stage = sqlite_stage_at(LATE, entries=entries)

    message = stage.text(number, "Hej")
    stage.sweep()

    assert told_to_callers(stage) == []
    assert logged(stage, message.sid)["outcome"] == "closed"


def test_a_text_from_our_own_number_starts_no_conversation(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    stage.text(LINE, "Ingen behandlare har jour just nu.")
    stage.sweep()

    assert told(stage) == []
    assert rows(stage.parts.engine, "contact_events") == []


def test_a_therapist_s_own_text_is_not_sent_back_to_her(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    stage.text("+46701740608", "Jag är sjuk")
    stage.sweep()

    assert "t4" not in received_by(stage, "Jag är sjuk")


def test_a_text_is_relayed_to_somebody_who_is_in_a_call(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.carrier.begin_call(GUARDIAN, phones={"+46701740608": "answer 1, press 1, talk 300"})
    stage.carrier.run_until(stage.carrier.now().replace(minute=5))

    stage.carrier.begin_text(YOUTH, "Ring mig")
    stage.carrier.run_until(stage.carrier.now().replace(minute=6))
    stage.sweep()

    assert received_by(stage, "Ring mig") == ["t4"]


def test_a_picture_alone_is_not_lost_without_a_word(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at(EVENING)

    message = stage.carrier.text(YOUTH, "", media=1)
    stage.sweep()

    row = logged(stage, message.sid)
    assert (row["outcome"], row["caller"]) in {("undelivered", "K-1001"), ("relayed", "K-1001")}
