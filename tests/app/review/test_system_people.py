"""Whose telephone fails is known by the last tries alone: what went well before or after counts."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.review.system import KEYS_RENEWED, examine
from app.review.system_people import People, people
from app.store.database import make_engine
from app.store.fields import FieldCipher
from app.store.outbox import By, Letter, State, entry
from app.store.rights import NOBODY, narrowed
from app.store.tables import alterations, check_ins, contact_events, outbox
from routing.ids import LineId, TherapistId
from tests.app.review.provoked import fail_calls, opt_out, stay_silent
from tests.app.review.test_doctor import NOW
from tests.app.world import T4
from tests.examples import EFTERVARD

CIPHER = FieldCipher([bytes(32)])
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def engine(sqlite_url: str) -> sa.Engine:
    return make_engine(sqlite_url)


def letter(
    connection: sa.Connection,
    at: datetime,
    delivery: str | None,
    *,
    by: By = By.TEXT,
    **more: object,
) -> None:
    made = Letter(f"k/{at}", by, EFTERVARD, T4, "Hej", therapist=TherapistId("t4"))
    row = entry(CIPHER, made, at)[1]
    state = State.FAILED if delivery is None else State.SENT
    connection.execute(outbox.insert(), {**row, "state": state, "delivery": delivery, **more})


def rung(connection: sa.Connection, contact: str, at: datetime, result: str) -> None:
    about = {"contact": contact, "line": EFTERVARD, "at": at, "target": None, "result": None}
    ended = {"kind": "attempt_ended", "target": "t4", "result": result}
    connection.execute(
        contact_events.insert(),
        [
            {**about, "key": "received", "kind": "received"},
            {**about, "key": "ended/t4", **ended},
        ],
    )


def known(engine: sa.Engine) -> People:
    with engine.connect() as connection:
        return people(connection, [EFTERVARD], NOW)


def counts(engine: sa.Engine) -> list[int]:
    """How often, by texts, calls, and before duties."""
    found = known(engine)
    return [sum(one.count for one in some) for some in (found.texts, found.calls, found.silent)]


def test_texts_that_failed_since_one_arrived_are_counted(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        letter(connection, NOW - 5 * HOUR, "undelivered")
        letter(connection, NOW - 4 * HOUR, "delivered")
        letter(connection, NOW - 3 * HOUR, "failed")
        letter(connection, NOW - 2 * HOUR, "sent")  # nobody knows yet
        letter(connection, NOW - HOUR, None)  # the carrier would not take it
        letter(connection, NOW - HOUR / 2, "undelivered", error="21610")  # she has opted out
        letter(connection, NOW - HOUR / 3, "failed", by=By.MAIL)
        letter(connection, NOW - 8 * DAY, "failed")

    (trouble,) = known(engine).texts

    assert (trouble.therapist, trouble.count) == ("t4", 2)
    assert abs(trouble.last_at - (NOW - HOUR)) < timedelta(seconds=1)


def test_one_that_arrived_last_is_enough(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        letter(connection, NOW - 2 * HOUR, "failed")
        letter(connection, NOW - HOUR, "delivered")

    assert known(engine).texts == ()


def test_calls_that_could_not_be_put_through_are_counted(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        fail_calls(connection)
        rung(connection, "CA8", NOW - 8 * DAY, "failed")
    assert counts(engine) == [0, 3, 0]
    with engine.begin() as connection:
        rung(connection, "CA9", NOW - HOUR, "no_answer")  # it rang, so the number is somebody's
    assert counts(engine) == [0, 0, 0]


def test_another_line_s_calls_are_its_own(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        fail_calls(connection)
    with engine.connect() as connection:
        assert people(connection, [LineId("another")], NOW).calls == ()
        assert people(connection, [], NOW).calls == ()


def test_a_yes_before_a_duty_ends_the_silence(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        stay_silent(connection)
    assert counts(engine) == [0, 0, 2]
    with engine.begin() as connection:
        last = check_ins.c.starts_at == NOW - DAY
        connection.execute(check_ins.update().where(last).values(confirmed_at=NOW - DAY))
    assert counts(engine) == [0, 0, 0]


@pytest.mark.postgres
def test_a_page_knows_it_as_the_service_does(postgres_url: str, tmp_path: Path) -> None:
    """What no page shows row by row is counted for it all the same."""
    engine = make_engine(postgres_url)
    with engine.begin() as connection:
        fail_calls(connection)
        stay_silent(connection)
        opt_out(connection, "t6")
        letter(connection, NOW - HOUR, "failed")
        row = {"author": "c1", "district": "", "what": KEYS_RENEWED, "about": b"", "at": NOW - DAY}
        connection.execute(alterations.insert(), row)

    for own in (engine, narrowed(engine, lambda: NOBODY)):
        with own.connect() as connection:
            seen = people(connection, [EFTERVARD], NOW)
        assert (len(seen.opted_out), len(seen.texts), len(seen.calls), len(seen.silent)) == (1,) * 4
        system = examine(own, CIPHER, tmp_path, NOW)
        assert system.known is not None
        assert system.known.renewed_at == NOW - DAY
    engine.dispose()
