"""A purge that dies in between, two at once, and calls that come in while it works."""

import json
import random
from collections.abc import Callable
from datetime import UTC, date, timedelta

import pytest
import sqlalchemy as sa

from app.duty import purge_run
from app.duty.purge import purge, purge_at_night
from app.duty.purge_run import Report
from app.lab.call import Call
from app.review.figures_period import HalfYear
from app.review.figures_totals import is_settled
from app.store import holds, pulses
from app.store.database import make_engine, reading
from routing.ids import ContactId
from routing.organisation import Retention, Term
from tests.app.conftest import StageAt
from tests.app.world import ANSWERS, YOUTH, reached
from tests.examples import STOCKHOLM, at, organisation
from tests.faults.old_days import NOW, Past, a_past, everything
from tests.faults.test_purge_at_random import CIPHER

OWN = organisation()
LOG = ("alterations", "pulses")  # in how many batches it was done, and when


class Died(Exception):
    """The process is gone."""


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("purge", "purge_contacts"):
        monkeypatch.setattr(f"app.duty.{module}.IN_A_BATCH", 3)


def filled(url: str, number: int = 30) -> tuple[sa.Engine, Past]:
    engine = make_engine(url)
    return engine, a_past(engine, CIPHER, random.Random(7), number)


def run(engine: sa.Engine, pause: Callable[[], object] = lambda: None) -> Report:
    return purge(engine, CIPHER, OWN, NOW, pause=pause)


def dying_after(batches: int) -> Callable[[], None]:
    left = [batches]

    def pause() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Died

    return pause


@pytest.mark.usefixtures("small_batches")
def test_one_that_is_killed_between_any_two_batches_is_finished_by_the_next(
    sqlite_url: str,
) -> None:
    engine, _ = filled(sqlite_url)
    foretold = purge(engine, CIPHER, OWN, NOW, dry_run=True)
    deaths = 0
    removed = everything(engine)["contact_events"]
    while True:
        try:
            run(engine, dying_after(2))
            break
        except Died:
            deaths += 1
    assert deaths > 5
    assert len(everything(engine)["contact_events"]) < len(removed)
    assert purge(engine, CIPHER, OWN, NOW, dry_run=True).total.removed == 0
    assert counted(engine) == {
        kind: one.removed for kind, one in foretold.counts.items() if one.removed
    }
    engine.dispose()


def counted(engine: sa.Engine) -> dict[str, int]:
    """What the log of alterations says was removed: each once, however often somebody died."""
    found: dict[str, int] = {}
    for row in everything(engine)["alterations"]:
        what = next(str(value) for value in row if str(value).split(".")[0] in {"purge", "client"})
        if what.startswith("purge."):
            about = next(CIPHER.open(v, "alterations.about") for v in row if isinstance(v, bytes))
            kind = what.removeprefix("purge.")
            found[kind] = found.get(kind, 0) + json.loads(about)["removed"]
    return found


def test_a_batch_that_fails_in_its_middle_removes_nothing_here_and_owes_nothing_there(
    sqlite_url: str,
) -> None:
    engine, _ = filled(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE DELETE ON contact_events "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
    was = everything(engine)
    with pytest.raises(sa.exc.IntegrityError):
        run(engine)
    now = everything(engine)
    for table in ("contact_events", "handover_contacts", "carrier_purges", "follow_up_orders"):
        assert now[table] == was[table], table

    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    run(engine)
    assert purge(engine, CIPHER, OWN, NOW, dry_run=True).total.removed == 0
    engine.dispose()


@pytest.mark.usefixtures("small_batches")
def test_two_at_once_remove_and_count_each_thing_once(database_url: str) -> None:
    engine, _ = filled(database_url)
    foretold = purge(engine, CIPHER, OWN, NOW, dry_run=True)
    others: list[Report] = []

    def the_other() -> None:
        if not others:  # in the middle of the first's work
            others.append(Report({}, 0, is_finished=False))
            others.append(run(engine))

    first = run(engine, the_other)
    assert counted(engine) == {
        kind: one.removed for kind, one in foretold.counts.items() if one.removed
    }
    assert first.total.removed + others[1].total.removed == foretold.total.removed
    engine.dispose()


def test_what_is_held_while_it_is_looked_for_stays(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, past = filled(sqlite_url)
    monkeypatch.setattr("app.duty.purge_contacts.IN_A_BATCH", 1)
    saved: list[str] = []

    def hold_another() -> None:
        with engine.begin() as connection:
            events = {row[0] for row in everything(engine)["contact_events"]}
            going = [
                c.id
                for c in past.contacts
                if c.id in events and c.received_at < at("2026-06-15T00:00") and c.id not in saved
            ]
            if going and len(saved) < 3:
                saved.append(going[-1])
                holds.of_contact(connection, CIPHER, ContactId(going[-1]), "tvist", "m1", NOW)

    run(engine, hold_another)
    left = {row[0] for row in everything(engine)["contact_events"]}
    assert len(saved) == 3
    assert set(saved) <= left
    engine.dispose()


@pytest.mark.usefixtures("small_batches")
def test_calls_that_come_in_meanwhile_reach_somebody_and_stay(sqlite_stage_at: StageAt) -> None:
    stage = sqlite_stage_at("2027-06-15T19:00")
    own = stage.parts
    a_past(own.engine, own.cipher, random.Random(3), 30)
    calls: list[Call] = []

    def somebody_calls() -> None:
        if len(calls) < 5:
            calls.append(stage.call(YOUTH, phones={"t4": ANSWERS}))

    report = purge(own.engine, own.cipher, OWN, own.clock(), pause=somebody_calls)
    assert report.total.removed > 0
    assert [reached(call) for call in calls] == ["t4"] * 5
    kept = {row[0] for row in everything(own.engine)["contact_events"]}
    assert {call.sid for call in calls} <= kept


def test_the_clock_purges_once_a_night_and_goes_on_where_it_stopped(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _ = filled(sqlite_url)
    monkeypatch.setattr("app.duty.purge._BATCHES_IN_A_SWEEP", 4)

    def sweep(moment: str) -> Report | None:
        return purge_at_night(engine, CIPHER, OWN, at(moment).astimezone(UTC), lambda: None)

    assert sweep("2028-06-15T01:59") is None
    assert sweep("2028-06-15T05:00") is None
    first = sweep("2028-06-15T02:00")
    assert first is not None
    assert not first.is_finished
    minutes = 1
    while (again := sweep(f"2028-06-15T02:{minutes:02}")) is not None and not again.is_finished:
        minutes += 1
    assert again is not None
    assert sweep("2028-06-15T03:30") is None, "it was done this night"
    with reading(engine) as connection:
        done = pulses.read(connection)[pulses.PURGED]
    assert done.at == at("2028-06-15T02:00") + timedelta(minutes=minutes)
    assert sweep("2028-06-16T02:00") is not None
    engine.dispose()


def test_a_batch_is_small_enough_that_a_call_does_not_wait() -> None:
    assert purge_run.IN_A_BATCH <= 50


def test_totals_of_a_half_year_that_was_purged_are_never_told_again(sqlite_url: str) -> None:
    engine, _ = filled(sqlite_url)
    run(engine)
    with reading(engine) as connection:
        purged_to = pulses.read(connection)[pulses.KEPT_FROM].at.astimezone(STOCKHOLM).date()
    assert purged_to == date(2026, 6, 15)
    first = HalfYear(date(2026, 1, 1), date(2026, 6, 30))
    halves = [first, HalfYear(date(2026, 7, 1), date(2026, 12, 31))]
    longer = Retention(contacts=Term(months=60))
    told = [is_settled(half, NOW.date(), longer, purged_to) for half in halves]
    assert told == [False, True], "the term is longer now, and what is gone is gone"
    engine.dispose()
