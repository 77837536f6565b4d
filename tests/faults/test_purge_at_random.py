"""Whatever was kept: nothing goes before its term, everything after it, and nothing hangs loose."""

import random
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa

from app.duty.purge import purge
from app.duty.purge_run import Report
from app.store import audit_verify
from app.store.database import make_engine, reading
from app.store.fields import FieldCipher
from app.store.tables import metadata
from routing.organisation import Organisation, Retention, Term
from tests.examples import organisation
from tests.faults.old_days import NOW, Old, Past, a_past, back, everything

CIPHER = FieldCipher((bytes(32),))
TERMS = (
    Retention(),
    Retention(notes=Term(months=6)),  # a note may go before its contact
    Retention(notes=Term(months=36)),  # and may keep it
    Retention(contacts=Term(days=60), notes=Term(days=60), audit=Term(months=24)),
)
ON_SQLITE = [pytest.param("sqlite_url", seed, id=f"sqlite-{seed}") for seed in range(5)]
ON_POSTGRES = [
    pytest.param("postgres_url", seed, id=f"postgres-{seed}", marks=pytest.mark.postgres)
    for seed in (5,)
]


def whose(seed: int) -> Organisation:
    return replace(organisation(), retention=TERMS[seed % len(TERMS)])


def before(term: Term) -> datetime:
    return back(NOW, term.months, term.days)


def note_goes(one: Old, terms: Retention) -> bool:
    if one.last_word_at is None or one.last_word_at >= before(terms.notes) or one.is_held:
        return False
    return one.filed_at is not None and one.filed_at >= one.last_word_at


def contact_goes(one: Old, terms: Retention) -> bool:
    if one.received_at >= before(terms.contacts) or one.is_held:
        return False
    return one.last_word_at is None or note_goes(one, terms)


def order_goes(number: int, past: Past, terms: Retention) -> bool:
    calls = [one for one in past.contacts if one.order == number]
    if past.orders[number] >= before(terms.contacts) or not past.reports.get(number, True):
        return False
    return all(contact_goes(one, terms) for one in calls)


def goes(one: Old, past: Past, terms: Retention) -> bool:
    if one.order is not None:
        return order_goes(one.order, past, terms)
    return contact_goes(one, terms)


def column(engine: sa.Engine, table: str, name: str, *where: sa.ColumnElement[bool]) -> set[object]:
    with reading(engine) as connection:
        found = metadata.tables[table].c[name]
        return set(connection.scalars(sa.select(found).where(*where)))


@pytest.mark.parametrize(("url", "seed"), [*ON_SQLITE, *ON_POSTGRES])
def test_what_is_past_its_term_goes_and_nothing_else(
    url: str, seed: int, request: pytest.FixtureRequest
) -> None:
    engine = make_engine(request.getfixturevalue(url))
    past = a_past(engine, CIPHER, random.Random(seed), 40)
    own, was = whose(seed), everything(engine)
    terms = own.retention

    foretold = purge(engine, CIPHER, own, NOW, dry_run=True)
    assert everything(engine) == was, "a dry run changed something"
    report = purge(engine, CIPHER, own, NOW)
    assert (report.counts, report.at_the_carrier) == (foretold.counts, foretold.at_the_carrier)

    kept = {one.id for one in past.contacts if not goes(one, past, terms)}
    gone = {one.id for one in past.contacts} - kept
    assert column(engine, "contact_events", "contact") == kept
    noted = {one.id for one in past.contacts if one.written_at is not None}
    lost = {one.id for one in past.contacts if note_goes(one, terms)}
    assert column(engine, "notes", "contact") == noted - lost - gone
    with_words = {
        one.id
        for one in past.contacts
        if one.is_text
        and one.id in kept
        and (
            one.is_held
            or one.acknowledged_at is None
            or one.acknowledged_at >= before(terms.message_bodies)
        )
    }
    t = metadata.tables["texts"].c
    said = column(engine, "texts", "contact", t.emptied_at.is_(None), t.staff.is_(None))
    assert said == with_words
    assert column(engine, "follow_up_orders", "id") == {
        number for number in past.orders if not order_goes(number, past, terms)
    }
    staying = {number for number in past.orders if not order_goes(number, past, terms)}
    handovers = column(engine, "handovers", "id")
    assert handovers >= {one.handover for one in past.contacts if one.id in kept and one.handover}
    assert handovers >= {f"report-{number}" for number in staying & past.reports.keys()}
    if not staying & past.reports.keys():  # else an empty one near a report stays with it
        old = metadata.tables["handovers"].c.duty_ended_at < before(terms.contacts)
        assert column(engine, "handovers", "id", old) <= column(
            engine, "handover_contacts", "handover"
        )
    at_the_carrier = column(engine, "carrier_purges", "sid")
    assert at_the_carrier >= gone
    assert at_the_carrier >= {one.sent for one in past.contacts if one.id in gone and one.sent}
    assert not at_the_carrier & kept
    nothing_hangs_loose(engine, kept)
    the_rest_is_as_it_should_be(engine, was, own)
    nothing_is_left_for_a_second_run(engine, own, report)
    engine.dispose()


def nothing_hangs_loose(engine: sa.Engine, kept: set[str]) -> None:
    """No row points at anything that is gone."""
    told = {"readings", "holds"}  # what was read, and that it is to be kept, outlive it
    with reading(engine) as connection:
        for table in metadata.tables.values():
            for key in table.foreign_keys:
                here, there = key.parent, key.column
                loose = sa.select(sa.func.count()).where(
                    here.is_not(None), here.not_in(sa.select(there))
                )
                assert connection.scalar(loose) == 0, f"{table.name} points at nothing"
    staff = column(engine, "texts", "contact", metadata.tables["texts"].c.staff.is_not(None))
    for name, table in metadata.tables.items():
        if "contact" in table.c and name not in told:
            assert column(engine, name, "contact") - {None} <= kept | staff, name
    subjects = column(engine, "writings", "subject")
    assert {str(subject).removeprefix("note:") for subject in subjects} <= kept
    assert column(engine, "threads", "id") == column(engine, "texts", "thread") - {None}


def the_rest_is_as_it_should_be(
    engine: sa.Engine, was: dict[str, list[tuple[object, ...]]], own: Organisation
) -> None:
    """What goes by one moment of its own: all that is before it, and nothing after."""
    year = back(NOW).replace(month=1, day=1)
    traces = max(back(NOW, days=90), before(own.retention.contacts))
    for table, moment, first in (
        ("absences", "ends_at", year.replace(year=2025)),
        ("shifts", "ends_at", year.replace(year=2025)),
        ("swaps", "ends_at", year.replace(year=2025)),
        ("wishes", "ends_at", traces),
        ("refusals", "at", traces),
        ("sessions", "seen_at", traces),
        ("feedback", "sent_at", back(NOW, 12)),
    ):
        place = list(metadata.tables[table].c).index(metadata.tables[table].c[moment])
        stays = [row for row in was[table] if row[place] >= first]  # type: ignore[operator]
        assert everything(engine)[table] == stays, table
    o = metadata.tables["outbox"].c
    alone = column(engine, "outbox", "created_at", o.contact.is_(None))
    assert all(at >= traces for at in alone)  # type: ignore[operator]
    with reading(engine) as connection:
        verdict = audit_verify.verify(connection, CIPHER, NOW)
    assert {str(one.fault) for one in verdict.findings} <= {"rows_unsealed"}
    assert verdict.purged == 1


def nothing_is_left_for_a_second_run(engine: sa.Engine, own: Organisation, first: Report) -> None:
    left = everything(engine, but=["pulses"])
    again = purge(engine, CIPHER, own, NOW)
    assert everything(engine, but=["pulses"]) == left
    assert again.total.removed == 0
    waiting = {kind: (one.held, one.waits) for kind, one in first.counts.items()}
    still = {kind: (one.held, one.waits) for kind, one in again.counts.items()}
    assert {kind: two for kind, two in waiting.items() if any(two)} == still
