"""What is gone here goes at the carrier: each call with its legs, each text, whatever fails."""

from datetime import timedelta

import pytest

from app.demo.stage import Stage
from app.duty.forget import forget_at_the_carrier
from app.duty.purge import purge
from app.lab.faults import RestFault
from app.store import carrier_purges
from app.store.database import reading
from routing.errors import NoticeRefused
from routing.organisation import Organisation, Retention, Term
from tests.app.conftest import StageAt
from tests.app.duty.desk import CLOCK as NIGHT
from tests.app.duty.desk import acknowledge, the_handover
from tests.app.texts.talk import KEPT_AT_THE_CARRIER, WiredCarrier, sweep_by_wire, writes
from tests.app.world import ANSWERS, YOUTH, rows
from tests.examples import JARVA, at, organisation

EVENING = "2026-03-03T19:00"
DAY = timedelta(days=1)


class Asked(WiredCarrier):
    """The carrier, asked for all that it still has."""

    def everything(self) -> set[str]:
        found = (*self._client.calls.list(), *self._client.messages.list())
        return {str(one.sid) for one in found}


def short() -> Organisation:
    """Two months are enough for a test."""
    return organisation(retention=Retention(contacts=Term(days=60), notes=Term(days=60)))


def waits(stage: Stage, days: float) -> None:
    stage.carrier.run_until(stage.carrier.now() + days * DAY)


def purged(stage: Stage) -> None:
    waits(stage, 70)
    own = stage.parts
    purge(own.engine, own.cipher, short(), own.clock())


def forgets(stage: Stage) -> int:
    return forget_at_the_carrier(stage.parts.engine, WiredCarrier(stage), stage.parts.clock())


def owed(stage: Stage) -> frozenset[str]:
    with reading(stage.parts.engine) as connection:
        return carrier_purges.owed(connection)


def test_a_call_with_its_legs_and_a_text_with_what_carried_it_on_are_deleted(
    engine_stage_at: StageAt,
) -> None:
    stage = engine_stage_at(EVENING)
    call = stage.call(YOUTH, phones={"t4": ANSWERS})
    text = writes(stage, YOUTH, "Kan du ringa?")
    sent = {message.sid for message in stage.carrier.messages}
    legs = {leg.sid for leg in stage.carrier.legs}
    assert legs > {call.sid}
    assert sent
    assert Asked(stage).everything() >= {*legs, text, *sent}

    purged(stage)
    assert owed(stage) == {call.sid, text, *sent}
    assert not rows(stage.parts.engine, "contact_events")
    assert forgets(stage) == 2 + len(sent)
    assert owed(stage) == frozenset()
    assert Asked(stage).everything() == set()
    assert stage.carrier.failures == []


@pytest.mark.parametrize(
    "fault",
    [
        RestFault.TOO_MANY,
        RestFault.ERROR_BEFORE,
        RestFault.ERROR_AFTER,
        RestFault.TIMED_OUT_AFTER,
        RestFault.UNAUTHORISED,
    ],
)
def test_a_carrier_that_fails_is_asked_again_and_what_is_gone_already_is_done(
    sqlite_stage_at: StageAt, fault: RestFault
) -> None:
    stage = sqlite_stage_at(EVENING)
    stage.call(YOUTH, phones={"t4": ANSWERS})
    purged(stage)
    stage.carrier.faults.add(fault, times=1, skip=2)  # a leg is gone, and the call is not
    assert forgets(stage) == 0
    assert len(owed(stage)) == 1
    assert forgets(stage) == 0, "its lease goes on"
    waits(stage, 1)
    assert forgets(stage) == 1
    assert (owed(stage), Asked(stage).everything()) == (frozenset(), set())


class Refusing(WiredCarrier):
    """The carrier while a call still goes on."""

    def forget(self, carrier_id: str) -> None:
        raise NoticeRefused("20009")


def test_what_the_carrier_will_not_delete_yet_waits_longer_each_time_and_holds_up_no_other(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING)
    for _ in range(2):
        stage.call(YOUTH, phones={"t4": ANSWERS})
    purged(stage)
    engine, clock = stage.parts.engine, stage.parts.clock
    tries = []
    for _ in range(5):
        tries.append(forget_at_the_carrier(engine, Refusing(stage), clock()))
        stage.carrier.run_until(stage.carrier.now() + timedelta(minutes=2))
    assert tries == [0] * 5
    counts = {row["tries"] for row in rows(engine, "carrier_purges")}
    assert counts == {4}, "after one, two and four minutes, and not each time"
    waits(stage, 1)
    assert forgets(stage) == 2
    assert Asked(stage).everything() == set()


def test_two_clocks_ask_the_carrier_once(engine_stage_at: StageAt) -> None:
    stage = engine_stage_at(EVENING)
    stage.call(YOUTH, phones={"t4": ANSWERS})
    purged(stage)
    engine, now = stage.parts.engine, stage.parts.clock()
    with engine.begin() as connection:
        (mine,) = carrier_purges.claim(connection, now, 10)
    assert forgets(stage) == 0
    assert owed(stage) == {mine.sid}


def test_words_go_after_the_handover_here_and_at_the_carrier_also_where_it_keeps_them(
    sqlite_stage_at: StageAt,
) -> None:
    stage = sqlite_stage_at(EVENING, toml=KEPT_AT_THE_CARRIER)
    writes(stage, YOUTH, "Hemliga ord om natten")
    stage.carrier.run_until(at("2026-03-04T09:00"))
    sweep_by_wire(stage, WiredCarrier(stage), *NIGHT)
    acknowledge(stage, "t4", the_handover(stage, JARVA))
    own = stage.parts

    def said() -> list[str]:
        """Where the words still are."""
        found = [m.body for m in (*stage.carrier.messages, *stage.carrier.texts)]
        for table in ("texts", "outbox"):
            for row in rows(own.engine, table):
                body = row["body"]
                assert isinstance(body, bytes)
                found.append(own.cipher.open(body, f"{table}.body"))
        return [words for words in found if "Hemliga" in words]

    waits(stage, 14)
    purge(own.engine, own.cipher, stage.organisation, own.clock())
    assert len(said()) == 4
    waits(stage, 1)
    report = purge(own.engine, own.cipher, stage.organisation, own.clock())
    assert report.counts["message_bodies"].removed == 1
    assert len(said()) == 2
    sweep_by_wire(stage, WiredCarrier(stage), "texts.redact")
    assert said() == []
    assert rows(own.engine, "contact_events"), "that they wrote is still known"
