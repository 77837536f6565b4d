"""Letters are sent once each, whatever the carrier answers or fails to answer."""

import threading
from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.lab.faults import RestFault
from app.store import outbox
from app.store.database import add_once
from app.store.outbox import By, Letter
from app.store.tables import outbox as outbox_table
from tests.app.conftest import StageAt
from tests.app.world import GUARDIAN, LINE, T4, T5, YOUTH, logged, received_by, rows, told
from tests.examples import EFTERVARD

EVENING = "2026-03-03T19:04"
SEND = ["outbox.send"]
MAYBE_SENT = [RestFault.ERROR_AFTER, RestFault.MALFORMED]
NOT_SENT = [
    RestFault.TOO_MANY,
    RestFault.ERROR_BEFORE,
    RestFault.REFUSED,
    RestFault.UNAUTHORISED,
    RestFault.SLOW,
]


@pytest.fixture
def stage(engine_stage_at: StageAt) -> Stage:
    return engine_stage_at(EVENING)


@pytest.fixture
def sqlite_stage(sqlite_stage_at: StageAt) -> Stage:
    return sqlite_stage_at(EVENING)


def put(stage: Stage, key: str = "one", body: str = "Ett meddelande", to: str = T4) -> None:
    letter = Letter(key, By.TEXT, EFTERVARD, to, body)
    with stage.parts.engine.begin() as connection:
        row = outbox.entry(stage.parts.cipher, letter, stage.parts.clock())[1]
        add_once(connection, outbox_table, [row])


def states(stage: Stage) -> list[object]:
    return [row["state"] for row in rows(stage.parts.engine, "outbox")]


def sweep_for(stage: Stage, seconds: float, every: float = 30) -> None:
    """The clock's sweeps over some time of the carrier's."""
    passed = 0.0
    while passed < seconds:
        stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=every))
        stage.sweep(SEND)
        passed += every


def test_a_letter_is_sent_once(stage: Stage) -> None:
    put(stage)

    for _ in range(3):
        stage.sweep(SEND)

    assert told(stage) == [("t4", "Ett meddelande")]
    (row,) = rows(stage.parts.engine, "outbox")
    assert (row["state"], row["tries"]) == ("sent", 1)
    assert row["carrier_id"] == stage.carrier.messages[0].sid


@pytest.mark.parametrize("fault", NOT_SENT)
def test_what_was_certainly_not_sent_is_sent_later(fault: RestFault, sqlite_stage: Stage) -> None:
    put(sqlite_stage)
    sqlite_stage.carrier.faults.add(fault, path="Messages", times=2)

    sweep_for(sqlite_stage, 300)

    assert told(sqlite_stage) == [("t4", "Ett meddelande")]
    assert states(sqlite_stage) == ["sent"]


@pytest.mark.parametrize("fault", MAYBE_SENT)
def test_what_may_have_been_sent_is_asked_about_and_not_sent_again(
    fault: RestFault, sqlite_stage: Stage
) -> None:
    put(sqlite_stage)
    sqlite_stage.carrier.faults.add(fault, path="Messages")

    sweep_for(sqlite_stage, 120)

    assert told(sqlite_stage) == [("t4", "Ett meddelande")]
    assert states(sqlite_stage) == ["sent"]
    (row,) = rows(sqlite_stage.parts.engine, "outbox")
    assert row["carrier_id"] == sqlite_stage.carrier.messages[0].sid


def test_a_list_that_cannot_be_read_is_asked_for_until_it_can(sqlite_stage: Stage) -> None:
    put(sqlite_stage)
    faults = sqlite_stage.carrier.faults
    faults.add(RestFault.ERROR_AFTER, path="Messages")
    faults.add(RestFault.ERROR_BEFORE, path="Messages", times=2)

    sweep_for(sqlite_stage, 300)

    assert told(sqlite_stage) == [("t4", "Ett meddelande")]
    assert states(sqlite_stage) == ["sent"]


def test_two_letters_with_the_same_words_are_not_taken_for_one(sqlite_stage: Stage) -> None:
    put(sqlite_stage, "one")
    put(sqlite_stage, "two")
    sqlite_stage.carrier.faults.add(RestFault.ERROR_AFTER, path="Messages", times=2)

    sweep_for(sqlite_stage, 300)

    assert told(sqlite_stage) == [("t4", "Ett meddelande")] * 2
    assert states(sqlite_stage) == ["sent", "sent"]
    ids = {row["carrier_id"] for row in rows(sqlite_stage.parts.engine, "outbox")}
    assert ids == {message.sid for message in sqlite_stage.carrier.messages}


@pytest.mark.slow
def test_an_answer_that_never_came_is_asked_about_and_not_sent_again(sqlite_stage: Stage) -> None:
    put(sqlite_stage)
    sqlite_stage.carrier.faults.add(RestFault.TIMED_OUT_AFTER, path="Messages")

    sweep_for(sqlite_stage, 60)

    assert told(sqlite_stage) == [("t4", "Ett meddelande")]
    assert states(sqlite_stage) == ["sent"]


def test_who_has_said_stop_is_not_written_to_and_the_letter_fails(stage: Stage) -> None:
    stage.carrier.account.opted_out.add((LINE, T4))
    put(stage)
    put(stage, "two", to=T5)

    stage.sweep(SEND)

    assert received_by(stage, "Ett meddelande") == ["t5"]
    failed, sent = rows(stage.parts.engine, "outbox")
    assert (failed["state"], failed["error"]) == ("failed", "21610")
    assert sent["state"] == "sent"


def test_a_caller_s_text_that_nobody_can_be_sent_counts_as_undelivered(stage: Stage) -> None:
    stage.carrier.account.opted_out.update({(LINE, number) for number in (T4, "+46701740605")})
    message = stage.text(YOUTH, "Ring mig")

    for _ in range(10):
        stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=2))
        stage.sweep()

    assert received_by(stage, "Ring mig") == []
    assert logged(stage, message.sid)["outcome"] == "undelivered"


def test_a_caller_s_text_is_relayed_when_the_carrier_is_back(stage: Stage) -> None:
    message = stage.text(YOUTH, "Ring mig")
    stage.carrier.faults.add(RestFault.ERROR_AFTER, path="Messages", times=1)

    for _ in range(8):
        stage.carrier.run_until(stage.carrier.now() + timedelta(seconds=15))
        stage.sweep()

    assert received_by(stage, "Ring mig") == ["t4"]
    assert logged(stage, message.sid)["outcome"] == "relayed"


def test_a_carrier_away_for_an_hour_loses_no_notice(sqlite_stage: Stage) -> None:
    put(sqlite_stage)
    sqlite_stage.carrier.faults.add(RestFault.UNAUTHORISED, path="Messages", times=10_000)
    sweep_for(sqlite_stage, 3600, every=120)

    sqlite_stage.carrier.faults.clear()
    sweep_for(sqlite_stage, 1200, every=120)

    assert told(sqlite_stage) == [("t4", "Ett meddelande")]


def test_a_letter_of_a_line_that_is_gone_fails(sqlite_stage: Stage) -> None:
    put(sqlite_stage)
    with sqlite_stage.parts.engine.begin() as connection:
        connection.execute(outbox_table.update().values(line="gone"))

    sqlite_stage.sweep(SEND)

    assert told(sqlite_stage) == []
    (row,) = rows(sqlite_stage.parts.engine, "outbox")
    assert (row["state"], row["error"]) == ("failed", "line_removed")


def test_two_senders_at_once_send_each_letter_once(stage: Stage) -> None:
    for number in range(6):
        put(stage, f"letter {number}", f"Meddelande {number}")
    together = threading.Barrier(2)

    def send() -> None:
        together.wait()
        stage.sweep(SEND)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(body for _, body in told(stage)) == [f"Meddelande {n}" for n in range(6)]
    assert set(states(stage)) == {"sent"}


def test_texts_of_two_families_do_not_cross(sqlite_stage: Stage) -> None:
    first = sqlite_stage.text(YOUTH, "Från den ena")
    second = sqlite_stage.text(GUARDIAN, "Från den andra")
    sqlite_stage.carrier.faults.add(RestFault.ERROR_AFTER, path="Messages", times=2)

    for _ in range(8):
        sqlite_stage.carrier.run_until(sqlite_stage.carrier.now() + timedelta(seconds=15))
        sqlite_stage.sweep()

    assert received_by(sqlite_stage, "Från den ena") == ["t4"]
    assert received_by(sqlite_stage, "Från den andra") == ["t4"]
    assert {logged(sqlite_stage, m.sid)["outcome"] for m in (first, second)} == {"relayed"}
