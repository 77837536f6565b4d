"""What a purge must not take, and must not leave, where a number stands for two or a log is old."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.duty.purge import purge
from app.store import audit_chain, audit_verify, holds
from app.store.audit_verify import Fault
from app.store.database import make_engine, reading, snapshot
from app.store.tables import contact_events, readings, texts
from routing.ids import DistrictId
from routing.organisation import Validity
from tests.examples import EFTERVARD, HASSELBY_VALLINGBY, JARVA, organisation
from tests.faults.old_days import NOW, Old, event, put
from tests.faults.test_purge_at_random import CIPHER

OWN = organisation()
LONG_AGO = NOW - timedelta(days=900)
THIRTY_TWO = "0" * 32


def came(connection: sa.Connection, sid: str, client: str, home: str = JARVA) -> None:
    """A call of long ago, of whom *client* stands for."""
    old = Old(sid + THIRTY_TWO[2:] + "00", LONG_AGO, None, client, is_text=False)
    row = {"caller": client, "home_district": home, "channel": "voice", "direction": "inbound"}
    put(connection, "contact_events", event(old, "received", LONG_AGO, **row))


def left(engine: sa.Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.scalars(sa.select(contact_events.c.caller)))


def test_a_held_client_is_held_also_where_her_mothers_number_stands_for_two_children(
    sqlite_url: str,
) -> None:
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        came(connection, "CA1", "K-1/K-2")
        came(connection, "CA2", "K-2")
        came(connection, "CA3", "K-11/K-2")
        holds.of_client(connection, CIPHER, JARVA, "K-1", "tvist", "m1", NOW)
    foretold = purge(engine, CIPHER, OWN, NOW, dry_run=True)

    done = purge(engine, CIPHER, OWN, NOW)

    assert left(engine) == {"K-1/K-2"}
    assert foretold.counts["contacts"] == done.counts["contacts"]
    assert (done.counts["contacts"].held, done.counts["contacts"].removed) == (1, 2)
    engine.dispose()


def test_another_districts_client_of_the_same_reference_is_not_held(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        came(connection, "CA1", "K-1/K-2", HASSELBY_VALLINGBY)
        holds.of_client(connection, CIPHER, JARVA, "K-1", "tvist", "m1", NOW)

    purge(engine, CIPHER, OWN, NOW)

    assert left(engine) == set()
    engine.dispose()


@pytest.mark.parametrize("named", ["vasterort", HASSELBY_VALLINGBY])
def test_a_hold_reaches_what_was_filed_under_another_name_of_the_district(
    named: str, sqlite_url: str
) -> None:
    """The district was merged into another; the hold is by either name."""
    merged, ended = DistrictId("vasterort"), Validity(None, (NOW - timedelta(days=30)).date())
    old = OWN.districts[HASSELBY_VALLINGBY]
    districts = {
        **OWN.districts,
        HASSELBY_VALLINGBY: replace(old, valid=ended, successor=merged),
        merged: replace(old, id=merged, valid=Validity(ended.last, None)),
    }
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        came(connection, "CA1", "K-1", HASSELBY_VALLINGBY)
        came(connection, "CA2", "K-1", merged)
        came(connection, "CA3", "K-1", JARVA)
        holds.of_client(connection, CIPHER, DistrictId(named), "K-1", "tvist", "m1", NOW)

    done = purge(engine, CIPHER, replace(OWN, districts=districts), NOW)

    with reading(engine) as connection:
        homes = set(connection.scalars(sa.select(contact_events.c.home_district)))
    assert homes == {HASSELBY_VALLINGBY, merged}
    assert done.counts["contacts"].held == 2
    engine.dispose()


def read_once(connection: sa.Connection, at: datetime) -> None:
    """A reading of then, sealed just now as an upgrade does it."""
    row = {
        "at": at, "viewer": "t1", "viewer_district": JARVA, "office": "therapist",
        "act": "open", "district": JARVA, "contact": "CA1", "handover": None, "denied": None,
    }  # fmt: skip
    put(connection, "readings", row)
    audit_chain.seal(connection, CIPHER, NOW - timedelta(hours=1))


@pytest.mark.parametrize(("years", "is_there"), [(4, True), (6, False)])
def test_a_reading_log_from_before_there_was_a_chain_goes_by_its_own_age(
    years: int, *, is_there: bool, sqlite_url: str
) -> None:
    """An upgrade seals all of it on one day, and that is not when it was read."""
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        read_once(connection, NOW - timedelta(days=365 * years))

    foretold = purge(engine, CIPHER, OWN, NOW, dry_run=True)
    done = purge(engine, CIPHER, OWN, NOW)

    assert foretold.counts == done.counts
    with reading(engine) as connection:
        assert bool(connection.scalar(sa.select(sa.func.count()).select_from(readings))) is is_there
        assert audit_verify.verify(connection, CIPHER, NOW).is_whole
    engine.dispose()


@pytest.mark.parametrize("is_gone", [True, False])
def test_who_dates_a_reading_back_or_removes_it_has_no_purge_vouch_for_that(
    *, is_gone: bool, sqlite_url: str
) -> None:
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        read_once(connection, NOW - timedelta(days=1))
        spoil = (
            readings.delete()
            if is_gone
            else readings.update().values(at=NOW - timedelta(days=3000))
        )
        connection.execute(spoil)

    purge(engine, CIPHER, OWN, NOW)

    with reading(engine) as connection:
        (finding,) = audit_verify.verify(connection, CIPHER, NOW).findings
    assert finding.fault is (Fault.REMOVED if is_gone else Fault.ALTERED)
    engine.dispose()


def test_a_purge_while_the_chain_is_verified_is_no_false_alarm(database_url: str) -> None:
    engine, clock = make_engine(database_url), make_engine(database_url)
    with engine.begin() as connection:
        read_once(connection, NOW - timedelta(days=3000))
    purged: list[int] = []

    def at_night(*_: object) -> None:
        if not purged:  # between a link and its rows
            purged.append(1)
            purge(clock, CIPHER, OWN, NOW)

    with snapshot(engine) as connection:
        sa.event.listen(connection, "after_cursor_execute", at_night)
        verdict = audit_verify.verify(connection, CIPHER, NOW)

    assert purged
    assert verdict.is_whole, verdict.findings
    with reading(engine) as connection:
        assert audit_verify.verify(connection, CIPHER, NOW).purged == 1
    engine.dispose()
    clock.dispose()


def test_a_held_sister_keeps_the_words_of_a_text_too(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    acknowledged = NOW - timedelta(days=60)
    with engine.begin() as connection:
        whole = {
            "id": "h",
            "line": EFTERVARD,
            "district": JARVA,
            "state": "acknowledged",
            "part": 0,
        }
        moments = dict.fromkeys(("duty_ended_at", "due_at", "built_at"), acknowledged)
        put(connection, "handovers", {**whole, **moments})
        for number, client in enumerate(("K-1/K-2", "K-2/K-3")):
            old = Old(f"SM{number:032}", acknowledged, None, client, is_text=True)
            row = {"caller": client, "home_district": JARVA, "channel": "text"}
            received = event(old, "received", acknowledged, **row, direction="inbound")
            put(connection, "contact_events", received)
            text = {"contact": old.id, "body": b"words", "line": EFTERVARD, "media": 0}
            put(connection, "texts", {**text, "received_at": acknowledged})
            put(connection, "handover_contacts", {"handover": "h", "contact": old.id})
        told = {"handover": "h", "event": "acknowledged", "at": acknowledged}
        put(connection, "handover_events", told)
        holds.of_client(connection, CIPHER, JARVA, "K-1", "tvist", "m1", NOW)

    purge(engine, CIPHER, OWN, NOW)

    with reading(engine) as connection:
        bodies = connection.execute(sa.select(texts.c.contact, texts.c.body)).all()
    assert [row.contact for row in bodies if row.body == b"words"] == [f"SM{0:032}"]
    engine.dispose()
